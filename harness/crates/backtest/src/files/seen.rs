//! What a rule is told: of each event, and at the end.

use std::sync::Arc;

use super::runs::Runs;
use harness_model::document::{Columns, Document};
use harness_model::event::Event;

/// The index and the id of an event; all rules that keep it share them.
pub(super) type Place = Arc<(String, String)>;

/// An event that some filter of a rule matches, within the rule's indices.
pub(super) struct Seen<'a> {
    /// All of it, or what a query reads; none where the rule reads keys only.
    pub(super) event: Option<&'a Event>,
    /// Where there is none, when it happened by the field that orders the rule's events.
    pub(super) ordered: Option<i64>,
    pub(super) document: &'a Document,
    pub(super) columns: &'a Columns,
    /// Its index and its id.
    pub(super) place: &'a Place,
    /// When it happened, by the rule's timestamp fields; none where it states no time
    /// at all and counts as happening at the newest event.
    pub(super) times: &'a [i64],
    /// The filters that match it, ascending.
    pub(super) filters: &'a [usize],
}

impl Seen<'_> {
    /// When it happened first.
    pub(super) fn time(&self) -> Option<i64> {
        self.times.first().copied()
    }
}

/// What is known at the end.
#[derive(Clone, Copy)]
pub(super) struct End<'a> {
    pub(super) columns: &'a Columns,
    pub(super) runs: Runs<'a>,
    /// When the oldest event happened.
    pub(super) oldest: i64,
    /// The period's start, where one was asked for.
    pub(super) from: Option<i64>,
    /// How many samples are kept.
    pub(super) samples: usize,
}
