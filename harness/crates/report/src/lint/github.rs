//! Findings as annotations of GitHub Actions.

use std::io::{self, Write};

use harness_quality::lint::{Finding, Level};

use crate::checkout::Checkout;
use crate::github;

/// Writes an annotation for each finding.
///
/// # Errors
///
/// As `out`'s.
pub fn github(findings: &[Finding], checkout: &Checkout, out: &mut dyn Write) -> io::Result<()> {
    findings.iter().try_for_each(|finding| {
        let level = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        github::one(&finding.problem(), level, checkout, out)
    })
}
