use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use harness_predicate::script::{Expr, Input, Reading, Script, ScriptValue};
use harness_predicate::{Kind, Origin};

/// `k`, `t`, `l`, `d`, `i` of the kinds of these letters, `when` a date, `yes`
/// a boolean, `two` in two places, `n.k` in a nested field, `n.m.k` in one of it.
fn layout() -> Layout {
    let mut layout = Layout::default();
    let place = |layout: &mut Layout, node, name: &str, kind, field: &str, stored| {
        let field = layout.within(node, field);
        layout.add(node, &column(name, kind), Place { field, stored });
    };
    place(&mut layout, ROOT, "k", Kind::Keyword, "k", Stored::Keyword);
    place(&mut layout, ROOT, "t", Kind::Text, "t", Stored::Text);
    place(&mut layout, ROOT, "l", Kind::Long, "l", Stored::Long);
    place(&mut layout, ROOT, "d", Kind::Double, "d", Stored::Double);
    place(&mut layout, ROOT, "i", Kind::Ip, "i", Stored::Ip);
    place(&mut layout, ROOT, "when", Kind::Long, "when", Stored::Date);
    place(&mut layout, ROOT, "yes", Kind::Long, "yes", Stored::Boolean);
    place(&mut layout, ROOT, "flat", Kind::Keyword, "flat.a", Stored::Flattened);
    place(&mut layout, ROOT, "two", Kind::Keyword, "x", Stored::Keyword);
    place(&mut layout, ROOT, "two", Kind::Keyword, "y", Stored::Keyword);
    place(&mut layout, ROOT, "lost", Kind::Text, "", Stored::Elsewhere);
    let (n, m): (Arc<str>, Arc<str>) = ("n".into(), "n.m".into());
    let n = layout.node(ROOT, &n, || "n".to_owned());
    place(&mut layout, n, "n.k", Kind::Keyword, "k", Stored::Keyword);
    let m = layout.node(n, &m, || "m".to_owned());
    place(&mut layout, m, "n.m.k", Kind::Keyword, "k", Stored::Keyword);
    layout
}

fn column(name: &str, kind: Kind) -> Column {
    Column { name: name.into(), kind }
}

fn leaf(name: &str, kind: Kind, test: Test) -> Predicate {
    Predicate::Leaf(Leaf { column: column(name, kind), test, origin: Origin::default() })
}

fn equals(name: &str, value: &str) -> Predicate {
    keyword(name, Pattern::Equals(value.to_owned(), Case::Sensitive))
}

fn keyword(name: &str, pattern: Pattern) -> Predicate {
    leaf(name, Kind::Keyword, Test::Term(pattern))
}

fn text(test: Test) -> Predicate {
    leaf("t", Kind::Text, test)
}

fn phrase(terms: &[(&str, u32)], slop: u32) -> Test {
    let terms = terms.iter().map(|(text, at)| ((*text).to_owned(), *at)).collect();
    Test::Phrase(Phrase { terms, slop })
}

fn script() -> Predicate {
    let input = Input { column: column("k", Kind::Keyword), reading: Reading::Plain };
    let expr = Expr::Constant(ScriptValue::Bool(true));
    leaf("k", Kind::Keyword, Test::Script(Script { expr, inputs: vec![input] }))
}

fn nested(path: &str, inner: Predicate) -> Predicate {
    Predicate::Nested { path: path.into(), inner: Box::new(inner) }
}

fn not(inner: Predicate) -> Predicate {
    Predicate::Not(Box::new(inner))
}

/// The clause is `wanted`, and it says all.
fn check(predicate: &Predicate, wanted: &Value) {
    let query = query(predicate, &layout());
    assert_eq!(query.clause, *wanted, "{predicate}");
    assert!(query.exact, "{predicate}");
}

/// The clause is `wanted`, and the evaluator has to decide.
fn residual(predicate: &Predicate, wanted: &Value) {
    let query = query(predicate, &layout());
    assert_eq!(query.clause, *wanted, "{predicate}");
    assert!(!query.exact, "{predicate}");
}

