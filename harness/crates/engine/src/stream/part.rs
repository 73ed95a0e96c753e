//! Part of a document: the values at some paths, read without making the others.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::fold::Folding;

/// The paths whose values are read, each with all that lies below it.
#[derive(Debug)]
pub struct Part {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    kids: HashMap<Box<str>, usize, Folding>,
    is_wanted: bool,
}

/// Where a key leads to.
#[derive(Clone, Copy)]
enum Found {
    Nowhere,
    Wanted,
    Node(usize),
}

impl Part {
    /// Of the values at these paths.
    pub fn new(paths: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut nodes = vec![Node::default()];
        for path in paths {
            let mut at = 0;
            for key in path.split('.') {
                let next = nodes.len();
                let kid = *nodes[at].kids.entry(key.into()).or_insert(next);
                if kid == next {
                    nodes.push(Node::default());
                }
                at = kid;
            }
            nodes[at].is_wanted = true;
        }
        Self { nodes }
    }

    /// The wanted part of a document in JSON, in the shape that the document has; `None`
    /// where the text is not an object, states a wanted key twice, or is no JSON.
    pub fn read(&self, text: &str) -> Option<Value> {
        if !text.trim_start().starts_with('{') {
            return None;
        }
        let mut input = serde_json::Deserializer::from_str(text);
        let read = At { part: self, node: 0 }.deserialize(&mut input).ok()?;
        input.end().ok()?;
        Some(read.unwrap_or_else(|| Value::Object(Map::new())))
    }

    /// The wanted part of a document, each value under its whole name: one object for all
    /// takes a fraction of what objects in objects do.
    pub fn flat(&self, source: &Value) -> Value {
        let mut kept = Map::new();
        self.gather(source, 0, &mut String::new(), &mut kept);
        Value::Object(kept)
    }

    /// Gathers what is wanted at a node and below. An event nests no deeper than its limit.
    fn gather(&self, value: &Value, node: usize, path: &mut String, kept: &mut Map<String, Value>) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    let length = path.len();
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(key);
                    match self.child(node, key) {
                        Found::Nowhere => {}
                        Found::Wanted => add(kept, path, inner.clone()),
                        Found::Node(node) => self.gather(inner, node, path, kept),
                    }
                    path.truncate(length);
                }
            }
            Value::Array(values) => {
                values.iter().for_each(|value| self.gather(value, node, path, kept));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Where a key leads to from a node; a dotted key is several.
    fn child(&self, node: usize, key: &str) -> Found {
        let mut at = node;
        for name in key.split('.') {
            let Some(kid) = self.nodes[at].kids.get(name) else { return Found::Nowhere };
            at = *kid;
            if self.nodes[at].is_wanted {
                return Found::Wanted;
            }
        }
        Found::Node(at)
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

/// A value at a node: what of it is wanted.
#[derive(Clone, Copy)]
struct At<'p> {
    part: &'p Part,
    node: usize,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(value) = access.next_element_seed(self)? {
            kept.extend(value);
        }
        Ok((!kept.is_empty()).then_some(Value::Array(kept)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut kept = Map::new();
        while let Some((key, found)) = access.next_key_seed(Key(self))? {
            let value = match found {
                Found::Nowhere => {
                    access.next_value::<IgnoredAny>()?;
                    None
                }
                Found::Wanted => Some(access.next_value::<Value>()?),
                Found::Node(node) => access.next_value_seed(Self { node, ..self })?,
            };
            if let Some(value) = value
                && kept.insert(key, value).is_some()
            {
                return Err(A::Error::custom("a key is stated twice"));
            }
        }
        Ok((!kept.is_empty()).then_some(Value::Object(kept)))
    }
}

/// A key of an object at a node; its text where it leads on.
struct Key<'p>(At<'p>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = (String, Found);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = (String, Found);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(match self.0.part.child(self.0.node, key) {
            Found::Nowhere => (String::new(), Found::Nowhere),
            found => (key.to_owned(), found),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wanted_is_read_in_the_shape_that_it_has() {
        let part = Part::new(["a.b", "c", "d.e.f"].map(Arc::from));
        for (text, kept) in [
            (r#"{"a":{"b":1,"x":2},"c":{"z":[1]},"x":3}"#, json!({"a":{"b":1},"c":{"z":[1]}})),
            (r#"{"a.b":[1,2],"a.bc":4,"ab":5}"#, json!({"a.b":[1,2]})),
            (r#"{"a":[{"b":1},7,{"b":[2,3]},{"x":1}]}"#, json!({"a":[{"b":1},{"b":[2,3]}]})),
            (r#"{"d.e":{"f":null},"d":{"e.f":2}}"#, json!({"d.e":{"f":null},"d":{"e.f":2}})),
            (r#"{"a":1,"d":"x","e":[[{}]]}"#, json!({})),
            (r#"{"c.z":1,"c":-0.0}"#, json!({"c.z":1,"c":-0.0})),
            ("{}", json!({})),
        ] {
            assert_eq!(part.read(text), Some(kept), "{text}");
        }
        let part = Part::new(["a.b", "c", "c.z", "d.e.f"].map(Arc::from));
        for (event, kept) in [
            (
                json!({ "a": { "b": 1, "x": 2 }, "c": { "z": [1] }, "x": 3 }),
                json!({ "a.b": 1, "c": { "z": [1] } }),
            ),
            (json!({ "a.b": [1, 2], "a.bc": 4, "ab": 5 }), json!({ "a.b": [1, 2] })),
            (json!({ "a": [{ "b": 1 }, 7, { "b": [2, 3] }] }), json!({ "a.b": [1, [2, 3]] })),
            (json!({ "d.e": { "f": null }, "d": { "e.f": 2 } }), json!({ "d.e.f": [2, null] })),
            (json!({ "a": 1, "d": "x", "c.y": 1 }), json!({ "c.y": 1 })),
        ] {
            assert_eq!(part.flat(&event), kept, "{event}");
        }
        for text in ["[]", "7", r#"{"c":1"#, r#"{"c":1,"c":2}"#, r#"{"c":1} x"#, "", r#"[{"c":1}]"#]
        {
            assert_eq!(part.read(text), None, "{text}");
        }
    }
}
