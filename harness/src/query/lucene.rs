//! Lucene query strings: text → tree with spans.
//!
//! The grammar is Lucene's classic query parser as Elasticsearch's
//! `query_string` uses it (docs/semantics.md, "Lucene query strings"): clauses
//! are required, optional or prohibited, and words in a row form one clause.

mod lexer;
mod parser;
#[cfg(test)]
mod tests;

use crate::query::dsl::Operator;
use crate::span::Span;

pub use parser::parse;

/// A group of clauses.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// In the order of the text.
    pub clauses: Vec<Clause>,
}

/// One clause of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Whether it has to match.
    pub occur: Occur,
    /// The field; `None` takes the default fields.
    pub field: Option<Name>,
    /// What is looked for.
    pub node: Node,
    /// The text of the clause, without its operator.
    pub span: Span,
}

/// Whether a clause has to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occur {
    /// It has to.
    Must,
    /// One of these has to, if the group has no [`Occur::Must`].
    Should,
    /// It may not.
    MustNot,
}

/// A field name; `*` in it is wild unless escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The texts between wild stars.
    pub parts: Vec<String>,
}

/// What a clause looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A word, or several in a row.
    Words(String),
    /// `"a phrase"~slop`.
    Phrase {
        /// The text between the quotes.
        text: String,
        /// How far its words may move.
        slop: u32,
    },
    /// `*` alone.
    Any,
    /// `word*`.
    Prefix(String),
    /// `w?rd*`, with the escapes of the Query DSL.
    Wildcard(String),
    /// `/regexp/`.
    Regexp(String),
    /// `word~` or `word~1`.
    Fuzzy {
        /// The word.
        text: String,
        /// The stated distance.
        distance: Option<f32>,
    },
    /// `[a TO b]` and its like; `None` is open.
    Range {
        /// The lower bound and whether it is inside.
        low: Option<(String, bool)>,
        /// The upper bound and whether it is inside.
        high: Option<(String, bool)>,
    },
    /// `(…)`.
    Group(Group),
}

/// How words without an operator combine.
pub type DefaultOperator = Operator;
