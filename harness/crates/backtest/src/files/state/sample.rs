//! Samples, in the window of each run; one that a later run finds again is dropped.

use std::collections::HashSet;

use super::store::Store;
use crate::files::rule::Prepared;
use crate::files::seen::{End, Seen};
use crate::schedule::Readings;
use crate::{Found, Stop};
use harness_detect::Events;
use harness_detect::eql::{self, Matcher};
use harness_detect::terms::key_text;
use harness_model::document::Columns;
use harness_predicate::plan::Plan;

/// The events that take part.
pub(in crate::files) struct Sample {
    store: Store,
    /// By filter.
    hits: Vec<Vec<u32>>,
}

impl Sample {
    pub(super) fn new(rule: &Prepared<'_>, columns: &Columns) -> Self {
        let store = Store::of(rule.program.keys().into_iter(), columns);
        Self { store, hits: vec![Vec::new(); rule.filters().len()] }
    }

    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) -> Result<(), Stop> {
        let number = self.store.add(rule, seen)?;
        for filter in seen.filters {
            self.hits[*filter].push(number);
        }
        Ok(())
    }

    /// How many events it keeps.
    pub(super) fn events(&self) -> usize {
        self.store.documents.len()
    }

    pub(super) fn finish(mut self, rule: &Prepared<'_>, end: End<'_>) -> Result<Found, Stop> {
        let Some(Plan::Eql(plan)) = rule.program.plan() else { return Ok(Found::default()) };
        self.store.date(end.runs.newest);
        let Store { documents, moments, times, places, .. } = &self.store;
        let events = Events { documents, columns: end.columns, moments };
        let time = |event: &u32| times[*event as usize].unwrap_or(end.runs.newest);
        let mut hits = self.hits;
        hits.iter_mut().for_each(|own| own.sort_by_key(|event| (time(event), *event)));
        let mut all: Vec<i64> = times.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        let mut found = Found::default();
        let mut readings = Readings::default();
        let mut told = HashSet::new();
        for run in end.runs.changing(&all) {
            let seen = |own: &Vec<u32>| {
                let from = own.partition_point(|event| time(event) < run.from);
                let to = own.partition_point(|event| time(event) < run.to);
                own[from..to].to_vec()
            };
            let own: Vec<Vec<u32>> = hits.iter().map(seen).collect();
            readings.add(own.iter().map(Vec::len).sum())?;
            if own.iter().any(Vec::is_empty) {
                continue;
            }
            let samples = eql::find(plan, &own, events, usize::MAX, Matcher::Machine)
                .map_err(|error| Stop::Unsupported(error.to_string()))?;
            for one in samples {
                if !told.insert((one.key.clone(), one.stages.clone())) {
                    continue;
                }
                let own: Vec<u32> = one.stages.into_iter().flatten().collect();
                let last = own.iter().map(time).max();
                found.add(last);
                if found.samples.len() < end.samples {
                    let events: Vec<_> =
                        own.iter().map(|at| (*places[*at as usize]).clone()).collect();
                    let key = one.key.iter().map(|value| key_text(value.as_ref()).to_string());
                    let (key, count) = (key.collect(), events.len() as u64);
                    found.samples.push(crate::Sample { events, time: last, key, count });
                }
            }
        }
        Ok(found)
    }
}
