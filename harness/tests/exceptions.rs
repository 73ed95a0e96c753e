//! Exceptions, from lists on disk to alerts.

use crate::support::project::{self, case, query_rule, run_with};
use harness::case::{Case, Polarity};
use harness::exception::load_tree;
use harness::run::Run;
use harness::verdict::Status;
use serde_json::{Value, json};

/// Runs a rule with exception lists in files of these names.
fn run(rule: &str, cases: Vec<Case>, folder: &str, files: &[(&str, &str)]) -> Run {
    let root = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    for (name, text) in files {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(path, text).expect("a file is written");
    }
    run_with(rule, cases, load_tree(&root))
}

const LIST: &str = "[[rule.exceptions_list]]\nid = \"1\"\nlist_id = \"quiet\"\n\
                    namespace_type = \"single\"\ntype = \"detection\"\n";

fn item(entries: &Value) -> Value {
    json!({"item_id": "i", "name": "Item", "type": "simple", "entries": entries})
}

/// The ids of the alerts' events when this item applies.
fn check(number: usize, item: &Value, expected: &str) {
    let events = json!([
        {"_id": "ann", "user.name": "ann", "process.name": "Tool.exe", "host.os.type": "linux"},
        {"_id": "bob", "user.name": "bob", "source.ip": "10.1.2.3", "host.os.name": "macOS"},
        {"_id": "both", "user.name": ["ann", "bob"], "message": "the quick brown fox",
            "threat.enrichments": [{"matched.type": "a"}, {"matched.atomic": "b"}]}
    ]);
    let files = [
        ("quiet.json", item.to_string()),
        ("lists/nets.txt", "10.0.0.0/8\n\n192.168.0.1-192.168.0.9\n".to_owned()),
        ("lists/users.txt", "bob\n".to_owned()),
    ];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let cases = vec![case("c", &events, None)];
    let run = run(&query_rule("user.name:*", LIST), cases, &format!("item{number}"), &files);
    let rule = &run.rules[0];
    let found = match rule.cases.first() {
        Some(case) => {
            let ids: Vec<_> = case.alerts.iter().flat_map(|alert| alert.events.clone()).collect();
            ids.join(" ")
        }
        None => {
            let folder = format!("item{number}/lists/");
            let messages = rule.problems.iter().map(|found| found.diagnostic.message.clone());
            let messages: String = messages.collect();
            match messages.split_once("is not in ").zip(messages.split_once(&folder)) {
                Some(((head, _), (_, file))) => format!("{head}is not in LISTS/{file}"),
                None => messages,
            }
        }
    };
    assert_eq!(found, expected, "{item} {:?} {:?}", run.problems, rule.problems);
}

#[test]
fn entries_of_an_item_hold_together() {
    let entry = |field: &str, kind: &str, value: Value| json!({"field": field, "type": kind, "operator": "included", "value": value});
    let list = |id: &str, kind: &str, field: &str| json!([{"field": field, "type": "list", "operator": "included", "list": {"id": id, "type": kind}}]);
    let ann = entry("user.name", "match", json!("ann"));
    let table = [
        (item(&json!([ann])), "bob"),
        (item(&json!([entry("user.name", "match", json!("Ann"))])), "ann bob both"),
        (item(&json!([entry("message", "match", json!("Quick brown"))])), "ann bob"),
        (item(&json!([entry("user.name", "match_any", json!(["ann", "bob"]))])), ""),
        (item(&json!([entry("process.name", "wildcard", json!("Tool*"))])), "bob both"),
        (item(&json!([entry("process.name", "wildcard", json!("tool*"))])), "ann bob both"),
        (
            item(&json!([{"field": "source.ip", "type": "exists", "operator": "included"}])),
            "ann both",
        ),
        (item(&json!([{"field": "source.ip", "type": "exists", "operator": "excluded"}])), "bob"),
        (
            item(&json!([ann, {"field": "message", "type": "exists", "operator": "excluded"}])),
            "bob both",
        ),
        (item(&list("users", "keyword", "user.name")), "ann"),
        (item(&list("nets", "ip_range", "source.ip")), "ann both"),
        (
            item(&list("none", "ip", "source.ip")),
            "exception `Item`: the value list `none` is not in LISTS/none.txt",
        ),
        (
            item(&list("nets", "shape", "source.ip")),
            "exception `Item`: the value list `nets` is of type `shape`",
        ),
        (
            item(
                &json!([{"field": "threat.enrichments", "type": "nested", "entries": [entry("matched.type", "match", json!("a"))]}]),
            ),
            "ann bob",
        ),
        (
            item(
                &json!([{"field": "threat.enrichments", "type": "nested", "entries": [entry("matched.type", "match", json!("a")), entry("matched.atomic", "match", json!("b"))]}]),
            ),
            "ann bob both",
        ),
        (
            json!([item(&json!([ann])), item(&json!([entry("user.name", "match", json!("bob"))]))]),
            "",
        ),
        (
            {
                let mut item = item(
                    &json!([{"field": "user.name", "type": "exists", "operator": "included"}]),
                );
                item["os_types"] = json!(["linux", "macos"]);
                item
            },
            "both",
        ),
        (
            {
                let mut item = item(&json!([ann]));
                item["expire_time"] = json!("1969-12-31T23:59:59Z");
                item
            },
            "ann bob both",
        ),
        (
            {
                let mut item = item(&json!([ann]));
                item["expire_time"] = json!("1970-01-01T00:00:00.001Z");
                item
            },
            "bob",
        ),
    ];
    for (number, (item, expected)) in table.iter().enumerate() {
        check(number, item, expected);
    }
}

