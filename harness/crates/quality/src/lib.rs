//! Questions about a rule and its cases: coverage, mutants, explanations, gates, cases.

mod clause;
mod compare;
pub mod coverage;
pub mod explain;
pub mod gate;
pub mod lint;
mod moment;
pub mod mutate;
pub mod regress;
mod synthesis;
pub mod synthesize;
