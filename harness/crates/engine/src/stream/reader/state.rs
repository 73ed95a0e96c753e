//! What is known of the row that is being read, and of the values before it.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::super::cache::{Bits, Cache};
use super::super::layout::Layout;
use super::super::{Class, EMPTY, Matcher};
use super::indices::{IndexId, Indices, bit};
use super::row::{Row, Scalar};
use harness_model::document::{ColumnId, Target};
use harness_model::event::data_stream_name;

/// The row so far.
#[derive(Debug)]
pub(super) struct State<'a> {
    pub(super) layout: &'a Layout<'a>,
    pub(super) matcher: Matcher<'a>,
    /// By slot.
    caches: Vec<Cache>,
    /// By slot: whether some row has a value there.
    present: Vec<bool>,
    /// The columns of other values that some row has.
    others: BTreeSet<ColumnId>,
    pub(super) indices: Indices,
    constants: Option<Class>,
    pub(super) classes: Vec<Class>,
    /// Which columns that the name of an index stands in for have a value.
    filled: u8,
    captured: Vec<(usize, Captured)>,
    texts: String,
    /// The index that the object states.
    pub(super) stated: Option<String>,
    /// Whether the object says that it is an event.
    pub(super) is_event: bool,
    pub(super) is_hit: bool,
    pub(super) has_id: bool,
}

#[derive(Debug)]
enum Captured {
    Text(Range<usize>),
    Other(Value),
}

impl<'a> State<'a> {
    pub(super) fn new(layout: &'a Layout<'a>) -> Self {
        Self {
            layout,
            matcher: Matcher::new(layout.program),
            caches: layout.slots.iter().map(|_| Cache::default()).collect(),
            present: vec![false; layout.slots.len()],
            others: layout.constants.iter().map(|(column, _)| *column).collect(),
            indices: Indices::default(),
            constants: None,
            classes: Vec::new(),
            filled: 0,
            captured: Vec::new(),
            texts: String::new(),
            stated: None,
            is_event: false,
            is_hit: false,
            has_id: false,
        }
    }

    pub(super) fn begin(&mut self) {
        if self.matcher.forget() {
            self.caches.iter_mut().for_each(|cache| *cache = Cache::default());
            self.indices.forget_classes();
            self.constants = None;
        }
        self.clear();
        self.stated = None;
        (self.is_event, self.is_hit, self.has_id) = (false, false, false);
    }

    /// Forgets the values of the row so far.
    pub(super) fn clear(&mut self) {
        self.classes.clear();
        self.captured.clear();
        self.texts.clear();
        self.filled = 0;
    }

    pub(super) fn end(&mut self) -> Option<Row> {
        if !self.is_event && !self.is_hit {
            return None;
        }
        let stated = self.stated.take();
        let is_stated = stated.is_some();
        let name = match stated {
            Some(name) => Some(name),
            None => self.data_stream()?,
        };
        let index = self.indices.id(name.as_deref());
        let constants = match self.constants {
            Some(class) => class,
            None => {
                let layout = self.layout;
                for (column, cell) in &layout.constants {
                    self.matcher.add(*column, cell);
                }
                *self.constants.insert(self.matcher.intern())
            }
        };
        self.classes.push(constants);
        self.of_index(index, is_stated);
        self.classes.retain(|class| *class != EMPTY);
        let answer = self.matcher.row(&mut self.classes);
        let is_plain = !is_stated && !self.is_hit && !self.has_id;
        Some(Row { answer, index, is_plain })
    }

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

    /// Marks the columns that some row has a value in.
    pub(super) fn present(&self, columns: &mut [bool]) {
        let slots = self.layout.slots.iter().zip(&self.present).filter(|(_, has)| **has);
        let own = slots.flat_map(|(slot, _)| slot.targets.iter().map(|target| target.column()));
        let ingest = self.layout.ingest;
        let names = ["_id", "_index"].into_iter().flat_map(|name| ingest.targets(name));
        let of_index = self.layout.of_index.iter().copied().chain(names.map(Target::column));
        for column in own.chain(self.others.iter().copied()).chain(of_index) {
            if let Some(has) = columns.get_mut(column) {
                *has = true;
            }
        }
    }

    /// Adds what the name of the index says.
    fn of_index(&mut self, index: IndexId, is_stated: bool) {
        let (layout, matcher) = (self.layout, &mut self.matcher);
        let own = self.indices.classes((index, is_stated), layout, matcher);
        self.classes.push(own.name);
        for (at, class) in own.parts.iter().enumerate() {
            if self.filled & bit(at) == 0 {
                self.classes.push(*class);
            }
        }
    }

    /// Calls `visit` with the scalars of the row that are handed out, by number.
    pub(super) fn captured(&self, visit: &mut dyn FnMut(usize, Scalar<'_>)) {
        for (number, captured) in &self.captured {
            let scalar = match captured {
                Captured::Text(range) => {
                    Scalar::Text(self.texts.get(range.clone()).unwrap_or_default())
                }
                Captured::Other(value) => Scalar::Other(value),
            };
            visit(*number, scalar);
        }
    }

    /// The bits of the columns that an index name may stand in for.
    fn bit_of(&self, column: usize) -> u8 {
        let at = self.layout.of_index.iter().position(|own| *own == column);
        at.map_or(0, bit)
    }

    pub(super) fn text(&mut self, slot: usize, text: &str, is_root: bool) {
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
        self.present[slot] = true;
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

    pub(super) fn other(
        &mut self,
        slot: usize,
        bits: Bits,
        value: impl Fn() -> Value,
        is_root: bool,
    ) {
        let layout = self.layout;
        let wanted = &layout.slots[slot];
        if let Some(number) = wanted.capture {
            self.captured.push((number, Captured::Other(value())));
        }
        if !is_root || wanted.targets.is_empty() {
            return;
        }
        self.present[slot] |= bits != Bits::Null;
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
    pub(super) fn whole(&mut self, path: &str, value: &Value) {
        for (column, cell) in self.layout.ingest.cells(path, value) {
            self.filled |= self.bit_of(column);
            self.others.insert(column);
            self.matcher.add(column, &cell);
        }
        let class = self.matcher.intern();
        self.classes.push(class);
    }
}

/// Whether a text has more UTF-16 units than a field keeps.
fn is_longer(text: &str, most: Option<usize>) -> bool {
    most.is_some_and(|most| text.len() > most && text.encode_utf16().count() > most)
}
