//! One test and one snapshot a rule, and a rule in memory.

use harness::prelude::*;
use std::path::PathBuf;

fn suite() -> Suite {
    Suite::at(env!("CARGO_MANIFEST_DIR"))
}

#[rstest::rstest]
fn rule(#[files("rules/**/*.toml")] path: PathBuf) {
    let rule = suite().rule(path);
    rule.assert_passes();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(rule.key().replace('/', "__"), rule.snapshot());
    });
}

#[test]
fn no_case_is_left_over() {
    assert_eq!(suite().problems(), Vec::<String>::new());
}

#[test]
fn the_history_of_any_shell_counts() {
    let rule = Rule::from_toml(include_str!("../rules/linux/history_cleared.toml"));
    let rule = rule.expect("the rule is valid");
    let start = |command: &str| {
        json!({
            "event": { "category": "process", "type": "start" },
            "host": { "os": { "type": "linux" } },
            "process": { "name": "rm", "command_line": command },
        })
    };
    rule.on([start("rm /root/.bash_history"), start("rm /root/.zsh_history")]).assert_alerts(2);
    rule.on([start("rm /root/notes")]).assert_alerts(0);
}
