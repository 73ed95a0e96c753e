//! The run for people: rules by folder, failures last and in full, a summary.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::digest::folder;
use super::failure::{self, Cause, Kind, Line};
use super::problem::{self, Styled};
use super::told;
use super::words::{self, plural};
use super::{Lines, printable};
use harness_runner::run::{CaseRun, Places, RuleRun, Run};
use harness_runner::verdict::Status;
use harness_source::files;

/// How much to show.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether to colour.
    pub styled: Styled,
    /// Whether every rule gets a line, or only what needs attention.
    pub detail: Detail,
    /// How long the run took.
    pub elapsed: Duration,
}

/// Which rules get a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Each rule.
    Each,
    /// Each rule; of many, those without cases are counted.
    All,
    /// Each folder with its counts.
    Folders,
}

/// Writes the report.
///
/// # Errors
///
/// As `out`'s.
pub fn render(run: &Run, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let report = Report { run, options };
    report.rules(out)?;
    report.reasons(out)?;
    warnings(run, options.styled, out)?;
    report.problems(out)?;
    report.failures(out)?;
    report.elsewhere(out)?;
    report.summary(out)?;
    report.next(out)
}

/// Writes what is to be said of one rule: its findings and why its cases fail.
///
/// # Errors
///
/// As `out`'s.
pub fn rule(
    rule: &RuleRun,
    places: &Places,
    styled: Styled,
    out: &mut dyn Write,
) -> io::Result<()> {
    let run = Run { rules: vec![rule.clone()], places: places.clone(), ..Run::default() };
    let options = Options { styled, detail: Detail::All, elapsed: Duration::ZERO };
    let report = Report { run: &run, options };
    report.reasons(out)?;
    warnings(&run, styled, out)?;
    report.problems(out)?;
    report.failures(out)
}

/// The most findings of a kind that are shown.
const MAX_FINDINGS: usize = 50;

/// The same of a run without cases, which is the first of a repository.
const MAX_FIRST: usize = 3;

/// The same where few rules have cases, those of rules with cases first.
const MAX_EARLY: usize = 10;

/// In runs of more rules, those without cases are counted and not named.
const MAX_NAMED: usize = 20;

/// The most findings of a kind that are shown of a run.
fn most(run: &Run) -> usize {
    match () {
        () if is_first(run) => MAX_FIRST,
        () if is_early(run) => MAX_EARLY,
        () => MAX_FINDINGS,
    }
}

/// Whether it is a run of many rules of which few have cases.
fn is_early(run: &Run) -> bool {
    let tested = run.rules.iter().filter(|rule| !rule.cases.is_empty()).count();
    run.rules.len() > MAX_NAMED && tested < run.rules.len() / 10
}

/// Whether it is a run of many rules without any case.
fn is_first(run: &Run) -> bool {
    run.rules.len() > MAX_NAMED && run.rules.iter().all(|rule| rule.cases.is_empty())
}

/// Says how many there are beyond those that are shown.
fn more(all: usize, run: &Run, noun: &str, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(most(run)) {
        0 => Ok(()),
        rest => writeln!(out, "\nand {}: see --format json", plural(rest, &format!("more {noun}"))),
    }
}

/// Writes the warnings of a run, the same ones once.
///
/// # Errors
///
/// As `out`'s.
pub fn warnings(run: &Run, styled: Styled, out: &mut dyn Write) -> io::Result<()> {
    let mut all = told::warnings(run);
    if is_early(run) {
        let tested = run.rules.iter().filter(|rule| !rule.cases.is_empty());
        let own = |path: &str| tested.clone().any(|rule| rule.file == path);
        all.sort_by_cached_key(|told| !own(&told.problem.path));
    }
    for told in all.iter().take(most(run)) {
        let note = told.also();
        writeln!(out, "\n{}", problem::with_note(&told.problem, note.as_deref(), styled))?;
    }
    more(all.len(), run, "warning", out)
}

/// How many warnings a run has, the same ones counted once.
pub fn warning_count(run: &Run) -> usize {
    told::warnings(run).len()
}

/// The same in words; `None` where there is none.
pub fn warnings_in_words(run: &Run) -> Option<String> {
    match warning_count(run) {
        0 => None,
        count => Some(plural(count, "warning")),
    }
}

struct Report<'a> {
    run: &'a Run,
    options: Options,
}

/// The order of statuses in lists and sums.
pub const STATUSES: [Status; 6] = [
    Status::Passed,
    Status::Failed,
    Status::Todo,
    Status::Untested,
    Status::Unsupported,
    Status::Invalid,
];

/// The status in a word.
pub fn word(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Todo => "todo",
        Status::Untested => "untested",
        Status::Unsupported => "unsupported",
        Status::Invalid => "invalid",
    }
}

