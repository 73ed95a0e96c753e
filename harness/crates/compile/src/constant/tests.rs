//! Queries with clauses that no test is left of.

use serde_json::json;

use super::CODE;
use crate::rule::compile_rule;
use harness_model::schema::{Base, Schema};
use harness_rule::parse;

fn schema() -> Schema {
    let mut schema = Schema::new(Base::Empty);
    let mapping = json!({"properties": {
        "k": {"type": "keyword"}, "l": {"type": "keyword"}, "t": {"type": "text"},
        "n": {"type": "long"}, "event": {"properties": {"category": {"type": "keyword"}}},
        "o": {"type": "nested", "properties": {"k": {"type": "keyword"}}},
    }});
    schema.add_mapping(&mapping, &json!({})).expect("a mapping");
    schema
}

/// The clauses that are told; those that others make void with `void`.
#[track_caller]
fn check(language: &str, query: &str, expected: &[&str]) {
    let ty = if language == "eql" { "eql" } else { "query" };
    let text = format!(
        "[metadata]\nmaturity = 'production'\n[rule]\nauthor = ['a']\nname = 'n'\n\
         description = 'd'\nrisk_score = 1\nseverity = 'low'\ntype = '{ty}'\n\
         rule_id = '9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01'\n\
         language = '{language}'\nquery = '''{query}'''\n"
    );
    let (rule, found) = parse(&text);
    let rule = rule.unwrap_or_else(|| panic!("{query}: {found:?}"));
    let compiled = compile_rule(&rule, &schema(), 0);
    assert!(compiled.program.is_some(), "{query}: {:?}", compiled.diagnostics);
    let own = compiled.diagnostics.iter().filter(|(_, found)| found.code == CODE);
    let told = own.map(|(_, found)| {
        let void = if found.message.contains("void") { "void " } else { "" };
        format!("{void}{}", found.span.of(query))
    });
    assert_eq!(told.collect::<Vec<_>>(), expected, "{language}: {query}");
}

#[test]
fn clauses_that_are_the_same_on_every_event_are_told() {
    for (query, expected) in [
        ("any where true", &[][..]),
        ("process where true", &[]),
        ("any where k == \"a\" and n > 5", &[]),
        ("any where k == \"a\" and not nothing.known == \"b\"", &[]),
        ("any where k == \"a\" and true", &["true"]),
        ("any where k == \"a\" or 1 == 1", &["void k == \"a\"", "1 == 1"]),
        ("any where k == \"a\" and false", &["void k == \"a\"", "false"]),
        (
            "any where k == \"a\" and not 1 > 2 and length(\"ab\") == 2",
            &["1 > 2", "length(\"ab\") == 2"],
        ),
        ("sequence [any where true] [any where k == \"a\" or 2 < 1]", &["2 < 1"]),
        ("any where false", &["false"]),
    ] {
        check("eql", query, expected);
    }
    for (query, expected) in [
        ("*", &[][..]),
        ("*:*", &[]),
        ("k: *", &[]),
        ("k: (a or b) and not n > 5", &[]),
        ("nothing.known: a or t: word", &[]),
        ("*:* and k: a", &["*:*"]),
        // Text without words stays a test, which no event passes.
        ("k: a or not t: (\"!!\" or word)", &[]),
        ("o: { k: a } and k: b", &[]),
    ] {
        check("kuery", query, expected);
    }
    for (query, expected) in [
        ("*:*", &[][..]),
        ("*", &[]),
        ("k:a AND NOT t:(word OR other)", &[]),
        ("nothing.known:a OR t:word", &[]),
        ("k:a AND *:*", &["*:*"]),
        ("k:a AND NOT t:\"!!\"", &["t:\"!!\""]),
        ("k:a AND t:(\"!!\" OR word)", &["\"!!\""]),
        // An optional clause beside one that is required stays a test.
        ("+k:a l:b", &[]),
        ("+k:a l:(b OR c)", &[]),
    ] {
        check("lucene", query, expected);
    }
}
