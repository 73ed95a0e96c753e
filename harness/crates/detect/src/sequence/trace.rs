//! Why events did not become a sequence: how far each key came, and what stopped it.

use std::collections::BTreeSet;

use super::key::Key;
use super::layout::Layout;
use super::machine::{Machine, Observer};
use super::stream::{Count, Filter, Hit, Stream};
use super::{Error, Spec};

/// The most rejections that are kept per key.
pub const MAX_REJECTIONS: usize = 16;

/// What became of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Per stage, what its filter matched.
    pub stages: Vec<Count>,
    /// Per join key, those that came furthest first, then by key.
    pub keys: Vec<KeyTrace>,
}

/// What became of the events of one join key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTrace {
    /// The key.
    pub key: Key,
    /// The stages, counted without runs, that some event matches under this key.
    pub seen: Vec<usize>,
    /// The events of the longest sequence, complete or not; the first of its length.
    pub furthest: Vec<u32>,
    /// How many sequences were found, before limits.
    pub matches: usize,
    /// What was dropped and why, in order of the events; the first [`MAX_REJECTIONS`].
    pub rejections: Vec<Rejection>,
}

/// A pending sequence that was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The next event came too late.
    Maxspan {
        /// The events so far.
        events: Vec<u32>,
        /// The event of the next stage.
        next: u32,
        /// By how much the time limit was exceeded.
        excess_ms: u64,
    },
    /// `until` came before the next event.
    Until {
        /// The events so far.
        events: Vec<u32>,
        /// The event that ended the sequence.
        until: u32,
        /// The event of the next stage.
        next: u32,
    },
    /// All events were there, and one of a missing stage as well.
    Present {
        /// The events of the present stages.
        events: Vec<u32>,
        /// The missing stage, counted without runs.
        stage: usize,
        /// The event that should not be there.
        event: u32,
    },
}

/// Runs the matcher again and records what it does.
pub fn explain(spec: &Spec, stream: &Stream) -> Result<Trace, Error> {
    let layout = Layout::new(spec)?;
    let mut machine = Machine::new(spec, &layout, stream);
    let mut keys = Vec::with_capacity(stream.key_count());
    for key in 0..stream.key_count() {
        let mut recorder = Recorder { stream, furthest: Vec::new(), rejections: Vec::new() };
        let mut matches = 0;
        machine.run(key, &mut recorder, &mut |_| matches += 1)?;
        let seen = stream.hits(key).iter().filter_map(|hit| match hit.filter() {
            Filter::Stage(stage) => Some(stage),
            Filter::Until => None,
        });
        keys.push(KeyTrace {
            key: stream.key(key).clone(),
            seen: seen.collect::<BTreeSet<_>>().into_iter().collect(),
            furthest: recorder.furthest,
            matches,
            rejections: recorder.rejections,
        });
    }
    keys.sort_by(|left, right| {
        let further = right.furthest.len().cmp(&left.furthest.len());
        further.then_with(|| left.key.cmp(&right.key))
    });
    Ok(Trace { stages: stream.counts().to_vec(), keys })
}

struct Recorder<'a> {
    stream: &'a Stream,
    furthest: Vec<u32>,
    rejections: Vec<Rejection>,
}

impl Recorder<'_> {
    fn events(&self, positions: &[u32]) -> Vec<u32> {
        positions.iter().map(|&position| self.stream.event(position)).collect()
    }

    fn reject(&mut self, rejection: Rejection) {
        if self.rejections.len() < MAX_REJECTIONS {
            self.rejections.push(rejection);
        }
    }
}

impl Observer for Recorder<'_> {
    fn grew(&mut self, sequence: &[u32]) {
        if sequence.len() > self.furthest.len() {
            self.furthest = self.events(sequence);
        }
    }

    fn too_long(&mut self, sequence: &[u32], next: u32, excess_ms: u64) {
        let next = self.stream.event(next);
        self.reject(Rejection::Maxspan { events: self.events(sequence), next, excess_ms });
    }

    fn ended(&mut self, sequence: &[u32], until: u32, next: u32) {
        let (until, next) = (self.stream.event(until), self.stream.event(next));
        self.reject(Rejection::Until { events: self.events(sequence), until, next });
    }

    fn present(&mut self, sequence: &[u32], hit: Hit) {
        if let Filter::Stage(stage) = hit.filter() {
            let event = self.stream.event(hit.position);
            self.reject(Rejection::Present { events: self.events(sequence), stage, event });
        }
    }
}
