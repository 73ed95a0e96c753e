//! Atomic groups as trees without them, where both match the same.

use crate::regex::class::Class;
use crate::regex::node::{Node, possessive};

/// The body of an atomic group as a plain tree, or `None` when what the group
/// matches first is not all that the tree can match there.
pub(super) fn atomic(node: &Node) -> Option<Node> {
    match node {
        Node::Empty | Node::Class(_) | Node::Look(_) | Node::Around { .. } => Some(node.clone()),
        Node::Capture { index, node } => {
            Some(Node::Capture { index: *index, node: Box::new(atomic(node)?) })
        }
        Node::Repeat { node: inner, min, max, greedy } => match &**inner {
            Node::Class(class) if *greedy => Some(possessive(class, *min, *max)),
            _ if Some(*min) == *max => {
                let node = Box::new(atomic(inner)?);
                Some(Node::Repeat { node, min: *min, max: *max, greedy: *greedy })
            }
            _ => None,
        },
        Node::Concat(nodes) => {
            // Every part but the last has to be settled by what follows it.
            let mut out = Vec::with_capacity(nodes.len());
            for (index, part) in nodes.iter().enumerate() {
                let next = nodes.get(index + 1);
                let settled = match (part, next) {
                    (Node::Repeat { node, .. }, Some(next)) => {
                        let Node::Class(class) = &**node else { return None };
                        class.intersect(&first(next)?).ranges().is_empty()
                    }
                    (Node::Alternate(_), Some(_)) => return None,
                    _ => true,
                };
                if !settled {
                    return None;
                }
                out.push(if next.is_none() { atomic(part)? } else { part.clone() });
            }
            Some(Node::Concat(out))
        }
        Node::Alternate(branches) => {
            let firsts = branches.iter().map(first).collect::<Option<Vec<_>>>()?;
            for (index, a) in firsts.iter().enumerate() {
                for b in &firsts[..index] {
                    if !a.intersect(b).ranges().is_empty() {
                        return None;
                    }
                }
            }
            Some(Node::Alternate(branches.iter().map(atomic).collect::<Option<_>>()?))
        }
    }
}

/// The characters that a match of a tree may begin with, when it cannot be empty.
fn first(node: &Node) -> Option<Class> {
    match node {
        Node::Class(class) => Some(class.clone()),
        Node::Capture { node, .. } => first(node),
        Node::Repeat { node, min, .. } if *min > 0 => first(node),
        Node::Concat(nodes) => nodes.first().and_then(first),
        Node::Alternate(branches) => branches
            .iter()
            .map(first)
            .try_fold(Class::default(), |all, class| Some(all.union(&class?))),
        Node::Repeat { .. } | Node::Empty | Node::Look(_) | Node::Around { .. } => None,
    }
}
