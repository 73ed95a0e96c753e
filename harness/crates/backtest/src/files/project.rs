//! The part of an event that a query reads.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Map, Value};

/// Paths, each with all that lies below it.
pub(super) type Paths = BTreeSet<Arc<str>>;

/// What lies at or below the paths, in the objects around it. An event nests no deeper
/// than its limit.
pub(super) fn project(source: &Value, paths: &Paths) -> Value {
    part(source, "", paths)
}

fn part(value: &Value, path: &str, paths: &Paths) -> Value {
    match value {
        Value::Object(object) => {
            let mut kept = Map::new();
            for (key, inner) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if paths.contains(path.as_str()) {
                    kept.insert(key.clone(), inner.clone());
                } else if leads_on(&path, paths) {
                    kept.insert(key.clone(), part(inner, &path, paths));
                }
            }
            Value::Object(kept)
        }
        Value::Array(values) => {
            let objects = values.iter().filter(|value| !is_scalar(value));
            Value::Array(objects.map(|value| part(value, path, paths)).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Value::Null,
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
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
        let paths: Paths = ["a.b", "c", "d.e.f"].into_iter().map(Arc::from).collect();
        for (event, kept) in [
            (
                json!({ "a": { "b": 1, "x": 2 }, "c": { "z": [1] }, "x": 3 }),
                json!({ "a": { "b": 1 }, "c": { "z": [1] } }),
            ),
            (
                json!({ "a.b": [1, { "q": 2 }], "a.bc": 4, "ab": 5 }),
                json!({ "a.b": [1, { "q": 2 }] }),
            ),
            (
                json!({ "a": [{ "b": 1 }, 7, { "b": 2, "x": 0 }] }),
                json!({ "a": [{ "b": 1 }, { "b": 2 }] }),
            ),
            (
                json!({ "d.e": { "f": null, "g": 1 }, "d": { "e.f": 2 } }),
                json!({ "d.e": { "f": null }, "d": { "e.f": 2 } }),
            ),
            (json!({ "a": 1, "d": "x" }), json!({ "a": null, "d": null })),
        ] {
            assert_eq!(project(&event, &paths), kept, "{event}");
        }
    }
}
