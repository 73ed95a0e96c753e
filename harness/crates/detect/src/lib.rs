//! Rule types over time: hit sets to detections.
//!
//! Works on the hits of a plan's filters; knows no language and no index.

pub mod anomaly;
pub mod eql;
pub mod new_terms;
pub mod sample;
pub mod sequence;
pub mod suppress;
pub mod terms;
pub mod threat;
pub mod threshold;
pub mod window;

use std::sync::Arc;

use eql::Matcher;
use harness_model::document::{Columns, Document};
use harness_predicate::plan::{EqlSearch, Plan};
use harness_predicate::script::MAX_COMBINATIONS;
use harness_predicate::{Column, Test};
use sequence::key::Key;
use sequence::stream::Moment;
use window::Window;

/// The events that a plan ranges over.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    /// Their documents.
    pub documents: &'a [Document],
    /// The columns of the documents' cells.
    pub columns: &'a Columns,
    /// When each happened; events without a moment take no part where order matters.
    pub moments: &'a [Option<Moment>],
}

impl Events<'_> {
    /// When an event happened, in milliseconds since 1970.
    fn time(&self, event: u32) -> Option<i64> {
        self.moments.get(event as usize)?.map(|moment| moment.timestamp_ms)
    }
}

/// One detection: what raises one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// The event of each stage, runs counted, `None` at a missing stage; all
    /// events of a group, oldest first; else the one event.
    pub stages: Vec<Option<u32>>,
    /// The join key, the values of the group, or the new combination of values.
    pub key: Key,
    /// What else there is to say.
    pub detail: Detail,
}

/// What a detection carries beside its events and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// Of a group of events.
    Group {
        /// How many were counted; an event counts once for each way to be in the group.
        count: u64,
        /// How many distinct values there are, where the rule asks for them.
        cardinality: Option<u64>,
    },
    /// The matching indicators, at most [`threat::MAX_INDICATORS`].
    Indicators(Vec<u32>),
}

impl Detection {
    /// A detection with nothing to add.
    fn of(stages: Vec<Option<u32>>, key: Key) -> Self {
        Self { stages, key, detail: Detail::None }
    }
}

/// Why a plan cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Of a sequence.
    #[error(transparent)]
    Sequence(#[from] sequence::Error),
    /// Of a sample.
    #[error(transparent)]
    Sample(#[from] sample::Error),
    /// Arrays multiply.
    #[error("the events form more than {} combinations of values", terms::MAX_COMBINATIONS)]
    Combinations,
    /// Arrays multiply in a condition that runs as a script.
    #[error(
        "a condition has more than {} combinations of the values of one event to try",
        harness_predicate::script::MAX_COMBINATIONS
    )]
    Script,
    /// Networks and arrays multiply.
    #[error("events and indicators have more than {} values in common", threat::MAX_PAIRS)]
    Pairs,
}

/// When and how much a plan looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The rule's window; the hits of a filter may reach beyond it, as
    /// [`Plan::reaches`] says.
    pub window: Window,
    /// At most this many detections.
    pub size: usize,
}

/// What a plan finds among the events of one case. `hits` are those of
/// [`Plan::filters`] among the events that each reaches, each ascending.
///
/// # Errors
///
/// What Elasticsearch would fail on, and plans beyond our bounds.
pub fn detect(
    plan: &Plan,
    hits: &[Vec<u32>],
    events: Events<'_>,
    scope: Scope,
) -> Result<Vec<Detection>, Error> {
    within_combinations(plan, events)?;
    let first = hits.first().map_or(&[][..], Vec::as_slice);
    match plan {
        Plan::Filter(_) => {
            let mut hits = first.to_vec();
            earliest_first(&mut hits, events);
            let single = |event: &u32| Detection::of(vec![Some(*event)], Arc::from([]));
            Ok(hits.iter().take(scope.size).map(single).collect())
        }
        Plan::Threshold(plan) => threshold::find(plan, first, events, scope.size),
        Plan::NewTerms(plan) => new_terms::find(plan, first, events, scope.window.from, scope.size),
        Plan::Threat(plan) => {
            let indicators = hits.get(1).map_or(&[][..], Vec::as_slice);
            threat::find(plan, first, indicators, events, scope.size)
        }
        // Its rows are no sets of events: who compiled it runs it.
        Plan::Pipeline(_) => Ok(Vec::new()),
        Plan::Eql(plan) => {
            let mut hits = hits.to_vec();
            if let EqlSearch::Sample { .. } = plan.search {
                // A sample takes the first events of an index, which holds them
                // as they came; the order of a file says nothing of that.
                hits.iter_mut().for_each(|hits| earliest_first(hits, events));
            }
            eql::find(plan, &hits, events, scope.size, Matcher::Machine)
        }
    }
}

/// Fails where a script would have to try too many combinations of values.
fn within_combinations(plan: &Plan, events: Events<'_>) -> Result<(), Error> {
    let mut scripts = Vec::new();
    for filter in plan.filters() {
        filter.leaves(&mut |leaf| {
            if let Test::Script(script) = &leaf.test {
                scripts.push(script);
            }
        });
    }
    if scripts.is_empty() {
        return Ok(());
    }
    for row in events.documents.iter().flat_map(|document| &document.rows) {
        let cell = |column: &Column| events.columns.id(column).and_then(|id| row.cell(id));
        if scripts.iter().any(|script| script.combinations(&cell) > MAX_COMBINATIONS) {
            return Err(Error::Script);
        }
    }
    Ok(())
}

/// Events without a time come last.
fn earliest_first(hits: &mut [u32], events: Events<'_>) {
    hits.sort_by_key(|event| (events.time(*event).unwrap_or(i64::MAX), *event));
}

#[cfg(test)]
mod tests;
