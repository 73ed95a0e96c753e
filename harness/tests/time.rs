//! Rules over time, from rule text and events to alerts.

use crate::support::project;
use crate::support::project::{case, project, query_rule, rule, run_with};
use harness::case::Case;
use harness::exception::ExceptionTree;
use harness::run::Run;
use serde_json::json;

fn run(rule: &str, cases: Vec<Case>) -> Run {
    run_with(rule, cases, ExceptionTree::default())
}

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
    let told = case.warnings.first().map_or_else(String::new, ToString::to_string);
    assert_eq!(told, warning, "{more} {query}");
}

#[test]
fn a_rule_sees_its_window_only() {
    let ann = "user.name:ann";
    let span = "the window, 2026-01-05T11:54:00.000Z to 2026-01-05T12:00:00.000Z";
    let outside = |events: &str| format!("{events} {span}");
    check("", ann, None, "first last", &outside("old, late: 2 of 4 events lie outside"));
    check("from = \"now-10m\"", ann, None, "late old first last", "");
    let now = Some("2026-01-05T11:59:59.999Z");
    let late = "late, last: 2 of 4 events lie outside the window, \
                2026-01-05T11:53:59.999Z to 2026-01-05T11:59:59.999Z";
    check("", ann, now, "old first", late);
    let ingested = "timestamp_override = \"event.ingested\"";
    check(ingested, ann, None, "first late last", &outside("old: 1 of 4 events lies outside"));
    let strict = format!("{ingested}\ntimestamp_override_fallback_disabled = true");
    let insists =
        "old, first, last: it lacks event.ingested, the timestamp that the rule insists on";
    check(&strict, ann, None, "late", insists);
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
        run.rules[0].cases[0].warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["#1: it has no timestamp and is taken to happen when the rule runs"]
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
            "its index metrics-a-b is outside the rule's index patterns: logs-*, -logs-b*"
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

#[test]
fn anomalies_are_judged_by_score_and_job_where_a_case_states_them() {
    let rule = project::rule(
        "type = \"machine_learning\"\nanomaly_threshold = 75\nmachine_learning_job_id = [\"rare\"]\nmax_signals = 2",
    );
    let record = |id: &str, time: &str, job: &str, score: f64| {
        json!({"_id": id, "_index": ".ml-anomalies-shared", "_source":
            {"timestamp": time, "job_id": job, "record_score": score, "result_type": "record"}})
    };
    let now = "2026-01-05T12:00:00Z";
    let events = json!([
        record("enough", now, "rare", 75.0),
        record("low", now, "rare", 74.9),
        record("other", now, "else", 99.0),
        record("old", "2026-01-05T11:00:00Z", "rare", 99.0),
        record("odd", now, "rare", 80.0),
        record("oddest", "2026-01-05T11:59:00Z", "rare", 100.0),
        {"_id": "event", "@timestamp": now, "job_id": "rare", "record_score": 99}
    ]);
    let judged = run(&rule, vec![case("c", &events, None)]);
    let alerts = &judged.rules[0].cases[0].alerts;
    let ids: Vec<_> = alerts.iter().flat_map(|alert| alert.events.clone()).collect();
    assert_eq!(ids, ["oddest", "odd"]);

    let unsupported = run(&rule, vec![case("c", &json!([{"a": 1}]), None)]);
    assert_eq!(unsupported.rules[0].status, harness::verdict::Status::Unsupported);
}

#[test]
fn an_alert_takes_severity_score_and_name_from_its_event() {
    let more = "rule_name_override = \"event.reason\"\nbuilding_block_type = \"default\"\n\
        [[rule.severity_mapping]]\nfield = \"event.severity\"\noperator = \"equals\"\nvalue = \"7\"\nseverity = \"high\"\n\
        [[rule.severity_mapping]]\nfield = \"user.name\"\noperator = \"equals\"\nvalue = \"ann\"\nseverity = \"critical\"\n\
        [[rule.risk_score_mapping]]\nfield = \"event.risk_score\"\noperator = \"equals\"\nvalue = \"\"\n";
    for (event, severity, score, name) in [
        (json!({"a": 1}), "low", "21", "Test"),
        (json!({"event.severity": 7}), "high", "21", "Test"),
        (
            json!({"event": {"severity": 7, "risk_score": "88.5"}, "user.name": ["bob", "ann"]}),
            "critical",
            "88.5",
            "Test",
        ),
        (json!({"event": {"risk_score": 101, "reason": "Told"}}), "low", "21", "Told"),
        (json!({"event": {"risk_score": [3, 3.25, "2"]}}), "low", "3.25", "Test"),
        (json!({"event.severity": "7"}), "low", "21", "Test"),
        (json!({"event.severity": 7.0}), "high", "21", "Test"),
    ] {
        let run = run(&query_rule("", more), vec![case("c", &json!([event]), None)]);
        let facts = &run.rules[0].cases[0].alerts[0].facts;
        let risk_score = facts.risk_score.value.to_string();
        let found = (&*facts.severity.value, &*risk_score, &*facts.name.value);
        assert_eq!(found, (severity, score, name), "{event}");
        assert!(facts.building_block);
    }
}

#[test]
fn suppression_makes_one_alert_of_a_group() {
    let more = "max_signals = 2\n[rule.alert_suppression]\ngroup_by = [\"user.name\"]\n";
    let event = |second: u8, user: &str| json!({"@timestamp": format!("2026-01-05T12:00:0{second}Z"), "user.name": user});
    let events = json!([
        event(3, "bob"), event(1, "ann"), event(2, "bob"), event(4, "cy"),
        {"@timestamp": "2026-01-05T12:00:05Z"}, {"@timestamp": "2026-01-05T12:00:06Z"}
    ]);
    for (strategy, expected) in
        [("", "#5+#6 #2+"), ("missing_fields_strategy = \"doNotSuppress\"\n", "#2+ #3+#1")]
    {
        let run =
            run(&query_rule("", &format!("{more}{strategy}")), vec![case("c", &events, None)]);
        let alerts = &run.rules[0].cases[0].alerts;
        let text = |alert: &harness::run::Alert| {
            let suppressed = alert.facts.suppressed.as_ref().expect("a group");
            format!("{}+{}", alert.events.join(","), suppressed.events.join(","))
        };
        assert_eq!(alerts.iter().map(text).collect::<Vec<_>>().join(" "), expected, "{strategy}");
    }
}

/// The case of a rule under consecutive runs.
fn schedule(rule: &str, events: &serde_json::Value) -> harness::run::Schedule {
    let project = project::project(rule, vec![case("c", events, None)]);
    let session = harness::run::Session::open(project);
    let hits = session.hits().expect("the engine runs");
    let mut run = session.judge(&hits);
    session.schedule(&hits, &mut run).remove(0)
}

/// Gaps, distinct alerts and alerts found again under consecutive runs.
fn scheduled(rule: &str, events: &serde_json::Value) -> (Vec<String>, usize, usize, bool) {
    let one = schedule(rule, events);
    (one.gaps, one.alerts, one.dropped.len(), one.note.is_some())
}

#[test]
fn consecutive_runs_find_gaps_and_drop_what_they_know() {
    let event = |time: &str| json!({"_id": time, "@timestamp": format!("2026-01-05T{time}Z"), "user.name": "ann"});
    let events =
        json!([event("12:00:00"), event("11:56:00"), event("11:52:00"), event("11:47:30")]);
    let overlapping = query_rule("user.name:ann", "from = \"now-9m\"\ninterval = \"5m\"");
    assert_eq!(scheduled(&overlapping, &events), (vec![], 4, 2, false));
    let apart = query_rule("user.name:ann", "from = \"now-2m\"\ninterval = \"5m\"");
    let lost = vec!["11:56:00".to_owned(), "11:52:00".to_owned(), "11:47:30".to_owned()];
    assert_eq!(scheduled(&apart, &events), (lost, 1, 0, true));
    let threshold = project::rule(
        "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \"user.name:ann\"\nfrom = \"now-9m\"\n\
         [rule.threshold]\nfield = [\"user.name\"]\nvalue = 2\n",
    );
    // 11:47:30 and 11:52:00 alert at 11:55; at 12:00 two newer ones do.
    assert_eq!(scheduled(&threshold, &events), (vec![], 2, 0, false));
}

#[test]
fn an_alert_that_suppression_keeps_open_takes_in_what_later_runs_find() {
    let event = |time: &str| json!({"_id": time, "@timestamp": format!("2026-01-05T{time}Z"), "user.name": "ann"});
    let events =
        json!([event("12:00:00"), event("11:56:00"), event("11:52:00"), event("11:47:30")]);
    let query = |group: &str, duration: &str| {
        let times = "from = \"now-9m\"\ninterval = \"5m\"";
        let suppression = format!("[rule.alert_suppression]\ngroup_by = [\"{group}\"]\n{duration}");
        query_rule("user.name:ann", &format!("{times}\n{suppression}"))
    };
    let threshold = |duration: &str| {
        let suppression = format!("[rule.alert_suppression]\n{duration}");
        project::rule(&format!(
            "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \"user.name:ann\"\n\
             from = \"now-9m\"\n[rule.threshold]\nfield = [\"user.name\"]\nvalue = 2\n{suppression}"
        ))
    };
    let pipeline = |duration: &str| {
        let suppression =
            format!("[rule.alert_suppression]\ngroup_by = [\"user.name\"]\n{duration}");
        project::rule(&format!(
            "type = \"esql\"\nlanguage = \"esql\"\nfrom = \"now-9m\"\n\
             query = \"from * | stats events = count(*) by user.name\"\n{suppression}"
        ))
    };
    // Runs at 11:50, 11:55 and 12:00 each find events that none before them found.
    for (rule, alerts, suppressed) in [
        (query("user.name", ""), 3, 0),
        (query("user.name", "duration = { value = 299, unit = \"s\" }"), 3, 0),
        (query("user.name", "duration = { value = 5, unit = \"m\" }"), 2, 1),
        (query("user.name", "duration = { value = 1, unit = \"h\" }"), 1, 2),
        (query("host.name", "duration = { value = 1, unit = \"h\" }"), 1, 2),
        (query("@timestamp", "duration = { value = 1, unit = \"h\" }"), 4, 0),
        // Two events are there at 11:55, and two others at 12:00.
        (threshold("duration = { value = 1, unit = \"m\" }"), 2, 0),
        (threshold("duration = { value = 1, unit = \"h\" }"), 1, 1),
        (pipeline(""), 3, 0),
        (pipeline("duration = { value = 5, unit = \"m\" }"), 2, 1),
    ] {
        let one = schedule(&rule, &events);
        assert_eq!((one.alerts, one.suppressed), (alerts, suppressed), "{rule}");
    }
}

/// The number of alerts of each case, where `@timestamp` counts nanoseconds or not.
fn check_nanos(rule: &str, cases: &[Case], millis: &[usize], nanos: &[usize]) {
    for (ty, expected) in [("date", millis), ("date_nanos", nanos)] {
        let mut project = project(rule, cases.to_vec());
        let mapping = json!({"properties": {"@timestamp": {"type": ty}}});
        project.schema.add_mapping(&mapping, &json!({})).expect("a mapping");
        let run = harness::run::run(project).expect("the engine runs");
        let counts: Vec<_> = run.rules[0].cases.iter().map(|case| case.alerts.len()).collect();
        assert_eq!(counts, expected, "{ty}: {:?}", run.rules[0].problems);
    }
}

#[test]
fn nanoseconds_decide_where_the_mapping_counts_them() {
    let event = |time: &str, action: &str| json!({"@timestamp": format!("2026-01-05T{time}Z"), "event.action": action, "user.name": "ann"});
    let (early, late) = ("11:55:00.000000100", "11:55:00.000000900");
    let sequence = |span: &str| {
        rule(&format!(
            "type = \"eql\"\nlanguage = \"eql\"\nquery = \"\"\"sequence by user.name with \
             maxspan={span} [any where event.action == \"a\"] \
             [any where event.action == \"b\"]\"\"\""
        ))
    };
    let order = vec![
        case("forth", &json!([event(early, "a"), event(late, "b")]), None),
        case("back", &json!([event(late, "a"), event(early, "b")]), None),
        case("stated last", &json!([event(late, "b"), event(early, "a")]), None),
    ];
    // Within a millisecond the order of the events decides; nanoseconds know better.
    check_nanos(&sequence("1s"), &order, &[1, 1, 0], &[1, 0, 1]);
    let span = vec![
        case(
            "in",
            &json!([event("11:55:00.000000900", "a"), event("11:55:00.001000900", "b")]),
            None,
        ),
        case(
            "out",
            &json!([event("11:55:00.000000100", "a"), event("11:55:00.001000900", "b")]),
            None,
        ),
    ];
    check_nanos(&sequence("1ms"), &span, &[1, 1], &[1, 0]);
    let latest = rule(
        "type = \"esql\"\nlanguage = \"esql\"\nquery = \"\"\"from logs-* | \
         stats newest = max(@timestamp), oldest = min(@timestamp) | where newest != oldest\"\"\"",
    );
    let events = vec![
        case("apart", &json!([event(early, "a"), event(late, "b")]), None),
        case("once", &json!([event(early, "a"), event(early, "b")]), None),
    ];
    check_nanos(&latest, &events, &[0, 0], &[1, 0]);
    let after = query_rule("@timestamp > \"2026-01-05T11:55:00.000000100Z\"", "");
    let events = vec![
        case("early", &json!([event(early, "a")]), None),
        case("late", &json!([event(late, "a")]), None),
    ];
    check_nanos(&after, &events, &[0, 0], &[0, 1]);
}
