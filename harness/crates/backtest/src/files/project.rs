//! The part of an event that a query reads.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Map, Value};

/// Paths, each with all that lies below it.
pub(super) type Paths = BTreeSet<Arc<str>>;

/// What lies at the paths, each under its whole name: one object for all takes a fraction
/// of what objects in objects do. An event nests no deeper than its limit.
pub(super) fn project(source: &Value, paths: &Paths) -> Value {
    let mut kept = Map::new();
    part(source, "", paths, &mut kept);
    Value::Object(kept)
}

fn part(value: &Value, path: &str, paths: &Paths, kept: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if paths.contains(path.as_str()) {
                    add(kept, &path, inner.clone());
                } else if leads_on(&path, paths) {
                    part(inner, &path, paths, kept);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| part(value, path, paths, kept)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Adds a value beside those that a path has already.
fn add(kept: &mut Map<String, Value>, path: &str, value: Value) {
    match kept.get_mut(path) {
        None => drop(kept.insert(path.to_owned(), value)),
        Some(Value::Array(values)) => values.push(value),
        Some(first) => {
            let first_value = first.take();
            *first = Value::Array(vec![first_value, value]);
        }
    }
}

/// Whether some of the paths go on from a path.
fn leads_on(path: &str, paths: &Paths) -> bool {
    let start = format!("{path}.");
    let next = paths.range::<str, _>((Bound::Included(start.as_str()), Bound::Unbounded)).next();
    next.is_some_and(|next| next.starts_with(&start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_read_is_kept_however_it_is_written() {
        let paths: Paths = ["a.b", "c", "c.z", "d.e.f"].into_iter().map(Arc::from).collect();
        for (event, kept) in [
            (
                json!({ "a": { "b": 1, "x": 2 }, "c": { "z": [1] }, "x": 3 }),
                json!({ "a.b": 1, "c": { "z": [1] } }),
            ),
            (json!({ "a.b": [1, 2], "a.bc": 4, "ab": 5 }), json!({ "a.b": [1, 2] })),
            (json!({ "a": [{ "b": 1 }, 7, { "b": [2, 3] }] }), json!({ "a.b": [1, [2, 3]] })),
            (json!({ "d.e": { "f": null }, "d": { "e.f": 2 } }), json!({ "d.e.f": [2, null] })),
            (json!({ "a": 1, "d": "x" }), json!({})),
        ] {
            assert_eq!(project(&event, &paths), kept, "{event}");
        }
    }
}
