//! Documents that Elasticsearch refuses to index, whatever the rule
//! (docs/cases.md, "Events").

use serde_json::Value;

use crate::event::Event;
use crate::schema::{FieldType, Schema};
use crate::value::DateFormat;

/// Why no index under this schema that a rule of this text reads takes an event;
/// `None` where one does.
pub fn refused(event: &Event, schema: &Schema, rule: &str) -> Option<String> {
    // An index whose name is none of a data stream may lack the field sets of ECS.
    let ecs = event.index.as_deref().is_none_or(|index| index.matches('-').count() > 1);
    let walk = Walk { schema, rule, ecs };
    walk.value(&event.source, "").or_else(|| time(event, schema))
}

/// `@timestamp` of a data stream never has `ignore_malformed`.
fn time(event: &Event, schema: &Schema) -> Option<String> {
    let field = schema.field("@timestamp")?;
    let FieldType::Date { format, .. } = &field.ty else { return None };
    let format = DateFormat::parse(format).ok()?;
    let values = event.values("@timestamp").into_iter().filter(|value| !value.is_null());
    let wrong = { values }.find(|value| format.from_json(value).is_err())?;
    Some(format!("`@timestamp` is not a date: {wrong}"))
}

/// The field sets of ECS, which every index maps alike. What else the embedded table
/// has is of one integration, and may be something else in another.
const COMMON: [&str; 40] = [
    "agent",
    "client",
    "cloud",
    "code_signature",
    "container",
    "data_stream",
    "destination",
    "device",
    "dll",
    "dns",
    "ecs",
    "email",
    "error",
    "event",
    "faas",
    "file",
    "group",
    "host",
    "http",
    "log",
    "network",
    "observer",
    "orchestrator",
    "organization",
    "package",
    "process",
    "registry",
    "related",
    "rule",
    "server",
    "service",
    "source",
    "span",
    "threat",
    "tls",
    "trace",
    "transaction",
    "url",
    "user",
    "user_agent",
];

fn is_common(path: &str) -> bool {
    path.split('.').next().is_some_and(|root| root == "@timestamp" || COMMON.contains(&root))
}

struct Walk<'a> {
    schema: &'a Schema,
    rule: &'a str,
    ecs: bool,
}

impl Walk<'_> {
    fn value(&self, value: &Value, path: &str) -> Option<String> {
        match value {
            Value::Array(values) => values.iter().find_map(|value| self.value(value, path)),
            Value::Object(map) => {
                if !path.is_empty() && self.schema.is_flattened_root(path) {
                    return None;
                }
                if let Some(kind) = self.scalar(path) {
                    return Some(format!("`{path}` is an object, and a {kind} by its mapping"));
                }
                map.iter().find_map(|(key, value)| {
                    if let Some(fault) = name(key) {
                        return Some(fault);
                    }
                    let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    self.value(value, &below)
                })
            }
            Value::Null => None,
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                let object = self.holder(path)?;
                Some(format!("`{path}` is {value}, and {object} by its mapping"))
            }
        }
    }

    /// The type of a mapped field that takes no object.
    fn scalar(&self, path: &str) -> Option<String> {
        let known = is_common(path) && !self.schema.is_guessed(path);
        let field = self.schema.field(path).filter(|_| known)?;
        let takes = matches!(
            field.ty,
            FieldType::Object
                | FieldType::Nested
                | FieldType::Flattened { .. }
                | FieldType::FlattenedKey { .. }
                | FieldType::Range { .. }
                | FieldType::Geometry(_)
                | FieldType::Other(_)
                | FieldType::Refused(_)
        );
        let own = field.source == field.name && &*field.name == path;
        (own && !takes && !self.schema.is_object(path)).then(|| field.ty.name().to_owned())
    }

    /// What a mapped object is that takes no scalar.
    fn holder(&self, path: &str) -> Option<&'static str> {
        match self.schema.field(path).filter(|_| !self.schema.is_guessed(path)) {
            Some(field) => match field.ty {
                FieldType::Nested => Some("a nested object"),
                FieldType::Object => Some("an object"),
                _ => None,
            },
            // What a rule reads below an object, its indices have.
            None => {
                let mapped = self.ecs || self.rule.contains(&format!("{path}."));
                (mapped && is_common(path) && self.schema.is_object(path)).then_some("an object")
            }
        }
    }
}

