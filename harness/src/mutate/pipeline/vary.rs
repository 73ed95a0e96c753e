//! Variants of cases for a pipeline: other values of the fields that it reads,
//! events less and more, groups split and joined, times moved.

use serde_json::{Value as Json, json};

use crate::compile::esql::Pipeline;
use crate::esql::expr::{Node, Register, Typed};
use crate::esql::memory::MemoryField;
use crate::esql::plan::Step;
use crate::esql::value::Value;
use crate::event::Event;
use crate::ir::Test;
use crate::mutate::fields;
use crate::mutate::perturb::{moved, renumbered};
use crate::mutate::propose::{near, rebuilt};
use crate::mutate::sample::samples;
use crate::pattern::{Case, Pattern};
use crate::run::Flow;

/// The most values of one field that are tried.
const MAX_VALUES: usize = 60;
/// How many of them are those that cases have.
const MAX_SEEN: usize = 20;
/// The most values of a list that are changed one by one.
const MAX_LIST: usize = 4;
/// With so many events changed one by one, copies of the last are tried as well.
const MAX_DOUBLE: usize = 60;
/// The most events of a case that are changed one by one.
const MAX_EVENTS: usize = 40;
/// How many copies of an event are added.
const COPIES: [usize; 6] = [1, 2, 3, 5, 9, 20];
/// By how much events are moved, in milliseconds.
const SHIFTS: [i64; 3] = [600_000, 3_600_000, 86_400_000];

/// What may stand in the fields that a pipeline reads.
pub(crate) struct Vary<'a> {
    fields: Vec<(&'a MemoryField, Vec<Json>)>,
}

impl<'a> Vary<'a> {
    /// Of the fields that some steps read: values that these name and just miss,
    /// and those that cases have.
    pub(crate) fn new(flow: &Flow<'_>, pipeline: &'a Pipeline, steps: &[Step]) -> Self {
        let named = constants(steps);
        let read: Vec<Register> = steps.iter().flat_map(Step::reads).collect();
        let used = pipeline.plan.fields.iter().filter(|field| read.contains(&field.register));
        let used: Vec<&str> = used.map(|field| &*field.name).collect();
        let events = || flow.cases().iter().flat_map(|case| &case.events);
        let values = |field: &MemoryField| {
            let seen = events().flat_map(|event| event.values(&field.path));
            let string = field.mapped.ty().is_string();
            let mut values: Vec<Json> = Vec::new();
            let mut add = |value: &Json, most: usize| {
                let fits = (!string || value.is_string()) && field.mapped.read(value).is_some();
                if fits && values.len() < most && !values.contains(value) {
                    values.push(value.clone());
                }
            };
            seen.for_each(|value| add(value, MAX_SEEN));
            named.iter().for_each(|value| add(value, MAX_VALUES));
            values
        };
        let fields = pipeline
            .fields
            .iter()
            .filter(|field| used.contains(&&*field.name) && &*field.path != "@timestamp");
        Self { fields: fields.map(|field| (field, values(field))).collect() }
    }

    /// The event with one field changed.
    pub(crate) fn changed<'e>(&'e self, event: &'e Event) -> impl Iterator<Item = Event> + 'e {
        self.fields.iter().flat_map(move |(field, values)| {
            let own: Vec<Json> = event.values(&field.path).into_iter().cloned().collect();
            let close = own.iter().flat_map(near);
            let mut singles: Vec<Vec<Json>> =
                values.iter().cloned().chain(close).map(|value| vec![value]).collect();
            singles.retain(|single| *single != own);
            let nothing = (!own.is_empty()).then(Vec::new);
            let listed = listed(&own, values);
            let choices: Vec<Vec<Json>> =
                singles.into_iter().chain(nothing).chain(listed).collect();
            choices.into_iter().filter_map(|choice| with(event, &field.path, choice))
        })
    }

    /// Variants of the events of a case, small changes first.
    pub(super) fn variants<'e>(
        &'e self,
        events: &'e [Event],
    ) -> impl Iterator<Item = Vec<Event>> + 'e {
        let put = move |at: usize, event: Event| {
            let mut all = events.to_vec();
            all[at] = event;
            all
        };
        let several = events.len() > 1;
        let fewer = (0..events.len()).filter(move |_| several).map(move |at| {
            let mut fewer = events.to_vec();
            fewer.remove(at);
            fewer
        });
        let cut = (1..events.len()).map(move |count| events[..count].to_vec());
        let ones = events.iter().enumerate().take(MAX_EVENTS);
        let ones =
            ones.flat_map(move |(at, event)| self.changed(event).map(move |own| put(at, own)));
        let tried = self.copies(events).chain(self.halves(events)).chain(times(events));
        let last = events.len().saturating_sub(1);
        let twice = events.last().into_iter().flat_map(move |event| {
            let changed = self.changed(event).take(MAX_DOUBLE);
            changed.filter_map(move |own| copied(&put(last, own), 1, &|_, _| Some(())))
        });
        fewer.chain(cut).chain(tried).chain(ones).chain(twice)
    }

    /// With copies of the last event, alike and each with another value of a field.
    fn copies<'e>(&'e self, events: &'e [Event]) -> impl Iterator<Item = Vec<Event>> + 'e {
        let alike = COPIES.iter().filter_map(|count| copied(events, *count, &|_, _| Some(())));
        let fields = self.fields.iter();
        let varied = fields.flat_map(move |(field, _)| {
            COPIES.iter().filter_map(move |count| {
                copied(events, *count, &|event, number| {
                    let old = event.first(&field.path)?.clone();
                    let new = numbered(&old, number)?;
                    *event = with(event, &field.path, vec![new])?;
                    Some(())
                })
            })
        });
        alike.chain(varied)
    }

    /// With another value of a field in half of the events, and with one value in all.
    fn halves<'e>(&'e self, events: &'e [Event]) -> impl Iterator<Item = Vec<Event>> + 'e {
        self.fields.iter().filter(move |_| events.len() > 1).flat_map(move |(field, _)| {
            let old = events[0].first(&field.path).cloned();
            let other = old.as_ref().and_then(|old| near(old).into_iter().next());
            let change = move |value: Option<Json>, from: usize, step: usize| {
                let value = value?;
                let changed = events.iter().enumerate().map(|(at, event)| {
                    if at < from || !(at - from).is_multiple_of(step) {
                        return Some(event.clone());
                    }
                    with(event, &field.path, vec![value.clone()])
                });
                changed.collect::<Option<Vec<Event>>>()
            };
            let half = events.len() / 2;
            [change(other.clone(), half, 1), change(other, 1, 2), change(old, 0, 1)]
                .into_iter()
                .flatten()
        })
    }
}

