//! What the commands of a pipeline make of a case, as plain data.

use super::Mark;
use harness_predicate::Origin;

/// One command of a pipeline on the rows that a case became.
#[derive(Clone, Debug, PartialEq)]
pub struct StepView {
    /// Where the rule states it.
    pub origin: Origin,
    /// It, in one line.
    pub text: String,
    /// Of a command in a branch or in a query inside the query: its number there.
    pub inside: Option<String>,
    /// How many rows it was given.
    pub rows_in: usize,
    /// How many rows it left.
    pub rows_out: usize,
    /// Its clauses.
    pub clauses: Vec<Seen>,
    /// The names of the keys that form groups.
    pub keys: Vec<String>,
    /// How many groups there are.
    pub count: usize,
    /// The groups, the largest first; some of them where there are many.
    pub groups: Vec<RowGroup>,
}

/// A clause on the rows that its command was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// A position in [`Explained::clauses`](super::Explained::clauses).
    pub clause: usize,
    /// On how many rows it is true.
    pub holds: usize,
    /// On how many rows it is false.
    pub fails: usize,
    /// On how many rows it is null.
    pub unknown: usize,
    /// The rows, first those on which it is not true; some where there are many.
    pub rows: Vec<RowMark>,
}

/// A clause on one row.
#[derive(Clone, Debug, PartialEq)]
pub struct RowMark {
    /// The ids of the events behind the row.
    pub events: Vec<String>,
    /// What the clause is, and the columns that it reads.
    pub mark: Mark,
    /// Of a comparison of numbers, how far they are from each other.
    pub apart: Option<Apart>,
}

/// The two sides of a comparison of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Apart {
    /// The left side.
    pub value: String,
    /// The right side.
    pub bound: String,
    /// How far the left side is above the right.
    pub by: f64,
}

/// A group of an aggregation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowGroup {
    /// The values of its keys; `null` for none.
    pub key: Vec<String>,
    /// How many rows are in it.
    pub rows: usize,
    /// The ids of the events behind them; empty where rows stay rows.
    pub events: Vec<String>,
}
