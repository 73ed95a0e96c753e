//! Questions about a rule and its cases: coverage, mutants, explanations, gates.

mod clause;
pub mod coverage;
pub mod explain;
pub mod gate;
pub mod mutate;
mod synthesis;
