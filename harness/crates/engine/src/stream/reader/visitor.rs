//! The visitors: they follow the tree of wanted keys through JSON and hand scalars to the
//! state of the row.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::super::cache::Bits;
use super::super::layout::{Child, Layout, NodeId, ROOT};
use super::state::State;

/// The object that is an event, or has one.
pub(super) struct Root<'s, 'a> {
    pub(super) state: &'s RefCell<State<'a>>,
}

impl<'de> DeserializeSeed<'de> for Root<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// What a key of the outermost object is.
enum RootKey {
    Id,
    Index,
    Source,
    Wanted(Child),
}

impl<'de> Visitor<'de> for Root<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while let Some(key) = access.next_key_seed(OuterKey { state: self.state })? {
            let is_hit = self.state.borrow().is_hit;
            match key {
                RootKey::Id => {
                    access.next_value::<Cow<'de, str>>()?;
                    self.state.borrow_mut().has_id = true;
                }
                RootKey::Index => {
                    let index = access.next_value::<Cow<'de, str>>()?;
                    self.state.borrow_mut().stated = Some(index.into_owned());
                }
                RootKey::Source => {
                    // What was read so far is about the hit.
                    self.state.borrow_mut().clear();
                    self.state.borrow_mut().is_hit = true;
                    access.next_value_seed(Source { state: self.state })?;
                }
                RootKey::Wanted(_) if is_hit => drop(access.next_value::<IgnoredAny>()?),
                RootKey::Wanted(child) => value(self.state, child, true, &mut access)?,
            }
        }
        Ok(())
    }
}

/// A key of the outermost object.
struct OuterKey<'s, 'a> {
    state: &'s RefCell<State<'a>>,
}

impl<'de> DeserializeSeed<'de> for OuterKey<'_, '_> {
    type Value = RootKey;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RootKey, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for OuterKey<'_, '_> {
    type Value = RootKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<RootKey, E> {
        Ok(match key {
            "_id" => RootKey::Id,
            "_index" => RootKey::Index,
            "_source" => RootKey::Source,
            key => {
                let mut state = self.state.borrow_mut();
                state.is_event |= key == "@timestamp";
                RootKey::Wanted(state.layout.child(ROOT, key))
            }
        })
    }
}

/// The document of a hit.
struct Source<'s, 'a> {
    state: &'s RefCell<State<'a>>,
}

impl<'de> DeserializeSeed<'de> for Source<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Source<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        object(self.state, ROOT, true, access)
    }
}

/// Reads the entries of an object at a node.
fn object<'de, A: MapAccess<'de>>(
    state: &RefCell<State<'_>>,
    node: NodeId,
    is_root: bool,
    mut access: A,
) -> Result<(), A::Error> {
    let layout = state.borrow().layout;
    while let Some(child) = access.next_key_seed(Key { layout, node })? {
        value(state, child, is_root, &mut access)?;
    }
    Ok(())
}

/// Reads the value of a key.
fn value<'de, A: MapAccess<'de>>(
    state: &RefCell<State<'_>>,
    child: Child,
    is_root: bool,
    access: &mut A,
) -> Result<(), A::Error> {
    match child {
        Child::Nowhere => drop(access.next_value::<IgnoredAny>()?),
        Child::Below(path) => {
            let value: Value = access.next_value()?;
            if is_root {
                state.borrow_mut().whole(&path, &value);
            }
        }
        Child::Node(node) => {
            let whole = state.borrow().layout.at(node).whole.clone();
            match whole {
                Some(path) => {
                    let value: Value = access.next_value()?;
                    if is_root {
                        state.borrow_mut().whole(&path, &value);
                    }
                }
                None => access.next_value_seed(At { state, node, is_root })?,
            }
        }
    }
    Ok(())
}

/// A key of an object at a node.
struct Key<'l, 'a> {
    layout: &'l Layout<'a>,
    node: NodeId,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Child;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Child, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Child;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Child, E> {
        Ok(self.layout.child(self.node, key))
    }
}

/// A value at a node.
#[derive(Clone, Copy)]
struct At<'s, 'a> {
    state: &'s RefCell<State<'a>>,
    node: NodeId,
    /// Whether it lies in the root row, not in an object that is a row of its own.
    is_root: bool,
}

impl At<'_, '_> {
    fn slot(self) -> Option<usize> {
        self.state.borrow().layout.at(self.node).slot
    }

    fn put(self, bits: Bits, value: impl Fn() -> Value) {
        if let Some(slot) = self.slot() {
            self.state.borrow_mut().other(slot, bits, value, self.is_root);
        }
    }
}

impl<'de> DeserializeSeed<'de> for At<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(Bits::Null, || Value::Null);
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.put(Bits::Bool(value), || Value::Bool(value));
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.put(Bits::Signed(value), || Value::from(value));
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.put(Bits::Unsigned(value), || Value::from(value));
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.put(Bits::Float(value.to_bits()), || Value::from(value));
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if let Some(slot) = self.slot() {
            self.state.borrow_mut().text(slot, text, self.is_root);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while access.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let layout = self.state.borrow().layout;
        let node = layout.at(self.node);
        let mut is_root = self.is_root;
        if let Some(path) = &node.objects {
            let mut state = self.state.borrow_mut();
            let class = state.matcher.class_of_object(path);
            state.classes.push(class);
            is_root = false;
        }
        let is_wanted = !node.is_leaf() && (is_root || node.has_objects);
        if is_wanted {
            return object(self.state, self.node, is_root, access);
        }
        while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
