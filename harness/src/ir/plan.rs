//! Plans over several events, as data: what `detect` matches.

use std::sync::Arc;

use super::{Column, Predicate};

/// What an EQL query looks for, and which of the results it keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct EqlPlan {
    /// What it looks for.
    pub search: EqlSearch,
    /// `head` and `tail`, in order.
    pub limits: Vec<Limit>,
}

/// What an EQL query looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum EqlSearch {
    /// Single events.
    Events(Predicate),
    /// Events in order.
    Sequence {
        /// The stages, in order; never empty.
        stages: Vec<Stage>,
        /// What ends a sequence before it is complete.
        until: Option<Stage>,
        /// The longest time from first to last event, in milliseconds.
        maxspan_ms: Option<u64>,
    },
    /// Events in any order.
    Sample {
        /// The terms; at least two.
        stages: Vec<Stage>,
    },
}

/// One event of a sequence or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The condition on the event.
    pub filter: Predicate,
    /// The join keys; every stage has the same number.
    pub keys: Vec<KeyField>,
    /// Whether no event may match instead of one.
    pub missing: bool,
    /// How many events in a row: 1 to 100.
    pub runs: u32,
}

/// One join key of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyField {
    /// The field as the query names it.
    pub field: Arc<str>,
    /// Where its values are; `None` for an unmapped field, whose value is always null.
    pub column: Option<Column>,
    /// Whether null is a value.
    pub optional: bool,
}

/// Which of the results are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The first so many.
    Head(u32),
    /// The last so many.
    Tail(u32),
}

impl EqlPlan {
    /// The filters, in the order of the query; that of `until` is the last.
    pub fn filters(&self) -> Vec<&Predicate> {
        match &self.search {
            EqlSearch::Events(filter) => vec![filter],
            EqlSearch::Sequence { stages, until, .. } => {
                stages.iter().chain(until).map(|stage| &stage.filter).collect()
            }
            EqlSearch::Sample { stages } => stages.iter().map(|stage| &stage.filter).collect(),
        }
    }

    /// The columns that tests and keys read, repeated where read repeatedly.
    pub fn columns(&self) -> Vec<&Column> {
        let mut columns = Vec::new();
        for filter in self.filters() {
            filter.leaves(&mut |leaf| columns.extend(leaf.columns()));
        }
        let stages: Vec<&Stage> = match &self.search {
            EqlSearch::Events(_) => Vec::new(),
            EqlSearch::Sequence { stages, until, .. } => stages.iter().chain(until).collect(),
            EqlSearch::Sample { stages } => stages.iter().collect(),
        };
        columns.extend(
            stages.iter().flat_map(|stage| &stage.keys).filter_map(|key| key.column.as_ref()),
        );
        columns
    }
}
