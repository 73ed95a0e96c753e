//! Lucene query strings, as the `query_string` query reads them: text to tree
//! with spans, and back.
//!
//! The grammar is Lucene's classic one with white space left to the analyzer
//! (docs/semantics.md, "Lucene query strings"): consecutive bare words form one
//! clause, and `AND`, `OR`, `NOT` are marks on clauses of a flat list rather
//! than Boolean operators with a precedence. Printing a tree gives a text that
//! parses to the same tree.

mod ast;
mod display;
mod escape;
mod lexer;
mod parser;

pub use ast::{
    Ast, Body, Bound, Clause, Clauses, Conjunction, Distance, Edge, Field, Modifier, Word,
};
use harness_source::diagnostic::Diagnostic;

/// Parses a query string.
///
/// # Errors
///
/// What Elasticsearch's parser rejects (`lucene-syntax`), or groups nested too
/// deep (`lucene-depth`).
pub fn parse(text: &str) -> Result<Ast, Vec<Diagnostic>> {
    parser::parse(text).map_err(|error| vec![error])
}

#[cfg(test)]
mod tests;
