//! JSON straight to the classes of a row: a visitor over the tree of wanted keys. What
//! nobody wants is skipped, and no value is built.
//!
//! What is skipped is only looked at as far as syntax goes: a key that is stated twice,
//! or levels beyond the bound, are not seen there. Whoever uses a row reads its text
//! again, whole.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::cache::{Bits, Cache};
use super::fold::Folding;
use super::layout::{Child, Layout, NodeId, ROOT};
use super::{Answer, Class, EMPTY, Matcher};
use harness_model::document::Cell;
use harness_model::event::{DATA_STREAM, data_stream_name};

/// Reads rows, one after the other.
#[derive(Debug)]
pub struct Reader<'a> {
    state: RefCell<State<'a>>,
}

#[derive(Debug)]
struct State<'a> {
    layout: &'a Layout<'a>,
    matcher: Matcher<'a>,
    /// By slot.
    caches: Vec<Cache>,
    /// By index, with whether it is stated: what its name comes to.
    indices: HashMap<(Option<String>, bool), OfIndex, Folding>,
    constants: Option<Class>,
    classes: Vec<Class>,
    /// Which columns that the name of an index stands in for have a value.
    filled: u8,
    captured: Vec<(usize, Captured)>,
    texts: String,
    index: Option<String>,
    /// Whether the object says that it is an event.
    is_event: bool,
    is_hit: bool,
}

/// The classes of an index name.
#[derive(Debug)]
struct OfIndex {
    name: Class,
    /// By column, where the document has no value of its own.
    parts: Vec<Class>,
}

#[derive(Debug)]
enum Captured {
    Text(Range<usize>),
    Other(Value),
}

/// A scalar that is handed out.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'r> {
    /// A string.
    Text(&'r str),
    /// Something else.
    Other(&'r Value),
}

impl Scalar<'_> {
    /// The same as a value of its own.
    pub fn value(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.to_owned()),
            Self::Other(value) => value.clone(),
        }
    }
}

/// A row that was read.
#[derive(Debug)]
pub struct Row {
    /// What it fulfils.
    pub answer: Arc<Answer>,
    /// The index, stated or made from the data stream.
    pub index: Option<String>,
}

/// The scalars that the first captures have to be, in this order: of these an index
/// name is made.
pub const FIRST_CAPTURES: [&str; 3] = DATA_STREAM;

impl<'a> Reader<'a> {
    /// With nothing seen yet.
    pub fn new(layout: &'a Layout<'a>) -> Self {
        let state = State {
            layout,
            matcher: Matcher::new(layout.program),
            caches: layout.slots.iter().map(|_| Cache::default()).collect(),
            indices: HashMap::default(),
            constants: None,
            classes: Vec::new(),
            filled: 0,
            captured: Vec::new(),
            texts: String::new(),
            index: None,
            is_event: false,
            is_hit: false,
        };
        Self { state: RefCell::new(state) }
    }

    /// Reads one document or hit; `None` where the text is not surely such, and has to be
    /// read in another way.
    pub fn read(&mut self, text: &str) -> Option<Row> {
        self.state.get_mut().begin();
        let mut input = serde_json::Deserializer::from_str(text);
        let read = Root { state: &self.state }.deserialize(&mut input);
        read.and_then(|()| input.end()).ok()?;
        self.state.get_mut().end()
    }

    /// Calls `visit` with the scalars of the last row that are handed out, by number.
    pub fn captured(&mut self, visit: &mut dyn FnMut(usize, Scalar<'_>)) {
        let state = self.state.get_mut();
        for (number, captured) in &state.captured {
            visit(
                *number,
                match captured {
                    Captured::Text(range) => {
                        Scalar::Text(state.texts.get(range.clone()).unwrap_or_default())
                    }
                    Captured::Other(value) => Scalar::Other(value),
                },
            );
        }
    }

    /// What a document fulfils that was read in another way.
    pub fn matcher(&mut self) -> &mut Matcher<'a> {
        &mut self.state.get_mut().matcher
    }
}

