//! Streams on which one plan alerts, whatever another does.

use harness_predicate::Predicate;
use harness_predicate::plan::{EqlSearch, Plan};
use serde_json::Value;

use super::comparison::Comparison;
use super::judge::Stream;
use super::{sequences, streams};
use crate::compare::Answer;

/// Streams on which a plan may alert, of events that do not fulfil `avoided` where there
/// are such.
pub(super) fn raising(
    comparison: &mut Comparison<'_>,
    plan: &Plan,
    avoided: Option<&Predicate>,
) -> Vec<Stream> {
    let mut events = |filter: &Predicate| -> Vec<Value> {
        let other = avoided.map(|avoided| comparison.beyond(filter, avoided));
        let other = other.as_ref().and_then(Answer::event).cloned();
        other.into_iter().chain(comparison.event(filter)).collect()
    };
    match plan {
        Plan::Filter(filter) => events(filter).iter().map(streams::alone).collect(),
        Plan::Threshold(own) => {
            let each = |event| streams::groups(&Answer::Event(event), None, own, own);
            events(&own.filter).into_iter().flat_map(each).collect()
        }
        Plan::NewTerms(own) => {
            let fields = own.fields.iter().map(|field| &*field.field);
            let fields: Vec<&str> = fields.collect();
            let filled = |event: &Value| streams::alone(&streams::filled(event, &fields));
            events(&own.filter).iter().map(filled).collect()
        }
        Plan::Threat(own) => {
            let indicators = events(&own.indicators);
            let each = |event: &Value| {
                let both = [Some(event), indicators.last()];
                streams::indicated([&Answer::Never, &Answer::Never], both, own)
            };
            events(&own.filter).iter().flat_map(each).collect()
        }
        Plan::Eql(own) => match &own.search {
            EqlSearch::Events(filter) => events(filter).iter().map(streams::alone).collect(),
            EqlSearch::Sequence { .. } | EqlSearch::Sample { .. } => {
                sequences::raising(comparison, own, avoided)
            }
        },
    }
}

/// The condition of a plan that alerts on each event that fulfils it.
pub(super) fn single(plan: &Plan) -> Option<&Predicate> {
    match plan {
        Plan::Filter(filter) => Some(filter),
        Plan::Eql(plan) => match &plan.search {
            EqlSearch::Events(filter) if plan.limits.is_empty() => Some(filter),
            EqlSearch::Events(_) | EqlSearch::Sequence { .. } | EqlSearch::Sample { .. } => None,
        },
        Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => None,
    }
}

/// The conditions that some event of each alert fulfils.
pub(super) fn needed(plan: &Plan) -> Vec<&Predicate> {
    match plan {
        Plan::Filter(filter) => vec![filter],
        Plan::Threshold(plan) => vec![&plan.filter],
        Plan::NewTerms(plan) => vec![&plan.filter],
        Plan::Threat(plan) => vec![&plan.filter],
        Plan::Eql(plan) => match &plan.search {
            EqlSearch::Events(filter) => vec![filter],
            EqlSearch::Sequence { stages, .. } | EqlSearch::Sample { stages } => {
                let stages = stages.iter().filter(|stage| !stage.missing);
                stages.map(|stage| &stage.filter).collect()
            }
        },
    }
}
