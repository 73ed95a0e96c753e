//! Threshold rules: groups of events that are large enough
//! (docs/semantics.md, "Threshold").

pub mod slow;

use std::collections::{BTreeSet, HashMap};

use super::sequence::key::{Key, KeyValue};
use super::terms::{Combinations, field_values};
use super::{Detail, Detection, Error, Events};
use harness_predicate::plan::ThresholdPlan;

/// Events that have their grouping values in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The values.
    pub key: Key,
    /// The events, oldest first, each once.
    pub events: Vec<u32>,
    /// How many were counted: an event that repeats a number counts repeatedly.
    pub count: u64,
    /// How many distinct values there are of the field that the plan counts.
    pub cardinality: Option<u64>,
}

impl Group {
    /// Whether the group is large enough.
    pub fn alerts(&self, plan: &ThresholdPlan) -> bool {
        let needed = plan.cardinality.as_ref().map_or(0, |(_, needed)| *needed);
        self.count >= plan.count && self.cardinality.unwrap_or(needed) >= needed
    }
}

/// Finds the groups that alert, in the order of their values; at most `size`.
///
/// # Errors
///
/// When the events form too many combinations.
pub fn find(
    plan: &ThresholdPlan,
    hits: &[u32],
    events: Events<'_>,
    size: usize,
) -> Result<Vec<Detection>, Error> {
    let groups = groups(plan, hits, events)?.into_iter().filter(|group| group.alerts(plan));
    Ok(groups.take(size).map(Detection::from).collect())
}

impl From<Group> for Detection {
    fn from(group: Group) -> Self {
        let Group { key, events, count, cardinality } = group;
        let stages = events.into_iter().map(Some).collect();
        Self { stages, key, detail: Detail::Group { count, cardinality } }
    }
}

#[derive(Default)]
struct Members {
    events: Vec<u32>,
    count: u64,
    values: BTreeSet<u32>,
}

/// All groups, in the order of their values.
///
/// # Errors
///
/// When the events form too many combinations.
pub fn groups(plan: &ThresholdPlan, hits: &[u32], events: Events<'_>) -> Result<Vec<Group>, Error> {
    let mut combinations = Combinations::new(events, &plan.fields);
    let mut counted: HashMap<KeyValue, u32> = HashMap::new();
    let mut groups: HashMap<Vec<u32>, Members> = HashMap::new();
    for &event in hits {
        let mut values: Vec<u32> = Vec::new();
        if let Some((field, _)) = &plan.cardinality {
            for value in field_values(events, field, event) {
                let next = u32::try_from(counted.len()).unwrap_or(u32::MAX);
                values.push(*counted.entry(value).or_insert(next));
            }
        }
        let weight = u64::try_from(values.len().max(1)).unwrap_or(u64::MAX);
        combinations.each(event, weight, |combination| {
            let members = match groups.get_mut(combination) {
                Some(members) => members,
                None => groups.entry(combination.to_vec()).or_default(),
            };
            members.count += 1;
            members.values.extend(&values);
            if members.events.last() != Some(&event) {
                members.events.push(event);
            }
        })?;
    }
    let group = |(combination, members): (Vec<u32>, Members)| {
        let Members { events: mut own, count, values } = members;
        own.sort_by_key(|event| (events.time(*event), *event));
        let cardinality = plan.cardinality.as_ref();
        Group {
            key: combinations.key(&combination),
            events: own,
            count,
            cardinality: cardinality.map(|_| u64::try_from(values.len()).unwrap_or(u64::MAX)),
        }
    };
    let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
    groups.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(groups)
}

#[cfg(test)]
mod tests;
