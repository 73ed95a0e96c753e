//! The state of compiling a query.

use crate::Context;
use harness_model::schema::Unmapped;
use harness_source::diagnostic::Diagnostic;

/// How to compile what the query leaves open.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The field of event categories (`event_category_override`).
    pub category_field: &'a str,
    /// What fields without a mapping are.
    pub unmapped: Unmapped,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { category_field: CATEGORY_FIELD, unmapped: Unmapped::default() }
    }
}

pub(super) struct Compiler<'a> {
    pub(super) context: Context<'a>,
    pub(super) options: Options<'a>,
    pub(super) errors: Vec<Diagnostic>,
}

/// The field of event categories where a rule names no other.
pub const CATEGORY_FIELD: &str = "event.category";
