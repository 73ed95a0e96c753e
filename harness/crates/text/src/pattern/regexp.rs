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
mod error;
mod flags;
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
pub use error::{RegexpError, RegexpErrorKind};
pub use flags::Flags;
use harness_source::effort;
use harness_source::span::Span;

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