pub(super) fn style(status: Status) -> Style {
    let colour = match status {
        Status::Passed => AnsiColor::Green,
        Status::Failed | Status::Invalid => AnsiColor::Red,
        Status::Todo | Status::Untested => AnsiColor::Yellow,
        Status::Unsupported => AnsiColor::Magenta,
    };
    colour.on_default()
}

pub(super) fn mark(status: Status) -> &'static str {
    match status {
        Status::Passed => "✓",
        Status::Failed | Status::Invalid => "✗",
        Status::Todo => "…",
        Status::Untested => "○",
        Status::Unsupported => "–",
    }
}

impl Report<'_> {
    fn bold(&self, text: &str) -> String {
        self.options.styled.paint(Style::new().bold(), text)
    }

    fn rules(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut folders: BTreeMap<&str, Vec<&RuleRun>> = BTreeMap::new();
        for rule in &self.run.rules {
            folders.entry(folder(&rule.key)).or_default().push(rule);
        }
        let is_short = self.options.detail == Detail::Folders
            || self.options.detail == Detail::All && is_first(self.run);
        let mut idle = Vec::new();
        for (name, rules) in folders {
            let (folded, shown): (Vec<&RuleRun>, Vec<&RuleRun>) =
                rules.iter().partition(|rule| self.is_folded(rule));
            if is_short || shown.is_empty() {
                idle.push((printable(name, Lines::Escape), self.counts(rules.into_iter())));
                continue;
            }
            writeln!(out, "{}", self.bold(&printable(name, Lines::Escape)))?;
            shown.into_iter().try_for_each(|rule| self.rule(rule, out))?;
            if !folded.is_empty() {
                writeln!(out, "  {}", self.counts(folded.into_iter()))?;
            }
            writeln!(out)?;
        }
        for (name, counts) in &idle {
            writeln!(out, "{name:<48} {counts}")?;
        }
        if is_short || idle.is_empty() { Ok(()) } else { writeln!(out) }
    }

    /// Whether a rule is counted and not named: nobody tests it, and there are many.
    fn is_folded(&self, rule: &RuleRun) -> bool {
        let is_idle = matches!(rule.status, Status::Untested | Status::Unsupported);
        let is_many = self.options.detail == Detail::All && self.run.rules.len() > MAX_NAMED;
        is_idle && rule.cases.is_empty() && is_many
    }

    fn rule(&self, rule: &RuleRun, out: &mut dyn Write) -> io::Result<()> {
        let mark = self.options.styled.paint(style(rule.status), mark(rule.status));
        let name = rule.key.rsplit('/').next().unwrap_or(&rule.key);
        let note = if rule.cases.is_empty() {
            word(rule.status).to_owned()
        } else {
            let positive = rule.cases.iter().filter(|run| is_positive(run)).count();
            format!("{positive} positive, {} negative", rule.cases.len() - positive)
        };
        writeln!(
            out,
            "  {mark} {}  {}",
            printable(name, Lines::Escape),
            self.options.styled.dim(&note)
        )
    }

    /// Why rules are unsupported, most frequent first.
    fn reasons(&self, out: &mut dyn Write) -> io::Result<()> {
        let all = told::unsupported(self.run);
        let count = all.len();
        for (found, files) in all.into_iter().take(most(self.run)) {
            let count =
                self.options.styled.paint(style(Status::Unsupported), &plural(files.len(), "rule"));
            let reason = printable(&found.message, Lines::Escape);
            writeln!(out, "unsupported: {count}: {reason}")?;
            writeln!(out, "  {}", printable(&told::named(&files), Lines::Escape))?;
            if let Some(help) = &found.help {
                writeln!(out, "  help: {}", printable(help, Lines::Escape))?;
            }
        }
        more(count, self.run, "reason", out)
    }

    fn problems(&self, out: &mut dyn Write) -> io::Result<()> {
        let all = told::errors(self.run);
        for told in all.iter().take(most(self.run)) {
            let note = told.also();
            let text = problem::with_note(&told.problem, note.as_deref(), self.options.styled);
            writeln!(out, "\n{text}")?;
        }
        more(all.len(), self.run, "error", out)
    }

    /// What to do where there are rules and no cases.
    fn next(&self, out: &mut dyn Write) -> io::Result<()> {
        let Places { cases, program, .. } = &self.run.places;
        let mut rules = self.run.rules.iter();
        let Some(first) = rules.clone().find(|rule| rule.status == Status::Untested) else {
            return Ok(());
        };
        if program.is_empty() || rules.any(|rule| !rule.cases.is_empty()) {
            return Ok(());
        }
        let safe = |text: &str| printable(text, Lines::Escape).into_owned();
        let folder = files::below(cases, &first.key);
        writeln!(
            out,
            "\nNo rule has cases yet. A case is a file of events: {}/positive/<name>.json has\n\
             to raise an alert, {}/negative/<name>.json must not.",
            safe(&folder),
            safe(&folder)
        )?;
        let command = |verb: &str, words: &[&str]| {
            failure::shell(program, verb, &self.run.places.flags, words)
        };
        let commands = [
            (command("lint", &[]), "tells what is wrong with the rules themselves"),
            (command("new", &[&first.key]), "writes the first cases of a rule"),
            (command("explain", &[&first.key]), "shows what its clauses need"),
        ];
        let width = commands.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
        for (line, what) in commands {
            writeln!(out, "  {:<width$}  {}", safe(&line), self.options.styled.dim(what))?;
        }
        Ok(())
    }

    /// What is wrong with files of rules that were not asked for.
    fn elsewhere(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(first) = self.run.elsewhere.first() else { return Ok(()) };
        let (all, first) = (self.run.elsewhere.len(), problem::one_line(first));
        let more = if all > 1 { format!(" and {} more", all - 1) } else { String::new() };
        writeln!(out, "\nnote: outside the rules that were selected: {first}{more}")
    }

    fn failures(&self, out: &mut dyn Write) -> io::Result<()> {
        for rule in self.run.rules.iter().filter(|rule| rule.status == Status::Failed) {
            for cause in failure::causes(rule) {
                self.failure(rule, &cause, out)?;
            }
        }
        Ok(())
    }

    /// One cause, and the cases that fail by it.
    fn failure(&self, rule: &RuleRun, cause: &Cause<'_>, out: &mut dyn Write) -> io::Result<()> {
        let run = cause.first();
        let Some(what) = words::outcome(run) else { return Ok(()) };
        let path = printable(&run.case.path, Lines::Escape);
        let head = self.options.styled.paint(style(Status::Failed).bold(), "FAIL");
        writeln!(out, "\n{head} {} {what}", self.bold(&path))?;
        if let Some(same) = cause.same() {
            writeln!(out, "     {}", printable(&same, Lines::Escape))?;
        }
        let name = format!("rule {} ({})", rule.key, rule.name);
        writeln!(out, "     {}", self.options.styled.dim(&printable(&name, Lines::Escape)))?;
        failure::lines(rule, run).iter().try_for_each(|line| self.line(line, out))?;
        let Some(command) = failure::command(rule, run, &self.run.places) else { return Ok(()) };
        let hint = format!("explain: {command}");
        writeln!(out, "     {}", self.options.styled.dim(&printable(&hint, Lines::Escape)))
    }

    fn line(&self, line: &Line, out: &mut dyn Write) -> io::Result<()> {
        let Line { indent, kind, text, place } = line;
        let safe = |text: &str| printable(text, Lines::Escape).into_owned();
        let shown = match kind {
            Kind::Plain => safe(text),
            Kind::Clause(lead) => format!("{lead} {}", self.bold(&safe(text))),
            Kind::Note => self.options.styled.dim(&safe(text)),
        };
        let place =
            place.as_ref().map(|place| format!("  {}", self.options.styled.dim(&safe(place))));
        writeln!(out, "     {}{shown}{}", "  ".repeat(*indent), place.unwrap_or_default())
    }

    fn counts<'a>(&self, rules: impl Iterator<Item = &'a RuleRun>) -> String {
        let mut counts = BTreeMap::new();
        rules.for_each(|rule| *counts.entry(rule.status).or_insert(0_usize) += 1);
        let present = STATUSES.iter().filter_map(|status| Some((*status, *counts.get(status)?)));
        let parts: Vec<_> = present
            .map(|(status, count)| {
                self.options.styled.paint(style(status), &format!("{count} {}", word(status)))
            })
            .collect();
        parts.join(", ")
    }

    fn summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let rules = &self.run.rules;
        let cases: usize = rules.iter().map(|rule| rule.cases.len()).sum();
        let events: usize =
            rules.iter().flat_map(|rule| &rule.cases).map(|run| run.case.events.len()).sum();
        let counts = self.counts(rules.iter());
        let seconds = self.options.elapsed.as_secs_f64();
        writeln!(
            out,
            "\n{}, {}, {} in {seconds:.2} s: {}{}",
            plural(rules.len(), "rule"),
            plural(cases, "case"),
            plural(events, "event"),
            if counts.is_empty() { "nothing ran" } else { &counts },
            warnings_in_words(self.run).map_or_else(String::new, |words| format!("; {words}")),
        )
    }
}

fn is_positive(run: &CaseRun) -> bool {
    run.case.polarity == harness_runner::case::Polarity::Positive
}
