//! What is asked, and how far the answer has come.

use super::input::Input;

/// What to look at.
#[derive(Clone, Debug)]
pub struct Request {
    /// The files, in the order in which they are read.
    pub inputs: Vec<Input>,
    /// Their names.
    pub names: Vec<String>,
    /// The first moment that counts, in milliseconds since 1970.
    pub from: Option<i64>,
    /// The moment after the last.
    pub to: Option<i64>,
    /// How many of the inputs, from the first on, hold nothing but indicators.
    pub indicators: usize,
    /// How many samples of each rule to keep.
    pub samples: usize,
    /// How much later than others an event may come, in milliseconds: one that comes
    /// later may be left out by sequences, which count it.
    pub lateness: i64,
    /// How many threads read.
    pub threads: usize,
    /// How much is held.
    pub sizes: Sizes,
}

/// How much is held at once.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// The bytes of events that a thread takes.
    pub block: usize,
    /// The bytes of events that are looked at before the rules are compiled.
    pub ahead: usize,
    /// The events that a sequence gathers before it gives some up.
    pub round: usize,
    /// About how many bytes all rules keep between them.
    pub kept: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { block: 1 << 20, ahead: 32 << 20, round: 200_000, kept: 256 << 20 }
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// The bytes that were read, packed as they are.
    pub bytes: u64,
    /// The events that were seen.
    pub events: u64,
}
