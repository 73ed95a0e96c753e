//! What people are told of cases that fail, and of rules and cases that they ask
//! about, one snapshot a scenario.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::case::{Case, Polarity};
use harness::explain::{self, Question};
use harness::report::human::{self, Detail, Options};
use harness::report::problem::Styled;
use harness::report::{self, mutants, table};
use harness::run::{Places, Session};
use harness::{coverage, mutate};
use serde_json::{Value, json};

use crate::support::project::{case, project, query_rule, rule};

/// A negative case.
fn negative(name: &str, events: &Value) -> Case {
    let case = case(name, events, None);
    Case { path: format!("r/negative/{name}.json"), polarity: Polarity::Negative, ..case }
}

/// Checks the report of a run and, of its first case, the explanation.
#[track_caller]
fn check(name: &str, rule: &str, cases: Vec<Case>) {
    let first = cases[0].clone();
    let mut run = explain::run(project(rule, cases.clone())).expect("the engine runs");
    // Findings and warnings have tests of their own.
    run.rules[0].problems.clear();
    run.rules[0].cases.iter_mut().for_each(|case| case.warnings.clear());
    let mut told = Vec::new();
    let options =
        Options { styled: Styled::Plain, detail: Detail::All, elapsed: Duration::default() };
    human::render(&run, options, &mut told).expect("a vector takes everything");
    told.extend(b"\n---- explain\n");
    let explained = explain::explain(&project(rule, cases), "r", Question::Case(first));
    let mut explained = explained.expect("the engine runs").expect("there is the rule");
    explained.rule.problems.clear();
    explained.rule.cases.iter_mut().for_each(|case| case.warnings.clear());
    report::explain::render(&explained, (Styled::Plain, report::Amount::Usual), &mut told)
        .expect("a vector takes everything");
    snapshot(name, &String::from_utf8(told).expect("text"));
}

#[track_caller]
fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}

