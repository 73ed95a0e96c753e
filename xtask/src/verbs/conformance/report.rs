//! The agreement by file and suite, and its rendering.

use std::collections::BTreeMap;
use std::io::{self, Write};

use harness::report::{Lines, printable};
use harness_conformance::{Outcome, Trace, exceptions};
use serde::Serialize;

#[derive(Default, Serialize)]
pub(super) struct Counts {
    cases: usize,
    pub(super) agree: usize,
    pub(super) disagree: usize,
    unsupported: usize,
    argued: usize,
}

#[derive(Default, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    pub(super) counts: Counts,
    files: Vec<FileReport>,
}

#[derive(Serialize)]
struct FileReport {
    path: String,
    suites: Vec<SuiteReport>,
}

#[derive(Serialize)]
pub(super) struct SuiteReport {
    name: String,
    cases: usize,
    agree: usize,
    unsupported: usize,
    argued: usize,
    #[serde(skip)]
    reasons: BTreeMap<String, usize>,
    disagreements: Vec<Disagreement>,
}

#[derive(Serialize)]
struct Disagreement {
    case: String,
    query: String,
    expected: String,
    got: String,
    #[serde(skip)]
    trace: Option<Trace>,
}

impl Report {
    /// Adds the suites of a file.
    pub(super) fn add(&mut self, path: String, suites: Vec<SuiteReport>) {
        for suite in &suites {
            self.counts.cases += suite.cases;
            self.counts.agree += suite.agree;
            self.counts.unsupported += suite.unsupported;
            self.counts.argued += suite.argued;
            self.counts.disagree += suite.disagreements.len();
        }
        self.files.push(FileReport { path, suites });
    }
}

impl SuiteReport {
    /// A suite without cases yet.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            cases: 0,
            agree: 0,
            unsupported: 0,
            argued: 0,
            reasons: BTreeMap::new(),
            disagreements: Vec::new(),
        }
    }

    /// Cases that are not judged.
    pub(super) fn unsupported(mut self, cases: usize, reason: String) -> Self {
        self.cases += cases;
        self.unsupported += cases;
        *self.reasons.entry(reason).or_default() += cases;
        self
    }

    /// A case of the file at `path`, its query and how it came out.
    pub(super) fn add(&mut self, path: &str, case: String, query: String, outcome: Outcome) {
        self.cases += 1;
        let argued = exceptions::find(path, &self.name, &case).is_some();
        let (expected, got, trace) = match outcome {
            Outcome::Agree if argued => (
                "a difference, as the list of exceptions argues".to_owned(),
                "the recorded verdict: take the case off the list".to_owned(),
                None,
            ),
            Outcome::Agree => {
                self.agree += 1;
                return;
            }
            Outcome::Disagree(_) if argued => {
                self.argued += 1;
                return;
            }
            Outcome::Unsupported(reason) => {
                self.unsupported += 1;
                *self.reasons.entry(reason).or_default() += 1;
                return;
            }
            Outcome::Disagree(found) => (found.expected, found.got, found.trace),
        };
        self.disagreements.push(Disagreement { case, query, expected, got, trace });
    }
}

/// One line a file; files of many suites are summed.
pub(super) fn human(report: &Report, show: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lines: BTreeMap<String, Counts> = BTreeMap::new();
    for file in &report.files {
        for suite in &file.suites {
            let (folder, _) = file.path.rsplit_once('/').unwrap_or_default();
            let name = match file.suites.len() {
                1 if file.path.contains(&suite.name) => format!("{folder}/*"),
                2..=20 => format!("{} {}", file.path, suite.name),
                _ => file.path.clone(),
            };
            let line = lines.entry(name).or_default();
            line.cases += suite.cases;
            line.agree += suite.agree;
            line.disagree += suite.disagreements.len();
            line.unsupported += suite.unsupported;
            line.argued += suite.argued;
            for (reason, count) in &suite.reasons {
                *reasons.entry(reason).or_default() += count;
            }
        }
    }
    for (name, counts) in &lines {
        writeln!(out, "{}: {}", printable(name, Lines::Escape), line(counts))?;
    }
    for (reason, count) in reasons {
        writeln!(out, "unsupported: {count} cases: {}", printable(reason, Lines::Escape))?;
    }
    let all = report.files.iter().flat_map(|file| {
        file.suites.iter().flat_map(move |suite| {
            suite.disagreements.iter().map(move |found| (file, suite, found))
        })
    });
    for (file, suite, found) in all.take(show) {
        writeln!(
            out,
            "\n{} {} {}",
            file.path,
            printable(&suite.name, Lines::Escape),
            printable(&found.case, Lines::Escape)
        )?;
        writeln!(out, "  query     {}", printable(&found.query, Lines::Escape))?;
        writeln!(out, "  expected  {}", printable(&found.expected, Lines::Escape))?;
        writeln!(out, "  got       {}", printable(&found.got, Lines::Escape))?;
        if let Some(trace) = &found.trace {
            writeln!(out, "  document  {}", printable(&trace.document, Lines::Escape))?;
            for (clause, holds) in &trace.clauses {
                writeln!(out, "    {holds:<5} {}", printable(clause, Lines::Escape))?;
            }
        }
    }
    writeln!(out, "\n{}", line(&report.counts))
}

fn line(counts: &Counts) -> String {
    let Counts { cases, agree, disagree, unsupported, argued } = counts;
    let mut line = format!("{cases} cases, {agree} agree, {disagree} disagree");
    for (count, word) in [(unsupported, "unsupported"), (argued, "argued")] {
        if *count > 0 {
            line = format!("{line}, {count} {word}");
        }
    }
    line
}
