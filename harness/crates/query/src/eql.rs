//! EQL: text → tree with spans, and back.
//!
//! [`parse`] accepts what Elasticsearch accepts today and rejects what it
//! rejects (docs/semantics.md, "EQL syntax"), whatever needs no schema to
//! decide: categories, fields, literals, operators, functions with their
//! argument counts, sequences, samples and pipes. Types are the business of
//! `compile`. Every tree prints back to a text that parses to the same tree.
//!
//! # Invariants
//!
//! - Time and memory are linear in the text; nesting is bounded by
//!   [`MAX_DEPTH`].
//! - A text with an error never yields a tree.

pub mod ast;
mod bounds;
pub mod functions;
mod lexer;
mod parser;
mod print;
#[cfg(test)]
mod tests;

use ast::Query;
pub use bounds::MAX_DEPTH;
use harness_source::diagnostic::Diagnostic;

/// Reads a query.
///
/// # Errors
///
/// All findings of the lexer, or the first syntax error together with the
/// errors found before it.
pub fn parse(text: &str) -> Result<Query, Vec<Diagnostic>> {
    let tokens = lexer::lex(text)?;
    parser::Parser::new(text, tokens).query()
}
