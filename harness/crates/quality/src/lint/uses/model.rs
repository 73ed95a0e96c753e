//! A field and a constant, in one form for all languages.

use harness_source::span::Span;
use harness_text::pattern::Case;

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Op {
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
    /// A text that a function looks for in the field, letter by letter.
    Part,
    /// Another argument of a function.
    Argument,
    /// The query of a full-text search.
    Search,
}

/// What a constant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Kind {
    Text,
    Number,
    Bool,
}

/// A field and a constant that it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::lint) struct Use {
    pub(in crate::lint) field: String,
    pub(in crate::lint) op: Op,
    pub(in crate::lint) kind: Kind,
    /// The value, escapes resolved.
    pub(in crate::lint) value: String,
    /// Whether KQL reads a `*` in it as a wildcard.
    pub(in crate::lint) wild: bool,
    /// The constant in the query.
    pub(in crate::lint) span: Span,
    pub(in crate::lint) case: Case,
    pub(in crate::lint) negated: bool,
    /// Values of one list have one number.
    pub(in crate::lint) list: usize,
}

impl Use {
    /// Whether the operator takes `*` for any text.
    pub(in crate::lint) fn has_wildcards(&self) -> bool {
        match self.op {
            Op::Bare => self.wild,
            Op::Colon | Op::Like => self.value.contains(['*', '?']),
            Op::Quoted
            | Op::Equal
            | Op::In
            | Op::Regex
            | Op::Order
            | Op::Part
            | Op::Argument
            | Op::Search => false,
        }
    }

    /// Whether a whole value is compared with the constant, letter by letter.
    pub(in crate::lint) fn is_exact(&self) -> bool {
        match self.op {
            Op::Equal | Op::In | Op::Quoted => true,
            Op::Colon | Op::Bare | Op::Like => !self.has_wildcards(),
            Op::Regex | Op::Order | Op::Part | Op::Argument | Op::Search => false,
        }
    }
}
