//! Repositories as others have them, each with one command from a clone to a verdict.

use std::fs;

use serde_json::{Value, json};

use super::support::repository::{Repository, rule, run};

/// An event that raises `a: x` in `logs-*`.
const EVENT: &str = r#"{"_index": "logs-app.audit-default", "_source":
    {"@timestamp": "2026-01-05T10:15:00Z", "a": "x"}}"#;

/// A repository without the folders that ours have.
fn bare() -> Repository {
    let repository = Repository::new();
    for folder in ["rules", "cases"] {
        fs::remove_dir(repository.0.join(folder)).expect("an empty folder");
    }
    // It belongs to no project around it.
    repository.write(".git/HEAD", "")
}

/// Rule number `n`, of these indices.
fn numbered(n: usize, query: &str) -> String {
    let text = rule(&format!("Rule {n}"), query);
    let text = text.replace("1d485649-", &format!("{n:08x}-"));
    text.replace("language =", "index = [\"logs-*\"]\nlanguage =")
}

/// Runs a command and checks its code and what it tells.
#[track_caller]
fn check(repository: &Repository, arguments: &[&str], code: i32, phrases: &[&str]) -> String {
    let (found, text) = run(&repository.0, arguments);
    for phrase in phrases {
        assert!(text.contains(phrase), "{phrase}: {arguments:?} {found}\n{text}");
    }
    assert_eq!(found, code, "{arguments:?}\n{text}");
    text
}

/// A fork of detection-rules: two folders of rules, its configuration deep below, hunting
/// queries, schemas of its own. No rule has a case.
fn fork() -> Repository {
    let config = "rule_dirs: [../../rules]\nbbr_rules_dirs: [../../rules_building_block]\n";
    let fork = bare().write("detection_rules/etc/_config.yaml", config).write(
        "detection_rules/etc/non-ecs-schema.json",
        json!({ "logs-app*": { "app.user": "keyword" } }).to_string(),
    );
    let many = (0..30).map(|n| (format!("rules/linux/r{n}.toml"), numbered(n, "event.action: x")));
    let fork = many.fold(fork, |fork, (path, text)| fork.write(&path, text));
    fork.write("rules/windows/w.toml", numbered(40, "app.user: root"))
        .write("rules_building_block/b.toml", numbered(41, "event.action: y"))
        .write("rules/_deprecated/d.toml", numbered(42, "event.action: z"))
        .write("hunting/h.toml", "[hunt]\nname = 'h'\nlanguage = ['KQL']\nquery = ['a: b']\n")
        .write("README.md", "# rules")
}

#[test]
fn a_fork_of_detection_rules_is_counted_and_told_what_is_next() {
    let fork = fork();
    let text = check(&fork, &["test"], 4, &["linux", "rules_building_block", "0 cases"]);
    assert!(text.lines().count() < 20, "{text}");
    assert!(!text.contains("unknown-field"), "the fork's own schema is read: {text}");
    // What is told to be next can be typed.
    let commands = text.lines().filter_map(|line| line.strip_prefix("  cargo xtask "));
    let commands: Vec<Vec<&str>> =
        commands.map(|line| line.split("  ").next().unwrap_or(line).split(' ').collect()).collect();
    let verbs: Vec<&str> = commands.iter().map(|words| words[0]).collect();
    assert_eq!(verbs, ["lint", "new", "explain"]);
    for words in &commands {
        check(&fork, words, 0, &[]);
    }
    let text = check(&fork, &["test"], 0, &["1 passed", "untested"]);
    assert!(text.lines().count() < 25, "{text}");
}

