//! Hostile and broken input through the binary: a clear error or a correct
//! answer, the documented exit code, in bounded time.

use std::fs;
use std::path::Path;

use crate::support::repository::{Repository, rule, run};

const OK: i32 = 0;
const USAGE: i32 = 2;
const FAILED: i32 = 3;
const NOTHING_RAN: i32 = 4;

/// The exit code of `repository`, with every one of `phrases` in its output.
#[track_caller]
fn check(repository: &Repository, code: i32, phrases: &[&str]) {
    let (found, text) = repository.test();
    assert_eq!(found, code, "{text}");
    for phrase in phrases {
        assert!(text.contains(phrase), "no `{phrase}` in\n{text}");
    }
}

#[test]
fn a_good_rule_passes() {
    check(&Repository::with_rule("a: x").with_cases(), OK, &["1 passed", "2 cases"]);
}

#[test]
fn queries_that_are_no_queries() {
    for (query, phrases) in [
        ("a: \"x", &["r.toml", "error", "^"][..]),
        ("a: x\\", &["r.toml", "error", "^"]),
        ("a: \\x", &["r.toml", "a backslash escapes only", "^"]),
        ("a: (x or", &["r.toml", "error", "^"]),
        ("source.ip: \"2001:db8::/999\"", &["r.toml", "error"]),
    ] {
        check(&Repository::with_rule(query).with_cases(), FAILED, phrases);
    }
}

#[test]
fn deep_parentheses_are_refused() {
    let deep = format!("{}a: x{}", "(".repeat(100_000), ")".repeat(100_000));
    check(&Repository::with_rule(&deep).with_cases(), FAILED, &["deep", "r.toml"]);
    check(&Repository::with_rule(&"not ".repeat(100_000)).with_cases(), FAILED, &["r.toml"]);
}

#[test]
fn ten_megabytes_of_query_are_answered() {
    let many: Vec<String> = (0..700_000).map(|n| format!("\"v{n:08}\"")).collect();
    let long = format!("a: ({} or x)", many.join(" or "));
    assert!(long.len() > 10_000_000);
    check(&Repository::with_rule(&long).with_cases(), OK, &["1 passed"]);
}

#[test]
fn files_that_are_no_rules() {
    let empty = Repository::new().write("rules/r.toml", "").with_cases();
    check(&empty, FAILED, &["r.toml", "error"]);
    let binary = Repository::new().write("rules/r.toml", b"[rule]\nname = \"\xff\"").with_cases();
    check(&binary, FAILED, &["r.toml", "UTF-8"]);
}

