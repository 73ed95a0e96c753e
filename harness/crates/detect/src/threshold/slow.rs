//! The slow twin: the definition of a group, written down. For tests.

use super::super::Events;
use super::super::new_terms::slow::tuples;
use super::super::sequence::key::Key;
use super::super::terms::field_values;
use super::Group;
use harness_predicate::plan::ThresholdPlan;

/// The groups that alert, in the order of their values.
pub fn find(plan: &ThresholdPlan, hits: &[u32], events: Events<'_>) -> Vec<Group> {
    let mut keys: Vec<Key> =
        hits.iter().flat_map(|event| tuples(events, &plan.fields, *event)).collect();
    keys.sort();
    keys.dedup();
    let group = |key: Key| {
        let ways = |event: &u32| {
            tuples(events, &plan.fields, *event).iter().filter(|own| **own == key).count()
        };
        let mut own: Vec<u32> = hits.iter().copied().filter(|event| ways(event) > 0).collect();
        let count = own.iter().map(ways).sum::<usize>();
        let cardinality = plan.cardinality.as_ref().map(|(field, _)| {
            let mut values: Vec<_> =
                own.iter().flat_map(|event| field_values(events, field, *event)).collect();
            values.sort();
            values.dedup();
            values.len() as u64
        });
        own.sort_by_key(|event| (events.time(*event), *event));
        Group { key, events: own, count: count as u64, cardinality }
    };
    let enough = |group: &Group| {
        let few = plan.cardinality.as_ref().is_some_and(|(_, n)| group.cardinality < Some(*n));
        group.count >= plan.count && !few
    };
    keys.into_iter().map(group).filter(enough).collect()
}
