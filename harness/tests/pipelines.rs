//! ES|QL rules as wholes: verdicts, coverage and mutants of pipelines.

use crate::support::project;
use harness::case::{Case, Polarity};
use harness::coverage::{self, ClauseCoverage};
use harness::mutate::{self, Fixtures, Outcome};
use harness::run::{Project, Session};
use harness::verdict::Verdict;
use serde_json::{Value, json};

fn rule(query: &str) -> String {
    project::rule(&format!("type = \"esql\"\nlanguage = \"esql\"\nquery = '''{query}'''\n"))
}

fn positive(name: &str, events: &Value) -> Case {
    project::case(name, events, Some("2026-01-01T00:00:00Z"))
}

fn negative(name: &str, events: &Value) -> Case {
    let path = format!("r/negative/{name}.json");
    Case { path, polarity: Polarity::Negative, ..positive(name, events) }
}

/// Events with these fields, a second apart.
fn events(fields: &[Value]) -> Value {
    let events = fields.iter().enumerate().map(|(second, fields)| {
        let mut event = fields.clone();
        event["@timestamp"] = json!(format!("2025-12-31T23:59:{:02}Z", second % 60));
        event["_index"] = json!("logs-x");
        event
    });
    Value::Array(events.collect())
}

fn open(query: &str, cases: Vec<Case>) -> Session {
    let project: Project = project::project(&rule(query), cases);
    Session::open(project)
}

fn verdicts(session: &Session) -> Vec<Verdict> {
    let run = session.judge(&session.hits().expect("answers"));
    run.rules[0].cases.iter().map(|case| case.verdict.clone()).collect()
}

#[test]
fn a_failing_query_is_no_pass_of_a_negative_case() {
    let query = "from logs-* | where user.name == \"a\" \
        | eval part = substring(user.name, 1, to_integer(process.pid)) | where part == \"b\"";
    let cases = vec![
        negative("fails", &events(&[json!({"user.name": "a", "process.pid": -1})])),
        negative("holds", &events(&[json!({"user.name": "a", "process.pid": 1})])),
        // The leading condition keeps the event from the function.
        negative("excluded", &events(&[json!({"user.name": "b", "process.pid": -1})])),
    ];
    let found = verdicts(&open(query, cases));
    assert!(
        matches!(&found[0], Verdict::Error(reason) if reason.contains("negative")),
        "{found:?}"
    );
    assert_eq!(found[1..], [Verdict::Pass, Verdict::Pass]);
}

/// Each clause: what it is, on how many rows it holds and fails, and the cases
/// and events that show it both ways.
fn covered(query: &str, cases: Vec<Case>) -> Vec<String> {
    let session = open(query, cases);
    assert!(verdicts(&session).iter().all(|verdict| *verdict == Verdict::Pass));
    let engine = session.engine().expect("an index");
    let coverage = coverage::measure(&session, &engine).expect("answers");
    let shown = |clause: &ClauseCoverage| {
        let side = |witness: &Option<coverage::Witness>| match witness {
            Some(witness) => {
                let case = witness.case.trim_start_matches("r/").trim_end_matches(".json");
                format!("{case}{}", witness.event)
            }
            None => "-".to_owned(),
        };
        let ClauseCoverage { text, holds_on, fails_on, .. } = clause;
        let sides = (side(&clause.decides_true), side(&clause.decides_false));
        let kind = clause.kind.name();
        format!("{kind} {text}: {holds_on} {fails_on}, {} {}", sides.0, sides.1)
    };
    coverage.rules[0].clauses.iter().map(shown).collect()
}

