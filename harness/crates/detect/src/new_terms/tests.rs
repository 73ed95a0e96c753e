use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::{Fixture, document, many, print, terms as fields};
use super::*;
use harness_predicate::Predicate;

const FIELDS: &str = "k kk n i";
const FROM: i64 = 100;

fn check(by: &str, documents: &Value, expected: &[&str]) {
    let fixture = Fixture::new(FIELDS, documents.as_array().expect("documents"));
    let plan = NewTermsPlan { filter: Predicate::Const(true), fields: fields(by) };
    let found = find(&plan, &fixture.all(), fixture.events(), FROM, 100);
    assert_eq!(print(&found.expect("few combinations")), expected, "{documents}");
}

#[test]
fn a_term_seen_at_the_start_of_the_window_is_old() {
    check("k", &json!([{"k": "a", "t": 99}, {"k": "a", "t": 150}]), &[]);
    check("k", &json!([{"k": "a", "t": 100}, {"k": "a", "t": 150}]), &[]);
    check("k", &json!([{"k": "a", "t": 101}, {"k": "a", "t": 150}]), &["a: 0"]);
}

#[test]
fn the_oldest_event_alerts_and_the_earliest_term_comes_first() {
    let documents = json!([{"k": "b", "t": 130}, {"k": "a", "t": 120}, {"k": "b", "t": 110}]);
    check("k", &documents, &["b: 2", "a: 1"]);
    let same = json!([{"k": "b", "t": 110}, {"k": "a", "t": 110}, {"k": "a", "t": 110}]);
    check("k", &same, &["a: 1", "b: 0"]);
}

#[test]
fn combinations_of_known_values_are_new() {
    let documents = json!([
        {"k": "a", "n": 1, "t": 1}, {"k": "b", "n": 2, "t": 1}, {"k": "a", "n": 2, "t": 150}
    ]);
    check("k n", &documents, &["a, 2: 2"]);
    check("k", &documents, &[]);
    check("n", &documents, &[]);
}

#[test]
fn arrays_multiply_and_one_event_gives_several_alerts() {
    let documents = json!([
        {"k": ["a", "b"], "kk": "x", "t": 1}, {"k": ["a", "c"], "kk": ["x", "y"], "t": 150}
    ]);
    check("k kk", &documents, &["a, y: 1", "c, x: 1", "c, y: 1"]);
}

#[test]
fn events_without_a_field_or_a_time_have_no_terms() {
    check("k n", &json!([{"k": "a", "t": 150}, {"n": 1, "t": 150}]), &[]);
    check("k u", &json!([{"k": "a", "t": 150}]), &[]);
    check("k", &json!([{"k": "a"}]), &[]);
    check("k", &json!([{"k": "a"}, {"k": "a", "t": 150}]), &["a: 1"]);
}

#[test]
fn arrays_that_multiply_without_end_are_an_error() {
    let hostile = json!({"k": many("v", 2000), "kk": many("v", 2000), "t": 150});
    let fixture = Fixture::new(FIELDS, &[hostile]);
    let terms = terms(&fields("k kk"), &fixture.all(), fixture.events());
    assert_eq!(terms, Err(Error::Combinations));
}

#[test]
fn at_most_ten_thousand_terms_are_new() {
    let documents: Vec<Value> =
        (0..3).map(|n| json!({"k": many("v", 5000), "n": n, "t": 150 + n})).collect();
    let fixture = Fixture::new(FIELDS, &documents);
    let plan = NewTermsPlan { filter: Predicate::Const(true), fields: fields("k n") };
    let found = find(&plan, &fixture.all(), fixture.events(), FROM, usize::MAX);
    let found = found.expect("few combinations");
    assert_eq!(found.len(), MAX_NEW_TERMS);
    assert!(found.iter().all(|found| found.stages != [Some(2)]), "the earliest are kept");
}

proptest! {
    #[test]
    fn the_twin_finds_the_same(
        documents in prop::collection::vec(document(prop::option::of(0_i64..6)), 0..12),
        by in prop::sample::subsequence(vec!["k", "kk", "n", "i"], 1..=3),
    ) {
        let fixture = Fixture::new(FIELDS, &documents);
        let by = fields(&by.join(" "));
        let found = terms(&by, &fixture.all(), fixture.events()).expect("few combinations");
        let new: Vec<Term> = found.into_iter().filter(|term| term.first_seen > 2).collect();
        prop_assert_eq!(new, slow::find(&by, &fixture.all(), fixture.events(), 2));
    }

    #[test]
    fn the_order_of_events_changes_no_term(
        documents in prop::collection::vec(document(prop::option::of(0_i64..6)), 0..12).prop_shuffle(),
    ) {
        let keys = |documents: &[Value]| {
            let fixture = Fixture::new(FIELDS, documents);
            let terms = terms(&fields("k n"), &fixture.all(), fixture.events());
            let terms = terms.expect("few combinations").into_iter();
            terms.map(|term| (term.key, term.first_seen)).collect::<Vec<_>>()
        };
        let mut sorted = documents.clone();
        sorted.sort_by_key(Value::to_string);
        prop_assert_eq!(keys(&documents), keys(&sorted));
    }
}
