//! Samples: events in any order that share a join key.
//!
//! For each key that occurs in every stage, distinct events are picked, one
//! per stage, the earliest in index order that leave the later stages a
//! choice. The rules are in docs/semantics.md, "Samples".

#[cfg(test)]
mod tests;

use super::sequence::MAX_KEYS_PER_EVENT;
use super::sequence::key::{Key, TooMany};
use super::sequence::stream::{Filter, KeyReader, Source, group};

/// The most stages a sample may have.
pub const MAX_STAGES: usize = harness_predicate::plan::MAX_SAMPLE_STAGES;

/// What a sample query asks for, its filters and key fields left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Per join key: whether it may be null (`?field`).
    pub optional: Vec<bool>,
    /// How many samples one key may give; Elasticsearch's default is one.
    pub per_key: usize,
    /// How many samples to return.
    pub size: usize,
}

/// One sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The event of each stage.
    pub events: Vec<u32>,
    /// The join key.
    pub key: Key,
}

/// Why a sample cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More stages than [`MAX_STAGES`].
    #[error("a sample of {0} stages exceeds the limit of {MAX_STAGES}")]
    TooManyStages(usize),
    /// The Cartesian product of an event's key values exceeds [`MAX_KEYS_PER_EVENT`].
    #[error("event {0} has more than {MAX_KEYS_PER_EVENT} join keys in one stage")]
    TooManyKeys(u32),
}

/// Takes samples, in ascending order of their keys, nulls first.
///
/// `stages` holds the events that each stage's filter matches, ascending.
pub fn find(spec: &Spec, stages: &[Vec<u32>], source: &impl Source) -> Result<Vec<Sample>, Error> {
    if stages.len() > MAX_STAGES {
        return Err(Error::TooManyStages(stages.len()));
    }
    let mut reader = KeyReader::new(source, &spec.optional);
    let mut keyed = Vec::new();
    for (stage, events) in stages.iter().enumerate() {
        for &event in events {
            let ids = reader
                .keys(Filter::Stage(stage), event)
                .map_err(|TooMany| Error::TooManyKeys(event))?;
            keyed.extend(ids.iter().map(|&id| (id as usize, (stage, event))));
        }
    }
    let keys = reader.into_keys();
    let (starts, hits) = group(&keyed, keys.len(), |hit| *hit);
    let mut ranked: Vec<usize> = (0..keys.len()).collect();
    ranked.sort_unstable_by(|&left, &right| keys[left].cmp(&keys[right]));

    let mut samples = Vec::new();
    let mut choices: Vec<Vec<u32>> = vec![Vec::new(); stages.len()];
    for id in ranked {
        let wanted = spec.per_key.min(spec.size - samples.len());
        if wanted == 0 || stages.is_empty() {
            break;
        }
        choices.iter_mut().for_each(Vec::clear);
        for &(stage, event) in &hits[starts[id]..starts[id + 1]] {
            // Elasticsearch looks at no more than it may need.
            if choices[stage].len() < stages.len().saturating_mul(spec.per_key) {
                choices[stage].push(event);
            }
        }
        let mut found = Vec::new();
        pick(&choices, &mut Vec::new(), wanted, &mut found);
        samples.extend(found.into_iter().map(|events| Sample { events, key: keys[id].clone() }));
    }
    Ok(samples)
}

/// Lists combinations of distinct events, one of each list, in the order of the lists.
///
/// A choice that leaves a later list without an event of its own is not
/// followed, so the time is bounded by what is found.
fn pick(choices: &[Vec<u32>], picked: &mut Vec<u32>, wanted: usize, found: &mut Vec<Vec<u32>>) {
    let Some(events) = choices.get(picked.len()) else {
        found.push(picked.clone());
        return;
    };
    for event in events {
        if picked.contains(event) {
            continue;
        }
        picked.push(*event);
        if can_complete(choices, picked) {
            pick(choices, picked, wanted, found);
        }
        picked.pop();
        if found.len() >= wanted {
            return;
        }
    }
}

/// Whether the lists of the picked events can all get an event of their own.
fn can_complete(choices: &[Vec<u32>], picked: &[u32]) -> bool {
    let rest = &choices[picked.len()..];
    if rest.iter().all(|events| events.len() >= choices.len()) {
        return true;
    }
    let mut owners: Vec<(u32, usize)> = Vec::new();
    (0..rest.len()).all(|list| claim(rest, picked, list, &mut owners, &mut Vec::new()))
}

/// Gives `list` an event, moving the owners of others aside (augmenting path).
fn claim(
    rest: &[Vec<u32>],
    picked: &[u32],
    list: usize,
    owners: &mut Vec<(u32, usize)>,
    tried: &mut Vec<u32>,
) -> bool {
    for &event in &rest[list] {
        if picked.contains(&event) || tried.contains(&event) {
            continue;
        }
        tried.push(event);
        let Some(index) = owners.iter().position(|(owned, _)| *owned == event) else {
            owners.push((event, list));
            return true;
        };
        let owner = owners[index].1;
        if claim(rest, picked, owner, owners, tried) {
            owners.retain(|(owned, _)| *owned != event);
            owners.push((event, list));
            return true;
        }
    }
    false
}
