//! The run for machines. The schema is described in docs/formats.md.

use std::io::{self, Write};

use serde::Serialize;

use super::problem::one_line;
use super::words;
use harness_model::value::format_date;
use harness_runner::case::Polarity;
use harness_runner::run::{self, RiskScore, RuleRun, Run, Schedule};
use harness_runner::verdict::{Status, Verdict};
use harness_source::diagnostic::Severity;
use harness_source::files::Problem;
use harness_source::span::line_column;

#[derive(Serialize)]
struct Report<'a> {
    rules: Vec<Rule<'a>>,
    problems: Vec<Finding<'a>>,
    elsewhere: Vec<Finding<'a>>,
    schedules: Option<Vec<Scheduled<'a>>>,
}

/// A case under consecutive runs.
#[derive(Serialize)]
struct Scheduled<'a> {
    rule: &'a str,
    case: &'a str,
    interval: &'a str,
    runs: usize,
    alerts: usize,
    dropped: Vec<Again<'a>>,
    repeated: Vec<Again<'a>>,
    suppressed: usize,
    unwanted: &'a [Vec<String>],
    gaps: &'a [String],
    note: Option<&'a str>,
}

/// An alert that several runs found.
#[derive(Serialize)]
struct Again<'a> {
    events: &'a [String],
    runs: usize,
}

impl<'a> From<&'a (Vec<String>, usize)> for Again<'a> {
    fn from((events, runs): &'a (Vec<String>, usize)) -> Self {
        Self { events, runs: *runs }
    }
}

/// What every list of rules says of a rule first.
#[derive(Serialize)]
pub(super) struct Head<'a> {
    path: &'a str,
    key: &'a str,
    name: &'a str,
    #[serde(rename = "rule_id")]
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    language: &'a str,
}

impl<'a> From<&'a RuleRun> for Head<'a> {
    fn from(rule: &'a RuleRun) -> Self {
        Self {
            path: &rule.file,
            key: &rule.key,
            name: &rule.name,
            id: &rule.rule_id,
            kind: &rule.rule_type,
            language: &rule.language,
        }
    }
}

#[derive(Serialize)]
struct Rule<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    status: Status,
    problems: Vec<Finding<'a>>,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    path: &'a str,
    polarity: Polarity,
    verdict: &'static str,
    todo: Option<&'a str>,
    events: usize,
    alerts: Vec<Alert<'a>>,
    explanations: Vec<Explanation<'a>>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Alert<'a> {
    events: &'a [String],
    name: &'a str,
    severity: &'a str,
    risk_score: RiskScore,
    building_block: bool,
    reason: &'a str,
    key: &'a [String],
    terms: Vec<Term<'a>>,
    count: Option<u64>,
    cardinality: Option<u64>,
    indicators: &'a [String],
    suppressed: Option<Suppressed<'a>>,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
struct Term<'a> {
    field: &'a str,
    value: &'a str,
}

/// What a group has in common in a field; null where it lacks the field.
#[derive(Serialize)]
struct Shared<'a> {
    field: &'a str,
    value: Option<&'a str>,
}

#[derive(Serialize)]
struct Suppressed<'a> {
    by: Vec<Shared<'a>>,
    count: usize,
    events: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Explanation<'a> {
    event: Option<&'a str>,
    also: &'a [String],
    note: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    clauses: Vec<Clause<'a>>,
    changes: Vec<FieldChange<'a>>,
}

/// Values of a field before and after a change, each as JSON text.
#[derive(Serialize)]
pub(super) struct FieldChange<'a> {
    field: &'a str,
    from: &'a [String],
    to: &'a [String],
}

impl<'a> From<&'a run::FieldChange> for FieldChange<'a> {
    fn from(change: &'a run::FieldChange) -> Self {
        Self { field: &change.field, from: &change.from, to: &change.to }
    }
}

#[derive(Serialize)]
struct Clause<'a> {
    #[serde(rename = "clause")]
    text: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    role: &'static str,
    holds: bool,
    field: &'a str,
    found: &'a [String],
    hint: Option<&'a str>,
    others: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    severity: &'static str,
    code: &'a str,
    message: &'a str,
    path: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    help: Option<&'a str>,
    text: String,
}

