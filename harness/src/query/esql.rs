//! ES|QL: text → pipeline of commands with spans, and back.
//!
//! Parsing alone: names, types and values are the business of `crate::esql`.
//! Syntax and precedence are those of docs/semantics.md, "ES|QL". Nesting is
//! limited to [`MAX_DEPTH`] levels, so no input can exhaust the stack.

pub mod ast;
pub mod lexer;
mod parser;
mod print;
#[cfg(test)]
mod tests;

use ast::Query;

use crate::diagnostic::Diagnostic;

/// How deep expressions may nest.
pub const MAX_DEPTH: u16 = 100;

/// Parses a whole query.
///
/// # Errors
///
/// The first place where the text is no ES|QL.
pub fn parse(text: &str) -> Result<Query, Diagnostic> {
    parser::Parser::new(text).query()
}
