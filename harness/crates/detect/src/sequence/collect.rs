//! Orders the sequences of all keys and cuts them to size.

use std::cmp::Ordering;

use super::layout::Layout;
use super::stream::Stream;
use super::{Limit, Match, key};

/// Matches that may pile up beyond a limit before they are cut, at least.
const SLACK: usize = 1_024;

/// Takes matches in any order.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    limits: &'a [Limit],
    stream: &'a Stream,
    found: Vec<Found>,
}

/// One complete sequence.
#[derive(Debug)]
struct Found {
    key: usize,
    positions: Box<[u32]>,
}

impl<'a> Collector<'a> {
    /// An empty collection.
    pub(super) fn new(limits: &'a [Limit], stream: &'a Stream) -> Self {
        Self { limits, stream, found: Vec::new() }
    }

    /// Takes one match: the positions of its slots.
    pub(super) fn add(&mut self, key: usize, positions: &[u32]) {
        self.found.push(Found { key, positions: positions.into() });
        if let Some(&first) = self.limits.first() {
            let (Limit::Head(count) | Limit::Tail(count)) = first;
            if self.found.len() > count.saturating_mul(2).saturating_add(SLACK) {
                self.sort();
                first.apply(&mut self.found);
            }
        }
    }

    fn sort(&mut self) {
        let stream = self.stream;
        self.found.sort_unstable_by(|left, right| left.compare(right, stream));
    }

    /// The matches in order, limits applied.
    pub(super) fn finish(mut self, layout: &Layout) -> Vec<Match> {
        self.sort();
        for limit in self.limits {
            limit.apply(&mut self.found);
        }
        let stream = self.stream;
        let event = |found: &Found, slot: usize| {
            found.positions.get(slot).map(|&position| stream.event(position))
        };
        let to_match = |found: &Found| Match {
            stages: layout
                .columns
                .iter()
                .map(|column| column.and_then(|slot| event(found, slot)))
                .collect(),
            key: stream.key(found.key).clone(),
        };
        self.found.iter().map(to_match).collect()
    }
}

impl Found {
    fn compare(&self, other: &Self, stream: &Stream) -> Ordering {
        let by_last = self.positions.last().cmp(&other.positions.last());
        by_last.then_with(|| key::compare(stream.key(self.key), stream.key(other.key)))
    }
}
