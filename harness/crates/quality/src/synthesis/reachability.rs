//! Which events a plan can use at all, whatever its filters say: an event
//! without a value to join, group or compare by makes no difference.

use harness_predicate::plan::{EqlSearch, Plan, Stage, TermField};
use harness_predicate::{Column, Leaf, Origin, Predicate, Test};

/// A condition on every event by which the n-th filter of a plan can matter;
/// it may hold on more.
pub(crate) fn needed(plan: &Plan, filter: usize) -> Predicate {
    let all =
        |fields: &[TermField]| Predicate::and(fields.iter().map(|f| exists(f.column.as_ref())));
    match plan {
        Plan::Filter(_) => Predicate::Const(true),
        Plan::Threshold(plan) => all(&plan.fields),
        Plan::NewTerms(plan) => all(&plan.fields),
        Plan::Threat(plan) => Predicate::or(plan.groups.iter().map(|group| {
            let compared = group.iter().filter(|entry| !entry.negate);
            Predicate::and(compared.map(|entry| {
                let term = if filter == 1 { &entry.value } else { &entry.field };
                exists(term.column.as_ref())
            }))
        })),
        Plan::Eql(plan) => match &plan.search {
            EqlSearch::Events(_) => Predicate::Const(true),
            EqlSearch::Sequence { stages, until, .. } => {
                keyed(stages, stages.iter().chain(until).nth(filter))
            }
            EqlSearch::Sample { stages } => keyed(stages, stages.get(filter)),
        },
    }
}

/// The keys of a stage, but those that may be null.
fn keyed(stages: &[Stage], own: Option<&Stage>) -> Predicate {
    let optional =
        |at: usize| stages.iter().any(|stage| stage.keys.get(at).is_none_or(|key| key.optional));
    let keys = own.into_iter().flat_map(|stage| stage.keys.iter().enumerate());
    Predicate::and(
        keys.filter(|(at, _)| !optional(*at)).map(|(_, key)| exists(key.column.as_ref())),
    )
}

/// Whether a field has a value; a field without a column has none.
fn exists(column: Option<&Column>) -> Predicate {
    match column {
        None => Predicate::Const(false),
        Some(column) => {
            let (column, test) = (column.clone(), Test::Exists);
            Predicate::Leaf(Leaf { column, test, origin: Origin::default() })
        }
    }
}
