//! `csv-spec` files: ES|QL queries and the tables that they return.
//!
//! `parse` reads a file; one that is cut short or malformed is an error.
//! `judge` runs a case over the [`Datasets`] it names and compares columns,
//! types and rows. Dates and doubles are compared by value. [`accept`] has
//! queries that are only compiled.

pub mod accept;
mod cell;
mod datasets;
mod judge;
mod parse;
mod search;
#[cfg(test)]
mod tests;

use harness_query::esql::ast::Query;

pub use datasets::Datasets;
pub use judge::judge;
pub use parse::parse;

/// One case of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The line of the name, from one.
    pub line: usize,
    /// The query.
    pub query: String,
    /// Rows may come in any order.
    pub ignore_order: bool,
    /// Warnings that Elasticsearch gives, as written.
    pub warnings: Vec<String>,
    /// Names and types of the columns.
    pub columns: Vec<(String, String)>,
    /// The cells of the rows, as written.
    pub rows: Vec<Vec<String>>,
}

/// The index patterns of a query, those of queries inside it as well.
fn patterns(query: &Query) -> Vec<String> {
    query.indices().into_iter().map(|index| index.text.clone()).collect()
}