/// What is wrong with the name of a field; dots in it lead into objects.
fn name(key: &str) -> Option<String> {
    if key.trim().is_empty() {
        return Some("a field has an empty name".to_owned());
    }
    let hollow = key.split('.').any(|part| part.trim().is_empty());
    hollow.then(|| format!("the name of the field `{key}` has an empty part"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{Base, Home};

    #[test]
    fn what_no_index_takes() {
        let mut schema = Schema::new(Base::Embedded);
        let mapping = json!({"properties": {
            "own": {"type": "nested", "properties": {"a": {"type": "keyword"}}},
            "box": {"type": "flattened"},
            "range": {"type": "ip_range"},
            "seconds": {"type": "date", "format": "epoch_second"}
        }});
        schema.add_mapping(&mapping, &Value::Null).expect("a mapping");
        let dynamic = json!({"acme": {"a": 1}});
        schema.observe(&dynamic, Home::Index);
        for (document, expected) in [
            (json!({"@timestamp": "2026-01-05T10:15:00Z", "host": {"name": "h"}}), ""),
            (json!({"@timestamp": 1_767_608_100_000_i64}), ""),
            (json!({"@timestamp": ["2026-01-05T10:15:00.000Z"]}), ""),
            (json!({"@timestamp": null}), ""),
            (json!({"@timestamp": "yesterday"}), "`@timestamp` is not a date: \"yesterday\""),
            (json!({"@timestamp": "2026-01-05 10:15:00"}), "`@timestamp` is not a date"),
            (json!({"@timestamp": ""}), "`@timestamp` is not a date"),
            (json!({"@timestamp": {"$date": 1}}), "`@timestamp` is an object, and a date"),
            (json!({"host": "h"}), "`host` is \"h\", and an object by its mapping"),
            (json!({"user": ["bob"]}), "`user` is \"bob\", and an object by its mapping"),
            (json!({"host": null, "user": []}), ""),
            // Nothing says that this index has groups.
            (json!({"_index": "logs-x", "_source": {"group": "staff"}}), ""),
            (json!({"_index": "logs-x", "_source": {"user": "bob"}}), "`user` is \"bob\""),
            (json!({"process": {"pid": {"value": 10}}}), "`process.pid` is an object, and a long"),
            (json!({"process": {"name": {"text": "a"}}}), "`process.name` is an object"),
            (json!({"process.name": [{}]}), "`process.name` is an object"),
            (json!({"process.name": "a", "process.name.text": "a"}), ""),
            (json!({"own": "x"}), "`own` is \"x\", and a nested object by its mapping"),
            (json!({"own": [{"a": "x"}]}), ""),
            (json!({"box": {"": 1, "a..b": {"c": 1}}}), ""),
            (json!({"range": {"gte": "192.0.2.1"}}), ""),
            (json!({"labels": {"any": "x"}}), ""),
            // An integration has an object of that name, and anomalies have a date.
            (json!({"timestamp": "2026-01-05T10:15:00Z"}), ""),
            (json!({"acme": "x"}), ""),
            (json!({"acme": {"a": {"b": 1}}}), ""),
            (json!({"": 1}), "a field has an empty name"),
            (json!({"a": {" ": 1}}), "a field has an empty name"),
            (json!({".": 1}), "the name of the field `.` has an empty part"),
            (json!({"a..b": 1}), "the name of the field `a..b` has an empty part"),
        ] {
            let event = Event::from_json(document.clone(), 1).expect("an event");
            let rule = "host.name:h or user.name:u";
            let found = refused(&event, &schema, rule).unwrap_or_default();
            assert!(
                if expected.is_empty() { found.is_empty() } else { found.contains(expected) },
                "{document}: {found}"
            );
        }
        let mut schema = Schema::new(Base::Embedded);
        let mapping =
            json!({"properties": {"@timestamp": {"type": "date", "format": "epoch_second"}}});
        schema.add_mapping(&mapping, &Value::Null).expect("a mapping");
        let event = Event::from_json(json!({"@timestamp": "1767608100"}), 1).expect("an event");
        assert_eq!(refused(&event, &schema, ""), None);
    }
}
