//! What reading a query gives.

use harness_source::diagnostic::Diagnostic;

use super::ast::Query;

/// What could be read of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The query, unless its first command is broken.
    pub query: Option<Query>,
    /// The places where the text is no ES|QL, at most one a command.
    pub errors: Vec<Diagnostic>,
}
