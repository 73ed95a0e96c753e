//! KQL, the Kibana Query Language: text → tree with spans, and back.
//!
//! The grammar is Kibana's (docs/semantics.md, "KQL"), traps included:
//! keywords are recognised in the middle of a word, `\n` is a line feed even in
//! `\not`, a backslash in quotes is literal unless it forms a known escape.

mod hints;
mod parser;
mod print;
#[cfg(test)]
mod tests;

use harness_source::span::Span;

pub use parser::parse;

/// A query, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ast {
    /// What it is.
    pub node: Node,
    /// The text that it was read from.
    pub span: Span,
}

/// The kinds of query parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// The empty query: every document.
    All,
    /// One of at least two.
    Or(Vec<Ast>),
    /// All of at least two.
    And(Vec<Ast>),
    /// The complement.
    Not(Box<Ast>),
    /// `field: value`, or a value alone. Values of a list become one each.
    Is {
        /// The field; `None` for free text.
        field: Option<Text>,
        /// The value.
        value: Value,
    },
    /// `field > value` and its like.
    Range {
        /// The field.
        field: Text,
        /// How to compare.
        operator: Comparison,
        /// The bound.
        value: Value,
    },
    /// `path: { query }`: one object of a nested field fulfils the query.
    Nested {
        /// The nested field, relative to the one around it.
        path: Text,
        /// The query on one object.
        query: Box<Ast>,
    },
}

/// Text with or without wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// These very characters.
    Plain(String),
    /// Texts around `*`: one more text than stars.
    Wildcard(Vec<String>),
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Unquoted `null`.
    Null,
    /// Unquoted `true` or `false`.
    Bool(bool),
    /// Quoted text.
    Quoted(String),
    /// Any other text.
    Unquoted(Text),
}

/// Range operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}