#[test]
fn a_miss_names_the_exception() {
    let text = item(
        &json!([{"field": "user.name", "type": "match", "operator": "included", "value": "ann"}]),
    );
    let files = [("quiet.json", text.to_string())];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let events = json!([{"user.name": "ann"}]);
    let mut lifted = case("lifted", &events, None);
    lifted.options.exceptions = Some(Vec::new());
    let cases = vec![case("silenced", &events, None), lifted];
    let run = run(&query_rule("user.name:*", LIST), cases, "miss", &files);
    let cases = &run.rules[0].cases;
    assert_eq!(cases[0].alerts.len(), 0);
    let note = cases[0].explanations[0].note.as_deref().expect("a note");
    let (item, file) = note.split_once(" (").expect("an item and its file");
    assert_eq!(item, "the exception quiet/Item");
    assert!(file.ends_with("miss/quiet.json:1:1) silences it"), "{file}");
    assert_eq!(cases[1].alerts.len(), 1);
}

#[test]
fn a_list_that_is_not_there_is_unsupported_but_for_the_endpoints() {
    let events = json!([{"user.name": "ann"}]);
    let judged = run(&query_rule("user.name:*", LIST), vec![case("c", &events, None)], "none", &[]);
    assert_eq!(judged.rules[0].status, Status::Unsupported);
    let endpoint = LIST.replace("quiet", "endpoint_list");
    let judged =
        run(&query_rule("user.name:*", &endpoint), vec![case("c", &events, None)], "none", &[]);
    assert_eq!(judged.rules[0].cases[0].alerts.len(), 1);
}

/// Lists that Kibana makes no query of: of texts, and longer than it takes.
#[test]
fn a_value_list_that_kibana_cannot_query_is_looked_up_or_has_no_effect() {
    let list = |id: &str, kind: &str| {
        item(&json!([{"field": "user.name", "type": "list", "operator": "included",
            "list": {"id": id, "type": kind}}]))
    };
    let many: Vec<String> = (0..70_000).map(|number| format!("user-{number}")).collect();
    let ranges: Vec<String> =
        (0..300).map(|number| format!("10.0.{}.1-10.0.{}.2", number / 9, number / 9)).collect();
    let sequence = "type = \"eql\"\nlanguage = \"eql\"\nquery = 'any where user.name != null'\n";
    let plain = query_rule("user.name:*", "");
    let suppressed = query_rule("user.name:*", "alert_suppression = {group_by = [\"event.id\"]}\n");
    for (number, (rule, item, silenced)) in [
        (&plain, list("texts", "text"), true),
        (&plain, list("many", "keyword"), true),
        (&plain, list("few", "keyword"), true),
        (&suppressed, list("texts", "text"), false),
        (&suppressed, list("few", "keyword"), true),
        (&project::rule(sequence), list("texts", "text"), false),
        (&project::rule(sequence), list("numbers", "double"), false),
        (&project::rule(sequence), list("many", "keyword"), false),
        (&project::rule(sequence), list("ranges", "ip_range"), false),
        (&project::rule(sequence), list("few", "keyword"), true),
    ]
    .into_iter()
    .enumerate()
    {
        let files = [
            ("quiet.json", item.to_string()),
            ("lists/texts.txt", "user-7 of another team".to_owned()),
            ("lists/few.txt", "user-7".to_owned()),
            ("lists/many.txt", many.join("\n")),
            ("lists/ranges.txt", ranges.join("\n")),
        ];
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let cases = vec![case("c", &json!([{"user.name": "user-7"}]), None)];
        let run = run(&format!("{rule}{LIST}"), cases, &format!("list{number}"), &files);
        let judged = &run.rules[0];
        let problems: Vec<_> =
            judged.problems.iter().map(|found| found.diagnostic.message.as_str()).collect();
        assert_eq!(judged.cases[0].alerts.is_empty(), silenced, "{number}: {problems:?}");
        let warned = problems.iter().any(|problem| problem.contains("is not applied"));
        assert_eq!(warned, !silenced, "{number}: {problems:?}");
    }
}

