//! Clauses without effect: the rule without them is proved to be the same.

use harness_predicate::{Leaf, Origin, Predicate};
use harness_source::span::{Span, flat, shorten};

use super::filter::span_of;
use crate::clause::tree::Tree;
use crate::compare::Prover;
use crate::lint::codes::Code;
use crate::lint::model::Safety;
use crate::lint::target::{Sink, Target};
use crate::lint::traps::cut;
use crate::synthesis::encode::Replacement;
use harness_source::limits;

/// How much of a clause is shown.
const MAX_TEXT: usize = 60;

/// The most clauses of a filter that are looked at.
const MAX_CLAUSES: usize = limits::LINT_CLAUSES.most;

/// A clause that the filter can do without.
pub(super) struct Idle<'p> {
    /// The clause.
    predicate: &'p Predicate,
    span: Span,
    /// The clause that covers it, where it is one.
    covers: Option<Span>,
    /// Else another clause without which it would say something.
    because: Option<Span>,
    /// Whether it is one of several choices.
    is_choice: bool,
}

/// Tells the clauses of a filter, grouped by place, that it can do without.
pub(super) fn check(
    target: &Target<'_>,
    filter: &Predicate,
    prover: &mut Prover<'_>,
    sink: &mut Sink<'_>,
) {
    idle(filter, prover).iter().for_each(|one| tell(target, one, sink));
}

/// The clauses that a filter can do without: of a group that is idle, the group.
fn idle<'p>(filter: &'p Predicate, prover: &mut Prover<'_>) -> Vec<Idle<'p>> {
    let tree = Tree::new(filter);
    prover.encoder.turn_to_another();
    let Some(tied) = prover.encoder.tied(&tree).filter(|_| tree.nodes.len() <= MAX_CLAUSES) else {
        return Vec::new();
    };
    let origins: Vec<Option<Origin>> =
        tree.nodes.iter().map(|node| origin(node.predicate)).collect();
    let needed = Predicate::Const(true);
    let mut told: Vec<bool> = vec![false; tree.nodes.len()];
    let mut found = Vec::new();
    for (at, node) in tree.nodes.iter().enumerate() {
        let Some(parent) = node.parent else { continue };
        told[at] = told[parent];
        // What is inside of a clause of one place is no clause by itself.
        let inside = origins[parent].is_some() && origins[parent] == origins[at];
        let with = match tree.nodes[parent].predicate {
            Predicate::And(_) => Predicate::Const(true),
            Predicate::Or(_) => Predicate::Const(false),
            Predicate::Not(_)
            | Predicate::Const(_)
            | Predicate::Leaf(_)
            | Predicate::AtLeast { .. }
            | Predicate::Nested { .. } => continue,
        };
        let Some(span) = span_of(node.predicate).filter(|_| !inside && !told[at]) else { continue };
        // A clause that no fact ties to another is free to decide.
        if !tree.below(at).iter().any(|node| tied[*node]) {
            continue;
        }
        prover.encoder.tidy();
        let replacement = Replacement { tree: &tree, node: at, with: &with, needed: &needed };
        if prover.encoder.differs(replacement) != Some(false) {
            continue;
        }
        let is_choice = with == Predicate::Const(false);
        let siblings = tree.nodes[parent].parts.iter().copied().filter(|other| *other != at);
        let (mut covers, mut is_twin) = (None, false);
        for other in siblings {
            let (a, b) = (node.predicate, tree.nodes[other].predicate);
            let (narrow, wide) = if is_choice { (a, b) } else { (b, a) };
            if !is_within(prover, narrow, wide) {
                continue;
            }
            // Of two that say the same the second is told.
            if other > at && is_within(prover, wide, narrow) {
                is_twin = true;
                continue;
            }
            covers = span_of(b);
            if covers.is_some() {
                break;
            }
        }
        if covers.is_none() && is_twin {
            continue;
        }
        told[at] = true;
        let mut because = None;
        if covers.is_none() {
            because = reason(&tree, at, prover);
            prover.encoder.turn_to_another();
        }
        found.push(Idle { predicate: node.predicate, span, covers, because, is_choice });
    }
    found
}

/// The most clauses that are tried as the reason of an idle one.
const MAX_REASONS: usize = 40;

/// The clause around an idle one without which the filter could not do without it.
fn reason(tree: &Tree<'_>, idle: usize, prover: &mut Prover<'_>) -> Option<Span> {
    let (whole, needed) = (tree.nodes.first()?.predicate, Predicate::Const(true));
    let with = neutral(tree, idle)?;
    let mut around = idle;
    let mut tried = 0;
    while let Some(parent) = tree.nodes[around].parent {
        let beside = tree.nodes[parent].parts.iter().copied().filter(|other| *other != around);
        for other in beside {
            let (Some(span), Some(left_out)) =
                (span_of(tree.nodes[other].predicate), neutral(tree, other))
            else {
                continue;
            };
            tried += 1;
            if tried > MAX_REASONS {
                return None;
            }
            let changed = replaced(whole, tree.nodes[other].predicate, &left_out);
            let changed = Tree::new(&changed);
            // A constant is one node.
            let gone = if idle > other { tree.below(other).len() - 1 } else { 0 };
            prover.encoder.turn_to_another();
            let replacement =
                Replacement { tree: &changed, node: idle - gone, with: &with, needed: &needed };
            if prover.encoder.differs(replacement) == Some(true) {
                return Some(span);
            }
        }
        around = parent;
    }
    None
}

