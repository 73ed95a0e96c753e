//! What every check asks of a filter.

use harness_predicate::{Origin, Part, Predicate};
use harness_source::span::Span;

/// Whether a predicate has no test.
pub(super) fn is_constant(predicate: &Predicate) -> bool {
    let mut has_leaf = false;
    predicate.leaves(&mut |_| has_leaf = true);
    !has_leaf
}

/// From the first to the last place of a predicate in the query.
pub(super) fn span_of(predicate: &Predicate) -> Option<Span> {
    let mut found: Option<Span> = None;
    predicate.leaves(&mut |leaf| {
        let Origin { part, span } = leaf.origin;
        if part == Part::Query && span != Span::default() {
            found = Some(found.map_or(span, |before| before.to(span)));
        }
    });
    found
}
