//! `JUnit` XML, as Jenkins, GitLab and most others read it: a suite a rule, a test
//! a case.
//!
//! What is wrong with a rule as a whole is a test of its own, so that no rule
//! that is red elsewhere is green here. Coverage goes into the properties of a
//! suite: it fails nothing by itself.

use std::io::{self, Write};

use super::digest::{Digest, Row, gap_in_full};
use super::failure;
use super::human::word;
use super::problem::{one_line, with_help};
use super::words;
use super::xml::escape;
use harness_runner::run::{CaseRun, RuleRun, Run};
use harness_runner::verdict::Status;
use harness_source::diagnostic::Severity;
use harness_source::files::Problem;

/// One test and what became of it.
struct Test {
    class: String,
    name: String,
    fate: Fate,
}

/// What became of a test.
enum Fate {
    Passed,
    Skipped(String),
    Failed { message: String, details: String },
    Broken { message: String, details: String },
}

/// One suite.
struct Suite {
    name: String,
    properties: Vec<(&'static str, String)>,
    tests: Vec<Test>,
    output: String,
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// Writes the run, with coverage where it was measured.
///
/// # Errors
///
/// As `out`'s.
pub fn render(digest: &Digest<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: Vec<Suite> = digest.rows.iter().map(|row| suite(row, digest)).collect();
    suites.extend(files(digest.run));
    let counts = Counts::of(suites.iter().flat_map(|suite| &suite.tests));
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let Counts { tests, failures, errors, .. } = counts;
    writeln!(
        out,
        r#"<testsuites name="harness" tests="{tests}" failures="{failures}" errors="{errors}">"#
    )?;
    suites.iter().try_for_each(|suite| suite.write(out))?;
    writeln!(out, "</testsuites>")
}

impl Counts {
    fn of<'a>(tests: impl Iterator<Item = &'a Test>) -> Self {
        let mut counts = Self::default();
        for test in tests {
            counts.tests += 1;
            match test.fate {
                Fate::Passed => {}
                Fate::Skipped(_) => counts.skipped += 1,
                Fate::Failed { .. } => counts.failures += 1,
                Fate::Broken { .. } => counts.errors += 1,
            }
        }
        counts
    }
}

fn suite(row: &Row<'_>, digest: &Digest<'_>) -> Suite {
    let rule = row.rule;
    let class = rule.key.replace('/', ".");
    let test = |name: String, fate| Test { class: class.clone(), name, fate };
    let mut tests: Vec<Test> = Vec::new();
    for run in &rule.cases {
        let name = format!("{}/{}", run.case.polarity.folder(), run.case.name);
        tests.push(test(name, case(rule, run)));
    }
    let errors = rule.problems.iter().filter(|p| p.diagnostic.severity == Severity::Error);
    tests.extend(errors.map(|problem| test(problem.diagnostic.code.to_owned(), broken(problem))));
    let skipped = |reason: &str| Fate::Skipped(reason.to_owned());
    match rule.status {
        Status::Untested => tests.push(test("cases".to_owned(), skipped("the rule has no case"))),
        Status::Unsupported => {
            let reasons =
                rule.problems.iter().filter(|p| p.diagnostic.severity == Severity::Unsupported);
            let reasons: Vec<String> = reasons.map(with_help).collect();
            tests.push(test("cases".to_owned(), skipped(&reasons.join("; "))));
        }
        Status::Passed | Status::Failed | Status::Todo | Status::Invalid => {}
    }
    let cases = rule.cases.iter().flat_map(|run| {
        run.warnings.iter().map(|warning| format!("warning: {}: {warning}", run.case.path))
    });
    let output: Vec<String> = warnings(&rule.problems).chain(cases).chain(gaps(row)).collect();
    let output = output.join("\n");
    Suite { name: rule.key.clone(), properties: properties(row, digest), tests, output }
}

fn case(rule: &RuleRun, run: &CaseRun) -> Fate {
    match (words::outcome(run), &run.case.options.todo) {
        (None, None) => Fate::Passed,
        (_, Some(todo)) => Fate::Skipped(format!("todo: {todo}")),
        (Some(message), None) => {
            let details = failure::why(rule, run, &str::to_owned).join("\n");
            let path = &run.case.path;
            Fate::Failed { message, details: format!("{path}\n{details}") }
        }
    }
}

fn broken(problem: &Problem) -> Fate {
    let message = problem.diagnostic.message.clone();
    let help = problem.diagnostic.help.as_deref();
    let help = help.map_or_else(String::new, |help| format!("\nhelp: {help}"));
    Fate::Broken { message, details: format!("{}{help}", one_line(problem)) }
}

/// What is wrong with files that belong to no rule.
fn files(run: &Run) -> Option<Suite> {
    let elsewhere = run.elsewhere.iter().map(|problem| format!("note: {}", one_line(problem)));
    let output: Vec<String> = warnings(&run.problems).chain(elsewhere).collect();
    let errors = run.problems.iter().filter(|p| p.diagnostic.severity == Severity::Error);
    let tests: Vec<Test> = errors
        .map(|problem| Test {
            class: problem.diagnostic.code.to_owned(),
            name: problem.path.clone(),
            fate: broken(problem),
        })
        .collect();
    let suite = |tests| Suite {
        name: "files".to_owned(),
        properties: Vec::new(),
        tests,
        output: output.join("\n"),
    };
    (!tests.is_empty() || !output.is_empty()).then(|| suite(tests))
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

impl Suite {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Counts { tests, failures, errors, skipped } = Counts::of(self.tests.iter());
        writeln!(
            out,
            r#"  <testsuite name="{}" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}">"#,
            escape(&self.name)
        )?;
        if !self.properties.is_empty() {
            writeln!(out, "    <properties>")?;
            for (name, value) in &self.properties {
                writeln!(out, r#"      <property name="{name}" value="{}"/>"#, escape(value))?;
            }
            writeln!(out, "    </properties>")?;
        }
        self.tests.iter().try_for_each(|test| test.write(out))?;
        if !self.output.is_empty() {
            writeln!(out, "    <system-out>{}</system-out>", escape(&self.output))?;
        }
        writeln!(out, "  </testsuite>")
    }
}

impl Test {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (class, name) = (escape(&self.class), escape(&self.name));
        write!(out, r#"    <testcase classname="{class}" name="{name}""#)?;
        let fault = |out: &mut dyn Write, tag, kind, message: &str, details: &str| {
            let (message, details) = (escape(message), escape(details));
            writeln!(out, ">")?;
            writeln!(out, r#"      <{tag} type="{kind}" message="{message}">{details}</{tag}>"#)?;
            writeln!(out, "    </testcase>")
        };
        match &self.fate {
            Fate::Passed => writeln!(out, "/>"),
            Fate::Skipped(reason) => {
                writeln!(out, ">")?;
                writeln!(out, r#"      <skipped message="{}"/>"#, escape(reason))?;
                writeln!(out, "    </testcase>")
            }
            Fate::Failed { message, details } => fault(out, "failure", "verdict", message, details),
            Fate::Broken { message, details } => fault(out, "error", "problem", message, details),
        }
    }
}
