//! Full-text functions: asked of the index, not computed from columns.

use std::collections::BTreeMap;

use super::value::Value;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// A call of a full-text function.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What is asked.
    pub query: SearchQuery,
    /// Named options, such as `default_field`.
    pub options: Vec<(String, Value)>,
    /// Its place in the query.
    pub span: Span,
}

/// What a full-text function asks.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchQuery {
    /// `KQL("…")`
    Kql(String),
    /// `QSTR("…")`
    QueryString(String),
    /// `MATCH(field, value)` and `field : value`
    Match {
        /// The field.
        field: String,
        /// What to look for.
        value: Value,
    },
    /// `MULTI_MATCH(value, field, …)`
    MultiMatch {
        /// The fields, any of which may match.
        fields: Vec<String>,
        /// What to look for.
        value: Value,
    },
    /// `MATCH_PHRASE(field, "…")`
    MatchPhrase {
        /// The field.
        field: String,
        /// The phrase.
        phrase: String,
    },
}

impl Search {
    /// A text option.
    pub fn text_option(&self, name: &str) -> Option<&str> {
        self.options.iter().find_map(|(key, value)| match value {
            Value::Str(text) if key == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// A boolean option.
    pub fn bool_option(&self, name: &str) -> Option<bool> {
        self.options.iter().find_map(|(key, value)| match value {
            Value::Bool(value) if key == name => Some(*value),
            Value::Str(text) if key == name => text.parse().ok(),
            _ => None,
        })
    }
}

/// Answers full-text functions for the rows of a source.
pub trait SearchFunctions {
    /// Whether each row of the source matches: two-valued, one entry per row.
    ///
    /// # Errors
    ///
    /// A query that cannot be run; the span is that of the call.
    fn matches(&self, search: &Search) -> Result<Vec<bool>, Diagnostic>;
}

/// The rows that full-text functions match, by the places of the functions.
#[derive(Clone, Debug, Default)]
pub struct Matched(pub BTreeMap<Span, Vec<bool>>);

impl SearchFunctions for Matched {
    fn matches(&self, search: &Search) -> Result<Vec<bool>, Diagnostic> {
        let none =
            || Diagnostic::error("esql-search", "the function was not compiled", search.span);
        self.0.get(&search.span).cloned().ok_or_else(none)
    }
}

/// Refuses every full-text function.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSearch;

impl SearchFunctions for NoSearch {
    fn matches(&self, search: &Search) -> Result<Vec<bool>, Diagnostic> {
        Err(Diagnostic::unsupported(
            "esql-search",
            "full-text functions are not available here",
            search.span,
        ))
    }
}
