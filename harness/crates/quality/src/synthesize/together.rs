//! Cases of rules that look at several events: the fewest events that raise the rule,
//! and those sets near them that do not.

use std::collections::BTreeSet;

use harness_model::event::Event;
use harness_predicate::Predicate;
use harness_predicate::eval::eval;
use harness_runner::run::Subject;
use harness_source::limits;

/// How many sets of events are tried while some are left out.
fn max_tries() -> usize {
    limits::NEW_FEWEST.now()
}
/// How many sets near those that raise the rule are tried.
fn max_near() -> usize {
    limits::NEW_NEAR.now()
}
/// Of how many events one is changed for another.
const MAX_PLACES: usize = 8;

/// At how many moments a run is tried.
const MAX_MOMENTS: usize = 64;

/// The events of a case, whole and as they were when each of those came that the rule
/// asks for, the last first.
pub(super) fn stretches<'e>(
    subject: &'e Subject<'_>,
    filters: &[&Predicate],
    case: usize,
) -> impl Iterator<Item = Vec<Event>> + 'e {
    let all = subject.cases().get(case).map_or(&[][..], |case| case.events.as_slice());
    let documents = &subject.documents()[subject.documents_of(case)];
    let asked = all.iter().zip(documents).filter(|(_, document)| {
        filters.iter().any(|filter| eval(filter, document, subject.columns()))
    });
    let times: BTreeSet<i64> = asked.filter_map(|(event, _)| event.timestamp()).collect();
    let until = move |time: i64| {
        let before = all.iter().filter(|event| event.timestamp().is_none_or(|at| at <= time));
        before.cloned().collect()
    };
    let ends: Vec<i64> = times.into_iter().rev().take(MAX_MOMENTS).collect();
    std::iter::once(all.to_vec()).chain(ends.into_iter().map(until))
}

/// The fewest of some events, in their order, for which `raises` holds; `None` where it
/// does not for all of them.
pub(super) fn fewest(events: &[Event], raises: &dyn Fn(&[Event]) -> bool) -> Option<Vec<Event>> {
    if !raises(events) {
        return None;
    }
    let mut left = events.to_vec();
    let mut tries = 0;
    let mut parts = 2;
    while left.len() > 1 && tries < max_tries() {
        let size = left.len().div_ceil(parts);
        let without = (0..left.len()).step_by(size).find_map(|start| {
            tries += 1;
            let end = (start + size).min(left.len());
            let fewer: Vec<Event> = left[..start].iter().chain(&left[end..]).cloned().collect();
            (!fewer.is_empty() && tries <= max_tries() && raises(&fewer)).then_some(fewer)
        });
        match without {
            Some(fewer) => {
                left = fewer;
                parts = (parts - 1).max(2);
            }
            None if size == 1 => break,
            None => parts = (parts * 2).min(left.len()),
        }
    }
    Some(left)
}

/// Sets near one: an event less, one of the others in the place of one, one more; those
/// with small events first.
pub(super) fn near<'e>(
    own: &'e [Event],
    all: &'e [Event],
) -> impl Iterator<Item = Vec<Event>> + 'e {
    let ids: BTreeSet<&str> = own.iter().map(|event| event.id.as_str()).collect();
    let mut others: Vec<&Event> = all.iter().filter(|one| !ids.contains(&*one.id)).collect();
    others.sort_by_cached_key(|event| event.source.to_string().len());
    let without = move |at: usize| {
        let mut fewer = own.to_vec();
        fewer.remove(at);
        fewer
    };
    let places = own.len().min(MAX_PLACES);
    let less = (0..places).filter(move |_| own.len() > 1).map(without);
    let beside = others.into_iter().flat_map(move |other| {
        let more = std::iter::once(own.to_vec()).chain((0..places).map(without));
        more.map(move |mut events| {
            let time = |event: &Event| event.timestamp();
            let at = events.partition_point(|event| time(event) <= time(other));
            events.insert(at, other.clone());
            events
        })
    });
    less.chain(beside).take(max_near())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_fewest_events_are_found() {
        let events: Vec<Event> =
            (1..=97).map(|n| Event::from_json(json!({"n": n}), n).expect("an event")).collect();
        let has = |events: &[Event], n: i64| events.iter().any(|own| own.source["n"] == json!(n));
        for wanted in [vec![1], vec![97], vec![5, 50], vec![1, 2, 3, 96], (1..=97).collect()] {
            let raises = |events: &[Event]| wanted.iter().all(|n| has(events, *n));
            let found = fewest(&events, &raises).expect("all raise it");
            let found: Vec<i64> =
                found.iter().filter_map(|event| event.source["n"].as_i64()).collect();
            assert_eq!(found, wanted);
        }
        assert_eq!(fewest(&events, &|_| false), None);
    }
}