/// What is said of a negative case that alerts, for each item of a list: a note and
/// the conditions that do not hold.
#[test]
fn an_unwanted_alert_names_the_exceptions_that_did_not_stop_it() {
    let entry = |value: &str| json!({"field": "user.name", "type": "match", "operator": "included", "value": value});
    let named = |name: &str, entries: Value, expires: Option<&str>| {
        let mut item = json!({"item_id": name, "name": name, "type": "simple", "entries": entries});
        if let Some(expires) = expires {
            item["expire_time"] = json!(expires);
        }
        item
    };
    let items = [
        named("far", json!([entry("bob"), {"field": "host.id", "type": "exists"}]), None),
        named("near", json!([entry("Ann")]), None),
        named("lapsed", json!([entry("ann")]), Some("1969-12-31T23:00:00Z")),
        named("lapsed and another's", json!([entry("bob")]), Some("1969-12-31T23:00:00Z")),
        named("not yet lapsed", json!([entry("bob")]), Some("2100-01-01T00:00:00Z")),
        named(
            "listed",
            json!([{"field": "user.name", "type": "list", "operator": "included",
            "list": {"id": "numbers", "type": "double"}}]),
            None,
        ),
    ];
    let files = [
        (
            "rules_export.ndjson",
            items
                .map(|mut item| {
                    item["list_id"] = json!("quiet");
                    item.to_string()
                })
                .join("\n"),
        ),
        ("lists/numbers.txt", "1".to_owned()),
    ];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let sequence = "type = \"eql\"\nlanguage = \"eql\"\nquery = 'any where user.name != null'\n";
    let pipeline = "type = \"esql\"\nlanguage = \"esql\"\n\
                    query = 'from logs-* metadata _id | where user.name is not null'\n";
    for (number, rule) in [sequence, pipeline].into_iter().enumerate() {
        let mut noisy = case("n", &json!([{"user.name": "ann"}]), None);
        noisy.polarity = Polarity::Negative;
        let rule = format!("{}{LIST}", project::rule(rule));
        let run = run(&rule, vec![noisy], &format!("idle{number}"), &files);
        let told = run.rules[0].cases[0].explanations.iter().map(|told| {
            let clauses = told.clauses.iter();
            let clauses =
                clauses.map(|own| (own.clause.as_str(), own.found.concat(), own.hint.clone()));
            (told.note.as_deref().unwrap_or_default(), clauses.collect::<Vec<_>>())
        });
        let told: Vec<_> = told.filter(|(note, _)| note.contains("exception")).collect();
        let place = |line: usize| format!("rules_export.ndjson:{line}:1");
        let expected = [
            (
                place(3),
                "lapsed at 1969-12-31T23:00:00.000Z; the rule runs at 1970-01-01T00:00:00.000Z",
            ),
            (place(6), "is not applied: the value list `numbers` is of type `double`"),
            (place(2), "does not fit"),
            ("2 more exceptions".to_owned(), "do not apply either"),
        ];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for ((note, _), (start, end)) in told.iter().zip(&expected) {
            assert!(note.contains(start.as_str()) && note.ends_with(end), "{note}: {start} {end}");
        }
        let hint = Some("differs in case only".to_owned());
        assert_eq!(told[2].1[0], ("user.name = \"Ann\"", "\"ann\"".to_owned(), hint));
    }
}
