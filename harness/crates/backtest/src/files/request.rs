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
    /// How many samples of each rule to keep.
    pub samples: usize,
    /// How many threads read.
    pub threads: usize,
    /// How many bytes a thread takes at once.
    pub block: usize,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// The bytes that were read, packed as they are.
    pub bytes: u64,
    /// The events that were seen.
    pub events: u64,
}
