//! One combination of leaves on which a changed filter differs: aimed at the
//! changed node, tried, and enough for most changes.
//!
//! Where none is found there may be one all the same.

use crate::coverage::tree::Tree;
use crate::ir::Predicate;

/// A predicate without nested conditions, and the variables of its leaves.
pub(super) struct Side<'t> {
    tree: &'t Tree<'t>,
    /// By node; of nodes that are no leaves it says nothing.
    variables: &'t [u32],
}

/// The values of all variables.
pub(super) type Values = Vec<bool>;

impl<'t> Side<'t> {
    pub(super) fn new(tree: &'t Tree<'t>, variables: &'t [u32]) -> Self {
        Self { tree, variables }
    }

    /// Tries to give a node a value.
    pub(super) fn make(&self, at: usize, value: bool, values: &mut Values) {
        let parts = &self.tree.nodes[at].parts;
        let first = |count: usize, values: &mut Values| {
            parts.iter().take(count).for_each(|part| self.make(*part, value, values));
        };
        match self.tree.nodes[at].predicate {
            Predicate::Const(_) | Predicate::Nested { .. } => {}
            Predicate::Leaf(_) => values[self.variables[at] as usize] = value,
            Predicate::Not(_) => {
                parts.iter().for_each(|part| self.make(*part, !value, values));
            }
            Predicate::And(_) => first(if value { parts.len() } else { 1 }, values),
            Predicate::Or(_) => first(if value { 1 } else { parts.len() }, values),
            Predicate::AtLeast { count, .. } => {
                first(if value { *count } else { parts.len() }, values);
            }
        }
    }

    /// Tries to let a node decide: all around it as it must be for that.
    pub(super) fn expose(&self, at: usize, values: &mut Values) {
        let mut below = at;
        while let Some(above) = self.tree.nodes[below].parent {
            let others = self.tree.nodes[above].parts.iter().filter(|part| **part != below);
            let held = match self.tree.nodes[above].predicate {
                Predicate::And(parts) => parts.len(),
                Predicate::AtLeast { count, .. } => count.saturating_sub(1),
                Predicate::Or(_)
                | Predicate::Not(_)
                | Predicate::Const(_)
                | Predicate::Leaf(_)
                | Predicate::Nested { .. } => 0,
            };
            for (number, other) in others.enumerate() {
                self.make(*other, number < held, values);
            }
            below = above;
        }
    }

    /// The value of a node, with another in place of one below it.
    pub(super) fn holds(&self, at: usize, values: &Values, put: Option<(usize, bool)>) -> bool {
        if let Some((_, value)) = put.filter(|(place, _)| *place == at) {
            return value;
        }
        let parts = &self.tree.nodes[at].parts;
        let mut held = parts.iter().filter(|part| self.holds(**part, values, put));
        match self.tree.nodes[at].predicate {
            Predicate::Const(value) => *value,
            Predicate::Leaf(_) => values[self.variables[at] as usize],
            Predicate::Not(_) => held.next().is_none(),
            Predicate::And(_) => held.count() == parts.len(),
            Predicate::Or(_) => held.next().is_some(),
            Predicate::AtLeast { count, .. } => held.count() >= *count,
            Predicate::Nested { .. } => false,
        }
    }
}
