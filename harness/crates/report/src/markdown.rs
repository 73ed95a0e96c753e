//! Markdown for pull requests and job summaries of GitHub.
//!
//! Text of rules and fixtures appears in code spans only, so none of it is
//! read as Markdown, as HTML, or as the name of a person to notify.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::digest::{Digest, Row, Share, Totals, gap_in_full};
use super::failure;
use super::human::{STATUSES, warnings_in_words, word};
use super::problem::one_line;
use super::told::{self, Told};
use super::words::{self, plural};
use super::{Lines, printable};
use harness_quality::mutate::Outcome;
use harness_runner::verdict::Status;

/// Rows of the table, and rules told in full; a summary holds a megabyte.
const MAX_ROWS: usize = 100;
/// Failures, clauses or mutants of one rule.
const MAX_LINES: usize = 20;
/// Characters of one code span.
const MAX_TEXT: usize = 400;

/// Writes the report.
///
/// # Errors
///
/// As `out`'s.
pub fn render(digest: &Digest<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = Report { digest };
    report.head(out)?;
    report.problems(out)?;
    report.failures(out)?;
    report.warnings(out)?;
    report.table(out)?;
    report.bounds(out)?;
    report.sums(out)?;
    report.gaps(out)
}

struct Report<'a> {
    digest: &'a Digest<'a>,
}

