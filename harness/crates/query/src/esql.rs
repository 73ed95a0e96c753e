//! ES|QL: text → pipeline of commands with spans, and back.
//!
//! Parsing alone: names, types and values are the business of `harness_esql`.
//! Syntax and precedence are those of docs/semantics.md, "ES|QL". Nesting is
//! limited to [`MAX_DEPTH`] levels, so no input can exhaust the stack.

pub mod ast;
mod bounds;
mod comments;
pub mod lexer;
pub mod names;
mod nested;
mod parser;
mod print;
mod reading;
#[cfg(test)]
mod tests;

use ast::Query;
pub use comments::without_comments;

pub use bounds::{MAX_DEPTH, MAX_QUERIES};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
pub use reading::Reading;

const _: () = assert!(MAX_DEPTH as usize == harness_source::limits::ESQL_DEPTH.most);

/// Reads a query as far as it is one: a command that is broken is noted and
/// left out, and what stands after the next pipe is read all the same.
pub fn read(text: &str) -> Reading {
    parser::Parser::new(text).read()
}

/// Parses a whole query.
///
/// # Errors
///
/// The first place where the text is no ES|QL.
pub fn parse(text: &str) -> Result<Query, Diagnostic> {
    let Reading { query, errors } = read(text);
    match (query, errors.into_iter().next()) {
        (Some(query), None) => Ok(query),
        (_, Some(error)) => Err(error),
        (None, None) => Err(Diagnostic::error(lexer::SYNTAX, "no query", Span::default())),
    }
}
