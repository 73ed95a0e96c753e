//! One module a verb.

pub(crate) mod backtest;
pub(crate) mod bench;
pub(crate) mod conformance;
pub(crate) mod coverage;
pub(crate) mod explain;
pub(crate) mod fuzz;
pub(crate) mod mutants;
pub(crate) mod opensearch;
pub(crate) mod test;
pub(crate) mod tidy;
