//! The slow twin: the definition of a new term, written down. For tests.

use super::super::Events;
use super::super::sequence::key::{Key, KeyValue};
use super::super::terms::field_values;
use super::Term;
use harness_predicate::plan::TermField;

/// The combinations first seen after `from`, the earliest first.
pub fn find(fields: &[TermField], hits: &[u32], events: Events<'_>, from: i64) -> Vec<Term> {
    let timed: Vec<(i64, u32)> =
        hits.iter().filter_map(|event| Some((events.time(*event)?, *event))).collect();
    let mut new: Vec<Term> = Vec::new();
    for (_, event) in &timed {
        for key in tuples(events, fields, *event) {
            let having =
                timed.iter().filter(|(_, other)| tuples(events, fields, *other).contains(&key));
            let Some(&(first_seen, event)) = having.min() else { continue };
            if first_seen > from && new.iter().all(|term| term.key != key) {
                new.push(Term { key, first_seen, event });
            }
        }
    }
    new.sort_by(|a, b| (a.first_seen, &a.key).cmp(&(b.first_seen, &b.key)));
    new
}

/// All combinations of an event's values, one of each field.
pub(in super::super) fn tuples(events: Events<'_>, fields: &[TermField], event: u32) -> Vec<Key> {
    let mut tuples: Vec<Vec<Option<KeyValue>>> = vec![Vec::new()];
    for field in fields {
        let values = field_values(events, field, event);
        let longer = |tuple: Vec<Option<KeyValue>>| {
            values.iter().map(move |value| [tuple.clone(), vec![Some(value.clone())]].concat())
        };
        tuples = tuples.into_iter().flat_map(longer).collect();
    }
    tuples.into_iter().map(Key::from).collect()
}
