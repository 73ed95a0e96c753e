//! Dialects, errors and captures.

/// Which language an expression is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `java.util.regex`.
    Java,
    /// Oniguruma with Ruby's syntax.
    Oniguruma,
}

/// Why an expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RegexError {
    /// The engine of the dialect refuses it too.
    #[error("{0}")]
    Syntax(String),
    /// An automaton cannot run it, or it would be too large.
    #[error("{0} cannot be run by an automaton")]
    Unsupported(String),
}

/// Places of a match and of its groups: byte offsets; group 0 is the whole match.
pub(crate) type Captures = Vec<Option<(usize, usize)>>;
