//! The rules under test of a session.

use rayon::prelude::*;

use harness_predicate::Leaf;
use harness_runner::run::{Flow, RuleUnderTest, Session, Subject};
use harness_source::progress;

/// How many rules are measured at once: what the engine says of them and of their
/// changes is dropped before the next.
const AT_ONCE: usize = 100;

/// Rules of a session that follow each other, in its order.
pub(crate) struct Rules<'a> {
    keys: Vec<String>,
    rules: Vec<Option<RuleUnderTest<'a>>>,
}

impl<'a> Rules<'a> {
    /// All rules of a session, some at a time; each is a step of a progress that begins.
    pub(crate) fn parts(session: &'a Session) -> impl Iterator<Item = Self> {
        let keys = session.keys();
        progress::begin(keys.len());
        (0..keys.len()).step_by(AT_ONCE).map(move |from| {
            let own = from..keys.len().min(from + AT_ONCE);
            let rules = own.clone().map(|rule| session.rule_under_test(rule)).collect();
            Self { keys: keys[own].to_vec(), rules }
        })
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