/// With the last events later.
fn times(events: &[Event]) -> impl Iterator<Item = Vec<Event>> + '_ {
    let places = [events.len() / 2, events.len().saturating_sub(1)];
    places.into_iter().filter(|from| *from > 0).flat_map(move |from| {
        SHIFTS.into_iter().filter_map(move |shift| {
            let moved = events.iter().enumerate().map(|(at, event)| {
                if at < from {
                    return Some(event.clone());
                }
                moved(event, event.timestamp()?.checked_sub(shift)?)
            });
            moved.collect()
        })
    })
}

/// With copies of the last event, each changed.
fn copied(
    events: &[Event],
    count: usize,
    change: &dyn Fn(&mut Event, usize) -> Option<()>,
) -> Option<Vec<Event>> {
    let last = events.last()?;
    let mut all = events.to_vec();
    for number in 1..=count {
        let mut copy = last.clone();
        "#".clone_into(&mut copy.id);
        change(&mut copy, number)?;
        all.push(copy);
    }
    renumbered(&mut all);
    Some(all)
}

/// Lists with a value more, one less, or another in place of one.
fn listed(own: &[Json], values: &[Json]) -> Vec<Vec<Json>> {
    let put = |at: usize, with: Option<&Json>| {
        let mut all = own.to_vec();
        all.splice(at..own.len().min(at + 1), with.cloned());
        all
    };
    // To most conditions a list is null.
    let mut lists: Vec<_> =
        values.iter().take(2).map(|value| put(own.len(), Some(value))).collect();
    if own.len() > 1 {
        for at in 0..own.len().min(MAX_LIST) {
            lists.push(put(at, None));
            lists.extend(values.iter().map(|value| put(at, Some(value))));
        }
    }
    lists.retain(|list| list != own);
    lists
}

fn with(event: &Event, path: &str, values: Vec<Json>) -> Option<Event> {
    let mut source = event.source.clone();
    fields::set(&mut source, path, values);
    rebuilt(event, source)
}

/// A value of the same kind, another for each number.
fn numbered(value: &Json, number: usize) -> Option<Json> {
    match value {
        Json::String(text) => match text.rsplit_once('.') {
            // Of an address the last part.
            Some((net, last)) if crate::value::parse_ip(text).is_ok() => {
                let last: usize = last.parse().ok()?;
                Some(json!(format!("{net}.{}", (last + number) % 255)))
            }
            _ => Some(json!(format!("{text}{number}"))),
        },
        Json::Number(own) => own.as_i64()?.checked_add(i64::try_from(number).ok()?).map(Json::from),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Values that pass or just miss what a query asks for.
fn constants(steps: &[Step]) -> Vec<Json> {
    let mut found = Vec::new();
    let mut see = |typed: &Typed| {
        typed.each(&mut |part| match &part.node {
            Node::Literal(column) => {
                for value in column.values(0) {
                    match value.to_value() {
                        Value::Str(text) => {
                            // Of a network its address.
                            found.extend(text.split_once('/').map(|(address, _)| json!(address)));
                            let equals = Pattern::Equals(text, Case::Sensitive);
                            found.extend(samples(&Test::Term(equals)));
                        }
                        Value::Bool(value) => found.extend([json!(value), json!(!value)]),
                        Value::Int(_) | Value::Long(_) | Value::ULong(_) => {
                            let own = value.long();
                            let around = [own, own.saturating_add(1), own.saturating_sub(1)];
                            found.extend(around.map(Json::from));
                        }
                        Value::Double(own) => {
                            found.extend([own, own + 1.0, own - 1.0].map(Json::from));
                        }
                        Value::Ip(_) => found.push(json!(value.text(column.ty))),
                        Value::Point(_) | Value::Amount(_) => {}
                    }
                }
            }
            Node::Like { matcher, .. } => {
                for pattern in matcher.patterns() {
                    found.extend(samples(&Test::Term(pattern)));
                }
            }
            _ => {}
        });
    };
    steps.iter().for_each(|step| step.expressions(&mut see));
    found
}
