//! Findings for pull requests and job summaries.

use std::io::{self, Write};

use harness_quality::lint::Finding;

use super::sum;
use crate::checkout::Checkout;
use crate::markdown::sentence;

/// How many findings are listed.
const MOST: usize = 200;

/// Writes a table of findings.
///
/// # Errors
///
/// As `out`'s.
pub fn markdown(
    findings: &[Finding],
    rules: usize,
    checkout: &Checkout,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "## Lint\n\n{}", sum(findings, rules))?;
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| level | place | finding | code |\n|---|---|---|---|")?;
    for finding in findings.iter().take(MOST) {
        let (line, _) = finding.place();
        let place = format!("{}:{line}", checkout.link(&finding.path));
        let mut text = sentence(&finding.message);
        if let Some(help) = &finding.help {
            text = format!("{text}<br>{}", sentence(help));
        }
        if let Some(event) = &finding.evidence {
            text = format!("{text}<br>for example <code>{}</code>", sentence(&event.to_string()));
        }
        let (level, code) = (finding.level.name(), finding.code);
        writeln!(out, "| {level} | {} | {text} | `{code}` |", sentence(&place))?;
    }
    if findings.len() > MOST {
        writeln!(out, "\n{} more are not listed.", findings.len() - MOST)?;
    }
    Ok(())
}
