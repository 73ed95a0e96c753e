//! Conditions on groups that stay true where groups have more rows.

use std::collections::BTreeSet;

use harness_esql::expr::{Node, Register, Typed};
use harness_esql::fold::fold_value;
use harness_esql::plan::{AggregateKind, Plan, StepKind};
use harness_query::esql::ast::CompareOp;
use harness_source::span::Span;

/// The columns of one aggregation.
pub(super) struct Rising {
    /// Those that are no less where there are more rows.
    counts: BTreeSet<Register>,
    /// Those that are the same: what it groups by.
    keys: BTreeSet<Register>,
}

impl Rising {
    /// Those of the aggregation at a place.
    pub(super) fn of(plan: &Plan, at: Span) -> Self {
        let mut rising = Self { counts: BTreeSet::new(), keys: BTreeSet::new() };
        let step = plan.steps.iter().find(|step| step.span == at);
        let Some(StepKind::Stats(grouping)) = step.map(|step| &step.kind) else { return rising };
        rising.keys.extend(grouping.keys.iter().map(|(_, group, _)| *group));
        let counts = grouping.aggregates.iter().filter(|call| {
            let rises = [AggregateKind::Count, AggregateKind::CountDistinct, AggregateKind::Max];
            rises.contains(&call.kind)
        });
        rising.counts.extend(counts.map(|call| call.output));
        for (output, value) in &grouping.after {
            let Node::Column { register, constant: None } = &value.node else { continue };
            if rising.counts.contains(register) {
                rising.counts.insert(*output);
            } else if rising.keys.contains(register) {
                rising.keys.insert(*output);
            }
        }
        rising
    }

    /// Whether a condition that is true of a group is so of one with more rows.
    pub(super) fn has(&self, condition: &Typed) -> bool {
        let is_count = |value: &Typed| {
            let Node::Column { register, constant: None } = &value.node else { return false };
            self.counts.contains(register)
        };
        let is_bound = |value: &Typed| fold_value(value).is_some();
        match &condition.node {
            Node::And(parts) | Node::Or(parts) => parts.iter().all(|part| self.has(part)),
            Node::Compare { op: CompareOp::Gt | CompareOp::Ge, left, right }
                if is_count(left) && is_bound(right) =>
            {
                true
            }
            Node::Compare { op: CompareOp::Lt | CompareOp::Le, left, right }
                if is_bound(left) && is_count(right) =>
            {
                true
            }
            _ => self.reads_keys(condition),
        }
    }

    /// Whether a condition looks at nothing but what it is grouped by.
    fn reads_keys(&self, condition: &Typed) -> bool {
        let mut only = true;
        condition.each(&mut |part| {
            only &= match &part.node {
                Node::Column { register, .. } => self.keys.contains(register),
                Node::Now | Node::Search(_) => false,
                _ => true,
            };
        });
        only
    }
}
