//! Runs Elastic detection rules offline, on paired fixtures, with Elasticsearch's verdicts.

pub mod analysis;
pub mod compile;
pub mod detect;
pub mod diagnostic;
pub mod document;
pub mod engine;
pub mod esql;
pub mod event;
pub mod ir;
pub mod pattern;
pub mod query;
pub mod rule;
pub mod schema;
pub mod span;
pub mod value;
