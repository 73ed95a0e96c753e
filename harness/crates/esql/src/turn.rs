//! Rows that a step takes otherwise than its conditions say.

use crate::value::Value;

/// Rows that a step takes otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The step, by its number in [`Plan::all_steps`](crate::plan::Plan::all_steps).
    pub step: usize,
    /// The rows, by their numbers among those that the step is given.
    pub rows: Vec<usize>,
    /// What becomes of them.
    pub change: Change,
}

/// What becomes of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `WHERE` keeps them, or does not.
    Keep(bool),
    /// An aggregate, by its number, counts them, or does not.
    Count(usize, bool),
    /// A pattern gives these values, by its outputs.
    Outputs(Vec<Vec<Value>>),
}
