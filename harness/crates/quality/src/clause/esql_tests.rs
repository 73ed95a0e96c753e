//! What the steps of an ES|QL pipeline test.

use super::ClauseKind;
use harness_esql::expr::{Node, Typed};
use harness_esql::plan::{Step, StepKind};
use harness_source::span::Span;

/// What a step tests: a leaf of a condition, or a pattern.
pub(crate) struct Test<'a> {
    /// Its place.
    pub(crate) span: Span,
    /// The leaf, and whether it stands below a negation; `None` for a pattern.
    pub(crate) leaf: Option<(&'a Typed, bool)>,
}

impl Test<'_> {
    pub(crate) fn kind(&self) -> ClauseKind {
        if self.leaf.is_some() { ClauseKind::Clause } else { ClauseKind::Pattern }
    }
}

/// What a step tests, in the order of its trace.
pub(crate) fn tests(step: &Step) -> Vec<Test<'_>> {
    let leaves = |condition| {
        let mut found = Vec::new();
        add_leaves(condition, false, &mut found);
        found
    };
    match &step.kind {
        StepKind::Filter(condition) => leaves(condition),
        StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => grouping
            .aggregates
            .iter()
            .filter_map(|call| call.filter.as_ref())
            .flat_map(leaves)
            .collect(),
        StepKind::Grok { .. } | StepKind::Dissect { .. } => {
            vec![Test { span: step.span, leaf: None }]
        }
        StepKind::Row(_)
        | StepKind::From
        | StepKind::Eval(_)
        | StepKind::Sort(_)
        | StepKind::Limit(_)
        | StepKind::LimitBy { .. }
        | StepKind::Sample(_)
        | StepKind::Indices(_)
        | StepKind::Union { .. }
        | StepKind::Join(_)
        | StepKind::Member { .. }
        | StepKind::Expand { .. }
        | StepKind::Completion { .. } => Vec::new(),
    }
}

fn add_leaves<'a>(condition: &'a Typed, negated: bool, found: &mut Vec<Test<'a>>) {
    match &condition.node {
        Node::And(parts) | Node::Or(parts) => {
            parts.iter().for_each(|part| add_leaves(part, negated, found));
        }
        Node::Not(inner) => add_leaves(inner, !negated, found),
        _ => found.push(Test { span: condition.span, leaf: Some((condition, negated)) }),
    }
}
