//! Columns: the fields of documents as an index stores them.

use std::sync::Arc;

/// How the values of a column are stored and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Whole strings: `keyword`, `wildcard`, `constant_keyword`, `flattened`, `version`.
    Keyword,
    /// Analyzed strings: `text`, `match_only_text`.
    Text,
    /// 64-bit integers: integer types, booleans (0, 1), dates (milliseconds or nanoseconds
    /// since 1970, UTC).
    Long,
    /// 64-bit floats: `double`, `float`, `half_float`, `scaled_float`.
    Double,
    /// Addresses as 128-bit integers, IPv4 mapped into IPv6.
    Ip,
    /// Not at all: nothing is known of the field, or it takes no such value. No
    /// document has such a column, so a test on it holds nowhere.
    Absent,
}

/// One field as the index stores it. The same field of two mappings may be two columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Column {
    /// The full dotted field name.
    pub name: Arc<str>,
    /// How its values are stored.
    pub kind: Kind,
}

impl Column {
    /// A column that no document has.
    pub fn absent(name: &str) -> Self {
        Self { name: name.into(), kind: Kind::Absent }
    }

    /// Whether no document has it, whatever the documents are.
    pub fn is_absent(&self) -> bool {
        self.kind == Kind::Absent
    }
}
