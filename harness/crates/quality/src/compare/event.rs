//! Events made of what leaves have to be, and judged.

use std::collections::BTreeMap;
use std::sync::Arc;

use harness_model::document::{Columns, Document, Ingest};
use harness_model::event::Event;
use harness_model::schema::{Field, FieldType, Schema};
use harness_predicate::eval::{eval, eval_leaf};
use harness_predicate::{Column, Leaf, Predicate};
use serde_json::{Map, Value};

use super::disjoint::disjoint;
use crate::synthesis::candidates::samples;
use crate::synthesis::fields;

/// How many values a field of an event may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// Any number, as Elasticsearch takes them.
    Many,
    /// One, but in fields that hold lists.
    One,
}

/// How many values of one field are tried.
const MAX_VALUES: usize = 60;
/// How many of them are tried in pairs.
const MAX_PAIRED: usize = 12;

/// What leaves have to be that cannot be had together.
pub(crate) struct Conflict {
    /// The variables and their values.
    pub(crate) leaves: Vec<(u32, bool)>,
    /// Whether no event at all has them together.
    pub(crate) is_proved: bool,
}

/// Makes events, and judges them by predicates.
pub(crate) struct Bench<'a> {
    schema: &'a Schema,
    columns: Columns,
    ingest: Ingest,
}

/// A variable, its leaf, and what it has to be.
type Wanted<'l> = (u32, &'l Leaf, bool);

