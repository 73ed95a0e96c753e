//! `regress` on revisions, folders and files, as a person runs it.

#[path = "support/repository.rs"]
mod repository;

use std::path::Path;
use std::process::Command;

use repository::{Repository, rule, run};
use serde_json::{Value, json};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").current_dir(folder).args(identity).args(arguments).output();
    let output = output.expect("git is there");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A repository with a commit that has a rule with this query.
fn committed(query: &str) -> Repository {
    let repository = Repository::with_rule(query);
    git(&repository.0, &["init", "--quiet", "--initial-branch=main"]);
    git(&repository.0, &["add", "."]);
    git(&repository.0, &["commit", "--quiet", "--message=first"]);
    repository
}

fn json_of(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let mut all = vec!["regress"];
    all.extend(arguments);
    all.extend(["--format", "json"]);
    let (code, output) = run(folder, &all);
    let parsed = serde_json::from_str(&output);
    (code, parsed.unwrap_or_else(|error| panic!("{error}: {output}")))
}

#[test]
fn the_work_tree_is_compared_with_a_revision_and_stays_as_it_is() {
    let repository = committed("user.name: (root or admin)");
    let repository = repository.write("rules/r.toml", rule("A rule", "user.name: root"));
    let before = git(&repository.0, &["status", "--porcelain"]);
    let (code, found) = json_of(&repository.0, &["main"]);
    assert_eq!(code, 0);
    let told = &found["rules"][0];
    assert_eq!((&told["path"], &told["change"]), (&json!("r.toml"), &json!("narrower")));
    assert_eq!(told["lost"], json!({"user": {"name": "admin"}}));
    assert_eq!(told["gained"], Value::Null);
    assert_eq!(git(&repository.0, &["status", "--porcelain"]), before);
    // A gate.
    assert_eq!(json_of(&repository.0, &["main", "--fail-on", "lost"]).0, 5);
}

#[test]
fn cases_are_run_under_both_versions() {
    let repository = committed("a: x").with_cases();
    let repository = repository.write("rules/r.toml", rule("A rule", "a: y"));
    let (_, found) = json_of(&repository.0, &["main"]);
    let cases = json!([
        {"case": "cases/r/positive/p.json", "before": 1, "after": 0},
        {"case": "cases/r/negative/n.json", "before": 0, "after": 1},
    ]);
    assert_eq!(found["rules"][0]["cases"], cases);
}

#[test]
fn two_revisions_are_compared_whatever_the_work_tree_is() {
    let repository = committed("user.name: root");
    let repository = repository.write("rules/r.toml", rule("A rule", "user.name: (root or admin)"));
    git(&repository.0, &["commit", "--quiet", "--all", "--message=second"]);
    let repository = repository.write("rules/r.toml", "broken");
    for range in ["HEAD~1..HEAD", "HEAD~1.."] {
        let (code, found) = json_of(&repository.0, &[range, "--fail-on", "lost"]);
        assert_eq!(code, 0);
        assert_eq!(found["rules"][0]["change"], json!("wider"));
        assert_eq!(found["rules"][0]["gained"], json!({"user": {"name": "admin"}}));
    }
}

#[test]
fn a_name_that_is_no_revision_is_told() {
    let repository = committed("user.name: root");
    for name in ["nope", "--output=x", "nope..main"] {
        let (code, output) = run(&repository.0, &["regress", "--", name]);
        assert_eq!(code, 1, "{output}");
        let told = name.split("..").next().unwrap_or(name);
        assert!(output.contains(&format!("git knows no revision {told}")), "{output}");
    }
}

#[test]
fn folders_and_files_are_compared() {
    let repository = Repository::new()
        .write("old/a.toml", rule("A rule", "user.name: root"))
        .write("new/a.toml", rule("A rule", "user.name: root and not host.name: lab"))
        .write("same.toml", rule("A rule", "user.name: \"root\""));
    let (_, found) = json_of(&repository.0, &["old", "new"]);
    assert_eq!(found["rules"][0]["change"], json!("narrower"));
    let (_, found) = json_of(&repository.0, &["old/a.toml", "same.toml"]);
    assert_eq!(found["rules"][0]["change"], json!("same"));
    let (code, output) = run(&repository.0, &["regress", "old/a.toml", "gone.toml"]);
    assert_eq!((code, output.as_str()), (1, "error: gone.toml does not exist\n"));
}

#[test]
fn people_and_reviewers_see_what_is_lost_first() {
    let repository = committed("user.name: (root or admin)");
    let repository = repository.write("rules/r.toml", rule("A rule", "user.name: (root or `|`)"));
    let (_, human) = run(&repository.0, &["regress", "main"]);
    insta::assert_snapshot!(human, @r#"
    both r.toml  alerts on other events, and no longer on some
      lost: {"user":{"name":"admin"}}
      gained: {"user":{"name":"`|`"}}

    1 rule changed: 1 both; 0 rules unchanged
    "#);
    let (_, markdown) = run(&repository.0, &["regress", "main", "--format", "markdown"]);
    insta::assert_snapshot!(markdown, @r#"
    ## What the rules catch now

    1 rule changed: 1 both; 0 rules unchanged

    | rule | change | |
    |---|---|---|
    | r.toml | both | alerts on other events, and no longer on some |

    <details open><summary>A rule (<code>r.toml</code>)</summary>

    No longer caught:

    ```json
    {
      "user": {
        "name": "admin"
      }
    }
    ```

    Newly caught:

    ```json
    {
      "user": {
        "name": "`|`"
      }
    }
    ```

    </details>
    "#);
}
