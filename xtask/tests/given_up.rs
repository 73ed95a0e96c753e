//! A rule that takes too much work is given up, whatever is asked of it: told with the
//! bound and what allows more, while the others are judged.

use crate::support::repository::{Repository, rule, run};

const OK: i32 = 0;
const FAILED: i32 = 3;
const NOTHING_RAN: i32 = 4;

/// A rule of which everything takes few steps, and one that `[limits]` gives up.
fn repository(heavy: &str, positive: &str, negative: &str) -> Repository {
    let light = rule("Light", "a: x").replace("1d485649", "2d485649");
    Repository::new()
        .write("harness.toml", format!("[limits]\nrule_work = {WORK}\n"))
        .write("rules/light.toml", light)
        .write("cases/light/positive/p.json", r#"{"a": "x"}"#)
        .write("cases/light/negative/n.json", r#"{"a": "y"}"#)
        .write("rules/heavy.toml", heavy)
        .write("cases/heavy/positive/p.ndjson", positive)
        .write("cases/heavy/negative/n.ndjson", negative)
}

/// How many steps a rule may take.
const WORK: usize = 20_000;

/// A rule of another type than the usual one, with more tables after it.
fn other(kind: &str, language: &str, query: &str, more: &str) -> String {
    let text = rule("Heavy", query).replace("\"kuery\"", &format!("{language:?}"));
    text.replace("type = \"query\"", &format!("type = {kind:?}")) + more
}

/// Events, a line each, that say `a` as a function of their number.
fn events(count: usize, a: impl Fn(usize) -> String) -> String {
    let line = |number| {
        format!(
            "{{\"@timestamp\": \"2026-01-05T10:{:02}:{:02}Z\", \"a\": \"{}\", \"host\": {{\"name\": \"h{}\"}}}}\n",
            number / 60,
            number % 60,
            a(number),
            number % 3
        )
    };
    (0..count).map(line).collect()
}

/// Conditions of ES|QL on `a` that differ.
fn conditions(count: usize) -> String {
    (0..count).map(|number| format!("a == \"x{number}\"")).collect::<Vec<_>>().join(" or ")
}

/// What a verb says of both rules, in the words for people and as JSON.
fn check(repository: &Repository, verb: &[&str], code: i32, at: &str, others: &str) {
    said(repository, verb, code, at, others);
    let (found, json) = run(&repository.0, &[verb, &["--format", "json"]].concat());
    assert_eq!(found, code, "{json}");
    // Measurements have the bound itself.
    let is_told = json.contains(&told(at)) || json.contains("\"RULE_WORK\"");
    assert!(is_told, "`{}` is not in: {json}", told(at));
}

fn told(at: &str) -> String {
    format!("gave up after {WORK} steps of {at}")
}

/// What a verb says of both rules in the words for people.
fn said(repository: &Repository, verb: &[&str], code: i32, at: &str, others: &str) {
    let (found, text) = run(&repository.0, verb);
    assert_eq!(found, code, "{text}");
    let is_told = text.contains(&told(at)) || text.contains("(RULE_WORK)");
    assert!(is_told, "`{}` is not in: {text}", told(at));
    assert!(text.contains("limits.rule_work in harness.toml allows more"), "{text}");
    assert!(text.contains(others), "`{others}` is not in: {text}");
}

/// No verb but those that were tried before gives it up.
fn judged(repository: &Repository, verb: &[&str], code: i32, others: &str) {
    let (found, text) = run(&repository.0, verb);
    assert!(found == code && text.contains(others) && !text.contains("gave up"), "{text}");
}

#[test]
fn judging() {
    let query = format!("from logs-* metadata _id | where {}", conditions(150));
    let events = |letter| events(200, move |number| format!("{letter}{number}"));
    let repository = repository(&other("esql", "esql", &query, ""), &events('x'), &events('y'));
    check(&repository, &["test"], OK, "judging its cases", "1 passed, 1 unsupported");
    check(&repository, &["test", "heavy"], NOTHING_RAN, "judging its cases", "1 unsupported");
}

#[test]
fn explaining_what_fails() {
    let query =
        (0..250).map(|number| format!("not a: y{number}")).collect::<Vec<_>>().join(" and ");
    let negative = events(600, |number| format!("z{number}"));
    let repository = repository(&rule("Heavy", &query), r#"{"a": "x"}"#, &negative);
    said(&repository, &["test"], FAILED, "explaining what fails", "1 passed, 1 failed");
}

#[test]
fn explanations_of_many_cases() {
    let mut repository = Repository::with_rule("a: x");
    for number in 0..103 {
        let path = format!("cases/r/positive/p{number}.json");
        repository = repository.write(&path, format!("{{\"a\": \"y{number}\"}}"));
    }
    let (code, text) = run(&repository.0, &["test", "--quiet", "--format", "markdown"]);
    assert_eq!(code, FAILED);
    assert!(text.contains("100 of 103 failed cases are explained"), "{text}");
}

#[test]
fn explaining() {
    let query = (0..40).map(|number| format!("not a: y{number}")).collect::<Vec<_>>().join(" and ");
    let negative = events(300, |number| format!("y{}", number % 40));
    let repository = repository(&rule("Heavy", &query), r#"{"a": "x"}"#, &negative);
    judged(&repository, &["test"], OK, "2 passed");
    check(&repository, &["explain", "heavy", "negative/n"], FAILED, "explaining it", "Heavy");
    judged(&repository, &["explain", "light", "negative/n"], OK, "Light");
}

#[test]
fn the_schedule() {
    let heavy = rule("Heavy", "a: x")
        .replace("type = \"query\"", "type = \"query\"\ninterval = \"1s\"\nfrom = \"now-2h\"");
    // An hour and a half before the others, so that each second of it has a run.
    let early = r#"{"@timestamp": "2026-01-05T08:30:00Z", "a": "z"}"#;
    let events = |letter| format!("{early}\n{}", events(20, move |_| format!("{letter}")));
    let repository = repository(&heavy, &events('x'), &events('y'));
    judged(&repository, &["test"], OK, "2 passed");
    let verb = ["test", "--schedule"];
    check(&repository, &verb, OK, "its schedule", "1 passed, 1 unsupported");
}

#[test]
fn coverage() {
    let query = format!("from logs-* metadata _id | where {0} | where {0}", conditions(40));
    let events = |letter| events(20, move |number| format!("{letter}{number}"));
    let repository = repository(&other("esql", "esql", &query, ""), &events('x'), &events('y'));
    judged(&repository, &["test"], OK, "2 passed");
    let verb = ["coverage", "--no-mutants"];
    check(&repository, &verb, OK, "measuring its coverage", "1 passed, 1 unsupported");
}

#[test]
fn mutants() {
    let more = "[rule.threshold]\nfield = [\"host.name\"]\nvalue = 5\n";
    let heavy = other("threshold", "kuery", "a: x", more);
    let events = |letter| events(40, move |_| format!("{letter}"));
    let repository = repository(&heavy, &events('x'), &events('y'));
    judged(&repository, &["coverage", "--no-mutants"], OK, "2 passed");
    check(&repository, &["mutants"], OK, "judging its mutants", "light");
    check(&repository, &["mutants", "heavy"], NOTHING_RAN, "judging its mutants", "heavy  gave up");
    check(&repository, &["coverage"], OK, "judging its mutants", "1 passed, 1 unsupported");
}
