//! A regression for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use harness_quality::regress::{Change, Regression, RuleChange};

use super::words::{case_line, decided, few, left_out, meaning, on_data, samples};
use super::{ordered, sum};
use crate::problem::Styled;
use crate::{Amount, Lines, printable};

/// Writes what became of each rule, those that lose events first.
///
/// # Errors
///
/// As `out`'s.
pub fn human(
    regression: &Regression,
    (styled, amount): (Styled, Amount),
    out: &mut dyn Write,
) -> io::Result<()> {
    for rule in ordered(regression) {
        let color = match rule.change {
            Change::Removed | Change::Both | Change::Narrower => AnsiColor::Red,
            Change::Unknown => AnsiColor::Yellow,
            Change::Wider | Change::Added => AnsiColor::Cyan,
            Change::Same => AnsiColor::Green,
        };
        let word = styled.paint(Style::new().fg_color(Some(color.into())), rule.change.name());
        let path = printable(&rule.path, Lines::Escape).into_owned();
        writeln!(out, "{word} {path}  {}", printable(&meaning(rule), Lines::Escape))?;
        if amount == Amount::Less {
            continue;
        }
        for line in lines(rule) {
            writeln!(out, "  {}", printable(&line, Lines::Escape))?;
        }
        writeln!(out)?;
    }
    for line in &regression.stale {
        writeln!(out, "{}", printable(line, Lines::Escape))?;
    }
    if let Some(data) = &regression.data {
        writeln!(out, "alerts compared on {}", printable(data, Lines::Escape))?;
    }
    writeln!(out, "{}", sum(regression))
}

/// What is told of a rule below its first line.
fn lines(rule: &RuleChange) -> Vec<String> {
    let mut lines = rule.notes.clone();
    for (what, example) in [("lost", &rule.lost), ("gained", &rule.gained)] {
        let Some(example) = example else { continue };
        let (events, left) = few(example);
        lines.push(format!("{what}: {events}"));
        lines.extend(left_out(left).map(|line| format!("  {line}")));
        lines.extend(decided(example, &str::to_owned).into_iter().map(|line| format!("  {line}")));
    }
    lines.extend(rule.cases.iter().map(case_line));
    if let Some(data) = &rule.data {
        lines.push(format!("on the data: {}", on_data(data)));
        lines.extend(samples(data).into_iter().map(|(what, alert)| format!("  {what}: {alert}")));
    }
    lines.extend(rule.accepted.iter().map(|reason| format!("accepted: {reason}")));
    lines
}
