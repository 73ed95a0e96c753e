//! Where an expression stands, and what its planning shares.

use super::model::AggregateCall;
use super::scope::{Entry, Scope};
use crate::expr::Typed;
use harness_source::span::Span;

/// Where the expression at hand stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// The part of a command.
    pub(super) part: Part,
    /// Whether only `AND`, `OR` and `NOT` stand around it.
    pub(super) logical: bool,
    /// The grouping function around it.
    pub(super) grouping: Option<Span>,
}

/// The part of a command that an expression stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    /// Any that none of the others names.
    #[default]
    Value,
    /// The condition of `WHERE`.
    Condition,
    /// A key after `BY`.
    Key,
    /// In front of `BY`, around the aggregates.
    Group,
    /// The arguments of the aggregate at this place.
    Argument(Span),
    /// The condition of the aggregate at this place.
    Filter(Span),
}

/// A grouping function that is a key.
#[derive(Clone, Debug)]
pub(super) struct GroupingKey {
    /// Its canonical text.
    pub(super) text: String,
    /// The key in every row.
    pub(super) row: Entry,
    /// The key per group.
    pub(super) group: Entry,
}

/// The aggregates that are being planned.
pub(super) struct Context<'a> {
    /// The columns that arguments see.
    pub(super) rows: Scope<'a>,
    /// The condition of the aggregate at hand.
    pub(super) filter: Option<Typed>,
    pub(super) calls: Vec<AggregateCall>,
}
