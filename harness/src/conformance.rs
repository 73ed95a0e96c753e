//! Readers and judges of published conformance suites.
//!
//! The suites are not part of the project; `cargo xtask conformance FILE…`
//! reads them from where the user has them.

pub mod esql_spec;
