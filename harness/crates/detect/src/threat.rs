//! Indicator match rules: events that share values with an indicator
//! (docs/semantics.md, "Indicator match").
//!
//! For every entry the indicators are indexed by what they can be found by, a
//! [`Probe`]: a value, a token, an address, or a network. Events look them up.

mod probe;
pub mod slow;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use roaring::RoaringBitmap;

pub use super::bounds::max_pairs;
use super::sequence::key::KeyValue;
use super::{Detail, Detection, Error, Events};
use harness_predicate::plan::{ThreatEntry, ThreatPlan};
use harness_source::limits;
use probe::Probe;

/// Kibana attaches no more indicators to one alert.
pub const MAX_INDICATORS: usize = limits::ALERT_INDICATORS.most;

/// Finds the events that match an indicator, the newest first; at most `size`.
///
/// # Errors
///
/// When events and indicators have too much in common.
pub fn find(
    plan: &ThreatPlan,
    hits: &[u32],
    indicators: &[u32],
    events: Events<'_>,
    size: usize,
) -> Result<Vec<Detection>, Error> {
    let all: RoaringBitmap = indicators.iter().copied().collect();
    let index = |entry| Index::new(entry, indicators, events);
    let groups: Vec<Vec<Index<'_>>> =
        plan.groups.iter().map(|group| group.iter().map(index).collect()).collect();
    let mut newest: Vec<u32> = hits.to_vec();
    newest.sort_by_key(|event| (Reverse(events.time(*event)), *event));
    let mut left = max_pairs();
    let mut found = Vec::new();
    for event in newest {
        if found.len() == size {
            break;
        }
        let mut matched = RoaringBitmap::new();
        for group in &groups {
            let mut own = all.clone();
            for index in group {
                let equal = index.lookup(event, events, &mut left)?;
                if index.entry.negate {
                    own -= equal;
                    // Of two that lack the field, neither differs.
                    if !probe::has_value(&index.entry.field, events, event) {
                        own &= &index.stated;
                    }
                } else {
                    own &= equal;
                }
            }
            matched |= own;
        }
        if !matched.is_empty() {
            let matched = matched.iter().take(MAX_INDICATORS).collect();
            let (stages, key) = (vec![Some(event)], Arc::from([]));
            found.push(Detection { stages, key, detail: Detail::Indicators(matched) });
        }
    }
    Ok(found)
}

/// The indicators of one entry, by what they can be found by.
struct Index<'a> {
    entry: &'a ThreatEntry,
    /// Those that have a value at all, where that matters.
    stated: RoaringBitmap,
    values: HashMap<KeyValue, RoaringBitmap>,
    addresses: BTreeMap<u128, RoaringBitmap>,
    /// By the bits that a network leaves open, then by its first address.
    networks: BTreeMap<u128, HashMap<u128, RoaringBitmap>>,
}

impl<'a> Index<'a> {
    fn new(entry: &'a ThreatEntry, indicators: &[u32], events: Events<'_>) -> Self {
        let mut index = Self {
            entry,
            stated: RoaringBitmap::new(),
            values: HashMap::new(),
            addresses: BTreeMap::new(),
            networks: BTreeMap::new(),
        };
        for &indicator in indicators {
            if entry.negate && probe::has_value(&entry.value, events, indicator) {
                index.stated.insert(indicator);
            }
            probe::each(entry, &entry.value, events, indicator, &mut |probe| {
                let slot = match probe {
                    Probe::Value(value) => index.values.entry(value).or_default(),
                    Probe::Address(address) => index.addresses.entry(address).or_default(),
                    Probe::Network { low, open } => {
                        index.networks.entry(open).or_default().entry(low).or_default()
                    }
                };
                slot.insert(indicator);
            });
        }
        index
    }

    /// The indicators that have a value of the event.
    fn lookup(
        &self,
        event: u32,
        events: Events<'_>,
        left: &mut u64,
    ) -> Result<RoaringBitmap, Error> {
        let mut found = RoaringBitmap::new();
        let mut take = |own: Option<&RoaringBitmap>| {
            let Some(own) = own else { return };
            // A set of many is as quick to add as a set of few.
            *left = left.saturating_sub(1);
            if *left > 0 {
                found |= own;
            }
        };
        probe::each(self.entry, &self.entry.field, events, event, &mut |probe| match probe {
            Probe::Value(value) => take(self.values.get(&value)),
            Probe::Address(address) => {
                take(self.addresses.get(&address));
                for (open, networks) in &self.networks {
                    take(networks.get(&(address & !open)));
                }
            }
            Probe::Network { low, open } => {
                let inside = self.addresses.range(low..=(low | open));
                inside.for_each(|(_, own)| take(Some(own)));
            }
        });
        if *left == 0 { Err(Error::Pairs) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests;