#[test]
fn files_that_are_no_fixtures() {
    let huge = format!("{{\"a\": \"{}\"}}\n", "x".repeat(50_000_000));
    for (name, content, phrase) in [
        ("p.json", &b"no JSON"[..], "not JSON"),
        ("p.json", b"", "empty"),
        ("p.json", b"[]", "no event"),
        ("p.ndjson", b"\n \n", "no event"),
        ("p.json", b"[1]", "an event is a JSON object"),
        ("p.json", b"{\"a\": \"\xff\"}", "UTF-8"),
        ("p.csv", b"a,b\n1,2\n", "is a table (CSV), not JSON"),
        ("p.ndjson", huge.as_bytes(), "more than the limit"),
        ("p.json", "[".repeat(100_000).as_bytes(), "not JSON"),
    ] {
        let repository = Repository::with_rule("a: x").with_cases();
        let path = format!("cases/r/positive/bad_{name}");
        check(&repository.write(&path, content), FAILED, &[phrase, &path["cases/".len()..]]);
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_root_are_not_followed() {
    let outside = Repository::with_rule("a: x").with_cases();
    for (file, code) in [("rules/s.toml", FAILED), ("cases/r/positive/q.json", FAILED)] {
        let repository = Repository::with_rule("a: x").with_cases();
        let target =
            if file.starts_with("rules") { "rules/r.toml" } else { "cases/r/positive/p.json" };
        std::os::unix::fs::symlink(outside.0.join(target), repository.0.join(file))
            .expect("a link");
        check(&repository, code, &["leads out of"]);
    }
}

#[test]
fn an_ipv6_network_on_a_keyword_is_a_plain_value() {
    let repository = Repository::with_rule("host.name: \"2001:db8::/32\"")
        .write("cases/r/positive/p.json", r#"{"host.name": "2001:db8::/32"}"#)
        .write("cases/r/negative/n.json", r#"{"host.name": "2001:db8::1"}"#);
    check(&repository, OK, &["1 passed"]);
}

#[test]
fn control_characters_never_reach_the_terminal() {
    let name = "evil \u{1b}[2J\u{7}\u{202e}name";
    let repository = Repository::new()
        .write("rules/r.toml", rule(name, "a: x"))
        .write("cases/r/positive/p.json", "{\"a\": \"\\u001b[31m\"}")
        .write("cases/r/negative/n.json", r#"{"a": "y"}"#);
    let (code, text) = repository.test();
    assert_eq!(code, FAILED, "{text}");
    assert!(text.contains("evil \\u{1b}[2J\\u{7}\\u{202e}name"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
}

#[test]
fn what_is_missing_is_said() {
    check(&Repository::with_rule("a: x"), NOTHING_RAN, &["1 untested"]);
    check(&Repository::new(), NOTHING_RAN, &["nothing ran"]);
    let one_sided = Repository::with_rule("a: x").write("cases/r/positive/p.json", r#"{"a": "x"}"#);
    check(&one_sided, FAILED, &["no negative case"]);
    let orphan = Repository::with_rule("a: x").with_cases().write("cases/s/positive/p.json", "{}");
    check(&orphan, FAILED, &["there is no rule rules/s.toml"]);
}

#[test]
fn a_failing_case_names_the_clause_and_the_value() {
    let missed = Repository::with_rule("a: x and host.name: h")
        .with_cases()
        .write("cases/r/positive/p.json", r#"{"a": "x", "host.name": "other"}"#);
    check(&missed, FAILED, &["FAIL cases/r/positive/p.json", "needs host.name", "\"other\""]);
    let noisy = Repository::with_rule("a: x")
        .with_cases()
        .write("cases/r/negative/n.json", r#"{"a": "x"}"#);
    check(&noisy, FAILED, &["FAIL cases/r/negative/n.json", "let through by", "\"x\""]);
}

/// A repository with the EQL rule `r`.
fn with_eql(query: &str) -> Repository {
    let rule = rule("A rule", query).replace("\"kuery\"", "\"eql\"");
    let rule = rule.replace("type = \"query\"", "type = \"eql\"");
    Repository::new().write("rules/r.toml", rule)
}

#[test]
fn hostile_eql_is_refused_or_answered() {
    let event = |condition: String| format!("any where {condition}");
    let values = vec!["\"v\""; 100_000].join(", ");
    let matches_x = |query: String| (query, OK, "1 passed");
    for (query, code, phrase) in [
        (event("(".repeat(100_000)), FAILED, "levels of nesting"),
        (event(format!("{}a == \"x\"", "not ".repeat(100_000))), FAILED, "levels of nesting"),
        (event(format!("1{} == 1", " + 1".repeat(10_000))), FAILED, "r.toml"),
        matches_x(event(format!("a in ({values}, \"x\")"))),
        matches_x(event(format!("a : ({values}, \"x*\")"))),
        matches_x(event(format!("a == \"x\"{}", " or a == \"z\"".repeat(50_000)))),
        matches_x(event("a regex \"(x*)*(x|xx|x?)*\"".to_owned())),
        (event("a regex \"(((a{1,900}){1,900}){1,900}){1,900}\"".to_owned()), FAILED, "r.toml"),
        (event(format!("a regex \"{}\"", "x?".repeat(100_000))), FAILED, "r.toml"),
        matches_x(event(format!("a like \"*x{}\"", "*".repeat(10_000)))),
        (format!("sequence {}", "[any where true] ".repeat(10_000)), NOTHING_RAN, "10000 stages"),
        (
            "sequence with maxspan=99999999999999d [any where a] [any where b]".to_owned(),
            FAILED,
            "`maxspan` is too long",
        ),
        (
            "sequence with maxspan=0d [any where a] [any where b]".to_owned(),
            FAILED,
            "`maxspan` must be positive",
        ),
        ("any where a == \"x\" | head 99999999999999999999".to_owned(), FAILED, "whole number"),
    ] {
        check(&with_eql(&query).with_cases(), code, &[phrase]);
    }
}

#[test]
fn a_failing_sequence_says_what_is_in_the_way() {
    let query = "sequence by host.id, user.name with maxspan=5s \
                 [any where a == \"x\"] [any where a == \"y\"] until [any where a == \"u\"]";
    let event = |second: u32, a: &str, user: &str| {
        format!(
            r#"{{"@timestamp": "2026-01-01T00:00:{second:02}Z", "a": "{a}", "host.id": "h"{user}}}"#
        )
    };
    let (ann, bob) = (r#", "user.name": "ann""#, r#", "user.name": "bob""#);
    for (events, phrases) in [
        ([event(0, "x", ann), event(1, "z", ann)], &["stage 2", "needs a = \"y\""][..]),
        (
            [event(0, "x", ann), event(1, "y", bob)],
            &[
                "stage 2 has no event of this key",
                "stage 2 has its event where user.name is bob, not ann",
            ],
        ),
        (
            [event(0, "x", ann), event(7, "y", ann)],
            &["#2 came 2 seconds too late after #1: maxspan is"],
        ),
        ([event(1, "x", ann), event(0, "y", ann)], &["1 of 2 events in order (#1)"]),
        (
            [event(0, "x", ann), event(1, "y", "")],
            &["1 of 1 events that match stage 2 have no host.id or no user.name"],
        ),
    ] {
        let lines = events.join("\n");
        let repository = with_eql(query).with_cases().write("cases/r/positive/p.ndjson", &lines);
        fs::remove_file(repository.0.join("cases/r/positive/p.json")).expect("a file");
        check(&repository, FAILED, &[&["FAIL cases/r/positive/p.ndjson"], phrases].concat());
    }
    let ended = [event(0, "x", ann), event(1, "u", ann), event(2, "y", ann)].join("\n");
    let repository = with_eql(query).with_cases().write("cases/r/positive/q.ndjson", ended);
    check(&repository, FAILED, &["until ended the sequence: #2 matches it and came before #3"]);
    let missing = "sequence with maxspan=5s [any where a == \"x\"] ![any where a == \"y\"]";
    let both = [event(0, "x", ann), event(1, "y", ann)].join("\n");
    let repository = with_eql(missing).with_cases().write("cases/r/positive/q.ndjson", both);
    check(&repository, FAILED, &["stage 2 wants no event, but #2 matches it"]);
}

#[test]
fn a_search_that_fails_is_no_pass() {
    let query =
        "sequence by ?host.id with maxspan=5s [any where a == \"x\"] ![any where a == \"z\"]";
    let event = r#"{"@timestamp": "2026-01-01T00:00:00Z", "a": "x"}"#;
    let repository = with_eql(query)
        .write("cases/r/positive/p.json", event)
        .write("cases/r/negative/n.json", event);
    check(&repository, FAILED, &["cases/r/negative/n.json fails"]);
}

#[test]
fn unmapped_fields_follow_the_switch() {
    let query = "any where a == \"x\" and not ?nowhere.known : \"y\"";
    let repository = with_eql(query).with_cases();
    check(&repository, OK, &["1 passed"]);
    let strict = "[schema]\nunmapped = \"strict\"\n";
    check(&with_eql(query).with_cases().write("harness.toml", strict), FAILED, &["positive/p"]);
    let required = with_eql("any where nowhere.known != \"y\"").with_cases();
    check(&required.write("harness.toml", strict), FAILED, &["unknown field `nowhere.known`"]);
    let wrong = with_eql(query).with_cases().write("harness.toml", "[schema]\nunmapped = \"no\"");
    check(&wrong, USAGE, &["harness.toml"]);
}

#[test]
fn arguments_that_name_nothing() {
    assert_eq!(run(Path::new("."), &["test", "--no-such-flag"]).0, USAGE);
    let (code, text) = run(Path::new("."), &["test", "--root", "/no/such/folder"]);
    assert_eq!(code, USAGE, "{text}");
    assert!(text.contains("--root, /no/such/folder, does not exist"), "{text}");
    let repository = Repository::with_rule("a: x").with_cases();
    assert_eq!(run(&repository.0, &["test", "no such rule"]).0, NOTHING_RAN);
    let escaping = Repository::new().write("harness.toml", "rules = \"../elsewhere\"");
    check(&escaping, USAGE, &["harness.toml"]);
}