impl<'a> Bench<'a> {
    /// For the columns that these leaves read.
    pub(crate) fn new<'l>(schema: &'a Schema, leaves: impl Iterator<Item = &'l Leaf>) -> Self {
        Self::over(schema, leaves.flat_map(Leaf::columns))
    }

    /// For these columns.
    pub(crate) fn over<'c>(schema: &'a Schema, columns: impl Iterator<Item = &'c Column>) -> Self {
        let mut fields: BTreeMap<Arc<str>, Arc<Field>> = BTreeMap::new();
        for column in columns {
            if !fields.contains_key(&column.name)
                && let Some(field) = schema.field(&column.name)
            {
                fields.insert(column.name.clone(), field);
            }
        }
        let fields: Vec<Arc<Field>> = fields.into_values().collect();
        let mut columns = Columns::default();
        let ingest = Ingest::new(schema, &fields, &mut columns);
        Self { schema, columns, ingest }
    }

    /// An event as a document; nothing where a value does not fit its field.
    pub(crate) fn read(&self, source: &Value) -> Option<Document> {
        self.document(&Event::from_json(source.clone(), 1).ok()?)
    }

    /// The same of an event that has its id.
    pub(crate) fn document(&self, event: &Event) -> Option<Document> {
        let mut malformed = Vec::new();
        let document = self.ingest.document(event, &mut malformed);
        malformed.is_empty().then_some(document)
    }

    /// The columns of the documents' cells.
    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Whether a document fulfils a predicate.
    pub(crate) fn holds_of(&self, predicate: &Predicate, document: &Document) -> bool {
        eval(predicate, document, &self.columns)
    }

    /// Whether an event fulfils a predicate.
    pub(crate) fn holds(&self, predicate: &Predicate, source: &Value) -> Option<bool> {
        Some(eval(predicate, &self.read(source)?, &self.columns))
    }

    /// An event on which the leaves are as wanted, or which of them cannot be.
    pub(super) fn build(&self, wanted: &[Wanted<'_>], values: Values) -> Result<Value, Conflict> {
        let mut by_field: BTreeMap<Arc<str>, Vec<Wanted<'_>>> = BTreeMap::new();
        for one in wanted {
            let name = &one.1.column.name;
            let source =
                self.schema.field(name).map_or_else(|| name.clone(), |own| own.source.clone());
            by_field.entry(source).or_default().push(*one);
        }
        let mut event = Value::Object(Map::new());
        for (field, own) in &by_field {
            event = self.with_field(&event, field, own, values).ok_or_else(|| {
                let proved = self.contradiction(field, own, values);
                let is_proved = proved.is_some();
                let all = || own.iter().map(|(variable, _, wanted)| (*variable, *wanted)).collect();
                Conflict { leaves: proved.unwrap_or_else(all), is_proved }
            })?;
        }
        Ok(event)
    }

    /// Two leaves that no value of the field passes together, where it has one only.
    fn contradiction(
        &self,
        field: &str,
        own: &[Wanted<'_>],
        values: Values,
    ) -> Option<Vec<(u32, bool)>> {
        if values == Values::Many || holds_lists(self.schema, field) {
            return None;
        }
        let held: Vec<&Wanted<'_>> = own.iter().filter(|(_, _, wanted)| *wanted).collect();
        held.iter().enumerate().find_map(|(at, (a, left, _))| {
            held[at + 1..].iter().find_map(|(b, right, _)| {
                let one_column = left.column == right.column;
                let apart = one_column && disjoint(&left.column, &left.test, &right.test);
                apart.then(|| vec![(*a, true), (*b, true)])
            })
        })
    }

    /// The event with a field so that the leaves on it are as wanted.
    fn with_field(
        &self,
        event: &Value,
        field: &str,
        own: &[Wanted<'_>],
        values: Values,
    ) -> Option<Value> {
        let held: Vec<&Leaf> = own.iter().filter(|one| one.2).map(|one| one.1).collect();
        let fits = |event: &Value| {
            let document = self.read(event)?;
            let row = document.rows.first()?;
            let fits =
                own.iter().all(|(_, leaf, wanted)| eval_leaf(leaf, row, &self.columns) == *wanted);
            fits.then_some(())
        };
        if held.is_empty() && fits(event).is_some() {
            return Some(event.clone());
        }
        let found = candidates(&held, own);
        let set = |choice: Vec<Value>| {
            let mut changed = event.clone();
            fields::set(&mut changed, field, choice);
            fits(&changed).map(|()| changed)
        };
        if let Some(changed) = found.iter().find_map(|value| set(vec![value.clone()])) {
            return Some(changed);
        }
        if values == Values::One && !holds_lists(self.schema, field) {
            return None;
        }
        let few = &found[..found.len().min(MAX_PAIRED)];
        let mut pairs =
            few.iter().flat_map(|a| few.iter().map(move |b| vec![a.clone(), b.clone()]));
        pairs.find_map(set).or_else(|| {
            // A value for each leaf that has to hold.
            let first = |leaf: &&Leaf| samples(&leaf.test).into_iter().next();
            set(held.iter().filter_map(first).collect())
        })
    }
}

/// Values worth a try, those for leaves that have to hold first.
fn candidates(held: &[&Leaf], own: &[Wanted<'_>]) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut plain: Vec<String> = Vec::new();
    for leaf in held {
        let own = samples(&leaf.test);
        plain.extend(own.iter().take(2).filter_map(|value| value.as_str().map(str::to_owned)));
        found.extend(own);
    }
    // One text that passes several patterns.
    if held.len() > 1 {
        let texts: Vec<&String> = plain.iter().take(6).collect();
        for a in &texts {
            found.extend(texts.iter().map(|b| Value::String(format!("{a}{b}"))));
        }
        found.push(Value::String(plain.concat()));
    }
    for (_, leaf, _) in own.iter().filter(|one| !one.2) {
        found.extend(samples(&leaf.test).into_iter().take(4));
    }
    let mut seen: Vec<Value> = Vec::new();
    for value in found {
        if seen.len() < MAX_VALUES && !value.is_null() && !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

/// Fields of ECS that hold lists, by the last parts of their names.
const LISTS: [&str; 33] = [
    "event.action",
    "args",
    "env_vars",
    "category",
    "event.type",
    "host.ip",
    "mac",
    "tags",
    "roles",
    "parameters",
    "resolved_ip",
    "header_flags",
    "answers.name",
    "answers.data",
    "answers.type",
    "related.ip",
    "related.user",
    "related.hosts",
    "related.hash",
    "attributes",
    "labels",
    "alternative_names",
    "common_name",
    "organization",
    "organizational_unit",
    "country",
    "locality",
    "state_or_province",
    "address",
    "supported_ciphers",
    "client.groups",
    "data.strings",
    "auth_mechanism",
];

/// Whether a field may well have several values in one event: those that ECS says so of,
/// and those of which nothing is said.
pub(crate) fn holds_lists(schema: &Schema, field: &str) -> bool {
    const SINGLE: [&str; 21] = [
        "process.",
        "file.",
        "dll.",
        "registry.",
        "user.",
        "event.",
        "host.",
        "source.",
        "destination.",
        "network.",
        "client.",
        "server.",
        "data_stream.",
        "agent.",
        "url.",
        "http.",
        "user_agent.",
        "rule.",
        "service.",
        "observer.",
        "group.",
    ];
    let listed = LISTS.iter().any(|last| {
        field == *last || field.strip_suffix(last).is_some_and(|rest| rest.ends_with('.'))
    });
    let flattened = schema.field(field).is_some_and(|own| {
        matches!(own.ty, FieldType::Flattened { .. } | FieldType::FlattenedKey { .. })
    });
    listed || flattened || !SINGLE.iter().any(|object| field.starts_with(object))
}
