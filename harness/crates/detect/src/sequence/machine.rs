//! The state machine: one pending sequence per slot, one key at a time.

use harness_source::effort;

use super::layout::{Layout, Place};
use super::stream::{Filter, Hit, MILLI, Stream};
use super::{Error, Spec};

/// Sees what becomes of pending sequences. All are given as positions.
pub(super) trait Observer {
    /// A sequence grew.
    fn grew(&mut self, _sequence: &[u32]) {}
    /// A sequence was dropped: with `next` it takes too long, by `excess_ms`.
    fn too_long(&mut self, _sequence: &[u32], _next: u32, _excess_ms: u64) {}
    /// A sequence was dropped: `until` came between it and `next`.
    fn ended(&mut self, _sequence: &[u32], _until: u32, _next: u32) {}
    /// A complete sequence was dropped: an event of a missing stage is there.
    fn present(&mut self, _sequence: &[u32], _hit: Hit) {}
}

impl Observer for () {}

/// Runs one key after the other; memory is reused between them.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    layout: &'a Layout,
    stream: &'a Stream,
    maxspan_ns: u128,
    /// The event on which `until` goes unseen: its search starts after the
    /// earliest event of the first present stage, over all keys.
    unseen_until: Option<u32>,
    /// Positions of the pending sequence in each slot; empty where there is none.
    slots: Vec<Vec<u32>>,
    /// The key has not filled the slots from here on; they may hold another's leavings,
    /// which the first filling clears away.
    used: usize,
    /// Hits of missing stages by the slot that they come before.
    gaps: Vec<Vec<Hit>>,
}

impl<'a> Machine<'a> {
    /// A machine for one stream.
    pub(super) fn new(spec: &Spec, layout: &'a Layout, stream: &'a Stream) -> Self {
        Self {
            layout,
            stream,
            maxspan_ns: spec.maxspan_ms.map_or(u128::MAX, |ms| u128::from(ms) * u128::from(MILLI)),
            unseen_until: layout
                .base()
                .filter(|_| spec.until)
                .and_then(|stage| stream.earliest(stage)),
            slots: vec![Vec::new(); layout.slots],
            used: 0,
            gaps: vec![Vec::new(); if layout.has_gaps() { layout.slots + 1 } else { 0 }],
        }
    }

    /// Calls `emit` for every sequence of one key, in order of their last events.
    pub(super) fn run(
        &mut self,
        key: usize,
        observer: &mut impl Observer,
        emit: &mut impl FnMut(&[u32]),
    ) -> Result<(), Error> {
        let stream = self.stream;
        let nullable = self.layout.has_gaps() && stream.key(key).iter().any(Option::is_none);
        self.used = 0;
        self.fill_gaps(key);
        let mut until = None;
        for &hit in stream.hits(key) {
            let stage = match hit.filter() {
                Filter::Stage(stage) => stage,
                Filter::Until => {
                    if self.unseen_until != Some(hit.position) {
                        until = Some(hit.position);
                    }
                    continue;
                }
            };
            let Place::Slots { first, end } = self.layout.places[stage] else {
                continue;
            };
            let slots = first..end.min(self.used + 1);
            // Past the watchdog of the rule nothing that is found is used.
            if !effort::spend(slots.len() + 1) {
                return Ok(());
            }
            for slot in slots.rev() {
                if !self.step(slot, hit.position, until, observer) || slot + 1 < self.layout.slots {
                    continue;
                }
                if nullable {
                    return Err(Error::NullKeyWithMissing);
                }
                let complete = &self.slots[slot];
                match self.offender(complete) {
                    Some(offender) => observer.present(complete, offender),
                    None => emit(complete),
                }
                self.slots[slot].clear();
            }
        }
        self.clear_gaps(key);
        Ok(())
    }

    /// Lets an event fill a slot; whether it did.
    fn step(
        &mut self,
        slot: usize,
        position: u32,
        until: Option<u32>,
        observer: &mut impl Observer,
    ) -> bool {
        let (before, rest) = self.slots.split_at_mut(slot);
        let target = &mut rest[0];
        if let Some(pending) = before.last_mut() {
            let (Some(&start), Some(&last)) = (pending.first(), pending.last()) else {
                return false;
            };
            let span = self.stream.timestamp(position).abs_diff(self.stream.timestamp(start));
            if span > self.maxspan_ns {
                let millis = (span - self.maxspan_ns).div_ceil(MILLI.into());
                observer.too_long(pending, position, u64::try_from(millis).unwrap_or(u64::MAX));
                pending.clear();
                return false;
            }
            if let Some(until) = until.filter(|&until| until >= last) {
                observer.ended(pending, until, position);
                pending.clear();
                return false;
            }
            std::mem::swap(pending, target);
            pending.clear();
        } else {
            target.clear();
        }
        target.push(position);
        self.used = self.used.max(slot + 1);
        observer.grew(target);
        true
    }

    fn fill_gaps(&mut self, key: usize) {
        self.each_gap(key, Vec::push);
    }

    fn clear_gaps(&mut self, key: usize) {
        self.each_gap(key, |gap, _| gap.clear());
    }

    /// Visits the hits of missing stages; a key touches its own gaps only.
    fn each_gap(&mut self, key: usize, mut visit: impl FnMut(&mut Vec<Hit>, Hit)) {
        if self.gaps.is_empty() {
            return;
        }
        for &hit in self.stream.hits(key) {
            if let Filter::Stage(stage) = hit.filter()
                && let Place::Gap(before) = self.layout.places[stage]
            {
                visit(&mut self.gaps[before], hit);
            }
        }
    }

    /// An event of a missing stage that forbids a complete sequence.
    fn offender(&self, sequence: &[u32]) -> Option<Hit> {
        for &slot in &self.layout.middle {
            let (from, to) = (sequence[slot - 1], sequence[slot]);
            if let Some(hit) = self
                .first_after(slot, from)
                .filter(|hit| self.time(*hit) < self.stream.timestamp(to))
            {
                return Some(hit);
            }
        }
        let (&first, &last) = (sequence.first()?, sequence.last()?);
        let (start, end) = (self.stream.timestamp(first), self.stream.timestamp(last));
        let far = |from: i128, to: i128| to.abs_diff(from) > self.maxspan_ns;
        match (self.layout.leading, self.layout.trailing) {
            (false, false) => None,
            (true, false) => self.last_before(0, first).filter(|hit| !far(self.time(*hit), end)),
            (false, true) => {
                self.first_after(self.layout.slots, last).filter(|hit| !far(start, self.time(*hit)))
            }
            // With both ends missing, one absence is enough.
            (true, true) => {
                let leading = self.last_before(0, first)?;
                let trailing = self.first_after(self.layout.slots, last)?;
                (!far(self.time(leading), self.time(trailing))).then_some(leading)
            }
        }
    }

    fn time(&self, hit: Hit) -> i128 {
        self.stream.timestamp(hit.position)
    }

    /// The first hit of a gap that is later than a position, by timestamp alone.
    fn first_after(&self, gap: usize, position: u32) -> Option<Hit> {
        let (hits, time) = (&self.gaps[gap], self.stream.timestamp(position));
        hits.get(hits.partition_point(|hit| self.time(*hit) <= time)).copied()
    }

    /// The last hit of a gap that is earlier than a position, by timestamp alone.
    fn last_before(&self, gap: usize, position: u32) -> Option<Hit> {
        let (hits, time) = (&self.gaps[gap], self.stream.timestamp(position));
        hits[..hits.partition_point(|hit| self.time(*hit) < time)].last().copied()
    }
}
