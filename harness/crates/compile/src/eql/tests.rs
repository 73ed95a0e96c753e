//! What filters mean, and what is rejected.

mod random;

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::Now;
use harness_model::document::{Columns, Ingest};
use harness_model::event::Event;
use harness_model::schema::{Base, Field, Schema, Unmapped};
use harness_predicate::eval::eval;
use harness_predicate::{Part, Test};
use harness_query::eql::parse;

fn schema() -> Schema {
    let mut schema = Schema::new(Base::Empty);
    let mapping = json!({"properties": {
        "event": {"properties": {"category": {"type": "keyword"}}},
        "k": {"type": "keyword"},
        "k2": {"type": "keyword"},
        "t": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
        "only_text": {"type": "text"},
        "n": {"type": "long"},
        "d": {"type": "double"},
        "b": {"type": "boolean"},
        "ip": {"type": "ip"},
        "ts": {"type": "date"},
        "nest": {"type": "nested", "properties": {"x": {"type": "keyword"}}},
    }});
    schema.add_mapping(&mapping, &json!({})).expect("a mapping");
    schema
}

fn context(schema: &Schema) -> Context<'_> {
    Context { schema, part: Part::Query, now: Now::at(0) }
}

fn compiled(text: &str, options: &Options<'_>) -> Result<EqlPlan, Vec<Diagnostic>> {
    compile(&parse(text)?, context(&schema()), options)
}

fn predicate(condition: &str, options: &Options<'_>) -> Predicate {
    let plan = compiled(&format!("any where {condition}"), options);
    match plan.map(|plan| plan.search) {
        Ok(EqlSearch::Events(predicate)) => predicate,
        other => panic!("{condition}: {other:?}"),
    }
}

/// Whether a document fulfils a predicate.
fn holds(predicate: &Predicate, document: &Value) -> bool {
    let schema = schema();
    let mut names = Vec::new();
    predicate.leaves(&mut |leaf| {
        names.extend(leaf.columns().into_iter().map(|column| column.name.clone()));
    });
    let fields: Vec<Arc<Field>> = names.iter().filter_map(|name| schema.field(name)).collect();
    let mut columns = Columns::default();
    let ingest = Ingest::new(&schema, &fields, &mut columns);
    let event = Event::from_json(document.clone(), 1).expect("an event");
    eval(predicate, &ingest.document(&event, &mut Vec::new()), &columns)
}

/// The condition holds on exactly the documents at these positions.
fn check_with(options: &Options<'_>, documents: &[Value], condition: &str, expected: &[usize]) {
    let predicate = predicate(condition, options);
    let hits: Vec<usize> =
        (0..documents.len()).filter(|at| holds(&predicate, &documents[*at])).collect();
    assert_eq!(hits, expected, "{condition}\n{predicate}");
}

fn check(documents: &[Value], condition: &str, expected: &[usize]) {
    check_with(&Options::default(), documents, condition, expected);
}

fn check_error(condition: &str, message: &str) {
    let text = format!("any where {condition}");
    match compiled(&text, &STRICT) {
        Ok(plan) => panic!("`{condition}` is accepted: {plan:?}"),
        Err(errors) => assert_eq!(errors[0].message, message, "{condition}"),
    }
}

const STRICT: Options<'_> = Options { category_field: CATEGORY_FIELD, unmapped: Unmapped::Strict };

