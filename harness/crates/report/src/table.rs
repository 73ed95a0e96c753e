//! Coverage for people at a terminal: rules worst first, sums, and on request
//! what each rule lacks.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::AnsiColor;

use super::digest::{Digest, Row, Share, Totals, gap_in_full};
use super::human::{STATUSES, mark, style, word};
use super::problem::Styled;
use super::words::{around_change, plural, shorten};
use super::{Lines, printable};
use harness_quality::mutate::Outcome;
use harness_runner::verdict::Status;

/// How to show it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether to colour.
    pub styled: Styled,
    /// What to show of each rule.
    pub detail: Detail,
}

/// What to show of each rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing: sums only.
    Sums,
    /// A line.
    Rules,
    /// A line, its clauses that are not covered and its mutants that were missed.
    Gaps,
}

/// The widest name that the table is laid out for; longer ones stand out.
const MAX_NAME: usize = 56;
/// The most characters of a clause or a change.
const WIDTH: usize = 100;
/// Cells of a bar.
const BAR: usize = 10;

/// Writes the report.
///
/// # Errors
///
/// As `out`'s.
pub fn render(digest: &Digest<'_>, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let rows = digest.worst_first();
    let rows: Vec<_> = rows.into_iter().filter(|row| is_shown(row)).collect();
    let names = rows.iter().map(|row| row.rule.key.as_str());
    let names = names.chain(digest.folders.iter().map(|(name, _)| *name));
    let names = names.chain(digest.tactics.iter().map(|(tactic, _)| tactic.name));
    let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
    let table = Table { digest, options, width: width.clamp(12, MAX_NAME) };
    if options.detail != Detail::Sums {
        table.head("rule", out)?;
        for row in rows {
            table.row(row, out)?;
        }
        writeln!(out)?;
    }
    table.sums(out)
}

/// A rule that was neither tried nor failed has nothing to show.
fn is_shown(row: &Row<'_>) -> bool {
    !row.rule.cases.is_empty() || matches!(row.rule.status, Status::Failed | Status::Invalid)
}

struct Table<'a> {
    digest: &'a Digest<'a>,
    options: Options,
    width: usize,
}

impl Table<'_> {
    fn head(&self, what: &str, out: &mut dyn Write) -> io::Result<()> {
        let measured = self.digest.measured;
        let mut head = format!("  {what:<width$}  {:>9}", "cases", width = self.width);
        if measured.clauses {
            let _ = write!(head, "  {:<24}", "clauses covered");
        }
        if measured.mutants {
            let _ = write!(head, "  {:<24}", "mutants caught");
        }
        writeln!(out, "{}", self.options.styled.dim(head.trim_end()))
    }

    fn row(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mark = self.options.styled.paint(style(row.rule.status), mark(row.rule.status));
        self.line(&mark, &row.rule.key, &row.totals, out)?;
        for bound in &row.bounds {
            writeln!(out, "      note: {}", bound.told())?;
        }
        if self.options.detail == Detail::Gaps {
            self.gaps(row, out)?;
        }
        Ok(())
    }

    fn line(&self, mark: &str, name: &str, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let measured = self.digest.measured;
        let name = printable(name, Lines::Escape);
        let cases = format!("{}/{}", totals.cases.part, totals.cases.whole);
        let mut line = format!("{mark} {name:<width$}  {cases:>9}", width = self.width);
        if measured.clauses {
            let _ = write!(line, "  {}", self.share(totals.clauses));
        }
        if measured.mutants {
            let _ = write!(line, "  {}", self.share(totals.mutants));
        }
        writeln!(out, "{}", line.trim_end())
    }

    /// A bar, the percentage and the counts, 24 cells wide.
    fn share(&self, share: Share) -> String {
        let Some(percent) = share.percent() else {
            return format!("{:<24}", self.options.styled.dim("–"));
        };
        let colour = match percent {
            100 => AnsiColor::Green,
            50..100 => AnsiColor::Yellow,
            _ => AnsiColor::Red,
        };
        // A full bar means all of them, an empty one none.
        let cells = (share.part * BAR).checked_div(share.whole).unwrap_or(0);
        let cells = if share.part > 0 { cells.max(1) } else { 0 };
        let bar = self.options.styled.paint(colour.on_default(), &"█".repeat(cells));
        let rest = self.options.styled.dim(&"░".repeat(BAR - cells));
        let counts = format!("{}/{}", share.part, share.whole);
        format!("{bar}{rest} {percent:>3} % {counts:<7}")
    }

    fn gaps(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        for clause in row.uncovered() {
            let text = shorten(&printable(&clause.text, Lines::Escape), WIDTH);
            let gap = self.options.styled.dim(&gap_in_full(clause).unwrap_or_default());
            let kind = clause.kind.name();
            writeln!(out, "      {kind} {text}  {gap}")?;
        }
        for mutant in row.missed() {
            let text = around_change(&mutant.text, WIDTH);
            let text = printable(&text, Lines::Escape);
            let missed = self.options.styled.paint(AnsiColor::Red.on_default(), "missed");
            let caught = match &mutant.outcome {
                Outcome::Missed { fixture: Some(_), polarity } => {
                    format!("  a {} case would catch it", polarity.folder())
                }
                _ => String::new(),
            };
            let caught = self.options.styled.dim(&caught);
            writeln!(out, "      {missed} {}: {text}{caught}", mutant.operator)?;
        }
        Ok(())
    }

    fn sums(&self, out: &mut dyn Write) -> io::Result<()> {
        self.head("folder", out)?;
        for (name, totals) in &self.digest.folders {
            self.line(" ", name, totals, out)?;
        }
        writeln!(out)?;
        if !self.digest.tactics.is_empty() {
            self.head("tactic", out)?;
            for (tactic, totals) in &self.digest.tactics {
                self.line(" ", tactic.name, totals, out)?;
            }
            writeln!(out)?;
        }
        let totals = &self.digest.totals;
        self.line(" ", "all rules", totals, out)?;
        self.notes(totals, out)
    }

    /// Counts that have no column.
    fn notes(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let counts = STATUSES.iter().filter_map(|status| {
            let count = totals.statuses.get(status)?;
            Some(self.options.styled.paint(style(*status), &format!("{count} {}", word(*status))))
        });
        let mut notes: Vec<String> = counts.collect();
        if self.digest.measured.mutants {
            notes.push(format!("{} equivalent", plural(totals.equivalent, "mutant")));
            notes.push(format!("{} unviable", totals.unviable));
        }
        if notes.is_empty() {
            notes.push("nothing ran".to_owned());
        }
        writeln!(out, "\n{}: {}", plural(totals.rules(), "rule"), notes.join(", "))
    }
}
