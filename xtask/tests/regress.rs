//! `regress` on revisions, folders and files, as a person runs it.

#[path = "../../harness/tests/support/schema.rs"]
mod schema;

use std::fs;
use std::path::Path;

use crate::support::repository::{Repository, git, rule, run};

use serde_json::{Value, json};

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
    assert_eq!(told["lost"]["user"]["name"], json!("admin"));
    // It has what events have beside.
    assert_eq!(told["lost"]["ecs"]["version"], json!("8.17.0"));
    let by = json!([{"clause": "user.name = \"admin\"", "presence": "gone", "holds": true}]);
    assert_eq!(told["lost_by"][0]["presence"], by[0]["presence"], "{told}");
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
        assert_eq!(found["rules"][0]["gained"]["user"]["name"], json!("admin"));
    }
}

#[test]
fn a_field_that_is_mapped_otherwise_is_told_of_each_rule_that_names_it() {
    let mapping = |ty: &str| {
        format!(
            r#"{{"mappings": {{"properties": {{"a": {{"type": "{ty}"}}, "n": {{"type": "long"}}}}}}}}"#
        )
    };
    let second = rule("Another", "ab: x").replace("1d485649", "2d485649");
    let repository = Repository::with_rule("a: x")
        .write("harness.toml", "[schema]\nmappings = [\"mapping.json\"]\n")
        .write("rules/s.toml", second)
        .write("mapping.json", mapping("keyword"));
    git(&repository.0, &["init", "--quiet", "--initial-branch=main"]);
    git(&repository.0, &["add", "."]);
    git(&repository.0, &["commit", "--quiet", "--message=first"]);
    assert_eq!(json_of(&repository.0, &["main"]).1["unchanged"], json!(2));
    let repository = repository.write("mapping.json", mapping("text"));
    let (_, found) = json_of(&repository.0, &["main"]);
    assert_eq!(found["unchanged"], json!(1));
    let told = &found["rules"][0];
    assert_eq!((&told["path"], &told["change"]), (&json!("r.toml"), &json!("unknown")));
    assert_eq!(told["notes"], json!(["the field a is mapped as text now (was keyword)"]));
}

