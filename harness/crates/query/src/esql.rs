//! ES|QL: text → pipeline of commands with spans, and back.
//!
//! Parsing alone: names, types and values are the business of `harness_esql`.
//! Syntax and precedence are those of docs/semantics.md, "ES|QL". Nesting is
//! limited to [`MAX_DEPTH`] levels, so no input can exhaust the stack.

pub mod ast;
mod comments;
pub mod lexer;
pub mod names;
mod nested;
mod parser;
mod print;
#[cfg(test)]
mod tests;

use ast::Query;
pub use comments::without_comments;

use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// How deep expressions may nest.
pub const MAX_DEPTH: u16 = 100;
const _: () = assert!(MAX_DEPTH as usize == harness_source::limits::ESQL_DEPTH.most);

/// How deep queries may stand inside queries: subqueries and branches.
pub const MAX_QUERIES: u16 = 8;

/// What could be read of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The query, unless its first command is broken.
    pub query: Option<Query>,
    /// The places where the text is no ES|QL, at most one a command.
    pub errors: Vec<Diagnostic>,
}

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