/// A repository made by `custom-rules setup-config`: rules, exceptions and a generated
/// schema below a folder, with the files that git keeps folders by.
fn dac() -> Repository {
    let exceptions = "[metadata]\ncreation_date = '2026/01/01'\nlist_name = 'known'\n\
        rule_ids = ['x']\nrule_names = ['x']\nupdated_date = '2026/01/01'\n\
        [[exceptions]]\n[exceptions.container]\ndescription = 'd'\nlist_id = 'known'\nname = 'known'\n\
        namespace_type = 'single'\ntags = []\ntype = 'detection'\n\
        [[exceptions.items]]\ncomments = []\ndescription = 'd'\nlist_id = 'known'\nitem_id = 'i'\n\
        name = 'Bob'\nnamespace_type = 'single'\ntags = []\ntype = 'simple'\n\
        [[exceptions.items.entries]]\nfield = 'audit.user'\noperator = 'included'\ntype = 'match'\n\
        value = 'bob'\n";
    let list = "\n[[rule.exceptions_list]]\nid = 'l'\nlist_id = 'known'\n\
        namespace_type = 'single'\ntype = 'detection'\n";
    let event = |user: &str| {
        let source = json!({ "@timestamp": "2026-01-05T10:15:00Z", "audit": { "user": user } });
        json!({ "_index": "logs-app-default", "_source": source }).to_string()
    };
    bare()
        .write(
            "custom/_config.yaml",
            "rule_dirs: [rules]\nbbr_rules_dirs: [building]\ndirectories:\n  exception_dir: \
             exceptions\n  action_connector_dir: connectors\nauto_gen_schema_file: etc/auto.json\n\
             files:\n  deprecated_rules: etc/deprecated_rules.json\nbypass_version_lock: true\n",
        )
        .write("custom/etc/auto.json", r#"{"logs-app-*": {"audit.user": "keyword"}}"#)
        .write("custom/exceptions/.gitkeep", "")
        .write("custom/exceptions/known.toml", exceptions)
        .write("custom/connectors/c.toml", "[[action_connectors]]\nid = 'c'\ntype = 'action'\n")
        .write("custom/rules/.gitkeep", "")
        .write("custom/rules/audit.toml", numbered(1, "audit.user: *") + list)
        .write("custom/building/part.toml", numbered(2, "audit.user: root"))
        .write("cases/.gitkeep", "")
        .write("cases/README.md", "cases")
        .write("cases/audit/positive/alice.json", event("alice"))
        .write("cases/audit/negative/bob.json", event("bob"))
}

#[test]
fn a_repository_of_detections_as_code_is_judged_with_its_exceptions() {
    let dac = dac();
    check(&dac, &["test"], 0, &["1 passed, 1 untested"]);
    let dac = dac.write(
        "cases/audit/negative/carol.json",
        EVENT.replace("\"a\": \"x\"", "\"audit.user\": \"carol\""),
    );
    let phrases = ["carol.json raised 1 alert but should not have", "1 failed, 1 untested"];
    check(&dac, &["test"], 3, &phrases);
}

/// What Kibana gives: rules, a list, its item, a connector and the sums in one file.
fn export() -> String {
    let rule = |n: usize, name: &str, query: &str, lists: Value| {
        json!({
            "id": format!("{n}"), "rule_id": format!("{n}-rule"), "name": name, "type": "query",
            "language": "kuery", "query": query, "index": ["logs-*"], "risk_score": 21,
            "severity": "low", "description": "d", "enabled": true, "from": "now-6m",
            "interval": "5m", "to": "now", "author": [], "tags": [], "version": 1, "threat": [],
            "exceptions_list": lists, "actions": [], "immutable": false, "revision": 0,
            "rule_source": { "type": "internal" }, "updated_at": "2026-01-01T00:00:00Z",
        })
    };
    let lists =
        json!([{ "id": "l", "list_id": "known", "namespace_type": "single", "type": "detection" }]);
    let lines = [
        rule(1, "Login as root", "a: x", lists),
        rule(2, "Another", "a: y", json!([])),
        json!({ "list_id": "known", "name": "known", "type": "detection", "description": "d",
            "namespace_type": "single", "os_types": [], "tags": [] }),
        json!({ "list_id": "known", "item_id": "i", "name": "Bob", "type": "simple", "comments": [],
            "description": "d", "namespace_type": "single", "os_types": [], "tags": [],
            "entries": [{ "field": "user.name", "operator": "included", "type": "match",
                "value": "bob" }] }),
        json!({ "id": "c", "type": "action", "attributes": { "actionTypeId": ".slack",
            "name": "s", "config": {}, "secrets": {} }, "references": [] }),
        json!({ "exported_count": 5, "exported_rules_count": 2, "missing_rules": [],
            "missing_rules_count": 0, "exported_action_connector_count": 1 }),
    ];
    lines.map(|line| line.to_string()).join("\n")
}

#[test]
fn an_export_of_kibana_is_judged_with_the_exceptions_that_it_holds() {
    let of = |user: &str| {
        EVENT.replace("\"a\": \"x\"", &format!("\"a\": \"x\", \"user.name\": \"{user}\""))
    };
    let repository = bare()
        .write("rules_export.ndjson", export())
        .write("cases/login_as_root/positive/alice.json", of("alice"))
        .write("cases/login_as_root/negative/bob.json", of("bob"));
    check(&repository, &["test"], 0, &["login_as_root", "1 passed, 1 untested"]);
    // The file alone, without cases.
    let alone = bare().write("rules_export.ndjson", export());
    check(&alone, &["test"], 4, &["2 untested", "No rule has cases yet"]);
    check(&alone, &["test", "--rules", "rules_export.ndjson"], 4, &["2 untested"]);
    // The same file in the folder of exceptions, beside a rule as TOML.
    let list = "\n[[rule.exceptions_list]]\nid = 'l'\nlist_id = 'known'\n\
        namespace_type = 'single'\ntype = 'detection'\n";
    let beside = Repository::new()
        .write("rules/r.toml", numbered(1, "a: x") + list)
        .write("exceptions/rules_export.ndjson", export())
        .write("cases/r/positive/p.json", of("alice"))
        .write("cases/r/negative/n.json", of("bob"));
    check(&beside, &["test"], 0, &["1 passed"]);
}

#[test]
fn a_rule_of_no_project_is_a_rule() {
    let elsewhere = bare()
        .write("one/x.toml", numbered(1, "a: x"))
        .write("two/rules/x.toml", numbered(2, "a: y"))
        .write("two/_config.yaml", "rule_dirs: [rules]\n")
        .write("e.json", EVENT)
        .write("f.json", EVENT.replace("\"x\"", "\"y\""));
    let path = elsewhere.0.join("one/x.toml");
    let path = path.to_str().expect("UTF-8");
    check(&elsewhere, &["explain", path, "e.json"], 0, &["alert on #1"]);
    // Events of several files are numbered on.
    check(&elsewhere, &["explain", path, "f.json", "e.json"], 0, &["alert on #2"]);
    let text = check(&elsewhere, &["explain", path], 0, &["a: x"]);
    assert!(!text.contains("a: y"), "it is the file that was named: {text}");
    check(&elsewhere, &["lint", path], 0, &["in 1 rule"]);
    let text = check(&elsewhere, &["test", path], 4, &["1 untested"]);
    assert!(text.contains(&format!("new --rules {path} x")), "{text}");
}

#[test]
fn a_rule_whose_folder_was_not_named_is_told_once() {
    let cases = (0..12).map(|n| format!("cases/linux/r{n}/positive/p.json"));
    let repository = Repository::new().write("rules/linux/r.toml", numbered(1, "a: x"));
    let repository = cases.fold(repository, |all, path| all.write(&path, EVENT));
    let phrases =
        ["no rules belong to the cases of 12 folders: linux/r0, linux/r1, linux/r10 and 9 more"];
    let text = check(&repository, &["test", "--rules", "rules/linux/r.toml"], 3, &phrases);
    assert!(text.lines().count() < 20, "{text}");
}
