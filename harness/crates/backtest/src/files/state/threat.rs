//! Indicator match: the distinct values of events and of indicators, compared when
//! all are there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::store::Store;
use crate::files::rule::Prepared;
use crate::files::seen::{End, Place, Seen};
use crate::{Found, Sample, Stop};
use harness_detect::{Events, threat};
use harness_model::document::{Columns, Document};
use harness_predicate::plan::{Plan, ThreatPlan};
use harness_source::limits;

/// The most indicators, and the most distinct values of events.
const INDICATORS: usize = limits::BACKTEST_INDICATORS.most;
const EVENTS: usize = limits::BACKTEST_COMPARED.most;

/// How many distinct events are compared at once.
const BATCH: usize = 50_000;

/// The filter of events, and that of indicators.
const OF_EVENTS: usize = 0;
const OF_INDICATORS: usize = 1;

/// The events and indicators so far.
pub(in crate::files) struct Threat {
    store: Store,
    /// By their values: the distinct events.
    events: BTreeMap<String, Alike>,
    indicators: Vec<Document>,
}

/// Events with the same values in the fields that are compared.
struct Alike {
    document: Document,
    times: BTreeMap<Option<i64>, u64>,
    samples: Vec<(Option<i64>, Place)>,
}

/// How many events of the same values are kept as samples.
const SAMPLES: usize = 8;

impl Threat {
    pub(super) fn new(plan: &ThreatPlan, columns: &Columns) -> Self {
        let entries = plan.groups.iter().flatten();
        let fields = entries.flat_map(|entry| [&entry.field, &entry.value]);
        let store = Store::of(fields.filter_map(|field| field.column.as_ref()), columns);
        Self { store, events: BTreeMap::new(), indicators: Vec::new() }
    }

    pub(super) fn take(&mut self, seen: &Seen<'_>) -> Result<(), Stop> {
        let document = self.store.kept(seen.document);
        if seen.filters.contains(&OF_EVENTS) {
            let alike = match self.events.entry(format!("{:?}", document.rows)) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let (times, samples) = (BTreeMap::new(), Vec::new());
                    entry.insert(Alike { document: document.clone(), times, samples })
                }
            };
            *alike.times.entry(seen.time()).or_default() += 1;
            if alike.samples.len() < SAMPLES {
                alike.samples.push((seen.time(), seen.place.clone()));
            }
            if self.events.len() > EVENTS {
                let reason = format!("more than {EVENTS} different events are compared");
                return Err(Stop::Unsupported(reason));
            }
        }
        if seen.filters.contains(&OF_INDICATORS) {
            self.indicators.push(document);
            if self.indicators.len() > INDICATORS {
                let reason = format!("there are more than {INDICATORS} indicators");
                return Err(Stop::Unsupported(reason));
            }
        }
        Ok(())
    }

    /// How many events and indicators it keeps.
    pub(super) fn documents(&self) -> usize {
        self.events.len() + self.indicators.len()
    }

    pub(super) fn finish(self, rule: &Prepared<'_>, end: End<'_>) -> Result<Found, Stop> {
        let Some(Plan::Threat(plan)) = rule.program.plan() else { return Ok(Found::default()) };
        let mut found = Found::default();
        if self.indicators.is_empty() {
            return Ok(found);
        }
        if rule.is_collecting {
            return Err(Stop::Again);
        }
        let numbers = |from: usize, to: usize| -> Vec<u32> {
            (from..to).filter_map(|at| u32::try_from(at).ok()).collect()
        };
        let events: Vec<Alike> = self.events.into_values().collect();
        for batch in events.chunks(BATCH) {
            let mut documents: Vec<Document> =
                batch.iter().map(|alike| alike.document.clone()).collect();
            documents.extend(self.indicators.iter().cloned());
            let (own, all) = (numbers(0, batch.len()), numbers(batch.len(), documents.len()));
            let moments = vec![None; documents.len()];
            let events = Events { documents: &documents, columns: end.columns, moments: &moments };
            let matches = threat::find(plan, &own, &all, events, usize::MAX)
                .map_err(|error| Stop::Unsupported(error.to_string()))?;
            for at in matches.iter().flat_map(|one| one.stages.iter().flatten()) {
                let Some(alike) = batch.get(*at as usize) else { continue };
                for (time, count) in &alike.times {
                    (0..*count).for_each(|_| found.add(time.or(Some(end.runs.newest))));
                }
                for (time, place) in &alike.samples {
                    let (events, time) = (vec![(**place).clone()], *time);
                    found.samples.push(Sample { events, time, key: Vec::new(), count: 1 });
                }
            }
        }
        found.samples.sort_by(|a, b| (b.time, &a.events).cmp(&(a.time, &b.events)));
        found.samples.truncate(end.samples);
        Ok(found)
    }
}
