//! Why a case failed, found by the same search as [`super::explain`]: a missed
//! alert by what is nearest to one, an unwanted one by what did not stop it.

mod alone;
mod exempt;
mod model;
mod pipeline;
mod together;

use std::collections::BTreeMap;

use super::turn::Conditions;
use super::{hits, labels};
use harness_detect::Events;
use harness_model::event::Event;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_runner::run::{CaseRun, Explanation, RuleRun, RuleUnderTest, Session};
use harness_source::diagnostic::Diagnostic;
use harness_source::files::Problem;
use harness_source::limits;
use harness_source::span::Span;
use model::{Failure, MAX_TOLD, Wrong, alerts, note};

/// The most cases of one rule that are explained.
const MAX_CASES: usize = limits::EXPLAINED_CASES.most;

/// Explains the cases of the n-th rule of a session that fail.
pub(super) fn explain(session: &Session, at: usize, rule: &mut RuleRun) {
    let Some(under_test) = session.rule_under_test(at) else { return };
    let subject = under_test.subject();
    let count = rule.cases.iter().filter(|run| Wrong::of(&run.verdict).is_some()).count();
    if count > MAX_CASES {
        let message = format!("{MAX_CASES} of {count} failed cases are explained");
        let found = Diagnostic::warning("unexplained", message, Span::default());
        rule.problems.push(Problem::with_path(&rule.file, found));
    }
    // Cases that no index takes did not run, so numbers tell nothing.
    let number = |path: &str| subject.cases().iter().position(|own| own.path == path);
    let failed = rule.cases.iter_mut().filter_map(|run| {
        let wrong = Wrong::of(&run.verdict)?;
        Some((number(&run.case.path)?, wrong, run))
    });
    let failed = failed.take(MAX_CASES);
    if let RuleUnderTest::Pipeline(flow) = &under_test {
        pipeline::explain(flow, failed);
        return;
    }
    let mut conditions: BTreeMap<usize, Conditions<'_>> = BTreeMap::new();
    for (case, wrong, run) in failed {
        let number = subject.plan_of(case);
        let Some(plan) = subject.plan(case) else { continue };
        let own = conditions.remove(&number).unwrap_or_else(|| Conditions::new(plan, subject));
        let hits = hits(plan, case, subject);
        let mut failure = Failure { subject, plan, conditions: own, case, hits };
        run.explanations = failure.told(wrong, run);
        conditions.insert(number, failure.conditions);
    }
}

impl Failure<'_> {
    fn told(&mut self, wrong: Wrong, run: &CaseRun) -> Vec<Explanation> {
        let alerts = (!run.alerts.is_empty()).then(|| note(None, alerts(run)));
        match wrong {
            Wrong::Many => alerts.into_iter().collect(),
            Wrong::Any => {
                let several = alerts.filter(|_| run.alerts.len() > 1 || self.is_joined());
                let together = self.raised();
                let alone = self.let_through(run);
                let idle = exempt::idle(self.subject, self.case, run);
                several.into_iter().chain(idle).chain(together).chain(alone).collect()
            }
            Wrong::Few => {
                let missed = match self.plan {
                    Plan::Eql(plan) if self.is_joined() => self.unjoined(plan),
                    Plan::Threat(plan) => self.unmatched(plan),
                    Plan::Filter(_) | Plan::Eql(_) | Plan::Threshold(_) | Plan::NewTerms(_) => {
                        let together = self.missed_together();
                        // What is in no group may be what it lacks.
                        let most = if together.is_empty() { MAX_TOLD } else { 1 };
                        together.into_iter().chain(self.nearest(0, most)).collect()
                    }
                };
                alerts.into_iter().chain(missed).collect()
            }
        }
    }

    /// Whether an alert is of several events in stages.
    fn is_joined(&self) -> bool {
        matches!(self.plan, Plan::Eql(plan) if !matches!(plan.search, EqlSearch::Events(_)))
    }

    /// What the n-th condition is about; empty for the only one.
    fn label(&self, filter: usize) -> String {
        labels(self.plan).get(filter).cloned().unwrap_or_default()
    }

    fn own(&self) -> &[Event] {
        &self.subject.cases()[self.case].events
    }

    fn events(&self) -> Events<'_> {
        self.subject.events(self.case)
    }

    fn id(&self, event: u32) -> String {
        self.own().get(event as usize).map_or_else(String::new, |event| event.id.clone())
    }
}