#[test]
fn terms() {
    let any = Case::Insensitive;
    check(&equals("k", "a*"), &json!({ "term": { "k": "a*" } }));
    check(
        &keyword("k", Pattern::Equals("A".into(), any)),
        &json!({ "term": { "k": { "value": "A", "case_insensitive": true } } }),
    );
    for pattern in [Pattern::Equals(String::new(), any), Pattern::Glob(Glob::wildcard(""), any)] {
        check(&keyword("k", pattern), &json!({ "term": { "k": "" } }));
    }
    check(
        &keyword("k", Pattern::Prefix("a".into(), Case::Sensitive)),
        &json!({ "prefix": { "k": { "value": "a" } } }),
    );
    check(
        &keyword("k", Pattern::Glob(Glob::wildcard("a\\**?\\\\"), any)),
        &json!({ "wildcard": { "k": { "value": "a\\*?*\\\\", "case_insensitive": true } } }),
    );
    let regexp = |flags| {
        Pattern::Regexp(Regexp::parse("a.*", flags, Case::Sensitive).expect("an expression"))
    };
    check(
        &keyword("k", regexp(Flags::ALL)),
        &json!({ "regexp": { "k": { "value": "a.*", "flags": "ALL" } } }),
    );
    check(
        &keyword("k", regexp(Flags::COMPLEMENT.with(Flags::INTERVAL))),
        &json!({ "regexp": { "k": { "value": "a.*", "flags": "COMPLEMENT|INTERVAL" } } }),
    );
    let range = |low: Option<(&str, bool)>, high: Option<(&str, bool)>, order| {
        let owned =
            |bound: Option<(&str, bool)>| bound.map(|(text, inside)| (text.to_owned(), inside));
        Pattern::Range(StringRange { order, low: owned(low), high: owned(high) })
    };
    check(
        &keyword("k", range(Some(("a", true)), Some(("b", false)), Order::Bytes)),
        &json!({ "range": { "k": { "gte": "a", "lt": "b" } } }),
    );
    residual(
        &keyword("k", range(Some(("1.2", true)), None, Order::Versions)),
        &json!({ "exists": { "field": "k" } }),
    );
    let fuzzy = |distance, prefix| {
        Pattern::Fuzzy(Fuzzy { text: "abc".into(), distance, prefix, transpositions: true })
    };
    check(&keyword("k", fuzzy(0, 1)), &json!({ "term": { "k": "abc" } }));
    residual(&keyword("k", fuzzy(1, 3)), &json!({ "prefix": { "k": { "value": "abc" } } }));
    let clause = query(&keyword("k", fuzzy(1, 1)), &layout()).clause;
    assert_eq!(clause.pointer("/fuzzy/k/rewrite"), Some(&json!("constant_score")));
}

#[test]
fn text_takes_wildcards_as_expressions() {
    check(
        &text(Test::Term(Pattern::Glob(Glob::wildcard("A.b*?"), Case::Sensitive))),
        &json!({ "regexp": { "t": { "value": "A\\.b..*", "flags": "NONE" } } }),
    );
    check(
        &text(phrase(&[("a", 0), ("b", 1)], 0)),
        &json!({ "match_phrase": { "t": { "query": "a b", "analyzer": "whitespace" } } }),
    );
    check(&text(phrase(&[("a", 3)], 2)), &json!({ "term": { "t": "a" } }));
    let both =
        json!({ "bool": { "filter": [{ "term": { "t": "a" } }, { "term": { "t": "b" } }] } });
    residual(&text(phrase(&[("a", 0), ("b", 2)], 0)), &both);
    residual(&text(phrase(&[("a", 0), ("b", 1)], 1)), &both);
    let spaced =
        json!({ "bool": { "filter": [{ "term": { "t": "a b" } }, { "term": { "t": "c" } }] } });
    residual(&text(phrase(&[("a b", 0), ("c", 1)], 0)), &spaced);
}

