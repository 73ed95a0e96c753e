//! A repository of a test, and the binary that runs on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Far more than any of it takes, far less than anything that does not end.
const LIMIT: Duration = Duration::from_mins(1);

/// A repository in a folder of its own, removed when dropped.
pub(crate) struct Repository(pub PathBuf);

impl Drop for Repository {
    fn drop(&mut self) {
        // A folder that stays behind harms nobody.
        drop(fs::remove_dir_all(&self.0));
    }
}

impl Repository {
    /// An empty repository.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(folder.join("rules")).expect("a folder");
        fs::create_dir_all(folder.join("cases")).expect("a folder");
        Self(folder)
    }

    /// A repository with the rule `r`.
    pub(crate) fn with_rule(query: &str) -> Self {
        Self::new().write("rules/r.toml", rule("A rule", query))
    }

    /// The same with a file.
    pub(crate) fn write(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    /// A positive case that matches `a: x` and a negative one.
    pub(crate) fn with_cases(self) -> Self {
        self.write("cases/r/positive/p.json", r#"{"a": "x"}"#)
            .write("cases/r/negative/n.json", r#"{"a": "y"}"#)
    }

    /// Runs `xtask test` on it; the exit code and all output.
    pub(crate) fn test(&self) -> (i32, String) {
        run(&self.0, &["test"])
    }
}

/// Runs git in a folder; what it prints.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").current_dir(folder).args(identity).args(arguments).output();
    let output = output.expect("git is there");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs the binary in a folder; the exit code and all output.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let started = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.args(arguments).current_dir(folder).output().expect("a run");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).expect("output is UTF-8");
    assert!(started.elapsed() < LIMIT, "took {:?}", started.elapsed());
    assert!(!text.contains("panicked"), "{text}");
    assert!(text.len() < 20_000, "{} bytes of output", text.len());
    (output.status.code().expect("an exit code"), text)
}

/// A rule file; `a` is a keyword by the events, or text.
pub(crate) fn rule(name: &str, query: &str) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("a string");
    format!(
        r#"
[metadata]
creation_date = "2026/01/01"
maturity = "production"
updated_date = "2026/01/01"

[rule]
author = ["us"]
description = "For tests."
language = "kuery"
license = "MIT"
name = {}
risk_score = 21
rule_id = "1d485649-d486-4f1d-a99c-8d64795795ad"
severity = "low"
type = "query"
query = {}
"#,
        quoted(name),
        quoted(query)
    )
}
