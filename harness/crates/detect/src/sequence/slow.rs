//! The slow matcher: the definition of a sequence, written down stage by stage.
//!
//! It shares types with the fast one but no steps. Where the state machine
//! goes through events, this goes through stages: it lists all sequences that
//! end in the first stage, lets each event of the second stage pick from them,
//! and so on. Quadratic; for tests.

use std::collections::BTreeSet;

use super::key::{self, Key, KeyValue};
use super::stream::{Filter, Hits, Moment, Source};
use super::{Error, Limit, Match, Presence, Spec};

/// Finds the sequences of a stream, by their last event and then by key.
pub fn find(spec: &Spec, hits: Hits<'_>, source: &impl Source) -> Result<Vec<Match>, Error> {
    let missing = spec.stages.iter().any(|stage| stage.presence == Presence::Missing);
    if spec.stages.iter().all(|stage| stage.presence == Presence::Missing) {
        return Err(Error::NoPresentStage);
    }
    if missing && spec.maxspan_ms.is_none() {
        return Err(Error::MissingWithoutMaxspan);
    }
    let search = Search { spec, hits, source };
    let mut found = Vec::new();
    for key in search.keys() {
        let complete = search.sequences(&key);
        if missing && !complete.is_empty() && key.contains(&None) {
            return Err(Error::NullKeyWithMissing);
        }
        found.extend(
            complete
                .into_iter()
                .filter(|events| search.absences_hold(&key, events))
                .map(|events| (events, key.clone())),
        );
    }
    found.sort_by(|(left, left_key), (right, right_key)| {
        let by_last = search.when(left[left.len() - 1]).cmp(&search.when(right[right.len() - 1]));
        by_last.then_with(|| key::compare(left_key, right_key))
    });
    for limit in &spec.limits {
        found = match *limit {
            Limit::Head(count) => found.into_iter().take(count).collect(),
            Limit::Tail(count) => {
                let skipped = found.len().saturating_sub(count);
                found.into_iter().skip(skipped).collect()
            }
        };
    }
    Ok(found.into_iter().map(|(events, key)| search.to_match(&events, key)).collect())
}

struct Search<'a, S> {
    spec: &'a Spec,
    hits: Hits<'a>,
    source: &'a S,
}

