//! What detection takes and what it finds.

use harness_model::document::{Columns, Document};

use harness_source::limits::{self, Limit};

use super::sequence::key::Key;
use super::sequence::stream::Moment;
use super::window::Window;

/// The events that a plan ranges over.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    /// Their documents.
    pub documents: &'a [Document],
    /// The columns of the documents' cells.
    pub columns: &'a Columns,
    /// When each happened; events without a moment take no part where order matters.
    pub moments: &'a [Option<Moment>],
}

impl Events<'_> {
    /// When an event happened, in milliseconds since 1970.
    pub(super) fn time(&self, event: u32) -> Option<i64> {
        self.moments.get(event as usize)?.map(|moment| moment.timestamp_ms)
    }
}

/// One detection: what raises one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// The event of each stage, runs counted, `None` at a missing stage; all
    /// events of a group, oldest first; else the one event.
    pub stages: Vec<Option<u32>>,
    /// The join key, the values of the group, or the new combination of values.
    pub key: Key,
    /// What else there is to say.
    pub detail: Detail,
}

/// What a detection carries beside its events and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// Of a group of events.
    Group {
        /// How many were counted; an event counts once for each way to be in the group.
        count: u64,
        /// How many distinct values there are, where the rule asks for them.
        cardinality: Option<u64>,
    },
    /// The matching indicators, at most [`super::threat::MAX_INDICATORS`].
    Indicators(Vec<u32>),
}

impl Detection {
    /// A detection with nothing to add.
    pub(super) fn of(stages: Vec<Option<u32>>, key: Key) -> Self {
        Self { stages, key, detail: Detail::None }
    }
}

/// Why a plan cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Of a sequence.
    #[error(transparent)]
    Sequence(#[from] super::sequence::Error),
    /// Of a sample.
    #[error(transparent)]
    Sample(#[from] super::sample::Error),
    /// Arrays multiply.
    #[error(
        "the events form more than {} combinations of values{}",
        limits::VALUE_COMBINATIONS.now(),
        more(limits::VALUE_COMBINATIONS)
    )]
    Combinations,
    /// Arrays multiply in a condition that runs as a script.
    #[error(
        "a condition has more than {} combinations of the values of one event to try{}",
        limits::SCRIPT_COMBINATIONS.now(),
        more(limits::SCRIPT_COMBINATIONS)
    )]
    Script,
    /// Networks and arrays multiply.
    #[error(
        "events and indicators have more than {} values in common{}",
        limits::INDICATOR_PAIRS.now(),
        more(limits::INDICATOR_PAIRS)
    )]
    Pairs,
}

/// What allows more, behind a message.
fn more(limit: Limit) -> String {
    limit.more().map_or_else(String::new, |more| format!(": {more}"))
}

/// When and how much a plan looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The rule's window; the hits of a filter may reach beyond it, as
    /// [`Plan::reaches`](harness_predicate::plan::Plan::reaches) says.
    pub window: Window,
    /// At most this many detections.
    pub size: usize,
}
