//! Mutants: small changes to a rule, and whether its cases notice them.
//!
//! A mutant that no case notices is either proved to mean the same as the rule,
//! or a gap: the case that would close it is proposed. The types are plain data
//! for renderers.

mod clauses;
pub(crate) mod edit;
mod judge;
mod letters;
mod model;
pub(crate) mod perturb;
pub(crate) mod pipeline;
mod plans;
mod script;
#[cfg(test)]
mod tests;
mod text;
mod value;

use rayon::prelude::*;

use crate::clause::rules::{Rules, leaves};
use crate::clause::truth_table::TruthTable;
use crate::coverage::{self, Coverage};
use edit::{Change, Edit};
use harness_engine::{Engine, EngineError};
use harness_predicate::plan::Plan;
use harness_runner::run::{Flow, Session, Subject};
use harness_source::{effort, limits, progress};
pub use model::Fixtures;
pub use model::{Mutant, Operator, Outcome, RuleMutants};

/// The mutants of all rules of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mutants {
    /// In the order of [`Run::rules`](harness_runner::run::Run::rules), one for each.
    pub rules: Vec<RuleMutants>,
}

/// Changes every rule of a session in every way and judges the changes by its
/// cases.
///
/// # Errors
///
/// When the engine fails.
pub fn mutate(
    session: &Session,
    engine: &dyn Engine,
    fixtures: Fixtures,
) -> Result<Mutants, EngineError> {
    let mut all = Vec::new();
    for rules in Rules::parts(session) {
        let edits = all_edits(&rules);
        let tables = tables(&rules, &edits, engine)?;
        all.extend(judged(&rules, &edits, &tables, fixtures));
    }
    Ok(Mutants { rules: all })
}

/// The same, and what the cases cover, by one asking of the engine for each rule.
///
/// # Errors
///
/// When the engine fails.
pub fn measure(
    session: &Session,
    engine: &dyn Engine,
    fixtures: Fixtures,
) -> Result<(Coverage, Mutants), EngineError> {
    let (mut covered, mut mutants) = (Vec::new(), Vec::new());
    for rules in Rules::parts(session) {
        let edits = all_edits(&rules);
        let tables = tables(&rules, &edits, engine)?;
        covered.extend(coverage::of(&rules, &tables, || {}));
        mutants.extend(judged(&rules, &edits, &tables, fixtures));
    }
    Ok((Coverage { rules: covered }, Mutants { rules: mutants }))
}

/// By rule that is judged, by plan: the plans of a rule differ in their dates alone.
type Edits = Vec<Vec<Vec<Edit>>>;

fn all_edits(rules: &Rules<'_>) -> Edits {
    let judged: Vec<&Subject<'_>> = rules.judged().collect();
    let own = judged.par_iter().map(|subject| {
        let plans = subject.plans().into_iter();
        // Without a case every mutant is missed.
        let is_tested = !subject.cases().is_empty();
        plans.map(|plan| if is_tested { edits_of(plan, subject) } else { Vec::new() }).collect()
    });
    own.collect()
}

/// What the engine says of all leaves of the rules and of their changes.
fn tables<'a>(
    rules: &'a Rules<'a>,
    edits: &'a Edits,
    engine: &dyn Engine,
) -> Result<Vec<TruthTable<'a>>, EngineError> {
    let asked = rules.judged().zip(edits).map(|(subject, edits)| {
        let mut leaves = leaves(subject);
        for edit in edits.iter().flatten() {
            if let Change::Filters(replaced) = &edit.change {
                replaced.iter().for_each(|one| one.with.leaves(&mut |leaf| leaves.push(leaf)));
            }
        }
        (subject, leaves)
    });
    TruthTable::all(asked.collect(), engine)
}

fn judged(
    rules: &Rules<'_>,
    edits: &Edits,
    tables: &[TruthTable<'_>],
    fixtures: Fixtures,
) -> Vec<RuleMutants> {
    let none = |key| RuleMutants { key, ..RuleMutants::default() };
    let most = limits::RULE_WORK;
    let given_up = |subject: &Subject<'_>| RuleMutants {
        cases: subject.cases().len(),
        bounds: vec![most],
        ..none(subject.key())
    };
    let judged = tables.par_iter().zip(edits).map(|(table, edits)| {
        let found = effort::within(most, || judge::rule(table, edits, fixtures));
        progress::tick();
        found.unwrap_or_else(|| given_up(table.subject))
    });
    let flow = |flow: &Flow<'_>| {
        let found = effort::within(most, || pipeline::rule(flow, fixtures));
        progress::tick();
        found.unwrap_or_else(|| given_up(flow.subject()))
    };
    rules.each(judged.collect(), flow, none)
}

/// All changes to one plan of a rule, in the order of the rule.
pub(crate) fn edits_of(plan: &Plan, subject: &Subject<'_>) -> Vec<Edit> {
    let rule = subject.rule();
    let filters = plan.filters().into_iter().enumerate();
    let lists = filters.map(|(at, filter)| clauses::edits(at, filter, rule)).collect();
    let mut edits = edit::joined(lists);
    edits.extend(plans::edits(plan, rule));
    edits
}
