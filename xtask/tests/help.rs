//! The help of every verb, as a person reads it.

use std::process::Command;

/// What `--help` prints of a verb, on a screen of 100 columns.
fn help(verb: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command
        .args(verb)
        .arg("--help")
        .env("COLUMNS", "100")
        .output()
        .expect("the help is printed");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("help is UTF-8");
    assert!(!text.contains('`'), "help has no Markdown:\n{text}");
    text
}

#[test]
fn help_reads_as_it_did() {
    let verbs: [&[&str]; 19] = [
        &[],
        &["test"],
        &["coverage"],
        &["mutants"],
        &["explain"],
        &["backtest"],
        &["lint"],
        &["new"],
        &["regress"],
        &["report"],
        &["init"],
        &["schema"],
        &["conformance"],
        &["bench"],
        &["fuzz"],
        &["tidy"],
        &["opensearch"],
        &["opensearch", "start"],
        &["opensearch", "stop"],
    ];
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        for verb in verbs {
            let name = ["help"].iter().chain(verb).copied().collect::<Vec<_>>().join("_");
            insta::assert_snapshot!(name, help(verb));
        }
    });
}
