//! Findings as JUnit XML: a test for each rule that has some, failed by errors and
//! warnings.

use std::collections::BTreeMap;
use std::io::{self, Write};

use harness_quality::lint::{Finding, Level};

use crate::problem::one_line;
use crate::xml::escape;

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
    let counts = |finding: &&&Finding| finding.level != Level::Note;
    let failed = by_rule.values().filter(|own| own.iter().any(|one| counts(&one))).count();
    let tests = by_rule.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="lint" tests="{tests}" failures="{failed}" errors="0">"#)?;
    writeln!(
        out,
        r#"  <testsuite name="lint" tests="{tests}" failures="{failed}" errors="0" skipped="0">"#
    )?;
    for (rule, own) in by_rule {
        let name = if rule.is_empty() { "harness.toml" } else { rule };
        write!(out, r#"    <testcase classname="lint" name="{}""#, escape(name))?;
        let lines = |own: &[&Finding]| {
            let line =
                |finding: &&Finding| format!("{} [{}]", one_line(&finding.problem()), finding.code);
            escape(&own.iter().map(line).collect::<Vec<_>>().join("\n"))
        };
        let (bad, notes): (Vec<&Finding>, Vec<&Finding>) =
            own.iter().partition(|finding| finding.level != Level::Note);
        if own.is_empty() {
            writeln!(out, "/>")?;
            continue;
        }
        writeln!(out, ">")?;
        if let Some(first) = bad.first() {
            let message = escape(&first.message);
            writeln!(
                out,
                r#"      <failure type="{}" message="{message}">{}</failure>"#,
                first.code,
                lines(&bad)
            )?;
        }
        if !notes.is_empty() {
            writeln!(out, "      <system-out>{}</system-out>", lines(&notes))?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}
