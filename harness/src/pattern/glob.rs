//! Wildcard patterns over a whole string.

use super::Case;

/// A wildcard pattern: literals, any one character, any run of characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob {
    /// The parts, in order; literals are never empty and never adjacent.
    pub parts: Vec<GlobPart>,
}

/// One part of a wildcard pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GlobPart {
    /// These very characters.
    Literal(String),
    /// Exactly one character (Unicode code point), line breaks included: `?`.
    One,
    /// Any number of characters, line breaks included: `*`.
    Many,
}

impl Glob {
    /// Whether the whole of `text` matches.
    pub fn matches(&self, _text: &str, _case: Case) -> bool {
        unimplemented!()
    }
}
