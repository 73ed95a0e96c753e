//! Mutants of ES|QL pipelines: the text of the query is changed, planned anew
//! and run on the cases.

mod edit;
mod edits;
pub(crate) mod proof;
mod propose;

use super::edit::marked;
use super::{Fixtures, Mutant, Outcome, RuleMutants};
use crate::clause::esql_text::edited;
use edit::Edit;
use harness_predicate::{Origin, Part};
use harness_runner::case::Polarity;
use harness_runner::run::{Flow, Program};
use harness_runner::verdict::{self, Verdict};
use harness_source::effort;
pub(crate) use propose::Proposer;

/// Changes a rule's pipeline in every way and judges the changes by its cases.
pub(super) fn rule(flow: &Flow<'_>, fixtures: Fixtures) -> RuleMutants {
    let (mut mutants, mut bounds) = (Vec::new(), Vec::new());
    let program = if flow.cases().is_empty() { None } else { flow.program(flow.text()).ok() };
    if let Some(program) = program {
        let holding = holding(flow, &program);
        let proposer = (fixtures != Fixtures::Skip).then(|| Proposer::new(flow, &program));
        let judge = Judge { flow, program: &program, holding, proposer };
        let edits = edits::edits(flow.text());
        // Past the watchdog nothing of it is used.
        let judged = |edit| (!effort::is_spent()).then(|| judge.mutant(edit));
        mutants.extend(edits.iter().map_while(judged));
        bounds.extend(judge.proposer.into_iter().flat_map(Proposer::into_bounds));
    }
    RuleMutants { key: flow.key(), cases: flow.cases().len(), mutants, bounds }
}

/// The changes of a rule's pipeline that can be judged.
pub(crate) fn programs(flow: &Flow<'_>) -> Vec<Program> {
    let edits = edits::edits(flow.text());
    let program = |edit: &Edit| {
        let mut tried = edit.tried.iter();
        tried.find_map(|marks| flow.program(&edited(flow.text(), marks)).ok())
    };
    edits.iter().filter_map(program).collect()
}

/// The cases that hold under the rule.
fn holding(flow: &Flow<'_>, program: &Program) -> Vec<usize> {
    let cases = flow.cases().iter().enumerate();
    let holds = cases.filter(|(at, case)| {
        case.options.todo.is_none() && judged(flow, program, *at) == Some(Ok(Verdict::Pass))
    });
    holds.map(|(at, _)| at).collect()
}

/// What a query makes of a case.
fn judged(flow: &Flow<'_>, program: &Program, case: usize) -> Option<Result<Verdict, String>> {
    let run = flow.prepare(program, case)?.run(false, None);
    let verdict = run.map(|(alerts, _)| verdict::judge(&flow.cases()[case], alerts));
    Some(verdict.map_err(|error| error.to_string()))
}

struct Judge<'a> {
    flow: &'a Flow<'a>,
    /// The rule's own query.
    program: &'a Program,
    /// The cases that hold under the rule.
    holding: Vec<usize>,
    /// `None` where no cases are wanted.
    proposer: Option<Proposer<'a>>,
}

impl Judge<'_> {
    fn mutant(&self, edit: &Edit) -> Mutant {
        let span = edit.shown.iter().map(|mark| mark.span).reduce(harness_source::span::Span::to);
        let replacement = edit.shown.iter().map(|mark| mark.with.as_str());
        Mutant {
            operator: edit.operator,
            origin: Origin { part: Part::Query, span: span.unwrap_or_default() },
            replacement: replacement.collect(),
            text: marked(self.flow.text(), &edit.shown).trim().to_owned(),
            outcome: self.outcome(edit),
        }
    }

    fn outcome(&self, edit: &Edit) -> Outcome {
        let mut reason = None;
        for marks in &edit.tried {
            match self.flow.program(&edited(self.flow.text(), marks)) {
                Ok(program) => return self.tried(&program),
                Err(errors) => reason = reason.or(errors.into_iter().next()),
            }
        }
        let reason = reason.map_or_else(|| "no change".to_owned(), |error| error.to_string());
        Outcome::Unviable { reason }
    }

    fn tried(&self, program: &Program) -> Outcome {
        for case in &self.holding {
            match judged(self.flow, program, *case) {
                Some(Ok(Verdict::Pass)) | None => {}
                Some(Ok(_)) => {
                    return Outcome::Caught { case: self.flow.cases()[*case].path.clone() };
                }
                Some(Err(reason)) => return Outcome::Unviable { reason },
            }
        }
        if proof::is_equivalent(self.program, program) {
            return Outcome::Equivalent;
        }
        let found = self.proposer.as_ref().and_then(|proposer| proposer.find(program));
        let (fixture, polarity) = found
            .map_or((None, Polarity::Negative), |(fixture, polarity)| (Some(fixture), polarity));
        Outcome::Missed { fixture, polarity }
    }
}