#[test]
fn tests_are_two_valued() {
    let documents = [json!({}), json!({"k": "a"}), json!({"k": ["a", "B"]}), json!({"k": ""})];
    for (condition, expected) in [
        ("k == \"a\"", &[1, 2][..]),
        ("k != \"a\"", &[0, 3]),
        ("not k == \"a\"", &[0, 3]),
        ("k : \"b\"", &[2]),
        ("not k : (\"b\", \"A*\")", &[0, 3]),
        ("k == null", &[0]),
        ("k != null", &[1, 2, 3]),
        ("null == k", &[0]),
        ("k in (\"a\", \"x\")", &[1, 2]),
        ("k not in (\"a\")", &[0, 3]),
        ("k in~ (\"b\")", &[2]),
        ("k in (\"*\")", &[]),
        ("k == \"*\"", &[]),
        ("k like \"*\"", &[1, 2, 3]),
        ("k like \"?\"", &[1, 2]),
        ("k like~ \"b\"", &[2]),
        ("k regex \"[A-Z]\"", &[2]),
        ("k regex~ (\"x\", \"b\")", &[2]),
        ("k > \"B\"", &[1, 2]),
        ("\"a\" <= k", &[1, 2]),
        ("startsWith(k, \"\")", &[1, 2, 3]),
        ("not endsWith~(k, \"b\")", &[0, 1, 3]),
    ] {
        check(&documents, condition, expected);
    }
}

