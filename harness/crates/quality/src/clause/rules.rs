//! The rules under test of a session.

use rayon::prelude::*;

use harness_predicate::Leaf;
use harness_predicate::plan::Plan;
use harness_runner::run::{Flow, Session, Subject};

/// The rules of a session, in its order.
pub(crate) struct Rules<'a> {
    keys: Vec<String>,
    /// Those that are judged by the bitmaps of their clauses.
    subjects: Vec<Option<Subject<'a>>>,
    /// Those that are run again.
    flows: Vec<Option<Flow<'a>>>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(session: &'a Session) -> Self {
        Self { keys: session.keys(), subjects: session.subjects(), flows: session.flows() }
    }

    /// How many rules are judged in either way.
    pub(crate) fn count(&self) -> usize {
        self.subjects.iter().flatten().count() + self.flows.iter().flatten().count()
    }

    /// The rules that have sheets.
    pub(crate) fn judged(&self) -> impl Iterator<Item = &Subject<'a>> {
        self.subjects.iter().flatten()
    }

    /// What there is to say of each rule: `judged` of those that have sheets,
    /// `flow` of a pipeline, `none` of all others.
    pub(crate) fn each<T: Send>(
        &self,
        judged: Vec<T>,
        flow: impl Fn(&Flow<'a>) -> T + Sync,
        none: impl Fn(String) -> T,
    ) -> Vec<T> {
        let flows: Vec<Option<T>> =
            self.flows.par_iter().map(|one| one.as_ref().map(&flow)).collect();
        let mut judged = judged.into_iter();
        let rules = self.keys.iter().zip(&self.subjects).zip(flows);
        let rules = rules.map(|((key, subject), flow)| {
            let found = subject.as_ref().and_then(|_| judged.next());
            found.or(flow).unwrap_or_else(|| none(key.clone()))
        });
        rules.collect()
    }
}

/// The leaves of all plans of a rule.
pub(crate) fn leaves<'a>(subject: &'a Subject<'_>) -> Vec<&'a Leaf> {
    let mut leaves = Vec::new();
    for filter in subject.plans().iter().flat_map(Plan::filters) {
        filter.leaves(&mut |leaf| leaves.push(leaf));
    }
    leaves
}
