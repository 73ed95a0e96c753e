//! Cases that were made, and what they show.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::problem::Styled;
use super::words::plural;
use super::{Lines, printable};
use harness_quality::synthesize::{ClauseRow, RuleCases, Written};

/// How to show it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to colour.
    pub styled: Styled,
    /// The folder of cases.
    pub cases: String,
    /// What was written; `None` where nothing was to be.
    pub written: Option<Written>,
    /// Whether a rule has one line, without its cases and clauses.
    pub is_short: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// The longest clause that is shown, in characters.
const MAX_CLAUSE: usize = 60;

/// Writes the report for people.
///
/// # Errors
///
/// As `out`'s.
pub fn render(rules: &[RuleCases], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for rule in rules {
        if options.is_short {
            line(rule, out)?;
        } else {
            whole(rule, options, out)?;
        }
    }
    let full = rules.iter().filter(|rule| is_full(rule)).count();
    let none = rules.iter().filter(|rule| rule.positive == 0 || rule.negative == 0).count();
    let sum = |of: &dyn Fn(&RuleCases) -> usize| rules.iter().map(of).sum::<usize>();
    writeln!(
        out,
        "\n{}: {full} with full cases, {} partly, {none} without; {} of {} covered, {} of {} caught in {:.2} s",
        plural(rules.len(), "rule"),
        rules.len() - full - none,
        sum(&RuleCases::covered),
        plural(sum(&RuleCases::deciding), "clause"),
        sum(&|rule| rule.mutants.0),
        plural(sum(&|rule| rule.mutants.1), "mutant"),
        options.elapsed.as_secs_f64(),
    )?;
    match options.written {
        Some(written) => writeln!(
            out,
            "{} of {} written to {}",
            plural(written.cases, "case"),
            plural(written.rules, "rule"),
            printable(&options.cases, Lines::Escape)
        ),
        None => writeln!(out, "nothing was written"),
    }
}

/// Whether a rule has all that cases can give.
fn is_full(rule: &RuleCases) -> bool {
    rule.positive > 0
        && rule.negative > 0
        && rule.clauses.iter().all(|row| row.dead.is_some() || row.is_covered())
        && rule.mutants.0 == rule.mutants.1
}

/// One line for a rule.
fn line(rule: &RuleCases, out: &mut dyn Write) -> io::Result<()> {
    let reason = rule.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    writeln!(
        out,
        "{}  {} positive, {} negative, {} of {}, {} of {}{}",
        printable(&rule.key, Lines::Escape),
        rule.positive,
        rule.negative,
        rule.covered(),
        plural(rule.deciding(), "clause"),
        rule.mutants.0,
        plural(rule.mutants.1, "mutant"),
        printable(&reason, Lines::Escape)
    )
}

/// The cases of a rule, and which of them decides each clause.
fn whole(rule: &RuleCases, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    line(rule, out)?;
    for made in &rule.made {
        let name = format!("{}/{}", made.polarity.folder(), made.name);
        writeln!(out, "  + {name} ({})", plural(made.events.len(), "event"))?;
        if options.written.is_none() {
            let text = synthesized(made);
            for line in text.lines() {
                writeln!(out, "    {}", printable(line, Lines::Escape))?;
            }
        }
    }
    let width = rule.clauses.iter().map(|row| shown(row).chars().count()).max().unwrap_or(0);
    if !rule.clauses.is_empty() {
        writeln!(out, "\n  {:width$}  decides where it holds, and where it fails", "clause")?;
    }
    for row in &rule.clauses {
        let none = if row.dead.is_some() { "no event" } else { "-" };
        let of = |case: &Option<String>| case.as_deref().unwrap_or(none).to_owned();
        let why = row.dead.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let why = printable(&why, Lines::Escape);
        writeln!(out, "  {:width$}  {}, {}{why}", shown(row), of(&row.holds), of(&row.fails))?;
    }
    for missed in &rule.missed {
        writeln!(out, "  missed: {}", printable(missed, Lines::Escape))?;
    }
    Ok(())
}

fn synthesized(made: &harness_quality::synthesize::Made) -> String {
    format!("{:#}", made.fixture())
}

fn shown(row: &ClauseRow) -> String {
    let text = printable(&row.text, Lines::Escape);
    if text.chars().count() <= MAX_CLAUSE {
        return text.into_owned();
    }
    text.chars().take(MAX_CLAUSE - 1).chain(['…']).collect()
}

/// Writes one JSON object; `path` says how a rule's file is named.
///
/// # Errors
///
/// As `out`'s.
pub fn json(
    rules: &[RuleCases],
    path: &dyn Fn(&str) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rules: Vec<Value> = rules
        .iter()
        .map(|rule| {
            json!({
                "path": path(&rule.file),
                "positive": rule.positive,
                "negative": rule.negative,
                "clauses": rule.deciding(),
                "covered": rule.covered(),
                "reason": rule.reason,
            })
        })
        .collect();
    writeln!(out, "{:#}", json!({ "rules": rules }))
}
