use super::*;

fn check(text: &str, expected: &str) {
    let read::Contents { items, errors, .. } = read::contents("l.json", "l", text);
    let items = items.iter().map(|(list, item)| format!("{list}/{} {:?}", item.name, item.entries));
    let errors = errors.iter().map(|(_, error)| error.message.clone());
    let found: Vec<_> = items.chain(errors).collect();
    assert!(found.join("\n").contains(expected), "{text}\n{}", found.join("\n"));
}

#[test]
fn items_are_read_and_what_is_unknown_is_refused() {
    let item = |more: &str| format!("{{\"item_id\": \"i\", {more}}}");
    let entry = |more: &str| item(&format!("\"entries\": [{{\"field\": \"a.b\", {more}}}]"));
    for (text, expected) in [
        (
            entry("\"type\": \"match\", \"value\": \"x\""),
            "l/i [Entry { field: \"a.b\", excluded: false, test: Match(\"x\") }]",
        ),
        (
            entry("\"type\": \"match\", \"operator\": \"excluded\", \"value\": \"x\""),
            "excluded: true",
        ),
        (entry("\"type\": \"match_any\", \"value\": [\"x\", \"y\"]"), "MatchAny([\"x\", \"y\"])"),
        (entry("\"type\": \"wildcard\", \"value\": \"x*\""), "Wildcard(\"x*\")"),
        (entry("\"type\": \"exists\""), "Exists"),
        (
            entry("\"type\": \"list\", \"list\": {\"id\": \"v\", \"type\": \"ip\"}"),
            "List { id: \"v\", kind: \"ip\" }",
        ),
        (
            entry("\"type\": \"nested\", \"entries\": [{\"field\": \"c\", \"type\": \"exists\"}]"),
            "Nested([Entry { field: \"c\"",
        ),
        (entry("\"type\": \"regex\", \"value\": \"x\""), "an entry of type `regex`"),
        (
            entry(
                "\"type\": \"nested\", \"entries\": [{\"field\": \"c\", \"type\": \"wildcard\", \"value\": \"x\"}]",
            ),
            "an entry of type `wildcard` inside a nested entry",
        ),
        (
            entry("\"type\": \"match\", \"operator\": \"not\", \"value\": \"x\""),
            "unknown operator `not`",
        ),
        (entry("\"type\": \"match\""), "an entry of type `match` has no `value`"),
        (entry("\"type\": \"exists\", \"value\": 1"), "an entry of type `exists` takes no `value`"),
        (entry("\"type\": \"match_any\", \"value\": []"), "`value` is empty"),
        (
            entry("\"type\": \"match\", \"value\": \"x\", \"case\": true"),
            "unknown key `case` of an entry",
        ),
        (item("\"entries\": []"), "`entries` is empty"),
        (item("\"entries\": 1"), "`entries` is not an array"),
        (item("\"expire_time\": \"soon\", \"entries\": []"), "`expire_time`: failed to parse"),
        (item("\"os_types\": [\"beos\"], \"entries\": []"), "unknown system `beos`"),
        ("[1]".to_owned(), "an exception is a JSON object"),
        ("{".to_owned(), "not JSON"),
    ] {
        check(&text, expected);
    }
}

#[test]
fn an_export_holds_lists_items_and_a_count() {
    let text = "{\"rule_id\": \"r\", \"risk_score\": 1, \"exceptions_list\": [{\"list_id\": \"x\"}]}\n\
                {\"list_id\": \"bare\", \"type\": \"detection\"}\n\
                {\"list_id\": \"other\", \"item_id\": \"one\", \"name\": \"One\", \"entries\": \
                [{\"field\": \"a\", \"type\": \"exists\", \"operator\": \"included\"}]}\n\
                {\"list_id\": \"third\", \"item_id\": \"two\", \"entries\": []}\n\
                {\"exported_exception_list_count\": 1}\n";
    let found = read::contents("l.ndjson", "rules_export", text);
    let names: Vec<_> = found
        .items
        .iter()
        .map(|(list, item)| (list.as_str(), item.name.as_str(), item.place()))
        .collect();
    assert_eq!(names, [("other", "One", "l.ndjson:3:1".to_owned())]);
    assert_eq!(found.lists.iter().collect::<Vec<_>>(), ["bare", "other", "third"]);
    let errors: Vec<_> = found.errors.iter().map(|(list, _)| list.as_deref()).collect();
    assert_eq!(errors, [Some("third")]);
}

#[test]
fn an_item_is_known_by_its_place() {
    let text = "[\n  {\"item_id\": \"a\", \"entries\": 1},\n\n  2, {\"item_id\": \"b[,\", \"entries\": 3}\n]";
    let found = read::contents("l.json", "l", text);
    let places: Vec<_> = found.errors.iter().map(|(_, error)| error.span.of(text)).collect();
    assert_eq!(
        places,
        ["{\"item_id\": \"a\", \"entries\": 1}", "2", "{\"item_id\": \"b[,\", \"entries\": 3}"]
    );
    assert_eq!(harness_source::span::line_column(text, found.errors[2].1.span.start), (4, 6));
    let broken = read::contents("l.json", "l", "[\n  {\"a\" 1}\n]");
    assert_eq!(broken.errors[0].1.span.of("[\n  {\"a\" 1}\n]"), "");
    assert_eq!(broken.errors[0].1.span.start, 9);
}

#[test]
fn lists_of_detection_rules_are_read() {
    let text = "[metadata]\nlist_name = 'L'\n\n[[exceptions]]\n[exceptions.container]\nlist_id = 'l1'\n\
                name = 'L'\ntype = 'rule_default'\n\n[[exceptions.items]]\nitem_id = 'i'\nname = 'One'\n\
                [[exceptions.items.entries]]\nfield = 'a'\ntype = 'match'\noperator = 'included'\n\
                value = 'x'\n";
    let found = read::contents("file.toml", "file", text);
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    let items: Vec<_> =
        found.items.iter().map(|(list, item)| (list.as_str(), item.name.as_str())).collect();
    assert_eq!(items, [("l1", "One")]);
}