#[test]
fn numbers_dates_and_addresses() {
    let long = |low, high| Test::Long(Interval { low, high });
    let date = |low, high| Test::Date(Interval { low, high });
    let double = |low, high| Test::Double(DoubleInterval(Interval { low, high }));
    let nothing = json!({ "match_none": {} });
    check(&leaf("l", Kind::Long, long(1, 2)), &json!({ "range": { "l": { "gte": 1, "lte": 2 } } }));
    check(&leaf("l", Kind::Long, long(2, 1)), &nothing);
    check(
        &leaf("when", Kind::Long, date(-5, i64::MAX)),
        &json!({ "range": { "when": { "gte": -5, "format": "epoch_millis" } } }),
    );
    check(
        &leaf("when", Kind::Long, date(i64::MIN, i64::MAX)),
        &json!({ "exists": { "field": "when" } }),
    );
    check(&leaf("yes", Kind::Long, Test::Bool(true)), &json!({ "term": { "yes": true } }));
    check(&leaf("l", Kind::Long, Test::Bool(true)), &json!({ "term": { "l": 1 } }));
    check(&leaf("yes", Kind::Long, long(1, 9)), &json!({ "terms": { "yes": [true] } }));
    check(
        &leaf("d", Kind::Double, double(0.0, f64::INFINITY)),
        &json!({ "range": { "d": { "gte": -0.0 } } }),
    );
    check(&leaf("d", Kind::Double, double(f64::NAN, 1.0)), &nothing);
    check(&leaf("d", Kind::Double, double(f64::INFINITY, f64::INFINITY)), &nothing);
    let ip = |low, high| Test::Ip(Interval { low, high });
    check(
        &leaf("i", Kind::Ip, ip(0xffff_0a00_0000, 0xffff_0a00_00ff)),
        &json!({ "range": { "i": { "gte": "10.0.0.0", "lte": "10.0.0.255" } } }),
    );
    check(
        &leaf("i", Kind::Ip, ip(0, 1)),
        &json!({ "range": { "i": { "gte": "::", "lte": "::1" } } }),
    );
    // Tests on columns of another kind hold on nothing.
    check(&leaf("d", Kind::Double, long(0, 1)), &nothing);
    check(&leaf("k", Kind::Keyword, ip(0, 1)), &nothing);
    check(
        &leaf("l", Kind::Long, Test::Term(Pattern::Prefix("1".into(), Case::Sensitive))),
        &nothing,
    );
}

#[test]
fn boolean_algebra() {
    let (a, b, c) = (equals("k", "a"), equals("i2", "b"), equals("two", "c"));
    let term = |value: &str| json!({ "term": { "k": value } });
    check(&Predicate::And(vec![]), &everything());
    check(&Predicate::Or(vec![]), &nothing());
    check(&b, &nothing());
    check(
        &c,
        &json!({ "bool": {
            "should": [{ "term": { "x": "c" } }, { "term": { "y": "c" } }],
            "minimum_should_match": 1,
        } }),
    );
    check(
        &Predicate::And(vec![a.clone(), not(equals("k", "b"))]),
        &json!({ "bool": { "filter": [term("a")], "must_not": [term("b")] } }),
    );
    check(
        &not(Predicate::Or(vec![a.clone(), equals("k", "b")])),
        &json!({ "bool": { "must_not": [{ "terms": { "k": ["a", "b"] } }] } }),
    );
    check(
        &Predicate::AtLeast { count: 2, of: vec![a.clone(), equals("k", "b"), equals("k", "c")] },
        &json!({ "bool": {
            "should": [term("a"), term("b"), term("c")],
            "minimum_should_match": 2,
        } }),
    );
    check(&Predicate::AtLeast { count: 0, of: vec![] }, &everything());
    check(&Predicate::AtLeast { count: 2, of: vec![a] }, &nothing());
}

