//! Gives events what events of their kind have beside, where that changes nothing.

use serde_json::Value;

use super::skeleton;
use super::suggest::Context;
use crate::synthesis::events;
use harness_model::event::Event;

/// Whether events say all that they have to.
pub(crate) type Keeps<'k> = &'k dyn Fn(&[Event]) -> bool;

/// Names, and the paths that end in them.
const NAMED: [(&str, &str); 4] = [
    ("process.name", "process.executable"),
    ("process.parent.name", "process.parent.executable"),
    ("file.name", "file.path"),
    ("dll.name", "dll.path"),
];

/// The most events of a case that are changed one by one.
const MAX_SINGLE: usize = 12;

/// Which of two fields that belong together follows the other.
#[derive(Clone, Copy)]
enum Follows {
    Path,
    Name,
}

/// The events with what they lack, but for what the rule reads, where `keeps` says
/// that all stays as it was.
pub(crate) fn finished(
    all: &[Event],
    context: &Context,
    reads: &dyn Fn(&str) -> bool,
    keeps: Keeps<'_>,
) -> Vec<Event> {
    let made = all.iter().map(|event| {
        let beside =
            skeleton::beside(context, event).into_iter().filter(|(field, _)| !reads(field));
        let beside = beside.map(|(field, value)| (field, vec![value]));
        // An index that is stated stays the one; one made of the fields would be new.
        events::with_all(event, beside).filter(|made| made.index == event.index)
    });
    let made: Option<Vec<Event>> = made.collect();
    made.filter(|made| keeps(made)).unwrap_or_else(|| all.to_vec())
}

/// The events with paths that end in the names beside them, else with names that end the
/// paths, where `keeps` says that all stays as it was.
pub(super) fn aligned(events: Vec<Event>, keeps: Keeps<'_>) -> Vec<Event> {
    let paths = following(events, Follows::Path, keeps);
    following(paths, Follows::Name, keeps)
}

/// All at once, else those of few that can be.
fn following(mut events: Vec<Event>, follows: Follows, keeps: Keeps<'_>) -> Vec<Event> {
    let own: Vec<Option<Event>> = events.iter().map(|event| followed(event, follows)).collect();
    if own.iter().all(Option::is_none) {
        return events;
    }
    let all: Vec<Event> = own
        .iter()
        .zip(&events)
        .map(|(own, event)| own.clone().unwrap_or_else(|| event.clone()))
        .collect();
    if keeps(&all) {
        return all;
    }
    if events.len() <= MAX_SINGLE {
        for (at, own) in own.into_iter().enumerate() {
            let Some(own) = own else { continue };
            let before = std::mem::replace(&mut events[at], own);
            if !keeps(&events) {
                events[at] = before;
            }
        }
    }
    events
}

/// The event with each of its paths ending in the name beside it; `None` where they do.
fn followed(event: &Event, follows: Follows) -> Option<Event> {
    let text = |event: &Event, field: &str| match event.values(field).as_slice() {
        [Value::String(only)] => Some(only.clone()),
        _ => None,
    };
    NAMED.iter().fold(None, |made, (name, path)| {
        let changed = || {
            let event = made.as_ref().unwrap_or(event);
            let (own, whole) = (text(event, name)?, text(event, path)?);
            let start = whole.rfind(['/', '\\']).map_or(0, |at| at + 1);
            let is_name = !own.is_empty() && !own.contains(['/', '\\']);
            if whole[start..] == own || start == whole.len() || !is_name {
                return None;
            }
            match follows {
                Follows::Path => {
                    events::with(event, path, vec![Value::String(whole[..start].to_owned() + &own)])
                }
                Follows::Name => {
                    events::with(event, name, vec![Value::String(whole[start..].to_owned())])
                }
            }
        };
        changed().or(made)
    })
}
