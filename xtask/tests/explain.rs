//! `cargo xtask explain` through the binary, on this repository's rules.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const RULE: &str = "root_login_over_ssh";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("explain").args(arguments);
    command.args(["--root", concat!(env!("CARGO_MANIFEST_DIR"), "/..")]);
    command
}

/// The exit code, standard output and standard error.
fn read(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    read(command(arguments).output().expect("a run"))
}

/// A file of this test.
fn file(name: &str, content: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("explain");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    fs::write(&path, content).expect("a file");
    path.to_str().expect("a plain path").to_owned()
}

#[test]
fn a_rule_and_a_case_are_explained_without_colours() {
    let (code, rule, _) = run(&[RULE]);
    assert_eq!(code, 0, "{rule}");
    assert!(rule.contains("needs") && rule.contains("keyword"), "{rule}");
    let (code, case, _) = run(&[RULE, "negative/another_user"]);
    assert_eq!(code, 0, "{case}");
    for part in ["no alert, as it should", "does not match", "would match with 1 change", "→"] {
        assert!(case.contains(part), "no `{part}` in\n{case}");
    }
    assert!(!rule.contains('\u{1b}') && !case.contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn an_event_comes_from_a_file_or_standard_input() {
    let event = r#"{"event": {"category": "authentication"}, "user": {"name": "root\u001b[2J"}}"#;
    let (code, from_file, _) = run(&[RULE, &file("event.json", event)]);
    assert_eq!(code, 0, "{from_file}");
    assert!(from_file.contains("found \"root\\u001b[2J\""), "{from_file}");
    let mut child = command(&[RULE, "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    child.stdin.take().expect("a pipe").write_all(event.as_bytes()).expect("it reads");
    let (code, text, _) = read(child.wait_with_output().expect("an end"));
    assert_eq!(code, 0, "{text}");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["case"]["path"], "standard input");
    assert_eq!(value["events"][0]["id"], "#1");
}

#[test]
fn names_that_are_nothing_are_told_with_what_is_close() {
    let (code, out, error) = run(&["root_login_over_shs"]);
    assert_eq!((code, out.as_str()), (4, ""), "{error}");
    assert!(error.contains("no rule has `root_login_over_shs` in its path or name"), "{error}");
    assert!(error.contains("did you mean `linux/root_login_over_ssh`"), "{error}");
    let (code, _, error) = run(&["linux/"]);
    assert_eq!(code, 2);
    assert!(error.contains("`linux/` is not one rule"), "{error}");
    let (code, _, error) = run(&[RULE, "negative/another_usr"]);
    assert_eq!(code, 2);
    assert!(error.contains("did you mean `negative/another_user`"), "{error}");
}

#[test]
fn a_file_that_is_no_event_is_shown_with_its_place() {
    let path = file("broken.json", "{\n  \"user\": {\"name\": root}\n}\n");
    let (code, out, error) = run(&[RULE, &path]);
    assert_eq!((code, out.as_str()), (3, ""), "{error}");
    assert!(error.contains("not JSON"), "{error}");
    assert!(error.contains(&format!("{path}:2:20")), "{error}");
    let (code, _, error) = run(&[RULE, &file("list.json", "[1]")]);
    assert_eq!(code, 3);
    assert!(error.contains("an event is a JSON object"), "{error}");
    let (code, _, error) = run(&[RULE, &file("lines.ndjson", "{}\n{\"a\":}\n")]);
    assert_eq!(code, 3);
    assert!(error.contains("lines.ndjson:2:6"), "{error}");
}

#[test]
fn help_shows_examples() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(["explain", "--help"]).output();
    let (code, text, _) = read(output.expect("a run"));
    assert_eq!(code, 0);
    assert!(text.contains("Examples:") && text.contains("event.json"), "{text}");
}
