//! The most rows of a run.

use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

use crate::eval::RUN_TIME;

/// The most rows that a step may make, whatever it multiplies.
pub const MAX_ROWS: usize = limits::ESQL_ROWS.most;

/// The error of a step that would make too many rows.
pub(super) fn too_many_rows(span: Span) -> Diagnostic {
    Diagnostic::error(RUN_TIME, format!("more than {MAX_ROWS} rows"), span)
}
