//! Which nodes of a predicate are the clauses that a rule states.
//!
//! A clause over many fields (`user.*: x`, a word without a field) is one node
//! with a leaf for each of them, all of one origin; a value of a list is a leaf
//! with an origin of its own.

use super::tree::Tree;
use harness_predicate::{Origin, Part, Predicate};
use harness_rule::model::Rule;
use harness_rule::names::Language;
use harness_source::span::Span;

/// A clause as a rule states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    /// Its node.
    pub(crate) node: usize,
    /// Its place.
    pub(crate) origin: Origin,
    /// It in words.
    pub(crate) text: String,
}

/// The clauses of a predicate, in the order of its nodes.
pub(crate) fn stated(tree: &Tree<'_>, rule: &Rule) -> Vec<Stated> {
    let origins = origins(tree);
    let mut found = Vec::new();
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        let node = &tree.nodes[at];
        let text = origins[at].one().and_then(|origin| source(rule, origin));
        match (node.predicate, text) {
            (Predicate::Leaf(leaf), _) => {
                found.push(Stated { node: at, origin: leaf.origin, text: leaf.to_string() });
            }
            // Of a negation in words the clause is what it negates.
            (Predicate::Not(_), Some(text)) if !says_not(text, rule) => open.extend(&node.parts),
            (_, Some(text)) => {
                let origin = origins[at].one().unwrap_or_default();
                found.push(Stated { node: at, origin, text: text.to_owned() });
            }
            (_, None) => open.extend(node.parts.iter().rev()),
        }
    }
    found
}

/// Whether a clause states its negation itself, as `!=` of EQL does.
fn says_not(text: &str, rule: &Rule) -> bool {
    rule.language == Some(Language::Eql) && text.contains("!=")
}

/// The text of a rule that an origin points into.
pub(crate) fn text_of(rule: &Rule, part: Part) -> &str {
    match part {
        Part::Query => rule.query.as_ref().map_or("", |query| &query.text),
        Part::ThreatQuery => rule.threat_match.as_ref().map_or("", |threat| &threat.query.text),
        Part::Filter(_) | Part::ThreatFilter(_) | Part::File => "",
    }
}

/// The text at an origin, where there is one.
pub(crate) fn source(rule: &Rule, origin: Origin) -> Option<&str> {
    let text = origin.span.of(text_of(rule, origin.part)).trim();
    (!text.is_empty()).then_some(text)
}

/// The origins of the leaves below a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origins {
    /// There are no leaves.
    None,
    /// All have this one.
    One(Origin),
    /// They differ.
    Many,
}

impl Origins {
    fn one(self) -> Option<Origin> {
        match self {
            Self::One(origin) => Some(origin),
            Self::None | Self::Many => None,
        }
    }
}

/// The origins below each node.
pub(crate) fn origins(tree: &Tree<'_>) -> Vec<Origins> {
    let mut origins = vec![Origins::None; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        origins[at] = match node.predicate {
            Predicate::Leaf(leaf) => Origins::One(leaf.origin),
            // It decides, and is no part of the clause beside it.
            Predicate::Const(_) => Origins::Many,
            _ => node.parts.iter().fold(Origins::None, |sum, part| match (sum, origins[*part]) {
                (Origins::None, other) | (other, Origins::None) => other,
                (Origins::One(a), Origins::One(b)) if a == b => sum,
                (Origins::One(_) | Origins::Many, Origins::One(_) | Origins::Many) => Origins::Many,
            }),
        };
    }
    origins
}

/// The part and the place from the first to the last leaf below each node;
/// `None` where there is no leaf or they lie in different texts.
pub(crate) fn hulls(tree: &Tree<'_>) -> Vec<Option<(Part, Span)>> {
    let mut hulls: Vec<Option<(Part, Span)>> = vec![None; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        hulls[at] = match node.predicate {
            Predicate::Leaf(leaf) => Some((leaf.origin.part, leaf.origin.span)),
            Predicate::Const(_) => None,
            _ => {
                let mut inner = node.parts.iter().filter_map(|part| hulls[*part]);
                let first = inner.next();
                first.and_then(|first| {
                    inner.try_fold(first, |(part, span), (other, more)| {
                        (part == other).then(|| (part, span.to(more)))
                    })
                })
            }
        };
    }
    hulls
}
