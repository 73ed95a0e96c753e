//! Questions about a rule and its cases: coverage, mutants, explanations, gates, cases.

mod clause;
pub mod coverage;
pub mod explain;
pub mod gate;
pub mod mutate;
mod synthesis;
pub mod synthesize;
