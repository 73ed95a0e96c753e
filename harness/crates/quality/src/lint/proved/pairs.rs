//! Two conditions on one field that no single value fulfils.

use harness_model::schema::Schema;
use harness_predicate::{Column, Part, Predicate, Test};
use harness_source::span::Span;

use super::filter::span_of;
use crate::compare::{Prover, Values, disjoint, holds_lists};
use crate::lint::codes::Code;
use crate::lint::model::Level;
use crate::lint::target::{Sink, Target};

/// The tests of which a condition asks one, all on one column.
pub(super) struct Choice<'p> {
    pub(super) column: &'p Column,
    pub(super) tests: Vec<&'p Test>,
    pub(super) span: Span,
}

/// Tells the contradictions in each list of conditions that have to hold together.
pub(super) fn check(target: &Target<'_>, filter: &Predicate, sink: &mut Sink<'_>) {
    within(target, filter, Level::Error, sink);
}

/// The compilers bound the depth.
fn within(target: &Target<'_>, predicate: &Predicate, level: Level, sink: &mut Sink<'_>) {
    match predicate {
        Predicate::Const(_) | Predicate::Leaf(_) | Predicate::Nested { .. } => {}
        Predicate::Not(inner) => within(target, inner, Level::Warning, sink),
        Predicate::Or(parts) | Predicate::AtLeast { of: parts, .. } => {
            parts.iter().for_each(|part| within(target, part, Level::Warning, sink));
        }
        Predicate::And(parts) => {
            if let Some((a, b)) = contradiction(target.schema, parts) {
                tell(target, predicate, (a, b), level, sink);
            }
            parts.iter().for_each(|part| within(target, part, level, sink));
        }
    }
}

/// The first two conditions of a list that rule each other out.
fn contradiction<'p>(schema: &Schema, parts: &'p [Predicate]) -> Option<(Choice<'p>, Choice<'p>)> {
    let choices: Vec<Choice<'p>> = parts.iter().filter_map(choice).collect();
    let mut pairs = (0..choices.len()).flat_map(|a| (a + 1..choices.len()).map(move |b| (a, b)));
    let (a, b) = pairs.find(|(a, b)| {
        let (a, b) = (&choices[*a], &choices[*b]);
        a.column == b.column
            && a.span != b.span
            && !holds_lists(schema, &a.column.name)
            && excludes(a, b)
    })?;
    let mut choices = choices;
    let second = choices.swap_remove(b);
    Some((choices.swap_remove(a), second))
}

/// Whether no single value passes a test of each.
pub(super) fn excludes(a: &Choice<'_>, b: &Choice<'_>) -> bool {
    const MAX_PAIRS: usize = 4_096;
    a.tests.len().saturating_mul(b.tests.len()) <= MAX_PAIRS
        && a.tests.iter().all(|one| b.tests.iter().all(|other| disjoint(a.column, one, other)))
}

/// A condition that asks one column for one of some tests.
pub(super) fn choice(predicate: &Predicate) -> Option<Choice<'_>> {
    let span = span_of(predicate)?;
    match predicate {
        Predicate::Leaf(leaf) if leaf.origin.part == Part::Query => {
            Some(Choice { column: &leaf.column, tests: vec![&leaf.test], span })
        }
        Predicate::Or(parts) => {
            let mut column = None;
            let mut tests = Vec::new();
            for part in parts {
                let Predicate::Leaf(leaf) = part else { return None };
                if *column.get_or_insert(&leaf.column) != &leaf.column {
                    return None;
                }
                tests.push(&leaf.test);
            }
            Some(Choice { column: column?, tests, span })
        }
        Predicate::Leaf(_)
        | Predicate::Const(_)
        | Predicate::Not(_)
        | Predicate::And(_)
        | Predicate::AtLeast { .. }
        | Predicate::Nested { .. } => None,
    }
}

fn tell(
    target: &Target<'_>,
    all: &Predicate,
    (a, b): (Choice<'_>, Choice<'_>),
    level: Level,
    sink: &mut Sink<'_>,
) {
    let shown = |span: Span| {
        harness_source::span::shorten(&harness_source::span::flat(span.of(target.query())), 60)
    };
    let message = format!(
        "no single value of `{}` is as `{}` and `{}` ask: only an event with a list of values \
         matches",
        a.column.name,
        shown(a.span),
        shown(b.span)
    );
    let mut prover = Prover::new(target.schema);
    let found = prover.find(all, Values::Many).event().cloned();
    sink.query(Code::Contradiction, b.span, message)
        .help("write `or`, or ask for one of them")
        .evidence(found)
        .level(level);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Bench;
    use crate::compare::tests::{events, predicate, schema};
    use harness_predicate::Origin;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// No event of single values fulfils conditions that rule each other out.
        #[test]
        fn contradictions_are_those_of_brute_force(a in predicate(), b in predicate()) {
            let schema = schema();
            let at = |predicate: Predicate, start: usize| {
                predicate.at(Origin { part: Part::Query, span: Span::new(start, start + 1) })
            };
            let parts = [at(a, 1), at(b, 3)];
            if contradiction(&schema, &parts).is_none() {
                return Ok(());
            }
            let both = Predicate::and(parts);
            let mut leaves = Vec::new();
            both.leaves(&mut |leaf| leaves.push(leaf));
            let bench = Bench::new(&schema, leaves.into_iter());
            for event in events(1) {
                prop_assert_eq!(bench.holds(&both, &event), Some(false), "{}", event);
            }
        }
    }
}
