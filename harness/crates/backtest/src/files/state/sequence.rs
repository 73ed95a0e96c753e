//! Sequences, and single events of which a query keeps the first or last.

use super::store::{MOST, Store};
use crate::files::rule::Prepared;
use crate::files::seen::{End, Seen};
use crate::{Found, Sample, Stop};
use harness_detect::eql::{self, Matcher};
use harness_detect::terms::key_text;
use harness_detect::{Detection, Events};
use harness_model::document::Columns;
use harness_predicate::Column;
use harness_predicate::plan::{EqlPlan, EqlSearch, Plan};

/// The events that take part.
pub(in crate::files) struct Sequence {
    store: Store,
    /// By filter.
    hits: Vec<Vec<u32>>,
}

/// The columns of the join keys of a plan.
pub(super) fn keys(plan: &Plan) -> Vec<&Column> {
    let Plan::Eql(EqlPlan { search, .. }) = plan else { return Vec::new() };
    let stages: Vec<_> = match search {
        EqlSearch::Events(_) => Vec::new(),
        EqlSearch::Sequence { stages, until, .. } => stages.iter().chain(until).collect(),
        EqlSearch::Sample { stages } => stages.iter().collect(),
    };
    stages.into_iter().flat_map(|stage| &stage.keys).filter_map(|key| key.column.as_ref()).collect()
}

impl Sequence {
    pub(super) fn new(rule: &Prepared<'_>, columns: &Columns) -> Self {
        let store = Store::of(keys(&rule.plan).into_iter(), columns);
        Self { store, hits: vec![Vec::new(); rule.filters().len()] }
    }

    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) -> Result<(), Stop> {
        let number = self.store.add(rule, seen)?;
        for filter in seen.filters {
            self.hits[*filter].push(number);
        }
        Ok(())
    }

    pub(super) fn finish(mut self, rule: &Prepared<'_>, end: End<'_>) -> Result<Found, Stop> {
        let Plan::Eql(plan) = &rule.plan else { return Ok(Found::default()) };
        self.store.date(end.runs.newest);
        let Store { documents, moments, times, places, .. } = &self.store;
        let events = Events { documents, columns: end.columns, moments };
        let window = rule.clock.window(end.runs.newest);
        let span = window.to.abs_diff(window.from);
        let plan = within(plan, span, rule);
        let detections = eql::find(&plan, &self.hits, events, MOST, Matcher::Machine)
            .map_err(|error| Stop::Unsupported(error.to_string()))?;
        let mut found = Found::default();
        for Detection { stages, key, .. } in detections {
            let own: Vec<usize> = stages.iter().flatten().map(|at| *at as usize).collect();
            let at = || own.iter().filter_map(|at| times[*at]);
            let (first, last) = (at().min(), at().max());
            // No run sees events that lie further apart than its window is long.
            if first.zip(last).is_some_and(|(first, last)| last.abs_diff(first) > span) {
                continue;
            }
            found.add(last);
            if found.samples.len() < end.samples {
                let events: Vec<_> = own.iter().map(|at| places[*at].clone()).collect();
                let key = key.iter().map(|value| key_text(value.as_ref()).to_string()).collect();
                let count = events.len() as u64;
                found.samples.push(Sample { events, time: last, key, count });
            }
        }
        Ok(found)
    }
}

/// The plan without sequences that are longer than a window, as far as its matcher can
/// tell: where it bounds an absence, the time span says more than how long it may be.
fn within(plan: &EqlPlan, window_ms: u64, rule: &Prepared<'_>) -> EqlPlan {
    let mut plan = plan.clone();
    let timestamp = rule.rule.eql.timestamp.as_ref().map_or("@timestamp", |field| field.as_str());
    if let EqlSearch::Sequence { stages, maxspan_ms, .. } = &mut plan.search
        && stages.iter().all(|stage| !stage.missing)
        && rule.clock.field() == timestamp
    {
        *maxspan_ms = Some(maxspan_ms.map_or(window_ms, |own| own.min(window_ms)));
    }
    plan
}
