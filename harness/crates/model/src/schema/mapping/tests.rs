//! What mappings say, and what is refused.

use serde_json::{Value, json};

use super::*;
use crate::schema::{Base, Home};

fn read(mapping: &Value) -> (Schema, Vec<String>) {
    let mut schema = Schema::new(Base::Empty);
    let refused = schema.add_mapping(mapping, &Value::Null).expect("a mapping");
    (schema, refused.iter().map(ToString::to_string).collect())
}

fn ty(schema: &Schema, field: &str) -> Option<FieldType> {
    schema.field(field).map(|field| field.ty.clone())
}

fn name(schema: &Schema, field: &str) -> String {
    ty(schema, field).map_or("none".to_owned(), |ty| ty.name().to_owned())
}

#[test]
fn what_is_not_known_refuses_its_field_only() {
    for (definition, reason) in [
        (
            json!({"type": "text", "search_analyzer": "simple"}),
            "`search_analyzer: simple` is not supported",
        ),
        (json!({"type": "long", "coerce": false}), "`coerce: false` is not supported"),
        (json!({"type": "long", "script": "emit(1)"}), "its values are computed by a script"),
        (
            json!({"type": "keyword", "colour": 1}),
            "`colour` is not a parameter that the harness knows",
        ),
        (
            json!({"type": "text", "index_options": "docs"}),
            "`index_options: docs` is not supported",
        ),
        (
            json!({"type": "text", "analyzer": "mine"}),
            "analyzer `mine` is not defined in the settings",
        ),
        (
            json!({"type": "text", "position_increment_gap": 0}),
            "`position_increment_gap: 0` is not supported",
        ),
        (
            json!({"type": "keyword", "normalizer": "n"}),
            "normalizer `n` is not defined in the settings",
        ),
        (json!({"type": "keyword", "ignore_above": -1}), "`ignore_above` is not a length: -1"),
        (json!({"type": "keywrod"}), "`keywrod` is not a field type that the harness knows"),
        (
            json!({"type": "nested", "include_in_root": true}),
            "`include_in_root: true` is not supported",
        ),
    ] {
        let (schema, refused) =
            read(&json!({"properties": {"f": definition, "g": {"type": "ip"}}}));
        assert_eq!(refused, [format!("f: {reason}")]);
        assert_eq!(ty(&schema, "f"), Some(FieldType::Refused(reason.into())));
        assert_eq!(ty(&schema, "g"), Some(FieldType::Ip));
    }
    let (schema, refused) = read(&json!({
        "properties": {"n": {
            "type": "nested",
            "include_in_parent": "true",
            "properties": {"x": {"type": "keyword"}},
        }},
        "runtime": {"r": {"type": "long", "script": {"source": "emit(1)"}}, "c": {"type": "composite"}},
        "colour": 1,
        "dynamic": "perhaps",
        "dynamic_templates": [{"t": {"match": "*", "colour": 1, "mapping": {}}}],
    }));
    assert_eq!(refused.len(), 6, "{refused:?}");
    for refused in ["n", "n.x", "r", "c"] {
        assert_eq!(name(&schema, refused), "unreadable", "{refused}");
    }
}

#[test]
fn a_mapping_of_another_shape_is_an_error() {
    for mapping in [
        json!([]),
        json!({"properties": []}),
        json!({"properties": {"f": 1}}),
        json!({"properties": {"f": {"type": 1}}}),
        json!({"properties": {"f": {"type": "alias"}}}),
        json!({"runtime": []}),
    ] {
        let mut schema = Schema::new(Base::Empty);
        assert!(schema.add_mapping(&mapping, &Value::Null).is_err(), "{mapping}");
    }
}

#[test]
fn settings_count_where_a_field_names_them() {
    let settings = json!({"index": {"analysis": {
        "analyzer": {"odd": {"type": "custom"}, "words": {"type": "whitespace"}},
        "normalizer": {"low": {"filter": ["lowercase"]}, "ascii": {"filter": ["asciifolding"]}},
        "tokenizer": {"t": {"type": "ngram"}},
    }}});
    let mapping = json!({"properties": {
        "a": {"type": "text", "analyzer": "words"},
        "b": {"type": "text", "analyzer": "odd"},
        "c": {"type": "keyword", "normalizer": "low"},
        "d": {"type": "keyword", "normalizer": "ascii"},
    }});
    let mut schema = Schema::new(Base::Empty);
    let refused = schema.add_mapping(&mapping, &settings).expect("a mapping");
    let paths: Vec<_> = refused.iter().map(|refused| refused.path.as_str()).collect();
    assert_eq!(paths, ["b", "d"]);
    assert_eq!(name(&schema, "a"), "text");
    assert_eq!(name(&schema, "c"), "keyword");
}

