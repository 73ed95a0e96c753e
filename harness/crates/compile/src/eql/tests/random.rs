//! The engine and the reference evaluator agree on random filters and documents.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Options, STRICT, predicate, schema};
use harness_engine::Engine;
use harness_engine::embedded::Embedded;
use harness_model::document::{Columns, Document, Ingest};
use harness_model::event::Event;
use harness_model::schema::{Field, Unmapped};
use harness_predicate::Predicate;
use harness_predicate::eval::eval;

fn choice(of: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    prop::sample::select(of.to_vec()).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = String> {
    let word = || choice(&["\"a\"", "\"ab\"", "\"B\"", "\"\"", "\"a*\"", "\"?b\""]);
    let number = || choice(&["-1", "0", "1", "2", "1.5"]);
    let keyword = || choice(&["k", "k2", "?u"]);
    let compare = || choice(&["==", "!=", "<", "<=", ">", ">="]);
    prop_oneof![
        (keyword(), choice(&["==", "!=", ":", "like", "like~", "<", ">="]), word())
            .prop_map(|(field, op, word)| format!("{field} {op} {word}")),
        (keyword(), choice(&["==", "!="])).prop_map(|(field, op)| format!("{field} {op} null")),
        (keyword(), choice(&["in", "not in", "in~"]), word(), word())
            .prop_map(|(field, op, a, b)| format!("{field} {op} ({a}, {b})")),
        (compare(), number()).prop_map(|(op, number)| format!("n {op} {number}")),
        (compare(), number()).prop_map(|(op, number)| format!("n + 1 {op} {number}")),
        (keyword(), compare(), number())
            .prop_map(|(field, op, number)| format!("length({field}) {op} {number}")),
        (choice(&["startsWith", "endsWith~", "stringContains"]), keyword(), keyword())
            .prop_map(|(function, a, b)| format!("{function}({a}, {b})")),
        (keyword(), word()).prop_map(|(field, word)| format!("concat({field}, n) : {word}")),
        (keyword(), word()).prop_map(|(field, word)| format!("startsWith~({field}, {word})")),
        choice(&["b", "true", "false", "null", "b == false", "string(b) == \"true\""]),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            vec(inner, 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    let words = || vec(choice(&["a", "ab", "B", "", "AbB"]), 0..3);
    let numbers = vec(-1..3_i64, 0..3);
    (words(), words(), numbers, prop::option::of(any::<bool>()))
        .prop_map(|(k, k2, n, b)| json!({"k": k, "k2": k2, "n": n, "b": b}))
}

fn documents(predicates: &[Predicate], sources: Vec<Value>) -> (Vec<Document>, Columns) {
    let schema = schema();
    let mut names = Vec::new();
    for predicate in predicates {
        predicate.leaves(&mut |leaf| {
            names.extend(leaf.columns().into_iter().map(|column| column.name.clone()));
        });
    }
    let fields: Vec<Arc<Field>> = names.iter().filter_map(|name| schema.field(name)).collect();
    let mut columns = Columns::default();
    let ingest = Ingest::new(&schema, &fields, &mut columns);
    let documents = (1..).zip(sources).map(|(position, source)| {
        let event = Event::from_json(source, position).expect("an event");
        ingest.document(&event, &mut Vec::new())
    });
    (documents.collect(), columns)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_engine_is_the_reference_evaluator(
        conditions in vec(condition(), 1..8),
        sources in vec(document(), 1..12),
    ) {
        let lenient = Options { unmapped: Unmapped::Missing, ..STRICT };
        let predicates: Vec<Predicate> = conditions
            .iter()
            .flat_map(|condition| [STRICT, lenient].map(|options| predicate(condition, &options)))
            .collect();
        let (documents, columns) = documents(&predicates, sources);
        let engine = Embedded::new(&documents, &columns).expect("an index");
        let all: Vec<&Predicate> = predicates.iter().collect();
        let hits = engine.select(&all).expect("answers");
        for (predicate, hits) in predicates.iter().zip(hits) {
            for (number, document) in (0..).zip(&documents) {
                let expected = eval(predicate, document, &columns);
                prop_assert_eq!(hits.contains(number), expected, "{}", predicate);
            }
        }
    }
}
