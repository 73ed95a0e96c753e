//! Cases that tell plans over several events apart, by trying: an event less,
//! one more, other times, other values of the fields that join.

use std::sync::Arc;

use serde_json::{Value, json};

use super::edit::Edit;
use super::fields;
use super::propose::{rebuilt, told_apart};
use crate::case::Polarity;
use crate::event::Event;
use crate::ir::plan::{EqlSearch, Plan};
use crate::run::Subject;
use crate::value::format_date;

/// How many variants of cases are tried for one mutant.
const MAX_TRIES: usize = 400;

/// A case that would have caught a mutant.
pub(super) fn propose(
    subject: &Subject<'_>,
    plan: &Plan,
    edit: &Edit,
) -> Option<(Value, Polarity)> {
    let mutant = edit.change.apply(plan);
    let mut tries = 0;
    for case in 0..subject.cases().len() {
        for events in variants(&subject.cases()[case].events, plan) {
            tries += 1;
            if tries > MAX_TRIES {
                return None;
            }
            let found = told_apart(&subject.trial(case, events), plan, &mutant, subject);
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

fn variants(events: &[Event], plan: &Plan) -> Vec<Vec<Event>> {
    let mut all = Vec::new();
    let at = |number: usize, changed: Event| {
        let mut events = events.to_vec();
        events[number] = changed;
        events
    };
    if events.len() > 1 {
        for number in 0..events.len() {
            let mut fewer = events.to_vec();
            fewer.remove(number);
            all.push(fewer);
        }
    }
    all.extend(spans(events, plan));
    for pair in 1..events.len() {
        let times = (events[pair - 1].timestamp(), events[pair].timestamp());
        if let (Some(first), Some(second)) = times {
            let mut swapped = events.to_vec();
            let moved = moved(&events[pair - 1], second).zip(moved(&events[pair], first));
            if let Some((left, right)) = moved {
                swapped[pair - 1] = left;
                swapped[pair] = right;
                all.push(swapped);
            }
        }
    }
    for field in joining(plan) {
        for (number, event) in events.iter().enumerate() {
            let others = events.iter().filter_map(|event| event.first(&field)).cloned();
            let others = others.chain([json!("another"), json!(7), json!("192.0.2.7")]);
            for value in others.filter(|value| Some(value) != event.first(&field)) {
                let mut source = event.source.clone();
                fields::set(&mut source, &field, vec![value]);
                all.extend(rebuilt(event, source).map(|changed| at(number, changed)));
            }
        }
    }
    for (number, event) in events.iter().enumerate() {
        let Some(time) = event.timestamp() else { continue };
        for shift in [1_000, -1_000] {
            let mut copy = event.clone();
            copy.id = format!("#{}", events.len() + 1);
            if let Some(copy) = moved(&copy, time.saturating_add(shift)) {
                let mut more = events.to_vec();
                more.insert(if shift > 0 { number + 1 } else { number }, copy);
                renumbered(&mut more);
                all.push(more);
            }
        }
    }
    all
}

/// The last events moved so that the case takes other times around `maxspan`.
fn spans(events: &[Event], plan: &Plan) -> Vec<Vec<Event>> {
    let Plan::Eql(plan) = plan else { return Vec::new() };
    let EqlSearch::Sequence { maxspan_ms: Some(maxspan), .. } = plan.search else {
        return Vec::new();
    };
    let Some(maxspan) = i64::try_from(maxspan).ok() else { return Vec::new() };
    let mut all = Vec::new();
    for from in 1..events.len() {
        let (Some(first), Some(own)) = (events[0].timestamp(), events[from].timestamp()) else {
            continue;
        };
        for span in [maxspan / 4 * 3, maxspan, maxspan + maxspan / 2, maxspan.saturating_mul(3)] {
            let shift = first.saturating_add(span) - own;
            let tail = events[from..]
                .iter()
                .map(|event| moved(event, event.timestamp()?.saturating_add(shift)));
            if let Some(tail) = tail.collect::<Option<Vec<Event>>>() {
                all.push(events[..from].iter().cloned().chain(tail).collect());
            }
        }
    }
    all
}

/// Gives events without an id of their own the ids that a file would give.
pub(super) fn renumbered(events: &mut [Event]) {
    for (position, event) in (1..).zip(events) {
        if event.id.starts_with('#') {
            event.id = format!("#{position}");
        }
    }
}

/// The event at another time.
pub(super) fn moved(event: &Event, millis: i64) -> Option<Event> {
    let mut source = event.source.clone();
    fields::set(&mut source, "@timestamp", vec![json!(format_date(millis))]);
    rebuilt(event, source)
}

/// The fields that bring events together.
fn joining(plan: &Plan) -> Vec<Arc<str>> {
    let mut fields: Vec<Arc<str>> = match plan {
        Plan::Filter(_) | Plan::Pipeline(_) => Vec::new(),
        Plan::Threshold(plan) => {
            let counted = plan.cardinality.iter().map(|(field, _)| field);
            plan.fields.iter().chain(counted).map(|field| field.field.clone()).collect()
        }
        Plan::NewTerms(plan) => plan.fields.iter().map(|field| field.field.clone()).collect(),
        Plan::Threat(plan) => {
            let entries = plan.groups.iter().flatten();
            entries
                .flat_map(|entry| [entry.field.field.clone(), entry.value.field.clone()])
                .collect()
        }
        Plan::Eql(plan) => match &plan.search {
            EqlSearch::Events(_) => Vec::new(),
            EqlSearch::Sequence { stages, .. } | EqlSearch::Sample { stages } => {
                let keys = stages.iter().flat_map(|stage| &stage.keys);
                keys.map(|key| key.field.clone()).collect()
            }
        },
    };
    let mut seen = std::collections::BTreeSet::new();
    fields.retain(|field| seen.insert(field.clone()));
    fields
}
