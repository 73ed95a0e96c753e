//! Values and what reads them.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// How deep values may nest.
pub(super) const MAX_DEPTH: usize = limits::RULE_DEPTH.most;

/// A value in its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placed {
    /// The value.
    pub(crate) data: Data,
    /// Its bytes in the file, quotes included.
    pub(crate) span: Span,
}

/// A value of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    /// Only in arrays: a key without a value is no key.
    Null,
    Bool(bool),
    /// `None` for one that does not fit 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Text(String),
    /// A moment of TOML, as written.
    Moment(String),
    Array(Vec<Placed>),
    Table(Entries),
}

/// The entries of a table, in the order of their keys.
pub(crate) type Entries = BTreeMap<String, Entry>;

/// A value and where its key stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Span,
    pub(crate) value: Placed,
}

impl Data {
    /// What kind of value it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Float(_) => "float",
            Self::Text(_) => "string",
            Self::Moment(_) => "datetime",
            Self::Array(_) => "array",
            Self::Table(_) => "table",
        }
    }
}

impl Placed {
    /// The entries of a table.
    pub(crate) fn entries(&self) -> Option<&Entries> {
        if let Data::Table(entries) = &self.data { Some(entries) } else { None }
    }

    /// The items of an array.
    pub(crate) fn items(&self) -> Option<&[Self]> {
        if let Data::Array(items) = &self.data { Some(items) } else { None }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?.get(key).map(|entry| &entry.value)
    }

    /// A text.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Data::Text(text) = &self.data { Some(text) } else { None }
    }

    /// The same as JSON; the depth is that of a file, which is bounded.
    pub(crate) fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Integer(value) => value.map_or(Value::Null, Value::from),
            Data::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
            Data::Text(text) | Data::Moment(text) => Value::String(text.clone()),
            Data::Array(items) => items.iter().map(Self::to_json).collect(),
            Data::Table(entries) => {
                let fields =
                    entries.iter().map(|(key, entry)| (key.clone(), entry.value.to_json()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

/// A way to write values as text.
pub(crate) trait Format: Sync {
    /// The values of a file, one after the other, as far as they can be read, and what
    /// is wrong with the others.
    fn values(&self, text: &str) -> (Vec<Placed>, Vec<Diagnostic>);
}
