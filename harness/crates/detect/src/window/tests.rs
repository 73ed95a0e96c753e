use serde_json::json;

use super::*;
use harness_rule::parse;

const NOW: i64 = 1_767_614_400_000; // 2026-01-05T12:00:00Z

fn rule(more: &str) -> Rule {
    let text = format!(
        "[metadata]\nmaturity = \"production\"\n[rule]\nauthor = [\"a\"]\nname = \"n\"\n\
         description = \"d\"\nrisk_score = 1\nrule_id = \"9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01\"\n\
         severity = \"low\"\n{more}"
    );
    let (rule, problems) = parse(&text);
    rule.unwrap_or_else(|| panic!("{problems:?}"))
}

fn query(more: &str) -> Rule {
    rule(&format!("type = \"query\"\nlanguage = \"kuery\"\nquery = \"a:b\"\n{more}"))
}

#[test]
fn a_window_comes_from_the_rule_or_kibanas_defaults() {
    for (more, from, to, interval) in [
        ("", "2026-01-05T11:54:00.000Z", "2026-01-05T12:00:00.000Z", 300_000),
        (
            "from = \"now-9m\"\ninterval = \"30s\"",
            "2026-01-05T11:51:00.000Z",
            "2026-01-05T12:00:00.000Z",
            30_000,
        ),
        (
            "from = \"now-1d/d\"\nto = \"now-1m\"",
            "2026-01-04T00:00:00.000Z",
            "2026-01-05T11:59:00.000Z",
            300_000,
        ),
        (
            "from = \"2026-01-01\"\ninterval = \"7d\"",
            "2026-01-01T00:00:00.000Z",
            "2026-01-05T12:00:00.000Z",
            604_800_000,
        ),
    ] {
        let clock = Clock::new(&query(more)).expect(more);
        assert_eq!(clock.window(NOW).to_string(), format!("{from} to {to}"), "{more}");
        assert_eq!(clock.history(NOW), clock.window(NOW), "{more}");
        assert_eq!(clock.interval_ms(), interval, "{more}");
    }
}

#[test]
fn where_there_are_no_dates_any_more_a_window_is_no_longer_than_elsewhere() {
    let clock = Clock::new(&query("from = \"now-30m\"\nto = \"now-1m\"")).expect("a clock");
    let minute = 60_000;
    for now in [i64::MAX, i64::MAX / 2, i64::MIN / 2] {
        let window = clock.window(now);
        assert_eq!(window.from, now.saturating_sub(30 * minute), "{now}");
        assert_eq!(window.to, now.saturating_sub(minute), "{now}");
    }
    let first = clock.window(i64::MIN);
    assert_eq!((first.from, first.to), (i64::MIN, i64::MIN));
}

#[test]
fn history_is_relative_to_the_end_of_the_window() {
    let new_terms = |start: &str, more: &str| {
        rule(&format!(
            "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = \"a:b\"\n{more}\n\
             [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
             [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"{start}\"\n"
        ))
    };
    let clock = Clock::new(&new_terms("now-7d", "to = \"now-1h\"\nfrom = \"now-2h\"")).expect("ok");
    assert_eq!(
        clock.history(NOW).to_string(),
        "2025-12-29T11:00:00.000Z to 2026-01-05T11:00:00.000Z"
    );
    let errors = Clock::new(&new_terms("now-6m", "")).expect_err("begins with the window");
    assert_eq!(errors[0].message, "the history has to begin before `rule.from`");
}

#[test]
fn what_is_no_time_is_an_error() {
    for (more, message) in [
        ("from = \"yesterday\"", "`rule.from`: failed to parse date field [yesterday]"),
        ("from = \"now-6x\"", "`rule.from`: `now-6x` is not date math"),
        ("to = \"now+\"", "`rule.to`: `now+` is not date math"),
        ("from = \"now+1m\"", "`rule.from` lies after `rule.to`"),
    ] {
        let errors = Clock::new(&query(more)).expect_err(more);
        assert!(errors[0].message.starts_with(message), "{more}: {}", errors[0].message);
        assert_ne!(errors[0].span, harness_source::span::Span::default(), "{more}");
    }
}

#[test]
fn an_override_comes_before_the_timestamp() {
    let event = |source| Event::from_json(source, 1).expect("an event");
    let both = event(
        json!({"@timestamp": "1970-01-01T00:00:01Z", "event": {"ingested": "1970-01-01T00:00:02Z"}}),
    );
    let one = event(json!({"@timestamp": "1970-01-01T00:00:01Z"}));
    let bad = event(json!({"@timestamp": "1970-01-01T00:00:01Z", "event.ingested": "n/a"}));
    let none = event(json!({"message": "x"}));
    let ingested = "timestamp_override = \"event.ingested\"\n";
    let strict = format!("{ingested}timestamp_override_fallback_disabled = true");
    for (more, event, expected) in [
        ("", &both, vec![1000]),
        ("", &none, vec![]),
        (ingested, &both, vec![2000]),
        (ingested, &one, vec![1000]),
        (ingested, &bad, vec![1000]),
        (strict.as_str(), &both, vec![2000]),
        (strict.as_str(), &one, vec![]),
    ] {
        let clock = Clock::new(&query(more)).expect(more);
        assert_eq!(clock.times(event), expected, "{more} {event:?}");
    }
}

#[test]
fn both_ends_are_inside_and_misses_are_told() {
    let window = Window { from: 1000, to: 2000 };
    for (at, miss) in [
        (1000, None),
        (2000, None),
        (999, Some("1 ms before")),
        (2001, Some("1 ms after")),
        (-60_000, Some("1 minute 1 second before")),
        (3_602_000, Some("1 hour after")),
        (180_000_000, Some("2 days 1 hour after")),
    ] {
        assert_eq!(window.miss(at).as_deref(), miss, "{at}");
        assert_eq!(window.contains(at), miss.is_none(), "{at}");
    }
}
