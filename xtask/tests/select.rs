//! Selecting rules and cases is the same for every verb.

use crate::support::repository::{Repository, git, rule, run};

const EVENT: &str = r#"{"@timestamp": "2026-01-05T10:15:00Z", "a": "x"}"#;

/// Three rules, of which the first has cases.
fn repository() -> Repository {
    let of = |name: &str, number: u8, more: &str| {
        let id = format!("{number}d485649-d486-4f1d-a99c-8d64795795ad");
        let text = rule(name, "a: x").replace("1d485649-d486-4f1d-a99c-8d64795795ad", &id);
        text.replace("severity = \"low\"", more)
    };
    Repository::new()
        .write(
            "rules/linux/ssh.toml",
            of("Root Login", 1, "severity = \"low\"\ntags = [\"OS: Linux\"]"),
        )
        .write("rules/linux/keys.toml", of("Keys", 2, "severity = \"high\""))
        .write("rules/windows/ssh.toml", of("Remote", 3, "severity = \"high\""))
        .write("cases/linux/ssh/positive/first.json", EVENT)
        .write("cases/linux/ssh/negative/other.json", r#"{"a": "y"}"#)
        .write("logs/day.ndjson", EVENT)
}

/// The verbs, with what each needs beside the choice of rules.
const VERBS: [(&str, &[&str]); 7] = [
    ("test", &[]),
    ("coverage", &[]),
    ("mutants", &[]),
    ("lint", &[]),
    ("new", &["--dry-run"]),
    ("report", &[]),
    ("backtest", &["logs/day.ndjson"]),
];

/// Checks the rules that each verb lists for a choice.
#[track_caller]
fn check(repository: &Repository, chosen: &[&str], expected: &[&str]) {
    for (verb, more) in VERBS {
        // There, a folder of cases is one of events.
        if verb == "backtest" && chosen[0].starts_with("cases/") {
            continue;
        }
        let arguments = [&[verb], chosen, more, &["--list"]].concat();
        let (code, text) = run(&repository.0, &arguments);
        let listed: Vec<&str> = text.lines().collect();
        assert_eq!((listed.as_slice(), code), (expected, 0), "{arguments:?}");
    }
    // Here the first operand is a revision.
    let names = chosen.iter().take_while(|name| !name.starts_with('-')).count();
    let named = chosen[..names].iter().flat_map(|name| ["--rule", name]);
    let arguments: Vec<&str> = ["regress", "HEAD"].into_iter().chain(named).collect();
    let arguments = [&arguments, &chosen[names..], &["--list"]].concat();
    let (code, text) = run(&repository.0, &arguments);
    let listed: Vec<&str> = text.lines().collect();
    assert_eq!((listed.as_slice(), code), (expected, 0), "{arguments:?}");
}

#[test]
fn every_verb_selects_alike() {
    let repository = repository();
    git(&repository.0, &["init", "-q"]);
    git(&repository.0, &["add", "."]);
    git(&repository.0, &["commit", "-qm", "all"]);
    let repository = repository.write("cases/linux/ssh/positive/second.json", EVENT);
    for (chosen, expected) in [
        (&["rules/linux/ssh.toml"][..], &["linux/ssh"][..]),
        (&["linux/"], &["linux/keys", "linux/ssh"]),
        (&["rules/linux"], &["linux/keys", "linux/ssh"]),
        (&["*/ssh"], &["linux/ssh", "windows/ssh"]),
        (&["root login"], &["linux/ssh"]),
        (&["2d485649"], &["linux/keys"]),
        (&["linux/keys", "windows/"], &["linux/keys", "windows/ssh"]),
        (&["cases/linux/ssh"], &["linux/ssh"]),
        (&["--tag", "linux"], &["linux/ssh"]),
        (&["--severity", "high"], &["linux/keys", "windows/ssh"]),
        (&["linux/", "--severity", "high"], &["linux/keys"]),
        (&["--type", "query"], &["linux/keys", "linux/ssh", "windows/ssh"]),
        (&["--changed"], &["linux/ssh"]),
        (&["--status", "untested"], &["linux/keys", "windows/ssh"]),
        (&["linux/", "--status", "passed"], &["linux/ssh"]),
    ] {
        check(&repository, chosen, expected);
    }
}

#[test]
fn names_that_fit_nothing_are_told_alike() {
    let repository = repository();
    let verbs = VERBS.iter().copied().chain([("explain", &[][..])]);
    for (verb, more) in verbs {
        let told = |name: &str, expected: &str| {
            let arguments = [&[verb, name], more].concat();
            let (code, text) = run(&repository.0, &arguments);
            assert_eq!(code, 4, "{arguments:?}: {text}");
            assert!(text.contains(expected), "{arguments:?}: {text}");
        };
        told(
            "linux/shs",
            "no rule has `linux/shs` in its path or name\n  did you mean `linux/ssh`",
        );
        told(
            "linux/ssh/positive/frist",
            "no case is named `linux/ssh/positive/frist`\n  did you mean `linux/ssh/positive/first`",
        );
        let (_, text) =
            run(&repository.0, &[&[verb, "linux/keys", "--tag", "linux"], more].concat());
        assert!(
            text.contains("no rule that `linux/keys` names is what else is asked for"),
            "{text}"
        );
    }
}

#[test]
fn every_verb_says_more_or_less_alike() {
    let repository = repository();
    git(&repository.0, &["init", "-q"]);
    git(&repository.0, &["add", "."]);
    git(&repository.0, &["commit", "-qm", "all"]);
    let one: [(&str, &[&str]); 4] = [
        ("explain", &["linux/ssh", "positive/first"]),
        ("regress", &["HEAD"]),
        ("init", &["--no-ci"]),
        ("schema", &["process.name"]),
    ];
    let verbs = VERBS.map(|(verb, more)| (verb, [&["linux/ssh"], more].concat()));
    for (verb, more) in verbs.into_iter().chain(one.map(|(verb, more)| (verb, more.to_vec()))) {
        let of = |flags: &[&str]| {
            let (code, text) = run(&repository.0, &[&[verb], more.as_slice(), flags].concat());
            assert_eq!(code, 0, "{verb} {flags:?}: {text}");
            text.lines().count()
        };
        let (less, usual, most) = (of(&["-q"]), of(&["-j", "1", "--no-progress"]), of(&["-v"]));
        assert!(less <= usual && usual <= most, "{verb}: {less} {usual} {most}");
        of(&["--color", "never", "--threads", "2"]);
        let (_, text) =
            run(&repository.0, &[&[verb], more.as_slice(), &["--color", "always"]].concat());
        let is_coloured = text.contains('\u{1b}');
        let is_plain =
            ["new", "report", "backtest", "init", "schema", "lint", "regress"].contains(&verb);
        assert!(is_coloured || is_plain, "{verb}: {text}");
        let (code, text) = run(&repository.0, &[&[verb], more.as_slice(), &["-q", "-v"]].concat());
        assert_eq!(code, 2, "{verb}: {text}");
    }
}

#[test]
fn explain_takes_a_rule_with_its_case() {
    let repository = repository();
    for name in ["linux/ssh/positive/first", "cases/linux/ssh/positive/first.json"] {
        let (code, text) = run(&repository.0, &["explain", name]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("alert, as it should"), "{text}");
    }
    let (code, text) = run(&repository.0, &["explain", "ssh", "--tag", "linux"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = run(&repository.0, &["explain", "ssh"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("it may be `linux/ssh` or `windows/ssh`?"), "{text}");
}

#[test]
fn a_negative_case_that_no_index_holds_is_no_pass() {
    for (event, expected) in [
        ("{}", "its event is empty"),
        (r#"{"@timestamp": "2026-01-05T10:15:00Z", "message": "a=x"}"#, "a raw line of a log"),
        (r#"{"event.original": "a=x", "ecs": {"version": "8"}}"#, "a raw line of a log"),
    ] {
        let repository =
            Repository::with_rule("a: x").with_cases().write("cases/r/negative/n.json", event);
        let (code, text) = repository.test();
        assert_eq!(code, 3, "{text}");
        assert!(text.contains(expected), "{text}");
    }
    // A rule on the line itself is judged by it.
    let repository = Repository::with_rule("message: x")
        .write("cases/r/positive/p.json", r#"{"message": "x"}"#)
        .write("cases/r/negative/n.json", r#"{"message": "y"}"#);
    let (code, text) = repository.test();
    assert_eq!(code, 0, "{text}");
}
