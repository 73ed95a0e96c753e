//! Exception lists, their items and entries.

use harness_source::span::Span;

/// One exception: all of its entries have to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `name`, else `item_id`, else its position.
    pub name: String,
    /// The file that states it.
    pub path: String,
    /// Where in the file.
    pub span: Span,
    /// The same as line and column, from 1.
    pub at: (usize, usize),
    /// The systems that it is for; all where empty.
    pub os_types: Vec<String>,
    /// When it lapses, in milliseconds since 1970.
    pub expires: Option<i64>,
    /// The conditions; never empty.
    pub entries: Vec<Entry>,
}

impl Item {
    /// Its place for people: `path:line:column`.
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.path, self.at.0, self.at.1)
    }
}

/// One condition of an exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The field; for [`Test::Nested`] the path of the objects.
    pub field: String,
    /// Whether the test must fail.
    pub excluded: bool,
    /// What is asked of the field.
    pub test: Test,
}

/// What an entry asks of its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// This value, or these words in a row.
    Match(String),
    /// One of these.
    MatchAny(Vec<String>),
    /// A pattern with `*` and `?`.
    Wildcard(String),
    /// Any value.
    Exists,
    /// A value of a value list.
    List {
        /// The list.
        id: String,
        /// The type of its values: `keyword`, `ip`, `ip_range`, ….
        kind: String,
    },
    /// One object for which all of these hold; their fields are relative to it.
    Nested(Vec<Entry>),
}
