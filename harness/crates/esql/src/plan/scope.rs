//! The columns that a command sees, in order.
//!
//! A source may have tens of thousands of fields, of which a rule names a few.
//! So as long as no command asks for their order, they stay behind [`Fields`],
//! and only columns that were made or touched have entries here.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::column::Column;
use crate::expr::{Register, Typed};
use crate::source::{FieldInfo, Fields, Unread};
use crate::types::Type;
use harness_query::esql::ast::NamePattern;

/// One column.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) ty: Type,
    pub(super) register: Register,
    /// Its value, when it is the same in every row.
    pub(super) constant: Option<Arc<Column>>,
    /// How it is computed, when that tells of the moment of the run alone.
    pub(super) steady: Option<Arc<Typed>>,
    /// Why there is nothing to read.
    pub(super) unread: Option<Unread>,
}

/// What a name stands for.
pub(super) enum Found {
    /// A column with an entry.
    Entry(Entry),
    /// A field of the source.
    Field(FieldInfo),
}

/// The columns in order: fields of the source first, then entries.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    fields: &'a dyn Fields,
    /// Fields of the source are columns.
    pub(super) open: bool,
    /// There may be columns that nothing here tells of.
    pub(super) uncertain: bool,
    hidden: HashSet<Arc<str>>,
    /// Columns that stand where a field of the source stood.
    in_place: BTreeMap<Arc<str>, Entry>,
    entries: BTreeMap<u64, Entry>,
    places: HashMap<Arc<str>, u64>,
    next: u64,
}

impl<'a> Scope<'a> {
    pub(super) fn new(fields: &'a dyn Fields) -> Self {
        Self {
            fields,
            open: false,
            uncertain: false,
            hidden: HashSet::new(),
            in_place: BTreeMap::new(),
            entries: BTreeMap::new(),
            places: HashMap::new(),
            next: 0,
        }
    }

    /// The column of a name.
    pub(super) fn find(&self, name: &str) -> Option<Found> {
        if let Some(entry) = self.entry(name) {
            return Some(Found::Entry(entry.clone()));
        }
        if let Some(entry) = self.in_place.get(name) {
            return Some(Found::Entry(entry.clone()));
        }
        let field = self.open && !self.hidden.contains(name);
        field.then(|| self.fields.field(name)).flatten().map(Found::Field)
    }

    /// Whether a name that stands for nothing may be a field of the source.
    pub(super) fn may_have(&self, name: &str) -> bool {
        self.open && !self.hidden.contains(name) && self.fields.may_have(name)
    }

    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        self.places.get(name).and_then(|place| self.entries.get(place))
    }

    /// Adds a column at the end; an older one of its name goes.
    pub(super) fn push(&mut self, entry: Entry) {
        self.remove(&entry.name.clone());
        self.places.insert(entry.name.clone(), self.next);
        self.entries.insert(self.next, entry);
        self.next += 1;
    }

    /// Removes a column.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(place) = self.places.remove(name) {
            self.entries.remove(&place);
        }
        self.in_place.remove(name);
        if self.open && self.fields.field(name).is_some() {
            self.hidden.insert(name.into());
        }
    }

    /// Gives a column other values, in its place.
    pub(super) fn replace(&mut self, entry: Entry) {
        match self.places.get(&entry.name) {
            Some(place) => {
                self.entries.insert(*place, entry);
            }
            None => {
                self.in_place.insert(entry.name.clone(), entry);
            }
        }
    }

    /// The columns that stand where a field of the source stood.
    pub(super) fn replaced(&self) -> impl Iterator<Item = &Entry> {
        self.in_place.values()
    }

    /// Gives a column that has an entry another name, in its place.
    pub(super) fn rename(&mut self, from: &str, to: &Arc<str>) {
        let Some(place) = self.places.remove(from) else { return };
        self.remove(to);
        if let Some(entry) = self.entries.get_mut(&place) {
            entry.name = to.clone();
            self.places.insert(to.clone(), place);
        }
    }

    /// Forgets all columns.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.fields);
    }

    /// Makes the fields of the source columns.
    pub(super) fn open(&mut self) {
        self.open = true;
    }

    /// The columns that have entries, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The fields that are columns and have no entry, in order.
    pub(super) fn open_fields(&self) -> impl Iterator<Item = &Arc<str>> {
        let names: &[Arc<str>] = if self.open { self.fields.names() } else { &[] };
        names.iter().filter(|name| !self.hidden.contains(*name) && !self.places.contains_key(*name))
    }

    /// The names of all columns that match a pattern, in order.
    pub(super) fn matching(&self, pattern: &NamePattern) -> Vec<Arc<str>> {
        if let Some(name) = pattern.plain() {
            return self.find(name).map(|_| Arc::from(name)).into_iter().collect();
        }
        let fields = self.open_fields();
        let entries = self.entries.values().map(|entry| &entry.name);
        fields.chain(entries).filter(|name| pattern.matches(name)).cloned().collect()
    }

    /// The names that differ from the fields of the source: columns with a
    /// place of their own, those in a field's place, and fields that are none.
    pub(super) fn own_names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<_> = self.entries.values().map(|entry| entry.name.clone()).collect();
        names.extend(self.in_place.keys().cloned());
        let mut hidden = self.hidden();
        hidden.retain(|name| !self.places.contains_key(name));
        names.extend(hidden);
        names
    }

    /// The fields that are no columns any more.
    pub(super) fn hidden(&self) -> Vec<Arc<str>> {
        let mut hidden: Vec<_> = self.hidden.iter().cloned().collect();
        hidden.sort();
        hidden
    }

    /// The names of all columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let entries = self.entries.values().map(|entry| &entry.name);
        self.open_fields().chain(entries).map(|name| &**name)
    }
}
