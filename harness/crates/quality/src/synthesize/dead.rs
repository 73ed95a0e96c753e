//! Why no event turns a clause.

use crate::clause::tree::Tree;
use crate::synthesis::encode::{Encoder, Tie};
use harness_predicate::{Leaf, Predicate};

/// The reason in words, of a clause of which it is proved.
pub(super) fn reason(encoder: &mut Encoder, tree: &Tree<'_>, node: usize) -> String {
    let leaf = |at: &usize| match tree.nodes[*at].predicate {
        Predicate::Leaf(leaf) => Some(leaf),
        Predicate::Const(_)
        | Predicate::Not(_)
        | Predicate::And(_)
        | Predicate::Or(_)
        | Predicate::AtLeast { .. }
        | Predicate::Nested { .. } => None,
    };
    let own = tree.below(node);
    let is_absent = |leaf: &&Leaf| leaf.columns().is_empty() && !leaf.absent().is_empty();
    if let Some(leaf) = own.iter().filter_map(leaf).find(is_absent) {
        return format!("nothing maps {}", leaf.column.name);
    }
    let said = |at: usize| leaf(&at).map(ToString::to_string).unwrap_or_default();
    match encoder.tie(tree, &own) {
        Some(Tie::Never) => "no value is so".to_owned(),
        Some(Tie::Twice(_)) => "the rule says it twice".to_owned(),
        Some(Tie::Follows(from)) => format!("it follows from {}", said(from)),
        Some(Tie::Implies(other)) => format!("where it holds, {} does", said(other)),
        None => "the clauses around it leave no event on which it decides".to_owned(),
    }
}
