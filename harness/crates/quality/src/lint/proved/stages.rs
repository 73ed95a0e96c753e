//! Stages of a sequence that cannot follow one another: the key that joins them cannot
//! have a value that both ask for.

use harness_predicate::plan::{EqlSearch, Plan, Stage};
use harness_predicate::{Column, Predicate, Test};
use harness_source::span::{flat, shorten};

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
        if lists || first.kind != second.kind {
            continue;
        }
        let before = asked(&earlier.filter, first);
        let after = asked(&later.filter, second);
        let found = before.held.iter().find_map(|one| {
            let apart = after.held.iter().find(|other| excludes(one, other));
            let refused = || after.refused.iter().find(|other| refuses(one, other));
            Some((one.span, apart.or_else(refused)?.span))
        });
        let found = found.or_else(|| {
            after.held.iter().find_map(|one| {
                let refused = before.refused.iter().find(|other| refuses(one, other))?;
                Some((refused.span, one.span))
            })
        });
        if let Some((before, after)) = found {
            let shown =
                |span: harness_source::span::Span| shorten(&flat(span.of(target.query())), 60);
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
fn refuses(held: &Choice<'_>, refused: &Choice<'_>) -> bool {
    let covered = |test: &&&Test| refused.tests.iter().any(|other| implies(test, other));
    held.tests.iter().all(|test| covered(&test))
}