#[test]
fn nested_fields_lie_where_the_index_has_them() {
    let inner = nested("n.m", equals("n.m.k", "a"));
    let clause = json!({ "nested": { "path": "n.m", "query": { "term": { "n.m.k": "a" } } } });
    check(&inner, &clause);
    check(&nested("n", inner), &json!({ "nested": { "path": "n", "query": clause } }));
    // Around itself a nested field has no objects; in itself, itself.
    check(
        &nested("n.m", nested("n", equals("n.k", "a"))),
        &json!({ "nested": {
        "path": "n.m", "query": { "match_none": {} },
    } }),
    );
    check(
        &nested("n", nested("n", equals("n.k", "a"))),
        &json!({ "nested": {
        "path": "n", "query": { "term": { "n.k": "a" } },
    } }),
    );
    // Neither is seen from outside, nor is the outside from there.
    check(&equals("n.k", "a"), &nothing());
    check(
        &nested("n", equals("k", "a")),
        &json!({ "nested": {
        "path": "n", "query": { "match_none": {} },
    } }),
    );
    check(&nested("o", equals("k", "a")), &nothing());
}

#[test]
fn what_a_cluster_cannot_decide_is_widened() {
    residual(&script(), &everything());
    residual(&not(script()), &json!({ "bool": { "must_not": [nothing()] } }));
    residual(
        &not(not(script())),
        &json!({ "bool": { "must_not": [
        { "bool": { "must_not": [everything()] } },
    ] } }),
    );
    residual(
        &Predicate::And(vec![equals("k", "a"), script()]),
        &json!({ "bool": { "filter": [{ "term": { "k": "a" } }, { "match_all": {} }] } }),
    );
    residual(&leaf("lost", Kind::Text, Test::Exists), &everything());
    residual(
        &keyword("flat", Pattern::Glob(Glob::wildcard("a*b"), Case::Sensitive)),
        &json!({ "exists": { "field": "flat.a" } }),
    );
    let long = Regexp::parse(&"a".repeat(MAX_AUTOMATON + 1), Flags::ALL, Case::Sensitive);
    let long = Pattern::Regexp(long.expect("an expression"));
    residual(&keyword("k", long), &json!({ "exists": { "field": "k" } }));
    let long = "é".repeat(MAX_AUTOMATON / 2 + 1);
    let exists = json!({ "exists": { "field": "k" } });
    residual(&keyword("k", Pattern::Equals(long.clone(), Case::Insensitive)), &exists);
    residual(&keyword("k", Pattern::Prefix(long.clone(), Case::Sensitive)), &exists);
    check(&equals("k", &long), &json!({ "term": { "k": long } }));
}

#[test]
fn limits_of_clusters_are_kept() {
    let prefix = |at: usize| keyword("k", Pattern::Prefix(at.to_string(), Case::Sensitive));
    let many = Predicate::Or((0..2 * MAX_CLAUSES).map(prefix).collect());
    let parts = queries(&many, &layout());
    assert_eq!(parts.len(), 2);
    for part in parts {
        let clauses = part.clause.pointer("/bool/should").and_then(Value::as_array);
        assert_eq!(clauses.map(Vec::len), Some(MAX_CLAUSES));
        assert!(part.exact);
    }
    // Values of one field are one clause.
    let values = Predicate::Or((0..5000).map(|at| equals("k", &at.to_string())).collect());
    let parts = queries(&values, &layout());
    assert_eq!((parts.len(), parts[0].exact), (1, true));
    // Of a conjunction what is too much is left to the evaluator.
    let all = Predicate::And((0..=MAX_CLAUSES).map(prefix).collect());
    let parts = queries(&all, &layout());
    assert_eq!((parts.len(), parts[0].exact), (1, false));
    // And so is what nests too deeply.
    let mut deep = equals("k", "a");
    for _ in 0..30 {
        deep = Predicate::And(vec![not(deep), equals("k", "b")]);
    }
    let query = query(&deep, &layout());
    assert!(!query.exact);
    assert!(depth(&query.clause) < 20, "{}", query.clause);
}

/// How deep clauses nest.
fn depth(clause: &Value) -> usize {
    let inner = |value: &Value| match value {
        Value::Array(list) => list.iter().map(depth).max(),
        Value::Object(_) => Some(depth(value)),
        _ => None,
    };
    let bodies = clause.as_object().into_iter().flatten();
    bodies
        .map(|(name, body)| match name.as_str() {
            "bool" | "nested" => {
                1 + body
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter_map(|(_, it)| inner(it))
                    .max()
                    .unwrap_or(0)
            }
            _ => 1,
        })
        .max()
        .unwrap_or(0)
}
