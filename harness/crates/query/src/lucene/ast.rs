//! The tree of a query.

use harness_source::span::Span;

/// A parsed query string.
#[derive(Clone, Debug, PartialEq)]
pub struct Ast {
    /// The clauses; `None` for a blank text, which matches nothing.
    pub root: Option<Clauses>,
}

/// The clauses of a query or of a group, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Clauses {
    /// The clauses, in order.
    pub items: Vec<Clause>,
    /// From the first clause to the last.
    pub span: Span,
}

/// One clause of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// What joins it to the clause before.
    pub conjunction: Conjunction,
    /// What stands before it.
    pub modifier: Modifier,
    /// The field it names; groups hand it down to the clauses inside.
    pub field: Option<Field>,
    /// What it looks for.
    pub body: Body,
    /// The factor for its score, `^2`.
    pub boost: Option<f32>,
    /// Field, body and boost.
    pub span: Span,
}

/// What joins a clause to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conjunction {
    /// White space only.
    None,
    /// `AND`, `&&`.
    And,
    /// `OR`, `||`.
    Or,
}

/// What stands before a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// Nothing.
    None,
    /// `+`.
    Required,
    /// `-`, `!`, `NOT`.
    Prohibited,
}

/// The field of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// `*:`, all fields.
    All(Span),
    /// A name; a `*` in it, which takes a backslash, is a wildcard.
    Named(Word),
}

impl Field {
    /// The name or pattern.
    pub fn name(&self) -> &str {
        match self {
            Self::All(_) => "*",
            Self::Named(name) => &name.text,
        }
    }
}

/// One bare word, escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// What a clause looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Bare words that are analyzed together; a clause of several has neither
    /// conjunction, modifier, field nor boost.
    Words(Vec<Word>),
    /// A `+`, `-` or `!` before white space, which counts as a word.
    Sign(char),
    /// A quoted phrase.
    Phrase {
        /// The text, escapes resolved.
        text: String,
        /// By how many moves of words it may differ, `"…"~2`.
        slop: u32,
    },
    /// A word near to this one.
    Fuzzy {
        /// The word, escapes resolved.
        text: String,
        /// How near.
        distance: Distance,
    },
    /// Words that begin so, `win*`.
    Prefix(String),
    /// A pattern of `*` and `?`, with its escapes.
    Wildcard(String),
    /// A regular expression, as it stands between the slashes.
    Regexp(String),
    /// Values between bounds.
    Range {
        /// The lower bound.
        low: Bound,
        /// The upper bound.
        high: Bound,
    },
    /// Clauses in parentheses.
    Group(Clauses),
}

/// How near a fuzzy word has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// As many edits as the length of the word allows.
    Auto,
    /// At most so many edits: 0, 1 or 2.
    Edits(u8),
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The value, escapes resolved; `None` is open.
    pub text: Option<String>,
    /// Whether the value lies inside: square or curly bracket.
    pub edge: Edge,
}

/// Whether a bound lies inside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// `[` or `]`.
    Inclusive,
    /// `{` or `}`.
    Exclusive,
}
