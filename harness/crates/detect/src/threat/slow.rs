//! The slow twin: every event against every indicator. For tests.

use super::super::Events;
use super::super::sequence::key::KeyValue;
use super::probe::{self, Probe};
use harness_predicate::plan::{ThreatEntry, ThreatPlan};

/// The events that match, each with all its indicators, in the order of `hits`.
pub fn find(
    plan: &ThreatPlan,
    hits: &[u32],
    indicators: &[u32],
    events: Events<'_>,
) -> Vec<(u32, Vec<u32>)> {
    let holds = |group: &Vec<ThreatEntry>, event: u32, indicator: u32| {
        group.iter().all(|entry| {
            let equal = equal(entry, events, event, indicator);
            let stated = || {
                probe::has_value(&entry.field, events, event)
                    || probe::has_value(&entry.value, events, indicator)
            };
            if entry.negate { !equal && stated() } else { equal }
        })
    };
    let matched = |event: &u32| {
        let own = indicators.iter().copied();
        let own = own.filter(|own| plan.groups.iter().any(|group| holds(group, *event, *own)));
        (*event, own.collect::<Vec<u32>>())
    };
    hits.iter().map(matched).filter(|(_, own)| !own.is_empty()).collect()
}

/// Whether an event and an indicator have a value in common.
fn equal(entry: &ThreatEntry, events: Events<'_>, event: u32, indicator: u32) -> bool {
    let read = |field, document| {
        let mut intervals = Vec::new();
        probe::each(entry, field, events, document, &mut |probe| {
            intervals.push(match probe {
                Probe::Value(value) => (value.clone(), value),
                Probe::Address(address) => (KeyValue::Ip(address), KeyValue::Ip(address)),
                Probe::Network { low, open } => (KeyValue::Ip(low), KeyValue::Ip(low | open)),
            });
        });
        intervals
    };
    let left = read(&entry.field, event);
    let right = read(&entry.value, indicator);
    left.iter().any(|(low, high)| right.iter().any(|(from, to)| low <= to && from <= high))
}
