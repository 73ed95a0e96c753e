//! A predicate over the numbers of leaves.

use std::collections::BTreeSet;

/// What is known of a predicate on a row, as in Kleene's logic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    Open,
    True,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Const(bool),
    Leaf(u32),
    /// What only the row can tell, where one of these leaves holds; else `without`.
    Open {
        given: Vec<u32>,
        without: bool,
    },
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    AtLeast(usize, Vec<Node>),
}

/// The leaves that a row passes.
#[derive(Debug)]
pub(super) struct Bits {
    words: Vec<u64>,
    set: Vec<u32>,
}

impl Bits {
    pub(super) fn new(leaves: usize) -> Self {
        Self { words: vec![0; leaves.div_ceil(64)], set: Vec::new() }
    }

    pub(super) fn set(&mut self, leaf: u32) {
        let (word, bit) = (leaf as usize / 64, 1 << (leaf % 64));
        if let Some(word) = self.words.get_mut(word).filter(|word| **word & bit == 0) {
            *word |= bit;
            self.set.push(leaf);
        }
    }

    fn has(&self, leaf: u32) -> bool {
        let word = self.words.get(leaf as usize / 64).copied().unwrap_or(0);
        word & (1 << (leaf % 64)) != 0
    }

    /// All that are set, in the order in which they were.
    pub(super) fn all(&self) -> &[u32] {
        &self.set
    }

    pub(super) fn clear(&mut self) {
        for leaf in self.set.drain(..) {
            if let Some(word) = self.words.get_mut(leaf as usize / 64) {
                *word = 0;
            }
        }
    }
}

impl Node {
    pub(super) fn truth(&self, bits: &Bits) -> Truth {
        match self {
            Self::Const(holds) => Truth::of(*holds),
            Self::Leaf(leaf) => Truth::of(bits.has(*leaf)),
            Self::Open { given, without } => {
                if given.iter().any(|leaf| bits.has(*leaf)) {
                    Truth::Open
                } else {
                    Truth::of(*without)
                }
            }
            Self::Not(inner) => match inner.truth(bits) {
                Truth::False => Truth::True,
                Truth::Open => Truth::Open,
                Truth::True => Truth::False,
            },
            Self::And(parts) => {
                let mut all = Truth::True;
                for part in parts {
                    match part.truth(bits) {
                        Truth::False => return Truth::False,
                        Truth::Open => all = Truth::Open,
                        Truth::True => {}
                    }
                }
                all
            }
            Self::Or(parts) => {
                let mut any = Truth::False;
                for part in parts {
                    match part.truth(bits) {
                        Truth::True => return Truth::True,
                        Truth::Open => any = Truth::Open,
                        Truth::False => {}
                    }
                }
                any
            }
            Self::AtLeast(count, parts) => {
                let (mut sure, mut open) = (0, 0);
                for part in parts {
                    match part.truth(bits) {
                        Truth::True => sure += 1,
                        Truth::Open => open += 1,
                        Truth::False => {}
                    }
                }
                match (sure >= *count, sure + open >= *count) {
                    (true, _) => Truth::True,
                    (false, true) => Truth::Open,
                    (false, false) => Truth::False,
                }
            }
        }
    }

    /// Leaves of which one has to hold for the condition to hold; of several such sets
    /// the one that weighs least. `None` where it may hold without any.
    pub(super) fn needs(&self, weight: &dyn Fn(u32) -> usize) -> Option<BTreeSet<u32>> {
        match self {
            Self::Const(true)
            | Self::Not(_)
            | Self::Open { without: true, .. }
            | Self::AtLeast(0, _) => None,
            Self::Const(false) => Some(BTreeSet::new()),
            Self::Leaf(leaf) => Some(BTreeSet::from([*leaf])),
            Self::Open { given, without: false } => Some(given.iter().copied().collect()),
            Self::And(parts) => {
                let sets = parts.iter().filter_map(|part| part.needs(weight));
                sets.min_by_key(|set| set.iter().map(|leaf| weight(*leaf)).sum::<usize>())
            }
            Self::Or(parts) | Self::AtLeast(_, parts) => {
                let sets: Option<Vec<_>> = parts.iter().map(|part| part.needs(weight)).collect();
                Some(sets?.into_iter().flatten().collect())
            }
        }
    }
}
