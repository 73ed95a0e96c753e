//! Negations that hold where the field is missing, while the same without `not` needs it.

use harness_predicate::plan::Plan;
use harness_predicate::{Leaf, Origin, Part, Predicate, Test};
use harness_rule::names::Language;

use crate::compare::{Prover, Values};
use crate::lint::codes::Code;
use crate::lint::target::{Sink, Target};
use crate::synthesis::reachability;

/// Fields that every event has, or whose absence says of which kind an event is.
const GIVEN: [&str; 7] = [
    "@timestamp",
    "event.category",
    "event.dataset",
    "event.kind",
    "event.type",
    "data_stream.dataset",
    "host.os.type",
];

/// Tells the clauses of the n-th filter of a plan that ask a field to be other than one value, and that an
/// event without the field fulfils.
pub(super) fn check(
    target: &Target<'_>,
    (plan, number): (&Plan, usize),
    prover: &mut Prover<'_>,
    sink: &mut Sink<'_>,
) {
    let Some(Predicate::And(parts)) = plan.filters().get(number).copied() else { return };
    // Keys of joins and groups are asked for beside the filter.
    let mut parts = parts.clone();
    parts.push(reachability::needed(plan, number));
    for (at, part) in parts.iter().enumerate() {
        let Some(leaf) = refused(part) else { continue };
        if GIVEN.contains(&&*leaf.column.name) || !says_unequal(target, leaf) {
            continue;
        }
        let Some(event) = without(&parts, at, leaf, prover) else { continue };
        let message = format!(
            "an event without `{}` passes this clause, while its twin without the negation needs \
             the field",
            leaf.column.name
        );
        sink.query(Code::MissingPasses, leaf.origin.span, message)
            .help("ask for the field as well, where events without it are not meant")
            .evidence(Some(event));
    }
}

/// Whether the clause reads as one that has another value: `!=` of EQL, of a field that
/// is not marked as one that may be missing, and `not` with one value in KQL and Lucene.
/// A list or a pattern of what is left out reads as what it is.
fn says_unequal(target: &Target<'_>, leaf: &Leaf) -> bool {
    let text = leaf.origin.span.of(target.query());
    match target.rule.language {
        Some(Language::Eql) => {
            text.contains("!=") && !text.contains(&format!("?{}", leaf.column.name))
        }
        Some(Language::Kuery | Language::Lucene) => !text.contains(['*', '?']),
        Some(Language::Esql) | None => false,
    }
}

/// The one test that a clause refuses.
fn refused(part: &Predicate) -> Option<&Leaf> {
    let Predicate::Not(inner) = part else { return None };
    let Predicate::Leaf(leaf) = &**inner else { return None };
    let is_plain = leaf.origin.part == Part::Query
        && !leaf.column.is_absent()
        && !matches!(leaf.test, Test::Exists | Test::Script(_));
    is_plain.then_some(leaf)
}

/// An event that lacks the field of a negated test and fulfils all conditions, where none
/// does with the test in place of its negation.
pub(super) fn without(
    parts: &[Predicate],
    at: usize,
    leaf: &Leaf,
    prover: &mut Prover<'_>,
) -> Option<serde_json::Value> {
    let exists =
        Leaf { column: leaf.column.clone(), test: Test::Exists, origin: Origin::default() };
    let lacking = Predicate::Leaf(exists).negate();
    let mut twin = parts.to_vec();
    *twin.get_mut(at)? = Predicate::Leaf(leaf.clone());
    twin.push(lacking.clone());
    (prover.is_never(&Predicate::and(twin)) == Some(true)).then_some(())?;
    let whole = Predicate::and(parts.iter().cloned().chain([lacking]));
    prover.find(&whole, Values::One).event().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Bench;
    use crate::compare::tests::{events, predicate, schema};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// The event lacks the field and passes; no event that lacks it passes the twin.
        #[test]
        fn what_passes_without_the_field_does(a in predicate(), b in predicate()) {
            let schema = schema();
            let Predicate::Not(inner) = &b else { return Ok(()) };
            let Predicate::Leaf(leaf) = &**inner else { return Ok(()) };
            let parts = [a.clone(), b.clone()];
            let found = without(&parts, 1, leaf, &mut Prover::new(&schema));
            let mut leaves = Vec::new();
            parts.iter().for_each(|part| part.leaves(&mut |leaf| leaves.push(leaf)));
            let bench = Bench::new(&schema, leaves.into_iter());
            let lacks = |event: &serde_json::Value| {
                let path = format!("/{}", leaf.column.name.replace('.', "/"));
                event.pointer(&path).is_none_or(|value| value.as_array().is_some_and(Vec::is_empty))
            };
            if let Some(event) = &found {
                let both = Predicate::and(parts.iter().cloned());
                prop_assert!(lacks(event) && bench.holds(&both, event) == Some(true), "{}", event);
            }
            let twin = Predicate::and([a, Predicate::Leaf(leaf.clone())]);
            for event in events(1).into_iter().filter(|event| found.is_some() && lacks(event)) {
                prop_assert_eq!(bench.holds(&twin, &event), Some(false), "{}", event);
            }
        }
    }
}
