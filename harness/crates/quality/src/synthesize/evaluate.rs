//! A filter on one event, node by node: what each node says, and whether the
//! outcome would turn if it said the opposite.

use crate::clause::tree::Tree;
use harness_model::document::{Columns, Document};
use harness_predicate::Predicate;
use harness_predicate::eval::eval;

/// What the nodes of a filter say of an event. Nodes inside of nested conditions
/// say nothing here.
pub(crate) struct Nodes {
    pub(crate) values: Vec<bool>,
    pub(crate) care: Vec<bool>,
}

impl Nodes {
    pub(crate) fn new(tree: &Tree<'_>, document: &Document, columns: &Columns) -> Self {
        let size = tree.nodes.len();
        let mut values = vec![false; size];
        for (at, node) in tree.nodes.iter().enumerate().rev() {
            if node.nested.is_some() {
                continue;
            }
            let held = || node.parts.iter().filter(|part| values[**part]).count();
            let value = match node.predicate {
                Predicate::Const(value) => *value,
                Predicate::Leaf(_) | Predicate::Nested { .. } => {
                    eval(node.predicate, document, columns)
                }
                Predicate::Not(_) => held() == 0,
                Predicate::And(_) => held() == node.parts.len(),
                Predicate::Or(_) => held() > 0,
                Predicate::AtLeast { count, .. } => held() >= *count,
            };
            values[at] = value;
        }
        let mut care = vec![false; size];
        if let Some(root) = care.first_mut() {
            *root = true;
        }
        for (at, node) in tree.nodes.iter().enumerate() {
            if !care[at] || node.nested.is_some() {
                continue;
            }
            let held = node.parts.iter().filter(|part| values[**part]).count();
            for part in &node.parts {
                let others = held - usize::from(values[*part]);
                care[*part] = match node.predicate {
                    Predicate::Const(_) | Predicate::Leaf(_) | Predicate::Nested { .. } => false,
                    Predicate::Not(_) => true,
                    Predicate::And(_) => others + 1 == node.parts.len(),
                    Predicate::Or(_) => others == 0,
                    Predicate::AtLeast { count, .. } => others + 1 == *count,
                };
            }
        }
        Self { values, care }
    }
}
