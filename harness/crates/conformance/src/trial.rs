//! Judges one case by what the engine and the reference evaluator find.

use std::collections::BTreeSet;

use super::{Case, Disagreement, Expected, Outcome, Sequence, Suite, Trace, listed};
use harness_compile::program::RuleProgram;
use harness_detect::eql::{self, Matcher};
use harness_detect::sequence::stream::Moment;
use harness_detect::terms::key_text;
use harness_detect::{Detection, Events};
use harness_model::document::{Columns, Document};
use harness_model::event::Event;
use harness_predicate::Predicate;
use harness_predicate::eval::eval;
use harness_predicate::explain::support;
use harness_predicate::plan::{EqlPlan, Plan};
use harness_source::diagnostic::{Diagnostic, Severity};

/// One case with all that judging it needs.
pub(super) struct Trial<'a> {
    pub(super) case: &'a Case,
    pub(super) suite: &'a Suite,
    /// Those of the suite.
    pub(super) documents: &'a [Document],
    pub(super) columns: &'a Columns,
}

impl Trial<'_> {
    /// `hits` are the engine's for each filter, as positions in the suite.
    pub(super) fn judge(&self, hits: &[Vec<usize>]) -> Outcome {
        let program = match (&self.case.compiled, &self.case.expected) {
            (Ok(program), _) => program,
            (Err(errors), expected) => return refused(errors, expected),
        };
        let filters = program.filters();
        for (filter, hits) in filters.iter().zip(hits) {
            for at in self.case.documents.clone() {
                if eval(filter, &self.documents[at], self.columns) != hits.contains(&at) {
                    let id = &self.suite.events[at].id;
                    let got = format!("the engine and the reference evaluator differ on {id}");
                    return self.disagree(got, Some(self.trace(filter, at)));
                }
            }
        }
        let ids = match program.plan() {
            Some(Plan::Eql(plan)) if !plan.limits.is_empty() => match self.kept(plan, hits) {
                Ok(ids) => ids,
                Err(got) => return self.disagree(got, None),
            },
            Some(
                Plan::Filter(_)
                | Plan::Eql(_)
                | Plan::Threshold(_)
                | Plan::NewTerms(_)
                | Plan::Threat(_),
            )
            | None => hits.iter().flatten().map(|at| self.suite.events[*at].id.clone()).collect(),
        };
        let first = self.case.documents.clone().next();
        match &self.case.expected {
            Expected::Any => match filters.iter().zip(hits).find(|(_, hits)| hits.is_empty()) {
                None => Outcome::Agree,
                Some((filter, _)) => {
                    self.disagree("no hit".to_owned(), first.map(|at| self.trace(filter, at)))
                }
            },
            Expected::Error(_) => self.disagree(format!("{} hits", ids.len()), None),
            Expected::Sequences(expected) => self.sequences(program, hits, expected),
            Expected::Alerts(expected) => self.alerts(program, hits, expected),
            Expected::Hits(expected) if *expected == ids => Outcome::Agree,
            Expected::Hits(expected) => {
                let differs = |at: &usize| {
                    let id = &self.suite.events[*at].id;
                    expected.contains(id) != ids.contains(id)
                };
                let first = self.case.documents.clone().find(differs);
                let trace = first.zip(filters.first()).map(|(at, filter)| self.trace(filter, at));
                let missing: Vec<_> = expected.difference(&ids).map(String::as_str).collect();
                let extra: Vec<_> = ids.difference(expected).map(String::as_str).collect();
                let got = format!(
                    "{} hits, without [{}], with [{}]",
                    ids.len(),
                    missing.join(" "),
                    extra.join(" ")
                );
                self.disagree(got, trace)
            }
        }
    }

    /// Both matchers on the sequences of a case.
    fn sequences(
        &self,
        program: &RuleProgram,
        hits: &[Vec<usize>],
        expected: &[Vec<Sequence>],
    ) -> Outcome {
        let Some(Plan::Eql(plan)) = program.plan() else {
            return self.disagree("no EQL query".to_owned(), None);
        };
        for matcher in [Matcher::Machine, Matcher::Slow] {
            let found = match self.found(plan, hits, matcher) {
                Ok(found) => found,
                Err(got) => return self.disagree(got, None),
            };
            let is = |expected: &Vec<Sequence>| {
                expected.len() == found.len() && expected.iter().zip(&found).all(|(e, f)| e.is(f))
            };
            if !expected.iter().any(is) {
                return self.disagree(format!("{matcher:?}: {}", listed(&found)), None);
            }
        }
        Outcome::Agree
    }

    /// The ids of the events that pipes keep, on which both matchers agree.
    fn kept(&self, plan: &EqlPlan, hits: &[Vec<usize>]) -> Result<BTreeSet<String>, String> {
        let found = self.found(plan, hits, Matcher::Machine)?;
        let slow = self.found(plan, hits, Matcher::Slow)?;
        if found != slow {
            return Err(format!("{}, and the slow matcher: {}", listed(&found), listed(&slow)));
        }
        Ok(found.into_iter().flat_map(|found| found.events.into_iter().flatten()).collect())
    }

    /// What one matcher finds.
    fn found(
        &self,
        plan: &EqlPlan,
        hits: &[Vec<usize>],
        matcher: Matcher,
    ) -> Result<Vec<Sequence>, String> {
        let base = self.case.documents.start;
        let own = |hits: &Vec<usize>| {
            hits.iter().filter_map(|at| u32::try_from(at - base).ok()).collect()
        };
        let hits: Vec<Vec<u32>> = hits.iter().map(own).collect();
        let events = &self.suite.events[self.case.documents.clone()];
        let tiebreaker = self.suite.tiebreaker.as_deref();
        let moment = |event: &Event| {
            let tiebreaker = tiebreaker.and_then(|field| event.first(field)?.as_i64());
            Some(Moment::new(event.timestamp()?, tiebreaker))
        };
        let all = Events {
            documents: &self.documents[self.case.documents.clone()],
            columns: self.columns,
            moments: &events.iter().map(moment).collect::<Vec<_>>(),
        };
        let found = eql::find(plan, &hits, all, self.suite.size, matcher);
        let found = found.map_err(|error| format!("error: {error}"))?;
        Ok(found.iter().map(|found| readable(found, events)).collect())
    }

    pub(super) fn disagree(&self, got: String, trace: Option<Trace>) -> Outcome {
        disagree(&self.case.expected, got, trace)
    }

    fn trace(&self, filter: &Predicate, at: usize) -> Trace {
        let clauses = support(filter, &self.documents[at], self.columns).into_iter();
        Trace {
            document: self.suite.events[at].source.to_string(),
            clauses: clauses.map(|(leaf, holds)| (leaf.to_string(), holds)).collect(),
        }
    }
}