#[test]
fn values_are_found_where_they_are_indexed() {
    let (schema, refused) = read(&json!({"properties": {
        "full": {"type": "keyword"},
        "values": {"type": "long", "index": false},
        "index": {"type": "ip", "doc_values": "false"},
        "neither": {"type": "date", "index": false, "doc_values": false},
        "text": {"type": "text", "index": false},
        "bytes": {"type": "binary"},
        "split": {"type": "keyword", "split_queries_on_whitespace": true},
    }}));
    assert!(refused.is_empty());
    for (field, access) in [
        ("full", Access::Full),
        ("values", Access::Values),
        ("index", Access::Indexed),
        ("neither", Access::Source),
        ("text", Access::Source),
        ("bytes", Access::Source),
    ] {
        assert_eq!(schema.field(field).map(|field| field.access), Some(access), "{field}");
    }
    let splits = |name: &str| schema.field(name).is_some_and(|field| field.split_queries);
    assert!(splits("split") && !splits("full"));
}

/// The types that fields of a document get that nobody mapped.
fn check(mapping: &Value, home: Home, document: &Value, expected: &[(&str, &str)]) {
    let (mut schema, refused) = read(mapping);
    assert!(refused.is_empty(), "{refused:?}");
    schema.base = Base::Embedded;
    schema.observe(document, home);
    for (field, expected) in expected {
        assert_eq!(name(&schema, field), *expected, "{field} of {document} under {mapping}");
    }
}

#[test]
fn data_streams_type_by_name() {
    let document = json!({"acme": {
        "role": "Domain admin", "when": "2026-01-05", "peer_ip": "10.0.0.1", "n": {"ip": "10.0.0.1"},
        "count": 1, "share": 0.5, "on": true, "opened": {"created": "2026-01-05"},
        "full_command_line": "a b", "note": {"message": "a b"}, "owner": {"name": "a"},
        "risk_score": 3, "disk": {"usage": "7"}, "geo": {"location": {"lat": 1, "lon": 2}},
        "exports": {"a": "b"}, "event": {"original": "x"}, "names": ["a", "b"],
    }});
    let streams = [
        ("acme.role", "keyword"),
        ("acme.role.keyword", "none"),
        ("acme.when", "keyword"),
        ("acme.peer_ip", "ip"),
        ("acme.n.ip", "ip"),
        ("acme.count", "long"),
        ("acme.share", "float"),
        ("acme.on", "boolean"),
        ("acme.opened.created", "date"),
        ("acme.full_command_line", "wildcard"),
        ("acme.full_command_line.text", "match_only_text"),
        ("acme.note.message", "match_only_text"),
        ("acme.owner.name", "keyword"),
        ("acme.owner.name.text", "match_only_text"),
        ("acme.risk_score", "float"),
        ("acme.disk.usage", "scaled_float"),
        ("acme.geo.location", "geo_point"),
        ("acme.exports", "flattened"),
        ("acme.exports.a", "flattened"),
        ("acme.names", "keyword"),
    ];
    check(&json!({}), Home::DataStream, &document, &streams);
    let elsewhere = [
        ("acme.role", "text"),
        ("acme.role.keyword", "keyword"),
        ("acme.when", "date"),
        ("acme.peer_ip", "text"),
        ("acme.exports.a", "text"),
        ("acme.risk_score", "long"),
    ];
    check(&json!({}), Home::Index, &document, &elsewhere);
}

