//! Alert suppression: detections of one group are one alert
//! (docs/semantics.md, "Suppression").

use std::collections::{BTreeMap, BTreeSet};

use super::sequence::key::KeyValue;
use super::terms::{field_values, max_combinations, stated_values};
use super::{Detection, Error, Events};
use harness_predicate::plan::TermField;

/// How detections are grouped.
#[derive(Clone, Copy, Debug)]
pub struct Grouping<'a> {
    /// The fields to group by.
    pub fields: &'a [TermField],
    /// Whether detections that lack a field are grouped as well, rather than
    /// each being an alert.
    pub group_missing: bool,
    /// Whether each value of an array is a group, as in query rules; else the
    /// sorted array is one value.
    pub each_value: bool,
}

/// A detection and those that were suppressed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The first of the group.
    pub first: Detection,
    /// The values of each field, empty where it is missing; `None` where the
    /// detection stands for itself.
    pub values: Option<Vec<Vec<KeyValue>>>,
    /// The others, in order.
    pub others: Vec<Detection>,
}

/// Merges the detections of a group into its first; at most `size` results.
///
/// Groups of query rules come in the order of their values, as buckets do; all
/// others in the order of their first detections. Detections for themselves
/// come last.
///
/// # Errors
///
/// When the values form too many combinations.
pub fn suppress(
    grouping: Grouping<'_>,
    detections: Vec<Detection>,
    events: Events<'_>,
    size: usize,
) -> Result<Vec<Merged>, Error> {
    let mut by_values: BTreeMap<Vec<Vec<KeyValue>>, usize> = BTreeMap::new();
    let mut groups: Vec<Merged> = Vec::new();
    let mut alone: Vec<Merged> = Vec::new();
    let mut left = max_combinations();
    for detection in detections {
        let values: Vec<Vec<KeyValue>> =
            grouping.fields.iter().map(|field| shared(field, &detection, events)).collect();
        if !grouping.group_missing && values.iter().any(Vec::is_empty) {
            alone.push(Merged { first: detection, values: None, others: Vec::new() });
            continue;
        }
        let keys = if grouping.each_value { product(&values, &mut left)? } else { vec![values] };
        for key in keys {
            if let Some(at) = by_values.get(&key) {
                groups[*at].others.push(detection.clone());
                continue;
            }
            by_values.insert(key.clone(), groups.len());
            let first = detection.clone();
            groups.push(Merged { first, values: Some(key), others: Vec::new() });
        }
    }
    if grouping.each_value {
        groups.sort_by(|a, b| a.values.cmp(&b.values));
    }
    groups.extend(alone);
    groups.truncate(size);
    Ok(groups)
}

/// The values of a field that a detection has: of one event all, ascending; of a
/// sequence those that all its events have, as the first lists them. Where an
/// event is missing, as a sequence may want it, nothing is common to all.
fn shared(field: &TermField, detection: &Detection, events: Events<'_>) -> Vec<KeyValue> {
    if let [Some(event)] = detection.stages.as_slice() {
        return field_values(events, field, *event);
    }
    let Some(members) = detection.stages.iter().copied().collect::<Option<Vec<u32>>>() else {
        return Vec::new();
    };
    let mut members = members.into_iter().map(|event| stated_values(events, field, event));
    let mut common = members.next().unwrap_or_default();
    for own in members {
        let own: BTreeSet<KeyValue> = own.into_iter().collect();
        common.retain(|value| own.contains(value));
    }
    let mut seen = BTreeSet::new();
    common.retain(|value| seen.insert(value.clone()));
    common
}

/// One value of each field, in all ways; a missing field stays missing.
fn product(values: &[Vec<KeyValue>], left: &mut u64) -> Result<Vec<Vec<Vec<KeyValue>>>, Error> {
    let mut keys: Vec<Vec<Vec<KeyValue>>> = vec![Vec::new()];
    for own in values {
        let ways = u64::try_from(keys.len().saturating_mul(own.len().max(1))).unwrap_or(u64::MAX);
        *left = left.checked_sub(ways).ok_or(Error::Combinations)?;
        let mut distinct = own.clone();
        distinct.dedup();
        let choices: Vec<Vec<KeyValue>> = if distinct.is_empty() {
            vec![Vec::new()]
        } else {
            distinct.into_iter().map(|value| vec![value]).collect()
        };
        keys = keys
            .iter()
            .flat_map(|key| {
                choices.iter().map(move |choice| {
                    let mut key = key.clone();
                    key.push(choice.clone());
                    key
                })
            })
            .collect();
    }
    Ok(keys)
}

#[cfg(test)]
mod tests;