/// Join keys and event ids of a detection.
fn readable(found: &Detection, events: &[Event]) -> Sequence {
    let keys = found.key.iter().map(|value| key_text(value.as_ref()).to_string()).collect();
    let id = |at: &Option<u32>| at.and_then(|at| Some(events.get(at as usize)?.id.clone()));
    Sequence { keys: Some(keys), events: found.stages.iter().map(id).collect() }
}

fn refused(errors: &[Diagnostic], expected: &Expected) -> Outcome {
    let unsupported = errors.iter().find(|error| error.severity == Severity::Unsupported);
    match (unsupported, expected) {
        (Some(reason), _) => Outcome::Unsupported(reason.message.clone()),
        (None, Expected::Error(_)) => Outcome::Agree,
        (
            None,
            Expected::Any | Expected::Hits(_) | Expected::Sequences(_) | Expected::Alerts(_),
        ) => {
            let message = errors.first().map_or("", |error| &error.message);
            disagree(expected, format!("error: {message}"), None)
        }
    }
}

fn disagree(expected: &Expected, got: String, trace: Option<Trace>) -> Outcome {
    let expected = match expected {
        Expected::Any => "at least one hit".to_owned(),
        Expected::Error(reason) => format!("error: {reason}"),
        Expected::Sequences(lists) => {
            lists.iter().map(|list| listed(list)).collect::<Vec<_>>().join(" or ")
        }
        Expected::Alerts(expected) => expected.alerts.join("; "),
        Expected::Hits(ids) => {
            let ids: Vec<_> = ids.iter().map(String::as_str).collect();
            format!("{} hits [{}]", ids.len(), ids.join(" "))
        }
    };
    Outcome::Disagree(Box::new(Disagreement { expected, got, trace }))
}