#[test]
fn a_name_that_is_no_revision_is_told() {
    let repository = committed("user.name: root");
    for name in ["nope", "--output=x", "nope..main"] {
        let (code, output) = run(&repository.0, &["regress", "--", name]);
        assert_eq!(code, 2, "{output}");
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
    assert_eq!((code, output.as_str()), (2, "error: gone.toml does not exist\n"));
}

#[test]
fn people_and_reviewers_see_what_is_lost_first() {
    let repository = committed("user.name: (root or admin)");
    let repository = repository.write("rules/r.toml", rule("A rule", "user.name: (root or `|`)"));
    let (_, human) = run(&repository.0, &["regress", "main"]);
    insta::assert_snapshot!(human, @r#"
    both r.toml  alerts on other events, and no longer on some
      lost: {"@timestamp":"2025-12-31T23:59:59.000Z","data_stream":{"dataset":"apm","namespace":"default","type":"traces"},"ecs":{"version":"8.17.0"},"event":{"dataset":"apm","kind":"event","module":"apm"},"user":{"name":"admin"}}
        the new clause user.name = "`|`" does not hold
        the former clause user.name = "admin" holds
      gained: {"@timestamp":"2025-12-31T23:59:59.000Z","data_stream":{"dataset":"apm","namespace":"default","type":"traces"},"ecs":{"version":"8.17.0"},"event":{"dataset":"apm","kind":"event","module":"apm"},"user":{"name":"`|`"}}
        the former clause user.name = "admin" does not hold
        the new clause user.name = "`|`" holds

    1 rule changed: 1 both; 0 rules unchanged
    "#);
    let (_, markdown) = run(&repository.0, &["regress", "main", "--format", "markdown"]);
    insta::assert_snapshot!(markdown, @r#"
    ## What the rules catch now

    1 rule changed: 1 both; 0 rules unchanged

    | rule | change | what it means |
    |---|---|---|
    | `r.toml` | both | alerts on other events, and no longer on some |

    <details open><summary>A rule (<code>r.toml</code>)</summary>

    **No longer caught**, since the new clause ``user.name = "`|`"`` does not hold, and the former clause `user.name = "admin"` holds:

    ```json
    {
      "@timestamp": "2025-12-31T23:59:59.000Z",
      "data_stream": {
        "dataset": "apm",
        "namespace": "default",
        "type": "traces"
      },
      "ecs": {
        "version": "8.17.0"
      },
      "event": {
        "dataset": "apm",
        "kind": "event",
        "module": "apm"
      },
      "user": {
        "name": "admin"
      }
    }
    ```

    **Newly caught**, since the former clause `user.name = "admin"` does not hold, and the new clause ``user.name = "`|`"`` holds:

    ```json
    {
      "@timestamp": "2025-12-31T23:59:59.000Z",
      "data_stream": {
        "dataset": "apm",
        "namespace": "default",
        "type": "traces"
      },
      "ecs": {
        "version": "8.17.0"
      },
      "event": {
        "dataset": "apm",
        "kind": "event",
        "module": "apm"
      },
      "user": {
        "name": "`|`"
      }
    }
    ```

    </details>
    "#);
}

/// Three logins: two by root, one by admin.
fn with_events(repository: Repository) -> Repository {
    let login = |number: u8, user: &str| {
        format!(
            "{{\"_id\":\"{number}\",\"_index\":\"logs-x-default\",\"_source\":\
             {{\"@timestamp\":\"2026-01-05T10:0{number}:00Z\",\"user\":{{\"name\":\"{user}\"}}}}}}\n"
        )
    };
    let lines = [login(1, "root"), login(2, "admin"), login(3, "root")].concat();
    repository.write("events/day.ndjson", lines)
}

#[test]
fn alerts_of_both_versions_are_compared_on_files() {
    let repository = with_events(committed("user.name: (root or admin)"));
    let repository =
        repository.write("rules/r.toml", rule("A rule", "user.name: root or user.name: guest"));
    let (code, found) = json_of(&repository.0, &["main", "--events", "events"]);
    assert_eq!(code, 0);
    assert_eq!(found["data"], json!("3 events of events/day.ndjson"));
    let told = json!({
        "before": 3, "after": 2, "same": 2, "lost": 1, "gained": 0,
        "lost_samples": [
            {"time": "2026-01-05T10:02:00.000Z", "events": ["logs-x-default/2"], "key": []},
        ],
        "gained_samples": [], "reason": null,
    });
    assert_eq!(found["rules"][0]["data"], told);
    let (_, human) = run(&repository.0, &["regress", "main", "--events", "events"]);
    let line = "  on the data: 3 alerts before, 2 now: 1 lost, 0 new, 2 the same\n    lost: \
                2026-01-05T10:02:00.000Z  logs-x-default/2\n";
    assert!(human.contains(line), "{human}");
    for (arguments, told) in [
        (vec!["--events", "nowhere.ndjson"], "error: --events: there is no file `nowhere.ndjson`"),
        (vec!["--events", "-"], "error: --events: they are read twice"),
        (vec!["--engine", "http://127.0.0.1:1"], "need --index PATTERN and --from TIME"),
    ] {
        let all = [&["regress", "main"], arguments.as_slice()].concat();
        let (code, output) = run(&repository.0, &all);
        assert_eq!(code, 2, "{output}");
        assert!(output.contains(told), "{output}");
    }
}

#[test]
fn the_json_is_valid_in_all_its_parts() {
    let text = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas/regress.schema.json"),
    );
    let rules: Value = serde_json::from_str(&text.expect("the schema")).expect("JSON");
    let repository = with_events(committed("a: x")).with_cases();
    let second = rule("Another", "a: q").replace("1d485649", "2d485649");
    let repository = repository.write("rules/r.toml", rule("A rule", "a: y"));
    let repository = repository.write("rules/s.toml", second).write(
        "accepted.toml",
        "[[accepted]]\nrule = \"gone\"\nhash = \"0123456789abcdef\"\nreason = \"x\"\n",
    );
    for arguments in [&["main"][..], &["main", "--events", "events"]] {
        let all = [&["regress", "--format", "json", "--out", "r.json"], arguments].concat();
        assert_eq!(run(&repository.0, &all).0, 0);
        let text = fs::read_to_string(repository.0.join("r.json")).expect("a report");
        let found: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(found["rules"][0]["change"], json!("both"));
        assert_eq!(schema::faults(&rules, &found), [""; 0], "{found}");
        assert_eq!(found["stale"][0], "the accepted change of gone is of no rule that there is");
    }
}

#[test]
fn accepted_changes_pass_until_the_rule_changes_again() {
    let repository = committed("user.name: (root or admin)");
    let repository = repository.write("rules/r.toml", rule("A rule", "user.name: root"));
    let gate = ["main", "--fail-on", "unreviewed"];
    assert_eq!(json_of(&repository.0, &gate).0, 5);
    let (code, output) =
        run(&repository.0, &["regress", "main", "--accept", "admin is no login \"any\" more"]);
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("1 change accepted in accepted.toml"), "{output}");
    assert!(output.contains("  accepted: admin is no login \"any\" more\n"), "{output}");
    assert_eq!(json_of(&repository.0, &gate).0, 0);
    // Other gates say what the rules do.
    assert_eq!(json_of(&repository.0, &["main", "--fail-on", "lost"]).0, 5);
    // Accepting again adds nothing.
    let (_, output) = run(&repository.0, &["regress", "main", "--accept", "again"]);
    assert!(output.contains("0 changes accepted"), "{output}");
    let repository = repository.write("rules/r.toml", rule("A rule", "user.name: guest"));
    let (code, output) = run(&repository.0, &[&["regress"], &gate[..]].concat());
    assert_eq!(code, 5, "{output}");
    assert!(output.contains("is of another version"), "{output}");
    for (file, told) in [
        ("[[accepted]]\nrule = \"x\"\nhash = \"y\"\nreason = \" \"\n", "the reason is empty"),
        ("[[accept]]\nrule = \"x\"\n", "unknown key `accept`"),
    ] {
        fs::write(repository.0.join("accepted.toml"), file).expect("a file");
        let (code, output) = run(&repository.0, &["regress", "main"]);
        assert_eq!(code, 2, "{output}");
        assert!(output.contains(told), "{output}");
    }
}

#[test]
fn a_branch_is_compared_with_where_it_left_main() {
    let repository = committed("user.name: root");
    git(&repository.0, &["checkout", "--quiet", "-b", "tuning"]);
    let repository = repository.write("rules/r.toml", rule("A rule", "user.name: (root or x)"));
    git(&repository.0, &["commit", "--quiet", "--all", "--message=tuning"]);
    git(&repository.0, &["checkout", "--quiet", "main"]);
    let repository = repository.write("rules/other.toml", "broken");
    git(&repository.0, &["add", "."]);
    git(&repository.0, &["commit", "--quiet", "--message=beside"]);
    git(&repository.0, &["checkout", "--quiet", "tuning"]);
    // What happened on main in the meantime is not told, with or without its name.
    for arguments in [&["--against", "main"][..], &[]] {
        let (code, found) = json_of(&repository.0, arguments);
        assert_eq!(code, 0);
        let paths: Vec<&Value> =
            found["rules"].as_array().expect("rules").iter().map(|rule| &rule["path"]).collect();
        assert_eq!(paths, [&json!("r.toml")], "{arguments:?}");
        assert_eq!(found["rules"][0]["change"], json!("wider"));
    }
}

#[test]
fn release_notes_and_evidence_say_what_is_caught() {
    let repository = committed("user.name: (root or admin)");
    let repository = repository
        .write("rules/r.toml", rule("A rule", "user.name: (root or guest) and not host.name: lab"));
    git(&repository.0, &["commit", "--quiet", "--all", "--message=second"]);
    let (code, notes) = run(&repository.0, &["regress", "--release", "HEAD~1..HEAD"]);
    assert_eq!(code, 0, "{notes}");
    insta::assert_snapshot!(notes, @r#"
    # Detection rules: HEAD~1..HEAD

    ## Changed rules

    ### A rule

    `r.toml`

    - now also catches events with `user.name = "guest"`
    - no longer alerts on events with `user.name = "admin"`

    0 rules unchanged.
    "#);
    let (_, evidence) = run(&repository.0, &["regress", "HEAD~1", "--evidence"]);
    insta::assert_snapshot!(evidence, @r#"
    ## Evidence

    ### A rule

    `r.toml` alerts on other events, and no longer on some.

    **No longer caught**, since the new clause `user.name = "guest"` does not hold, and the former clause `user.name = "admin"` holds:

    ```json
    {
      "@timestamp": "2025-12-31T23:59:59.000Z",
      "data_stream": {
        "dataset": "apm",
        "namespace": "default",
        "type": "traces"
      },
      "ecs": {
        "version": "8.17.0"
      },
      "event": {
        "dataset": "apm",
        "kind": "event",
        "module": "apm"
      },
      "user": {
        "name": "admin"
      }
    }
    ```

    **Newly caught**, since the former clause `user.name = "admin"` does not hold, and the new clause `user.name = "guest"` holds:

    ```json
    {
      "@timestamp": "2025-12-31T23:59:59.000Z",
      "data_stream": {
        "dataset": "apm",
        "namespace": "default",
        "type": "traces"
      },
      "ecs": {
        "version": "8.17.0"
      },
      "event": {
        "dataset": "apm",
        "kind": "event",
        "module": "apm"
      },
      "user": {
        "name": "guest"
      }
    }
    ```

    **On data**

    - the cases raise as many alerts as before
    - no other data was given (`--events FILES` or `--engine URL`)
    "#);
    let page = ["regress", "HEAD~1", "--format", "html", "--out", "page.html"];
    assert_eq!(run(&repository.0, &page), (0, String::new()));
    let page = fs::read_to_string(repository.0.join("page.html")).expect("a page");
    for part in ["<h3>Query before</h3>", "<h3>Query now</h3>", "<h3>No longer caught</h3>"] {
        assert!(page.contains(part), "{part}");
    }
}
