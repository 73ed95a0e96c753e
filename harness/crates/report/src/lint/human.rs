//! Findings for people.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use annotate_snippets::Level as Title;
use harness_quality::lint::{About, Finding, Level, Safety};

use super::sum;
use crate::Amount;
use crate::problem::{Styled, at_level};
use crate::words::plural;

/// Writes each finding with its place, then how many there are.
///
/// # Errors
///
/// As `out`'s.
pub fn human(
    findings: &[Finding],
    rules: usize,
    (styled, amount): (Styled, Amount),
    out: &mut dyn Write,
) -> io::Result<()> {
    let told = if amount == Amount::Less { &[][..] } else { findings };
    for finding in told {
        let level = match finding.level {
            Level::Error => Title::ERROR,
            Level::Warning => Title::WARNING,
            Level::Note => Title::NOTE,
        };
        let event = finding.evidence.as_ref().map(|event| format!("for example the event {event}"));
        writeln!(out, "{}\n", at_level(&finding.problem(), level, event.as_deref(), styled))?;
    }
    if amount != Amount::Usual {
        kinds(findings, out)?;
    }
    writeln!(out, "{}", sum(findings, rules))?;
    let fixes = |safety| {
        let own = findings.iter().filter_map(|finding| finding.fix.as_ref());
        own.filter(|fix| fix.safety == safety).count()
    };
    let (safe, unsafe_ones) = (fixes(Safety::Safe), fixes(Safety::Unsafe));
    if safe > 0 {
        writeln!(out, "{} can be mended with --fix", plural(safe, "finding"))?;
    }
    if unsafe_ones > 0 {
        let count = plural(unsafe_ones, "finding");
        writeln!(out, "{count} can be mended with --fix --unsafe, which shows the changes first")?;
    }
    Ok(())
}

/// Writes how many findings of each kind there are, most first.
fn kinds(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<&str, (usize, Level)> = BTreeMap::new();
    for finding in findings {
        counts.entry(finding.code).or_insert((0, finding.level)).0 += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, (count, _))| Reverse(*count));
    for (code, (count, level)) in &counts {
        writeln!(out, "{count:>8}  {:<7}  {code}", level.name())?;
    }
    if counts.is_empty() { Ok(()) } else { writeln!(out) }
}

/// Writes what there is to say of a kind of finding.
///
/// # Errors
///
/// As `out`'s.
pub fn explain(about: &About, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({}): {}", about.name, about.level.name(), about.title)?;
    writeln!(out, "\n{}.", about.why)?;
    for (word, example) in [("bad", about.bad), ("good", about.good)] {
        writeln!(out, "\n{word}:")?;
        example.text().lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    Ok(())
}
