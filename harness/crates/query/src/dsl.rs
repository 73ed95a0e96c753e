//! Elasticsearch's Query DSL as a tree: what Kibana makes of KQL, what
//! `[[rule.filters]]` hold, and what compiles to a predicate.

pub mod parse;

use harness_source::span::Span;

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
    Term {
        /// The field.
        field: String,
        /// The value.
        value: Scalar,
        /// Whether ASCII letters match in either case.
        case_insensitive: bool,
    },
    /// `terms`.
    Terms {
        /// The field.
        field: String,
        /// The values.
        values: Vec<Scalar>,
    },
    /// `match`.
    Match {
        /// The field.
        field: String,
        /// The value.
        value: Scalar,
        /// How the words combine.
        operator: Operator,
        /// Whether values that do not fit match nothing instead of failing.
        lenient: bool,
    },
    /// `match_phrase`.
    MatchPhrase {
        /// The field.
        field: String,
        /// The value.
        value: Scalar,
        /// How far the words may move.
        slop: u32,
        /// Whether values that do not fit match nothing instead of failing.
        lenient: bool,
    },
    /// `multi_match`; no fields stands for `index.query.default_field` (`*`).
    MultiMatch {
        /// The fields; none stands for all.
        fields: Vec<String>,
        /// The value.
        value: Scalar,
        /// Whether the words have to be consecutive.
        phrase: bool,
        /// Whether values that do not fit match nothing instead of failing.
        lenient: bool,
    },
    /// `range`.
    Range {
        /// The field.
        field: String,
        /// The bounds.
        range: Range,
    },
    /// `wildcard`.
    Wildcard {
        /// The field.
        field: String,
        /// The value.
        value: String,
        /// Whether ASCII letters match in either case.
        case_insensitive: bool,
    },
    /// `prefix`.
    Prefix {
        /// The field.
        field: String,
        /// The value.
        value: String,
        /// Whether ASCII letters match in either case.
        case_insensitive: bool,
    },
    /// `regexp`.
    Regexp {
        /// The field.
        field: String,
        /// The value.
        value: String,
        /// Whether ASCII letters match in either case.
        case_insensitive: bool,
    },
    /// `fuzzy`.
    Fuzzy {
        /// The field.
        field: String,
        /// The value.
        value: Scalar,
        /// As Elasticsearch takes it; `AUTO` by default.
        fuzziness: Option<String>,
    },
    /// `exists`.
    Exists {
        /// The field.
        field: String,
    },
    /// `ids`.
    Ids {
        /// The values.
        values: Vec<String>,
    },
    /// `query_string`.
    QueryString(QueryString),
    /// `bool`.
    Bool(Bool),
    /// `nested`.
    Nested {
        /// The nested field.
        path: String,
        /// The query on one object.
        query: Box<Query>,
        /// Whether a path that is no nested field matches nothing instead of failing.
        ignore_unmapped: bool,
    },
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
