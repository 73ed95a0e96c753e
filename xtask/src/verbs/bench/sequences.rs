//! The matcher of sequences on a long stream, and on a tenth of it.

use std::io;
use std::time::Instant;

use harness::detect::sequence::key::KeyValue;
use harness::detect::sequence::stream::{Filter, Hits, Moment, Source, Stream};
use harness::detect::sequence::{Limit, Presence, Spec, Stage, find};
use serde::Serialize;

use super::synthetic::{Random, pairs};

/// Both runs.
#[derive(Serialize)]
pub(super) struct Sequences {
    pub(super) few: Figures,
    pub(super) many: Figures,
    /// The time an event in the long stream over that in the short one.
    pub(super) ratio: f64,
}

/// One run.
#[derive(Serialize)]
pub(super) struct Figures {
    pub(super) events: usize,
    pub(super) keys: usize,
    pub(super) found: usize,
    pub(super) seconds: f64,
    pub(super) nanoseconds_per_event: f64,
}

/// Events, each a candidate of one of three stages under one of many keys.
struct Events {
    keys: Vec<i64>,
}

impl Source for Events {
    fn moment(&self, event: u32) -> Moment {
        Moment::new(i64::from(event), None)
    }

    fn values(&self, _: Filter, event: u32, _: usize, values: &mut Vec<KeyValue>) {
        values.extend(self.keys.get(event as usize).map(|key| KeyValue::Long(*key)));
    }
}

/// Measures `candidates` events with a tenth as many keys, and a tenth of both.
pub(super) fn measure(candidates: usize) -> io::Result<Sequences> {
    let (few, many) = (run(candidates / 10)?, run(candidates)?);
    let ratio = many.nanoseconds_per_event / few.nanoseconds_per_event;
    Ok(Sequences { few, many, ratio })
}

fn run(events: usize) -> io::Result<Figures> {
    let keys = (events / 10).max(1);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut source = Events { keys: Vec::new() };
    let mut stages = vec![Vec::new(); 3];
    for event in 0..u32::try_from(events).map_err(io::Error::other)? {
        let key = i64::try_from(random.below(keys as u64)).unwrap_or_default();
        source.keys.push(key);
        let stage = usize::try_from(random.below(3)).unwrap_or_default();
        stages[stage].push(event);
    }
    let stage = Stage { presence: Presence::Present, runs: 1 };
    let spec = Spec {
        stages: vec![stage; 3],
        until: false,
        maxspan_ms: Some(events as u64 / 2),
        optional: vec![false],
        limits: vec![Limit::Tail(events)],
    };
    let started = Instant::now();
    let hits = Hits { stages: &stages, until: &[] };
    let stream = Stream::build(&spec, hits, &source).map_err(io::Error::other)?;
    let found = find(&spec, &stream).map_err(io::Error::other)?.len();
    let seconds = started.elapsed().as_secs_f64();
    let nanoseconds_per_event = seconds * 1e9 / pairs(1, events).max(1.0);
    Ok(Figures { events, keys, found, seconds, nanoseconds_per_event })
}
