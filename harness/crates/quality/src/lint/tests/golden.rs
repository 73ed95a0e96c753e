//! The oddities that production rules are known for, in our own words: each is found.

use harness_rule::exception::ExceptionTree;

use super::findings;
use crate::lint::codes::Example;

/// A rule has a finding of this kind at this text, and no other trap.
fn check(example: Example, code: &str, place: &str) {
    let text = example.rule();
    let found = findings(&[&text], &ExceptionTree::default());
    let own: Vec<_> = found.iter().map(|one| (one.code, one.span.of(&one.text))).collect();
    assert!(own.iter().any(|(own, at)| *own == code && at.contains(place)), "{code}: {own:?}");
}

/// A rule has no finding of this kind.
fn clean(example: Example, code: &str) {
    let found = findings(&[&example.rule()], &ExceptionTree::default());
    assert!(found.iter().all(|one| one.code != code), "{code}: {found:?}");
}

#[test]
fn control_characters_in_kql_quotes() {
    let tab = r#"file.directory: "C:\Program Files\Monitor\Agent\tmp""#;
    check(Example::Kql(tab), "control-character", r"Agent\tmp");
    let carriage = r#"powershell.file.script_block_text: "\explorer\runmru""#;
    check(Example::Kql(carriage), "control-character", "runmru");
    let zero = r#"o365.audit.Parameters.BodyContainsWords: "\u0000""#;
    check(Example::Kql(zero), "control-character", "u0000");
    clean(Example::Kql(r#"process.executable: "C:\Apps\uninstall.exe""#), "control-character");
}

#[test]
fn an_operator_that_is_missing_between_lines() {
    let query = "process.args: (*/.kube/config* or */.aws/credentials*\n  */gcloud/access*)";
    check(Example::Kql(query), "missing-operator", ".aws");
}

#[test]
fn wildcards_that_are_none() {
    let quoted = r#"http.request.body.content: ("*backupFile*/etc/cron*" or "*/tmp/*")"#;
    check(Example::Kql(quoted), "quoted-wildcard", "cron");
    for value in ["?.docs.live.net", "cdn??.space"] {
        check(
            Example::Kql(format!("dns.question.name: {value}").leak()),
            "literal-question-mark",
            value,
        );
    }
    let folder = "file.path: */AppData/Local/GitHub?Copilot/*";
    check(Example::Kql(folder), "literal-question-mark", "GitHub?Copilot");
    clean(Example::Kql("url.path: */v1/secrets?limit*"), "literal-question-mark");
    let list = r#"network where destination.domain in ("a.example", "*.digicert.com")"#;
    check(Example::Eql(list), "wildcard-in-equals", "digicert");
    let path = r#"process where process.executable == "/dev/fd/*""#;
    check(Example::Eql(path), "wildcard-in-equals", "/dev/fd");
    let share = r#"any where winlog.event_data.ShareName == "\\\\*\\C$""#;
    clean(Example::Eql(share), "wildcard-in-equals");
}

#[test]
fn backslashes_that_are_escapes() {
    let filter = "[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n\
                  [rule.filters.query.wildcard.\"file.path\"]\ncase_insensitive = true\n\
                  value = '?:\\Program Files\\WindowsPowerShell\\Modules\\*.psm1'";
    check(Example::Toml(filter), "lost-backslash", "");
    let escaped = filter.replace('\\', "\\\\");
    clean(Example::Toml(escaped.leak()), "lost-backslash");
    let like = r#"from logs-* metadata _id | where url.original like "*...\\*""#;
    check(Example::Esql(like), "escaped-wildcard", "...");
}

#[test]
fn ranges_that_stay_sensitive_to_case() {
    let query = r#"process where process.name regex~ "[a-z0-9]\\.exe""#;
    check(Example::Eql(query), "regex-case-range", "[a-z0-9]");
}

#[test]
fn a_negated_function_of_several_fields() {
    let query = "iam where event.action == \"changed-computer-account\" and not \
                 startswith~(winlog.event_data.DnsHostName, \
                 substring(winlog.event_data.TargetUserName, 0, length(winlog.event_data.TargetUserName) - 1))";
    check(Example::Eql(query), "script-in-not", "startswith");
}

#[test]
fn withdrawn_techniques_of_the_first_rule() {
    let threat = |id: &str, name: &str| {
        format!(
            "[[rule.threat]]\nframework = \"MITRE ATT&CK\"\n[[rule.threat.technique]]\nid = \"{id}\"\n\
             name = \"{name}\"\nreference = \"https://attack.mitre.org/techniques/{id}/\"\n\
             [rule.threat.tactic]\nid = \"TA0002\"\nname = \"Execution\"\n\
             reference = \"https://attack.mitre.org/tactics/TA0002/\""
        )
    };
    let both = format!("{}\n{}", threat("T1064", "Scripting"), threat("T1086", "PowerShell"));
    let both: &str = both.leak();
    check(Example::Toml(both), "attack-revoked", "T1064");
    check(Example::Toml(both), "attack-revoked", "T1086");
}
