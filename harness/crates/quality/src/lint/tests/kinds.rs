//! Kinds of findings in forms that the examples of the table do not have.

use harness_rule::exception::ExceptionTree;

use super::{findings, found_codes};
use crate::lint::codes::Example;

/// A rule has a finding of this kind, at this text.
fn check(example: Example, code: &str, place: &str) {
    let found = findings(&[&example.rule()], &ExceptionTree::default());
    let own: Vec<_> = found.iter().map(|one| (one.code, one.span.of(&one.text))).collect();
    assert!(own.iter().any(|(own, at)| *own == code && at.contains(place)), "{code}: {own:?}");
}

/// A rule has none.
fn clean(example: Example, code: &str) {
    let found = findings(&[&example.rule()], &ExceptionTree::default());
    assert!(!found_codes(&found).contains(&code), "{code}: {found:?}");
}

#[test]
fn asterisks_in_functions_that_compare_letters() {
    for query in [
        r#"process where startsWith(process.name, "cert*")"#,
        r#"process where endsWith~(process.executable, "*.tmp")"#,
        r#"process where stringContains(process.command_line, "a*b")"#,
    ] {
        check(Example::Eql(query), "wildcard-in-equals", "*");
    }
    let starts = r#"from logs-* metadata _id | where starts_with(process.name, "cert*")"#;
    check(Example::Esql(starts), "wildcard-in-equals", "cert*");
    let ends = r#"from logs-* metadata _id | where not ENDS_WITH(process.name, "*.tmp")"#;
    check(Example::Esql(ends), "wildcard-in-equals", "*.tmp");
    let replaced = r#"from logs-* metadata _id | where replace(process.name, "a*", "") == "b""#;
    clean(Example::Esql(replaced), "wildcard-in-equals");
    // What is looked for has an asterisk.
    let record = r#"any where startsWith(winlog.event_data.ObjectDN, "DC=*,")"#;
    clean(Example::Eql(record), "wildcard-in-equals");
    let starts = r#"process where startsWith(process.name, "cert")"#;
    clean(Example::Eql(starts), "wildcard-in-equals");
}

