//! Events as evidence: made of a few values, and judged by the reference evaluator
//! before they are shown.

use harness_model::schema::Schema;
use harness_predicate::{Leaf, Predicate};
use serde_json::{Map, Value};

pub(super) use crate::compare::Bench;

/// An event with one value of a field.
pub(super) fn event(field: &str, value: Value) -> Value {
    field.rsplit('.').fold(value, |inner, key| {
        let mut object = Map::new();
        object.insert(key.to_owned(), inner);
        Value::Object(object)
    })
}

/// The event with that value, where all of these leaves fail on it.
pub(super) fn missed(schema: &Schema, leaves: &[&Leaf], field: &str, value: &str) -> Option<Value> {
    if leaves.is_empty() {
        return None;
    }
    let bench = Bench::new(schema, leaves.iter().copied());
    let event = event(field, Value::String(value.to_owned()));
    let any = Predicate::or(leaves.iter().map(|leaf| Predicate::Leaf(Leaf::clone(leaf))));
    (!bench.holds(&any, &event)?).then_some(event)
}
