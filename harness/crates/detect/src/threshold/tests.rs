use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::{Fixture, document, many, print, term, terms};
use super::*;
use harness_predicate::Predicate;

const FIELDS: &str = "k kk n b i";

fn plan(fields: &str, count: u64, cardinality: Option<(&str, u64)>) -> ThresholdPlan {
    ThresholdPlan {
        filter: Predicate::Const(true),
        fields: terms(fields),
        count,
        cardinality: cardinality.map(|(field, count)| (term(field), count)),
    }
}

fn check(plan: &ThresholdPlan, documents: &Value, expected: &[&str]) {
    let fixture = Fixture::new(FIELDS, documents.as_array().expect("documents"));
    let found = find(plan, &fixture.all(), fixture.events(), 100).expect("few combinations");
    assert_eq!(print(&found), expected, "{documents}");
}

#[test]
fn a_group_alerts_from_the_bound_on() {
    let documents = json!([{"k": "a"}, {"k": "b"}, {"k": "a"}, {"k": "a"}, {"k": "b"}]);
    check(&plan("k", 3, None), &documents, &["a: 0 2 3 x3"]);
    check(&plan("k", 4, None), &documents, &[]);
    check(&plan("k", 1, None), &documents, &["a: 0 2 3 x3", "b: 1 4 x2"]);
}

#[test]
fn without_fields_there_is_one_group() {
    check(&plan("", 2, None), &json!([{"k": "a"}, {}]), &[": 0 1 x2"]);
    check(&plan("", 3, None), &json!([{"k": "a"}, {}]), &[]);
    check(&plan("", 1, None), &json!([]), &[]);
}

#[test]
fn events_without_a_field_are_in_no_group() {
    let documents = json!([{"k": "a", "n": 1}, {"k": "a"}, {"n": 1}, {"k": [], "n": 1}]);
    check(&plan("k n", 1, None), &documents, &["a, 1: 0 x1"]);
    check(&plan("k u", 1, None), &documents, &[]);
}

#[test]
fn arrays_are_in_the_group_of_each_value() {
    let documents = json!([{"k": ["a", "b"], "kk": ["x", "y"]}, {"k": "b", "kk": "x"}]);
    check(
        &plan("k kk", 1, None),
        &documents,
        &["a, x: 0 x1", "a, y: 0 x1", "b, x: 0 1 x2", "b, y: 0 x1"],
    );
}

#[test]
fn repeated_numbers_count_repeatedly_and_repeated_keywords_once() {
    check(&plan("n", 2, None), &json!([{"n": [5, 5]}]), &["5: 0 x2"]);
    check(&plan("b", 2, None), &json!([{"b": [true, true, false]}]), &["true: 0 x2"]);
    check(&plan("k", 2, None), &json!([{"k": ["a", "a"]}]), &[]);
    check(&plan("i", 2, None), &json!([{"i": ["::1", "::1"]}]), &[]);
}

#[test]
fn distinct_values_are_counted_and_missing_ones_are_not() {
    let documents = json!([
        {"k": "a", "kk": "x"}, {"k": "a", "kk": ["x", "y"]}, {"k": "a"}, {"k": "b", "kk": "x"}
    ]);
    check(&plan("k", 1, Some(("kk", 2))), &documents, &["a: 0 1 2 x3 of 2"]);
    check(&plan("k", 1, Some(("kk", 3))), &documents, &[]);
    check(&plan("k", 4, Some(("kk", 2))), &documents, &[]);
    check(&plan("", 1, Some(("kk", 2))), &documents, &[": 0 1 2 3 x4 of 2"]);
    check(&plan("k", 1, Some(("u", 1))), &documents, &[]);
}

#[test]
fn groups_come_by_value_and_their_events_by_time() {
    let documents = json!([
        {"n": 10, "t": 5}, {"n": 9, "t": 5}, {"n": 10, "t": 1}, {"i": "10.0.0.1"}, {"i": "9.0.0.1"}
    ]);
    check(&plan("n", 1, None), &documents, &["9: 1 x1", "10: 2 0 x2"]);
    check(&plan("i", 1, None), &documents, &["9.0.0.1: 4 x1", "10.0.0.1: 3 x1"]);
}

#[test]
fn the_number_of_alerts_is_bounded() {
    let fixture = Fixture::new(FIELDS, &[json!({"k": many("v", 200)})]);
    let found = find(&plan("k", 1, None), &fixture.all(), fixture.events(), 100);
    assert_eq!(found.expect("few combinations").len(), 100);
}

#[test]
fn arrays_that_multiply_without_end_are_an_error() {
    let hostile = json!({"k": many("v", 2000), "kk": many("v", 2000)});
    let fixture = Fixture::new(FIELDS, &[hostile]);
    let find = |plan| find(&plan, &fixture.all(), fixture.events(), 100);
    assert_eq!(find(plan("k kk", 1, None)), Err(Error::Combinations));
    assert_eq!(find(plan("k", 1, Some(("kk", 1)))), Err(Error::Combinations));
}

proptest! {
    #[test]
    fn the_twin_finds_the_same(
        documents in prop::collection::vec(document((0_i64..4).prop_map(Some)), 0..12),
        fields in prop::sample::subsequence(vec!["k", "kk", "n", "b", "i"], 0..=3),
        count in 1_u64..5,
        cardinality in prop::option::of((prop::sample::select(vec!["k", "n", "i"]), 0_u64..4)),
    ) {
        let fixture = Fixture::new(FIELDS, &documents);
        let plan = plan(&fields.join(" "), count, cardinality);
        let found = find(&plan, &fixture.all(), fixture.events(), 100).expect("few combinations");
        let slow = slow::find(&plan, &fixture.all(), fixture.events());
        prop_assert_eq!(found, slow.into_iter().map(Detection::from).collect::<Vec<_>>());
    }

    #[test]
    fn the_order_of_events_changes_no_group(
        documents in prop::collection::vec(document((0_i64..4).prop_map(Some)), 0..12).prop_shuffle(),
    ) {
        let keys = |documents: &[Value]| {
            let fixture = Fixture::new(FIELDS, documents);
            let groups = groups(&plan("k n", 1, Some(("kk", 1))), &fixture.all(), fixture.events());
            let groups = groups.expect("few combinations").into_iter();
            groups.map(|group| (group.key, group.count, group.cardinality)).collect::<Vec<_>>()
        };
        let mut sorted = documents.clone();
        sorted.sort_by_key(Value::to_string);
        prop_assert_eq!(keys(&documents), keys(&sorted));
    }
}
