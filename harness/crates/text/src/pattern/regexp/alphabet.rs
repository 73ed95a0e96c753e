//! Splits all characters into classes that an expression does not tell apart.

use std::collections::{BTreeSet, HashMap};

use super::ast::{CharSet, Node};
use super::interval;
use harness_source::limits;

/// The number of a class of characters.
pub(super) type Class = u16;

/// The most classes of an expression.
const MAX_CLASSES: usize = limits::REGEXP_CLASSES.most;
/// The most steps the partition may take.
const MAX_WORK: usize = limits::REGEXP_PARTITION.most;

/// A partition of all characters.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// The class of each ASCII character.
    ascii: [Class; 128],
    /// Where each interval of code points starts; the first starts at zero.
    starts: Vec<u32>,
    /// The class of each interval.
    classes: Vec<Class>,
    /// How many classes there are.
    count: usize,
}

impl Alphabet {
    /// The coarsest partition that respects all sets of `root`; `None` when
    /// it is too large.
    pub(super) fn of(root: &Node) -> Option<Self> {
        let mut sets = Vec::new();
        collect(root, &mut sets);
        sets.sort_unstable();
        sets.dedup();
        let bounds = sets.iter().flat_map(CharSet::ranges).flat_map(|&(low, high)| [low, high + 1]);
        let mut starts: Vec<u32> = bounds.chain([0]).collect();
        starts.sort_unstable();
        starts.dedup();
        let fine = refine(&starts, &sets)?;
        let mut numbers = HashMap::new();
        let mut classes = Vec::with_capacity(fine.len());
        for class in fine {
            let next = numbers.len();
            let number = *numbers.entry(class).or_insert(next);
            if number >= MAX_CLASSES {
                return None;
            }
            classes.push(Class::try_from(number).ok()?);
        }
        let mut alphabet = Self { ascii: [0; 128], starts, classes, count: numbers.len() };
        for code in 0..128_u8 {
            alphabet.ascii[usize::from(code)] = alphabet.search(u32::from(code));
        }
        Some(alphabet)
    }

    /// How many classes there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The class of a character.
    pub(super) fn class(&self, c: char) -> Class {
        match self.ascii.get(c as usize) {
            Some(&class) => class,
            None => self.search(u32::from(c)),
        }
    }

    fn search(&self, code: u32) -> Class {
        let at = self.starts.partition_point(|&start| start <= code);
        self.classes[at - 1]
    }

    /// The classes that some character has in this alphabet and in another.
    pub(super) fn pairs(&self, other: &Self) -> BTreeSet<(Class, Class)> {
        // Between two starts of either nothing changes.
        let starts = self.starts.iter().chain(&other.starts);
        starts.map(|&start| (self.search(start), other.search(start))).collect()
    }

    /// The classes within a set, as bits.
    pub(super) fn bits(&self, set: &CharSet) -> Vec<u64> {
        let mut bits = vec![0; self.count.div_ceil(64)];
        for &(low, high) in set.ranges() {
            for at in intervals(&self.starts, low, high) {
                let class = usize::from(self.classes[at]);
                bits[class / 64] |= 1 << (class % 64);
            }
        }
        bits
    }
}

/// Splits the one class of all intervals by each set in turn; numbers may have
/// gaps.
fn refine(starts: &[u32], sets: &[CharSet]) -> Option<Vec<usize>> {
    let mut classes = vec![0; starts.len()];
    let (mut fresh, mut work) = (1, 0);
    for set in sets {
        let mut inside: HashMap<usize, usize> = HashMap::new();
        for &(low, high) in set.ranges() {
            for at in intervals(starts, low, high) {
                work += 1;
                classes[at] = *inside.entry(classes[at]).or_insert_with(|| {
                    fresh += 1;
                    fresh
                });
            }
        }
        if work > MAX_WORK {
            return None;
        }
    }
    Some(classes)
}

/// The intervals that make up `low..=high`.
fn intervals(starts: &[u32], low: u32, high: u32) -> std::ops::Range<usize> {
    let from = starts.partition_point(|&start| start < low);
    let to = starts.partition_point(|&start| start <= high);
    from..to
}

/// All sets of an expression.
fn collect(node: &Node, sets: &mut Vec<CharSet>) {
    match node {
        Node::Nothing | Node::AnyString => {}
        Node::Class(set) => sets.push(set.clone()),
        Node::Text(text) => sets.extend_from_slice(text),
        Node::Concat(nodes) | Node::Union(nodes) | Node::Intersection(nodes) => {
            for node in nodes {
                collect(node, sets);
            }
        }
        Node::Complement(node) | Node::Repeat { node, .. } => collect(node, sets),
        Node::Interval(interval) => collect(&interval::expand(*interval), sets),
    }
}
