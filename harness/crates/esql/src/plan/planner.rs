//! The state of planning.

use std::collections::HashMap;
use std::sync::Arc;

use super::context::{Context, GroupingKey, Place};
use super::model::{StepKind, Unknown};
use super::scope::Scope;
use crate::eval::FieldUse;
use crate::expr::{Register, Typed};
use crate::source::Fields;
use crate::warning::Warnings;
use harness_source::diagnostic::Diagnostic;

/// A planned expression, or what is wrong with it.
pub(super) type Planned = Result<Typed, Diagnostic>;

/// What planning needs to know.
#[derive(Clone, Copy)]
pub struct PlanOptions<'a> {
    /// The fields of the indices.
    pub fields: &'a dyn Fields,
    /// What to make of other names.
    pub unknown: Unknown,
    /// The answers of the model to `COMPLETION` are at hand.
    pub completion: bool,
}

/// The state of planning.
pub(super) struct Planner<'a> {
    pub(super) text: &'a str,
    pub(super) options: PlanOptions<'a>,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) warnings: Warnings,
    pub(super) scope: Scope<'a>,
    pub(super) fields: Vec<FieldUse>,
    /// Places in `fields` by name.
    pub(super) known: HashMap<Arc<str>, usize>,
    pub(super) registers: usize,
    /// The command after which `KQL` and `QSTR` are not allowed.
    pub(super) no_search_behind: Option<String>,
    /// The command after which `MATCH` is not allowed.
    pub(super) no_match_behind: Option<String>,
    /// The aggregates that are being planned.
    pub(super) stats: Option<Context<'a>>,
    /// The patterns of each `FROM`.
    pub(super) read: Vec<Vec<String>>,
    /// Queries or branches stand in the query.
    pub(super) nested: bool,
    /// Steps that the command at hand needs before it.
    pub(super) before: Vec<StepKind>,
    /// Where the expression at hand stands.
    pub(super) place: Place,
    /// The grouping functions among the keys of the aggregates at hand.
    pub(super) groupings: Vec<GroupingKey>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(text: &'a str, options: PlanOptions<'a>) -> Self {
        Self {
            text,
            options,
            errors: Vec::new(),
            warnings: Warnings::default(),
            scope: Scope::new(options.fields),
            fields: Vec::new(),
            known: HashMap::new(),
            registers: 0,
            no_search_behind: None,
            no_match_behind: None,
            stats: None,
            read: Vec::new(),
            nested: false,
            before: Vec::new(),
            place: Place::default(),
            groupings: Vec::new(),
        }
    }

    pub(super) fn new_register(&mut self) -> Register {
        self.registers += 1;
        self.registers - 1
    }
}