impl<S: Source> Search<'_, S> {
    /// The timestamp, the tiebreaker with absent ones last, the number.
    fn when(&self, event: u32) -> (i64, u32, bool, i64, u32) {
        let Moment { timestamp_ms, nanos, tiebreaker } = self.source.moment(event);
        (timestamp_ms, nanos, tiebreaker.is_none(), tiebreaker.unwrap_or(0), event)
    }

    fn time(&self, event: u32) -> i128 {
        let Moment { timestamp_ms, nanos, .. } = self.source.moment(event);
        i128::from(timestamp_ms) * 1_000_000 + i128::from(nanos)
    }

    /// Whether the event can stand for this key in this filter.
    fn has_key(&self, filter: Filter, event: u32, key: &[Option<KeyValue>]) -> bool {
        key.iter().enumerate().all(|(term, wanted)| {
            let mut values = Vec::new();
            self.source.values(filter, event, term, &mut values);
            match wanted {
                Some(value) => values.contains(value),
                None => values.is_empty() && self.spec.optional[term],
            }
        })
    }

    /// All keys of all events of all stages, ascending.
    fn keys(&self) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for (stage, events) in self.hits.stages.iter().enumerate() {
            for &event in events {
                let mut partial: Vec<Vec<Option<KeyValue>>> = vec![Vec::new()];
                for (term, &optional) in self.spec.optional.iter().enumerate() {
                    let mut values = Vec::new();
                    self.source.values(Filter::Stage(stage), event, term, &mut values);
                    let mut choices: Vec<_> = values.into_iter().map(Some).collect();
                    if choices.is_empty() && optional {
                        choices.push(None);
                    }
                    let longer = |choice: &Option<KeyValue>| {
                        partial
                            .iter()
                            .map(|key| [key.as_slice(), std::slice::from_ref(choice)].concat())
                            .collect::<Vec<_>>()
                    };
                    partial = choices.iter().flat_map(longer).collect();
                }
                keys.extend(partial.into_iter().map(Key::from));
            }
        }
        keys
    }

    /// The events of a stage under a key, in order.
    fn events(&self, stage: usize, key: &Key) -> Vec<u32> {
        let with_key = |event: &u32| self.has_key(Filter::Stage(stage), *event, key);
        let mut events: Vec<u32> =
            self.hits.stages[stage].iter().copied().filter(with_key).collect();
        events.sort_by_key(|&event| self.when(event));
        events
    }

    /// The present stages, runs written out.
    fn present(&self) -> Vec<usize> {
        let stages = self.spec.stages.iter().enumerate();
        let present = stages.filter(|(_, stage)| stage.presence == Presence::Present);
        present.flat_map(|(index, stage)| vec![index; stage.runs.max(1) as usize]).collect()
    }

    /// All sequences of the present stages under a key.
    fn sequences(&self, key: &Key) -> Vec<Vec<u32>> {
        let stages = self.present();
        let mut waiting: Vec<Vec<u32>> =
            self.events(stages[0], key).into_iter().map(|event| vec![event]).collect();
        for &stage in &stages[1..] {
            let mut longer = Vec::new();
            for event in self.events(stage, key) {
                let earlier = |sequence: &Vec<u32>| {
                    sequence.last().is_some_and(|&last| self.when(last) < self.when(event))
                };
                // `waiting` is ordered by last event: the latest earlier one
                // continues, those before it are superseded, none comes back.
                let Some(latest) = waiting.iter().rposition(earlier) else {
                    continue;
                };
                let mut sequence =
                    waiting.drain(..=latest).next_back().expect("the range is not empty");
                let span = self.time(event) - self.time(sequence[0]);
                let limit = self.spec.maxspan_ms;
                let in_time = limit.is_none_or(|limit| span <= i128::from(limit) * 1_000_000);
                if in_time
                    && !self.ended(key, *sequence.last().expect("sequences have events"), event)
                {
                    sequence.push(event);
                    longer.push(sequence);
                }
            }
            waiting = longer;
        }
        waiting
    }

    /// Whether an `until` event lies at or after `last` and before `next`.
    fn ended(&self, key: &Key, last: u32, next: u32) -> bool {
        let between = |&until: &u32| {
            self.when(last) <= self.when(until) && self.when(until) < self.when(next)
        };
        let seen = |until: &u32| Some(*until) != self.earliest();
        self.spec.until
            && self
                .hits
                .until
                .iter()
                .filter(|&until| seen(until) && between(until))
                .any(|&until| self.has_key(Filter::Until, until, key))
    }

    /// The earliest event of the first present stage over all keys: `until` is not seen on it.
    fn earliest(&self) -> Option<u32> {
        let first = self.present()[0];
        let usable = |event: &u32| {
            self.spec.optional.iter().enumerate().all(|(term, optional)| {
                let mut values = Vec::new();
                self.source.values(Filter::Stage(first), *event, term, &mut values);
                *optional || !values.is_empty()
            })
        };
        self.hits.stages[first].iter().copied().filter(usable).min_by_key(|&event| self.when(event))
    }

    /// Whether the missing stages are missing, given the events of the present ones.
    fn absences_hold(&self, key: &Key, events: &[u32]) -> bool {
        let maxspan = self.spec.maxspan_ms.map_or(i128::MAX, |limit| i128::from(limit) * 1_000_000);
        let (first, last) = (self.time(events[0]), self.time(events[events.len() - 1]));
        let (mut passed, mut leading, mut trailing) = (0, Vec::new(), Vec::new());
        let (mut starts, mut ends) = (false, false);
        for (index, stage) in self.spec.stages.iter().enumerate() {
            if stage.presence == Presence::Present {
                passed += stage.runs.max(1) as usize;
                continue;
            }
            let times: Vec<i128> =
                self.events(index, key).into_iter().map(|event| self.time(event)).collect();
            if passed == 0 {
                starts = true;
                leading.extend(times.into_iter().filter(|&time| time < first));
            } else if passed == events.len() {
                ends = true;
                trailing.extend(times.into_iter().filter(|&time| time > last));
            } else {
                let (from, to) = (self.time(events[passed - 1]), self.time(events[passed]));
                if times.into_iter().any(|time| from < time && time < to) {
                    return false;
                }
            }
        }
        let (leading, trailing) = (leading.into_iter().max(), trailing.into_iter().min());
        match (starts, ends) {
            (false, false) => true,
            (true, false) => leading.is_none_or(|leading| last - leading > maxspan),
            (false, true) => trailing.is_none_or(|trailing| trailing - first > maxspan),
            (true, true) => {
                leading.zip(trailing).is_none_or(|(leading, trailing)| trailing - leading > maxspan)
            }
        }
    }

    fn to_match(&self, events: &[u32], key: Key) -> Match {
        let mut events = events.iter().copied();
        let mut stages = Vec::new();
        for stage in &self.spec.stages {
            for _ in 0..stage.runs.max(1) {
                stages.push(if stage.presence == Presence::Present { events.next() } else { None });
            }
        }
        Match { stages, key }
    }
}
