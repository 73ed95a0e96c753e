//! Cases judged as the project would judge them: only what holds is kept.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;

use super::model::{ClauseRow, Dead, Grown, RuleCases};
use crate::coverage::ClauseCoverage;
use crate::mutate::{self, Fixtures, Outcome};
use harness_engine::EngineError;
use harness_runner::case::{Case, Polarity};
use harness_runner::run::{Hits, Project, RuleRun, Run, Session};
use harness_runner::verdict::{Status, Verdict};
use harness_source::diagnostic::Severity;
use harness_source::limits;
use harness_source::span::plural;

/// How often cases are judged again after some that do not hold were dropped.
const MAX_ROUNDS: usize = limits::NEW_ROUNDS.most;

/// Cases by the key of their rule.
pub(super) type ByRule = BTreeMap<String, Vec<Case>>;

/// The project with more cases, after those that it has.
pub(super) fn with(project: &Project, more: &ByRule) -> Project {
    let mut project = project.clone();
    for (key, cases) in more {
        project.cases.rules.entry(key.clone()).or_default().extend(cases.iter().cloned());
    }
    project
}

/// How rules stand before any case of theirs was judged.
pub(super) fn standing(session: &Session) -> Vec<RuleRun> {
    let filters = session.filters().into_iter();
    let nothing: Hits = filters.map(|(own, _)| vec![RoaringBitmap::default(); own.len()]).collect();
    session.judge(&nothing).rules
}

/// Judges what was made, drops what does not hold, and measures the rest.
pub(super) fn judged(
    project: &Project,
    mut made: BTreeMap<String, Grown>,
    standing: &[RuleRun],
) -> Result<Vec<RuleCases>, EngineError> {
    let mut round = 0;
    loop {
        let cases: ByRule = made
            .iter()
            .map(|(key, own)| (key.clone(), own.made.iter().map(|made| made.case(key)).collect()))
            .collect();
        let session = Session::open(with(project, &cases));
        let engine = session.engine()?;
        let run = session.judge(&session.ask(&engine)?);
        let dropped = dropped(&mut made, &run);
        round += 1;
        if dropped && round < MAX_ROUNDS {
            continue;
        }
        let (coverage, mutants) = mutate::measure(&session, &engine, Fixtures::Skip)?;
        let measured = coverage.rules.into_iter().zip(mutants.rules);
        let rules = run.rules.iter().zip(standing).zip(measured);
        let rules = rules.map(|((run, standing), (coverage, mutants))| {
            let own = made.remove(&run.key).unwrap_or_default();
            let count = |polarity| run.cases.iter().filter(|c| c.case.polarity == polarity).count();
            let clauses = rows(&coverage.clauses, &own.dead);
            let reason = reason(run, standing).or_else(|| given_up(&clauses, mutants.score()));
            let missed = mutants.mutants.iter().filter_map(|mutant| match &mutant.outcome {
                Outcome::Missed { .. } => Some(mutant.text.clone()),
                Outcome::Caught { .. } | Outcome::Equivalent | Outcome::Unviable { .. } => None,
            });
            RuleCases {
                key: run.key.clone(),
                file: run.file.clone(),
                positive: count(Polarity::Positive),
                negative: count(Polarity::Negative),
                clauses,
                made: own.made,
                mutants: mutants.score(),
                missed: missed.collect(),
                reason,
            }
        });
        return Ok(rules.collect());
    }
}

/// The clauses of a rule; `dead` are those that no event can turn.
fn rows(clauses: &[ClauseCoverage], dead: &[Dead]) -> Vec<ClauseRow> {
    let mut rows: Vec<ClauseRow> = clauses.iter().map(ClauseRow::new).collect();
    for Dead { clause, holds, reason } in dead {
        if let Some(row) = rows.get_mut(*clause) {
            let shown = if *holds { &row.holds } else { &row.fails };
            if shown.is_none() {
                row.dead.get_or_insert_with(|| reason.clone());
            }
        }
    }
    rows
}

/// Drops the cases that do not hold, or that no index takes; whether there were any.
fn dropped(made: &mut BTreeMap<String, Grown>, run: &Run) -> bool {
    let mut any = false;
    for rule in &run.rules {
        let Some(Grown { made: own, .. }) = made.get_mut(&rule.key) else { continue };
        let passed = rule.cases.iter().filter(|run| run.verdict == Verdict::Pass);
        let passed: BTreeSet<&str> = passed.map(|run| run.case.path.as_str()).collect();
        let before = own.len();
        own.retain(|made| passed.contains(made.path(&rule.key).as_str()));
        any |= own.len() != before;
    }
    any
}

/// Why a rule has not all that it should have.
fn reason(run: &RuleRun, standing: &RuleRun) -> Option<String> {
    let worst = match standing.status {
        Status::Unsupported => Some(Severity::Unsupported),
        Status::Invalid => Some(Severity::Error),
        Status::Passed | Status::Failed | Status::Untested | Status::Todo => None,
    };
    if let Some(worst) = worst {
        let found = standing.problems.iter().find(|problem| problem.diagnostic.severity == worst);
        return found.map(|problem| problem.diagnostic.message.clone());
    }
    let lacks = |polarity| !run.cases.iter().any(|case| case.case.polarity == polarity);
    match (lacks(Polarity::Positive), lacks(Polarity::Negative)) {
        (false, false) => None,
        (true, _) => Some("no events were found that raise the rule".to_owned()),
        (false, true) => Some("no events were found that the rule lets pass".to_owned()),
    }
}

/// That the search ended before all was shown, and at what.
fn given_up(clauses: &[ClauseRow], (caught, mutants): (usize, usize)) -> Option<String> {
    let mut open = clauses.iter().filter(|row| row.dead.is_none() && !row.is_covered());
    let first = open.next();
    let left = first.iter().len() + open.count();
    let missed = mutants.saturating_sub(caught);
    let at = first.map_or_else(String::new, |row| format!(", first at {}", row.text));
    let lacks = match (left, missed) {
        (0, 0) => return None,
        (_, 0) => format!("no case decides {}{at}", plural(left, "clause")),
        (0, _) => format!("no case tells {}", plural(missed, "mutant")),
        _ => {
            let (left, missed) = (plural(left, "clause"), plural(missed, "mutant"));
            format!("no case decides {left}{at}, none tells {missed}")
        }
    };
    Some(format!("the search was given up: {lacks}"))
}
