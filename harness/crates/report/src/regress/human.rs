//! A regression for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use harness_quality::regress::{Change, Regression};

use super::{case, case_line, meaning, ordered, sum};
use crate::problem::Styled;
use crate::{Lines, printable};

/// Writes what became of each rule, those that lose events first.
///
/// # Errors
///
/// As `out`'s.
pub fn human(regression: &Regression, styled: Styled, out: &mut dyn Write) -> io::Result<()> {
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
        for note in &rule.notes {
            writeln!(out, "  {}", printable(note, Lines::Escape))?;
        }
        for (what, events) in [("lost", &rule.lost), ("gained", &rule.gained)] {
            if let Some(events) = events {
                let text = case(events).to_string();
                writeln!(out, "  {what}: {}", printable(&text, Lines::Escape))?;
            }
        }
        for one in &rule.cases {
            writeln!(out, "  {}", printable(&case_line(one), Lines::Escape))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", sum(regression))
}
