//! Setting fields of a JSON document.

use serde_json::{Map, Value};

/// Removes every value of a field, and objects that are empty then.
pub(crate) fn remove(value: &mut Value, path: &str) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| remove(value, path)),
        Value::Object(object) => {
            object.remove(path);
            let mut emptied = Vec::new();
            for (key, inner) in object.iter_mut() {
                let rest = path.strip_prefix(key.as_str()).and_then(|rest| rest.strip_prefix('.'));
                let Some(rest) = rest else { continue };
                remove(inner, rest);
                if inner.as_object().is_some_and(Map::is_empty) {
                    emptied.push(key.clone());
                }
            }
            emptied.iter().for_each(|key| {
                object.remove(key);
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Gives a field these values and no others; none removes it.
pub(crate) fn set(value: &mut Value, path: &str, mut values: Vec<Value>) {
    remove(value, path);
    let new = match values.len() {
        0 => return,
        1 => values.remove(0),
        _ => Value::Array(values),
    };
    insert(value, path, new);
}

fn insert(value: &mut Value, path: &str, new: Value) {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(values) => {
            // One of several objects: the first will do.
            if let Some(first) = values.iter_mut().find(|value| value.is_object()) {
                insert(first, path, new);
            }
            return;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    };
    let container = path.match_indices('.').map(|(dot, _)| dot).rev().find(|dot| {
        let inner = object.get(&path[..*dot]);
        inner.is_some_and(|inner| match inner {
            Value::Object(_) => true,
            Value::Array(values) => values.iter().any(Value::is_object),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        })
    });
    if let Some(dot) = container
        && let Some(inner) = object.get_mut(&path[..dot])
    {
        insert(inner, &path[dot + 1..], new);
        return;
    }
    // A document of dotted names stays one.
    let dotted = object.keys().any(|key| key.contains('.'));
    match path.split_once('.') {
        Some((head, rest)) if !dotted && !object.contains_key(head) => {
            let mut inner = Value::Object(Map::new());
            insert(&mut inner, rest, new);
            object.insert(head.to_owned(), inner);
        }
        Some(_) | None => {
            object.insert(path.to_owned(), new);
        }
    }
}

/// The first array or object at a path of objects.
pub(crate) fn objects(value: &Value, path: &str) -> Vec<Value> {
    match value {
        Value::Object(object) => {
            if let Some(found) = object.get(path) {
                return match found {
                    Value::Array(values) => values.clone(),
                    other => vec![other.clone()],
                };
            }
            let inner = object.iter().find_map(|(key, inner)| {
                Some((inner, path.strip_prefix(key.as_str())?.strip_prefix('.')?))
            });
            inner.map_or_else(Vec::new, |(inner, rest)| objects(inner, rest))
        }
        Value::Array(values) => values.first().map_or_else(Vec::new, |first| objects(first, path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
