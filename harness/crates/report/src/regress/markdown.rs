//! A regression for pull requests: a table, and what reviewers ask for folded below it.

use std::io::{self, Write};

use harness_quality::regress::{Change, Regression, RuleChange};

use super::{case, case_line, meaning, ordered, sum};
use crate::markdown::sentence;
use crate::{Lines, printable};

/// How many rules are told in full.
const MOST: usize = 100;

/// Writes the table and the details.
///
/// # Errors
///
/// As `out`'s.
pub fn markdown(regression: &Regression, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## What the rules catch now\n\n{}", sum(regression))?;
    let rules = ordered(regression);
    if rules.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| rule | change | |\n|---|---|---|")?;
    for rule in rules.iter().take(MOST) {
        let change = rule.change.name();
        writeln!(out, "| {} | {change} | {} |", sentence(&rule.path), sentence(&meaning(rule)))?;
    }
    if rules.len() > MOST {
        writeln!(out, "\n{} more are not listed.", rules.len() - MOST)?;
    }
    for rule in rules.into_iter().take(MOST).filter(|rule| has_details(rule)) {
        details(rule, out)?;
    }
    Ok(())
}

fn has_details(rule: &RuleChange) -> bool {
    let told = rule.gained.is_some() || rule.lost.is_some();
    told || !rule.notes.is_empty() || !rule.cases.is_empty()
}

fn details(rule: &RuleChange, out: &mut dyn Write) -> io::Result<()> {
    // What is lost is what a reviewer has to see.
    let open = if rule.lost.is_some() || rule.change == Change::Both { " open" } else { "" };
    let (name, path) = (sentence(&rule.name), sentence(&rule.path));
    writeln!(out, "\n<details{open}><summary>{name} (<code>{path}</code>)</summary>")?;
    if !(rule.notes.is_empty() && rule.cases.is_empty()) {
        writeln!(out)?;
    }
    let lines = rule.notes.iter().cloned().chain(rule.cases.iter().map(case_line));
    for line in lines {
        writeln!(out, "- {}", sentence(&line))?;
    }
    for (title, events) in [("No longer caught", &rule.lost), ("Newly caught", &rule.gained)] {
        let Some(events) = events else { continue };
        let text = serde_json::to_string_pretty(&case(events))?;
        // A fence longer than any run of backticks inside.
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let text = printable(&text, Lines::Keep).into_owned();
        writeln!(out, "\n{title}:\n\n{fence}json\n{text}\n{fence}")?;
    }
    writeln!(out, "\n</details>")
}
