//! Explanations: what clauses are on events, the smallest changes, and what
//! events are together. On the repository's own cases every proposed change is
//! judged again.

mod failures;

use std::fs;
use std::path::Path;

use crate::support::project::{case, project, query_rule, rule};
use crate::support::schema;
use harness::case::parse as parse_events;
use harness::config;
use harness::detect::eql::why::StoppedBy;
use harness::explain::{Explained, FieldChange, Findings, Question, Truth, explain};
use harness::report::problem::Styled;
use harness::report::{self, explain_json};
use harness::run::Project;
use harness::select::{Selection, Unfound, find_case};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A rule on events that are no case.
#[track_caller]
fn on(rule: &str, events: &Value) -> Explained {
    let events = parse_events(&events.to_string()).expect("events");
    asked(&project(rule, Vec::new()), "r", Question::Events("e.json".to_owned(), events))
}

#[track_caller]
fn asked(project: &Project, key: &str, question: Question) -> Explained {
    explain(project, key, question).expect("the engine runs").expect("there is the rule")
}

fn text(explained: &Explained, styled: Styled) -> String {
    let mut out = Vec::new();
    report::explain::render(explained, (styled, report::Amount::More), &mut out)
        .expect("a vector takes everything");
    String::from_utf8(out).expect("text")
}

/// The JSON of an explanation, valid by its schema.
#[track_caller]
fn json_of(explained: &Explained) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas/explain.schema.json");
    let rules: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("the schema")).expect("JSON");
    let mut out = Vec::new();
    explain_json::render(explained, &mut out).expect("a vector takes everything");
    let value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(schema::faults(&rules, &value), [""; 0]);
    value
}

/// The clauses of the first event, as `mark text`.
fn marks(explained: &Explained) -> Vec<String> {
    let marks = explained.events[0].marks.iter().zip(&explained.clauses);
    marks.map(|(mark, clause)| format!("{} {}", mark.truth.name(), clause.text)).collect()
}

#[test]
fn a_rule_alone_tells_types_and_needs() {
    let query = r#"process.name:curl and not source.ip:"192.0.2.0/24" and process.pid >= 7 and user.name:*"#;
    let events = project(&query_rule(query, ""), Vec::new());
    let explained = asked(&events, "r", Question::Rule);
    let clauses: Vec<_> = explained
        .clauses
        .iter()
        .map(|clause| {
            let test = &clause.tests[0];
            (test.fields[0].as_str(), test.kind, test.needs.as_str(), clause.negated)
        })
        .collect();
    assert_eq!(
        clauses,
        [
            ("process.name", "keyword", "= \"curl\"", false),
            ("source.ip", "ip", "in 192.0.2.0..=192.0.2.255", true),
            ("process.pid", "long", ">= 7", false),
            ("user.name", "keyword", "exists", false),
        ]
    );
    assert!(explained.events.is_empty());
    let text = text(&explained, Styled::Plain);
    for part in ["must not  ip", "needs     keyword   process.name = \"curl\"", "line 13, column"] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let value = json_of(&explained);
    assert_eq!(value["case"], Value::Null);
    assert_eq!(value["clauses"][1]["negated"], true);
}

