//! Events as people have them: the text of a file to [`Event`]s.
//!
//! A file holds documents, hits, or answers of Elasticsearch and Kibana with hits
//! inside, in arrays or one after the other, whatever its name. What is no document of
//! an index is refused by its name.

mod alert;
mod origin;
mod raw;
mod shape;
mod stream;

use std::collections::BTreeSet;
use std::path::Path;

use crate::event::Event;
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

pub use alert::original;
pub use origin::Origin;
pub use shape::Opener;
pub use stream::values;

/// The largest single event, in bytes of JSON.
pub fn max_event() -> usize {
    limits::EVENT_BYTES.now()
}

/// Reads the events of a text.
///
/// # Errors
///
/// The first thing that is not an event.
pub fn parse(text: &str) -> Result<Vec<Event>, Diagnostic> {
    read(text, None)
}

/// Reads the events of a file, whose path may say of which data stream they are.
///
/// # Errors
///
/// The first thing that is not an event.
pub fn parse_file(text: &str, path: &Path) -> Result<Vec<Event>, Diagnostic> {
    read(text, Origin::of(path))
}

fn read(text: &str, origin: Option<Origin>) -> Result<Vec<Event>, Diagnostic> {
    let mut opener = Opener::new(origin);
    let mut events: Vec<Event> = Vec::new();
    let mut ids = BTreeSet::new();
    for (value, span) in values(text)? {
        // The place of an event inside an array is not known.
        let start = Span::new(span.start, span.start);
        let is_large = span.end - span.start > max_event();
        for value in opener.open(value, span)? {
            let position = events.len() + 1;
            if is_large {
                let size = value.to_string().len();
                if size > max_event() {
                    let message = format!(
                        "the event has {size} bytes, more than the limit of {}",
                        max_event()
                    );
                    let error = Diagnostic::error("too-large", message, start);
                    return Err(match limits::EVENT_BYTES.more() {
                        Some(more) => error.with_help(more),
                        None => error,
                    });
                }
            }
            let event = Event::from_json(value, position).map_err(|error| {
                Diagnostic::error("not-an-event", format!("event {position}: {error}"), start)
            })?;
            if !ids.insert(event.id.clone()) {
                let message = format!("two events have the id `{}`", event.id);
                return Err(Diagnostic::error("duplicate-event", message, start));
            }
            events.push(event);
        }
    }
    opener.end()?;
    if events.is_empty() {
        let message = "the file holds no event";
        return Err(Diagnostic::error("empty-case", message, Span::default())
            .with_help("a case holds at least one event"));
    }
    Ok(events)
}

#[cfg(test)]
mod tests;