impl Report<'_> {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let totals = &self.digest.totals;
        let counts = STATUSES.iter().filter_map(|status| {
            let count = totals.statuses.get(status)?;
            Some(format!("{count} {}", word(*status)))
        });
        let counts: Vec<String> = counts.collect();
        let counts = if counts.is_empty() { "nothing ran".to_owned() } else { counts.join(", ") };
        let warnings = warnings_in_words(self.digest.run).map(|words| format!("; {words}"));
        let counts = format!("{counts}{}", warnings.unwrap_or_default());
        writeln!(out, "## Detection rules: {counts}\n")?;
        writeln!(out, "| rules | cases |{}", self.heads())?;
        writeln!(out, "|--:|--:|{}", self.lines())?;
        let cells = self.cells(totals);
        writeln!(out, "| {} | {} |{cells}\n", totals.rules(), share(totals.cases))
    }

    /// The heads of the columns that were measured.
    fn heads(&self) -> String {
        let measured = self.digest.measured;
        let mut heads = String::new();
        heads.push_str(if measured.clauses { " clauses covered |" } else { "" });
        heads.push_str(if measured.mutants { " mutants caught |" } else { "" });
        heads
    }

    fn lines(&self) -> String {
        let measured = self.digest.measured;
        "--:|".repeat(usize::from(measured.clauses) + usize::from(measured.mutants))
    }

    fn cells(&self, totals: &Totals) -> String {
        let measured = self.digest.measured;
        let mut cells = String::new();
        if measured.clauses {
            let _ = write!(cells, " {} |", share(totals.clauses));
        }
        if measured.mutants {
            let _ = write!(cells, " {} |", share(totals.mutants));
        }
        cells
    }

    /// The limits that ended measurements.
    fn bounds(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.digest.rows.iter().filter(|row| !row.bounds.is_empty());
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "### Measurements that were ended\n")?;
        for row in rows.iter().take(MAX_ROWS) {
            let bounds: Vec<String> = row.bounds.iter().map(|bound| code(&bound.told())).collect();
            writeln!(out, "- {}: {}", code(&row.rule.key), bounds.join("; "))?;
        }
        rest(rows.len(), MAX_ROWS, out)?;
        writeln!(out)
    }

    fn problems(&self, out: &mut dyn Write) -> io::Result<()> {
        list("Files with errors", &told::errors(self.digest.run), out)
    }

    fn warnings(&self, out: &mut dyn Write) -> io::Result<()> {
        list("Warnings", &told::warnings(self.digest.run), out)?;
        let unsupported = told::unsupported(self.digest.run);
        if unsupported.is_empty() {
            return Ok(());
        }
        writeln!(out, "### Unsupported rules\n")?;
        for (found, files) in unsupported.iter().take(MAX_ROWS) {
            writeln!(out, "- {}: {}", code(&found.message), code(&told::named(files)))?;
            if let Some(help) = &found.help {
                writeln!(out, "  - help: {}", code(help))?;
            }
        }
        rest(unsupported.len(), MAX_ROWS, out)?;
        writeln!(out)
    }

    fn failures(&self, out: &mut dyn Write) -> io::Result<()> {
        let failed: Vec<_> = self
            .digest
            .run
            .rules
            .iter()
            .filter(|rule| rule.status == Status::Failed)
            .flat_map(|rule| failure::causes(rule).into_iter().map(move |cause| (rule, cause)))
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        writeln!(out, "### Cases that do not hold\n")?;
        for (rule, cause) in failed.iter().take(MAX_LINES) {
            let run = cause.first();
            let outcome = words::outcome(run).unwrap_or_default();
            writeln!(out, "- {} {outcome}", code(&run.case.path))?;
            for line in cause.same().into_iter().chain(failure::why(rule, run, &str::to_owned)) {
                let indent = line.len() - line.trim_start().len();
                writeln!(out, "{}- {}", "  ".repeat(1 + indent / 2), code(line.trim_start()))?;
            }
        }
        rest(failed.len(), MAX_LINES, out)?;
        writeln!(out)
    }

    /// The rules that were measured, worst first.
    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.digest.worst_first();
        let rows: Vec<_> = rows.into_iter().filter(|row| !row.rule.cases.is_empty()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "### Rules, worst first\n")?;
        writeln!(out, "| rule | status | cases |{}", self.heads())?;
        writeln!(out, "|---|---|--:|{}", self.lines())?;
        for row in rows.iter().take(MAX_ROWS) {
            let (rule, totals) = (row.rule, &row.totals);
            let (name, status, cases) = (cell(&rule.key), word(rule.status), share(totals.cases));
            writeln!(out, "| {name} | {status} | {cases} |{}", self.cells(totals))?;
        }
        rest(rows.len(), MAX_ROWS, out)?;
        writeln!(out)
    }

    fn sums(&self, out: &mut dyn Write) -> io::Result<()> {
        let folders = self.digest.folders.iter();
        let folders: Vec<_> = folders.map(|(name, totals)| (cell(name), totals)).collect();
        self.sum("folder", &folders, out)?;
        let tactics = self.digest.tactics.iter().map(|(tactic, totals)| {
            let name = if tactic.name.is_empty() { tactic.id } else { tactic.name };
            (cell(name), totals)
        });
        self.sum("tactic", &tactics.collect::<Vec<_>>(), out)
    }

    fn sum(&self, what: &str, rows: &[(String, &Totals)], out: &mut dyn Write) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "<details><summary>By {what}</summary>\n")?;
        writeln!(out, "| {what} | rules | cases |{}", self.heads())?;
        writeln!(out, "|---|--:|--:|{}", self.lines())?;
        for (name, totals) in rows.iter().take(MAX_ROWS) {
            let (rules, cases) = (totals.rules(), share(totals.cases));
            writeln!(out, "| {name} | {rules} | {cases} |{}", self.cells(totals))?;
        }
        rest(rows.len(), MAX_ROWS, out)?;
        writeln!(out, "\n</details>\n")
    }

    /// What is not covered and what was missed, rule by rule.
    fn gaps(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.digest.worst_first();
        let tried = rows.into_iter().filter(|row| !row.rule.cases.is_empty());
        let lacking =
            tried.filter(|row| row.uncovered().next().is_some() || row.missed().next().is_some());
        for row in lacking.take(MAX_LINES) {
            gaps_of(row, out)?;
        }
        Ok(())
    }
}

