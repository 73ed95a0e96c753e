//! Runs Elastic detection rules offline, on paired fixtures, with Elasticsearch's verdicts.
//!
//! ARCHITECTURE.md maps the crates; each states what it alone does.

pub use harness_backtest as backtest;
pub use harness_cluster as cluster;
pub use harness_compile as compile;
pub use harness_conformance as conformance;
pub use harness_detect as detect;
pub use harness_engine as engine;
pub use harness_esql as esql;
pub use harness_model::{column, document, event, index_pattern, lookup, schema, value};
pub use harness_predicate as ir;
pub use harness_quality::{coverage, explain, gate, mutate};
pub use harness_query as query;
pub use harness_report as report;
pub use harness_report::snapshot;
pub use harness_rule as rule;
pub use harness_rule::exception;
pub use harness_runner::{case, config, run, verdict};
pub use harness_source::{diagnostic, effort, files, keys, likeness, limits, span};
pub use harness_text::{analysis, pattern};
