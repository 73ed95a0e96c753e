//! What queries of each language make of field types: the whole way from query
//! text and mapping to events.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Context, Now, dsl, eql, rule};
use harness_model::document::{Columns, Ingest};
use harness_model::event::Event;
use harness_model::schema::{Base, Field, Home, Schema};
use harness_predicate::eval::eval;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_predicate::{Part, Predicate};
use harness_query as query;
use harness_query::dsl::parse as parse_dsl;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::span::Span;

#[derive(Clone, Copy, Debug)]
enum Ask {
    Kql,
    /// KQL as `KQL()` of ES|QL compiles it.
    Function,
    Lucene,
    Dsl,
    Eql,
}
use Ask::{Dsl, Eql, Function, Kql, Lucene};

/// Positions of the events that match, or why the query cannot be run.
type Answer<'a> = Result<&'a [usize], &'a str>;

struct Ground {
    schema: Schema,
    events: Vec<Event>,
}

impl Ground {
    fn new(base: Base, mapping: &Value, documents: &[Value]) -> Self {
        let mut schema = Schema::new(base);
        schema.add_mapping(mapping, &Value::Null).expect("a mapping");
        let events = (1..).zip(documents);
        let events = events.map(|(at, it)| Event::from_json(it.clone(), at).expect("an event"));
        let events: Vec<Event> = events.collect();
        for event in &events {
            schema.observe(&event.source, event.index.as_deref().map(Home::of).unwrap_or_default());
        }
        Self { schema, events }
    }

