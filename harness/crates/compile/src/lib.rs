//! Query trees and a schema to predicates: all errors at once.
//!
//! The difference between the languages ends here. KQL becomes Query DSL as in
//! Kibana ([`kql`]), Lucene query strings become Query DSL as in Elasticsearch
//! ([`query_string`]), and [`dsl`] turns the DSL into a predicate, clause by
//! clause with [`clause`], which knows what each field type makes of a value.
//! ES|QL is no predicate: [`esql`] plans the pipeline and compiles what it asks
//! of the index.

pub mod clause;
mod condition;
mod constant;
pub mod dsl;
pub mod eql;
pub mod esql;
pub mod exception;
pub mod kql;
pub mod program;
pub mod query_string;
pub mod rule;
pub mod rule_type;
pub mod unknown;

use std::cell::Cell;

use harness_model::schema::Schema;
use harness_predicate::Part;

/// What compilation needs to know beside the query.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The fields.
    pub schema: &'a Schema,
    /// The text that spans point into.
    pub part: Part,
    /// What `now` means in date math.
    pub now: Now<'a>,
}

/// The moment of a run, and whether somebody asked for it: only then does a
/// predicate depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Now<'a> {
    millis: i64,
    asked: Option<&'a Cell<bool>>,
}

impl<'a> Now<'a> {
    /// A moment in milliseconds since 1970, UTC.
    pub fn at(millis: i64) -> Self {
        Self { millis, asked: None }
    }

    /// The same, setting `asked` when it is read.
    pub fn watched(millis: i64, asked: &'a Cell<bool>) -> Self {
        Self { millis, asked: Some(asked) }
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        if let Some(asked) = self.asked {
            asked.set(true);
        }
        self.millis
    }
}

#[cfg(test)]
mod field_tests;
