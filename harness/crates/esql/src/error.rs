//! The code of errors of a run.

/// The code of errors that Elasticsearch raises while a query runs.
pub const RUN_TIME: &str = "esql-run-time";
