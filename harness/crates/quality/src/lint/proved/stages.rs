//! Stages of a sequence that cannot follow one another: the key that joins them cannot
//! have a value that both ask for.

use harness_predicate::plan::{EqlSearch, Plan, Stage};
use harness_predicate::{Column, Predicate, Test};
use harness_source::span::{Span, flat, shorten};

use super::pairs::{Choice, choice, excludes};
use crate::compare::holds_lists;
use crate::lint::codes::Code;
use crate::lint::target::{Sink, Target};
use crate::synthesis::implications::implies;

/// Tells the first stage that cannot follow one before it.
pub(super) fn check(target: &Target<'_>, plan: &Plan, sink: &mut Sink<'_>) {
    let Plan::Eql(own) = plan else { return };
    let EqlSearch::Sequence { stages, .. } = &own.search else { return };
    let present: Vec<&Stage> = stages.iter().filter(|stage| !stage.missing).collect();
    for (at, later) in present.iter().enumerate() {
        for earlier in &present[..at] {
            if tell(target, earlier, later, sink) {
                return;
            }
        }
    }
}

fn tell(target: &Target<'_>, earlier: &Stage, later: &Stage, sink: &mut Sink<'_>) -> bool {
    for (first, second) in earlier.keys.iter().zip(&later.keys) {
        let (Some(first), Some(second)) = (&first.column, &second.column) else { continue };
        let lists = [first, second].iter().any(|key| holds_lists(target.schema, &key.name));
        if lists {
            continue;
        }
        let found = apart((&earlier.filter, first), (&later.filter, second));
        if let Some((before, after)) = found {
            let shown = |span: Span| shorten(&flat(span.of(target.query())), 60);
            let message = format!(
                "this stage cannot follow: its key is that of an event with `{}`, and it asks for \
                 `{}`",
                shown(before),
                shown(after)
            );
            sink.query(Code::CannotFollow, after, message)
                .help("join the stages by another field, or mend one of the two");
            return true;
        }
    }
    false
}

/// Where two filters ask for values of their key columns that are not the same one: what
/// the first asks, and what the second does. A key has one value.
fn apart(
    (earlier, first): (&Predicate, &Column),
    (later, second): (&Predicate, &Column),
) -> Option<(Span, Span)> {
    if first.kind != second.kind {
        return None;
    }
    let (before, after) = (asked(earlier, first), asked(later, second));
    let found = before.held.iter().find_map(|one| {
        let apart = after.held.iter().find(|other| excludes(one, other));
        let refused = || after.refused.iter().find(|other| refuses(one, other));
        Some((one.span, apart.or_else(refused)?.span))
    });
    found.or_else(|| {
        after.held.iter().find_map(|one| {
            let refused = before.refused.iter().find(|other| refuses(one, other))?;
            Some((refused.span, one.span))
        })
    })
}

/// What a filter asks of one column: what it has to be, and what it must not be.
struct Asked<'p> {
    held: Vec<Choice<'p>>,
    refused: Vec<Choice<'p>>,
}

fn asked<'p>(filter: &'p Predicate, column: &Column) -> Asked<'p> {
    let parts: Vec<&Predicate> = match filter {
        Predicate::And(parts) => parts.iter().collect(),
        other => vec![other],
    };
    let mut asked = Asked { held: Vec::new(), refused: Vec::new() };
    for part in parts {
        let (list, inner) = match part {
            Predicate::Not(inner) => (&mut asked.refused, &**inner),
            other => (&mut asked.held, other),
        };
        list.extend(choice(inner).filter(|own| own.column == column));
    }
    asked
}

/// Whether each value that passes a test of the first passes one of the second, which
/// must not hold.
pub(super) fn refuses(held: &Choice<'_>, refused: &Choice<'_>) -> bool {
    let covered = |test: &&&Test| refused.tests.iter().any(|other| implies(test, other));
    held.tests.iter().all(|test| covered(&test))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Bench;
    use crate::compare::tests::{events, predicate, schema};
    use harness_predicate::Kind;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// No two events of stages that cannot follow have the same key.
        #[test]
        fn stages_that_cannot_follow_never_do(a in predicate(), b in predicate()) {
            let key = Column { name: "user.name".into(), kind: Kind::Keyword };
            if apart((&a, &key), (&b, &key)).is_none() {
                return Ok(());
            }
            let schema = schema();
            let mut leaves = Vec::new();
            a.leaves(&mut |leaf| leaves.push(leaf));
            b.leaves(&mut |leaf| leaves.push(leaf));
            let bench = Bench::new(&schema, leaves.into_iter());
            let keys = |filter: &Predicate| {
                let all = events(1).into_iter();
                let held = all.filter(|event| bench.holds(filter, event) == Some(true));
                let keys = held.filter_map(|event| event["user"]["name"][0].as_str().map(str::to_owned));
                keys.collect::<std::collections::BTreeSet<_>>()
            };
            prop_assert!(keys(&a).is_disjoint(&keys(&b)));
        }
    }
}
