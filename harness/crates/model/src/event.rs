//! One event of a fixture: a document, its id and the index it lies in.
//!
//! Accepts a bare document and an Elasticsearch hit (`_index`, `_id`,
//! `_source`). `{"a.b": 1}` and `{"a": {"b": 1}}` are the same field; see
//! [`flatten`].

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use crate::value::DEFAULT_DATE_FORMAT;
use crate::value::{DateFormat, Resolution};
use harness_source::limits;

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Unique within its case: `_id`, or `#n` by position, from 1.
    pub id: String,
    /// The index that holds it: `_index`, or made from `data_stream.*`.
    pub index: Option<String>,
    /// Whether `_index` was stated; only then does it speak for missing fields.
    pub index_stated: bool,
    /// The document; copies of an event share it until one is changed.
    pub source: Arc<Value>,
}

/// A JSON value that is not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Events are JSON objects.
    #[error("an event is a JSON object, not {0}")]
    NotAnObject(&'static str),
    /// `_id` and `_index` are strings.
    #[error("`{0}` is not a string")]
    NotAString(&'static str),
    /// A hit has a document.
    #[error("`_source` is not a JSON object")]
    SourceNotAnObject,
    /// Elasticsearch refuses deeper documents too.
    #[error("the event nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// How deep an event may nest.
pub const MAX_DEPTH: usize = limits::EVENT_DEPTH.most;

impl Event {
    /// Reads a bare document or a hit; `position` (from 1) names events without `_id`.
    pub fn from_json(value: Value, position: usize) -> Result<Self, EventError> {
        let Value::Object(mut object) = value else {
            return Err(EventError::NotAnObject(kind_of(&value)));
        };
        let id = take_string(&mut object, "_id")?.unwrap_or_else(|| format!("#{position}"));
        let stated = take_string(&mut object, "_index")?;
        let source = match object.remove("_source") {
            Some(source @ Value::Object(_)) => source,
            Some(_) => return Err(EventError::SourceNotAnObject),
            None => Value::Object(object),
        };
        if too_deep(&source, MAX_DEPTH) {
            return Err(EventError::TooDeep);
        }
        let index_stated = stated.is_some();
        let index = stated.or_else(|| data_stream_index(&source));
        Ok(Self { id, index, index_stated, source: Arc::new(source) })
    }

    /// The event with another document, as its file would give it; none where no file
    /// of events could hold it.
    #[must_use]
    pub fn with_source(&self, source: Arc<Value>) -> Option<Self> {
        let object = source.as_object()?;
        let is_bare = self.id.starts_with('#') && !self.index_stated;
        let reads_as_hit = ["_id", "_index", "_source"].iter().any(|key| object.contains_key(*key));
        if is_bare && reads_as_hit || too_deep(&source, MAX_DEPTH) {
            return None;
        }
        let stated = self.index.clone().filter(|_| self.index_stated);
        let index = stated.or_else(|| data_stream_index(&source));
        Some(Self { id: self.id.clone(), index, index_stated: self.index_stated, source })
    }

    /// `@timestamp` in milliseconds since 1970, where it is a date.
    pub fn timestamp(&self) -> Option<i64> {
        self.date("@timestamp")
    }

    /// A field in milliseconds since 1970, where it is a date.
    pub fn date(&self, field: &str) -> Option<i64> {
        static FORMAT: LazyLock<Option<DateFormat>> =
            LazyLock::new(|| DateFormat::parse(DEFAULT_DATE_FORMAT).ok());
        FORMAT.as_ref()?.from_json(self.first(field)?).ok()
    }

    /// The same in milliseconds, and the nanoseconds beyond them.
    pub fn nanos(&self, field: &str) -> Option<(i64, u32)> {
        static FORMAT: LazyLock<Option<DateFormat>> = LazyLock::new(|| {
            DateFormat::parse(DEFAULT_DATE_FORMAT).ok().map(|format| format.with(Resolution::Nanos))
        });
        let nanos = FORMAT.as_ref()?.from_json(self.first(field)?).ok()?;
        Some((nanos.div_euclid(1_000_000), u32::try_from(nanos.rem_euclid(1_000_000)).ok()?))
    }

    /// The first scalar of a field, for display and timestamps.
    pub fn first(&self, field: &str) -> Option<&Value> {
        let mut values = Vec::new();
        collect(&self.source, field, &mut values);
        values.into_iter().find(|value| !value.is_null())
    }

    /// All scalars of a field, in order.
    pub fn values(&self, field: &str) -> Vec<&Value> {
        let mut values = Vec::new();
        collect(&self.source, field, &mut values);
        values
    }
}

/// `{data_stream.type}-{data_stream.dataset}-{data_stream.namespace}`, where
/// the dataset is stated; type and namespace default to `logs` and `default`.
fn data_stream_index(source: &Value) -> Option<String> {
    let part = |name: &str| {
        let mut values = Vec::new();
        collect(source, name, &mut values);
        values.first().and_then(|value| value.as_str().map(str::to_owned))
    };
    let [kind, dataset, namespace] = DATA_STREAM.map(part);
    data_stream_name(kind.as_deref(), dataset.as_deref(), namespace.as_deref())
}

/// The fields that an index name is made from: type, dataset and namespace.
pub const DATA_STREAM: [&str; 3] =
    ["data_stream.type", "data_stream.dataset", "data_stream.namespace"];

/// The name of a data stream, where its dataset is stated.
pub fn data_stream_name(
    kind: Option<&str>,
    dataset: Option<&str>,
    namespace: Option<&str>,
) -> Option<String> {
    let (kind, namespace) = (kind.unwrap_or("logs"), namespace.unwrap_or("default"));
    dataset.map(|dataset| format!("{kind}-{dataset}-{namespace}"))
}

fn take_string(
    object: &mut Map<String, Value>,
    key: &'static str,
) -> Result<Option<String>, EventError> {
    match object.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(EventError::NotAString(key)),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Whether a value has more levels than are left; a dot in a key is one, too.
fn too_deep(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(values) => left == 0 || values.iter().any(|v| too_deep(v, left - 1)),
        Value::Object(map) => map.iter().any(|(key, value)| {
            let levels = 1 + key.bytes().filter(|byte| *byte == b'.').count();
            left.checked_sub(levels).is_none_or(|left| too_deep(value, left))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Calls `visit` with the dotted path of every leaf value (nulls included) of
/// a document, array elements one by one.
pub fn flatten<'a>(source: &'a Value, visit: &mut dyn FnMut(&str, &'a Value)) {
    fn walk<'a>(value: &'a Value, path: &mut String, visit: &mut dyn FnMut(&str, &'a Value)) {
        match value {
            Value::Object(map) => {
                let length = path.len();
                for (key, value) in map {
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(key);
                    walk(value, path, visit);
                    path.truncate(length);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, path, visit)),
            leaf => visit(path, leaf),
        }
    }
    walk(source, &mut String::new(), visit);
}

/// Collects the leaf values at a dotted path.
fn collect<'a>(value: &'a Value, path: &str, into: &mut Vec<&'a Value>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, path, into)),
        Value::Object(map) if !path.is_empty() => {
            for (key, value) in map {
                match path.strip_prefix(key.as_str()) {
                    Some("") => collect(value, "", into),
                    Some(rest) => {
                        if let Some(rest) = rest.strip_prefix('.') {
                            collect(value, rest, into);
                        }
                    }
                    None => {}
                }
            }
        }
        Value::Object(_) => {}
        leaf if path.is_empty() => into.push(leaf),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(value: Value) -> Event {
        Event::from_json(value, 3).expect("a valid event")
    }

    #[test]
    fn a_bare_document_is_named_by_its_position() {
        let event = event(json!({"a": 1}));
        assert_eq!((event.id.as_str(), event.index), ("#3", None));
    }

    #[test]
    fn a_hit_brings_id_index_and_source() {
        let hit = event(json!({"_id": "x", "_index": "logs-a", "_source": {"a": 1}}));
        assert_eq!(hit.id, "x");
        assert_eq!(hit.index.as_deref(), Some("logs-a"));
        assert_eq!(*hit.source, json!({"a": 1}));
    }

    #[test]
    fn the_index_name_is_made_from_the_data_stream() {
        let dotted = event(json!({"data_stream.dataset": "aws.cloudtrail"}));
        assert_eq!(dotted.index.as_deref(), Some("logs-aws.cloudtrail-default"));
        let full =
            event(json!({"data_stream": {"type": "metrics", "dataset": "d", "namespace": "n"}}));
        assert_eq!(full.index.as_deref(), Some("metrics-d-n"));
    }

    #[test]
    fn dotted_and_nested_keys_are_one_field() {
        let event = event(json!({"a.b": [1, null], "a": [{"b": 2}, {"c": 3}], "a.b.c": 4}));
        // Keys come in byte order, array elements in theirs.
        assert_eq!(event.values("a.b"), [&json!(2), &json!(1), &json!(null)]);
        assert_eq!(event.first("a.b.c"), Some(&json!(4)));
    }

    #[test]
    fn what_is_no_event_says_so() {
        let error = |value| Event::from_json(value, 1).expect_err("not an event").to_string();
        assert_eq!(error(json!([1])), "an event is a JSON object, not an array");
        assert_eq!(error(json!({"_id": 1})), "`_id` is not a string");
        assert_eq!(error(json!({"_source": 1})), "`_source` is not a JSON object");
        let deep = (0..200).fold(json!(1), |inner, _| json!({"a": inner}));
        assert_eq!(error(deep), "the event nests deeper than 100 levels");
        let dotted = json!({ "a".to_owned() + &".a".repeat(100): 1 });
        assert_eq!(error(dotted), "the event nests deeper than 100 levels");
    }
}
