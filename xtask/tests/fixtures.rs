//! Fixtures as people have them, and what is said of those that cannot bite; where
//! warnings and places are told. Through the binary, on repositories of their own.

use std::io::Write;
use std::path::Path;

use crate::support::repository::{Repository, rule, run};
use serde_json::{Value, json};

const OK: i32 = 0;
const USAGE: i32 = 2;
const FAILED: i32 = 3;
const NOTHING_RAN: i32 = 4;

/// Alerts on [`document`].
const QUERY: &str = "event.action: SendCommand";

fn document() -> Value {
    json!({
        "@timestamp": "2026-01-05T10:15:00.000Z",
        "event": {"action": "SendCommand", "provider": "ssm.amazonaws.com"}
    })
}

fn hit(id: &str) -> Value {
    json!({"_index": ".ds-logs-aws.cloudtrail-default-2026.01.05-000001", "_id": id,
           "_score": 1.0, "_source": document()})
}

/// A rule with a case of each kind, both of which hold.
fn good() -> Repository {
    let other = json!({"@timestamp": "2026-01-05T10:15:00Z", "event.action": "Other"});
    Repository::with_rule(QUERY)
        .write("cases/r/positive/p.json", document().to_string())
        .write("cases/r/negative/n.json", other.to_string())
}

/// The exit code of `arguments` in `repository`, with every one of `phrases` in its
/// output; returns the output.
#[track_caller]
fn check(repository: &Repository, arguments: &[&str], code: i32, phrases: &[&str]) -> String {
    let (found, text) = run(&repository.0, arguments);
    assert_eq!(found, code, "{text}");
    for phrase in phrases {
        assert!(text.contains(phrase), "no `{phrase}` in\n{text}");
    }
    text
}

