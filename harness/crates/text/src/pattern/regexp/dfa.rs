//! The deterministic automaton of a regular expression.

use std::collections::{HashMap, HashSet};

use super::alphabet::{Alphabet, Class};
use super::ast::Node;
use super::derive::{ALL, NOTHING, TermId, Terms};
use harness_source::limits;

/// The most states: Lucene's default limit of effort and the three fixed ones.
const MAX_STATES: usize = limits::REGEXP_STATES.most;
/// The most transitions.
const MAX_TRANSITIONS: usize = limits::REGEXP_TRANSITIONS.most;

/// No way to a match from here.
const DEAD: u32 = 0;
/// A match whatever follows.
const FULL: u32 = 1;

/// A complete automaton over classes of characters.
#[derive(Debug)]
pub(super) struct Dfa {
    alphabet: Alphabet,
    start: u32,
    /// The next state by state and class.
    next: Vec<u32>,
    /// Whether a text may end in a state.
    accepts: Vec<bool>,
}

impl Dfa {
    /// Builds the automaton; `None` when it would be too large.
    pub(super) fn build(root: &Node, terms: &mut Terms, alphabet: Alphabet) -> Option<Self> {
        let root = terms.translate(root, &alphabet)?;
        let mut states = States { ids: HashMap::new(), terms: Vec::new() };
        states.number(NOTHING)?;
        states.number(ALL)?;
        let start = states.number(root)?;
        let classes = Class::try_from(alphabet.count()).ok()?;
        let mut next = Vec::new();
        let mut at = 0;
        while let Some(&term) = states.terms.get(at) {
            if next.len() + alphabet.count() > MAX_TRANSITIONS {
                return None;
            }
            for class in 0..classes {
                let target = terms.step(term, class)?;
                next.push(states.number(target)?);
            }
            at += 1;
        }
        let accepts = states.terms.iter().map(|&term| terms.nullable(term)).collect();
        Some(Self { alphabet, start, next, accepts })
    }

    /// How many transitions it has.
    pub(super) fn size(&self) -> usize {
        self.next.len()
    }

    /// Whether the whole of `text` matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut state = self.start;
        for c in text.chars() {
            if state <= FULL {
                return state == FULL;
            }
            let row = state as usize * self.alphabet.count();
            state = self.next[row + usize::from(self.alphabet.class(c))];
        }
        self.accepts[state as usize]
    }

    /// The next state on a class.
    fn step(&self, state: u32, class: Class) -> u32 {
        self.next[state as usize * self.alphabet.count() + usize::from(class)]
    }

    /// Whether `other` takes every text that this takes; false where it takes
    /// more than `limit` steps to tell.
    pub(super) fn is_within(&self, other: &Self, limit: usize) -> bool {
        let pairs = self.alphabet.pairs(&other.alphabet);
        let mut seen = HashSet::from([(self.start, other.start)]);
        let mut open = vec![(self.start, other.start)];
        let mut steps = 0_usize;
        while let Some((own, theirs)) = open.pop() {
            if own == DEAD || theirs == FULL {
                continue;
            }
            if self.accepts[own as usize] && !other.accepts[theirs as usize] {
                return false;
            }
            steps = steps.saturating_add(pairs.len());
            if steps > limit {
                return false;
            }
            let next = pairs.iter().map(|(a, b)| (self.step(own, *a), other.step(theirs, *b)));
            open.extend(next.filter(|states| seen.insert(*states)));
        }
        true
    }
}

/// Terms as states, in the order they were met.
struct States {
    ids: HashMap<TermId, u32>,
    terms: Vec<TermId>,
}

impl States {
    fn number(&mut self, term: TermId) -> Option<u32> {
        if let Some(&known) = self.ids.get(&term) {
            return Some(known);
        }
        let fresh = u32::try_from(self.terms.len()).ok()?;
        if self.terms.len() >= MAX_STATES {
            return None;
        }
        self.ids.insert(term, fresh);
        self.terms.push(term);
        Some(fresh)
    }
}

const _: () = assert!(DEAD < FULL && FULL == 1, "`matches` tells both by one comparison");