#[test]
fn a_condition_is_covered_by_rows_that_it_decides() {
    let query = "from logs-* metadata _id \
        | where user.name == \"a\" and (process.pid > 5 or not host.name like \"b*\")";
    let row = |user: &str, pid: i64, host: &str| json!({"user.name": user, "process.pid": pid, "host.name": host});
    let cases = || {
        vec![
            positive("both", &events(&[row("a", 9, "x")])),
            positive("pid", &events(&[row("a", 9, "bx")])),
            negative("host", &events(&[row("a", 1, "bx"), json!({"user.name": "a"})])),
        ]
    };
    let found = covered(query, cases());
    assert_eq!(
        found,
        [
            // Nobody else was tried.
            "clause user.name == \"a\": 4 0, positive/both#1 -",
            "clause process.pid > 5: 2 2, positive/pid#1 negative/host#1",
            // Null fails, and would fail as well if it were true.
            "clause host.name like \"b*\": 2 2, negative/host#1 -",
        ]
    );
    let mut more = cases();
    more.push(positive("other_host", &events(&[row("a", 1, "x")])));
    more.push(negative("user", &events(&[row("c", 9, "x")])));
    assert_eq!(
        covered(query, more),
        [
            "clause user.name == \"a\": 5 1, positive/both#1 negative/user#1",
            "clause process.pid > 5: 3 3, positive/pid#1 negative/host#1",
            "clause host.name like \"b*\": 2 4, negative/host#1 positive/other_host#1",
        ]
    );
}

#[test]
fn groups_bounds_and_patterns_are_covered_by_alerts() {
    let query = "from logs-* | dissect message \"%{verb} %{rest}\" | where verb == \"try\" \
        | stats tries = count(*), fails = count(*) where process.pid > 1 by user.name \
        | where tries >= 2 and fails > 0";
    let row = |message: &str, pid: i64, user: &str| json!({"message": message, "process.pid": pid, "user.name": user});
    let cases = vec![
        positive("two", &events(&[row("try x", 2, "a"), row("try x", 1, "a")])),
        negative("one", &events(&[row("try x", 2, "a"), row("see x", 1, "a")])),
        negative("none_fails", &events(&[row("try x", 1, "a"), row("try x", 1, "a")])),
        negative("two_users", &events(&[row("try x", 2, "a"), row("try x", 1, "b")])),
        negative("no_text", &events(&[row("try x", 2, "a"), row("try", 1, "a")])),
    ];
    let found = covered(query, cases);
    let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "clause fails > 0: 4 2, positive/two negative/none_fails",
            "clause process.pid > 1: 4 4, positive/two#1 negative/none_fails#1",
            "clause tries >= 2: 2 4, positive/two negative/one#1",
            "clause verb == \"try\": 8 2, positive/two#1 negative/one#2",
            "group for each user.name: 1 1, positive/two negative/two_users",
            "pattern dissect message \"%{verb} %{rest}\": 9 1, positive/two#1 negative/no_text#2",
        ]
    );
}

#[test]
fn conditions_of_branches_and_inner_queries_are_covered() {
    let row = |user: &str, pid: i64| json!({"user.name": user, "process.pid": pid});
    let cases = || {
        vec![
            positive("user", &events(&[row("a", 1)])),
            positive("pid", &events(&[row("b", 9)])),
            negative("neither", &events(&[row("b", 1)])),
        ]
    };
    for (query, shown) in [
        (
            "from logs-* metadata _id | fork (where user.name == \"a\") (where process.pid > 5)",
            ("user.name == \"a\"", "process.pid > 5"),
        ),
        (
            "from (from logs-* metadata _id | where user.name == \"a\"), \
             (from logs-* metadata _id | where process.pid > 5)",
            ("user.name == \"a\"", "process.pid > 5"),
        ),
    ] {
        assert_eq!(
            covered(query, cases()),
            [
                format!("clause {}: 1 2, positive/user#1 negative/neither#1", shown.0),
                format!("clause {}: 1 2, positive/pid#1 negative/neither#1", shown.1),
            ],
            "{query}"
        );
    }
    let query = "from logs-* metadata _id | where user.name in \
        (from logs-* | where process.pid > 5 | stats n = count(*) by user.name | where n > 1 | keep user.name)";
    let cases = vec![
        positive("twice", &events(&[row("a", 9), row("a", 9)])),
        negative("once", &events(&[row("a", 9), row("a", 1)])),
    ];
    let found = covered(query, cases);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let [member, pid, key, count] = found.as_slice() else { panic!("{found:?}") };
    assert!(member.starts_with("clause user.name in (from logs-*"), "{member}");
    assert!(member.ends_with(": 2 2, positive/twice#1 negative/once#1"), "{member}");
    assert_eq!(*pid, "clause process.pid > 5: 3 1, positive/twice#1 negative/once#2");
    assert_eq!(*key, "group for each user.name: 1 0, positive/twice -");
    assert_eq!(*count, "clause n > 1: 1 1, positive/twice negative/once#1");
}

