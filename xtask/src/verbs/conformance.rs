//! `cargo xtask conformance`.

mod report;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use harness::engine::EngineError;
use harness::files::{self, Problem};
use harness::report::problem::{self, Styled};
use harness::rule::model::Rule;
use harness::rule::tree;
use harness_conformance::esql_spec::{self, Datasets, accept};
use harness_conformance::formats::{self, Around, Content};
use harness_conformance::{Judged, Outcome, Suite, projects};

use harness_cli::args::{EngineArgs, Format};
use harness_cli::engine::cluster;
use harness_cli::exit::Exit;
use harness_cli::project;

use crate::args::ConformanceArgs;

use report::{Report, SuiteReport, human};

/// Judges the files and prints the agreement.
pub(crate) fn run(args: &ConformanceArgs) -> io::Result<Exit> {
    let bar = project::progress(false, "judging");
    let rules = rules(args.rules.as_deref());
    let mut problems = Vec::new();
    let mut files = Vec::new();
    let (paths, projects) = paths(&args.paths, &mut problems);
    for path in paths {
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
            Err(diagnostic) => problems.push(Problem { path: name, diagnostic, text: text.into() }),
        }
    }
    let mut report = report(files, &args.engine).map_err(io::Error::other)?;
    judge_projects(&projects, &mut report);
    bar.finish_and_clear();
    for problem in &problems {
        tell_styled!("{}", problem::render(problem, Styled::Ansi));
    }
    let mut out = Vec::new();
    match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
        }
        Format::Human => human(&report, args.show, &mut out)?,
    }
    project::deliver(&out, None)?;
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

/// The files named, and those of a folder that are suites by their ending; and
/// the projects below the folders.
fn paths(given: &[PathBuf], problems: &mut Vec<Problem>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut paths, mut projects) = (Vec::new(), Vec::new());
    for path in given {
        if !path.is_dir() {
            paths.push(path.clone());
            continue;
        }
        let roots = projects::roots(path);
        let found = files::find(path, &["**/*.json", "**/*.ndjson", "**/*.csv-spec"], problems);
        let suite = |file: &files::Found| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let within = roots.iter().any(|root| file.path.starts_with(root));
            !formats::is_data(&name) && !within
        };
        paths.extend(found.into_iter().filter(suite).map(|file| file.path));
        projects.extend(roots);
    }
    (paths, projects)
}

/// Judges suites by the engine of the command line.
fn judge(suites: Vec<Suite>, on: &EngineArgs) -> Result<Vec<Judged>, EngineError> {
    if let Some(client) = cluster::connect(on)? {
        cluster::sweep(&client)?;
        return harness_conformance::judge_on(&client, suites);
    }
    harness_conformance::judge(suites)
}

fn report(files: Vec<(String, Content)>, on: &EngineArgs) -> Result<Report, EngineError> {
    let mut suites: Vec<Suite> = Vec::new();
    let mut plan = Vec::new();
    for (path, content) in files {
        let ready = match content {
            Content::Suites(own) => {
                plan.push((path, own.len(), None));
                suites.extend(own);
                continue;
            }
            Content::Pipelines(cases) => {
                queries(&path, cases, esql_spec::judge, |case| (case.name, case.query))
            }
            Content::Queries(cases) => {
                queries(&path, cases, accept::judge, |case| (case.name, case.text))
            }
            Content::Unsupported(cases, reason) => {
                SuiteReport::new("all").unsupported(cases, reason)
            }
        };
        plan.push((path, 0, Some(ready)));
    }
    let mut judged = judge(suites, on)?.into_iter();
    let mut report = Report::default();
    for (path, count, ready) in plan {
        let own = judged.by_ref().take(count).map(|judged| suite_report(&path, judged));
        let suites = own.chain(ready).collect();
        report.add(path, suites);
    }
    Ok(report)
}

/// ES|QL cases over the datasets that lie beside their file.
fn queries<T>(
    path: &str,
    cases: Vec<T>,
    judge: impl Fn(&T, &Datasets) -> Outcome,
    named: impl Fn(T) -> (String, String),
) -> SuiteReport {
    let mut report = SuiteReport::new("all");
    let mut datasets = Datasets::default();
    let mut broken = Vec::new();
    for index in Datasets::INDICES {
        let data = Path::new(path).with_file_name(format!("{index}.ndjson"));
        let read = files::read(&data).map_err(|found| found.to_string());
        broken.extend(read.and_then(|text| datasets.add(index, &text)).err());
    }
    for case in cases {
        let mut outcome = judge(&case, &datasets);
        if let Outcome::Disagree(found) = &mut outcome
            && !broken.is_empty()
        {
            found.got = format!("{} ({})", found.got, broken.join("; "));
        }
        let (name, query) = named(case);
        report.add(path, name, query, outcome);
    }
    report
}

fn suite_report(path: &str, judged: Judged) -> SuiteReport {
    let mut report = SuiteReport::new(&judged.suite.name);
    for (case, outcome) in judged.suite.cases.into_iter().zip(judged.outcomes) {
        report.add(path, case.name, case.query, outcome);
    }
    report
}

/// The projects by the folder around them, and there by the first word of their names.
fn judge_projects(roots: &[PathBuf], report: &mut Report) {
    let judged = projects::judge_all(roots);
    let mut folders: BTreeMap<String, BTreeMap<String, SuiteReport>> = BTreeMap::new();
    for (root, judged) in roots.iter().zip(judged) {
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        let group = name.split('_').next().unwrap_or_default();
        let path = root.parent().unwrap_or(root).display().to_string();
        let suites = folders.entry(path.clone()).or_default();
        let suite = suites.entry(group.to_owned()).or_insert_with(|| SuiteReport::new(group));
        for case in judged {
            suite.add(&path, case.name, case.about, case.outcome);
        }
    }
    for (path, suites) in folders {
        report.add(path, suites.into_values().collect());
    }
}
