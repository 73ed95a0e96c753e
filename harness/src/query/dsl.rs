//! Elasticsearch's Query DSL as a tree: what Kibana makes of KQL, what
//! `[[rule.filters]]` hold, and what compiles to a predicate.

pub mod parse;

use crate::span::Span;

/// One query clause and the text it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The clause.
    pub node: Node,
    /// The part of the source text that it was made from.
    pub span: Span,
}

/// A scalar of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A JSON integer.
    Integer(i64),
    /// Any other JSON number.
    Float(f64),
    /// A JSON string.
    String(String),
}

/// How words of a `match` query combine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operator {
    /// One word is enough.
    #[default]
    Or,
    /// Every word has to occur.
    And,
}

/// A query clause.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Every document.
    MatchAll,
    /// No document.
    MatchNone,
    /// `term`.
    Term { field: String, value: Scalar, case_insensitive: bool },
    /// `terms`.
    Terms { field: String, values: Vec<Scalar> },
    /// `match`.
    Match { field: String, value: Scalar, operator: Operator, lenient: bool },
    /// `match_phrase`.
    MatchPhrase { field: String, value: Scalar, slop: u32, lenient: bool },
    /// `multi_match`; no fields stands for `index.query.default_field` (`*`).
    MultiMatch { fields: Vec<String>, value: Scalar, phrase: bool, lenient: bool },
    /// `range`.
    Range { field: String, range: Range },
    /// `wildcard`.
    Wildcard { field: String, value: String, case_insensitive: bool },
    /// `prefix`.
    Prefix { field: String, value: String, case_insensitive: bool },
    /// `regexp`.
    Regexp { field: String, value: String, case_insensitive: bool },
    /// `fuzzy`.
    Fuzzy { field: String, value: Scalar, fuzziness: Option<String> },
    /// `exists`.
    Exists { field: String },
    /// `ids`.
    Ids { values: Vec<String> },
    /// `query_string`.
    QueryString(QueryString),
    /// `bool`.
    Bool(Bool),
    /// `nested`.
    Nested { path: String, query: Box<Query>, ignore_unmapped: bool },
    /// `constant_score` and other wrappers that change scores only.
    ConstantScore(Box<Query>),
    /// A clause of a lenient `query_string`: where Elasticsearch would reject
    /// it for its field or value, it matches nothing.
    Lenient(Box<Query>),
}

/// The bounds of a `range` clause.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Range {
    /// The lower bound and whether it is inside (`gte`).
    pub low: Option<(Scalar, bool)>,
    /// The upper bound and whether it is inside (`lte`).
    pub high: Option<(Scalar, bool)>,
    /// Overrides the mapping's date format.
    pub format: Option<String>,
    /// Time zone of dates without one.
    pub time_zone: Option<String>,
}

/// A `query_string` clause.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryString {
    /// The Lucene query text.
    pub query: String,
    /// The fields of words without one; empty stands for all fields.
    pub fields: Vec<String>,
    /// How clauses without an operator combine.
    pub default_operator: Operator,
    /// Whether a trailing-wildcard term is analyzed.
    pub analyze_wildcard: bool,
    /// Whether values that do not fit a field match nothing instead of failing.
    pub lenient: bool,
}

/// A `bool` clause.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bool {
    /// All have to match.
    pub must: Vec<Query>,
    /// All have to match.
    pub filter: Vec<Query>,
    /// `minimum_should_match` of them have to match.
    pub should: Vec<Query>,
    /// None may match.
    pub must_not: Vec<Query>,
    /// As Elasticsearch takes it: `1`, `-1`, `"75%"`…
    pub minimum_should_match: Option<String>,
}