#[test]
fn a_missed_case_tells_what_each_branch_lost_its_rows_by() {
    let query = "from logs-* metadata _id | where process.pid > 1 \
        | fork (where user.name == \"a\") (where user.name == \"b\" and process.pid > 5)";
    let case = positive("c", &events(&[json!({"user.name": "c", "process.pid": 2})]));
    let session = open(query, vec![case]);
    let engine = session.engine().expect("an index");
    let run = harness::explain::judge(&session, &session.ask(&engine).expect("answers"));
    let told = run.rules[0].cases[0].explanations.iter().map(|one| {
        let clauses: Vec<&str> = one.clauses.iter().map(|clause| &*clause.clause).collect();
        format!("{}{}", one.note.as_deref().unwrap_or_default(), clauses.join(", "))
    });
    let told: Vec<String> = told.collect();
    assert!(told[0].starts_with("fork (where"), "{told:?}");
    assert!(told[0].ends_with("keeps 0 of 1 row"), "{told:?}");
    assert_eq!(
        told[1..],
        [
            "where user.name == \"a\" keeps 0 of 1 row",
            "row 1 made of #1user.name == \"a\"",
            "where user.name == \"b\" and process.pid > 5 keeps 0 of 1 row",
            "row 1 made of #1user.name == \"b\", process.pid > 5",
        ]
    );
}

#[test]
fn rows_that_decide_only_together_are_turned_together() {
    let query = "from logs-* | where user.name is not null \
        | stats c = count(*) by user.name | where c >= 2";
    let nobody = json!({"process.pid": 1});
    let cases = vec![
        positive("two", &events(&[json!({"user.name": "a"}), json!({"user.name": "a"})])),
        negative("nobody", &events(&[nobody.clone(), nobody])),
    ];
    let found = covered(query, cases);
    assert_eq!(found[0], "clause user.name is not null: 2 2, positive/two#1 negative/nobody");
}

#[test]
fn mutants_are_caught_by_cases_or_shown() {
    let query = "from logs-* metadata _id | where user.name == \"a\" and process.pid > 5";
    let row = |user: &str, pid: i64| json!({"user.name": user, "process.pid": pid});
    let cases = vec![
        positive("fires", &events(&[row("a", 6)])),
        negative("user", &events(&[row("b", 6)])),
        negative("pid", &events(&[row("a", 3)])),
    ];
    let session = open(query, cases);
    let engine = session.engine().expect("an index");
    let mutants = mutate::mutate(&session, &engine, Fixtures::Skip).expect("answers");
    let shown = mutants.rules[0].mutants.iter().map(|mutant| {
        let outcome = match &mutant.outcome {
            Outcome::Caught { case } => format!("caught by {case}"),
            Outcome::Missed { .. } => format!("missed {}", mutant.text),
            Outcome::Equivalent | Outcome::Unviable { .. } => mutant.outcome.name().to_owned(),
        };
        format!("{}: {outcome}", mutant.operator)
    });
    let fixed = "from logs-* metadata _id | where user.name == \"a\" and process.pid > ";
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            "drop-command: caught by r/negative/user.json",
            "drop-clause: caught by r/negative/user.json",
            "negate: caught by r/positive/fires.json",
            "change-value: caught by r/positive/fires.json",
            "and-to-or: caught by r/negative/user.json",
            "drop-clause: caught by r/negative/pid.json",
            "negate: caught by r/positive/fires.json",
            "move-bound: caught by r/positive/fires.json",
            &format!("move-bound: missed {fixed}[-5-]{{+4+}}"),
        ]
    );
    assert_eq!(mutants.rules[0].score(), (8, 9));
}

