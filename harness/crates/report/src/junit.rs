//! `JUnit` XML, as Jenkins, GitLab and most others read it: a suite a rule, a test
//! a case.
//!
//! What is wrong with a rule as a whole is a test of its own, so that no rule
//! that is red elsewhere is green here. Coverage goes into the properties of a
//! suite: it fails nothing by itself.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::digest::{Digest, Row, gap_in_full};
use super::failure;
use super::human::word;
use super::problem::{one_line, with_help};
use super::words;
use super::{Lines, printable};
use harness_runner::run::{CaseRun, RuleRun, Run};
use harness_runner::verdict::Status;
use harness_source::diagnostic::Severity;
use harness_source::files::Problem;

/// Writes the run, with coverage where it was measured.
///
/// # Errors
///
/// As `out`'s.
pub fn render(digest: &Digest<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("harness");
    report.add_test_suites(digest.rows.iter().map(|row| suite(row, digest)));
    report.add_test_suites(files(digest.run));
    report.serialize(out).map_err(io::Error::other)
}

/// A test of a class.
pub(super) fn test(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut test = TestCase::new(text(name), status);
    test.set_classname(text(class));
    test
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(attribute(reason));
    status
}

pub(super) fn failed(
    kind: NonSuccessKind,
    ty: &str,
    message: &str,
    details: &str,
) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(ty).set_message(attribute(message)).set_description(text(details));
    status
}

/// Text with control characters, which XML cannot hold, as escapes.
pub(super) fn text(text: &str) -> String {
    let noncharacter = |c| matches!(c, '\u{fffe}' | '\u{ffff}');
    printable(text, Lines::Keep).replace(noncharacter, "\u{fffd}")
}

/// The same in one line: readers of attributes take line breaks for blanks.
fn attribute(message: &str) -> String {
    text(message).replace('\n', " ")
}

fn suite(row: &Row<'_>, digest: &Digest<'_>) -> TestSuite {
    let rule = row.rule;
    let class = rule.key.replace('/', ".");
    let mut suite = TestSuite::new(text(&rule.key));
    for run in &rule.cases {
        let name = format!("{}/{}", run.case.polarity.folder(), run.case.name);
        suite.add_test_case(test(&class, &name, case(rule, run)));
    }
    let errors = rule.problems.iter().filter(|p| p.diagnostic.severity == Severity::Error);
    suite.add_test_cases(
        errors.map(|problem| test(&class, problem.diagnostic.code, broken(problem))),
    );
    match rule.status {
        Status::Untested => {
            suite.add_test_case(test(&class, "cases", skipped("the rule has no case")));
        }
        Status::Unsupported => {
            let reasons =
                rule.problems.iter().filter(|p| p.diagnostic.severity == Severity::Unsupported);
            let reasons: Vec<String> = reasons.map(with_help).collect();
            suite.add_test_case(test(&class, "cases", skipped(&reasons.join("; "))));
        }
        Status::Passed | Status::Failed | Status::Todo | Status::Invalid => {}
    }
    let cases = rule.cases.iter().flat_map(|run| {
        run.warnings.iter().map(|warning| format!("warning: {}: {warning}", run.case.path))
    });
    let bounds = row.bounds.iter().map(|bound| format!("note: {}", bound.told()));
    let output: Vec<String> =
        warnings(&rule.problems).chain(cases).chain(bounds).chain(gaps(row)).collect();
    add_output(&mut suite, &output);
    for (name, value) in properties(row, digest) {
        suite.add_property(Property::new(name, attribute(&value)));
    }
    suite
}

/// Adds lines beside the tests.
fn add_output(suite: &mut TestSuite, lines: &[String]) {
    if !lines.is_empty() {
        suite.set_system_out(text(&lines.join("\n")));
    }
}

fn case(rule: &RuleRun, run: &CaseRun) -> TestCaseStatus {
    match (words::outcome(run), &run.case.options.todo) {
        (None, None) => TestCaseStatus::success(),
        (_, Some(todo)) => skipped(&format!("todo: {todo}")),
        (Some(message), None) => {
            let details = failure::why(rule, run, &str::to_owned).join("\n");
            let path = &run.case.path;
            let details = format!("{path}\n{details}");
            failed(NonSuccessKind::Failure, "verdict", &message, &details)
        }
    }
}

fn broken(problem: &Problem) -> TestCaseStatus {
    let help = problem.diagnostic.help.as_deref();
    let help = help.map_or_else(String::new, |help| format!("\nhelp: {help}"));
    let details = format!("{}{help}", one_line(problem));
    failed(NonSuccessKind::Error, "problem", &problem.diagnostic.message, &details)
}

/// What is wrong with files that belong to no rule.
fn files(run: &Run) -> Option<TestSuite> {
    let elsewhere = run.elsewhere.iter().map(|problem| format!("note: {}", one_line(problem)));
    let output: Vec<String> = warnings(&run.problems).chain(elsewhere).collect();
    let errors = run.problems.iter().filter(|p| p.diagnostic.severity == Severity::Error);
    let mut suite = TestSuite::new("files");
    suite.add_test_cases(
        errors.map(|problem| test(problem.diagnostic.code, &problem.path, broken(problem))),
    );
    add_output(&mut suite, &output);
    (suite.tests > 0 || !output.is_empty()).then_some(suite)
}

fn properties(row: &Row<'_>, digest: &Digest<'_>) -> Vec<(&'static str, String)> {
    let (rule, totals) = (row.rule, &row.totals);
    let mut properties = vec![
        ("rule.name", rule.name.clone()),
        ("rule.id", rule.rule_id.clone()),
        ("rule.severity", rule.about.severity.clone()),
        ("rule.status", word(rule.status).to_owned()),
    ];
    if digest.measured.clauses {
        properties.push(("clauses.covered", totals.clauses.part.to_string()));
        properties.push(("clauses.all", totals.clauses.whole.to_string()));
    }
    if digest.measured.mutants {
        properties.push(("mutants.caught", totals.mutants.part.to_string()));
        properties.push(("mutants.viable", totals.mutants.whole.to_string()));
        properties.push(("mutants.equivalent", totals.equivalent.to_string()));
        properties.push(("mutants.unviable", totals.unviable.to_string()));
    }
    properties
}

/// What coverage and mutants lack, a line each.
fn gaps(row: &Row<'_>) -> Vec<String> {
    let clauses = row.uncovered().filter_map(|clause| {
        Some(format!("not covered: {} ({})", clause.text, gap_in_full(clause)?))
    });
    let mutants = row
        .missed()
        .map(|mutant| format!("missed: {}: {}", mutant.operator, words::flat(&mutant.text)));
    clauses.chain(mutants).collect()
}

/// The warnings among findings, a line each.
fn warnings(problems: &[Problem]) -> impl Iterator<Item = String> {
    let warnings = problems.iter().filter(|p| p.diagnostic.severity == Severity::Warning);
    warnings.map(|problem| format!("warning: {}", with_help(problem)))
}
