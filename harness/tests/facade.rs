//! What tests of other repositories see: suites, rules in memory, and what they say
//! where something does not hold.

use std::panic::catch_unwind;
use std::path::Path;

use harness::prelude::*;

const RULE: &str = r#"
[rule]
author = ["us"]
description = "For tests."
language = "kuery"
name = "Root login"
query = "event.action: ssh_login and user.name: root"
risk_score = 21
rule_id = "1d485649-d486-4f1d-a99c-8d64795795ad"
severity = "low"
type = "query"
"#;

fn acme() -> Suite {
    Suite::at(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/acme"))
}

/// What a failed assertion says.
fn panic(test: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let caught = catch_unwind(test).expect_err("the assertion fails");
    let text = caught.downcast_ref::<String>();
    text.expect("a message").clone()
}

fn login(user: &str) -> serde_json::Value {
    json!({"event.action": "ssh_login", "user.name": user})
}

#[test]
fn a_rule_is_found_by_its_file_or_its_key() {
    let file = "rules/linux/history_cleared.toml";
    let from_here = Path::new("examples/acme").join(file);
    let absolute = Path::new(env!("CARGO_MANIFEST_DIR")).join(&from_here);
    for path in [Path::new(file), &from_here, &absolute, Path::new("linux/history_cleared")] {
        let rule = acme().rule(path);
        assert_eq!(rule.key(), "linux/history_cleared", "{}", path.display());
        rule.assert_passes();
        assert_eq!(rule.findings(), Vec::<String>::new());
    }
    assert_eq!(acme().rules().len(), 2);
    acme().assert_passes("rules/**/*.toml");
}

#[test]
fn a_suite_is_found_from_below() {
    let below = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/acme/cases/linux");
    assert_eq!(Suite::at(below).rules().len(), 2);
}

#[test]
fn what_is_not_there_does_not_pass() {
    let rule = acme().rule("rules/linux/history_claered.toml");
    assert_eq!(rule.status(), Status::Invalid);
    let said = panic(move || rule.assert_passes());
    assert!(said.contains("history_claered.toml: there is no such rule"), "{said}");
    let said = panic(|| acme().assert_passes("rules/*.yaml"));
    assert!(said.contains("no file matches rules/*.yaml"), "{said}");
    let nowhere = Suite::at(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/nowhere"));
    for rule in nowhere.rules() {
        assert_eq!(rule.status(), Status::Invalid);
        assert!(rule.to_string().contains("the folder of rules"), "{rule}");
    }
    assert_eq!((nowhere.rules().len(), nowhere.problems().len()), (1, 1));
}

#[test]
fn a_rule_in_memory_counts_its_alerts() {
    let rule = Rule::from_toml(RULE).expect("a rule");
    rule.on([login("root"), login("root"), login("ada")]).assert_alerts(2);
    rule.on([login("ada")]).assert_alerts(0);
    assert_eq!(rule.on([login("root")]).alerts(), Ok(1));
}

#[test]
fn a_failed_assertion_explains_itself() {
    let rule = Rule::from_toml(RULE).expect("a rule");
    let missed =
        panic(|| Rule::from_toml(RULE).expect("a rule").on([login("ada")]).assert_alerts(1));
    insta::assert_snapshot!("missed", missed);
    let noisy = panic(move || rule.on([login("root")]).assert_alerts(0));
    insta::assert_snapshot!("noisy", noisy);
}

#[test]
fn what_cannot_be_judged_is_no_verdict() {
    let rule = Rule::from_toml(RULE).expect("a rule");
    let said = rule.on([]).alerts().expect_err("there is no event").to_string();
    assert!(said.contains("no event"), "{said}");
    let learned = RULE.replace("\"query\"", "\"machine_learning\"").replace(
        "query = ",
        "anomaly_threshold = 50\nmachine_learning_job_id = \"job\"\n#query = ",
    );
    let learned = learned.replace("language", "#language");
    let rule = Rule::from_toml(&learned).expect("a rule");
    let said = rule.on([login("root")]).alerts().expect_err("it has no query").to_string();
    assert!(said.contains("unsupported"), "{said}");
    let error = Rule::from_toml("[rule]\nname = 1").expect_err("no rule");
    assert!(error.report.contains("rule.toml"), "{error}");
}
