//! Workflow commands of GitHub Actions: a line an annotation, at its place in a
//! file of the repository.
//!
//! Nothing but annotations is written, and every line break inside one is
//! escaped: text of rules and fixtures cannot become a command.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::checkout::Checkout;
use super::digest::{Digest, Row, gap_in_full};
use super::failure;
use super::told;
use super::words::{self, plural};
use super::{Lines, printable};
use harness_source::diagnostic::Severity;
use harness_source::files::Problem;
use harness_source::limits::Limit;
use harness_source::span::line_column;

/// Clauses or mutants that one annotation names; more are counted.
const MAX_NAMED: usize = 10;

/// One annotation.
struct Annotation {
    level: &'static str,
    file: String,
    place: Option<(usize, usize)>,
    title: String,
    message: String,
}

/// Writes an annotation for each failure, each finding, and for each rule what
/// its coverage lacks.
///
/// # Errors
///
/// As `out`'s.
pub fn render(digest: &Digest<'_>, checkout: &Checkout, out: &mut dyn Write) -> io::Result<()> {
    for problem in &digest.run.problems {
        annotation(problem, checkout).write(out)?;
    }
    for row in digest.worst_first() {
        let file = checkout.link(&row.rule.file);
        for cause in failure::causes(row.rule) {
            let (run, same) = (cause.first(), cause.same());
            let outcome = words::outcome(run).unwrap_or_default();
            let why = failure::why(row.rule, run, &|place| checkout.link(place));
            let why = same.into_iter().chain(why).collect::<Vec<_>>();
            let details = why.join("\n");
            let failure = Annotation {
                level: "error",
                file: checkout.link(&run.case.path),
                place: None,
                title: format!("{} {outcome}", run.case.name),
                message: format!("{}\n{details}", row.rule.name).trim_end().to_owned(),
            };
            failure.write(out)?;
        }
        for problem in &row.rule.problems {
            annotation(problem, checkout).write(out)?;
        }
        uncovered(row, &file)
            .into_iter()
            .chain(missed(row, &file))
            .chain(ended(row, &file))
            .try_for_each(|it| it.write(out))?;
    }
    for told in told::case_warnings(digest.run) {
        let mut warning = annotation(&told.problem, checkout);
        if let Some(also) = told.also_in(&|path| checkout.link(path)) {
            let _ = write!(warning.message, "\n{also}");
        }
        warning.write(out)?;
    }
    for problem in &digest.run.elsewhere {
        Annotation { level: "notice", ..annotation(problem, checkout) }.write(out)?;
    }
    Ok(())
}

fn annotation(problem: &Problem, checkout: &Checkout) -> Annotation {
    let found = &problem.diagnostic;
    let help = found.help.as_deref().map_or_else(String::new, |help| format!("\nhelp: {help}"));
    let has_place = !problem.text.is_empty();
    Annotation {
        level: match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Unsupported => "notice",
        },
        file: checkout.link(&problem.path),
        place: has_place.then(|| line_column(&problem.text, found.span.start)),
        title: found.code.to_owned(),
        message: format!("{}{help}", found.message),
    }
}

/// Writes an annotation for one problem, at this level.
pub(super) fn one(
    problem: &Problem,
    level: &'static str,
    checkout: &Checkout,
    out: &mut dyn Write,
) -> io::Result<()> {
    Annotation { level, ..annotation(problem, checkout) }.write(out)
}

/// The limits that ended measurements of a rule.
fn ended(row: &Row<'_>, file: &str) -> Option<Annotation> {
    let told: Vec<String> = row.bounds.iter().map(Limit::told).collect();
    (!told.is_empty()).then(|| Annotation {
        level: "notice",
        file: file.to_owned(),
        place: None,
        title: "measurement ended".to_owned(),
        message: told.join("\n"),
    })
}

fn uncovered(row: &Row<'_>, file: &str) -> Option<Annotation> {
    let lines: Vec<String> = row
        .uncovered()
        .filter_map(|clause| Some(format!("{} ({})", clause.text, gap_in_full(clause)?)))
        .collect();
    let first = row.uncovered().next()?;
    let whole = row.totals.clauses.whole;
    Some(Annotation {
        level: "warning",
        file: file.to_owned(),
        place: row.rule.about.locate(first.origin),
        title: format!("{} of {} not covered", lines.len(), plural(whole, "clause")),
        message: list(&lines),
    })
}

fn missed(row: &Row<'_>, file: &str) -> Option<Annotation> {
    let lines: Vec<String> = row
        .missed()
        .map(|mutant| format!("{}: {}", mutant.operator, words::flat(&mutant.text)))
        .collect();
    let first = row.missed().next()?;
    Some(Annotation {
        level: "warning",
        file: file.to_owned(),
        place: row.rule.about.locate(first.origin),
        title: format!("{} missed", plural(lines.len(), "mutant")),
        message: list(&lines),
    })
}

fn list(lines: &[String]) -> String {
    let mut shown = lines[..lines.len().min(MAX_NAMED)].to_vec();
    if lines.len() > MAX_NAMED {
        shown.push(format!("and {} more", lines.len() - MAX_NAMED));
    }
    shown.join("\n")
}

impl Annotation {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "::{} file={}", self.level, property(&self.file))?;
        if let Some((line, column)) = self.place {
            write!(out, ",line={line},col={column}")?;
        }
        writeln!(out, ",title={}::{}", property(&self.title), data(&self.message))
    }
}

/// The text after a command.
fn data(text: &str) -> String {
    printable(text, Lines::Keep).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_its_annotation() {
        let annotation = Annotation {
            level: "error",
            file: "rules/a,b:c.toml".to_owned(),
            place: Some((3, 7)),
            title: "50%, x::y".to_owned(),
            message: "first\n::error::second\u{1b}[0m".to_owned(),
        };
        let mut out = Vec::new();
        annotation.write(&mut out).expect("a vector takes everything");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "::error file=rules/a%2Cb%3Ac.toml,line=3,col=7,title=50%25%2C x%3A%3Ay\
             ::first%0A::error::second\\u{1b}[0m\n"
        );
    }
}
