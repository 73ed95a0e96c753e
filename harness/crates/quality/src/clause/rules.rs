//! The rules under test of a session.

use rayon::prelude::*;

use harness_predicate::Leaf;
use harness_runner::run::{Flow, RuleUnderTest, Session, Subject};

/// The rules of a session, in its order.
pub(crate) struct Rules<'a> {
    keys: Vec<String>,
    rules: Vec<Option<RuleUnderTest<'a>>>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(session: &'a Session) -> Self {
        Self { keys: session.keys(), rules: session.rules_under_test() }
    }

    /// How many rules are judged in either way.
    pub(crate) fn count(&self) -> usize {
        self.rules.iter().flatten().count()
    }

    /// The rules that have truth tables.
    pub(crate) fn judged(&self) -> impl Iterator<Item = &Subject<'a>> {
        self.rules.iter().flatten().filter_map(RuleUnderTest::conditions)
    }

    /// What there is to say of each rule: `judged` of those that have truth tables,
    /// `flow` of a pipeline, `none` of all others.
    pub(crate) fn each<T: Send>(
        &self,
        judged: Vec<T>,
        flow: impl Fn(&Flow<'a>) -> T + Sync,
        none: impl Fn(String) -> T,
    ) -> Vec<T> {
        let of_flow = |rule: &Option<RuleUnderTest<'a>>| rule.as_ref()?.pipeline().map(&flow);
        let flows: Vec<Option<T>> = self.rules.par_iter().map(of_flow).collect();
        let mut judged = judged.into_iter();
        let rules = self.keys.iter().zip(&self.rules).zip(flows);
        let rules = rules.map(|((key, rule), flow)| {
            let found = match rule {
                Some(RuleUnderTest::Conditions(_)) => judged.next(),
                Some(RuleUnderTest::Pipeline(_)) => flow,
                None => None,
            };
            found.unwrap_or_else(|| none(key.clone()))
        });
        rules.collect()
    }
}

/// The leaves of all plans of a rule.
pub(crate) fn leaves<'a>(subject: &'a Subject<'_>) -> Vec<&'a Leaf> {
    let mut leaves = Vec::new();
    for filter in subject.filters() {
        filter.leaves(&mut |leaf| leaves.push(leaf));
    }
    leaves
}