    fn compile(&self, ask: Ask, query: &str) -> Result<Predicate, Vec<Diagnostic>> {
        let context = Context { schema: &self.schema, part: Part::Query, now: Now::at(0) };
        match ask {
            Kql => rule::compile_kql(query, context),
            Function => {
                let ast = query::kql::parse(query)?;
                dsl::compile(&super::kql::to_dsl_in_elasticsearch(&ast, &self.schema)?, context)
            }
            Lucene => rule::compile_lucene(query, context),
            Dsl => {
                let json = serde_json::from_str(query).expect("JSON");
                dsl::compile(&parse_dsl::parse(&json, Span::default())?, context)
            }
            Eql => {
                let query = query::eql::parse(&format!("any where {query}"))?;
                match eql::compile(&query, context, &eql::Options::default())?.search {
                    EqlSearch::Events(predicate) => Ok(predicate),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    fn hits(&self, predicate: &Predicate) -> Vec<usize> {
        let plan = Plan::Filter(predicate.clone());
        let names = plan.columns().into_iter().map(|column| column.name.clone());
        let fields: Vec<Arc<Field>> = names.filter_map(|name| self.schema.field(&name)).collect();
        let mut columns = Columns::default();
        let ingest = Ingest::new(&self.schema, &fields, &mut columns);
        let held =
            |event: &Event| eval(predicate, &ingest.document(event, &mut Vec::new()), &columns);
        (0..self.events.len()).filter(|at| held(&self.events[*at])).collect()
    }

    fn check(&self, ask: Ask, query: &str, expected: Answer<'_>) {
        match (self.compile(ask, query), expected) {
            (Ok(predicate), Ok(expected)) => {
                assert_eq!(self.hits(&predicate), expected, "{ask:?} {query}\n{predicate}");
            }
            (Err(errors), Err(expected)) => {
                let found = &errors[0];
                let kind =
                    if found.severity == Severity::Unsupported { "unsupported: " } else { "" };
                assert_eq!(format!("{kind}{}", found.message), expected, "{ask:?} {query}");
            }
            (found, expected) => panic!("{ask:?} {query}: {found:?}, not {expected:?}"),
        }
    }

    fn check_all(&self, table: &[(Ask, &str, Answer<'_>)]) {
        for (ask, query, expected) in table {
            self.check(*ask, query, *expected);
        }
    }
}

#[test]
fn kibana_knows_families_of_types() {
    let mapping = json!({"properties": {
        "w": {"type": "wildcard"}, "k": {"type": "keyword"}, "t": {"type": "text"},
        "c": {"type": "constant_keyword", "value": "acme.audit"},
    }});
    let documents = [
        json!({"w": "run old tool /x", "k": "run old tool /x", "t": "run old tool /x"}),
        json!({"w": "toolbox", "k": "toolbox", "t": "toolbox"}),
        json!({"w": "very old", "k": "very old", "t": "very old"}),
    ];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    let refused = "a wildcard query needs a keyword, text or wildcard field, and `c` is of type \
                   constant_keyword";
    ground.check_all(&[
        (Kql, "w: *old tool*", Ok(&[0])),
        (Kql, "not w: *old tool*", Ok(&[1, 2])),
        (Kql, "k: *old tool*", Ok(&[0])),
        (Kql, "t: *old tool*", Ok(&[0, 1, 2])),
        (Kql, "c: *audit*", Ok(&[0, 1, 2])),
        (Kql, "c: *other*", Ok(&[])),
        (Kql, "w: \"*old*\"", Ok(&[])),
        (Function, "w: *old tool*", Ok(&[1, 2])),
        (Function, "k: *old tool*", Ok(&[0])),
        (Function, "c: *audit*", Err(refused)),
        (Function, "c: acme.audit", Ok(&[0, 1, 2])),
        // A query string that may look in all fields is lenient.
        (Lucene, "c:*audit*", Ok(&[])),
        (Lucene, "c:acme*", Ok(&[0, 1, 2])),
    ]);
    // The value of such a field may be read off the name of the index.
    let documents = [json!({"_index": "logs-acme.audit-x", "_source": {"a": 1}})];
    let ground = Ground::new(Base::Embedded, &json!({}), &documents);
    let refused = refused.replace("`c`", "`data_stream.dataset`");
    ground.check(Kql, "data_stream.dataset: *audit*", Ok(&[0]));
    ground.check(Function, "data_stream.dataset: *audit*", Err(&refused));
    ground.check(Lucene, "data_stream.dataset:*audit*", Ok(&[]));
}

#[test]
fn what_is_neither_indexed_nor_has_doc_values_is_not_found() {
    let mapping = json!({"properties": {
        "k": {"type": "keyword", "index": false, "doc_values": false},
        "n": {"type": "long", "index": false, "doc_values": false},
        "t": {"type": "text", "index": false, "fields": {"raw": {"type": "keyword"}}},
        "b": {"type": "binary"},
        "values": {"type": "keyword", "index": false},
        "index": {"type": "keyword", "doc_values": false},
    }});
    let documents = [
        json!({"k": "x", "n": 1, "t": "x", "values": "x", "index": "x", "b": "eA=="}),
        json!({"event": {"original": "x"}}),
    ];
    let ground = Ground::new(Base::Embedded, &mapping, &documents);
    let refused =
        |field: &str| format!("`{field}` is neither indexed nor has doc values: no query finds it");
    for (field, clause) in [
        ("k", "x"),
        ("k", "*x*"),
        ("k", "x*"),
        ("n", "1"),
        ("n", "(1 or 2)"),
        ("t", "x"),
        ("b", "eA"),
        ("event.original", "*x*"),
        ("event.original", "\"x\""),
    ] {
        ground.check(Kql, &format!("{field}: {clause}"), Err(&refused(field)));
    }
    let no_doc_values = "`index` has no doc values, which scripts read";
    ground.check_all(&[
        (Kql, "n > 0", Err(&refused("n"))),
        // A query string that may look in all fields is lenient.
        (Lucene, "k:x", Ok(&[])),
        (Lucene, "k:/x/", Ok(&[])),
        (Lucene, "NOT k:[a TO z]", Ok(&[0, 1])),
        (Dsl, r#"{"terms": {"k": ["x"]}}"#, Err(&refused("k"))),
        (Dsl, r#"{"regexp": {"k": "x"}}"#, Err(&refused("k"))),
        (Eql, "event.original : \"*x*\"", Err(&refused("event.original"))),
        (Eql, "b == \"x\"", Err(&refused("b"))),
        // What exists is asked of the index, too.
        (Kql, "k: *", Ok(&[])),
        (Kql, "not event.original: *", Ok(&[0, 1])),
        (Kql, "t.raw: x", Ok(&[0])),
        (Eql, "event.original != null", Ok(&[])),
        (Eql, "b == null", Ok(&[0, 1])),
        // One of both is enough for a query.
        (Kql, "values: x and values: *", Ok(&[0])),
        (Kql, "index: x and index: *", Ok(&[0])),
        (Eql, "index == \"x\"", Ok(&[0])),
        (Eql, "length(values) == 1", Ok(&[0])),
        (Eql, "length(index) == 1", Err(no_doc_values)),
    ]);
}

#[test]
fn keys_of_flattened_fields_are_no_keywords() {
    let mapping = json!({"properties": {"req": {"type": "flattened"}, "k": {"type": "keyword"}}});
    let documents = [
        json!({"req": {"user": "admin", "x": "zed"}}),
        json!({"req": {"user": "bob", "x": "admin"}}),
        json!({"req": {"user": ["root", "domain admin"]}}),
        json!({"req": {"n": 5, "a": {"b": ["1", "2"]}}}),
        json!({"req": {"user": ""}}),
        json!({"k": "x"}),
    ];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    let no_key =
        |clause: &str| format!("a {clause} query on a key of a flattened field, `req.user`");
    let no_eql = "`req.user` is a key of the flattened `req`: EQL cannot query it";
    ground.check_all(&[
        (Kql, "req.user: admin", Ok(&[0])),
        (Kql, "req.user: \"domain admin\"", Ok(&[2])),
        (Kql, "req.user: adm*", Ok(&[0])),
        (Kql, "not req.user: adm*", Ok(&[1, 2, 3, 4, 5])),
        // Other patterns run over all keys and values.
        (Kql, "req.user: *min*", Ok(&[0, 1, 2])),
        (Kql, "req.user: *ser*", Ok(&[0, 1, 2, 4])),
        (Kql, "req.user: *dmin", Ok(&[0, 1, 2])),
        (Kql, "req.user: ad*in", Ok(&[])),
        (Kql, "req.user: u*in", Ok(&[0, 2])),
        (Function, "req.user: *min*", Ok(&[0, 1, 2])),
        (Lucene, "req.user:*min*", Ok(&[0, 1, 2])),
        (Lucene, "NOT req.user:*min*", Ok(&[3, 4, 5])),
        (Lucene, "req.user:ad?in", Ok(&[])),
        (Lucene, "req.user:/adm.*/", Ok(&[])),
        (Lucene, "req.user:/.*adm.*/", Ok(&[])),
        (Lucene, "req.user:admn~", Ok(&[])),
        (Lucene, "req.user:adm*", Ok(&[0])),
        (Lucene, "req.n:[10 TO *]", Ok(&[3])),
        (Dsl, r#"{"prefix": {"req.user": "adm"}}"#, Ok(&[0])),
        (Dsl, r#"{"range": {"req.n": {"gt": "1000"}}}"#, Ok(&[3])),
        (Dsl, r#"{"terms": {"req.user": ["bob", "root"]}}"#, Ok(&[1, 2])),
        (Dsl, r#"{"wildcard": {"req.user": "*min*"}}"#, Err(&no_key("wildcard"))),
        (Dsl, r#"{"regexp": {"req.user": "adm.*"}}"#, Err(&no_key("regexp"))),
        (Dsl, r#"{"fuzzy": {"req.user": "admn"}}"#, Err(&no_key("fuzzy"))),
        // The root has the values of all keys.
        (Dsl, r#"{"wildcard": {"req": "*min*"}}"#, Ok(&[0, 1, 2])),
        (Dsl, r#"{"fuzzy": {"req": "admn"}}"#, Ok(&[0, 1])),
        (Kql, "req: admin", Ok(&[0, 1])),
        // An object is no value of its key.
        (Kql, "req.user: *", Ok(&[0, 1, 2, 4])),
        (Kql, "req.a: *", Ok(&[])),
        (Kql, "req.a.b: 2", Ok(&[3])),
        (Kql, "req.*: bob", Ok(&[])),
        (Eql, "req.user == \"admin\"", Err(no_eql)),
        (Eql, "?req.user : \"*min*\"", Err(no_eql)),
        (Eql, "req != null", Err("`req` is flattened, which EQL cannot query")),
    ]);
}

#[test]
fn queries_split_where_the_mapping_says_so() {
    let mapping = json!({"properties": {
        "s": {"type": "keyword", "split_queries_on_whitespace": true}, "k": {"type": "keyword"},
    }});
    let documents = [json!({"s": "one", "k": "one"}), json!({"s": "one two", "k": "one two"})];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    ground.check_all(&[
        (Dsl, r#"{"match": {"s": "one two"}}"#, Ok(&[0])),
        (Dsl, r#"{"match": {"s": {"query": "one two", "operator": "and"}}}"#, Ok(&[])),
        (Dsl, r#"{"match": {"k": "one two"}}"#, Ok(&[1])),
        (Dsl, r#"{"term": {"s": "one two"}}"#, Ok(&[1])),
        (Dsl, r#"{"match_phrase": {"s": "one"}}"#, Ok(&[0])),
        (Dsl, r#"{"match_phrase": {"s": "one two"}}"#, Ok(&[1])),
        (Lucene, r#"s:"one two""#, Ok(&[1])),
        (Lucene, "s:(one two)", Ok(&[0])),
        // Kibana makes a term of it.
        (Kql, "s: one two", Ok(&[1])),
    ]);
}

#[test]
fn what_no_index_holds_is_found_as_far_as_doc_values_go() {
    let hidden = |ty: &str| json!({"type": ty, "index": false, "doc_values": false});
    let mapping = json!({"properties": {
        "f": {"type": "flattened", "index": false}, "d": hidden("date"), "t": {"type": "text", "index": false},
        "k": {"type": "keyword", "index": false, "doc_values": false, "fields": {"k": {"type": "keyword"}}},
        "v": {"type": "boolean", "index": false},
        "s": {"type": "flattened", "split_queries_on_whitespace": true},
    }});
    let documents = [
        json!({"f": {"a": "abc"}, "d": "2026-01-05", "t": "foo", "v": true}),
        json!({"k": "foo", "v": false, "s": {"a": "one two"}}),
    ];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    let index = |name: &str| format!("`{name}` is not indexed, and this query needs its index");
    let phrase = "a phrase of several words on `s.a`, which splits queries at white space and is \
                  no text field";
    ground.check_all(&[
        (Dsl, r#"{"term": {"f.a": "abc"}}"#, Ok(&[0])),
        (Dsl, r#"{"exists": {"field": "f.a"}}"#, Ok(&[])),
        (Dsl, r#"{"exists": {"field": "f"}}"#, Ok(&[0])),
        (Dsl, r#"{"prefix": {"f.a": "ab"}}"#, Err(&index("f.a"))),
        (Dsl, r#"{"range": {"f.a": {"gte": "a"}}}"#, Err(&index("f.a"))),
        (Dsl, r#"{"term": {"f": "abc"}}"#, Err(&index("f"))),
        (Kql, "f.a: *b*", Err(&index("f._keyed"))),
        (Lucene, "f.a:*b*", Ok(&[])),
        (Lucene, "NOT t:fo*", Ok(&[0, 1])),
        // That no date can be in the range is seen first.
        (Dsl, r#"{"range": {"d": {"gte": "2020"}}}"#, Ok(&[])),
        (Kql, "not d >= \"2020\"", Ok(&[0, 1])),
        (
            Dsl,
            r#"{"term": {"d": "2026"}}"#,
            Err("`d` is neither indexed nor has doc values: no query finds it"),
        ),
        (Dsl, r#"{"exists": {"field": "k*"}}"#, Ok(&[1])),
        (Dsl, r#"{"exists": {"field": "x*"}}"#, Ok(&[])),
        // Elasticsearch moves the other bound.
        (Dsl, r#"{"range": {"v": {"lt": true}}}"#, Ok(&[0, 1])),
        (Dsl, r#"{"range": {"v": {"lt": false}}}"#, Ok(&[1])),
        (Dsl, r#"{"match": {"s.a": "one two"}}"#, Ok(&[])),
        (Dsl, r#"{"match_phrase": {"s.a": "one two"}}"#, Err(phrase)),
    ]);
}

#[test]
fn runtime_fields_are_asked_in_their_own_ways() {
    let runtime = |ty: &str| json!({"type": ty});
    let mapping = json!({
        "runtime": {"d": runtime("date"), "b": runtime("boolean")},
        "properties": {"p": {"dynamic": "runtime", "properties": {}}},
    });
    let documents = [
        json!({"d": "2026-01-05", "b": true, "p": {"d": "2026-01-05T10:00:00Z"}}),
        json!({"d": "2026-01-05T10:00:00Z", "b": false}),
    ];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    ground.check_all(&[
        (Dsl, r#"{"term": {"d": "2026-01-05"}}"#, Ok(&[0])),
        (Dsl, r#"{"term": {"p.d": "2026-01-05"}}"#, Ok(&[])),
        (Dsl, r#"{"range": {"d": {"gte": "2026-01-05", "lte": "2026-01-05"}}}"#, Ok(&[0, 1])),
        // No upper bound is `false`.
        (Dsl, r#"{"range": {"b": {"gte": true}}}"#, Ok(&[])),
        (Dsl, r#"{"range": {"b": {"gte": false}}}"#, Ok(&[1])),
        (Dsl, r#"{"range": {"b": {"gte": true, "lte": true}}}"#, Ok(&[0])),
        (Eql, "b == true", Ok(&[0])),
    ]);
}

#[test]
fn numbers_are_milliseconds_whatever_the_format_of_dates() {
    let mapping = json!({"properties": {
        "s": {"type": "date", "format": "epoch_second"},
        "n": {"type": "date_nanos", "format": "epoch_second"},
    }});
    let documents = [json!({"s": 1_767_607_200, "n": 1_767_607_200}), json!({"s": "5"})];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    let late = "the date `1767607200000` is out of range";
    ground.check_all(&[
        (Dsl, r#"{"term": {"s": 1767607200000}}"#, Ok(&[0])),
        (Dsl, r#"{"term": {"s": 1767607200}}"#, Ok(&[])),
        (Dsl, r#"{"term": {"s": "1767607200"}}"#, Ok(&[0])),
        (Dsl, r#"{"range": {"s": {"gte": 6000}}}"#, Ok(&[0])),
        (Dsl, r#"{"range": {"s": {"gte": 6, "format": "epoch_second"}}}"#, Ok(&[0])),
        (Dsl, r#"{"term": {"n": 1767607200000}}"#, Ok(&[0])),
        (Dsl, r#"{"term": {"n": "1767607200000"}}"#, Err(late)),
        (Dsl, r#"{"range": {"n": {"gte": "-1"}}}"#, Err("the date `-1` is out of range")),
    ]);
}

#[test]
fn copied_values_are_values_of_the_target() {
    let mapping = json!({"properties": {
        "a": {"type": "keyword", "copy_to": ["b", "new"]},
        "b": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
    }});
    let documents = [json!({"a": "New York"}), json!({"b": "york"}), json!({"a": ["x", "y"]})];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    ground.check_all(&[
        (Kql, "b: york", Ok(&[0, 1])),
        (Kql, "b.raw: \"New York\"", Ok(&[0])),
        (Kql, "b: y and b.raw: x", Ok(&[2])),
        (Kql, "new: york", Ok(&[0])),
        (Kql, "a: york", Ok(&[])),
        (Eql, "b == \"New York\"", Ok(&[0])),
    ]);
}

#[test]
fn mappings_are_obeyed() {
    let mapping = json!({
        "subobjects": false,
        "properties": {
            "attributes": {"type": "passthrough", "priority": 1, "properties": {"x": {"type": "keyword"}}},
            "odd": {"type": "keyword", "normalizer": "unknown"},
            "off": {"type": "object", "enabled": false},
        },
        "runtime": {"r": {"type": "long"}, "s": {"type": "long", "script": "emit(1)"}},
    });
    let documents = [
        json!({"attributes": {"x": "a"}, "r": "5", "odd": "a", "off": {"x": "a"}}),
        json!({"attributes.x": "b", "r": 7}),
    ];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    let script = "unsupported: the mapping of `s` is not read: its values are computed by a script";
    let odd = "unsupported: the mapping of `odd` is not read: normalizer `unknown` is not defined in \
               the settings";
    ground.check_all(&[
        (Kql, "x: a", Ok(&[0])),
        (Kql, "attributes.x: b", Ok(&[1])),
        (Eql, "x == \"b\"", Ok(&[1])),
        (Kql, "r > 5", Ok(&[1])),
        (Eql, "r + 1 == 6", Ok(&[0])),
        (Kql, "s: 1", Err(script)),
        (Kql, "s: *", Err(script)),
        (Eql, "s == 1", Err(script)),
        (Kql, "odd: a", Err(odd)),
        (Lucene, "odd:a", Err(odd)),
        (Kql, "off.x: a", Ok(&[])),
        (Kql, "not off.x: *", Ok(&[0, 1])),
    ]);
}

#[test]
fn ranges_points_and_unsigned_numbers_are_asked_in_their_own_ways() {
    let mapping = json!({"properties": {
        "net": {"type": "ip_range"}, "span": {"type": "date_range"}, "port": {"type": "integer_range"},
        "ratio": {"type": "double_range"}, "size": {"type": "unsigned_long"},
        "place": {"type": "geo_point"}, "note": {"type": "keyword"},
    }});
    let documents = [
        json!({"net": "10.0.0.0/8", "port": {"gte": 80, "lt": 90}, "size": u64::MAX}),
        json!({
            "net": [{"gte": "192.0.2.1", "lte": "192.0.2.9"}, "10.9.0.0/16"],
            "span": {"gte": "2026-01-05", "lt": "2026-01-07"},
            "size": ["5", 7],
        }),
        json!({"place": {"lat": 41.1, "lon": 2.0}, "ratio": {"gt": 0.5}, "port": {"gte": 443}}),
        json!({"place": [2.0, 41.1], "size": 0}),
    ];
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    let point = "`place` is of type geo_point, which has no values to compare with";
    let eql = |field: &str, ty: &str| format!("`{field}` has type {ty}, which EQL cannot query");
    ground.check_all(&[
        (Kql, "net: 10.9.1.1", Ok(&[0, 1])),
        (Kql, "net: \"192.0.2.3\"", Ok(&[1])),
        (Kql, "not net: 10.1.1.1", Ok(&[1, 2, 3])),
        (Kql, "net: *", Ok(&[0, 1])),
        (Kql, "net < 10.0.0.0", Ok(&[])),
        (Kql, "net <= 10.0.0.0", Ok(&[0])),
        (Kql, "net: 10.0.0.0/8", Err("`10.0.0.0/8` is not an IP address")),
        (Kql, "span: \"2026-01-06\"", Ok(&[1])),
        (Kql, "span >= \"2026-01-07\"", Ok(&[])),
        (Kql, "span > \"2026-01-05\" and span: *", Ok(&[1])),
        (Kql, "port: 89", Ok(&[0])),
        (Kql, "port: 90", Ok(&[])),
        (Kql, "port > 100", Ok(&[2])),
        (Lucene, "port:[85 TO 500]", Ok(&[0, 2])),
        (Kql, "ratio: 0.5", Ok(&[])),
        (Kql, "ratio: 0.75", Ok(&[2])),
        (Kql, "size: 18446744073709551615", Ok(&[0])),
        (Kql, "size > 9223372036854775807", Ok(&[0])),
        (Kql, "size < 6", Ok(&[1, 3])),
        (Kql, "size: 5.5", Ok(&[])),
        (Kql, "size: x", Err("`x` is not a number")),
        (Kql, "not size: *", Ok(&[2])),
        (Eql, "size == 7", Ok(&[1])),
        (Eql, "size >= 7", Ok(&[0, 1])),
        (Eql, "size in (0, 5)", Ok(&[1, 3])),
        (
            Eql,
            "size + 1 == 8",
            Err("unsupported: `size` has type unsigned_long, which scripts here do not read"),
        ),
        (Kql, "place: *", Ok(&[2, 3])),
        (Kql, "not place: *", Ok(&[0, 1])),
        (Kql, "place: \"41.1,2.0\"", Err(point)),
        (Dsl, r#"{"range": {"place": {"gt": 1}}}"#, Err(point)),
        (Eql, "net == \"10.0.0.1\"", Err(&eql("net", "ip_range"))),
        (Eql, "place != null", Err(&eql("place", "geo_point"))),
    ]);
}

#[test]
fn nanoseconds_count() {
    let mapping = json!({"properties": {"t": {"type": "date_nanos"}, "d": {"type": "date"}}});
    let moments = [
        json!("2026-03-01T08:00:00.000000000Z"),
        json!("2026-03-01T08:00:00.000000007Z"),
        json!("2026-03-01T08:00:00.000999999Z"),
        json!("2026-03-01T23:59:59.999999999Z"),
        json!("2026-03-02"),
        json!(1_772_352_000_000_i64),
    ];
    let documents = moments.map(|at| json!({"t": at, "d": at}));
    let ground = Ground::new(Base::Empty, &mapping, &documents);
    ground.check_all(&[
        (Kql, "t > \"2026-03-01T08:00:00.000000007Z\"", Ok(&[2, 3, 4])),
        (Kql, "t < \"2026-03-01T08:00:00.000000007Z\"", Ok(&[0, 5])),
        (Kql, "t: \"2026-03-01T08:00:00.000000007Z\"", Ok(&[1])),
        (Kql, "t: \"2026-03-01T08:00:00.000Z\"", Ok(&[0, 5])),
        (Kql, "t: \"2026-03-01\"", Ok(&[0, 1, 2, 3, 5])),
        (Kql, "t > \"2026-03-01T08:00:00Z\"", Ok(&[3, 4])),
        // A number of milliseconds covers the whole of the last.
        (Dsl, r#"{"range": {"t": {"lte": 1772352000000}}}"#, Ok(&[0, 1, 2, 5])),
        (Dsl, r#"{"range": {"t": {"gt": 1772352000000}}}"#, Ok(&[3, 4])),
        // Math rounds to milliseconds.
        (Dsl, r#"{"range": {"t": {"gt": "2026-03-01||/d"}}}"#, Ok(&[3, 4])),
        (Dsl, r#"{"range": {"t": {"lte": "2026-03-01||/1d"}}}"#, Ok(&[0, 1, 2, 5])),
        (Kql, "d: \"2026-03-01T08:00:00.000Z\"", Ok(&[0, 1, 2, 5])),
        (Kql, "d > \"2026-03-01T08:00:00.000000007Z\"", Ok(&[3, 4])),
        (Eql, "t == \"2026-03-01T08:00:00.000000007Z\"", Ok(&[1])),
        (Eql, "string(t) : \"*08:00:00.000999999Z\"", Ok(&[2])),
    ]);
}

#[test]
fn unmapped_fields_are_typed_by_where_events_live() {
    let source = |role: &str, ip: &str| json!({"acme": {"role": role, "peer": {"ip": ip}, "when": "2026-01-05"}});
    let hit = |index: &str, source: Value| json!({"_index": index, "_source": source});
    let documents = |index: &str| {
        [hit(index, source("admin", "10.1.2.3")), hit(index, source("Domain ADMIN", "11.1.2.3"))]
    };
    let stream = Ground::new(Base::Embedded, &json!({}), &documents("logs-acme.audit-default"));
    stream.check_all(&[
        (Kql, "acme.role: admin", Ok(&[0])),
        (Kql, "acme.peer.ip: 10.0.0.0/8", Ok(&[0])),
        (Kql, "acme.when: \"2026-01\"", Ok(&[])),
        (Eql, "acme.role == \"admin\"", Ok(&[0])),
    ]);
    let plain = Ground::new(Base::Embedded, &json!({}), &documents("acme-audit"));
    plain.check_all(&[
        (Kql, "acme.role: admin", Ok(&[0, 1])),
        (Kql, "acme.peer.ip: 10.0.0.0/8", Ok(&[])),
        (Kql, "acme.when >= \"2026-01\"", Ok(&[0, 1])),
        (Eql, "acme.role == \"admin\"", Ok(&[0])),
    ]);
}
