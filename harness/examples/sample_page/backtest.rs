//! A backtest made up for its page: every outcome, empty days, hostile text.

use std::collections::BTreeMap;

use harness::backtest::{
    Backtest, Exclusion, Found, Outcome, Overlap, Request, RuleBacktest, Sample, Source,
};

const HOSTILE: &str = "<img src=x onerror=alert(1)>";

/// Rules of three severities on forty days, the noisiest first; silent ones, and
/// ones that did not run.
pub(crate) fn sample() -> Backtest {
    let mut rules: Vec<RuleBacktest> = (0..24_u32).map(noisy).collect();
    HOSTILE.clone_into(&mut rules[0].name);
    "a\"]]>/</script><script>alert(2)</script>".clone_into(&mut rules[0].key);
    let quiet = [
        ("linux/no_event", Outcome::Ran(Found::default()), Some(0)),
        ("linux/no_alert", Outcome::Ran(Found::default()), Some(1_250_000)),
        ("azure/no_index", Outcome::NoIndex, None),
        ("ml/unsupported", Outcome::Unsupported("anomalies of `</script>`".to_owned()), None),
        ("linux/invalid", Outcome::Invalid("the query is no KQL".to_owned()), None),
    ];
    for (key, outcome, seen) in quiet {
        rules.push(RuleBacktest { outcome, seen, ..rule(key) });
    }
    let missing = vec![format!("okta.actor.id{HOSTILE}")];
    let outcome = Outcome::Ran(Found::default());
    rules.push(RuleBacktest { outcome, seen: Some(7), missing, ..rule("okta/no_field") });
    let pair = |a: usize, b: usize, events| {
        let rules = (rules[a].key.clone(), rules[b].key.clone());
        Overlap { rules, events }
    };
    let overlap = vec![pair(0, 1, 4_200), pair(0, 2, 800), pair(1, 3, 77), pair(2, 3, 5)];
    Backtest {
        request: Request {
            index: "day.ndjson".to_owned(),
            from: i64::MIN,
            to: i64::MAX,
            samples: 3,
            batch: 50,
        },
        indices: 2,
        notes: vec!["times are as the events state them".to_owned()],
        rules,
        source: Source::Files {
            events: 1_250_000,
            bytes: 1_600_000_000,
            millis: 4_321,
            broken: 1,
            broken_lines: vec!["day.ndjson:17: no JSON: <b>".to_owned()],
            is_partial: false,
        },
        overlap,
    }
}

fn rule(key: &str) -> RuleBacktest {
    RuleBacktest {
        key: key.to_owned(),
        name: format!("Rule {key}"),
        rule_id: String::new(),
        rule_type: "query".to_owned(),
        severity: "low".to_owned(),
        outcome: Outcome::NoIndex,
        seen: None,
        missing: Vec::new(),
        exclusion: None,
    }
}

/// The rule `number` alerts on every third day and some others, but for four days in a row; the less
/// the greater it is.
fn noisy(number: u32) -> RuleBacktest {
    let scale = u64::from(24 - number).pow(2);
    let (mut days, mut hours) = (BTreeMap::new(), BTreeMap::new());
    for day in 0..40_u64 {
        let is_empty = (10..14).contains(&day);
        if is_empty || ((day + u64::from(number)) % 3 != 0 && day % 7 != 1) {
            continue;
        }
        let (month, of_month) = (1 + day / 31, 1 + day % 31);
        let date = format!("2026-{month:02}-{of_month:02}");
        let alerts = 1 + scale * (1 + day * 7 % 5) / 4;
        hours.insert(format!("{date}T{:02}", (day * 5 + u64::from(number)) % 24), alerts);
        days.insert(date, alerts);
    }
    let alerts = days.values().sum();
    let value = |name: &str, part: u64| (format!("{name}{number}{HOSTILE}"), alerts * part / 10);
    let found = Found {
        alerts,
        after_suppression: number.is_multiple_of(4).then_some(alerts / 3),
        days,
        hours,
        extent: Some((1_767_225_600_000, 1_770_595_200_000)),
        late: u64::from(number % 5),
        bounds: Vec::new(),
        top: vec![
            ("host.name".to_owned(), vec![value("web-", 6), value("db-", 3)]),
            ("process.executable".to_owned(), vec![value("/usr/bin/curl", 9)]),
        ],
        samples: vec![Sample {
            events: vec![("day.ndjson".to_owned(), number.to_string())],
            time: Some(1_767_225_600_000),
            key: vec![HOSTILE.to_owned()],
            count: 1,
        }],
    };
    let severity = ["critical", "high", "medium", "low"][number as usize % 4];
    let key = format!("windows/a_rule_with_a_long_name_that_alerts_{number}");
    RuleBacktest {
        severity: severity.to_owned(),
        outcome: Outcome::Ran(found),
        seen: Some(1_000_000),
        exclusion: Some(Exclusion {
            field: "host.name".to_owned(),
            value: format!("web-{number}{HOSTILE}"),
            alerts: alerts * 6 / 10,
            cases: 2,
        }),
        ..rule(&key)
    }
}
