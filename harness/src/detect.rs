//! Rule types over time: hit sets to detections.
//!
//! Works on the hits of a plan's filters; knows no language and no index.

pub mod eql;
pub mod sample;
pub mod sequence;
pub mod window;

use std::sync::Arc;

use crate::ir::plan::Plan;
use eql::{Detection, Error, Events, Matcher};
use window::Window;

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
    match plan {
        Plan::Filter(_) => {
            let single = |event: &u32| Detection { stages: vec![Some(*event)], key: Arc::from([]) };
            let mut hits: Vec<u32> = hits.iter().flatten().copied().collect();
            let moment = |event: u32| {
                events.moments[event as usize].map_or(i64::MAX, |moment| moment.timestamp_ms)
            };
            // The earliest come first.
            hits.sort_by_key(|event| (moment(*event), *event));
            Ok(hits.iter().take(scope.size).map(single).collect())
        }
        // Refused in `compile` until they are built.
        Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => Ok(Vec::new()),
        Plan::Eql(plan) => eql::find(plan, hits, events, scope.size, Matcher::Machine),
    }
}
