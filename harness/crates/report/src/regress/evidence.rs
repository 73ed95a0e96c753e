//! What a reviewer of a tuning asks for, ready to be pasted into a pull request.

use std::io::{self, Write};

use harness_quality::regress::{Change, Example, Regression, RuleChange};

use super::markdown::{data, example};
use super::ordered;
use super::words::{case_line, meaning};
use crate::markdown::{code, sentence};

/// Writes a block for each rule that changed.
///
/// # Errors
///
/// As `out`'s.
pub fn evidence(regression: &Regression, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Evidence")?;
    if regression.rules.is_empty() {
        writeln!(out, "\nNo rule changed.")?;
    }
    for rule in ordered(regression) {
        let (name, path) = (sentence(&rule.name), code(&rule.path));
        writeln!(out, "\n### {name}\n\n{path} {}.", sentence(&meaning(rule)))?;
        if let Some(reason) = &rule.accepted {
            writeln!(out, "Accepted: {}.", sentence(reason))?;
        }
        match rule.change {
            Change::Added | Change::Removed => {}
            Change::Same | Change::Narrower | Change::Wider | Change::Both | Change::Unknown => {
                directions(rule, out)?;
            }
        }
        if !rule.notes.is_empty() {
            writeln!(out, "\n**Beside the query**\n")?;
            for note in &rule.notes {
                writeln!(out, "- {}", sentence(note))?;
            }
        }
        writeln!(out, "\n**On data**\n")?;
        for case in &rule.cases {
            writeln!(out, "- {}", sentence(&case_line(case)))?;
        }
        if rule.cases.is_empty() {
            writeln!(out, "- the cases raise as many alerts as before")?;
        }
        if rule.data.is_none() {
            writeln!(out, "- no other data was given (`--events FILES` or `--engine URL`)")?;
        }
        data(rule, out)?;
    }
    if let Some(data) = &regression.data {
        writeln!(out, "\nThe data: {}.", sentence(data))?;
    }
    Ok(())
}

fn directions(rule: &RuleChange, out: &mut dyn Write) -> io::Result<()> {
    let (no_loss, no_gain) = match rule.change {
        Change::Same => (true, true),
        Change::Wider => (true, false),
        Change::Narrower => (false, true),
        Change::Both | Change::Unknown | Change::Added | Change::Removed => (false, false),
    };
    let one = |title: &str, shown: &Option<Example>, never: bool, out: &mut dyn Write| match shown {
        Some(shown) => example(title, shown, out),
        None if never => writeln!(out, "\n**{title}:** nothing, as is proved."),
        None => writeln!(out, "\n**{title}:** not known."),
    };
    one("No longer caught", &rule.lost, no_loss, out)?;
    one("Newly caught", &rule.gained, no_gain, out)
}