fn eql(query: &str) -> String {
    rule(&format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''{query}'''"))
}

fn esql(query: &str) -> String {
    rule(&format!("type = \"esql\"\nlanguage = \"esql\"\nquery = '''\n{query}\n'''"))
}

/// An event at a second, and what else it has.
fn at(second: u32, more: Value) -> Value {
    at_ms(second * 1000, more)
}

fn at_ms(ms: u32, mut more: Value) -> Value {
    let (minute, second, rest) = (ms / 60_000, ms / 1000 % 60, ms % 1000);
    more["@timestamp"] = json!(format!("2026-01-01T00:{minute:02}:{second:02}.{rest:03}Z"));
    more
}

const LOGIN: &str = "event.category:authentication and event.outcome:Success \
    and not user.name:(ansible or salt) and not source.ip:\"10.0.0.0/8\"";

fn login(outcome: &str, user: &str) -> Value {
    json!({"event": {"category": "authentication", "outcome": outcome},
        "user": {"name": user}, "source": {"ip": "203.0.113.9"}})
}

#[test]
fn values_of_a_positive_case() {
    let one = |event: Value| vec![case("c", &event, None)];
    let query = |query: &str| query_rule(query, "");
    check("case_differs", &query(LOGIN), one(login("success", "root")));
    check(
        "blank_at_the_end",
        &query("process.name:(certutil.exe or certreq.exe or bitsadmin.exe)"),
        one(json!({"process": {"name": "certreq.exe "}})),
    );
    check(
        "quoted_wildcard",
        &query("process.command_line:(\"frombase64string\" or \"*decrypt*\")"),
        one(json!({"process": {"command_line": "powershell decrypt it"}})),
    );
    check(
        "no_event_can_match",
        &query("host.name:a and not host.name:a"),
        one(json!({"host": {"name": "b"}})),
    );
    check(
        "one_half_cannot_be",
        &query("(host.name:a and not host.name:a) or (user.name:b and user.id:c)"),
        one(json!({"host": {"name": "b"}, "user": {"name": "z"}})),
    );
    check(
        "a_length",
        &eql("process where length(process.name) > 5 and process.pid > 4"),
        one(at(0, json!({"event": {"category": "process"}, "process": {"name": "sh", "pid": 9}}))),
    );
    check(
        "passes",
        &query(LOGIN),
        vec![case("c", &login("Success", "root"), None), negative("n", &login("Success", "salt"))],
    );
}

#[test]
fn many_cases_and_events() {
    let names: Vec<String> = (1..=12).map(|at| format!("user_{at}")).collect();
    let cases = names.iter().map(|name| case(name, &login("success", name), None)).collect();
    check("the_same_in_twelve_cases", &query_rule(LOGIN, ""), cases);
    let mut events: Vec<Value> = (0..50).map(|_| json!({"process": {"name": "a"}})).collect();
    events.push(login("success", "root"));
    events.push(login("success", "ann"));
    check("nearest_of_many_events", &query_rule(LOGIN, ""), vec![case("c", &json!(events), None)]);
}

#[test]
fn negative_cases() {
    let rule = query_rule(LOGIN, "");
    check("exclusions_first", &rule, vec![negative("c", &login("Success", "ansibel"))]);
    let rule = query_rule("event.category:(authentication or iam) or user.name:root", "");
    check("two_ways_through", &rule, vec![negative("c", &login("Success", "root"))]);
}

#[test]
fn what_the_rule_sees() {
    let index = query_rule("user.name:root", "index = [\"logs-sytem.auth-*\"]");
    let event =
        json!({"_index": "logs-system.auth-default", "_source": {"user": {"name": "root"}}});
    check("index_patterns", &index, vec![case("c", &event, None)]);
    let events = json!([
        {"@timestamp": "2026-01-05T11:51:00Z", "user.name": "root"},
        {"@timestamp": "2026-01-05T12:00:00Z", "user.name": "ann"},
    ]);
    check("before_the_window", &query_rule("user.name:root", ""), vec![case("c", &events, None)]);
}

#[test]
fn numbers_of_alerts() {
    let mut few = case("few", &json!([{"a": "x"}, {"a": "y"}]), None);
    few.options.alerts = Some(2);
    let mut many = case("many", &json!([{"a": "x"}, {"a": "x"}]), None);
    many.options.alerts = Some(1);
    check("alert_counts", &query_rule("a:x", ""), vec![few, many]);
}

const FAILURES: &str = r#"
sequence by host.id, user.name with maxspan=1m
  [authentication where event.outcome == "failure"] with runs=3
  [authentication where event.outcome == "success" and source.ip != null]
"#;

fn attempt(second: u32, host: &str, outcome: &str) -> Value {
    at(
        second,
        json!({"event": {"category": "authentication", "outcome": outcome},
        "host": {"id": host}, "user": {"name": "ann"}, "source": {"ip": "203.0.113.9"}}),
    )
}

#[test]
fn sequences() {
    let fail = |second| attempt(second, "e1e1", "failure");
    let sequence = |name: &str, events: Value| {
        check(name, &eql(FAILURES), vec![case("c", &events, None)]);
    };
    let noise = attempt(3, "19ce", "success");
    sequence("sequence_runs", json!([fail(0), fail(1), noise, attempt(4, "e1e1", "success")]));
    sequence(
        "sequence_without_an_end",
        json!([fail(0), fail(1), fail(2), attempt(3, "e1e1", "unknown")]),
    );
    sequence(
        "sequence_of_two_keys",
        json!([fail(0), fail(1), fail(2), attempt(3, "e1e2", "success")]),
    );
    sequence(
        "sequence_too_slow",
        json!([fail(0), fail(1), fail(2), attempt(115, "e1e1", "success")]),
    );
    let pair = r#"sequence by host.id [process where process.name == "a"] [file where file.name == "b"] until [process where process.name == "stop"]"#;
    let step = |ms, kind: &str, name: &str| {
        at_ms(ms, json!({"event": {"category": kind}, "host": {"id": "h"}, kind: {"name": name}}))
    };
    let pairs = |name: &str, events: Value| check(name, &eql(pair), vec![case("c", &events, None)]);
    pairs("sequence_out_of_order", json!([step(1, "process", "a"), step(0, "file", "b")]));
    pairs(
        "sequence_ended",
        json!([step(0, "process", "a"), step(10, "process", "stop"), step(20, "file", "b"),]),
    );
    let events = json!([step(0, "process", "a"), step(1, "file", "b")]);
    check("sequence_unwanted", &eql(pair), vec![negative("c", &events)]);
    let sample =
        r#"sample by host.id [process where process.name == "a"] [file where file.name == "b"]"#;
    let mut other = step(1, "file", "b");
    other["host"]["id"] = json!("i");
    check("sample", &eql(sample), vec![case("c", &json!([step(0, "process", "a"), other]), None)]);
}

fn threshold(value: u32) -> String {
    rule(&format!(
        "type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'event.outcome:failure'\n\
         [rule.threshold]\nfield = [\"client.user.email\"]\nvalue = {value}"
    ))
}

#[test]
fn groups() {
    let by = |user: Option<&str>, outcome: &str| match user {
        Some(user) => json!({"event": {"outcome": outcome}, "client": {"user": {"email": user}}}),
        None => json!({"event": {"outcome": outcome}}),
    };
    let ann = || by(Some("ann@corp.example"), "failure");
    let events = json!([ann(), ann(), ann(), by(None, "failure")]);
    check("group_too_small", &threshold(4), vec![case("c", &events, None)]);
    let events = json!([ann(), ann(), ann(), by(Some("ann@corp.example"), "Failure")]);
    check("group_lacks_an_event", &threshold(4), vec![case("c", &events, None)]);
    check("group_unwanted", &threshold(2), vec![negative("c", &json!([ann(), ann()]))]);
}

#[test]
fn new_terms() {
    let more = "from = \"now-5m\"\n[rule.new_terms]\nfield = \"new_terms_fields\"\n\
        value = [\"user.name\", \"cloud.region\"]\n[[rule.new_terms.history_window_start]]\n\
        field = \"history_window_start\"\nvalue = \"now-7d\"";
    let rule = rule(&format!("type = \"new_terms\"\nlanguage = \"kuery\"\nquery = 'a:x'\n{more}"));
    let event = |time: &str, user: &str| json!({"@timestamp": time, "a": "x", "user": {"name": user}, "cloud": {"region": "eu-west-1"}});
    let events =
        json!([event("2026-01-01T00:00:00Z", "ann"), event("2026-01-02T00:00:00Z", "ann")]);
    check("term_is_not_new", &rule, vec![case("c", &events, None)]);
    check(
        "term_is_new",
        &rule,
        vec![negative("c", &json!([event("2026-01-02T00:00:00Z", "ann")]))],
    );
}

#[test]
fn indicators() {
    let rule = rule(
        r#"
type = "threat_match"
language = "kuery"
index = ["logs-*"]
query = "event.category:network"
threat_index = ["logs-ti_*"]
threat_query = "event.category:threat"
threat_indicator_path = "threat.indicator"
[[rule.threat_mapping]]
[[rule.threat_mapping.entries]]
field = "destination.ip"
type = "mapping"
value = "threat.indicator.ip"
"#,
    );
    let event = |ip: &str| {
        json!({"_index": "logs-net", "_source":
        {"event": {"category": "network"}, "destination": {"ip": ip}}})
    };
    let indicator = |ip: &str, category: &str| {
        json!({"_index": "logs-ti_abuse", "_source":
        {"event": {"category": category}, "threat": {"indicator": {"ip": ip}}}})
    };
    let listed = || {
        json!([
            event("203.0.113.9"),
            indicator("198.51.100.1", "threat"),
            indicator("203.0.113.10", "threat")
        ])
    };
    check("indicator_differs", &rule, vec![case("c", &listed(), None)]);
    let events = json!([event("203.0.113.9"), indicator("203.0.113.9", "Threat")]);
    check("no_indicator", &rule, vec![case("c", &events, None)]);
    let events = json!([event("203.0.113.9"), indicator("203.0.113.9", "threat")]);
    check("indicator_unwanted", &rule, vec![negative("c", &events)]);
}

#[test]
fn pipelines() {
    let query = "from logs-*
// only failed sign-ins, to reduce noise https://example.com
| where event.category == \"authentication\" and not user.name like \"svc-*\"
| stats accounts = count_distinct(user.name) where event.code == \"50053\", rows = count(*) by source.ip
| where accounts >= 3 // at least three
| keep source.ip, accounts";
    let event = |user: &str, code: &str| {
        json!({"@timestamp": "2026-01-01T00:00:00Z",
        "event": {"category": "authentication", "code": code},
        "user": {"name": user}, "source": {"ip": "203.0.113.9"}})
    };
    let events = json!([event("ann", "50053"), event("bob", "50053"), event("cid", "50126")]);
    check("esql_bound", &esql(query), vec![case("c", &events, None)]);
    let mut odd = event("ann", "50053");
    odd["event"]["category"] = json!("authentication ");
    check("esql_value", &esql(query), vec![case("c", &json!([odd]), None)]);
    let events = json!([event("ann", "50053"), event("bob", "50053"), event("cid", "50053")]);
    check("esql_unwanted", &esql(query), vec![negative("c", &events)]);
    let computed = "from logs-* metadata _id | eval name = user.full_name | where name == \"root\"";
    check("esql_computed", &esql(computed), vec![case("c", &json!([event("ann", "1")]), None)]);
}

/// Each clause is told with its place in the file, whichever text states it.
#[test]
fn clauses_of_every_text_have_a_place() {
    let filters =
        "[[rule.filters]]\n[rule.filters.query.match_phrase]\n\"event.kind\" = \"event\"\n";
    check(
        "place_of_a_filter",
        &query_rule("event.category:process", filters),
        vec![case("c", &json!({"event": {"category": "process"}}), None)],
    );
    let indicators = rule(
        "type = \"threat_match\"\nlanguage = \"kuery\"\nindex = [\"logs-app*\"]\nquery = \"*:*\"\n\
         threat_index = [\"logs-ti_*\"]\nthreat_indicator_path = \"threat.indicator\"\n\
         threat_query = '''event.kind:enrichment'''\n\
         [[rule.threat_filters]]\n[rule.threat_filters.query.exists]\nfield = \"event.module\"\n\
         [[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"source.ip\"\n\
         type = \"mapping\"\nvalue = \"threat.indicator.ip\"\n",
    );
    let events = json!([
        {"_index": "logs-app-a", "_source": {"source": {"ip": "203.0.113.9"}}},
        {"_index": "logs-ti_a-b", "_source": {"event": {"kind": "event"},
            "threat": {"indicator": {"ip": "203.0.113.9"}}}},
    ]);
    check("place_of_an_indicator", &indicators, vec![case("c", &events, None)]);
}

#[test]
fn coverage_and_mutants() {
    let rule = query_rule(LOGIN, "");
    let cases =
        vec![case("c", &login("Success", "root"), None), negative("n", &login("failure", "root"))];
    let session = Session::open(project(&rule, cases));
    let engine = session.engine().expect("an index");
    let run = explain::judge(&session, &session.hits().expect("answers"));
    let covered = coverage::measure(&session, &engine).expect("answers");
    let found = mutate::mutate(&session, &engine, mutate::Fixtures::Propose).expect("answers");
    let digest = report::digest::Digest::new(&run, Some(&covered), Some(&found));
    let mut told = Vec::new();
    let options = table::Options { styled: Styled::Plain, detail: table::Detail::Gaps };
    table::render(&digest, options, &mut told).expect("a vector takes everything");
    snapshot("coverage", &String::from_utf8(told).expect("text"));
    let places =
        Places { rules: "rules".to_owned(), cases: "cases".to_owned(), ..Places::default() };
    let amounts = [("mutants", report::Amount::More), ("mutants_in_lines", report::Amount::Usual)];
    for (name, amount) in amounts {
        let options =
            mutants::Options { styled: Styled::Plain, amount, elapsed: Duration::default() };
        let mut told = Vec::new();
        mutants::render(&found, &places, options, &mut told).expect("a vector takes everything");
        snapshot(name, &String::from_utf8(told).expect("text"));
    }
}

#[test]
fn rules_alone() {
    let told = |name: &str, rule: &str| {
        let explained = explain::explain(&project(rule, Vec::new()), "r", Question::Rule);
        let mut explained = explained.expect("the engine runs").expect("there is the rule");
        explained.rule.problems.clear();
        let mut told = Vec::new();
        report::explain::render(&explained, (Styled::Plain, report::Amount::Usual), &mut told)
            .expect("a vector takes everything");
        snapshot(name, &String::from_utf8(told).expect("text"));
    };
    let rules: BTreeMap<&str, String> = BTreeMap::from([
        ("rule_of_a_query", query_rule(LOGIN, "")),
        ("rule_of_a_sequence", eql(FAILURES)),
        ("rule_of_groups", threshold(4)),
    ]);
    for (name, rule) in rules {
        told(name, &rule);
    }
}
