//! Cases that are made of rules: on random rules of each language they hold under the
//! reference evaluator, and a clause decides in them where one can.

#[expect(dead_code, reason = "tests of runs use the rest of it")]
#[path = "support/project.rs"]
mod project;

use harness::case::{Case, Polarity};
use harness::ir::eval::eval;
use harness::run::Session;
use harness::synthesize::{Made, RuleCases, synthesize};
use project::{project, query_rule, rule};
use proptest::prelude::*;

/// What is made for a rule without cases.
fn made(rule: &str) -> RuleCases {
    let mut empty = project(rule, Vec::new());
    empty.cases.rules.clear();
    let mut rules = synthesize(empty, &|_| true).expect("the engine runs");
    assert_eq!(rules.len(), 1);
    rules.remove(0)
}

fn case(made: &Made) -> Case {
    Case {
        path: format!("r/{}/{}.json", made.polarity.folder(), made.name),
        name: made.name.clone(),
        polarity: made.polarity,
        events: made.events.clone(),
        options: made.options.clone(),
    }
}

/// The cases that the reference evaluator judges otherwise than they expect.
fn wrong(rule: &str, made: &[Made]) -> Vec<String> {
    let cases: Vec<Case> = made.iter().map(case).collect();
    let session = Session::open(project(rule, cases), None);
    let subjects = session.subjects();
    let Some(Some(subject)) = subjects.first() else { return vec!["not judged".to_owned()] };
    let plan = &subject.plans()[0];
    let numbered = subject.cases().iter().enumerate();
    let wrong = numbered.filter(|(number, case)| {
        let trial = subject.trial(*number, case.events.clone());
        let holds = |filter: &_, document: &_| eval(filter, document, subject.columns());
        let alerts = trial.alerts(plan, &holds).expect("a verdict");
        let expected = case.options.alerts.is_none_or(|stated| stated == alerts);
        (alerts > 0) != (case.polarity == Polarity::Positive) || !expected
    });
    wrong.map(|(_, case)| case.path.clone()).collect()
}

const FIELDS: [&str; 5] =
    ["process.name", "user.name", "event.action", "file.path", "host.os.type"];
const VALUES: [&str; 6] = ["curl", "wget", "root", "alice", "start", "/etc/shadow"];

/// A clause: a field, and the values that it may have.
fn clause() -> impl Strategy<Value = (usize, Vec<usize>)> {
    (0..FIELDS.len(), prop::collection::vec(0..VALUES.len(), 1..3))
}

#[derive(Clone, Debug)]
enum Condition {
    Clause(usize, Vec<usize>),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = clause().prop_map(|(field, values)| Condition::Clause(field, values));
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            prop::collection::vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

impl Condition {
    /// The condition in a language; `clause` writes a field and its values.
    fn text(&self, clause: &dyn Fn(&str, &[&str]) -> String) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.text(clause)).collect();
            format!("({})", parts.join(&format!(" {word} ")))
        };
        match self {
            Self::Clause(field, values) => {
                let values: Vec<&str> = values.iter().map(|value| VALUES[*value]).collect();
                clause(FIELDS[*field], &values)
            }
            Self::Not(inner) => format!("(not {})", inner.text(clause)),
            Self::And(parts) => joined(parts, "and"),
            Self::Or(parts) => joined(parts, "or"),
        }
    }
}

fn quoted(values: &[&str], between: &str) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    quoted.join(between)
}

fn kuery(field: &str, values: &[&str]) -> String {
    format!("{field}:({})", quoted(values, " or "))
}

fn lucene(field: &str, values: &[&str]) -> String {
    format!("{field}:({})", quoted(values, " OR "))
}

fn eql(field: &str, values: &[&str]) -> String {
    format!("{field} : ({})", quoted(values, ", "))
}

fn eql_rule(query: &str) -> String {
    rule(&format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''{query}'''"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_made_holds(condition in condition()) {
        let lucene_text = condition.text(&lucene).replace("(not ", "(NOT ");
        let lucene_text = lucene_text.replace(" and ", " AND ").replace(" or ", " OR ");
        let lucene = format!("type = \"query\"\nlanguage = \"lucene\"\nquery = '''{lucene_text}'''");
        let eql = condition.text(&eql);
        let sequence = format!("sequence by user.id with maxspan=1m [any where {eql}] [any where {eql}]");
        for text in [
            query_rule(&condition.text(&kuery), ""),
            rule(&lucene),
            eql_rule(&format!("any where {eql}")),
            eql_rule(&sequence),
        ] {
            let found = made(&text);
            prop_assert_eq!(wrong(&text, &found.made), [""; 0], "{}", text);
        }
    }
}

#[test]
fn a_rule_gets_cases_that_pin_down_its_clauses() {
    for text in [
        query_rule("process.name:(curl or wget) and not user.name:root", ""),
        query_rule("process.args:*shadow* and event.outcome:success", ""),
        eql_rule("process where process.name == \"curl\" and process.args_count > 3"),
        eql_rule(
            "sequence by host.id with maxspan=30s [process where process.name : \"a.exe\"] \
             [network where destination.port == 443]",
        ),
        rule(
            "type = \"threshold\"\nlanguage = \"kuery\"\nquery = \"event.outcome:failure\"\n\
             [rule.threshold]\nfield = [\"user.name\"]\nvalue = 5",
        ),
        rule(
            "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = \"event.action:login\"\n\
             [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\", \"source.ip\"]\n\
             [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"",
        ),
        rule(
            "type = \"esql\"\nlanguage = \"esql\"\nquery = '''from logs-* metadata _id, _index, _version \
             | where event.action == \"login\" and event.outcome != \"success\"'''",
        ),
        rule(
            "type = \"esql\"\nlanguage = \"esql\"\nquery = '''from logs-* | where event.action == \"login\" \
             | stats n = count(*), hosts = count_distinct(host.name) by user.name \
             | where n >= 6 and hosts > 2'''",
        ),
    ] {
        let found = made(&text);
        assert_eq!(found.reason, None, "{text}");
        assert!(found.positive > 0 && found.negative > 0, "{text}");
        assert_eq!(found.covered(), found.clauses.len(), "{text}: {:?}", found.clauses);
    }
}

#[test]
fn the_same_rule_gets_the_same_cases_and_none_twice() {
    let text = query_rule("process.name:(curl or wget) and user.name:*", "");
    let first = made(&text);
    assert_eq!(first, made(&text));
    // What is there is kept, and nothing is added to it.
    let cases = first.made.iter().map(case).collect();
    let again = synthesize(project(&text, cases), &|_| true).expect("the engine runs");
    assert_eq!(again[0].made, [], "{:?}", again[0].made);
    assert_eq!(again[0].positive + again[0].negative, first.made.len());
}

/// A field pattern that stands for no field is no field of an event.
#[test]
fn patterns_of_fields_are_no_fields() {
    let found = made(&query_rule("no.such.thing.*:* or process.name:curl", ""));
    assert!(found.positive > 0 && found.negative > 0, "{:?}", found.reason);
    let text = format!("{:?}", found.made);
    assert!(!text.contains("no.such"), "{text}");
}

#[test]
fn a_clause_that_no_event_can_turn_is_dead() {
    let found = made(&query_rule("process.name:curl and process.name:*", ""));
    let dead: Vec<&str> =
        found.clauses.iter().filter(|row| row.is_dead).map(|row| row.text.as_str()).collect();
    assert_eq!(dead, ["process.name exists"]);
}
