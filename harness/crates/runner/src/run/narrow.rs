//! A run without what nobody asked for, or nobody waits for.

use super::{CaseRun, RuleRun, Run};
use crate::select::{Selected, named};
use crate::verdict::{Status, Verdict};
use harness_source::diagnostic::Severity;
use harness_source::files::Problem;
use harness_source::span::Span;
use harness_source::{effort, limits};

impl Run {
    /// Leaves the cases that were asked for; a rule of which not all were is not held
    /// to have cases of both kinds.
    pub fn narrow(&mut self, selected: &Selected) {
        for rule in &mut self.rules {
            let Some(cases) = selected.cases.get(&rule.key) else { continue };
            let RuleRun { cases: runs, problems, status, .. } = rule;
            runs.retain(|run| cases.contains(&named(&run.case)));
            problems.retain(|problem| problem.diagnostic.code != "unpaired");
            match status {
                Status::Passed | Status::Failed | Status::Todo => *status = standing(runs),
                Status::Untested | Status::Unsupported | Status::Invalid => {}
            }
        }
    }
}

impl RuleRun {
    /// Gives the rule up at something that was asked of it beside its verdicts; what it
    /// failed it has failed, and this is a warning.
    pub fn give_up(&mut self, at: &str) {
        let mut found = effort::given_up(limits::RULE_WORK, at, Span::default());
        match self.status {
            Status::Passed | Status::Todo => self.status = Status::Unsupported,
            Status::Failed => found.severity = Severity::Warning,
            Status::Untested | Status::Unsupported | Status::Invalid => {}
        }
        self.problems.push(Problem::with_path(&self.file, found));
    }
}

/// The status of a rule by some of its cases.
fn standing(runs: &[CaseRun]) -> Status {
    let todo = |run: &CaseRun| run.case.options.todo.is_some();
    if runs.iter().any(|run| !todo(run) && run.verdict != Verdict::Pass) {
        Status::Failed
    } else if runs.iter().any(todo) {
        Status::Todo
    } else {
        Status::Passed
    }
}