#[test]
fn a_mapping_says_how_to_type_what_it_does_not_name() {
    let document =
        json!({"a": "10", "b": "1.5", "c": "05/01/2026", "d": "2026-01-05", "o": {"x": "y"}});
    let both = [Home::Index, Home::DataStream];
    for home in both {
        let mapping = json!({"numeric_detection": true});
        check(&mapping, home, &document, &[("a", "long"), ("b", "float")]);
        let mapping = json!({"date_detection": true, "dynamic_date_formats": ["dd/MM/yyyy"]});
        let string = if home == Home::Index { "text" } else { "keyword" };
        check(&mapping, home, &document, &[("c", "date"), ("d", string)]);
        check(&json!({"date_detection": false}), home, &document, &[("d", string)]);
        check(&json!({"dynamic": false}), home, &document, &[("a", "none"), ("o.x", "none")]);
        check(&json!({"dynamic": "strict"}), home, &document, &[("a", "none")]);
        let mapping = json!({"properties": {"o": {"dynamic": false}}});
        check(&mapping, home, &document, &[("a", string), ("o.x", "none")]);
        let mapping = json!({"properties": {"o": {"enabled": false}}});
        check(&mapping, home, &document, &[("a", string), ("o.x", "none")]);
        check(&json!({"enabled": false}), home, &document, &[("a", "none"), ("o.x", "none")]);
    }
    let runtime = [("a", "keyword"), ("d", "date"), ("o.x", "keyword")];
    check(&json!({"dynamic": "runtime"}), Home::Index, &document, &runtime);
}

#[test]
fn templates_are_tried_in_order() {
    let mapping = json!({"dynamic_templates": [
        {"regex": {"match_pattern": "regex", "match": "^x_\\d+$", "mapping": {"type": "ip"}}},
        {"path": {"path_match": "o.*", "path_unmatch": "*.skip", "mapping": {"type": "version"}}},
        {"long": {"match_mapping_type": ["long", "double"], "match": "n*", "mapping": {"type": "short"}}},
        {"named": {"match": "named", "mapping": {"type": "keyword", "copy_to": "all_{name}"}}},
        {"same": {"match": "same", "mapping": {"type": "{dynamic_type}"}}},
        {"whole": {"match_mapping_type": "object", "match": "tree", "mapping": {"type": "flattened"}}},
        {"run": {"match": "run", "runtime": {"type": "long"}}},
        {"rest": {"match_mapping_type": "string", "unmatch": ["other", "free*"],
            "mapping": {"type": "keyword", "fields": {"t": {"type": "text"}}}}},
    ]});
    let document = json!({
        "x_1": "10.0.0.1", "x_a": "s", "o": {"v": "1.2.3", "skip": "s", "n": 1}, "n": 1, "n2": 1.5,
        "named": "s", "same": 5, "tree": {"deep": {"er": "s"}}, "run": "5", "other": "s", "freely": "s",
    });
    let expected = [
        ("x_1", "ip"),
        ("x_a", "keyword"),
        ("x_a.t", "text"),
        ("o.v", "version"),
        ("o.skip", "keyword"),
        ("n", "short"),
        ("n2", "short"),
        ("named", "keyword"),
        ("all_named", "keyword"),
        ("same", "long"),
        ("tree", "flattened"),
        ("tree.deep.er", "flattened"),
        ("run", "long"),
        ("other", "text"),
        ("freely", "text"),
    ];
    check(&mapping, Home::Index, &document, &expected);
}

#[test]
fn passthrough_objects_show_their_fields_at_the_root() {
    let mapping = json!({"properties": {
        "attributes": {"type": "passthrough", "priority": 10, "properties": {
            "x": {"type": "keyword"}, "both": {"type": "long"}, "own": {"type": "long"},
        }},
        "scope": {"properties": {"attributes": {"type": "passthrough", "priority": 20, "properties": {
            "both": {"type": "ip"},
        }}}},
        "own": {"type": "keyword"},
    }});
    let document = json!({"attributes": {"new.one": "s"}});
    let expected = [
        ("x", "keyword"),
        ("both", "ip"),
        ("own", "keyword"),
        ("new.one", "text"),
        ("attributes.own", "long"),
        ("absent", "none"),
    ];
    check(&mapping, Home::Index, &document, &expected);
    let (schema, _) = read(&mapping);
    let found = schema.matching(&harness_text::pattern::glob::Glob::simple("b*"));
    assert_eq!(found, [Arc::from("both")]);
}
