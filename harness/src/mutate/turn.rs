//! The event, changed as little as turns what a filter says of it.

use super::formula::Formulas;
use super::propose::{Search, without};
use crate::coverage::tree::Tree;
use crate::event::Event;
use crate::ir::eval::eval;
use crate::ir::plan::Plan;
use crate::run::Subject;

/// How many sets of changes are tried.
const MAX_TRIES: usize = 16;

/// An event of a case with the fewest clauses turned that make the n-th filter
/// of a plan `wanted` on it; `None` where none was found.
pub(crate) fn turned(
    subject: &Subject<'_>,
    (plan, filter): (&Plan, usize),
    (case, event): (usize, usize),
    wanted: bool,
) -> Option<Event> {
    let predicate = *plan.filters().get(filter)?;
    let holds = |event: &Event| eval(predicate, &subject.document(event), subject.columns());
    turned_to(subject, (plan, filter), (case, event), wanted, &|event| holds(event) == wanted)
}

/// The same, where `accepts` says whether an event is as it has to be.
pub(crate) fn turned_to(
    subject: &Subject<'_>,
    (plan, filter): (&Plan, usize),
    (case, event): (usize, usize),
    wanted: bool,
    accepts: &dyn Fn(&Event) -> bool,
) -> Option<Event> {
    let predicate = *plan.filters().get(filter)?;
    let tree = Tree::new(predicate);
    let search = Search { subject, plan, mutant: plan, filter };
    let mut formulas = Formulas::new();
    let mut left = formulas.wanted(&tree, wanted)?;
    let own = subject.cases().get(case)?.events.get(event)?;
    let document = subject.documents().get(subject.documents_of(case).start + event)?;
    for _ in 0..MAX_TRIES {
        let truth = search.truth(&formulas, document);
        let (_, path) = formulas.manager.nearest(left, &|variable| truth[variable as usize])?;
        let failed = match search.changed(&mut formulas, own, &truth, &path) {
            Ok(changed) if accepts(&changed) => return Some(changed),
            Ok(_) => path,
            Err(failed) => failed,
        };
        left = without(&mut formulas, left, &failed)?;
    }
    None
}
