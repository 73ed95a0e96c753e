//! A regression for pull requests: a table, and what reviewers ask for folded below it.

use std::io::{self, Write};

use harness_quality::regress::{Change, Example, Regression, RuleChange};

use super::words::{case_line, decided, few, left_out, meaning, on_data, samples};
use super::{ordered, sum};
use crate::markdown::{code, sentence};
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
    for line in &regression.stale {
        writeln!(out, "\n> {}", sentence(line))?;
    }
    let rules = ordered(regression);
    if rules.is_empty() {
        return Ok(());
    }
    table(regression, &rules, out)?;
    if rules.len() > MOST {
        writeln!(out, "\n{} more are not listed.", rules.len() - MOST)?;
    }
    for rule in rules.into_iter().take(MOST).filter(|rule| has_details(rule)) {
        details(rule, out)?;
    }
    Ok(())
}

fn table(regression: &Regression, rules: &[&RuleChange], out: &mut dyn Write) -> io::Result<()> {
    match &regression.data {
        None => writeln!(out, "\n| rule | change | what it means |\n|---|---|---|")?,
        Some(data) => writeln!(
            out,
            "\nAlerts on {}:\n\n| rule | change | what it means | alerts before | now | lost | new | same |\n\
             |---|---|---|--:|--:|--:|--:|--:|",
            sentence(data)
        )?,
    }
    for rule in rules.iter().take(MOST) {
        let (path, change) = (code(&rule.path), rule.change.name());
        write!(out, "| {path} | {change} | {} |", sentence(&meaning(rule)))?;
        if regression.data.is_some() {
            let own = rule.data.as_ref();
            let difference = own.and_then(|data| data.difference.as_ref());
            let figures = [
                own.and_then(|data| data.before),
                own.and_then(|data| data.after),
                difference.map(|one| one.lost),
                difference.map(|one| one.gained),
                difference.map(|one| one.same),
            ];
            for figure in figures {
                let text = figure.map_or_else(|| "?".to_owned(), |figure| figure.to_string());
                write!(out, " {text} |")?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn has_details(rule: &RuleChange) -> bool {
    let told = rule.gained.is_some() || rule.lost.is_some() || rule.accepted.is_some();
    let data = rule.data.as_ref().is_some_and(|data| data.before != data.after);
    told || data || !rule.notes.is_empty() || !rule.cases.is_empty()
}

fn details(rule: &RuleChange, out: &mut dyn Write) -> io::Result<()> {
    // What is lost is what a reviewer has to see.
    let is_lost = rule.lost.is_some() || rule.change == Change::Both;
    let open = if is_lost && rule.accepted.is_none() { " open" } else { "" };
    let (name, path) = (sentence(&rule.name), sentence(&rule.path));
    writeln!(out, "\n<details{open}><summary>{name} (<code>{path}</code>)</summary>")?;
    let has_list = rule.accepted.is_some() || rule.data.is_some();
    if has_list || !rule.notes.is_empty() || !rule.cases.is_empty() {
        writeln!(out)?;
    }
    if let Some(reason) = &rule.accepted {
        writeln!(out, "- accepted: {}", sentence(reason))?;
    }
    for note in &rule.notes {
        writeln!(out, "- {}", sentence(note))?;
    }
    for case in &rule.cases {
        writeln!(out, "- {}", sentence(&case_line(case)))?;
    }
    data(rule, out)?;
    for (title, shown) in [("No longer caught", &rule.lost), ("Newly caught", &rule.gained)] {
        if let Some(shown) = shown {
            example(title, shown, out)?;
        }
    }
    writeln!(out, "\n</details>")
}

/// What the alerts on the given data are, as items of a list.
pub(super) fn data(rule: &RuleChange, out: &mut dyn Write) -> io::Result<()> {
    let Some(data) = &rule.data else { return Ok(()) };
    writeln!(out, "- on the data: {}", sentence(&on_data(data)))?;
    for (what, alert) in samples(data) {
        writeln!(out, "  - {what}: {}", code(&alert))?;
    }
    Ok(())
}

/// Events with what decides about them.
pub(super) fn example(title: &str, example: &Example, out: &mut dyn Write) -> io::Result<()> {
    let decided = decided(example, &code);
    if decided.is_empty() {
        writeln!(out, "\n**{title}:**")?;
    } else {
        writeln!(out, "\n**{title}**, since {}:", decided.join(", and "))?;
    }
    let (events, left) = few(example);
    let text = serde_json::to_string_pretty(&events)?;
    // A fence longer than any run of backticks inside.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let text = printable(&text, Lines::Keep).into_owned();
    writeln!(out, "\n{fence}json\n{text}\n{fence}")?;
    match left_out(left) {
        Some(line) => writeln!(out, "\n{line}"),
        None => Ok(()),
    }
}
