//! Lucene's two surprises with empty languages, which verdicts depend on.
//!
//! - Without regard to case, the empty string matches nothing: `()`, `""` and
//!   the empty expression, unless a neighbouring text has swallowed it.
//! - An expression that matches nothing still matches nothing when it is
//!   repeated without bound, not even the empty string: `#*`.

use super::alphabet::Alphabet;
use super::ast::Node;
use super::derive::Terms;
use crate::pattern::Case;

/// Replaces all such nodes by `Nothing`; `None` when that is too much work.
pub(super) fn settle(
    node: &mut Node,
    case: Case,
    terms: &mut Terms,
    alphabet: &Alphabet,
) -> Option<()> {
    let nothing = match node {
        Node::Nothing | Node::AnyString | Node::Class(_) | Node::Interval(_) => false,
        Node::Text(text) => text.is_empty() && case == Case::Insensitive,
        Node::Concat(nodes) | Node::Union(nodes) | Node::Intersection(nodes) => {
            for node in nodes {
                settle(node, case, terms, alphabet)?;
            }
            false
        }
        Node::Complement(node) => {
            settle(node, case, terms, alphabet)?;
            false
        }
        Node::Repeat { node, max, .. } => {
            settle(node, case, terms, alphabet)?;
            max.is_none() && may_be_empty(node) && {
                let operand = terms.translate(node, alphabet)?;
                terms.is_empty(operand)?
            }
        }
    };
    if nothing {
        *node = Node::Nothing;
    }
    Some(())
}

/// Whether an expression has a part by which it might match nothing.
fn may_be_empty(node: &Node) -> bool {
    match node {
        Node::Nothing | Node::Complement(_) | Node::Intersection(_) => true,
        Node::Class(set) => set.ranges().is_empty(),
        Node::AnyString | Node::Text(_) | Node::Interval(_) => false,
        Node::Concat(nodes) | Node::Union(nodes) => nodes.iter().any(may_be_empty),
        Node::Repeat { node, .. } => may_be_empty(node),
    }
}