fn gaps_of(row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    let clauses: Vec<_> = row.uncovered().collect();
    let missed: Vec<_> = row.missed().collect();
    let mut parts = Vec::new();
    if !clauses.is_empty() {
        parts.push(format!("{} not covered", plural(clauses.len(), "clause")));
    }
    if !missed.is_empty() {
        parts.push(format!("{} missed", plural(missed.len(), "mutant")));
    }
    // A code span is no HTML, so a summary, which is, gets the key as text.
    let key = entities(&row.rule.key);
    writeln!(out, "<details><summary><code>{key}</code>: {}</summary>\n", parts.join(", "))?;
    for clause in clauses.iter().take(MAX_LINES) {
        writeln!(out, "- {} {}", code(&clause.text), gap_in_full(clause).unwrap_or_default())?;
    }
    rest(clauses.len(), MAX_LINES, out)?;
    for mutant in missed.iter().take(MAX_LINES) {
        writeln!(
            out,
            "- {} missed: {}",
            mutant.operator,
            code(&words::around_change(&mutant.text, MAX_TEXT))
        )?;
        if let Outcome::Missed { fixture: Some(fixture), polarity } = &mutant.outcome {
            let fixture = words::shorten(&fixture.to_string(), 2 * MAX_TEXT);
            writeln!(out, "  - {} case: {}", polarity.folder(), code_of(&fixture, usize::MAX))?;
        }
    }
    rest(missed.len(), MAX_LINES, out)?;
    writeln!(out, "\n</details>\n")
}

/// Findings below a heading.
fn list(heading: &str, all: &[Told<'_>], out: &mut dyn Write) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "### {heading}\n")?;
    for told in all.iter().take(MAX_ROWS) {
        writeln!(out, "- {}", code(&one_line(&told.problem)))?;
        if let Some(help) = &told.problem.diagnostic.help {
            writeln!(out, "  - help: {}", code(help))?;
        }
        if let Some(also) = told.also() {
            writeln!(out, "  - {}", code(&also))?;
        }
    }
    rest(all.len(), MAX_ROWS, out)?;
    writeln!(out)
}

fn rest(all: usize, shown: usize, out: &mut dyn Write) -> io::Result<()> {
    if all > shown { writeln!(out, "\nand {} more", all - shown) } else { Ok(()) }
}

fn share(share: Share) -> String {
    match share.percent() {
        Some(percent) => format!("{}/{} ({percent} %)", share.part, share.whole),
        None => "–".to_owned(),
    }
}

/// The text in a code span.
pub(super) fn code(text: &str) -> String {
    code_of(text, MAX_TEXT)
}

fn code_of(text: &str, limit: usize) -> String {
    let text = words::shorten(&printable(text, Lines::Escape), limit);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The text in a cell of a table.
fn cell(text: &str) -> String {
    // A bar ends a cell even inside a code span.
    if text.contains('|') {
        let text = words::shorten(&printable(text, Lines::Escape), MAX_TEXT);
        return format!("<code>{}</code>", entities(&text));
    }
    code(text)
}

/// A sentence that stays in its cell and its line, with code in backticks as it is.
pub(super) fn sentence(text: &str) -> String {
    let text = printable(text, Lines::Escape);
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('|', "&#124;").replace('*', "&#42;").replace('\\', "&#92;")
}

/// The text with everything that could mean something as an entity.
fn entities(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in printable(text, Lines::Escape).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '-' | '/' | ',') {
            let _ = write!(safe, "&#{};", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, expected) in [
            ("a.b", "`a.b`"),
            ("@who #1 <img src=x>", "`@who #1 <img src=x>`"),
            ("a`b``c", "```a`b``c```"),
            ("`", "`` ` ``"),
            ("", "`  `"),
            ("a\n# b", "`a\\u{a}# b`"),
        ] {
            assert_eq!(code(text), expected);
        }
        assert_eq!(cell("a|b"), "<code>a&#124;b</code>");
        assert_eq!(entities("<b>&@x_y"), "&#60;b&#62;&#38;&#64;x&#95;y");
    }

    #[test]
    fn a_share_is_whole_only_when_nothing_is_missing() {
        assert_eq!(share(Share { part: 199, whole: 200 }), "199/200 (99 %)");
        assert_eq!(share(Share { part: 200, whole: 200 }), "200/200 (100 %)");
        assert_eq!(share(Share::default()), "–");
    }
}
