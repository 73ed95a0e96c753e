//! Findings as JUnit XML: a test for each rule, failed by errors and warnings.

use std::collections::BTreeMap;
use std::io::{self, Write};

use harness_quality::lint::{Finding, Level};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus, TestSuite};

use crate::junit::{failed, test, text};
use crate::problem::one_line;

/// Writes one suite.
///
/// # Errors
///
/// As `out`'s.
pub fn junit(findings: &[Finding], rules: &[String], out: &mut dyn Write) -> io::Result<()> {
    let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for rule in rules {
        by_rule.entry(rule).or_default();
    }
    for finding in findings {
        by_rule.entry(&finding.rule).or_default().push(finding);
    }
    let mut suite = TestSuite::new("lint");
    for (rule, own) in by_rule {
        let name = if rule.is_empty() { "harness.toml" } else { rule };
        let (bad, notes): (Vec<&Finding>, Vec<&Finding>) =
            own.into_iter().partition(|finding| finding.level != Level::Note);
        let status = match bad.first() {
            None => TestCaseStatus::success(),
            Some(first) => {
                failed(NonSuccessKind::Failure, first.code, &first.message, &lines(&bad))
            }
        };
        let mut case = test("lint", name, status);
        if !notes.is_empty() {
            case.set_system_out(text(&lines(&notes)));
        }
        suite.add_test_case(case);
    }
    let mut report = Report::new("lint");
    report.add_test_suite(suite);
    report.serialize(out).map_err(io::Error::other)
}

/// The findings, a line each.
fn lines(findings: &[&Finding]) -> String {
    let line = |finding: &&Finding| format!("{} [{}]", one_line(&finding.problem()), finding.code);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
