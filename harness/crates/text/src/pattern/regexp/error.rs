//! What is wrong with a pattern.

use harness_source::span::Span;

/// A regular expression that cannot be used, and where it goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct RegexpError {
    /// What is wrong.
    pub kind: RegexpErrorKind,
    /// The bytes of the expression at fault.
    pub span: Span,
}

/// What is wrong with a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegexpErrorKind {
    /// Something has to follow: an operand, a class member, an escaped character.
    #[error("unexpected end of the regular expression")]
    UnexpectedEnd,
    /// A closing parenthesis without an opening one.
    #[error("unmatched `)` in the regular expression")]
    UnmatchedParenthesis,
    /// An opening delimiter that is never closed.
    #[error("expected `{0}` in the regular expression")]
    Expected(char),
    /// `{` without a number.
    #[error("expected a number after `{{` in the regular expression")]
    ExpectedNumber,
    /// A number beyond 2147483647.
    #[error("number too large in the regular expression")]
    NumberTooLarge,
    /// `{3,2}`.
    #[error("repetition bounds out of order in the regular expression")]
    RepetitionOrder,
    /// `[b-a]`.
    #[error("range bounds out of order in the regular expression")]
    RangeOrder,
    /// A backslash before a letter that means nothing.
    #[error("unknown escape `\\{0}` in the regular expression")]
    UnknownEscape(char),
    /// `<1-2-3>`.
    #[error("malformed numeric interval in the regular expression")]
    MalformedInterval,
    /// `<name>`.
    #[error("unknown named automaton `{0}` in the regular expression")]
    UnknownAutomaton(String),
    /// Too many levels of parentheses and operators.
    #[error("regular expression nested too deeply")]
    TooDeep,
    /// An automaton beyond all bounds.
    #[error("regular expression too complex")]
    TooComplex,
}
