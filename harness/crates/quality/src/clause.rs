//! The clauses of a rule, and their truth on the events of its cases.

pub(crate) mod bits;
pub(crate) mod clauses;
pub(crate) mod elements;
pub(crate) mod esql_tests;
pub(crate) mod esql_text;
mod kind;
pub(crate) mod rows;
pub(crate) mod rules;
pub(crate) mod tree;
pub(crate) mod truth_table;

pub use kind::ClauseKind;