/// What a part of a list is replaced by to leave it out.
fn neutral(tree: &Tree<'_>, node: usize) -> Option<Predicate> {
    match tree.nodes[tree.nodes[node].parent?].predicate {
        Predicate::And(_) => Some(Predicate::Const(true)),
        Predicate::Or(_) => Some(Predicate::Const(false)),
        Predicate::Not(_)
        | Predicate::Const(_)
        | Predicate::Leaf(_)
        | Predicate::AtLeast { .. }
        | Predicate::Nested { .. } => None,
    }
}

/// The predicate with another in place of one part of it. The compilers bound the depth.
fn replaced(whole: &Predicate, part: &Predicate, with: &Predicate) -> Predicate {
    if std::ptr::eq(whole, part) {
        return with.clone();
    }
    let all = |parts: &[Predicate]| parts.iter().map(|own| replaced(own, part, with)).collect();
    match whole {
        Predicate::Not(inner) => Predicate::Not(Box::new(replaced(inner, part, with))),
        Predicate::And(parts) => Predicate::And(all(parts)),
        Predicate::Or(parts) => Predicate::Or(all(parts)),
        Predicate::AtLeast { count, of } => Predicate::AtLeast { count: *count, of: all(of) },
        Predicate::Nested { path, inner } => {
            Predicate::Nested { path: path.clone(), inner: Box::new(replaced(inner, part, with)) }
        }
        Predicate::Const(_) | Predicate::Leaf(_) => whole.clone(),
    }
}

fn tell(target: &Target<'_>, idle: &Idle<'_>, sink: &mut Sink<'_>) {
    let own = idle.span;
    let shown = |span: Span| shorten(&flat(span.of(target.query())), MAX_TEXT);
    if sink.has(Code::DuplicateValue, own) {
        return;
    }
    let is_value = idle.is_choice && matches!(idle.predicate, Predicate::Leaf(_));
    let (code, message) = match idle.covers {
        Some(other) if shown(other) == shown(own) => {
            (Code::DuplicateValue, format!("`{}` is asked for already", shown(own)))
        }
        Some(other) if is_value => {
            (Code::CoveredValue, format!("`{}` covers `{}`", shown(other), shown(own)))
        }
        Some(other) => {
            let message = format!("`{}` says nothing beside `{}`", shown(own), shown(other));
            (Code::NoEffect, message)
        }
        None => {
            let why = match idle.because {
                Some(other) if shown(other) == shown(own) => " the second time".to_owned(),
                Some(other) => format!(" because of `{}`", shown(other)),
                None => ": the rule without it is the same".to_owned(),
            };
            (Code::NoEffect, format!("`{}` says nothing{why}", shown(own)))
        }
    };
    let value =
        target.uses.iter().find(|used| own.start <= used.span.start && used.span.end <= own.end);
    let told = sink.query(code, own, message).help("leave it out, or mend what was meant");
    if code == Code::CoveredValue
        && let Some(cut) = value.and_then(|used| cut(target, used.span))
    {
        told.fix("leave the covered value out", Safety::Safe, &[(cut, String::new())]);
    }
}

fn is_within(prover: &mut Prover<'_>, narrow: &Predicate, wide: &Predicate) -> bool {
    let beyond = Predicate::and([narrow.clone(), wide.clone().negate()]);
    prover.is_never(&beyond) == Some(true)
}

/// The place of all leaves of a predicate, where they have one.
fn origin(predicate: &Predicate) -> Option<Origin> {
    let mut found: Option<Option<Origin>> = None;
    predicate.leaves(&mut |leaf: &Leaf| {
        found = Some(match found {
            None => Some(leaf.origin),
            Some(before) => before.filter(|origin| *origin == leaf.origin),
        });
    });
    found.flatten().filter(|origin| origin.span != Span::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Bench;
    use crate::compare::tests::{events, predicate, schema};
    use harness_predicate::Part;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// The filter without an idle clause holds on the same events.
        #[test]
        fn idle_clauses_change_nothing(filter in predicate()) {
            let mut filter = filter;
            let mut at = 0;
            filter.leaves_mut(&mut |leaf| {
                leaf.origin = Origin { part: Part::Query, span: Span::new(at, at + 1) };
                at += 2;
            });
            let schema = schema();
            let mut prover = Prover::new(&schema);
            let mut leaves = Vec::new();
            filter.leaves(&mut |leaf| leaves.push(leaf));
            let bench = Bench::new(&schema, leaves.into_iter());
            for one in idle(&filter, &mut prover) {
                let without = replaced(&filter, one.predicate, &Predicate::Const(!one.is_choice));
                prop_assert!(one.covers.is_none() || one.because.is_none());
                for event in events(2) {
                    prop_assert_eq!(bench.holds(&filter, &event), bench.holds(&without, &event));
                }
            }
        }
    }
}
