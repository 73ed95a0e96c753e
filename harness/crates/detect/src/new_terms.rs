//! New-terms rules: combinations of values that no earlier event had
//! (docs/semantics.md, "New terms").

pub mod slow;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::sequence::key::Key;
use super::terms::Combinations;
use super::{Detection, Error, Events};
use harness_predicate::plan::{NewTermsPlan, TermField};
use harness_source::limits;

/// Kibana looks at no more new combinations in one run.
pub const MAX_NEW_TERMS: usize = limits::NEW_TERMS_FOUND.most;

/// A combination of values, and where it was seen first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The values.
    pub key: Key,
    /// When it was seen first, in milliseconds since 1970.
    pub first_seen: i64,
    /// By which event: the first in the case of those of that moment.
    pub event: u32,
}

/// Finds the combinations first seen after `from`, the earliest first; at most
/// `size`. `hits` lie between the start of the history and the end of the window.
///
/// # Errors
///
/// When the events form too many combinations.
pub fn find(
    plan: &NewTermsPlan,
    hits: &[u32],
    events: Events<'_>,
    from: i64,
    size: usize,
) -> Result<Vec<Detection>, Error> {
    let terms = terms(&plan.fields, hits, events)?.into_iter();
    let new = terms.filter(|term| term.first_seen > from).take(size.min(MAX_NEW_TERMS));
    Ok(new.map(Detection::from).collect())
}

impl From<Term> for Detection {
    fn from(term: Term) -> Self {
        Self::of(vec![Some(term.event)], term.key)
    }
}

/// All combinations, the earliest first, then by value.
///
/// # Errors
///
/// When the events form too many combinations.
pub fn terms(fields: &[TermField], hits: &[u32], events: Events<'_>) -> Result<Vec<Term>, Error> {
    let mut combinations = Combinations::new(events, fields);
    let mut seen: HashMap<Vec<u32>, (i64, u32)> = HashMap::new();
    for &event in hits {
        // An event without a time lies in no window.
        let Some(time) = events.time(event) else { continue };
        combinations.each(event, 1, |combination| match seen.entry(combination.to_vec()) {
            Entry::Vacant(entry) => {
                entry.insert((time, event));
            }
            Entry::Occupied(mut entry) => {
                let first = (time, event).min(*entry.get());
                entry.insert(first);
            }
        })?;
    }
    let term = |(combination, (first_seen, event)): (Vec<u32>, _)| Term {
        key: combinations.key(&combination),
        first_seen,
        event,
    };
    let mut terms: Vec<Term> = seen.into_iter().map(term).collect();
    terms.sort_by(|a, b| a.first_seen.cmp(&b.first_seen).then_with(|| a.key.cmp(&b.key)));
    Ok(terms)
}

#[cfg(test)]
mod tests;
