//! Runs Elastic detection rules offline, on paired fixtures, with Elasticsearch's verdicts.
//!
//! ARCHITECTURE.md maps the modules; each states what it alone does.

pub mod analysis;
pub mod backtest;
pub mod case;
pub mod cluster;
pub mod column;
pub mod compile;
pub mod config;
pub mod conformance;
pub mod coverage;
pub mod detect;
pub mod diagnostic;
pub mod document;
mod effort;
pub mod engine;
pub mod esql;
pub mod event;
pub mod exception;
pub mod explain;
pub mod files;
pub mod gate;
pub mod index_pattern;
pub mod ir;
mod keys;
mod likeness;
pub mod limits;
pub mod lookup;
pub mod mutate;
pub mod pattern;
pub mod query;
pub mod report;
pub mod rule;
pub mod run;
pub mod schema;
pub mod snapshot;
pub mod span;
pub mod tidy;
pub mod value;
pub mod verdict;
