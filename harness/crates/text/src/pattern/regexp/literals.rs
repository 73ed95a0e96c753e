//! Finds strings that every match must hold, to rule texts out early.

use super::ast::{CharSet, Node};

/// The most alternatives worth looking for.
const MAX_LITERALS: usize = 64;

/// Lower-case strings of which every match holds at least one, apart from
/// ASCII case.
pub(super) fn required(node: &Node) -> Option<Vec<String>> {
    match node {
        Node::Nothing | Node::AnyString | Node::Complement(_) | Node::Interval(_) => None,
        Node::Class(_) | Node::Text(_) => in_sequence(std::slice::from_ref(node)),
        Node::Concat(nodes) => in_sequence(nodes),
        Node::Union(nodes) => {
            let mut all = Vec::new();
            for node in nodes {
                all.extend(required(node)?);
                if all.len() > MAX_LITERALS {
                    return None;
                }
            }
            all.sort_unstable();
            all.dedup();
            Some(all)
        }
        Node::Intersection(nodes) => nodes.iter().filter_map(required).reduce(better),
        Node::Repeat { node, min, .. } => (*min > 0).then(|| required(node))?,
    }
}

/// The best of the literal runs and of what the other parts require.
fn in_sequence(nodes: &[Node]) -> Option<Vec<String>> {
    let mut best = None;
    let mut run = String::new();
    visit(nodes, &mut run, &mut best);
    offer(&mut best, &mut run);
    best
}

fn visit(nodes: &[Node], run: &mut String, best: &mut Option<Vec<String>>) {
    for node in nodes {
        match node {
            Node::Concat(inner) => visit(inner, run, best),
            Node::Class(set) => visit_set(set, run, best),
            Node::Text(text) => {
                for set in text {
                    visit_set(set, run, best);
                }
            }
            other => {
                offer(best, run);
                if let Some(found) = required(other) {
                    *best = Some(match best.take() {
                        Some(known) => better(known, found),
                        None => found,
                    });
                }
            }
        }
    }
}

fn visit_set(set: &CharSet, run: &mut String, best: &mut Option<Vec<String>>) {
    match set.single() {
        Some(c) => run.push(c),
        None => offer(best, run),
    }
}

/// Ends a run of literal characters.
fn offer(best: &mut Option<Vec<String>>, run: &mut String) {
    if run.is_empty() {
        return;
    }
    let found = vec![std::mem::take(run)];
    *best = Some(match best.take() {
        Some(known) => better(known, found),
        None => found,
    });
}

/// The choice that fewer texts meet: the longer shortest string, then the
/// fewer alternatives.
fn better(a: Vec<String>, b: Vec<String>) -> Vec<String> {
    let worth = |all: &Vec<String>| {
        (all.iter().map(String::len).min().unwrap_or(0), std::cmp::Reverse(all.len()))
    };
    if worth(&b) > worth(&a) { b } else { a }
}
