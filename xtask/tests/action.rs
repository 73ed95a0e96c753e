//! The scripts of the GitHub action, with programs of ours in place of `gh` and `harness`.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with a `bin` that stands first in `PATH`.
struct Runner {
    folder: PathBuf,
}

impl Runner {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("action").join(name);
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(folder.join("bin")).expect("a folder");
        Self { folder }
    }

    /// A program that notes its arguments in `<name>.log` and runs a script.
    fn program(&self, name: &str, script: &str) {
        let path = self.folder.join("bin").join(name);
        let log = self.folder.join(format!("{name}.log"));
        let script = format!("#!/usr/bin/env bash\necho \"$*\" >> '{}'\n{script}\n", log.display());
        fs::write(&path, script).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    fn run(&self, script: &str, variables: &[(&str, &str)]) -> Output {
        let path = std::env::var("PATH").expect("a PATH");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/action").join(script);
        let mut command = Command::new("bash");
        command.arg(script).current_dir(&self.folder);
        command.env("PATH", format!("{}:{path}", self.folder.join("bin").display()));
        command.env("RUNNER_TEMP", &self.folder);
        for name in ["GITHUB_PATH", "GITHUB_STEP_SUMMARY", "SUMMARY"] {
            command.env(name, self.folder.join(name));
        }
        command.envs(variables.iter().copied()).output().expect("bash")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }
}

/// A `gh` that downloads an archive of a `harness`, with this for its checksum.
fn release(runner: &Runner, checksum: &str) {
    runner.program(
        "gh",
        &format!(
            "name=harness-x86_64-unknown-linux-musl\n\
             mkdir $name && printf '#!/bin/sh\\necho harness 0.1.0\\n' > $name/harness\n\
             chmod +x $name/harness && tar -czf $name.tar.gz $name && rm -r $name\n\
             {checksum} > SHA256SUMS"
        ),
    );
}

const LINUX: [(&str, &str); 4] = [
    ("RUNNER_OS", "Linux"),
    ("RUNNER_ARCH", "X64"),
    ("REPOSITORY", "somebody/harness"),
    ("VERSION", "v0.1.0"),
];

#[test]
fn a_release_is_installed_by_its_checksum() {
    let runner = Runner::new("install");
    release(&runner, "sha256sum $name.tar.gz");
    let output = runner.run("install", &LINUX);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("harness 0.1.0\n"), "{output:?}");
    assert!(runner.read("GITHUB_PATH").contains("harness-x86_64-unknown-linux-musl"));
    assert!(runner.read("gh.log").starts_with("release download v0.1.0 --repo somebody/harness"));
}

#[test]
fn another_archive_than_the_published_one_is_refused() {
    let runner = Runner::new("forged");
    release(&runner, "printf '%064d  %s\\n' 0 $name.tar.gz");
    assert!(!runner.run("install", &LINUX).status.success());
    assert_eq!(runner.read("GITHUB_PATH"), "");
}

#[test]
fn a_machine_without_a_release_is_told() {
    let runner = Runner::new("elsewhere");
    let machine = [("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "RISCV64")];
    let output = runner.run("install", &machine);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "::error::there is no release of harness for Linux on RISCV64\n");
}

#[test]
fn a_failed_case_fails_the_step_and_the_report_is_in_the_summary() {
    for (failing, expected) in [("none", 0), ("test", 3), ("coverage", 5)] {
        let runner = Runner::new(&format!("test-{failing}"));
        let script = "verb=$1\n\
             while [ $# -gt 0 ]; do [ \"$1\" != --out ] || echo report > \"$2\"; shift; done\n\
             case $verb in FAILING) exit CODE ;; esac";
        let script = script.replace("FAILING", failing).replace("CODE", &expected.to_string());
        runner.program("harness", &script);
        let output = runner.run(
            "test",
            &[("ARGUMENTS", "--deny-warnings aws/"), ("COVERAGE", "--min-clauses 90")],
        );
        assert_eq!(output.status.code(), Some(expected), "{failing}: {output:?}");
        let asked = runner.read("harness.log");
        let lines: Vec<&str> = asked.lines().collect();
        assert_eq!(lines[0], "test --format github --no-progress --deny-warnings aws/");
        assert!(lines[1].ends_with("--min-clauses 90"), "{lines:?}");
        assert_eq!(runner.read("GITHUB_STEP_SUMMARY"), "report\n");
    }
}

#[test]
fn a_comment_is_made_once_and_then_updated() {
    for (name, known, expected) in [
        ("comment", ":", "--method POST repos/o/r/issues/7/comments"),
        ("update", "echo 42", "--method PATCH repos/o/r/issues/comments/42"),
    ] {
        let runner = Runner::new(name);
        runner.program("gh", &format!("case \"$*\" in *--paginate*) {known} ;; esac"));
        fs::write(runner.folder.join("SUMMARY"), "report").expect("a file");
        let output = runner.run("comment", &[("GITHUB_REPOSITORY", "o/r"), ("NUMBER", "7")]);
        assert!(output.status.success(), "{output:?}");
        let asked = runner.read("gh.log");
        assert!(asked.lines().nth(1).is_some_and(|line| line.contains(expected)), "{asked}");
    }
}
