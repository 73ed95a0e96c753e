//! Plans of different types: what alerts in groups asks more than what alerts on each event.

use harness_predicate::Predicate;
use harness_predicate::plan::Plan;

use super::comparison::Comparison;
use super::direction::Direction;
use super::judge::Stream;
use super::raising::{needed, raising, single};
use super::streams;
use crate::compare::Answer;

/// What the new plan gains, and what it loses.
pub(super) fn directions(
    comparison: &mut Comparison<'_>,
    old: &Plan,
    new: &Plan,
) -> [Direction; 2] {
    let never = [lies_in(comparison, new, old), lies_in(comparison, old, new)];
    let tried = [candidates(comparison, new, old), candidates(comparison, old, new)];
    comparison.tried(never, (old, new), tried)
}

/// Whether each alert of a plan has an event on which the other alerts by itself.
fn lies_in(comparison: &mut Comparison<'_>, own: &Plan, other: &Plan) -> bool {
    let Some(filter) = single(other) else { return false };
    let mut conditions = needed(own).into_iter();
    conditions.any(|condition| comparison.beyond(condition, filter) == Answer::Never)
}

/// Streams on which `own` alerts and `other` may not.
fn candidates(comparison: &mut Comparison<'_>, own: &Plan, other: &Plan) -> Vec<Stream> {
    let mut found = raising(comparison, own, needed(other).into_iter().next());
    // What an earlier event says is not new.
    if let (Some(filter), Plan::NewTerms(terms)) = (single(own), other) {
        let both = Predicate::and([filter.clone(), terms.filter.clone()]);
        let fields: Vec<&str> = terms.fields.iter().map(|field| &*field.field).collect();
        let event = comparison.event(&both).map(|event| streams::filled(&event, &fields));
        let from = comparison.sights.iter().map(|sight| sight.now().window.from).min();
        found.extend(event.zip(from).map(|(event, from)| streams::again(&event, from)));
    }
    found
}
