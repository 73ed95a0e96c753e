//! One module a verb that is this repository's alone.

pub(crate) mod bench;
pub(crate) mod conformance;
pub(crate) mod fuzz;
pub(crate) mod opensearch;
pub(crate) mod tidy;
