//! The binary `harness` as a person calls it.

use std::path::Path;
use std::process::Command;

/// A repository of rules, which all pass.
const ACME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/acme");

/// Runs the binary in a folder: the exit code, and all output.
fn harness(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
    let output = command.args(arguments).current_dir(folder).output().expect("a run");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("output is UTF-8"))
}

#[test]
fn the_repository_is_found_from_below() {
    for folder in [".", "cases/linux", "tests"] {
        let (exit, said) = harness(&Path::new(ACME).join(folder), &["test"]);
        assert_eq!(exit, Some(0), "{said}");
        assert!(said.contains("2 rules, 7 cases"), "{said}");
        let (exit, said) = harness(&Path::new(ACME).join(folder), &["explain", "cleared"]);
        assert_eq!(exit, Some(0), "{said}");
        assert!(said.contains("Shell History Deleted"), "{said}");
    }
}

#[test]
fn help_names_the_binary() {
    for verb in ["test", "coverage", "mutants", "explain", "backtest", "completions", "man"] {
        let (exit, said) = harness(Path::new(ACME), &[verb, "--help"]);
        assert_eq!(exit, Some(0), "{said}");
        assert!(said.contains(&format!("Usage: harness {verb}")), "{said}");
        assert!(!said.contains("xtask") && !said.contains("{program}"), "{said}");
    }
}

#[test]
fn it_tells_its_version_and_completes() {
    let here = Path::new(ACME);
    let (exit, said) = harness(here, &["--version"]);
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.starts_with(concat!("harness ", env!("CARGO_PKG_VERSION"))), "{said}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (exit, said) = harness(here, &["completions", shell]);
        assert_eq!(exit, Some(0), "{said}");
        assert!(said.contains("min-mutants"), "{shell}: {said}");
    }
    let (exit, said) = harness(here, &["man"]);
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.contains(".TH harness"), "{said}");
}
