use std::sync::Arc;

use serde_json::{Value, json};

use super::super::tests::{Fixture, terms};
use super::super::{Detail, Detection};
use super::*;

/// Suppresses one detection an event, or one for all where `pairs`, and gives
/// each alert as `values: first + others`.
fn check(documents: &[Value], group_missing: bool, each_value: bool, expected: &[&str]) {
    let fixture = Fixture::new("k1 n1", documents);
    let single = |event: u32| Detection {
        stages: vec![Some(event)],
        key: Arc::from([]),
        detail: Detail::None,
    };
    let found = fixture.all().into_iter().map(single).collect();
    let fields = terms("k1 n1");
    let grouping = Grouping { fields: &fields, group_missing, each_value };
    let merged = suppress(grouping, found, fixture.events(), 100).expect("few values");
    let one = |merged: &Merged| {
        let events = |found: &Detection| found.stages[0].map_or(String::new(), |at| at.to_string());
        let others: Vec<_> = merged.others.iter().map(events).collect();
        let values = merged.values.iter().flatten().map(|values| {
            let texts: Vec<_> =
                values.iter().map(|v| super::super::terms::key_text(Some(v)).to_string()).collect();
            texts.join("+")
        });
        let values: Vec<_> = values.collect();
        format!("{}: {} + {}", values.join(" "), events(&merged.first), others.join(" "))
    };
    let found: Vec<_> = merged.iter().map(one).collect();
    assert_eq!(found, expected, "{documents:?} {group_missing} {each_value}");
}

#[test]
fn one_alert_a_group() {
    let documents = [
        json!({"k1": "b", "n1": 1}),
        json!({"k1": "a", "n1": 1}),
        json!({"k1": "b", "n1": 1}),
        json!({"k1": "b", "n1": 2}),
        json!({"k1": "b"}),
        json!({"n1": 2}),
        json!({"k1": "b"}),
    ];
    check(
        &documents,
        true,
        true,
        &[" 2: 5 + ", "a 1: 1 + ", "b : 4 + 6", "b 1: 0 + 2", "b 2: 3 + "],
    );
    check(
        &documents,
        false,
        true,
        &["a 1: 1 + ", "b 1: 0 + 2", "b 2: 3 + ", ": 4 + ", ": 5 + ", ": 6 + "],
    );
    check(
        &documents,
        true,
        false,
        &["b 1: 0 + 2", "a 1: 1 + ", "b 2: 3 + ", "b : 4 + 6", " 2: 5 + "],
    );
}

#[test]
fn arrays_are_groups_of_each_value_or_one_value() {
    let documents = [
        json!({"k1": ["a", "b"], "n1": 1}),
        json!({"k1": ["b", "a"], "n1": 1}),
        json!({"k1": "a", "n1": 1}),
    ];
    check(&documents, true, true, &["a 1: 0 + 1 2", "b 1: 0 + 1"]);
    check(&documents, true, false, &["a+b 1: 0 + 1", "a 1: 2 + "]);
}

#[test]
fn several_events_share_what_all_of_them_have() {
    let fixture = Fixture::new(
        "k1 n1",
        &[
            json!({"k1": ["b", "a"], "n1": 1}),
            json!({"k1": ["a", "c", "b"], "n1": 2}),
            json!({"k1": ["a", "b"], "n1": 1}),
        ],
    );
    let found = |stages: &[Option<u32>]| Detection {
        stages: stages.to_vec(),
        key: Arc::from([]),
        detail: Detail::None,
    };
    let text = |text: &str| KeyValue::Text(text.into());
    let fields = terms("k1 n1");
    let grouping = Grouping { fields: &fields, group_missing: true, each_value: false };
    for (stages, expected) in [
        (vec![Some(0), Some(1)], [vec![text("b"), text("a")], vec![]]),
        (vec![Some(1), Some(0)], [vec![text("a"), text("b")], vec![]]),
        (vec![Some(0), Some(2)], [vec![text("b"), text("a")], vec![KeyValue::Long(1)]]),
        (vec![Some(0), None, Some(2)], [vec![], vec![]]),
    ] {
        let merged = suppress(grouping, vec![found(&stages)], fixture.events(), 1);
        let merged = merged.expect("few values");
        assert_eq!(merged[0].values.as_ref().expect("a group"), &expected, "{stages:?}");
    }
    // Sequences group by arrays in the same order; where an event is missing, all together.
    let sequences = [vec![Some(0), Some(0)], vec![Some(2), Some(2)]];
    let merged = |sequences: &[Vec<Option<u32>>]| {
        let all = sequences.iter().map(|stages| found(stages)).collect();
        suppress(grouping, all, fixture.events(), 9).expect("few values").len()
    };
    assert_eq!(merged(&sequences), 2);
    assert_eq!(merged(&[vec![Some(0), None], vec![Some(1), None]]), 1);
}

#[test]
fn hostile_arrays_are_refused() {
    let values: Vec<Value> = (0..2000).map(Value::from).collect();
    let names: Vec<Value> = (0..2000).map(|n| json!(n.to_string())).collect();
    let fixture = Fixture::new("k1 n1", &[json!({"k1": names, "n1": values})]);
    let found = Detection { stages: vec![Some(0)], key: Arc::from([]), detail: Detail::None };
    let fields = terms("k1 n1");
    let grouping = Grouping { fields: &fields, group_missing: true, each_value: true };
    assert_eq!(suppress(grouping, vec![found], fixture.events(), 1), Err(Error::Combinations));
}
