//! Sequences: events in order, joined by keys, within a time span.
//!
//! This module knows neither a query language nor an index. It is given, per
//! stage, the events that the stage's filter matches ([`stream::Hits`]), and
//! asks a [`stream::Source`] for their moments and join keys. [`find`] answers
//! with the sequences, [`trace::explain`] with what became of the rest, and
//! [`slow`] is the obviously right matcher that [`find`] is tested against.
//! The rules are in docs/semantics.md, "Sequences".
//!
//! # Invariants
//!
//! - Time is linear in hits (times a stage's runs), up to sorting.
//! - Beyond the input, memory holds one pending sequence per stage, and twice
//!   the matches that the first limit lets through.

mod collect;
pub mod key;
mod layout;
mod machine;
pub mod slow;
mod spec;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod trace;

use self::collect::Collector;
use self::layout::Layout;
use self::machine::Machine;
use self::stream::Stream;
pub use spec::Stage;
pub use spec::{Error, Limit, MAX_KEYS_PER_EVENT, MAX_STAGES, Match, Presence, Spec};

/// Finds the sequences of a stream, by their last event and then by key.
///
/// `stream` has to be built for the same `spec`.
pub fn find(spec: &Spec, stream: &Stream) -> Result<Vec<Match>, Error> {
    let layout = Layout::new(spec)?;
    let mut machine = Machine::new(spec, &layout, stream);
    let mut collector = Collector::new(&spec.limits, stream);
    for key in 0..stream.key_count() {
        machine.run(key, &mut (), &mut |events| collector.add(key, events))?;
    }
    Ok(collector.finish(&layout))
}