#[test]
fn wildcards_live_where_elasticsearch_has_them() {
    let documents = [json!({"k": "a*c"}), json!({"k": "abc"}), json!({"k": r"a\*"})];
    for (condition, expected) in [
        ("k : \"a*c\"", &[0, 1][..]),
        ("k in~ (\"a*c\")", &[0]),
        (r#"k : "a\\*""#, &[2]),
        ("stringContains(k, \"a*c\")", &[0, 1]),
        (r#"stringContains(k, "a\\*c")"#, &[0]),
        ("endsWith(k, \"?c\")", &[0, 1]),
        ("startsWith(k, \"a*\")", &[0]),
    ] {
        check(&documents, condition, expected);
    }
}

#[test]
fn types_are_compared_by_their_own_rules() {
    let documents = [
        json!({"n": 5, "b": true, "ip": "10.1.2.3", "ts": "2020-01-01T00:00:00Z", "t": "A b"}),
        json!({"n": [1, 9], "d": 2.5, "b": false, "ip": "::1"}),
    ];
    for (condition, expected) in [
        ("n > 5", &[1][..]),
        ("n > 4.5 and n < 5.5", &[0, 1]),
        ("n == -5 + 10", &[0]),
        ("n == 2 * 3 - 1", &[0]),
        ("n in (9, 5.0)", &[0, 1]),
        ("d == 2.5", &[1]),
        ("b", &[0]),
        ("b == false", &[1]),
        ("not b", &[1]),
        ("ip == \"10.1.2.3\"", &[0]),
        ("cidrMatch(ip, \"10.0.0.0/8\", \"::2/128\")", &[0]),
        ("cidrMatch(ip, \"10.0.0.0/8\") == false", &[1]),
        ("false != cidrMatch(ip, \"10.0.0.0/8\")", &[0]),
        ("ts < \"2020-01-02\"", &[0]),
        ("ts == 1577836800000", &[0]),
        ("t == \"A b\"", &[0]),
        ("t : \"a*\"", &[0]),
        // Only `in` insists on types; a comparison becomes a query of the field.
        ("n == \"5\"", &[0]),
        ("n > \"5\"", &[1]),
        ("b == \"true\"", &[0]),
        ("t == 5", &[]),
        ("t < 5", &[]),
        ("t > 5", &[0]),
        ("n == \"5\" or n == \"9\"", &[0, 1]),
        ("ip == \"10.1.2.3\" or ip == \"10.1.2.3\"", &[0]),
        ("ip != \"10.1.2.3\" and ip != \"::1\"", &[]),
        ("length(t) == \"3\"", &[]),
        ("not length(t) == \"3\"", &[0, 1]),
        ("n in (5, null)", &[0]),
    ] {
        check(&documents, condition, expected);
    }
}

#[test]
fn scripts_are_three_valued() {
    let documents = [
        json!({}),
        json!({"k": "abc", "k2": "ab", "n": 7}),
        json!({"k": ["a", "abcdef"], "k2": "x", "n": 3}),
    ];
    for (condition, expected) in [
        ("length(k) > 3", &[2][..]),
        ("not length(k) > 3", &[0, 1]),
        ("length(k) != 1", &[0, 1]),
        ("length(k) not in (3, 9)", &[0, 2]),
        ("not not length(k) > 3", &[2]),
        ("length(k) == null", &[0]),
        ("length(k) != null", &[1, 2]),
        ("startsWith(k, k2)", &[1]),
        ("not startsWith(k, k2)", &[0, 2]),
        ("startsWith(k, k2) == false", &[0, 2]),
        ("not (startsWith(k, k2) and n > 0)", &[0, 2]),
        ("not (length(k) > 3 or length(k) > 4)", &[0, 1]),
        ("(startsWith(k, k2)) == true", &[1]),
        ("n + 1 == 8", &[1]),
        ("n / 2 == 3", &[1]),
        ("-n + 10 == 3", &[1]),
        ("(n % 4) in (3)", &[1, 2]),
        ("string(n) : \"7\"", &[1]),
        ("string(n) like (\"?\", \"77\")", &[1, 2]),
        ("not string(n) in~ (\"7\", \"8\")", &[0, 2]),
        ("string(n) regex (\"[0-6]\", \"9\")", &[2]),
        ("concat(k, \":\", n) == \"abc:7\"", &[1]),
        ("number(string(n)) == 7", &[1]),
        ("indexOf(k, \"c\") == 2", &[1, 2]),
        ("substring(k, -3) : \"DEF\"", &[2]),
        ("between(k, \"a\", \"c\") == \"b\"", &[1, 2]),
        ("length(substring(k, 1)) == length(\"ab\")", &[1]),
        ("string(length(k) > 2 and n > 5) == \"true\"", &[1]),
        ("null == (n > 5)", &[0]),
    ] {
        check(&documents, condition, expected);
    }
}

#[test]
fn a_field_read_twice_takes_two_values() {
    let documents = [json!({"k": ["ab", "a"]}), json!({"k": "a"})];
    check(&documents, "length(k) - length(k) == 1", &[0]);
}

#[test]
fn constants_fold() {
    for (condition, expected) in [
        ("1 + 1 == 2", true),
        ("\"a\" : \"A\"", true),
        ("length(\"abc\") > 3", false),
        ("null == null", true),
        ("5 != null", true),
        ("k == \"a\" or true", true),
        ("k == \"a\" and false", false),
        ("null", false),
        ("not null", false),
        ("null > 1", false),
        ("startsWith~(\"ABC\", \"ab\")", true),
        ("null and false", false),
        ("null or true", true),
        ("1 in (2, 1)", true),
        ("5 == \"5\"", false),
        ("not 5 == \"5\"", false),
    ] {
        let found = predicate(condition, &Options::default());
        assert_eq!(found, Predicate::Const(expected), "{condition}");
    }
}

#[test]
fn unmapped_fields_are_missing_or_null() {
    let documents = [json!({"k": "a"}), json!({"k": "b"})];
    let default = Options::default();
    for (condition, missing, strict) in [
        ("?u == null", &[0, 1][..], Some(&[0, 1][..])),
        ("?u != null", &[], Some(&[])),
        ("?u : \"x\"", &[], Some(&[])),
        ("not ?u : \"x\"", &[0, 1], Some(&[])),
        ("k == \"a\" or ?u == \"x\"", &[0], Some(&[0])),
        ("not (k == \"a\" and ?u : \"x\")", &[0, 1], Some(&[])),
        ("not (k == \"a\" or ?u : \"x\")", &[1], Some(&[1])),
        ("?u == ?v", &[0, 1], Some(&[0, 1])),
        ("?u > 1 or k == \"b\"", &[1], Some(&[1])),
        // The complement of a script that is null on every event.
        ("not startsWith(?u, k)", &[0, 1], Some(&[0, 1])),
        ("?u not in (\"x\")", &[0, 1], Some(&[])),
        ("u == null", &[0, 1], None),
        ("u != \"x\"", &[0, 1], None),
    ] {
        check_with(&default, &documents, condition, missing);
        match strict {
            Some(expected) => check_with(&STRICT, &documents, condition, expected),
            None => check_error(condition, "unknown field `u`"),
        }
    }
}

#[test]
fn a_list_that_does_not_fit_is_one_error() {
    for condition in ["ip in (\"10.0.0.1\", \"::1\")", "length(k) in (\"1\", \"2\")"] {
        let found = compiled(&format!("any where {condition}"), &STRICT).expect_err("an error");
        assert_eq!(found.len(), 1, "{condition}: {found:?}");
    }
}

#[test]
fn wrong_types_are_rejected() {
    for (condition, message) in [
        ("n == \"x\"", "`x` is not a number"),
        ("b == 1", "`1` is not a boolean: only `true` and `false` are"),
        ("ip == 5", "`5` is not an IP address"),
        ("n in (1, \"x\")", "n is a number, and `in` takes such only, not a string"),
        ("k in (\"x\", 5)", "k is a string, and `in` takes such only, not a number"),
        ("length(k) in (\"1\")", "length(k) is a number, and `in` takes such only, not a string"),
        ("b not in (\"true\")", "b is a boolean, and `in` takes such only, not a string"),
        ("ip in (\"10.0.0.1\")", "ip is an address, and `in` takes such only, not a string"),
        ("ts in (\"2020-01-01\")", "ts is a date, and `in` takes such only, not a string"),
        (
            "ip == \"10.0.0.1\" or n == 1 or (k == \"a\" or ip == \"::1\")",
            "ip is an address, and equalities joined by `or` become `in`, which takes such only",
        ),
        (
            "not (\"2020-01-01\" == ts or ts == 5)",
            "ts is a date, and equalities joined by `or` become `in`, which takes such only",
        ),
        ("number(k, 1.0) == 1", "`number` takes a whole number, found 1.0"),
        ("substring(k, d) == \"a\"", "`substring` takes a whole number, found d"),
        ("n : \"x\"", "n is a number, and only strings are matched so"),
        ("ip : \"10.*\"", "ip is an address, and only strings are matched so"),
        ("k == k2", "two fields cannot be compared, one side has to be a constant"),
        ("length(k) == n", "two fields cannot be compared, one side has to be a constant"),
        ("k in (k2)", "the values of `in` have to be constants"),
        ("length(n) > 1", "`length` takes a string, n is a number"),
        ("startsWith(n, \"x\")", "`startsWith` takes a string, `n` is a number"),
        ("cidrMatch(k, \"10.0.0.0/8\")", "`cidrMatch` takes an address, `k` is a string"),
        ("cidrMatch(ip, \"10.0.0.0/99\")", "`10.0.0.0/99` is not a CIDR network"),
        ("cidrMatch(ip, k)", "the networks of `cidrMatch` have to be constants"),
        ("n + k > 1", "`+` takes a number, k is a string"),
        ("length(k)", "`length` gives a number, not a condition"),
        ("k", "`k` is a string, not a condition"),
        ("1", "a condition is needed here"),
        ("n + 1", "a condition is needed here"),
        ("only_text == \"x\"", "`only_text` is analyzed text without a keyword sub-field"),
        ("nest.x == \"x\"", "`nest.x` is nested, which EQL cannot query"),
        ("event == null", "`event` is an object"),
        ("n == 1 / 0", "division by zero"),
        ("n == number(\"x\")", "`x` is not a number of base 10"),
    ] {
        check_error(condition, message);
    }
}

#[test]
fn categories_are_a_test_of_their_own() {
    let plan = compiled("process where k == \"a\"", &Options::default()).expect("a plan");
    let [filter] = plan.filters()[..] else { panic!("one filter") };
    assert!(holds(filter, &json!({"k": "a", "event": {"category": ["file", "process"]}})));
    assert!(!holds(filter, &json!({"k": "a", "event": {"category": "Process"}})));
    let options = Options { category_field: "k2", ..Options::default() };
    let plan = compiled("process where k == \"a\"", &options).expect("a plan");
    assert!(holds(plan.filters()[0], &json!({"k": "a", "k2": "process"})));
}

#[test]
fn sequences_keep_stages_keys_and_limits() {
    let text = "sequence by k, ?u with maxspan=2s [any where b] by t with runs=3 \
                ![any where n > 1] by k2 until [any where n < 0] by k | head 5 | tail 1";
    let plan = compiled(text, &Options::default()).expect("a plan");
    assert_eq!(plan.limits, [Limit::Head(5), Limit::Tail(1)]);
    let EqlSearch::Sequence { stages, until, maxspan_ms } = &plan.search else {
        panic!("not a sequence")
    };
    assert_eq!((stages.len(), *maxspan_ms), (2, Some(2_000)));
    assert_eq!((stages[0].runs, stages[0].missing, stages[1].missing), (3, false, true));
    let keys = |stage: &Stage| -> Vec<(String, Option<String>, bool)> {
        let column = |key: &KeyField| key.column.as_ref().map(|column| column.name.to_string());
        stage.keys.iter().map(|key| (key.field.to_string(), column(key), key.optional)).collect()
    };
    let key = |field: &str, column: Option<&str>, optional| {
        (field.to_owned(), column.map(str::to_owned), optional)
    };
    let first =
        [key("k", Some("k"), false), key("u", None, true), key("t", Some("t.keyword"), false)];
    assert_eq!(keys(&stages[0]), first);
    assert_eq!(keys(until.as_ref().expect("until"))[2], key("k", Some("k"), false));
    assert_eq!(harness_predicate::plan::Plan::Eql(plan.clone()).columns().len(), 9);
}

#[test]
fn join_keys_need_types_that_compare() {
    let errors = compiled("sequence [any where b] by k [any where b] by n", &STRICT);
    let errors = errors.expect_err("a string and a number");
    let message = "join key `n` is a number, that of the first stage is a string";
    assert_eq!(errors[0].message, message);
    assert!(compiled("sequence [any where b] by n [any where b] by d", &STRICT).is_ok());
    assert!(compiled("sequence by u [any where b] [any where b]", &STRICT).is_err());
}

#[test]
fn all_errors_are_reported() {
    let text = "sequence [any where n == \"x\" and k in (1)] [any where only_text == \"x\"]";
    assert_eq!(compiled(text, &STRICT).expect_err("three errors").len(), 3);
}

#[test]
fn leaves_know_their_place() {
    let text = "any where k : (\"a\", \"b*\") and not length(k) > 3";
    let plan = compiled(text, &Options::default()).expect("a plan");
    let mut places = Vec::new();
    plan.filters()[0].leaves(&mut |leaf| {
        places.push((leaf.origin.span.of(text), matches!(leaf.test, Test::Script(_))));
    });
    assert_eq!(places, [("\"a\"", false), ("\"b*\"", false), ("length(k) > 3", true)]);
}

#[test]
fn stages_are_bounded() {
    let limit = |message: &str, text: &str| {
        let errors = compiled(text, &STRICT).expect_err("too many stages");
        assert_eq!((errors[0].code, errors[0].message.as_str()), ("eql-size", message));
    };
    let stages = |count: usize| "[any where b] ".repeat(count);
    limit(
        "10000 stages are more than the 4096 that the harness matches",
        &format!("sequence {}", stages(10_000)),
    );
    limit(
        "4100 stages are more than the 4096 that the harness matches",
        &format!("sequence {}", "[any where b] with runs=100 ".repeat(41)),
    );
    limit(
        "17 stages are more than the 16 that the harness matches",
        &format!("sample by k {}", stages(17)),
    );
    assert!(compiled(&format!("sequence {}", stages(4_096)), &STRICT).is_ok());
}

#[test]
fn lists_of_scripts_are_bounded() {
    let long = vec!["k"; 2_000].join(", ");
    let values = vec!["\"x\""; 2_000].join(", ");
    for condition in [
        format!("concat({long}) : ({values})"),
        format!("string(concat({long}) : ({values})) == \"true\""),
        format!("string(concat({long}) in~ ({values})) == \"true\""),
    ] {
        let errors = compiled(&format!("any where {condition}"), &STRICT).expect_err("too large");
        assert_eq!(errors[0].code, "eql-size");
    }
}