/// Writes the run as one JSON object, with its cases under consecutive runs if given.
///
/// # Errors
///
/// As `out`'s.
pub fn render(run: &Run, schedules: Option<&[Schedule]>, out: &mut dyn Write) -> io::Result<()> {
    let rules = run.rules.iter().map(|rule| Rule {
        head: rule.into(),
        status: rule.status,
        problems: rule.problems.iter().map(finding).collect(),
        cases: rule.cases.iter().map(|run| case(rule, run)).collect(),
    });
    let problems = run.problems.iter().map(finding).collect();
    let elsewhere = run.elsewhere.iter().map(finding).collect();
    let schedules = schedules.map(|all| all.iter().map(scheduled).collect());
    let report = Report { rules: rules.collect(), problems, elsewhere, schedules };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn scheduled(schedule: &Schedule) -> Scheduled<'_> {
    Scheduled {
        rule: &schedule.file,
        case: &schedule.case,
        interval: &schedule.interval,
        runs: schedule.runs,
        alerts: schedule.alerts,
        dropped: schedule.dropped.iter().map(Again::from).collect(),
        repeated: schedule.repeated.iter().map(Again::from).collect(),
        suppressed: schedule.suppressed,
        unwanted: &schedule.unwanted,
        gaps: &schedule.gaps,
        note: schedule.note.as_deref(),
    }
}

fn case<'a>(rule: &RuleRun, run: &'a run::CaseRun) -> Case<'a> {
    Case {
        path: &run.case.path,
        polarity: run.case.polarity,
        verdict: words::verdict(&run.verdict),
        todo: run.case.options.todo.as_deref(),
        events: run.case.events.len(),
        alerts: run.alerts.iter().map(alert).collect(),
        explanations: run.explanations.iter().map(|why| explanation(rule, why)).collect(),
        warnings: warnings(run),
    }
}

/// The warnings of a case, and why its search failed.
pub(super) fn warnings(run: &harness_runner::run::CaseRun) -> Vec<String> {
    let failed = match &run.verdict {
        Verdict::Error(reason) => Some(reason.clone()),
        Verdict::Pass | Verdict::Missed | Verdict::Noisy | Verdict::Count { .. } => None,
    };
    run.warnings.iter().map(ToString::to_string).chain(failed).collect()
}

/// An explanation for machines.
pub(super) fn explanation<'a>(rule: &RuleRun, why: &'a run::Explanation) -> Explanation<'a> {
    let place = why.origin.and_then(|origin| rule.about.locate(origin));
    Explanation {
        event: why.event.as_deref(),
        also: &why.also,
        note: why.note.as_deref(),
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
        clauses: why.clauses.iter().map(|own| clause(rule, own)).collect(),
        changes: why.changes.iter().map(FieldChange::from).collect(),
    }
}

fn clause<'a>(rule: &RuleRun, clause: &'a run::Clause) -> Clause<'a> {
    let place = rule.about.locate(clause.origin);
    Clause {
        text: &clause.clause,
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
        role: clause.role.name(),
        holds: clause.holds,
        field: &clause.field,
        found: &clause.found,
        hint: clause.hint.as_deref(),
        others: clause.others,
        unknown: clause.unknown.as_deref(),
    }
}

/// An alert for machines.
pub(super) fn alert(alert: &run::Alert) -> Alert<'_> {
    let facts = &alert.facts;
    let suppressed = facts.suppressed.as_ref().map(|suppressed| Suppressed {
        by: suppressed.by.iter().map(shared).collect(),
        count: suppressed.count,
        events: &suppressed.events,
    });
    Alert {
        events: &alert.events,
        name: &facts.name.value,
        severity: &facts.severity.value,
        risk_score: facts.risk_score.value,
        building_block: facts.building_block,
        reason: &facts.reason,
        key: &alert.key,
        terms: terms(&facts.terms),
        count: facts.count,
        cardinality: facts.cardinality,
        indicators: &facts.indicators,
        suppressed,
        first: facts.first.map(format_date),
        last: facts.last.map(format_date),
    }
}

fn shared((field, value): &(String, Option<String>)) -> Shared<'_> {
    Shared { field, value: value.as_deref() }
}

fn terms(terms: &[(String, String)]) -> Vec<Term<'_>> {
    terms.iter().map(|(field, value)| Term { field, value }).collect()
}

/// A finding for machines.
pub(super) fn finding(problem: &Problem) -> Finding<'_> {
    let diagnostic = &problem.diagnostic;
    let place =
        (!problem.text.is_empty()).then(|| line_column(&problem.text, diagnostic.span.start));
    Finding {
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Unsupported => "unsupported",
            Severity::Warning => "warning",
        },
        code: diagnostic.code,
        message: &diagnostic.message,
        path: &problem.path,
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
        help: diagnostic.help.as_deref(),
        text: one_line(problem),
    }
}