#[test]
fn without_a_pattern_or_key_its_columns_are_null_or_any_value() {
    let query = "from logs-* | dissect message \"%{verb} %{rest}\" | where verb == \"try\" \
        | stats c = count(*) by user.name | where c >= 2 and user.name is not null";
    let row = |message: &str, user: &str| json!({"message": message, "user.name": user});
    let cases = vec![
        positive("try", &events(&[row("try x", "a"), row("try y", "a")])),
        negative("two_users", &events(&[row("try x", "a"), row("try y", "b")])),
    ];
    let session = open(query, cases);
    let engine = session.engine().expect("an index");
    let mutants = mutate::mutate(&session, &engine, Fixtures::Skip).expect("answers");
    let caught = |name: &str| {
        let found = mutants.rules[0].mutants.iter().find(|mutant| mutant.operator.name() == name);
        found.map(|mutant| mutant.outcome.clone())
    };
    let by = |case: &str| Some(Outcome::Caught { case: format!("r/{case}.json") });
    assert_eq!(caught("drop-command"), by("positive/try"));
    assert_eq!(caught("drop-group"), by("negative/two_users"));
    assert!(mutants.rules[0].mutants.iter().all(|mutant| mutant.outcome.name() != "unviable"));
}

#[test]
fn a_missed_case_tells_of_patterns_and_uncounted_rows() {
    let query = "from logs-* | dissect message \"%{verb} %{rest}\" \
        | stats fails = count(*) where process.pid > 1 | where fails > 1";
    let row = |message: &str, pid: i64| json!({"message": message, "process.pid": pid});
    let cases = vec![
        positive("missed", &events(&[row("try x", 2), row("try", 1)])),
        negative("none", &events(&[row("try x", 1)])),
    ];
    let session = open(query, cases);
    let run = harness::explain::judge(&session, &session.hits().expect("answers"));
    let case = &run.rules[0].cases[0];
    assert_eq!(case.verdict, Verdict::Missed);
    let told = case.explanations.iter().map(|told| {
        let clauses = told.clauses.iter().map(|clause| {
            format!("; {} {}: {}", clause.clause, clause.holds, clause.found.join(", "))
        });
        format!("{}{}", told.note.as_deref().unwrap_or("-"), clauses.collect::<String>())
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "where fails > 1 keeps 0 of 1 row",
            "dissect message \"%{verb} %{rest}\" fits 1 of 2 rows, not #2",
            "counted where process.pid > 1: 1 of 2 rows, not #2",
            "row 1 made of #1, #2; fails > 1 false: 1",
        ]
    );
}

/// Mutants, as `operator: outcome`; of a missed one its change, and the case that
/// would catch it.
fn told(query: &str, cases: Vec<Case>) -> Vec<(String, Option<Value>)> {
    let session = open(query, cases);
    assert!(verdicts(&session).iter().all(|verdict| *verdict == Verdict::Pass));
    let engine = session.engine().expect("an index");
    let mutants = mutate::mutate(&session, &engine, Fixtures::Propose).expect("answers");
    let shown = mutants.rules[0].mutants.iter().map(|mutant| match &mutant.outcome {
        Outcome::Missed { fixture, polarity } => {
            let place = if fixture.is_some() { polarity.folder() } else { "none" };
            (format!("{}: {place} {}", mutant.operator, mutant.text), fixture.clone())
        }
        other => (format!("{}: {}", mutant.operator, other.name()), None),
    });
    shown.collect()
}