#[test]
fn a_clause_is_true_false_or_unknown() {
    let query =
        "process.name:curl and (host.name:a or user.name:root) and not user.id:7 and agent.id:*";
    let event = json!({"process": {"name": "wget"}, "host": {"name": ["b", "a"]}});
    let explained = on(&query_rule(query, ""), &event);
    assert_eq!(
        marks(&explained),
        [
            "false process.name = \"curl\"",
            "true host.name = \"a\"",
            "unknown user.name = \"root\"",
            "unknown user.id = \"7\"",
            // That there is no value is known.
            "false agent.id exists",
        ]
    );
    let found = &explained.events[0].marks[1].found;
    assert_eq!(*found, [("host.name".to_owned(), vec!["\"b\"".to_owned(), "\"a\"".to_owned()])]);
    let text = text(&explained, Styled::Plain);
    let query = "✗process.name:curl and (✓host.name:a or ?user.name:root) and not ?user.id:7 and ✗agent.id:*";
    for part in [
        query,
        "✓ host.name = \"a\"  found \"b\", \"a\"",
        "? user.name = \"root\"  the event has no such field",
        "e.json: no alert",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let value = json_of(&explained);
    assert_eq!(value["case"]["verdict"], Value::Null, "events that are no case expect nothing");
}

#[test]
fn a_script_without_a_value_is_unknown() {
    let eql =
        |query: &str| rule(&format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''{query}'''"));
    let query = "process where length(process.name) > 3 and length(user.name) > 3";
    let event = json!({"@timestamp": "2026-01-01T00:00:00Z", "event": {"category": "process"},
        "process": {"name": "sh"}});
    let explained = on(&eql(query), &event);
    let truths: Vec<_> = explained.events[0].marks.iter().map(|mark| mark.truth).collect();
    assert_eq!(truths, [Truth::True, Truth::False, Truth::Unknown]);
    assert_eq!(explained.clauses[2].tests[0].kind, "script");
}

/// The fields that change, as `field: from → to`, and the changed event judged.
#[track_caller]
fn change(query: &str, event: &Value, expected: &[&str]) {
    let rule = query_rule(query, "");
    let explained = on(&rule, event);
    let outcome = &explained.events[0].filters[0];
    let turn = outcome.turn.as_ref().expect("a change");
    let fields = turn.fields.iter();
    let fields: Vec<_> = fields
        .map(|it| format!("{}: {} → {}", it.field, it.from.join(", "), it.to.join(", ")))
        .collect();
    assert_eq!(fields, expected, "{query} on {event}");
    let after = on(&rule, turn.event.as_ref().expect("an event"));
    assert_ne!(after.events[0].filters[0].holds, outcome.holds, "{query} on {event}");
    assert_ne!(after.rule.cases[0].alerts.len(), explained.rule.cases[0].alerts.len());
}

#[test]
fn the_smallest_change_turns_the_outcome() {
    let p = |name: &str| json!({"process": {"name": name}, "host": {"name": "h"}});
    change("process.name:curl", &p("wget"), &["process.name: \"wget\" → \"curl\""]);
    // One of two ways to match takes one change, the other two.
    change(
        "(user.name:a and user.id:b) or process.name:curl",
        &p("wget"),
        &["process.name: \"wget\" → \"curl\""],
    );
    change(
        "host.name:h and process.name:(curl or wget) and user.name:a",
        &p("x"),
        &["process.name: \"x\" → \"curl\"", "user.name:  → \"a\""],
    );
    // To stop, one of the conditions is enough; both values of one field count.
    change(
        "process.name:curl and host.name:h",
        &p("curl"),
        &["process.name: \"curl\" → \"curlx\""],
    );
    change(
        "process.name:curl or host.name:h",
        &p("curl"),
        &["host.name: \"h\" → \"hx\"", "process.name: \"curl\" → \"curlx\""],
    );
    // A clause that is stated twice is one change.
    change(
        "(process.name:curl and user.name:a) or (process.name:curl and host.name:h)",
        &p("x"),
        &["process.name: \"x\" → \"curl\""],
    );
    change("not process.name:curl", &p("curl"), &["process.name: \"curl\" → \"curlx\""]);
}

/// A condition on fields that are `x` or something else.
#[derive(Clone, Debug)]
enum Formula {
    Field(usize),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
}

const FIELDS: [(&str, &str); 5] =
    [("process", "name"), ("user", "name"), ("host", "name"), ("user", "id"), ("agent", "id")];

impl Formula {
    fn holds(&self, fields: usize) -> bool {
        match self {
            Self::Field(at) => fields >> at & 1 == 1,
            Self::Not(inner) => !inner.holds(fields),
            Self::And(a, b) => a.holds(fields) && b.holds(fields),
            Self::Or(a, b) => a.holds(fields) || b.holds(fields),
        }
    }

    fn kql(&self) -> String {
        match self {
            Self::Field(at) => format!("{}.{}:x", FIELDS[*at].0, FIELDS[*at].1),
            Self::Not(inner) => format!("not ({})", inner.kql()),
            Self::And(a, b) => format!("({}) and ({})", a.kql(), b.kql()),
            Self::Or(a, b) => format!("({}) or ({})", a.kql(), b.kql()),
        }
    }
}

fn formula() -> impl Strategy<Value = Formula> {
    (0..FIELDS.len()).prop_map(Formula::Field).prop_recursive(4, 16, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            inner.clone().prop_map(|inner| Formula::Not(Box::new(inner))),
            pair().prop_map(|(a, b)| Formula::And(a, b)),
            pair().prop_map(|(a, b)| Formula::Or(a, b)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_change_is_smaller_than_the_one_that_is_told(formula in formula(), fields in 0..32_usize) {
        let mut event = json!({});
        for (at, (object, name)) in FIELDS.iter().enumerate() {
            event[*object][*name] = json!(if fields >> at & 1 == 1 { "x" } else { "y" });
        }
        let explained = on(&query_rule(&formula.kql(), ""), &event);
        let outcome = &explained.events[0].filters[0];
        let holds = formula.holds(fields);
        prop_assert_eq!(outcome.holds, holds);
        // By trying all values of all fields.
        let others = (0..32_usize).filter(|other| formula.holds(*other) != holds);
        let least = others.map(|other| (other ^ fields).count_ones() as usize).min();
        let told = outcome.turn.as_ref().filter(|turn| turn.event.is_some());
        prop_assert_eq!(told.map(|turn| turn.fields.len()), least, "{}", formula.kql());
        if holds {
            return Ok(());
        }
        // What a failing case is told is the same, and it is enough.
        let changes = failing(&formula.kql(), &event);
        let explained = told.map(|turn| turn.fields.clone());
        prop_assert_eq!(&changes, &explained.unwrap_or_default());
        let mut after = fields;
        for change in &changes {
            let at = FIELDS.iter().position(|(a, b)| change.field == format!("{a}.{b}"));
            let bit = 1 << at.expect("a field of the event");
            after = if change.to == ["\"x\""] { after | bit } else { after & !bit };
        }
        prop_assert_eq!(formula.holds(after), least.is_some(), "{}", formula.kql());
    }
}

/// The change that a positive case is told which fails with this event.
fn failing(query: &str, event: &Value) -> Vec<FieldChange> {
    let project = project(&query_rule(query, ""), vec![case("c", event, None)]);
    let run = harness::explain::run(project).expect("the engine runs");
    let explanations = &run.rules[0].cases[0].explanations;
    explanations.first().map_or_else(Vec::new, |why| why.changes.clone())
}

#[test]
fn a_failing_case_is_told_what_works() {
    // The first half cannot be, whatever an event has.
    let query = "(host.name:a and not host.name:a) or (user.name:b and user.id:c)";
    let changes = failing(query, &json!({"host": {"name": "b"}, "user": {"name": "z"}}));
    let told: Vec<_> =
        changes.iter().map(|it| format!("{} → {}", it.field, it.to.join(", "))).collect();
    assert_eq!(told, ["user.id → \"c\"", "user.name → \"b\""]);
}

#[test]
fn of_many_values_the_most_alike_is_told() {
    for (query, event, expected) in [
        ("process.name:(certutil.exe or certreq.exe)", "certreq.exe ", "certreq.exe"),
        ("process.name:(frombase64string or \"*decrypt*\")", "x Decrypt y", "*decrypt*"),
        (
            "process.name:(DeleteTrail or StopLogging or PutEventSelectorx)",
            "PutEventSelectors",
            "PutEventSelectorx",
        ),
        ("process.name:(failure or Success)", "success", "Success"),
    ] {
        let changes = failing(query, &json!({"process": {"name": event}}));
        assert_eq!(changes.len(), 1, "{query}");
        assert_eq!(changes[0].to, [json!(expected).to_string()], "{query}");
    }
}

#[test]
fn what_cannot_be_is_not_proposed() {
    let explained =
        on(&query_rule("host.name:a and not host.name:a", ""), &json!({"host": {"name": "b"}}));
    let turn = &explained.events[0].filters[0].turn;
    assert!(turn.as_ref().is_none_or(|turn| turn.event.is_none()), "{turn:?}");
}

#[test]
fn an_event_outside_of_the_rule_says_so() {
    let rule = query_rule("a:x", "index = [\"logs-*\"]");
    let event = json!({"_index": "other-1", "_source": {"a": "x"}});
    let explained = on(&rule, &event);
    let outcome = &explained.events[0].filters[0];
    assert!(outcome.holds && outcome.turn.is_none());
    let barrier = outcome.barrier.as_deref().unwrap_or_default();
    assert!(barrier.contains("other-1"), "{barrier}");
    assert!(text(&explained, Styled::Plain).contains("would match, but its index other-1"));
    // Without patterns of its own it reads what Kibana has by default.
    for (index, seen) in
        [("other-1", false), ("logs-a-b", true), ("logs-elastic-cloud-logs-1", false)]
    {
        let event = json!({"_index": index, "_source": {"a": "x"}});
        let explained = on(&query_rule("a:x", ""), &event);
        let barrier = explained.events[0].filters[0].barrier.as_deref().unwrap_or_default();
        assert_eq!(!barrier.contains("outside Kibana's default index patterns"), seen, "{index}");
    }
}

const SEQUENCE: &str = r#"
type = "eql"
language = "eql"
query = '''
sequence by host.id with maxspan=1m
  [process where process.name == "a"]
  [file where file.name == "b"]
until [process where process.name == "stop"]
'''
"#;

/// An event of a process or a file at a second.
fn step(second: u32, host: &str, kind: &str, name: &str) -> Value {
    let time = format!("2026-01-01T00:{:02}:{:02}Z", second / 60, second % 60);
    json!({"@timestamp": time, "event": {"category": kind}, "host": {"id": host}, kind: {"name": name}})
}

#[test]
fn what_is_left_out_of_a_large_case_is_told() {
    let events: Vec<Value> = (0..103).map(|_| json!({"process": {"name": "wget"}})).collect();
    let explained = on(&query_rule("process.name:curl", ""), &json!(events));
    assert_eq!(explained.events.len(), 100);
    let turned = explained.events.iter().filter(|event| event.filters[0].turn.is_some()).count();
    assert_eq!(turned, 40);
    let json = json_of(&explained);
    assert_eq!(json["left_out"], json!({"events": 3, "changes": 60}));
    let text = text(&explained, Styled::Plain);
    assert!(text.contains("not shown: 3 more events, none nearer to an alert"), "{text}");
    assert!(text.contains("smallest change not computed for 60 conditions"), "{text}");
}

#[test]
fn a_sequence_tells_its_stages_and_what_stops_it() {
    let told = |events: Value| {
        let explained = on(&rule(SEQUENCE), &events);
        json_of(&explained);
        let text = text(&explained, Styled::Plain);
        let Findings::Sequence(story) = explained.findings else { panic!("no story") };
        (story, text)
    };
    let (story, text) = told(json!([step(0, "h", "process", "a"), step(61, "h", "file", "b")]));
    assert_eq!(story.courses[0].reached, [0]);
    assert_eq!((story.courses[0].wanted, story.courses[0].whole), (2, 0));
    assert_eq!(story.courses[0].stops[0].by, StoppedBy::Maxspan);
    assert!(text.contains("#2 came 1 second too late after #1: maxspan is 1 minute"), "{text}");
    assert!(text.contains("#1  stage 1  host.id = h"), "{text}");

    let between = step(1, "h", "process", "stop");
    let (story, text) =
        told(json!([step(0, "h", "process", "a"), between, step(2, "h", "file", "b")]));
    assert_eq!(story.courses[0].stops[0].by, StoppedBy::Until);
    let stages: Vec<_> = story.steps.iter().map(|step| step.stage).collect();
    assert_eq!(stages, [Some(0), None, Some(1)]);
    assert!(text.contains("until ended the sequence: #2 matches it and came before #3"), "{text}");

    let (story, text) = told(json!([step(0, "h", "process", "a"), step(1, "i", "file", "b")]));
    assert_eq!(story.courses[0].lacks, Some(1));
    assert!(text.contains("stage 2 has its event where host.id is i, not h"), "{text}");

    let (story, _) = told(json!([step(0, "h", "process", "a"), step(1, "h", "file", "b")]));
    assert_eq!((story.courses[0].whole, story.courses[0].lacks), (1, None));
}

#[test]
fn a_stage_without_an_event_says_what_would_be_one() {
    let explained =
        on(&rule(SEQUENCE), &json!([step(0, "h", "process", "a"), step(1, "h", "file", "c")]));
    assert_eq!(explained.filters, ["stage 1", "stage 2", "until"]);
    let turn = explained.events[1].filters[1].turn.as_ref().expect("a change");
    assert_eq!(
        (turn.fields[0].field.as_str(), turn.fields[0].to[0].as_str()),
        ("file.name", "\"b\"")
    );
    let kinds: Vec<_> = explained.parts.iter().map(|part| part.kind.name()).collect();
    assert_eq!(kinds, ["key", "maxspan", "stage", "stage", "until"]);
}

#[test]
fn groups_tell_how_many_they_lack() {
    let more = "[rule.threshold]\nfield = [\"host.name\"]\nvalue = 2\n[[rule.threshold.cardinality]]\nfield = \"user.name\"\nvalue = 2";
    let rule = rule(&format!("type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'a:x'\n{more}"));
    let event =
        |host: &str, user: &str| json!({"a": "x", "host": {"name": host}, "user": {"name": user}});
    let events = json!([event("h", "u"), event("h", "u"), event("i", "u"), {"a": "x"}]);
    let explained = on(&rule, &events);
    json_of(&explained);
    let Findings::Groups(groups) = &explained.findings else { panic!("no groups") };
    let told: Vec<_> = groups
        .groups
        .iter()
        .map(|group| (group.key[0].as_str(), group.count, group.cardinality, group.alerts))
        .collect();
    assert_eq!(told, [("h", 2, Some(1), false), ("i", 1, Some(1), false)]);
    assert_eq!(groups.lacking[0].event, "#4");
    let text = text(&explained, Styled::Plain);
    assert!(text.contains("✗ host.name = h: 2 of 2 events, 1 of 2 values of user.name"), "{text}");
    assert!(text.contains("#4 has no host.name"), "{text}");
}

#[test]
fn new_terms_tell_what_was_seen_when() {
    let more = "from = \"now-5m\"\n[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"";
    let rule = rule(&format!("type = \"new_terms\"\nlanguage = \"kuery\"\nquery = 'a:x'\n{more}"));
    let event =
        |time: &str, user: &str| json!({"@timestamp": time, "a": "x", "user": {"name": user}});
    let events = json!([
        event("2026-01-01T00:00:00Z", "u"),
        event("2026-01-02T00:00:00Z", "u"),
        event("2026-01-02T00:00:00Z", "v"),
    ]);
    let explained = on(&rule, &events);
    json_of(&explained);
    let Findings::Terms(terms) = &explained.findings else { panic!("no terms") };
    let told: Vec<_> = terms
        .terms
        .iter()
        .map(|term| (term.key[0].as_str(), term.event.as_str(), term.is_new))
        .collect();
    assert_eq!(told, [("u", "#1", false), ("v", "#3", true)]);
    assert_eq!(explained.rule.cases[0].alerts.len(), 1);
}

#[test]
fn indicators_tell_what_was_compared() {
    let explained = own("threat/listed_address_contacted", "negative/another_address");
    let Findings::Comparisons(found) = &explained.findings else { panic!("no comparisons") };
    assert!(found.iter().all(|one| one.indicators.is_empty() && !one.compared.is_empty()));
    assert!(text(&explained, Styled::Plain).contains("no indicator matches"));
    let explained = own("threat/listed_address_contacted", "positive/listed_yesterday");
    let Findings::Comparisons(found) = &explained.findings else { panic!("no comparisons") };
    assert!(found.iter().any(|one| !one.indicators.is_empty()));
}

/// An ES|QL rule.
fn pipeline(query: &str) -> String {
    rule(&format!("type = \"esql\"\nlanguage = \"esql\"\nquery = \'\'\'{query}\'\'\'"))
}

/// A sign-in, at a second of a minute.
fn sign_in(second: u32, address: &str, outcome: &str, host: &str) -> Value {
    json!({"@timestamp": format!("2026-01-01T00:00:{second:02}Z"), "source.ip": address,
        "event.outcome": outcome, "host.name": host})
}

#[test]
fn a_pipeline_tells_rows_groups_and_how_far_a_bound_is() {
    let query = "from logs-* | where event.outcome == \"failure\" and not host.name like \"test*\" \
        | stats n = count(*), hosts = count_distinct(host.name) by source.ip \
        | where n >= 3 and hosts / 2.0 < 1.5";
    let events = json!([
        sign_in(0, "192.0.2.1", "failure", "a"),
        sign_in(1, "192.0.2.1", "failure", "b"),
        sign_in(2, "192.0.2.2", "failure", "a"),
        sign_in(3, "192.0.2.1", "success", "a"),
        {"@timestamp": "2026-01-01T00:00:04Z", "source.ip": "192.0.2.1", "host.name": "a"},
    ]);
    let explained = on(&pipeline(query), &events);
    assert_eq!(explained.filters, ["an event", "command 4"]);
    let negated: Vec<_> = explained.clauses.iter().map(|clause| clause.negated).collect();
    assert_eq!(negated, [false, true, false, false]);
    let needs: Vec<_> = explained.clauses.iter().map(|clause| &*clause.tests[0].needs).collect();
    assert_eq!(needs, ["== \"failure\"", "like \"test*\"", ">= 3", "/ 2.0 < 1.5"]);
    let rows: Vec<_> = explained.steps.iter().map(|step| (step.rows_in, step.rows_out)).collect();
    assert_eq!(rows, [(5, 5), (5, 3), (3, 2), (2, 0)]);
    let counts = |step: usize| {
        let seen = explained.steps[step].clauses.iter();
        seen.map(|seen| (seen.clause, seen.holds, seen.fails, seen.unknown)).collect::<Vec<_>>()
    };
    assert_eq!(counts(1), [(0, 3, 1, 1), (1, 0, 5, 0)]);
    assert_eq!(counts(3), [(2, 0, 2, 0), (3, 2, 0, 0)]);
    let first = &explained.steps[1].clauses[0].rows[0];
    assert_eq!((first.events.as_slice(), first.mark.truth), (&["#4".to_owned()][..], Truth::False));
    let groups = explained.steps[2].groups.iter();
    let groups: Vec<_> =
        groups.map(|group| (group.key[0].as_str(), group.rows, group.events.join(" "))).collect();
    assert_eq!(groups, [("192.0.2.1", 2, "#1 #2".to_owned()), ("192.0.2.2", 1, "#3".to_owned())]);
    assert_eq!(explained.steps[2].keys, ["source.ip"]);
    let bound = explained.steps[3].clauses[0].rows[0].apart.as_ref().expect("two numbers");
    assert_eq!((&*bound.value, &*bound.bound), ("2", "3"));
    assert!((bound.by + 1.0).abs() < 1e-9);
    let text = text(&explained, Styled::Plain);
    for part in [
        "where ±event.outcome == \"failure\" and not ✗host.name like \"test*\"",
        "where ✗n >= 3 and ✓hosts / 2.0 < 1.5",
        "± event.outcome == \"failure\"  true on 3, false on 1, unknown on 1 of 5 rows",
        "✗ #4  found \"success\"",
        "? #5  found nothing",
        "✗ host.name like \"test*\" (must not hold)  false on all 5 rows",
        "group source.ip = 192.0.2.1: 2 rows  #1, #2",
        "found 2, 1 below the bound",
        "event.outcome: \"success\" → \"failure\"",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let value = json_of(&explained);
    assert_eq!(value["steps"][3]["clauses"][0]["rows"][0]["compared"]["above"], json!(-1.0));
    assert_eq!(value["steps"][1]["clauses"][0]["unknown"], 1);
}

#[test]
fn a_pipeline_alone_tells_its_clauses_and_keys() {
    let query = "from logs-* | grok message \"%{WORD:verb} %{GREEDYDATA}\" \
        | stats n = count(*) where verb == \"try\" by day = date_trunc(1 day, @timestamp) | where n > 1";
    let explained = asked(&project(&pipeline(query), Vec::new()), "r", Question::Rule);
    assert_eq!(explained.filters, ["command 2", "command 3", "command 4"]);
    let kinds: Vec<_> = explained.clauses.iter().map(|clause| clause.tests[0].kind).collect();
    assert_eq!(kinds, ["script", "keyword", "long"]);
    assert_eq!(explained.parts[0].text, "for each day = date_trunc(1 day, @timestamp)");
    assert!(explained.steps.is_empty() && explained.events.is_empty());
    assert!(text(&explained, Styled::Plain).contains("group       for each day = date_trunc"));
    json_of(&explained);
}

#[test]
fn commands_of_branches_and_inner_queries_are_told() {
    let query = "from logs-* metadata _id | keep user.name, process.pid \
        | where user.name in (from logs-* | where host.name == \"h\" | keep user.name) \
        | fork (where process.pid > 5) (where user.name == \"ann\" | limit 1) \
        | where _fork == \"fork1\"";
    let events = json!([
        {"user.name": "root", "process.pid": 9, "host.name": "h"},
        {"user.name": "ann", "process.pid": 1, "host.name": "i"},
    ]);
    let explained = on(&pipeline(query), &events);
    assert_eq!(
        explained.filters,
        [
            "command 3, query 1, command 2",
            "command 3",
            "command 4, branch 1, command 1",
            "command 4, branch 2, command 1",
            "command 5",
        ]
    );
    let texts: Vec<_> = explained.clauses.iter().map(|clause| &*clause.text).collect();
    assert_eq!(
        texts,
        [
            "host.name == \"h\"",
            "user.name in (from logs-* | where host.name == \"h\" | keep user.name)",
            "process.pid > 5",
            "user.name == \"ann\"",
            "_fork == \"fork1\"",
        ]
    );
    let seen = explained.steps.iter().flat_map(|step| {
        let inside = step.inside.as_deref();
        step.clauses.iter().map(move |seen| (inside, seen.clause, seen.holds, seen.fails))
    });
    let seen: Vec<_> = seen.collect();
    assert_eq!(
        seen,
        [
            (Some("command 3, query 1, command 2"), 0, 1, 1),
            (None, 1, 1, 1),
            (Some("command 4, branch 1, command 1"), 2, 1, 0),
            (Some("command 4, branch 2, command 1"), 3, 0, 1),
            (None, 4, 1, 0),
        ]
    );
    let text = text(&explained, Styled::Plain);
    for part in [
        "command 4, branch 2, command 1: where user.name == \"ann\"  1 → 0 rows",
        "± host.name == \"h\"  true on 1, false on 1 of 2 rows",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    json_of(&explained);
}

#[test]
fn a_row_of_a_pipeline_may_be_one_value_of_an_event() {
    let query = "from logs-* metadata _id | mv_expand tags | where tags == \"b\"";
    let explained = on(&pipeline(query), &json!({"tags": ["a", "b", "c"]}));
    let seen = &explained.steps[2].clauses[0];
    assert_eq!((seen.holds, seen.fails, seen.unknown), (1, 2, 0));
    let text = text(&explained, Styled::Plain);
    for part in
        ["mv_expand tags  1 → 3 rows", "true on 1, false on 2 of 3 rows", "✗ #1  found \"a\""]
    {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn what_turns_an_event_of_a_pipeline_does_so() {
    let event = |user: &str, pid: i64| json!({"user.name": user, "process.pid": pid});
    for (query, event, expected) in [
        (
            "where user.name == \"root\" and process.pid > 5 | keep user.name",
            event("ann", 9),
            "user.name: \"ann\" → \"root\"",
        ),
        (
            "where user.name == \"root\" | where process.pid > 5",
            event("root", 2),
            "process.pid: 2 → 6",
        ),
        // The index cannot tell of a function.
        (
            "where not starts_with(user.name, \"ro\") and process.pid > 5",
            event("root", 9),
            "user.name: \"root\" → ",
        ),
        // A list is null.
        (
            "where user.name == \"root\"",
            json!({"user.name": ["root", "ann"]}),
            "user.name: \"root\", \"ann\" → \"root\"",
        ),
    ] {
        let rule = pipeline(&format!("from logs-* metadata _id | {query}"));
        let explained = on(&rule, &event);
        let outcome = &explained.events[0].filters[0];
        assert!(!outcome.holds, "{query}");
        let turn = outcome.turn.as_ref().unwrap_or_else(|| panic!("no change for {query}"));
        let told = turn.fields.iter();
        let told: Vec<_> = told
            .map(|it| format!("{}: {} → {}", it.field, it.from.join(", "), it.to.join(", ")))
            .collect();
        assert!(told.len() == 1 && told[0].starts_with(expected), "{query}: {told:?}");
        let after = on(&rule, turn.event.as_ref().expect("an event"));
        assert_eq!(after.rule.cases[0].alerts.len(), 1, "{query}: {told:?}");
        // And back again.
        let back = after.events[0].filters[0].turn.as_ref().and_then(|turn| turn.event.as_ref());
        let back = on(&rule, back.expect("an event"));
        assert_eq!(back.rule.cases[0].alerts.len(), 0, "{query}");
    }
}

/// This repository.
fn repository() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = config::folders(&root).expect("the configuration");
    config::open(&folders).expect("the project")
}

fn own(key: &str, case: &str) -> Explained {
    let project = repository();
    let cases = &project.cases.rules[key];
    let case = cases[find_case(cases, case).expect("the case")].clone();
    asked(&project, key, Question::Case(case))
}

#[test]
fn every_case_of_this_repository_is_explained() {
    let project = repository();
    let mut changes = 0;
    for (key, cases) in &project.cases.rules {
        for case in cases {
            let explained = asked(&project, key, Question::Case(case.clone()));
            let run = &explained.rule.cases[0];
            let path = &case.path;
            assert_eq!(run.verdict, harness::verdict::Verdict::Pass, "{path}");
            json_of(&explained);
            assert!(text(&explained, Styled::Ansi).contains(&case.path), "{path}");
            // Of a rule on single events the filters say which of them alert.
            let single = explained.filters == [""] && explained.findings == Findings::None;
            let matching = explained.events.iter().filter(|event| {
                let outcome = &event.filters[0];
                outcome.holds && outcome.barrier.is_none()
            });
            if single && explained.rule.rule_type == "query" {
                assert_eq!(matching.count() > 0, !run.alerts.is_empty(), "{path}");
            }
            // Events that are no case bring no answers of a model.
            if case.options.completion.is_some() {
                continue;
            }
            let single = single || explained.filters.first().is_some_and(|it| it == "an event");
            let (Some(event), true) = (explained.events.first(), single) else { continue };
            let Some(turn) = &event.filters[0].turn else { continue };
            let Some(changed) = &turn.event else { continue };
            let events = parse_events(&changed.to_string()).expect("an event");
            let question = Question::Events("changed".to_owned(), events);
            let after = asked(&project, key, question);
            assert_ne!(
                after.events[0].filters[0].holds, event.filters[0].holds,
                "{path}: {changed}"
            );
            changes += 1;
        }
    }
    assert!(changes > 100, "only {changes} changes");
}

#[test]
fn names_of_rules_and_cases_are_found() {
    let project = repository();
    let rules = |name: &str| {
        let selection = Selection { names: vec![name.to_owned()], ..Selection::default() };
        selection.resolve(&project.rules, &project.cases)
    };
    let key = "linux/root_login_over_ssh";
    for text in [
        key,
        "root_login_over_ssh",
        "rules/linux/root_login_over_ssh.toml",
        "./rules/linux/root_login_over_ssh.toml",
        "root_login",
    ] {
        let keys: Vec<String> = rules(text).keys.into_iter().flatten().collect();
        assert_eq!(keys, [key], "{text}");
    }
    let close = |name: &str| rules(name).unknown.remove(0).close.into_iter().next();
    assert_eq!(close("linux/rot_login_over_shs").as_deref(), Some(key));
    assert_eq!(close("rot_login_over_ssh").as_deref(), Some(key));
    assert_eq!(close("zzzzzzzzzzzz"), None);
    assert!(rules("linux/").keys.is_some_and(|keys| keys.len() > 5));
    let cases = &project.cases.rules[key];
    let case = |text: &str| {
        let found = find_case(cases, text);
        found.map(|at| cases[at].path.strip_prefix("../cases/").expect("below the cases"))
    };
    for text in [
        "two_hosts",
        "positive/two_hosts",
        "cases/linux/root_login_over_ssh/positive/two_hosts.ndjson",
    ] {
        assert_eq!(case(text), Ok("linux/root_login_over_ssh/positive/two_hosts.ndjson"), "{text}");
    }
    assert!(
        matches!(case("two_host"), Err(Unfound::Unknown(all)) if all[0] == "positive/two_hosts")
    );
}

#[test]
fn control_characters_are_shown_as_escapes() {
    let event = json!({"_id": "\u{1b}[31mid", "_source": {"a": "x\u{1b}]0;title\u{7}", "b\u{1b}": "\u{202e}"}});
    let rule = query_rule("a:x\u{a0}\u{9b}y", "");
    let explained = on(&rule, &event);
    let text = text(&explained, Styled::Plain);
    let bad = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!text.contains(bad), "{text:?}");
    assert!(text.contains("event \\u{1b}[31mid"), "{text}");
}

#[test]
fn a_rule_that_cannot_be_judged_says_why() {
    let explained = on(&query_rule("a:(b or", ""), &json!({"a": "b"}));
    assert!(explained.clauses.is_empty());
    assert!(text(&explained, Styled::Plain).contains("kql-syntax"));
    json_of(&explained);
    let project = project(&query_rule("a:b", ""), Vec::new());
    assert!(explain(&project, "s", Question::Rule).expect("no engine fails").is_none());
}
