//! Lucene regular expressions over a whole string.
//!
//! The syntax is Lucene 9's (docs/semantics.md, "Regular expressions"), quirks
//! included: no anchors, `|a` is a literal bar, `~` binds tighter than `*`. An
//! expression becomes a deterministic automaton when it is parsed, so matching
//! takes one table look-up a character and cannot fail; one that would need
//! too large an automaton is refused, as Lucene does.
//!
//! `parse` reads the text into an `ast`, `quirks` settles two oddities, `derive` takes its Brzozowski
//! derivatives, `dfa` tabulates them. `slow` matches the tree itself and shares
//! nothing with the automaton: it proves it in tests.

mod alphabet;
mod ast;
mod derive;
mod dfa;
mod interval;
mod literals;
mod parse;
mod quirks;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Case;
use alphabet::Alphabet;
use ast::Node;
use derive::Terms;
use dfa::Dfa;
use harness_source::effort;
use harness_source::span::Span;

/// Which optional operators of the syntax are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flags(u8);

impl Flags {
    /// Every operator: the default of the `regexp` query, of `query_string`,
    /// of EQL and of ES|QL.
    pub const ALL: Self = Self(0xff);
    /// None of them: `& ~ # @ <` are literal.
    pub const NONE: Self = Self(0);
    /// Intersection: `&`.
    pub const INTERSECTION: Self = Self(0x01);
    /// Complement: `~`.
    pub const COMPLEMENT: Self = Self(0x02);
    /// The empty language: `#`.
    pub const EMPTY: Self = Self(0x04);
    /// Any string: `@`.
    pub const ANY_STRING: Self = Self(0x08);
    /// Named automata, of which there are none: `<name>` is an error.
    pub const AUTOMATON: Self = Self(0x10);
    /// Numeric intervals: `<1-10>`.
    pub const INTERVAL: Self = Self(0x20);

    /// The operators of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all operators of `other` are on.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

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

/// A Lucene regular expression, ready to match.
///
/// Two are equal when source, flags and case are; a clone is cheap.
#[derive(Clone)]
pub struct Regexp {
    flags: Flags,
    case: Case,
    program: Arc<Program>,
}

/// What all clones of a regular expression share.
struct Program {
    source: String,
    root: Node,
    dfa: Dfa,
}

impl Regexp {
    /// Parses an expression and builds its automaton.
    pub fn parse(source: &str, flags: Flags, case: Case) -> Result<Self, RegexpError> {
        let mut root = parse::parse(source, flags, case)?;
        let (dfa, work) = automaton(&mut root, case);
        let Some(dfa) = dfa.filter(|_| effort::spend(work)) else {
            let span = Span::new(0, source.len());
            return Err(RegexpError { kind: RegexpErrorKind::TooComplex, span });
        };
        let program = Program { source: source.to_owned(), root, dfa };
        Ok(Self { flags, case, program: Arc::new(program) })
    }

    /// The text it was parsed from.
    pub fn source(&self) -> &str {
        &self.program.source
    }

    /// The optional operators it was parsed with.
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether its literal letters match in either case; ranges never do.
    pub fn case(&self) -> Case {
        self.case
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.program.dfa.matches(text)
    }

    /// Whether the whole of `text` matches, by a direct reading of the tree;
    /// slow, and independent of `matches`.
    #[cfg(test)]
    pub(crate) fn matches_slow(&self, text: &str) -> bool {
        slow::matches(&self.program.root, text)
    }

    /// Whether every text that matches this matches `other`, too; false where it
    /// takes more than `steps` steps to tell.
    pub fn is_within(&self, other: &Self, steps: usize) -> bool {
        self.program.dfa.is_within(&other.program.dfa, steps)
    }

    /// Strings of which every matching text holds at least one, in any ASCII
    /// case; all in lower case. `None` where there is no such set.
    pub fn required_literals(&self) -> Option<Vec<String>> {
        literals::required(&self.program.root)
    }
}

/// Settles the quirks of an expression and builds its automaton, `None` when
/// that would be too much; and how many steps it took.
fn automaton(root: &mut Node, case: Case) -> (Option<Dfa>, usize) {
    let Some(alphabet) = Alphabet::of(root) else { return (None, 0) };
    let mut terms = Terms::new(&alphabet);
    if quirks::settle(root, case, &mut terms, &alphabet).is_none() {
        return (None, terms.work());
    }
    let dfa = Dfa::build(root, &mut terms, alphabet);
    let work = terms.work() + dfa.as_ref().map_or(0, Dfa::size);
    (dfa, work)
}

impl PartialEq for Regexp {
    fn eq(&self, other: &Self) -> bool {
        self.flags == other.flags && self.case == other.case && self.source() == other.source()
    }
}

impl Eq for Regexp {}

impl Hash for Regexp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source().hash(state);
        self.flags.hash(state);
        self.case.hash(state);
    }
}

impl fmt::Debug for Regexp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Regexp")
            .field("source", &self.source())
            .field("flags", &self.flags)
            .field("case", &self.case)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Regexp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source())
    }
}
