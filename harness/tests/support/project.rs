//! Projects in memory, for tests of whole runs.

use harness::case::{self, Case, CaseTree, Options, Polarity};
use harness::exception::ExceptionTree;
use harness::explain;
use harness::rule::parse;
use harness::rule::tree::{Loaded, RuleTree};
use harness::run::{Project, Run};
use harness::schema::{Base, Schema};
use serde_json::Value;

const HEAD: &str = r#"
[metadata]
maturity = "production"
[rule]
author = ["tests"]
name = "Test"
description = "A rule of a test"
risk_score = 21
rule_id = "9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01"
severity = "low"
"#;

/// A rule file with these keys of `[rule]`.
pub(crate) fn rule(more: &str) -> String {
    format!("{HEAD}{more}\n")
}

/// A KQL rule.
pub(crate) fn query_rule(query: &str, more: &str) -> String {
    rule(&format!("type = \"query\"\nlanguage = \"kuery\"\nquery = '''{query}'''\n{more}"))
}

/// A positive case; `now` as in `case.toml`.
pub(crate) fn case(name: &str, events: &Value, now: Option<&str>) -> Case {
    let events = case::parse(&events.to_string()).expect("the events are events");
    let now = now.map(|now| {
        let format = harness::value::DateFormat::parse("strict_date_optional_time").expect("known");
        format.resolve(now, 0, harness::value::Rounding::Down, None).expect("a date")
    });
    let options = Options { now, ..Options::default() };
    let path = format!("r/positive/{name}.json");
    Case { path, name: name.to_owned(), polarity: Polarity::Positive, events, options }
}

/// A project of one rule, `r`.
pub(crate) fn project(rule: &str, cases: Vec<Case>) -> Project {
    let (parsed, diagnostics) = parse(rule);
    let path = "r.toml".to_owned();
    let (file, key) = (path.clone(), harness::rule::tree::key_of(&path).to_owned());
    let loaded = Loaded { path, key, file, text: rule.into(), rule: parsed, diagnostics };
    let mut tree = CaseTree::default();
    tree.rules.insert("r".to_owned(), cases);
    Project {
        rules: RuleTree { rules: vec![loaded], ..RuleTree::default() },
        cases: tree,
        exceptions: ExceptionTree::default(),
        schema: Schema::new(Base::Embedded),
        problems: Vec::new(),
    }
}

/// Runs one rule on its cases, with these exception lists.
pub(crate) fn run_with(rule: &str, cases: Vec<Case>, exceptions: ExceptionTree) -> Run {
    let mut project = project(rule, cases);
    project.exceptions = exceptions;
    explain::run(project).expect("the engine runs")
}
