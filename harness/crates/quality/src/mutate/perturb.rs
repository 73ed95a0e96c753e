//! Cases that tell plans over several events apart, by trying: an event less,
//! one more, other times, other values of the fields that join.

use std::sync::Arc;

use serde_json::{Value, json};

use super::edit::Edit;
use crate::synthesis::events::{self, moved, renumbered};
use crate::synthesis::search::told_apart;
use harness_model::event::Event;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_runner::case::Polarity;
use harness_runner::run::Subject;
use harness_source::effort;
use harness_source::limits::{self, Limit};

/// How many variants of cases are tried for one mutant.
fn max_tries() -> usize {
    limits::MUTANT_TRIES.now()
}
/// How many events all variants that are tried for one mutant have together.
fn max_events() -> usize {
    limits::MUTANT_EVENTS.now()
}
/// How many kinds of variants there are.
const KINDS: usize = 5;
/// How many values of a case are tried for one field.
const MAX_VALUES: usize = 200;

/// A case that would have caught a mutant.
///
/// # Errors
///
/// The limit that ended the search.
pub(super) fn propose(
    subject: &Subject<'_>,
    plan: &Plan,
    edit: &Edit,
) -> Result<Option<(Value, Polarity)>, Limit> {
    let mutant = edit.change.apply(plan);
    let (mut tries, mut judged, mut is_cut) = (0, 0, false);
    for case in 0..subject.cases().len() {
        for events in variants(&subject.cases()[case].events, plan) {
            tries += 1;
            judged += events.len();
            if effort::is_spent() {
                return Err(limits::RULE_WORK);
            }
            if tries > max_tries() {
                return Err(limits::MUTANT_TRIES);
            }
            if judged > max_events() {
                return Err(limits::MUTANT_EVENTS);
            }
            let found = told_apart(&subject.trial(case, events), plan, &mutant, subject);
            if found.is_some() {
                return Ok(found);
            }
        }
        // Of a large case, some variants of each kind are all that was tried.
        is_cut |= subject.cases()[case].events.len().saturating_mul(max_tries()) > max_events();
    }
    if is_cut { Err(limits::MUTANT_EVENTS) } else { Ok(None) }
}

/// The variants of a case, made one at a time as they are asked for; where a case
/// is so large that few can be tried, some of each kind.
pub(crate) fn variants<'a>(
    events: &'a [Event],
    plan: &'a Plan,
) -> impl Iterator<Item = Vec<Event>> + 'a {
    let all = 0..events.len();
    let fewer = all.clone().filter(|_| events.len() > 1).map(|number| without(events, number));
    let swapped = (1..events.len()).filter_map(|pair| swapped(events, pair));
    let joined = joining(plan).into_iter().flat_map(move |field| {
        let values = values(events, &field);
        (0..events.len()).flat_map(move |number| {
            let event = &events[number];
            let field = field.clone();
            let others = values.clone().into_iter();
            others.filter_map(move |value| {
                if event.first(&field) == Some(&value) {
                    return None;
                }
                let changed = events::with(event, &field, vec![value])?;
                Some(with(events, number, changed))
            })
        })
    });
    let more = all.flat_map(move |number| {
        [1_000, -1_000].into_iter().filter_map(move |shift| copied(events, number, shift))
    });
    let most = max_events() / events.len().max(1);
    let share = if most < max_tries() { (most / KINDS).max(1) } else { max_tries() };
    fewer
        .take(share)
        .chain(spans(events, plan).take(share))
        .chain(swapped.take(share))
        .chain(joined.take(share))
        .chain(more.take(share))
}

fn without(events: &[Event], number: usize) -> Vec<Event> {
    let mut fewer = events.to_vec();
    fewer.remove(number);
    fewer
}

fn with(events: &[Event], number: usize, changed: Event) -> Vec<Event> {
    let mut events = events.to_vec();
    events[number] = changed;
    events
}

/// An event and the one before it, each at the time of the other.
fn swapped(events: &[Event], pair: usize) -> Option<Vec<Event>> {
    let (first, second) = (&events[pair - 1], &events[pair]);
    let left = moved(first, second.timestamp()?)?;
    let right = moved(second, first.timestamp()?)?;
    let mut swapped = events.to_vec();
    swapped[pair - 1] = left;
    swapped[pair] = right;
    Some(swapped)
}

/// An event once more, beside itself.
fn copied(events: &[Event], number: usize, shift: i64) -> Option<Vec<Event>> {
    let event = &events[number];
    let mut copy = moved(event, event.timestamp()?.saturating_add(shift))?;
    copy.id = format!("#{}", events.len() + 1);
    let mut more = events.to_vec();
    more.insert(if shift > 0 { number + 1 } else { number }, copy);
    renumbered(&mut more);
    Some(more)
}

/// The first values that a field has in a case, each once, and some that it has not.
fn values(events: &[Event], field: &str) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for value in events.iter().filter_map(|event| event.first(field)) {
        if values.len() < MAX_VALUES && !values.contains(value) {
            values.push(value.clone());
        }
    }
    for value in [json!("another"), json!(7), json!("192.0.2.7")] {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// The last events moved so that the case takes other times around `maxspan`.
fn spans<'a>(events: &'a [Event], plan: &Plan) -> impl Iterator<Item = Vec<Event>> + 'a {
    let maxspan = match plan {
        Plan::Eql(plan) => match plan.search {
            EqlSearch::Sequence { maxspan_ms, .. } => maxspan_ms,
            EqlSearch::Events(_) | EqlSearch::Sample { .. } => None,
        },
        Plan::Filter(_) | Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => None,
    };
    let maxspan = maxspan.and_then(|maxspan| i64::try_from(maxspan).ok());
    maxspan.into_iter().flat_map(move |maxspan| {
        let half = maxspan.saturating_add(maxspan / 2);
        let spans = [maxspan / 4 * 3, maxspan, half, maxspan.saturating_mul(3)];
        (1..events.len()).flat_map(move |from| {
            spans.into_iter().filter_map(move |span| spanned(events, from, span))
        })
    })
}

/// The events from one on moved so that it lies so far after the first.
fn spanned(events: &[Event], from: usize, span: i64) -> Option<Vec<Event>> {
    let (first, own) = (events[0].timestamp()?, events[from].timestamp()?);
    let shift = first.saturating_add(span).saturating_sub(own);
    let tail =
        events[from..].iter().map(|event| moved(event, event.timestamp()?.saturating_add(shift)));
    let tail = tail.collect::<Option<Vec<Event>>>()?;
    Some(events[..from].iter().cloned().chain(tail).collect())
}

/// The fields that bring events together.
fn joining(plan: &Plan) -> Vec<Arc<str>> {
    let mut fields: Vec<Arc<str>> = match plan {
        Plan::Filter(_) => Vec::new(),
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
