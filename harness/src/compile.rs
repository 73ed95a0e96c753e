//! Query trees and a schema to predicates: all errors at once.
//!
//! The difference between the languages ends here. KQL becomes Query DSL as in
//! Kibana ([`kql`]), Lucene query strings become Query DSL as in Elasticsearch
//! ([`query_string`]), and [`dsl`] turns the DSL into a predicate, clause by
//! clause with [`clause`], which knows what each field type makes of a value.
//! ES|QL is no predicate: [`esql`] plans the pipeline and compiles what it asks
//! of the index.

pub mod clause;
pub mod dsl;
pub mod eql;
pub mod esql;
pub mod kql;
pub mod query_string;
pub mod rule;

use crate::ir::Part;
use crate::schema::Schema;

/// What compilation needs to know beside the query.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The fields.
    pub schema: &'a Schema,
    /// The text that spans point into.
    pub part: Part,
    /// What `now` means in date math: milliseconds since 1970, UTC.
    pub now: i64,
}