/// Adds what is proposed for the first missed mutant, until none is missed; gives
/// what was proposed.
#[track_caller]
fn closed(query: &str, mut cases: Vec<Case>) -> Vec<String> {
    let mut proposed = Vec::new();
    for round in 0..12 {
        let found = told(query, cases.clone());
        let Some((text, fixture)) = found.into_iter().find(|(_, fixture)| fixture.is_some()) else {
            return proposed;
        };
        let name = format!("p{round}");
        let make = if text.contains(": positive") { positive } else { negative };
        cases.push(make(&name, &fixture.expect("a fixture")));
        proposed.push(text);
    }
    panic!("{proposed:?}");
}

#[test]
fn a_missed_mutant_proposes_the_event_that_would_catch_it() {
    let query = "from logs-* metadata _id | where user.name == \"a\" and process.pid > 5";
    let row = |user: &str, pid: i64| json!({"user.name": user, "process.pid": pid});
    let cases = vec![
        positive("fires", &events(&[row("a", 9)])),
        negative("neither", &events(&[row("b", 3)])),
    ];
    let found = told(query, cases.clone());
    let fixture = |start: &str| {
        let (_, fixture) = found.iter().find(|(text, _)| text.starts_with(start)).expect(start);
        fixture.clone().expect("a fixture")
    };
    let source = |event: &Value, field: &str| event["_source"][field].clone();
    // Without the condition on the user another user would do.
    let other = fixture("drop-clause: negative from logs-* metadata _id | where [-user.name");
    assert_ne!(source(&other, "user.name"), "a");
    assert_eq!(source(&other, "process.pid"), 9);
    let six = fixture("move-bound: positive");
    assert_eq!((source(&six, "user.name"), source(&six, "process.pid")), (json!("a"), json!(6)));
    let five = fixture("move-bound: negative");
    assert_eq!(source(&five, "process.pid"), 5);
    let proposed = closed(query, cases);
    assert!((2..=6).contains(&proposed.len()), "{proposed:?}");
}

#[test]
fn what_the_index_cannot_tell_is_found_by_trying() {
    let query = "from logs-* metadata _id | eval word = to_lower(tags) | mv_expand word \
        | where word in (\"bind\", \"escalate\") or starts_with(word, \"nodes/\")";
    let row = |tags: &[&str]| json!({"tags": tags});
    let cases = vec![
        positive("bind", &events(&[row(&["BIND", "get"])])),
        negative("get", &events(&[row(&["get"])])),
    ];
    let proposed = closed(query, cases);
    let has = |start: &str| proposed.iter().any(|text| text.starts_with(start));
    assert!(has("drop-value: positive"), "{proposed:?}");
    assert!(has("drop-command: negative") || has("drop-clause: positive"), "{proposed:?}");
}

#[test]
fn bounds_and_keys_are_told_apart_by_more_and_fewer_events() {
    let query = "from logs-* | where event.outcome == \"failure\" \
        | stats n = count(*), users = count_distinct(user.name) by source.ip, host.name \
        | where n >= 3 and users < 3";
    let row = |user: &str| {
        json!({"event.outcome": "failure", "user.name": user, "source.ip": "192.0.2.1",
            "host.name": "h"})
    };
    let all: Vec<Value> = ["a", "a", "b", "b", "a", "a"].map(row).into();
    let one = events(&all[..1]);
    let cases = vec![positive("many", &events(&all)), negative("one", &one)];
    let found = told(query, cases.clone());
    let place = |start: &str, with: &str| {
        let own = found.iter().find(|(text, _)| text.starts_with(start) && text.contains(with));
        let (text, fixture) = own.unwrap_or_else(|| panic!("no {start} {with} in {found:?}"));
        let count = fixture.as_ref().map_or(0, |it| it.as_array().map_or(1, Vec::len));
        (text.split(' ').nth(1).unwrap_or_default().to_owned(), count)
    };
    assert_eq!(place("move-bound", "[-3-]{+4+} and"), ("positive".to_owned(), 3));
    assert_eq!(place("move-bound", "[-3-]{+2+} and"), ("negative".to_owned(), 2));
    assert_eq!(place("drop-group", "[-source.ip, -]").0, "negative");
    assert_eq!(place("drop-group", "[-, host.name-]").0, "negative");
    assert_eq!(place("move-bound", "users < [-3-]{+4+}").0, "negative");
    closed(query, cases);
}

