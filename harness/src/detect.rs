//! Rule types over time: hit sets to detections.
//!
//! Works on the hits of a plan's filters; knows no language and no index.

pub mod eql;
pub mod sample;
pub mod sequence;

use std::sync::Arc;

use crate::ir::plan::Plan;
use eql::{Detection, Error, Events, Matcher};

/// What a plan finds among the events of one case. `hits` are those of
/// [`Plan::filters`], each ascending; `size` bounds the detections of EQL.
///
/// # Errors
///
/// What Elasticsearch would fail on, and plans beyond our bounds.
pub fn detect(
    plan: &Plan,
    hits: &[Vec<u32>],
    events: Events<'_>,
    size: usize,
) -> Result<Vec<Detection>, Error> {
    match plan {
        Plan::Filter(_) => {
            let single = |event: &u32| Detection { stages: vec![Some(*event)], key: Arc::from([]) };
            Ok(hits.iter().flatten().map(single).collect())
        }
        // Refused in `compile` until they are built.
        Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => Ok(Vec::new()),
        // Its rows are no sets of events: who compiled it runs it.
        Plan::Pipeline(_) => Ok(Vec::new()),
        Plan::Eql(plan) => eql::find(plan, hits, events, size, Matcher::Machine),
    }
}
