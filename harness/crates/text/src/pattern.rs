//! Conditions on one string: equality, prefixes, wildcards, regular expressions.
//!
//! Semantics are Lucene's (docs/semantics.md, "Terms"): a pattern always
//! matches the whole string; case-insensitive matching folds ASCII letters
//! only. No matching backtracks.
//!
//! `matches` is the fast way and `matches_slow` the plain one, for tests; they
//! share code only where there is nothing to doubt.
//! `set` matches many patterns at once.

mod case;
mod display;
mod fuzzy;
pub mod glob;
pub mod java_regex;
pub mod regexp;
pub mod set;
#[cfg(test)]
mod tests;
pub mod version;

use std::cmp::Ordering;

pub use case::Case;
use glob::Glob;
use regexp::Regexp;

/// A condition on one string.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// The very string.
    Equals(String, Case),
    /// Strings that begin so.
    Prefix(String, Case),
    /// Wildcards.
    Glob(Glob, Case),
    /// A Lucene regular expression, which knows its own case.
    Regexp(Regexp),
    /// Strings between bounds.
    Range(StringRange),
    /// Strings within an edit distance.
    Fuzzy(Fuzzy),
}

/// In which order strings are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// That of their UTF-8 bytes.
    Bytes,
    /// That of versions.
    Versions,
}

impl Order {
    fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::Bytes => a.cmp(b),
            Self::Versions => version::compare(a, b),
        }
    }
}

/// Bounds on a string; `None` is open.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StringRange {
    /// How strings are compared.
    pub order: Order,
    /// The lower bound and whether it is inside.
    pub low: Option<(String, bool)>,
    /// The upper bound and whether it is inside.
    pub high: Option<(String, bool)>,
}

/// Strings that at most `distance` edits (insertion, deletion, substitution of
/// a character, and transposition of two neighbours when `transpositions`)
/// turn into `text`, and that share its first `prefix` characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fuzzy {
    /// The term looked for.
    pub text: String,
    /// The greatest number of edits: 0, 1 or 2.
    pub distance: u8,
    /// How many leading characters have to be equal.
    pub prefix: usize,
    /// Whether swapping two neighbours counts as one edit.
    pub transpositions: bool,
}

impl Pattern {
    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Equals(value, Case::Sensitive) => value == text,
            Self::Equals(value, Case::Insensitive) => value.eq_ignore_ascii_case(text),
            Self::Prefix(prefix, Case::Sensitive) => text.starts_with(prefix.as_str()),
            Self::Prefix(prefix, Case::Insensitive) => text
                .as_bytes()
                .get(..prefix.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes())),
            Self::Glob(glob, case) => glob.matches(text, *case),
            Self::Regexp(regexp) => regexp.matches(text),
            Self::Range(range) => range.contains(text),
            Self::Fuzzy(fuzzy) => fuzzy.matches(text),
        }
    }

    /// Whether the whole of `text` matches, found the plain way: slow, and for
    /// wildcards and regular expressions independent of `matches`.
    #[cfg(test)]
    pub(crate) fn matches_slow(&self, text: &str) -> bool {
        match self {
            Self::Equals(value, case) => case.folded(text).eq(case.folded(value)),
            Self::Prefix(prefix, case) => {
                let mut text = case.folded(text);
                case.folded(prefix).all(|c| text.next() == Some(c))
            }
            Self::Glob(glob, case) => glob.matches_slow(text, *case),
            Self::Regexp(regexp) => regexp.matches_slow(text),
            Self::Range(range) => range.contains(text),
            Self::Fuzzy(fuzzy) => fuzzy.matches(text),
        }
    }
}

impl StringRange {
    /// Whether `text` lies between the bounds.
    pub fn contains(&self, text: &str) -> bool {
        let within = |bound: &Option<(String, bool)>, side: Ordering| {
            bound.as_ref().is_none_or(|(bound, inside)| {
                let order = self.order.compare(text, bound);
                order == side || *inside && order.is_eq()
            })
        };
        within(&self.low, Ordering::Greater) && within(&self.high, Ordering::Less)
    }
}
