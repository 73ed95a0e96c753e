//! Tells the commit to `--version`: that of `HARNESS_COMMIT`, or in release builds that
//! of the checkout. Sources without a repository of their own have none.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=HARNESS_COMMIT");
    let stated = std::env::var("HARNESS_COMMIT").ok().filter(|commit| !commit.is_empty());
    // A build for development is not made anew for each commit.
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = stated.or_else(|| is_release.then(checkout).flatten());
    let suffix = commit.map_or_else(String::new, |commit| format!(" ({commit})"));
    println!("cargo::rustc-env=HARNESS_COMMIT_SUFFIX={suffix}");
}

/// The commit of our repository; the sources may also lie in somebody else's.
fn checkout() -> Option<String> {
    if git(&["rev-parse", "--show-prefix"])? != "harness/crates/cli/" {
        return None;
    }
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if std::path::Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