#[test]
fn a_mutant_that_means_the_same_is_no_gap() {
    let query = "from logs-* metadata _id \
        | where user.name == \"root\" and user.name like \"r*\" and length(host.name) > 2 \
        | limit 1000";
    let row = |user: &str, host: &str| json!({"user.name": user, "host.name": host});
    let cases = vec![
        positive("fires", &events(&[row("root", "abc")])),
        negative("user", &events(&[row("ann", "abc")])),
        negative("host", &events(&[row("root", "ab")])),
    ];
    let found: Vec<String> = told(query, cases).into_iter().map(|(text, _)| text).collect();
    let equivalent = found.iter().filter(|text| text.ends_with(": equivalent"));
    let equivalent: Vec<&str> = equivalent.map(String::as_str).collect();
    assert_eq!(
        equivalent,
        ["drop-clause: equivalent", "widen-wildcard: equivalent", "drop-command: equivalent",],
        "{found:?}"
    );
}

#[test]
fn a_null_that_a_document_states_is_its_null_value() {
    let query = "from logs-* metadata _id | where user.name == \"nobody\"";
    let mapping = json!({"properties": {
        "user": {"properties": {"name": {"type": "keyword", "null_value": "nobody"}}},
    }});
    let alerts = |user: Value| {
        let mut project: Project =
            project::project(&rule(query), vec![positive("x", &events(&[user]))]);
        project.schema.add_mapping(&mapping, &json!({})).expect("a mapping");
        let session = Session::open(project);
        let run = session.judge(&session.hits().expect("answers"));
        run.rules[0].cases[0].alerts.len()
    };
    assert_eq!(alerts(json!({"user": {"name": null}})), 1);
    assert_eq!(alerts(json!({"user": {"name": [null]}})), 1);
    assert_eq!(alerts(json!({"user": {"name": "nobody"}})), 1);
    // Kept once, as of any value.
    assert_eq!(alerts(json!({"user": {"name": [null, "nobody"]}})), 1);
    // Two values are null to a comparison, and no value is none.
    assert_eq!(alerts(json!({"user": {"name": [null, "ann"]}})), 0);
    assert_eq!(alerts(json!({"user": {"name": []}})), 0);
    assert_eq!(alerts(json!({"user": {"id": "1"}})), 0);
}

#[test]
fn a_rule_without_cases_has_clauses_that_nothing_tried() {
    let query =
        "from logs-* | where user.name == \"a\" | stats n = count(*) by host.name | where n > 1";
    let session = open(query, Vec::new());
    let engine = session.engine().expect("an index");
    let coverage = coverage::measure(&session, &engine).expect("answers");
    let clauses = coverage.rules[0].clauses.iter();
    let clauses: Vec<_> =
        clauses.map(|it| (it.text.as_str(), it.holds_on + it.fails_on, it.is_covered())).collect();
    assert_eq!(
        clauses,
        [("user.name == \"a\"", 0, false), ("for each host.name", 0, false), ("n > 1", 0, false),]
    );
    let mutants = mutate::mutate(&session, &engine, Fixtures::Propose).expect("answers");
    // Every one would be missed.
    assert_eq!(mutants.rules[0].mutants, []);
}
