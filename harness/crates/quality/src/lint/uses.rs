//! Where a query compares a field with a constant, in one form for all languages.

mod eql;
mod esql;
mod kql;

use harness_rule::model::Rule;
use harness_rule::names::Language;
use harness_source::span::Span;
use harness_text::pattern::Case;

pub(super) use esql::expressions;

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// KQL: a value in quotes.
    Quoted,
    /// KQL: a value without quotes.
    Bare,
    /// `==` and `!=`.
    Equal,
    /// `in` and its like.
    In,
    /// EQL's `:`.
    Colon,
    /// `like` and `LIKE`.
    Like,
    /// `regex` and `RLIKE`.
    Regex,
    /// `<` and its like.
    Order,
    /// An argument of a function.
    Argument,
    /// The query of a full-text search.
    Search,
}

/// What a constant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
}

/// A field and a constant that it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Use {
    pub(super) field: String,
    pub(super) op: Op,
    pub(super) kind: Kind,
    /// The value, escapes resolved.
    pub(super) value: String,
    /// Whether KQL reads a `*` in it as a wildcard.
    pub(super) wild: bool,
    /// The constant in the query.
    pub(super) span: Span,
    pub(super) case: Case,
    pub(super) negated: bool,
    /// Values of one list have one number.
    pub(super) list: usize,
}

impl Use {
    /// Whether the operator takes `*` for any text.
    pub(super) fn has_wildcards(&self) -> bool {
        match self.op {
            Op::Bare => self.wild,
            Op::Colon | Op::Like => self.value.contains(['*', '?']),
            Op::Quoted | Op::Equal | Op::In | Op::Regex | Op::Order | Op::Argument | Op::Search => {
                false
            }
        }
    }

    /// Whether a whole value is compared with the constant, letter by letter.
    pub(super) fn is_exact(&self) -> bool {
        match self.op {
            Op::Equal | Op::In | Op::Quoted => true,
            Op::Colon | Op::Bare | Op::Like => !self.has_wildcards(),
            Op::Regex | Op::Order | Op::Argument | Op::Search => false,
        }
    }
}

/// Whether a query asks fields that it does not name: which there are only events tell,
/// so nothing is proved of it.
pub(super) fn is_open(rule: &Rule) -> bool {
    let text = rule.query.as_ref().map_or("", |query| &query.text);
    match rule.language {
        Some(Language::Kuery) => kql::is_open(text),
        // Words without a field are seldom told from the values of one.
        Some(Language::Lucene) => true,
        Some(Language::Eql | Language::Esql) | None => false,
    }
}

/// The uses of a rule's query; none of a query that cannot be read.
pub(super) fn of_rule(rule: &Rule) -> Vec<Use> {
    let Some(query) = &rule.query else { return Vec::new() };
    match rule.language {
        Some(Language::Kuery) => kql::uses(&query.text),
        Some(Language::Eql) => eql::uses(&query.text),
        Some(Language::Esql) => esql::uses(&query.text),
        Some(Language::Lucene) | None => Vec::new(),
    }
}