impl State<'_> {
    fn begin(&mut self) {
        if self.matcher.forget() {
            self.caches.iter_mut().for_each(|cache| *cache = Cache::default());
            self.indices.clear();
            self.constants = None;
        }
        self.clear();
        self.index = None;
        (self.is_event, self.is_hit) = (false, false);
    }

    /// Forgets the values of the row so far.
    fn clear(&mut self) {
        self.classes.clear();
        self.captured.clear();
        self.texts.clear();
        self.filled = 0;
    }

    fn end(&mut self) -> Option<Row> {
        if !self.is_event && !self.is_hit {
            return None;
        }
        let stated = self.index.take();
        let is_stated = stated.is_some();
        let index = match stated {
            Some(index) => Some(index),
            None => self.data_stream()?,
        };
        let constants = match self.constants {
            Some(class) => class,
            None => {
                let layout = self.layout;
                for (column, cell) in &layout.constants {
                    self.matcher.add(*column, cell);
                }
                let class = self.matcher.intern();
                self.constants = Some(class);
                class
            }
        };
        self.classes.push(constants);
        self.of_index(index.as_ref(), is_stated);
        self.classes.retain(|class| *class != EMPTY);
        let answer = self.matcher.row(&mut self.classes);
        Some(Row { answer, index })
    }

    /// The index of a document's data stream; `None` where its fields say several things.
    #[expect(clippy::option_option, reason = "no index, and none that can be told, differ")]
    fn data_stream(&self) -> Option<Option<String>> {
        let mut parts: [Option<&str>; 3] = [None; 3];
        let mut seen = [false; 3];
        for (number, captured) in &self.captured {
            let Some(part) = parts.get_mut(*number) else { continue };
            if std::mem::replace(&mut seen[*number], true) {
                return None;
            }
            if let Captured::Text(range) = captured {
                *part = self.texts.get(range.clone());
            }
        }
        let [kind, dataset, namespace] = parts;
        Some(data_stream_name(kind, dataset, namespace))
    }

    /// Adds what the name of the index says.
    fn of_index(&mut self, index: Option<&String>, is_stated: bool) {
        let key = (index.cloned(), is_stated);
        if !self.indices.contains_key(&key) {
            let layout = self.layout;
            if let Some(index) = index {
                for target in layout.ingest.targets("_index") {
                    self.matcher.add(target.column(), &Cell::Keyword(vec![index.clone()]));
                }
            }
            let name = self.matcher.intern();
            let stated = index.filter(|_| is_stated);
            let cells = stated.map(|index| layout.ingest.of_index(index)).unwrap_or_default();
            let parts = cells.into_iter().map(|(column, cell)| match cell {
                Some(cell) => self.matcher.class(column, &cell),
                None => EMPTY,
            });
            let parts = parts.collect();
            self.indices.insert(key.clone(), OfIndex { name, parts });
        }
        if let Some(of_index) = self.indices.get(&key) {
            self.classes.push(of_index.name);
            for (at, class) in of_index.parts.iter().enumerate() {
                if self.filled & bit(at) == 0 {
                    self.classes.push(*class);
                }
            }
        }
    }

    /// The bits of the columns that an index name may stand in for.
    fn bit_of(&self, column: usize) -> u8 {
        let at = self.layout.of_index.iter().position(|own| *own == column);
        at.map_or(0, bit)
    }

    fn text(&mut self, slot: usize, text: &str, is_root: bool) {
        let layout = self.layout;
        let wanted = &layout.slots[slot];
        if let Some(number) = wanted.capture {
            let start = self.texts.len();
            self.texts.push_str(text);
            self.captured.push((number, Captured::Text(start..self.texts.len())));
        }
        if !is_root || wanted.targets.is_empty() {
            return;
        }
        let (class, filled) = match self.caches[slot].text(text) {
            Some(known) => known,
            None => {
                let mut filled = 0;
                let mut value: Option<Value> = None;
                for target in &wanted.targets {
                    if let Some((ignore_above, normalizer)) = target.strings() {
                        if is_longer(text, ignore_above) {
                            continue;
                        }
                        self.matcher.add_text(target.column(), &normalizer.apply(text));
                    } else {
                        let value = value.get_or_insert_with(|| Value::String(text.to_owned()));
                        let Some(cell) = target.cell(value) else { continue };
                        self.matcher.add(target.column(), &cell);
                    }
                    filled |= self.bit_of(target.column());
                }
                let known = (self.matcher.intern(), filled);
                self.caches[slot].keep_text(text, known);
                known
            }
        };
        self.classes.push(class);
        self.filled |= filled;
    }

    fn other(&mut self, slot: usize, bits: Bits, value: impl Fn() -> Value, is_root: bool) {
        let layout = self.layout;
        let wanted = &layout.slots[slot];
        if let Some(number) = wanted.capture {
            self.captured.push((number, Captured::Other(value())));
        }
        if !is_root || wanted.targets.is_empty() {
            return;
        }
        let (class, filled) = match self.caches[slot].other(bits) {
            Some(known) => known,
            None => {
                let mut filled = 0;
                let value = value();
                for target in &wanted.targets {
                    if let Some(cell) = target.cell(&value) {
                        self.matcher.add(target.column(), &cell);
                        filled |= self.bit_of(target.column());
                    }
                }
                let known = (self.matcher.intern(), filled);
                self.caches[slot].keep_other(bits, known);
                known
            }
        };
        self.classes.push(class);
        self.filled |= filled;
    }

    /// A value of which everything goes to the ingest.
    fn whole(&mut self, path: &str, value: &Value) {
        for (column, cell) in self.layout.ingest.cells(path, value) {
            self.filled |= self.bit_of(column);
            self.matcher.add(column, &cell);
        }
        let class = self.matcher.intern();
        self.classes.push(class);
    }
}

fn bit(at: usize) -> u8 {
    1_u8.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0)
}

/// Whether a text has more UTF-16 units than a field keeps.
fn is_longer(text: &str, most: Option<usize>) -> bool {
    most.is_some_and(|most| text.len() > most && text.encode_utf16().count() > most)
}

/// The object that is an event, or has one.
struct Root<'s, 'a> {
    state: &'s RefCell<State<'a>>,
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
                    access.next_value::<std::borrow::Cow<'de, str>>()?;
                }
                RootKey::Index => {
                    let index = access.next_value::<String>()?;
                    self.state.borrow_mut().index = Some(index);
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
