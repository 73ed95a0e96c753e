//! Alerts of Kibana, and the events that they were raised by.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::event::Event;

/// What an alert says of the event that raised it, without the alert: its time, its
/// index, its `event.kind`. `None` for what is no alert, or one of several events.
pub fn original(alert: &Event) -> Option<Event> {
    let time = alert.first("kibana.alert.original_time")?.clone();
    let depths = alert.values("kibana.alert.ancestors.depth");
    let mut sources = (0..depths.len()).filter(|at| depths[*at].as_u64() == Some(0));
    let (Some(source), None) = (sources.next(), sources.next()) else { return None };
    let indices = alert.values("kibana.alert.ancestors.index");
    let index = indices.get(source).filter(|_| indices.len() == depths.len());
    let index = index.and_then(|index| index.as_str()).map(str::to_owned);
    let kind = alert.first("kibana.alert.original_event.kind").cloned();
    let mut document = Value::clone(&alert.source);
    for path in ["kibana", "event.kind", "@timestamp"] {
        remove(&mut document, path);
    }
    let object = document.as_object_mut()?;
    object.insert("@timestamp".to_owned(), time);
    if let Some(kind) = kind {
        insert(object, "event", "kind", kind);
    }
    let (id, index_stated) = (alert.id.clone(), index.is_some());
    Some(Event { id, index, index_stated, source: Arc::new(document) })
}

/// Takes a field and what lies below it out of a document.
fn remove(value: &mut Value, path: &str) {
    let below = |key: &str| key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| remove(value, path)),
        Value::Object(object) => {
            object.retain(|key, _| key != path && !below(key));
            for (key, value) in object {
                let rest = path.strip_prefix(key.as_str()).and_then(|rest| rest.strip_prefix('.'));
                if let Some(rest) = rest {
                    remove(value, rest);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Sets a field where its parent is, else with a dot.
fn insert(object: &mut Map<String, Value>, parent: &str, name: &str, value: Value) {
    match object.get_mut(parent) {
        Some(Value::Object(parent)) => parent.insert(name.to_owned(), value),
        Some(_) | None => object.insert(format!("{parent}.{name}"), value),
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alert(source: &Value) -> Event {
        let index = ".internal.alerts-security.alerts-default-000001";
        let hit = json!({"_index": index, "_id": "a1", "_source": source});
        Event::from_json(hit, 1).expect("a hit")
    }

    #[test]
    fn an_alert_gives_back_its_event() {
        let ancestor = json!({"id": "x", "type": "event", "index": "logs-a-b", "depth": 0});
        let dotted = json!({
            "@timestamp": "2026-01-05T10:20:00Z",
            "event.kind": "signal",
            "event.action": "a",
            "kibana.alert.original_event.kind": "event",
            "kibana.alert.original_time": "2026-01-05T10:15:00Z",
            "kibana.alert.ancestors": [ancestor],
        });
        let nested = json!({
            "@timestamp": "2026-01-05T10:20:00Z",
            "event": {"kind": "signal", "action": "a"},
            "kibana": {"alert": {
                "original_event": {"kind": "event"},
                "original_time": "2026-01-05T10:15:00Z",
                "ancestors": [ancestor],
            }},
        });
        for (source, expected) in [
            (
                dotted,
                json!({"@timestamp": "2026-01-05T10:15:00Z", "event.action": "a", "event.kind": "event"}),
            ),
            (
                nested,
                json!({"@timestamp": "2026-01-05T10:15:00Z", "event": {"action": "a", "kind": "event"}}),
            ),
        ] {
            let event = original(&alert(&source)).expect("an alert of one event");
            assert_eq!(*event.source, expected);
            assert_eq!(event.index.as_deref(), Some("logs-a-b"));
        }
    }

    #[test]
    fn others_are_left_as_they_are() {
        let ancestor = |depth| json!({"index": "logs-a-b", "depth": depth});
        for ancestors in [json!([ancestor(0), ancestor(0)]), json!([ancestor(1)]), json!([])] {
            let source = json!({
                "kibana.alert.original_time": "2026-01-05T10:15:00Z",
                "kibana.alert.ancestors": ancestors,
            });
            assert_eq!(original(&alert(&source)), None);
        }
        assert_eq!(original(&alert(&json!({"@timestamp": "2026-01-05T10:15:00Z"}))), None);
    }
}
