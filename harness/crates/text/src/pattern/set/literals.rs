//! Finds all places of many literals, in any ASCII case.

use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};

/// The most bytes of literals that become a table, which is fast but takes a
/// row of up to a kilobyte for each byte.
const MAX_TABLE: usize = 64 * 1024;

/// An Aho-Corasick automaton.
///
/// It is run by hand: on strings as short as field values the library's search
/// costs more to set up than to run.
#[derive(Debug)]
pub(super) enum Literals {
    /// One look-up a byte.
    Table(DFA),
    /// Less memory, for very many literals.
    Compact(NFA),
}

impl Literals {
    /// An automaton of the literals; `None` when there are none, or more than
    /// an automaton holds.
    pub(super) fn new<'a>(literals: impl Iterator<Item = &'a String> + Clone) -> Option<Self> {
        let bytes: usize = literals.clone().map(String::len).sum();
        if bytes == 0 {
            return None;
        }
        if bytes <= MAX_TABLE {
            let mut builder = DFA::builder();
            builder.match_kind(MatchKind::Standard).ascii_case_insensitive(true);
            builder.build(literals).ok().map(Self::Table)
        } else {
            let mut builder = NFA::builder();
            builder.match_kind(MatchKind::Standard).ascii_case_insensitive(true);
            builder.build(literals).ok().map(Self::Compact)
        }
    }

    /// Reports the number and place of each literal in `text`; places overlap.
    pub(super) fn find(&self, text: &str, report: impl FnMut(usize, Range<usize>)) {
        match self {
            Self::Table(automaton) => run(automaton, text, report),
            Self::Compact(automaton) => run(automaton, text, report),
        }
    }
}

fn run(automaton: &impl Automaton, text: &str, mut report: impl FnMut(usize, Range<usize>)) {
    let start = automaton.start_state(Anchored::No);
    let mut state = start.expect("both kinds are built for unanchored searches");
    for (at, &byte) in text.as_bytes().iter().enumerate() {
        state = automaton.next_state(Anchored::No, state, byte);
        if !automaton.is_special(state) || !automaton.is_match(state) {
            continue;
        }
        let end = at + 1;
        for n in 0..automaton.match_len(state) {
            let literal = automaton.match_pattern(state, n);
            report(literal.as_usize(), end - automaton.pattern_len(literal)..end);
        }
    }
}
