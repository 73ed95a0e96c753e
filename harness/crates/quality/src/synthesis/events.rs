//! Events changed, and events as case files hold them.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fields;
use harness_model::event::Event;
use harness_model::value::format_date;

/// Events as a case file holds them.
pub(crate) fn fixture(events: &[Event]) -> Value {
    let mut values: Vec<Value> = events.iter().map(as_json).collect();
    if values.len() == 1 { values.remove(0) } else { Value::Array(values) }
}

/// The events of a fixture.
pub(crate) fn of_fixture(fixture: Value) -> Option<Vec<Event>> {
    let values = match fixture {
        Value::Array(values) => values,
        other => vec![other],
    };
    let numbered = (1..).zip(values);
    numbered.map(|(position, value)| Event::from_json(value, position).ok()).collect()
}

/// A document with what a file states of an event around it.
fn as_json(event: &Event) -> Value {
    let source = Value::clone(&event.source);
    let named = !event.id.starts_with('#');
    let index = event.index.as_ref().filter(|_| event.index_stated);
    if !named && index.is_none() {
        return source;
    }
    let mut hit = Map::new();
    if named {
        hit.insert("_id".to_owned(), Value::String(event.id.clone()));
    }
    if let Some(index) = index {
        hit.insert("_index".to_owned(), Value::String(index.clone()));
    }
    hit.insert("_source".to_owned(), source);
    Value::Object(hit)
}

/// Gives events without an id of their own the ids that a file would give.
pub(crate) fn renumbered(events: &mut [Event]) {
    for (position, event) in (1..).zip(events) {
        if event.id.starts_with('#') {
            event.id = format!("#{position}");
        }
    }
}

/// The event at another time.
pub(crate) fn moved(event: &Event, millis: i64) -> Option<Event> {
    with(event, "@timestamp", vec![json!(format_date(millis))])
}

/// The event with these values in a field, and no others there.
pub(crate) fn with(event: &Event, path: &str, values: Vec<Value>) -> Option<Event> {
    with_all(event, [(path, values)])
}

/// The same for several fields, one after the other.
pub(crate) fn with_all<P: AsRef<str>>(
    event: &Event,
    fields: impl IntoIterator<Item = (P, Vec<Value>)>,
) -> Option<Event> {
    let mut source = event.source.clone();
    for (path, values) in fields {
        fields::set(Arc::make_mut(&mut source), path.as_ref(), values);
    }
    event.with_source(source)
}

/// Values close to another.
pub(crate) fn near(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            vec![Value::String(format!("{text}x")), Value::String(format!("x{text}"))]
        }
        Value::Number(number) => {
            let next = number.as_i64().and_then(|number| number.checked_add(1));
            next.map(Value::from).into_iter().collect()
        }
        Value::Bool(value) => vec![Value::Bool(!value)],
        Value::Null | Value::Array(_) | Value::Object(_) => Vec::new(),
    }
}
