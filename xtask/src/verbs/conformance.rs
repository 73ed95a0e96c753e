//! `cargo xtask conformance`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use harness::conformance::formats::{self, Around, Content};
use harness::conformance::{Judged, Outcome, Suite};
use harness::conformance::{esql_spec, exceptions};
use harness::engine::EngineError;
use harness::files::{self, Problem};
use harness::report::problem::{self, Styled};
use harness::report::{Lines, printable};
use harness::rule::model::Rule;
use harness::rule::tree;
use serde::Serialize;

use crate::args::{ConformanceArgs, EngineArgs, Format};
use crate::engine;
use crate::exit::Exit;
use crate::project;

#[derive(Default, Serialize)]
struct Counts {
    cases: usize,
    agree: usize,
    disagree: usize,
    unsupported: usize,
    argued: usize,
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    counts: Counts,
    files: Vec<FileReport>,
}

#[derive(Serialize)]
struct FileReport {
    path: String,
    suites: Vec<SuiteReport>,
}

#[derive(Serialize)]
struct SuiteReport {
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
    trace: Option<harness::conformance::Trace>,
}

/// Judges the files and prints the agreement.
pub(crate) fn run(args: &ConformanceArgs) -> io::Result<Exit> {
    let bar = project::progress(false, "judging");
    let rules = rules(args.rules.as_deref());
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for path in paths(&args.paths) {
        let name = path.display().to_string();
        let text = match files::read(&path) {
            Ok(text) => text,
            Err(diagnostic) => {
                problems.push(Problem::with_path(name, diagnostic));
                continue;
            }
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        match formats::read(&text, Around { rules: &rules, folder }) {
            Ok(content) => files.push((name, content)),
            Err(diagnostic) => problems.push(Problem { path: name, diagnostic, text }),
        }
    }
    let report = report(files, &args.engine).map_err(io::Error::other)?;
    bar.finish_and_clear();
    for problem in &problems {
        anstream::eprintln!("{}", problem::render(problem, Styled::Ansi));
    }
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
        }
        Format::Human => human(&report, args.show, &mut out)?,
    }
    Ok(if report.counts.disagree > 0 || !problems.is_empty() {
        Exit::Failed
    } else if report.counts.agree == 0 {
        Exit::NothingRan
    } else {
        Exit::Ok
    })
}

fn rules(folder: Option<&Path>) -> BTreeMap<String, Rule> {
    let tree = folder.map(tree::load_tree).unwrap_or_default();
    let rules = tree.rules.into_iter().filter_map(|loaded| loaded.rule);
    rules.map(|rule| (rule.rule_id.value.clone(), rule)).collect()
}

/// The files named, and those of a folder that are suites by their ending.
fn paths(given: &[PathBuf]) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for path in given {
        if !path.is_dir() {
            paths.push(path.clone());
            continue;
        }
        let mut ignored = Vec::new();
        let found = files::find(path, &["**/*.json", "**/*.ndjson", "**/*.csv-spec"], &mut ignored);
        let suite = |file: &files::Found| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            !formats::is_data(&name)
        };
        paths.extend(found.into_iter().filter(suite).map(|file| file.path));
    }
    paths
}

fn report(files: Vec<(String, Content)>, on: &EngineArgs) -> Result<Report, EngineError> {
    let mut suites: Vec<Suite> = Vec::new();
    let mut plan = Vec::new();
    for (path, content) in files {
        match content {
            Content::Suites(own) => {
                plan.push((path, own.len(), None));
                suites.extend(own);
            }
            Content::Pipelines(cases) => {
                let report = pipelines(&path, cases);
                plan.push((path, 0, Some(report)));
            }
            Content::Unsupported(cases, reason) => {
                let reasons = BTreeMap::from([(reason, cases)]);
                let report =
                    SuiteReport { cases, unsupported: cases, reasons, ..SuiteReport::new("all") };
                plan.push((path, 0, Some(report)));
            }
        }
    }
    let mut judged = engine::judge(suites, on)?.into_iter();
    let mut report = Report { counts: Counts::default(), files: Vec::new() };
    for (path, count, ready) in plan {
        let mut own: Vec<SuiteReport> =
            judged.by_ref().take(count).map(|judged| suite_report(&path, judged)).collect();
        own.extend(ready);
        for suite in &own {
            report.counts.cases += suite.cases;
            report.counts.agree += suite.agree;
            report.counts.unsupported += suite.unsupported;
            report.counts.argued += suite.argued;
            report.counts.disagree += suite.disagreements.len();
        }
        report.files.push(FileReport { path, suites: own });
    }
    Ok(report)
}

/// ES|QL cases over the datasets that lie beside their file.
fn pipelines(path: &str, cases: Vec<esql_spec::Case>) -> SuiteReport {
    let mut report = SuiteReport { cases: cases.len(), ..SuiteReport::new("all") };
    let mut datasets = esql_spec::Datasets::default();
    let mut broken = Vec::new();
    for index in esql_spec::Datasets::INDICES {
        let data = Path::new(path).with_file_name(format!("{index}.ndjson"));
        let read = files::read(&data).map_err(|found| found.to_string());
        broken.extend(read.and_then(|text| datasets.add(index, &text)).err());
    }
    for case in cases {
        let got = match esql_spec::judge(&case, &datasets) {
            esql_spec::Outcome::Agree => {
                report.agree += 1;
                continue;
            }
            esql_spec::Outcome::Refused(errors) => {
                let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
                format!("error: {}", errors.join("; "))
            }
            esql_spec::Outcome::Differ(what) => what,
            esql_spec::Outcome::Unusable(why) => format!("{why} {}", broken.join("; ")),
        };
        let expected = format!("{} rows of {:?}", case.rows.len(), case.columns);
        let (case, query) = (case.name, case.query);
        report.disagreements.push(Disagreement { case, query, expected, got, trace: None });
    }
    report
}

impl SuiteReport {
    fn new(name: &str) -> Self {
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
}

fn suite_report(path: &str, judged: Judged) -> SuiteReport {
    let mut report =
        SuiteReport { cases: judged.suite.cases.len(), ..SuiteReport::new(&judged.suite.name) };
    for (case, outcome) in judged.suite.cases.into_iter().zip(judged.outcomes) {
        let exception = exceptions::find(path, &report.name, &case.name);
        match outcome {
            Outcome::Agree if exception.is_some() => report.disagreements.push(Disagreement {
                case: case.name,
                query: case.query,
                expected: "a difference, as the list of exceptions argues".to_owned(),
                got: "the recorded verdict: take the case off the list".to_owned(),
                trace: None,
            }),
            Outcome::Agree => report.agree += 1,
            Outcome::Disagree(_) if exception.is_some() => report.argued += 1,
            Outcome::Unsupported(reason) => {
                report.unsupported += 1;
                *report.reasons.entry(reason).or_default() += 1;
            }
            Outcome::Disagree(found) => report.disagreements.push(Disagreement {
                case: case.name,
                query: case.query,
                expected: found.expected,
                got: found.got,
                trace: found.trace,
            }),
        }
    }
    report
}

/// One line a file; files of many suites are summed.
fn human(report: &Report, show: usize, out: &mut dyn Write) -> io::Result<()> {
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
