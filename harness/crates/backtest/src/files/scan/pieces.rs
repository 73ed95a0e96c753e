//! The pieces of a block that may be events, and the events that they are.

use super::super::input::{Block, Form, may_be_action};
use super::super::text::pieces;
use harness_model::event::Event;
use harness_model::events::{Opener, Origin, values};
use harness_source::diagnostic::Diagnostic;

/// Visits the pieces of a block that may be events, with their lines.
pub(super) fn each_piece(block: &Block, visit: &mut dyn FnMut(usize, &[u8])) {
    let bytes = &block.bytes;
    match block.form {
        Form::Lines => {
            let mut action: Option<(usize, usize)> = None;
            let mut start = 0;
            for (number, line) in lines(bytes).enumerate() {
                if line.trim_ascii().is_empty() && start + line.len() < bytes.len() {
                    // It parts no action from its document.
                    start += line.len();
                    continue;
                }
                let (from, at) = action.take().unwrap_or((start, block.line + number));
                start += line.len();
                if may_be_action(line) && from == start - line.len() && start < bytes.len() {
                    action = Some((from, at));
                } else if !bytes[from..start].trim_ascii().is_empty() {
                    visit(at, &bytes[from..start]);
                }
            }
        }
        Form::Values => {
            let (mut line, mut before) = (block.line, 0);
            for piece in pieces(bytes) {
                line += memchr::memchr_iter(b'\n', &bytes[before..piece.start]).count();
                before = piece.start;
                visit(line, &bytes[piece]);
            }
        }
    }
}

/// The lines of some text, each with its end.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

/// The events of a piece of a file, or why it is none.
pub(super) fn events(text: &str, origin: Option<&Origin>) -> Result<Vec<Event>, String> {
    let message = |found: Diagnostic| found.message;
    let mut opener = Opener::new(origin.cloned());
    let mut events = Vec::new();
    for (value, span) in values(text).map_err(message)? {
        for value in opener.open(value, span).map_err(message)? {
            let event = Event::from_json(value, events.len() + 1);
            events.push(event.map_err(|error| error.to_string())?);
        }
    }
    opener.end().map_err(message)?;
    Ok(events)
}

/// Visits the events of a block.
pub(in crate::files) fn each_event(
    block: &Block,
    origin: Option<&Origin>,
    visit: &mut dyn FnMut(&Event),
) {
    each_piece(block, &mut |_, piece| {
        let text = std::str::from_utf8(piece).unwrap_or_default();
        events(text, origin).into_iter().flatten().for_each(|event| visit(&event));
    });
}
