//! What a sequence search asks, what it finds, and its bounds.

pub use super::key::MAX_KEYS_PER_EVENT;
use crate::sequence::key::Key;

/// The most stages a sequence may have, each run counted.
pub const MAX_STAGES: usize = harness_predicate::plan::MAX_STAGES;

/// What a sequence query asks for, its filters and key fields left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The stages in order.
    pub stages: Vec<Stage>,
    /// Whether the query has an `until`.
    pub until: bool,
    /// The longest time from the first to the last event, in milliseconds.
    pub maxspan_ms: Option<u64>,
    /// Per join key: whether it may be null (`?field`).
    pub optional: Vec<bool>,
    /// Which of the sequences to return; applied one after the other.
    pub limits: Vec<Limit>,
}

/// What a stage asks of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// An event: `[…]`.
    Present,
    /// That there be none: `![…]`.
    Missing,
}

/// A cut of the ordered sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Keeps the first ones.
    Head(usize),
    /// Keeps the last ones.
    Tail(usize),
}

impl Limit {
    /// The pipes of a query together with the size of its request.
    ///
    /// The size cuts first, from the end that the first pipe cuts from, and
    /// without pipes it keeps the most recent sequences.
    pub fn with_size(pipes: &[Self], size: usize) -> Vec<Self> {
        let implicit = match pipes.first() {
            Some(Self::Head(_)) => Self::Head(size),
            Some(Self::Tail(_)) | None => Self::Tail(size),
        };
        std::iter::once(implicit).chain(pipes.iter().copied()).collect()
    }

    /// Cuts an ordered list.
    pub(super) fn apply<T>(self, items: &mut Vec<T>) {
        match self {
            Self::Head(count) => items.truncate(count),
            Self::Tail(count) => drop(items.drain(..items.len().saturating_sub(count))),
        }
    }
}

/// One sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The event of each stage, runs counted one by one; `None` at missing stages.
    pub stages: Vec<Option<u32>>,
    /// The join key.
    pub key: Key,
}

/// Why a sequence cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Only missing stages.
    #[error("a sequence needs at least one stage that is not a missing event")]
    NoPresentStage,
    /// Nothing bounds the absence.
    #[error("a sequence with missing events needs a maxspan")]
    MissingWithoutMaxspan,
    /// More stages than [`MAX_STAGES`].
    #[error("a sequence of {0} stages exceeds the limit of {MAX_STAGES}")]
    TooManyStages(usize),
    /// The Cartesian product of an event's key values exceeds [`MAX_KEYS_PER_EVENT`].
    #[error("event {0} has more than {MAX_KEYS_PER_EVENT} join keys in one stage")]
    TooManyKeys(u32),
    /// Elasticsearch fails on such a search: it cannot ask for a null key.
    #[error("a sequence with missing events has a null join key")]
    NullKeyWithMissing,
    /// The hits have another number of stages than the specification.
    #[error("hits of {hits} stages were given for a sequence of {stages}")]
    StageCount {
        /// Given.
        hits: usize,
        /// Asked for.
        stages: usize,
    },
}

/// One stage of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What the stage asks of the stream.
    pub presence: Presence,
    /// How many events in a row it stands for (`with runs`); zero is read as one.
    pub runs: u32,
}