#[test]
fn backslashes_of_eql_escape_no_wildcard() {
    check(Example::Eql(r#"process where process.args : "\\*""#), "escaped-wildcard", "*");
    check(Example::Eql(r#"process where user.name like "is it \\?""#), "escaped-wildcard", "?");
    clean(Example::Eql(r#"process where process.executable : "C:\\Temp\\*""#), "escaped-wildcard");
    clean(Example::Eql(r#"file where file.path : "\\\\*\\share\\*""#), "escaped-wildcard");
    clean(Example::Eql(r#"file where file.path : "\\??\\C:\\*.sys""#), "escaped-wildcard");
}

#[test]
fn contradictions_of_every_language() {
    let query = "host.os.type: \"linux\" and event.action: \"a\" and host.os.type: \"macos\"";
    check(Example::Kql(query), "contradiction", "macos");
    let query = r#"sequence by host.id with maxspan=1m [process where process.name == "a" and process.name == "b"] [network where true]"#;
    check(Example::Eql(query), "contradiction", "process.name == \"b\"");
    let query =
        r#"from logs-* metadata _id | where process.name == "a" | where process.name == "b""#;
    check(Example::Esql(query), "contradiction", "process.name == \"b\"");
    let query = r#"from logs-* metadata _id | where process.name == "a" or process.name == "b""#;
    clean(Example::Esql(query), "contradiction");
}

#[test]
fn histories_that_begin_within_the_window() {
    let rule = |start: &str| {
        Example::Toml(
            format!(
                "type = \"new_terms\"\nfrom = \"now-1d\"\nquery = 'event.action: \"a\"'\n\
                 [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
                 [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\n\
                 value = \"{start}\""
            )
            .leak(),
        )
    };
    check(rule("now-1h"), "rule-time", "now-1h");
    clean(rule("now-7d"), "rule-time");
}

#[test]
fn events_without_the_field_pass_an_inequality() {
    let query = r#"network where process.name : "nc" and source.ip != "127.0.0.1""#;
    check(Example::Eql(query), "missing-passes", "source.ip");
    let asked = r#"network where source.ip : "10.0.0.1" and source.ip != "127.0.0.1""#;
    clean(Example::Eql(asked), "missing-passes");
    let joined = r#"sequence by user.name with maxspan=1m [process where process.name : "nc" and user.name != "root"] [network where true]"#;
    clean(Example::Eql(joined), "missing-passes");
    let optional = r#"network where process.name : "nc" and ?source.ip != "127.0.0.1""#;
    clean(Example::Eql(optional), "missing-passes");
    let twice = r#"process where between(process.name, ".", ".") == "x""#;
    clean(Example::Eql(twice), "duplicate-value");
    let listed = r#"process where process.name : "nc" and not user.name in ("root", "x")"#;
    clean(Example::Eql(listed), "missing-passes");
    // KQL has `not` alone; lists and patterns of it are what is left out.
    check(Example::Kql("process.name: nc and not user.name: \"root\""), "missing-passes", "root");
    clean(Example::Kql("process.name: nc and not user.name: (root or x)"), "missing-passes");
    clean(Example::Kql("process.name: nc and not user.name: svc*"), "missing-passes");
    clean(Example::Kql("process.name: nc and user.name: * and not user.name: x"), "missing-passes");
    // In ES|QL null passes no negation.
    let null = r#"from logs-* metadata _id | where process.name == "nc" and user.name != "root""#;
    clean(Example::Esql(null), "missing-passes");
}

#[test]
fn names_compared_by_case_on_windows_alone() {
    let query = r#"process where (host.os.type == "windows" and process.name == "sc.exe") or process.name == "chkconfig""#;
    check(Example::Eql(query), "case-on-windows", "sc.exe");
    let other = r#"process where (host.os.type == "windows" and user.name : "x") or process.name == "chkconfig""#;
    clean(Example::Eql(other), "case-on-windows");
}

#[test]
fn a_list_of_constants_is_told_once() {
    let query =
        r#"from logs-* metadata _id | where process.args in ("-d", "-u") and process.args == "-x""#;
    let found = findings(&[&Example::Esql(query).rule()], &ExceptionTree::default());
    let own = found_codes(&found).into_iter().filter(|code| *code == "list-in-esql");
    assert_eq!(own.count(), 2, "{found:?}");
    // The same clause twice, in whatever place.
    check(
        Example::Kql("(process.name: a or user.name: b) and (user.name: b or process.name: a)"),
        "no-effect",
        "",
    );
}

#[test]
fn the_reason_of_an_idle_clause_is_named() {
    let query = "process.name: (aa or bb) and user.name: xx and not process.name: (bb or dd)";
    let found = findings(&[&Example::Kql(query).rule()], &ExceptionTree::default());
    let told = found.iter().find(|one| one.code == "no-effect").map(|one| one.message.as_str());
    assert_eq!(told, Some("`bb` says nothing because of `bb or dd`"), "{found:?}");
}

#[test]
fn rules_that_differ_in_one_clause() {
    let rule = |at: usize, name: &str| {
        let query = format!(
            "event.category: process and process.name: nc and process.args: \"-l\" and {name}"
        );
        let id = format!("5d0f1c0a-7a3e-4a57-9b2c-0d9b8f4e6a{at}{at}");
        Example::Kql(query.leak())
            .rule()
            .replace("An Example", &format!("Example {at}"))
            .replace("5d0f1c0a-7a3e-4a57-9b2c-0d9b8f4e6a11", &id)
    };
    let of = |first: &str, second: &str| {
        let found = findings(&[&rule(1, first), &rule(2, second)], &ExceptionTree::default());
        let mut own = found.into_iter().filter(|one| one.code.ends_with("-rule"));
        own.next().map(|one| (one.code, one.rule.clone(), one.evidence.is_some()))
    };
    let overlapping = Some(("overlapping-rule", "r1".to_owned(), true));
    assert_eq!(of("user.name: root", "host.name: a"), overlapping);
    assert_eq!(of("user.name: root", "user.name: (root or admin) and host.name: a"), None);
    // One value is not both, and the narrower lies inside of the wider.
    assert_eq!(of("user.name: root", "user.name: admin"), None);
    let inside = of("user.name: root", "user.name: (root or admin)").map(|(code, ..)| code);
    assert_eq!(inside, Some("inside-rule"));
}

/// What the validator of detection-rules refuses as well.
#[test]
fn what_others_refuse_is_found() {
    let esql = |query: &'static str| Example::Esql(query);
    for (example, code) in [
        (Example::Kql("process.name: (a or"), "kql-syntax"),
        (Example::Kql("process.pid: \"abc\""), "value-type"),
        (Example::Kql("source.ip: \"x.y\""), "value-type"),
        (Example::Kql("process.nmae: \"x\""), "unknown-field"),
        (Example::Eql("process where process.nmae == \"x\""), "unknown-field"),
        (Example::Eql("process where lenght(process.name) > 1"), "eql-function"),
        (Example::Eql("process where process.pid in (\"abc\", 1)"), "eql-type"),
        (esql("from logs-* | where process.name == \"x\""), "missing-identity"),
        (esql("from logs-* metadata _id | keep process.name"), "missing-identity"),
        (esql("from logs-* | stats c = count(*) by process.nmae"), "unknown-field"),
        (esql("from logs-* metadata _id | where process.pid == \"x\""), "esql-verification"),
        (Example::Toml("severity = \"lowish\""), "rule-value-unknown"),
        (Example::Toml("risk_score = 121"), "rule-value-range"),
        (Example::Toml("interval = \"5\""), "rule-value-range"),
        (Example::Toml("from = \"yesterday\""), "rule-time"),
        (Example::Toml("unheard = 1"), "rule-key-unknown"),
        (Example::Toml("type = \"threat_match\""), "rule-key-missing"),
        (
            Example::Toml("type = \"threshold\"\n[rule.threshold]\nfield = [\"a\"]\nvalue = 0"),
            "rule-value-range",
        ),
        (
            Example::Toml(
                "type = \"new_terms\"\n[rule.new_terms]\nfield = \"new_terms_fields\"\n\
                 value = [\"user.name\", \"user.name\"]\n\
                 [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\n\
                 value = \"now-7d\"",
            ),
            "duplicate-value",
        ),
    ] {
        check(example, code, "");
    }
}
