//! Rule types over time: hit sets to detections.
//!
//! Works on the hits of a plan's filters; knows no language and no index.

pub mod anomaly;
mod bounds;
pub mod eql;
mod model;
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
use harness_predicate::plan::{EqlSearch, Plan};
use harness_predicate::script::max_combinations;
use harness_predicate::{Column, Test};
use harness_source::effort;

pub use model::{Detail, Detection, Error, Events, Scope};

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
    effort::spend(events.documents.len() + hits.iter().map(Vec::len).sum::<usize>());
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
        if scripts.iter().any(|script| script.combinations(&cell) > max_combinations()) {
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
