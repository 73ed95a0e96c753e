//! Two plans, compared: what each alerts on and the other does not.

use std::collections::BTreeSet;

use harness_model::schema::Schema;
use harness_predicate::plan::{
    EqlPlan, EqlSearch, NewTermsPlan, Plan, TermField, ThreatPlan, ThresholdPlan,
};

use super::comparison::Comparison;
use super::conditions::Version;
use super::direction::Direction;
use super::judge::Judge;
use super::raising::single;
use super::reach::reach;
use super::sight::Sight;
use super::{across, sequences, streams};
use crate::compare::{Answer, Prover};

/// What the new version gains, and what it loses.
pub(super) fn directions(old: &Version<'_>, new: &Version<'_>, schema: &Schema) -> [Direction; 2] {
    let sights = Sight::of([(old.rule, &old.clock), (new.rule, &new.clock)]);
    let [was, is] = sights.clone();
    let judge = Judge::new([&old.plan, &new.plan], schema);
    let mut comparison = Comparison { prover: Prover::new(schema), judge, sights };
    let [gained, lost] = plans(&mut comparison, &old.plan, &new.plan);
    let (before, after) = ((old, &was), (new, &is));
    [
        gained.or_else(|| reach(after, before, &mut comparison)),
        lost.or_else(|| reach(before, after, &mut comparison)),
    ]
}

fn plans(comparison: &mut Comparison<'_>, old: &Plan, new: &Plan) -> [Direction; 2] {
    if let (Some(before), Some(after)) = (single(old), single(new)) {
        let told = |answer| match answer {
            Answer::Never => Direction::Never,
            Answer::Event(event) => Direction::Shown(vec![event]),
            Answer::Unknown => Direction::Unknown("the search for an event was given up"),
        };
        return [told(comparison.beyond(after, before)), told(comparison.beyond(before, after))];
    }
    match (old, new) {
        (Plan::Threshold(before), Plan::Threshold(after)) => {
            thresholds(comparison, (old, before), (new, after))
        }
        (Plan::NewTerms(before), Plan::NewTerms(after)) => {
            new_terms(comparison, (old, before), (new, after))
        }
        (Plan::Threat(before), Plan::Threat(after)) => {
            threats(comparison, (old, before), (new, after))
        }
        (Plan::Eql(before), Plan::Eql(after)) if of_several(before) == of_several(after) => {
            sequences::directions(comparison, (old, before), (new, after))
        }
        (
            Plan::Filter(_)
            | Plan::Eql(_)
            | Plan::Threshold(_)
            | Plan::NewTerms(_)
            | Plan::Threat(_),
            _,
        ) => across::directions(comparison, old, new),
    }
}

/// Whether an EQL query is about several events together.
fn of_several(plan: &EqlPlan) -> bool {
    match plan.search {
        EqlSearch::Events(_) => false,
        EqlSearch::Sequence { .. } | EqlSearch::Sample { .. } => true,
    }
}

fn names(fields: &[TermField]) -> BTreeSet<&str> {
    fields.iter().map(|field| &*field.field).collect()
}

/// Whether whatever reaches the threshold of `a` reaches that of `b`, all events
/// of `a` being events of `b`: the groups are at most as fine, and want no more.
fn reaches(a: &ThresholdPlan, b: &ThresholdPlan) -> bool {
    let counted = match (&a.cardinality, &b.cardinality) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some((field, least)), Some((other, needed))) => {
            field.field == other.field && needed <= least
        }
    };
    names(&b.fields).is_subset(&names(&a.fields)) && b.count <= a.count && counted
}

fn thresholds(
    comparison: &mut Comparison<'_>,
    (old, before): (&Plan, &ThresholdPlan),
    (new, after): (&Plan, &ThresholdPlan),
) -> [Direction; 2] {
    let relation = comparison.relation(&after.filter, &before.filter);
    let gained_never = relation.beyond == Answer::Never && reaches(after, before);
    let lost_never = relation.within == Answer::Never && reaches(before, after);
    let gained = streams::groups(&relation.beyond, relation.both.as_ref(), after, before);
    let lost = streams::groups(&relation.within, relation.both.as_ref(), before, after);
    comparison.tried([gained_never, lost_never], (old, new), [gained, lost])
}

fn new_terms(
    comparison: &mut Comparison<'_>,
    (old, before): (&Plan, &NewTermsPlan),
    (new, after): (&Plan, &NewTermsPlan),
) -> [Direction; 2] {
    let relation = comparison.relation(&after.filter, &before.filter);
    let [was, is] = comparison.sights.each_ref().map(|sight| sight.now().window);
    // An event that a wider condition finds in the history is known then, so a change of
    // the condition may work both ways.
    let same = relation.beyond == Answer::Never
        && relation.within == Answer::Never
        && names(&before.fields) == names(&after.fields);
    let (more, less, both) = (&relation.beyond, &relation.within, relation.both.as_ref());
    let gained = streams::first_seen([more, less], both, after, before, is);
    let lost = streams::first_seen([less, more], both, before, after, was);
    comparison.tried([same, same], (old, new), [gained, lost])
}

fn threats(
    comparison: &mut Comparison<'_>,
    (old, before): (&Plan, &ThreatPlan),
    (new, after): (&Plan, &ThreatPlan),
) -> [Direction; 2] {
    let events = comparison.relation(&after.filter, &before.filter);
    let indicators = comparison.relation(&after.indicators, &before.indicators);
    let mapped = before.groups == after.groups && before.indicator_index == after.indicator_index;
    let never = |events: &Answer, indicators: &Answer| {
        mapped && *events == Answer::Never && *indicators == Answer::Never
    };
    let gained_never = never(&events.beyond, &indicators.beyond);
    let lost_never = never(&events.within, &indicators.within);
    let own = [events.both.as_ref(), indicators.both.as_ref()];
    let gained = streams::indicated([&events.beyond, &indicators.beyond], own, after);
    let lost = streams::indicated([&events.within, &indicators.within], own, before);
    comparison.tried([gained_never, lost_never], (old, new), [gained, lost])
}
