//! Rules over time, from rule text and events to alerts.

#[path = "support/project.rs"]
mod project;

use project::{case, query_rule, run};
use serde_json::json;

/// Ids of the alerts' events, and the warnings.
fn check(more: &str, query: &str, now: Option<&str>, expected: &str, warning: &str) {
    let events = json!([
        {"_id": "old", "@timestamp": "2026-01-05T11:53:59.999Z", "user.name": "ann"},
        {"_id": "first", "@timestamp": "2026-01-05T11:54:00.000Z", "user.name": "ann"},
        {"_id": "late", "@timestamp": "2026-01-05T11:50:00Z",
            "event.ingested": "2026-01-05T11:59:00Z", "user.name": "ann"},
        {"_id": "last", "@timestamp": "2026-01-05T12:00:00.000Z", "user.name": "ann"}
    ]);
    let run = run(&query_rule(query, more), vec![case("c", &events, now)]);
    let rule = &run.rules[0];
    assert_eq!(rule.problems.len(), 1, "only a polarity is missing: {:?}", rule.problems);
    let case = &rule.cases[0];
    let ids: Vec<_> = case.alerts.iter().flat_map(|alert| alert.events.clone()).collect();
    assert_eq!(ids.join(" "), expected, "{more} {query} {now:?}");
    assert_eq!(case.warnings.first().map_or("", String::as_str), warning, "{more} {query}");
}

#[test]
fn a_rule_sees_its_window_only() {
    let ann = "user.name:ann";
    let span = "the window, 2026-01-05T11:54:00.000Z to 2026-01-05T12:00:00.000Z";
    check("", ann, None, "first last", &format!("old: 1 ms before {span}"));
    check("from = \"now-10m\"", ann, None, "late old first last", "");
    let span = "the window, 2026-01-05T11:53:59.999Z to 2026-01-05T11:59:59.999Z";
    let now = Some("2026-01-05T11:59:59.999Z");
    check("", ann, now, "old first", &format!("late: 3 minutes 59 seconds before {span}"));
    let ingested = "timestamp_override = \"event.ingested\"";
    let span = "the window, 2026-01-05T11:54:00.000Z to 2026-01-05T12:00:00.000Z";
    check(ingested, ann, None, "first late last", &format!("old: 1 ms before {span}"));
    let strict = format!("{ingested}\ntimestamp_override_fallback_disabled = true");
    check(&strict, ann, None, "late", "old: it lacks the timestamp that the rule insists on");
    check("from = \"now-10m\"\nmax_signals = 2", ann, None, "late old", "");
}

#[test]
fn date_math_is_of_each_case() {
    let event = |day: &str| json!([{"@timestamp": day, "tls.server.not_after": "2026-02-01"}]);
    let rule = query_rule("tls.server.not_after < now", "");
    let cases = vec![
        case("after", &event("2026-02-01T00:00:00.001Z"), None),
        case("before", &event("2026-01-31T23:59:59Z"), None),
        case("stated", &event("2026-01-31T23:59:59Z"), Some("2026-02-01T00:00:01Z")),
    ];
    let run = run(&rule, cases);
    let alerts: Vec<usize> = run.rules[0].cases.iter().map(|case| case.alerts.len()).collect();
    assert_eq!(alerts, [1, 0, 1]);
}

#[test]
fn an_event_without_a_time_happens_when_the_rule_runs() {
    let events = json!([
        {"user.name": "ann"},
        {"@timestamp": "2026-01-05T11:00:00Z", "user.name": "ann"}
    ]);
    let cases = vec![
        case("bare", &json!([{"user.name": "ann"}]), None),
        case("mixed", &events, Some("2026-01-05T12:00:00Z")),
    ];
    let run = run(&query_rule("user.name:ann", ""), cases);
    let alerts: Vec<_> = run.rules[0].cases.iter().map(|case| &case.alerts).collect();
    assert_eq!(alerts[0].len(), 1);
    assert_eq!(alerts[1].len(), 1);
    assert_eq!(alerts[1][0].events, ["#1"]);
    assert_eq!(
        run.rules[0].cases[0].warnings,
        ["#1: it states no time and counts as happening when the rule runs"]
    );
}

#[test]
fn a_miss_says_how_far_outside_an_event_was() {
    let events = json!([
        {"_id": "old", "@timestamp": "2026-01-05T11:51:00Z", "user.name": "ann"},
        {"_id": "elsewhere", "_index": "metrics-a-b", "_source":
            {"@timestamp": "2026-01-05T12:00:00Z", "user.name": "ann"}}
    ]);
    let rule = query_rule("user.name:ann", "index = [\"logs-*\", \"-logs-b*\"]");
    let run = run(&rule, vec![case("c", &events, None)]);
    let notes: Vec<_> = run.rules[0].cases[0].explanations.iter().map(|why| &why.note).collect();
    let notes: Vec<_> = notes.into_iter().flatten().map(String::as_str).collect();
    assert_eq!(
        notes,
        [
            "3 minutes before the window, 2026-01-05T11:54:00.000Z to 2026-01-05T12:00:00.000Z",
            "its index metrics-a-b is outside the rule's index patterns"
        ]
    );
}

#[test]
fn a_rule_with_an_odd_window_is_invalid() {
    let run =
        run(&query_rule("a:b", "from = \"soon\""), vec![case("c", &json!([{"a": "b"}]), None)]);
    assert_eq!(run.rules[0].status, harness::verdict::Status::Invalid);
    assert_eq!(run.rules[0].problems[0].diagnostic.code, "rule-time");
}
