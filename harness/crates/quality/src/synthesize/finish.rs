//! Gives events what events of their kind have beside, where that changes nothing.

use std::sync::Arc;

use serde_json::Value;

use super::skeleton;
use super::suggest::Context;

use crate::synthesis::fields;
use harness_model::event::Event;

/// The events with what they lack, but for what the rule reads, where `keeps` says
/// that all stays as it was.
pub(crate) fn finished(
    events: &[Event],
    context: &Context,
    reads: &dyn Fn(&str) -> bool,
    keeps: &dyn Fn(&[Event]) -> bool,
) -> Vec<Event> {
    let all = events.iter().map(|event| {
        let beside =
            skeleton::beside(context, event).into_iter().filter(|(field, _)| !reads(field));
        with(event, beside)
    });
    let all: Option<Vec<Event>> = all.collect();
    all.filter(|all| keeps(all)).unwrap_or_else(|| events.to_vec())
}

fn with(event: &Event, more: impl Iterator<Item = (String, Value)>) -> Option<Event> {
    let mut source = event.source.clone();
    for (field, value) in more {
        fields::set(Arc::make_mut(&mut source), &field, vec![value]);
    }
    // An index that is stated stays the one; one made of the fields would be new.
    event.with_source(source).filter(|made| made.index == event.index)
}
