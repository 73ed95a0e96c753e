//! docs/regress-examples.md: three pull requests over rules of this repository, and what
//! `regress` says of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::repository::{Repository, git, run};

/// A change of one rule: its key, and what is replaced by what.
type Edit = (&'static str, &'static str, &'static str);

/// A pull request: its title, its changes, and the arguments.
const REQUESTS: [(&str, &[Edit], &[&str]); 3] = [
    (
        "Keep the inventory service out, ask for more secrets",
        &[
            (
                "windows/account_asked_about_itself",
                "process.name:whoami.exe",
                "process.name:whoami.exe and not user.name:svc_inventory",
            ),
            ("gcp/secrets_read_in_a_burst", "value = 5", "value = 8"),
        ],
        &["--events", "events/week.ndjson"],
    ),
    (
        "Look for one more shell, give guessing more time",
        &[
            ("linux/shell_connects_out", "sh or *zsh)", "sh or *zsh or ksh)"),
            ("linux/password_guessed", "maxspan=2m", "maxspan=5m"),
        ],
        &[],
    ),
    (
        "Sort a list, listen to failures, ask for three powers",
        &[
            (
                "aws/audit_trail_weakened",
                "(DeleteTrail or StopLogging or UpdateTrail or PutEventSelectors)",
                "(DeleteTrail or PutEventSelectors or StopLogging or UpdateTrail)",
            ),
            ("gcp/service_account_key_made", "event.outcome:success", "event.outcome:failure"),
            ("kubernetes/role_with_two_powers", "powers >= 2", "powers >= 3"),
        ],
        &[],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Copies the files below a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a file");
        }
    }
}

/// A week in which the inventory asked on six days, and a person once.
fn week() -> String {
    let path = "cases/windows/account_asked_about_itself/positive/by_a_user.json";
    let text = fs::read_to_string(root().join(path)).expect("a case");
    let mut event: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut lines = String::new();
    for (day, user) in (1..).zip(["svc_inventory"; 6].into_iter().chain(["mara"])) {
        event["@timestamp"] = format!("2026-05-{day:02}T03:00:00.000Z").into();
        event["user"]["name"] = user.into();
        let _ = writeln!(lines, "{event}");
    }
    lines
}

/// What is said of a pull request.
fn example(title: &str, edits: &[Edit], arguments: &[&str]) -> String {
    let repository = Repository::new();
    let mut page = format!("# {title}\n");
    for (key, ..) in edits {
        let rule = format!("rules/{key}.toml");
        let target = repository.0.join(&rule);
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(root().join(&rule), target).expect("a rule");
        copy(&root().join("cases").join(key), &repository.0.join("cases").join(key));
    }
    let repository = repository.write("events/week.ndjson", week());
    copy(&root().join("exceptions"), &repository.0.join("exceptions"));
    git(&repository.0, &["init", "--quiet", "--initial-branch=main"]);
    git(&repository.0, &["add", "."]);
    git(&repository.0, &["commit", "--quiet", "--message=before"]);
    for (key, from, to) in edits {
        let path = repository.0.join(format!("rules/{key}.toml"));
        let text = fs::read_to_string(&path).expect("a rule");
        assert!(text.contains(from), "{key}: {from}");
        fs::write(&path, text.replacen(from, to, 1)).expect("a rule");
        let _ = write!(page, "\n`{key}`:\n\n```diff\n-{from}\n+{to}\n```\n");
    }
    let all = [&["regress", "main", "--format", "markdown", "--out", "r.md"], arguments].concat();
    let (code, output) = run(&repository.0, &all);
    assert_eq!((code, output.as_str()), (0, ""));
    let told = fs::read_to_string(repository.0.join("r.md")).expect("a report");
    page + "\n" + &told
}

/// `UPDATE_PAGES=1 cargo test` writes the page.
#[test]
fn the_page_is_what_regress_says() {
    let path = root().join("docs/regress-examples.md");
    let head = "<!-- Made by xtask/tests/regress_examples.rs: UPDATE_PAGES=1 cargo test. -->\n\n\
                Three pull requests over rules of this repository, each as its lines that changed \
                and as\n`harness regress main --format markdown` comments on it; see \
                [regress.md](regress.md).\n\n";
    let all = REQUESTS.iter().map(|(title, edits, rest)| example(title, edits, rest));
    let page = format!("{head}{}", all.collect::<Vec<_>>().join("\n"));
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::write(&path, &page).expect("the page is written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/regress-examples.md is stale: run with UPDATE_PAGES=1");
}