/// The output of a run that took no time.
fn screen(repository: &Repository, arguments: &[&str]) -> String {
    let (code, text) = run(&repository.0, arguments);
    let timed = |line: &str| match line.split_once(" in 0.") {
        Some((head, tail)) => {
            format!("{head} in 0.00{}", tail.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => line.trim_end().to_owned(),
    };
    let lines: Vec<String> = text.lines().map(timed).collect();
    format!("{}\nexit code {code}", lines.join("\n"))
}

#[test]
fn a_wrapper_in_a_negative_case_never_passes() {
    let one = hit("1");
    let search = json!({"took": 3, "hits": {"total": {"value": 1}, "hits": [one]}});
    let bulk = format!("{}\n{}\n", json!({"index": {"_id": "1"}}), document());
    let noisy = "cases/r/negative/w.json raised 1 alert but should not have";
    for (name, content, phrase) in [
        ("a search", search.to_string(), noisy),
        ("its hits", search["hits"].to_string(), noisy),
        ("asynchronous", json!({"is_running": false, "response": search}).to_string(), noisy),
        ("Kibana", json!({"rawResponse": search}).to_string(), noisy),
        ("searches", json!({"responses": [search]}).to_string(), noisy),
        ("documents", json!({"docs": [one]}).to_string(), noisy),
        ("a pipeline", json!({"docs": [{"doc": one}]}).to_string(), noisy),
        ("EQL", json!({"hits": {"events": [one]}}).to_string(), noisy),
        ("sequences", json!({"hits": {"sequences": [{"events": [one]}]}}).to_string(), noisy),
        ("bulk", bulk, noisy),
        ("a mark", format!("\u{feff}{}", document()), noisy),
        ("line ends", document().to_string().replace(',', ",\r\n"), noisy),
        (
            "fields",
            json!({"_id": "1", "fields": {"event.action": ["SendCommand"]}}).to_string(),
            noisy,
        ),
        ("a hit of nothing", json!({"_id": "1", "_score": 1}).to_string(), "has no `_source`"),
        ("ES|QL", json!({"columns": [], "values": []}).to_string(), "holds rows, not documents"),
        ("expected", json!({"expected": [document()]}).to_string(), "elastic-package"),
        ("events", json!({"events": [{"message": "x"}]}).to_string(), "elastic-package"),
        ("CloudTrail", json!({"Records": [{"eventName": "x"}]}).to_string(), "AWS CloudTrail"),
        ("EVTX", json!({"Event": {"System": {}}}).to_string(), "Windows event log"),
        ("around", json!({"doc": document()}).to_string(), "the events lie inside `doc`"),
        ("nothing", json!({"hits": {"hits": []}}).to_string(), "has no hits"),
    ] {
        let repository = good().write("cases/r/negative/w.json", &content);
        let (code, text) = run(&repository.0, &["test"]);
        assert_eq!(code, FAILED, "{name}: {text}");
        assert!(text.contains(phrase), "{name}: no `{phrase}` in\n{text}");
        assert!(!text.contains("no negative case"), "one cause, one error: {text}");
    }
}

#[test]
fn events_follow_each_other_whatever_the_ending() {
    let two = format!("{}{}", document(), document());
    for (name, content) in [
        ("w.json", two.clone()),
        ("w.ndjson", two),
        ("w.jsonl", json!([document(), document()]).to_string()),
        ("w.NDJSON", format!("{:#}\n{:#}", document(), document())),
        ("w.log", format!("{}\n{}\n", document(), document())),
    ] {
        let repository = good().write(&format!("cases/r/negative/{name}"), &content);
        check(&repository, &["test"], FAILED, &["raised 2 alerts but should not have"]);
    }
}

#[test]
fn an_alert_is_taken_for_its_event() {
    let alert = json!({
        "_index": ".internal.alerts-security.alerts-default-000001", "_id": "a1",
        "_source": {
            "@timestamp": "2026-01-05T10:20:00.000Z", "event.action": "SendCommand",
            "event.kind": "signal", "kibana.alert.rule.name": "A rule",
            "kibana.alert.original_time": "2026-01-05T10:15:00.000Z",
            "kibana.alert.ancestors": [{"id": "x", "type": "event", "depth": 0,
                                        "index": ".ds-logs-aws.cloudtrail-default-2026.01.05-000001"}]
        }
    });
    let repository = good().write("cases/r/negative/w.json", alert.to_string());
    let noisy = "cases/r/negative/w.json raised 1 alert but should not have";
    check(&repository, &["test"], FAILED, &[noisy]);
}

#[test]
fn events_are_read_packed_and_in_utf_16() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(document().to_string().as_bytes()).expect("memory is writable");
    let utf_16 = format!("\u{feff}{}", document());
    for (name, content) in [
        ("w.json.gz", packed.finish().expect("memory is writable")),
        ("w.json", utf_16.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ] {
        let repository = good().write(&format!("cases/r/negative/{name}"), content);
        check(
            &repository,
            &["test"],
            FAILED,
            &[&format!("{name} raised 1 alert but should not have")],
        );
    }
}

#[test]
fn documents_that_elasticsearch_refuses_are_errors() {
    for (content, phrase) in [
        (
            r#"{"@timestamp": "yesterday", "event.action": "x"}"#,
            "`@timestamp` is not a date: \"yesterday\"",
        ),
        (r#"{"@timestamp": "2026-01-05 10:15:00"}"#, "`@timestamp` is not a date"),
        (
            r#"{"event": {"action": "SendCommand", "action": "x"}}"#,
            "the key `action` is stated twice",
        ),
        (
            r#"{"host": "srv1", "event.action": "x"}"#,
            "`host` is \"srv1\", and an object by its mapping",
        ),
        (r#"{"process": {"pid": {"value": 1}}}"#, "`process.pid` is an object, and a long"),
        (r#"{"event.action": "x", "": 1}"#, "a field has an empty name"),
        (r#"{"a..b": 1}"#, "has an empty part"),
    ] {
        let repository = good().write("cases/r/negative/w.json", content);
        check(&repository, &["test"], FAILED, &["--> cases/r/negative/w.json", phrase]);
    }
}

#[test]
fn what_cannot_bite_is_told() {
    let raw = json!({"eventName": "SendCommand", "eventSource": "ssm", "eventTime": "x"});
    let log = [
        json!({"@timestamp": "2026-01-05T10:15:00Z", "event.action": "SendCommand"}),
        json!({"@timestamp": "2026-01-05T10:29:00Z", "event.action": "Other"}),
        json!({"@timestamp": "2026-01-05T10:30:00Z", "process.name": "x"}),
    ];
    let log: Vec<String> = log.iter().map(ToString::to_string).collect();
    let warned = good()
        .write("cases/r/negative/a_day.ndjson", log.join("\n"))
        .write("cases/r/negative/untimed.json", r#"{"event.action": "x", "source.ip": "n/a"}"#);
    check(&warned, &["test"], 0, &["1 passed; 3 warnings"]);
    check(&warned, &["test", "--deny-warnings"], FAILED, &["1 passed"]);
    let repository = warned.write("cases/r/negative/raw.json", raw.to_string());
    insta::assert_snapshot!("cannot_bite", screen(&repository, &["test"]));
    let phrases = ["cases/r/negative/a_day.ndjson: raised an alert on #1 but should not have"];
    check(&repository, &["test", "--schedule"], FAILED, &phrases);
}

/// A rule with an unknown key, and cases with values that do not fit.
fn warned() -> Repository {
    let odd = rule("A rule", QUERY).replace("severity =", "severty_mapping = []\nseverity =");
    let malformed = |action: &str| json!({"@timestamp": "2026-01-05T10:15:00Z", "event.action": action, "source.ip": "n/a"});
    let odd = odd.replace(QUERY, "event.action: SendCommand and not source.ip: 192.0.2.1");
    Repository::new()
        .write("rules/linux/r.toml", odd)
        .write("cases/linux/r/positive/p.json", malformed("SendCommand").to_string())
        .write("cases/linux/r/negative/n.json", malformed("x").to_string())
        .write("cases/linux/r/negative/m.json", malformed("y").to_string())
}

#[test]
fn warnings_are_told_in_every_format() {
    let repository = warned();
    insta::assert_snapshot!("warnings", screen(&repository, &["test"]));
    let key = "rules/linux/r.toml";
    for format in ["json", "github", "markdown", "junit"] {
        let text = check(&repository, &["test", "--format", format], OK, &[key, "severty_mapping"]);
        let plain = text.replace("&quot;", "\"").replace('\\', "");
        assert!(plain.contains("`source.ip` cannot hold \"n/a\""), "{format}: {text}");
        check(&repository, &["test", "--format", format, "--deny-warnings"], FAILED, &[]);
    }
    let html = ["coverage", "--no-mutants", "--format", "html", "--out", "page.html"];
    check(&repository, &html, OK, &[]);
    let page = std::fs::read_to_string(repository.0.join("page.html")).expect("a page");
    assert!(page.contains("severty_mapping") && page.contains("`source.ip` cannot hold"), "{page}");
    assert!(page.contains("2 warnings"), "counted on the page");
    for verb in ["coverage", "mutants"] {
        check(&repository, &[verb], OK, &["severty_mapping", "2 warnings"]);
        check(&repository, &[verb, "--deny-warnings"], FAILED, &[]);
    }
    check(&good(), &["test", "--deny-warnings"], OK, &["1 passed\n"]);
}

#[test]
fn files_of_people_and_editors_are_no_cases() {
    let repository = good()
        .write("cases/README.md", "# Cases")
        .write("cases/.gitkeep", "")
        .write("cases/r/.DS_Store", b"\0\0\0\x01Bud1")
        .write("cases/r/positive/.p.json.swp", "x")
        .write("cases/r/positive/p.json~", "x")
        .write("exceptions/.gitkeep", "")
        .write("exceptions/README.md", "");
    check(&repository, &["test"], OK, &["1 passed\n"]);
}

#[test]
fn wrong_names_get_the_right_ones() {
    for (path, content, code, phrases) in [
        ("cases/r/positives/w.json", "{}", FAILED, &["did you mean positive/?"][..]),
        ("cases/r/Negative/w.json", "{}", FAILED, &["did you mean negative/?"]),
        (
            "cases/r/case.toml",
            "[positive.p]\nalert = 1",
            FAILED,
            &["unknown key `alert`", "did you mean `alerts`?", "cases/r/case.toml:2:1"],
        ),
        ("cases/r/case.toml", "[positives.p]\nalerts = 1", FAILED, &["did you mean `positive`?"]),
        (
            "cases/r/case.toml",
            "[positive.q]\nalerts = 1",
            FAILED,
            &["there is no case `positive/q`"],
        ),
        (
            "harness.toml",
            "rule = \"rules\"",
            USAGE,
            &["unknown key `rule`", "did you mean `rules`?", "harness.toml:1:1"],
        ),
        (
            "harness.toml",
            "[schema]\nunmaped = \"strict\"",
            USAGE,
            &["did you mean `unmapped`?", "harness.toml:2:1"],
        ),
        (
            "harness.toml",
            "rules = \"rulse\"",
            USAGE,
            &["there is no folder rulse", "harness.toml:1:9"],
        ),
        (
            "harness.toml",
            "[schema]\nmappings = [\"m.json\"]",
            USAGE,
            &["there is no mapping file m.json", "harness.toml:2:13"],
        ),
        ("cases/q/positive/p.json", "{}", FAILED, &["there is no rule rules/q.toml"]),
    ] {
        check(&good().write(path, content), &["test"], code, phrases);
    }
    let repository = Repository::new().write("rules/linux/root_login.toml", rule("A rule", QUERY));
    for filter in ["linux/root_logn", "linux/root_logn.toml", "root_lgin"] {
        for verb in ["test", "coverage", "mutants"] {
            let phrases = ["did you mean `linux/root_login`?"];
            check(&repository, &[verb, filter], NOTHING_RAN, &phrases);
        }
    }
}

#[test]
fn one_cause_is_one_error() {
    let repository = Repository::with_rule(QUERY)
        .write("cases/r/negative/n.json", r#"{"event.action": "x"}"#)
        .write("cases/r/positive/p.json", "{\"event.action\": ")
        .write("cases/r/case.toml", "[positive.p]\nalerts = 1\n");
    let text = check(&repository, &["test"], FAILED, &["not JSON", "cases/r/positive/p.json:1:17"]);
    assert_eq!(text.matches("error[").count(), 1, "{text}");
    assert!(text.contains("1 failed"), "{text}");

    let others = good()
        .write("rules/s.toml", rule("Another", QUERY).replace("1d485649", "2d485649"))
        .write("cases/s/case.toml", "[positive.p]\nalert = 1\n")
        .write("cases/t/positive/p.json", "no JSON");
    check(&others, &["test"], FAILED, &["cases/s/case.toml", "cases/t/positive/p.json"]);
    let text = check(&others, &["test", "rules/r.toml"], OK, &["1 passed"]);
    assert!(!text.contains("error["), "{text}");
    insta::assert_snapshot!(
        "elsewhere",
        screen(&others, &["test", "1d485649-d486-4f1d-a99c-8d64795795ad"])
    );
}

#[test]
fn equal_errors_of_many_files_are_told_once() {
    let mut repository = Repository::new();
    for number in 0..30 {
        repository = repository.write(&format!("rules/r{number:02}.toml"), "[metadata]\n");
    }
    let text =
        check(&repository, &["test"], FAILED, &["the same in 29 more places: rules/r01.toml"]);
    assert!(text.len() < 8_000, "{text}");
}

/// Every path in front of a place, or after an arrow.
fn paths(text: &str) -> Vec<String> {
    let between = |c: char| c.is_whitespace() || "(),<>\"`'".contains(c);
    let words = text.split(between);
    let named = words.filter_map(|word| {
        let end = [".toml", ".json", ".ndjson"]
            .iter()
            .filter_map(|end| Some(word.find(end)? + end.len()));
        Some(word[..end.max()?].trim_start_matches("file=").to_owned())
    });
    named.filter(|path| path.contains('/')).collect()
}

#[test]
fn every_path_opens_from_the_current_folder() {
    let repository = || {
        warned()
            .write("rules/linux/broken.toml", "[rule]\nname = 1\n")
            .write("cases/linux/r/negative/noisy.json", document().to_string())
            .write("cases/linux/r/negative/syntax.json", "{")
            .write("cases/linux/r/case.toml", "[negative.noisy]\nalert = 1\n")
            .write("exceptions/l.json", "{")
    };
    let nested = repository();
    let name = nested.0.file_name().expect("a name").to_str().expect("plain").to_owned();
    let above = nested.0.parent().expect("a folder above").to_owned();
    let below = nested.0.join("cases/linux");
    let (rules, cases) = (format!("{name}/rules"), format!("{name}/cases"));
    for (folder, flags) in [
        (nested.0.as_path(), &[][..]),
        (above.as_path(), &["--root", name.as_str()]),
        (
            above.as_path(),
            &["--root", name.as_str(), "--rules", rules.as_str(), "--cases", cases.as_str()],
        ),
        (below.as_path(), &["--root", "../.."]),
        (Path::new("/"), &["--root", nested.0.to_str().expect("plain")]),
    ] {
        for format in ["human", "json", "github", "markdown", "junit"] {
            let arguments = [&["test", "--format", format], flags].concat();
            let (code, text) = run(folder, &arguments);
            assert_eq!(code, FAILED, "{text}");
            let found = paths(&text);
            assert!(found.len() > 4, "{found:?} in {text}");
            // Annotations name files from the repository.
            let checkout = || folder.ancestors().find(|one| one.join(".git").exists());
            let base = if format == "github" { checkout().unwrap_or(folder) } else { folder };
            for path in found {
                assert!(base.join(&path).exists(), "{path} from {base:?} {flags:?}\n{text}");
            }
        }
    }
}

/// The command that explains a failure works where the failure is shown.
#[test]
fn the_command_that_explains_can_be_pasted() {
    let repository = Repository::new()
        .write("my rules/a/r.toml", rule("A rule", QUERY))
        .write("my cases/a/r/positive/it's.json", r#"{"event.action": "x"}"#)
        .write("my cases/a/r/negative/n.json", r#"{"event.action": "x"}"#);
    let above = repository.0.parent().expect("a folder above").to_owned();
    let name = repository.0.file_name().expect("a name").to_str().expect("plain").to_owned();
    let (rules, cases) = (format!("{name}/my rules"), format!("{name}/my cases"));
    for (folder, flags) in [
        (repository.0.as_path(), vec!["--rules", "my rules", "--cases", "my cases"]),
        (&above, vec!["--root", &name, "--rules", &rules, "--cases", &cases]),
    ] {
        let (code, text) = run(folder, &[&["test"][..], &flags].concat());
        assert_eq!(code, FAILED, "{text}");
        let command = text.lines().find_map(|line| line.trim().strip_prefix("explain: "));
        let command = command.expect("a command").strip_prefix("cargo xtask ").expect("of xtask");
        let shell = std::process::Command::new("sh")
            .args(["-c", &format!("\"$0\" {command}"), env!("CARGO_BIN_EXE_xtask")])
            .current_dir(folder)
            .output()
            .expect("a shell");
        let told = String::from_utf8_lossy(&shell.stdout);
        assert!(shell.status.success() && told.contains("event.action"), "{command}\n{told}");
    }
}

#[test]
fn folders_that_are_none_are_named_with_their_flag() {
    let repository = good();
    for (flag, place, phrase) in [
        ("--root", "nope", "the folder of --root, nope, does not exist"),
        ("--rules", "nope", "the folder of --rules, nope, does not exist"),
        ("--cases", "nope", "the folder of --cases, nope, does not exist"),
        ("--cases", "cases/r/positive/p.json", "is a file, not a folder"),
    ] {
        for verb in ["test", "coverage", "mutants"] {
            check(&repository, &[verb, flag, place], USAGE, &[phrase]);
        }
        check(&repository, &["explain", "r", flag, place], USAGE, &[phrase]);
    }
    let empty = Repository::new();
    std::fs::remove_dir(empty.0.join("rules")).expect("a folder");
    check(&empty, &["test"], USAGE, &["the folder of rules, rules, is not there"]);
    let sided =
        Repository::with_rule(QUERY).write("mine/r/positive/p.json", document().to_string());
    check(&sided, &["test", "--cases", "mine"], FAILED, &["add mine/r/negative/<case>.json"]);
}

#[test]
fn a_report_goes_where_it_is_sent() {
    let repository = Repository::with_rule("a: x").with_cases();
    assert_eq!(repository.test().0, OK);
    let folder = ["test", "--out", "rules"];
    check(&repository, &folder, 1, &["error: --out rules: is a folder, not a file"]);
    check(&repository, &["test", "--out", "-"], OK, &["1 passed"]);
    assert!(!repository.0.join("-").exists());
    assert_eq!(run(&repository.0, &["test", "--out", "deep/er/x"]), (OK, String::new()));
    assert!(repository.0.join("deep/er/x").is_file());
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        check(&repository, &["test", "--out", "/dev/null"], OK, &[]);
        let about = std::fs::metadata("/dev/null").expect("a device");
        assert!(about.file_type().is_char_device(), "it is still a device");
        std::os::unix::fs::symlink("deep/er/x", repository.0.join("link")).expect("a link");
        check(&repository, &["test", "--format", "json", "--out", "link"], OK, &[]);
        let link = std::fs::symlink_metadata(repository.0.join("link")).expect("a link");
        assert!(link.is_symlink(), "a link stays, what it leads to is written");
    }
}

#[test]
fn a_list_of_exceptions_that_cannot_be_used_says_why() {
    let list = "\n[[rule.exceptions_list]]\nid = \"l1\"\nlist_id = \"l\"\nnamespace_type = \"single\"\ntype = \"detection\"\n";
    let with = |content: &str| {
        good()
            .write("rules/r.toml", format!("{}{list}", rule("A rule", QUERY)))
            .write("exceptions/l.json", content)
    };
    let nested = json!([{"item_id": "i1", "list_id": "l", "name": "n", "entries": [
        {"field": "u", "type": "nested", "entries": [
            {"field": "name", "type": "wildcard", "operator": "included", "value": "s*"}
        ]}
    ]}]);
    for filter in [&["test"][..], &["test", "1d485649-d486-4f1d-a99c-8d64795795ad"]] {
        let text = check(
            &with(&nested.to_string()),
            filter,
            NOTHING_RAN,
            &["exception `n`: an entry of type `wildcard` inside a nested entry"],
        );
        assert!(!text.contains("is not in"), "{text}");
        check(&with("{"), filter, FAILED, &["not JSON", "exceptions/l.json"]);
    }
}

#[test]
fn unsupported_rules_are_named_with_what_helps() {
    let job = rule("A job", QUERY)
        .replace(
            "type = \"query\"",
            "type = \"machine_learning\"\nanomaly_threshold = 50\nmachine_learning_job_id = \"j\"",
        )
        .replace("language = \"kuery\"\n", "")
        .replace(&format!("query = \"{QUERY}\""), "");
    let repository = Repository::new().write("rules/linux/job.toml", job);
    let text = check(&repository, &["test"], NOTHING_RAN, &["rules/linux/job.toml", "help: "]);
    assert!(text.contains("unsupported: 1 rule: "), "{text}");
}
