//! What is odd about a case and changes no verdict: events that cannot bite.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::case::Case;
use harness_model::document::Malformed;
use harness_model::event::Event;

/// How many events a text names.
const MAX_NAMED: usize = 5;

/// Something odd about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A stable kebab-case name of the kind of finding, such as `no-time`.
    pub code: &'static str,
    /// The ids of the events that it is about; empty for the whole case.
    pub events: Vec<String>,
    /// What is odd.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Warning {
    /// A warning about a case as a whole.
    pub fn of_case(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, events: Vec::new(), message: message.into(), help: None }
    }

    /// A warning about an event.
    pub fn of_event(code: &'static str, event: &Event, message: impl Into<String>) -> Self {
        Self { events: vec![event.id.clone()], ..Self::of_case(code, message) }
    }

    /// A value that does not fit its field.
    pub(super) fn malformed(event: &Event, value: &Malformed) -> Self {
        let help = "the value is left out, as under `ignore_malformed`";
        Self {
            help: Some(help.to_owned()),
            ..Self::of_event("malformed-value", event, value.to_string())
        }
    }

    /// The events in a few words; `None` for the whole case.
    pub fn about(&self) -> Option<String> {
        (!self.events.is_empty()).then(|| named(&self.events))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.about() {
            Some(events) => write!(f, "{events}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Ids in a row, the first few by name.
pub(super) fn named(ids: &[String]) -> String {
    let shown = ids.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(MAX_NAMED) {
        0 => shown,
        rest => format!("{shown} and {rest} more"),
    }
}

/// The same warnings, each once, with all events that they are about.
pub(super) fn merged(warnings: Vec<Warning>) -> Vec<Warning> {
    let mut merged: Vec<Warning> = Vec::new();
    for warning in warnings {
        let same = |old: &&mut Warning| old.code == warning.code && old.message == warning.message;
        match merged.iter_mut().find(same) {
            Some(old) => old.events.extend(warning.events),
            None => merged.push(warning),
        }
    }
    merged
}

/// Events that have none of the fields that the rule reads, and that it does not
/// alert on.
pub(super) fn blank(
    case: &Case,
    fields: &[&str],
    alerting: &BTreeSet<&str>,
    has: &dyn Fn(usize, &Event) -> bool,
) -> Option<Warning> {
    let mut read: Vec<&str> = fields.iter().copied().filter(|field| tells(field)).collect();
    read.sort_unstable();
    read.dedup();
    if read.is_empty() {
        return None;
    }
    let events = case.events.iter().enumerate();
    let blank = events.filter(|(at, event)| !alerting.contains(&*event.id) && !has(*at, event));
    let blank: Vec<&Event> = blank.map(|(_, event)| event).collect();
    let raw = blank.first()?.source.as_object().and_then(raw_form);
    let some = read.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = if read.len() > MAX_NAMED { ", …" } else { "" };
    Some(Warning {
        code: "no-field",
        events: blank.iter().map(|event| event.id.clone()).collect(),
        message: format!("the event has none of the fields that the rule reads: {some}{more}"),
        help: raw.map(|form| {
            format!("it looks like {form}: rules read what the ingest pipeline makes of it")
        }),
    })
}

/// Why a case says nothing about its rule: each of its events is one of these, and empty
/// or a raw log, which no index of a rule holds.
pub(super) fn says_nothing(case: &Case, blank: &Warning) -> Option<String> {
    let mut form = None;
    for event in &case.events {
        let document = event.source.as_object()?;
        let own = if document.is_empty() { "empty" } else { raw_form(document)? };
        form = form.or(Some(own));
    }
    let are = if case.events.len() == 1 { "its event is" } else { "its events are, as the first," };
    let form = form.filter(|_| blank.events.len() == case.events.len())?;
    Some(format!("the case says nothing about the rule: {are} {form}"))
}

/// Whether a field says something about an event: it is no metadata, and not its time.
fn tells(field: &str) -> bool {
    !field.starts_with('_') && field != "@timestamp"
}

/// What shippers add to a line that they have read, and nothing that the line says.
const SHIPPED: [&str; 9] =
    ["@timestamp", "@version", "message", "log", "tags", "agent", "ecs", "input", "data_stream"];
/// The same of `event`.
const SHIPPED_OF_EVENT: [&str; 5] = ["original", "dataset", "module", "created", "ingested"];

/// The raw log that a document is, by the fields that it has.
fn raw_form(document: &serde_json::Map<String, Value>) -> Option<&'static str> {
    let has = |keys: &[&str]| keys.iter().all(|key| document.contains_key(*key));
    let event = document.get("event").and_then(Value::as_object);
    let original = document.contains_key("event.original")
        || event.is_some_and(|event| event.contains_key("original"));
    let is_shipped = |key: &str| match key.split_once('.') {
        Some(("event", rest)) => SHIPPED_OF_EVENT.contains(&rest),
        Some((first, _)) => SHIPPED.contains(&first),
        None if key == "event" => {
            event.is_some_and(|event| event.keys().all(|key| SHIPPED_OF_EVENT.contains(&&**key)))
        }
        None => SHIPPED.contains(&key),
    };
    if has(&["eventName", "eventSource"]) {
        Some("raw AWS CloudTrail")
    } else if has(&["EventID", "Channel"]) {
        Some("a raw Windows event")
    } else if document.keys().all(|key| is_shipped(key)) && (original || has(&["message"])) {
        Some("a raw line of a log")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_once() {
        let warning = |event: &str, message: &str| Warning {
            events: vec![event.to_owned()],
            ..Warning::of_case("no-time", message)
        };
        let found = merged(vec![warning("#1", "a"), warning("#2", "b"), warning("#3", "a")]);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["#1, #3: a", "#2: b"]);
        let many: Vec<_> = (1..=7).map(|number| format!("#{number}")).collect();
        assert_eq!(named(&many), "#1, #2, #3, #4, #5 and 2 more");
    }
}
