//! On files: which they are, progress, and Ctrl-C.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use harness_backtest::Backtest;
use harness_backtest::files::{self, Input, Progress, Request, Sizes};
use harness_rule::tree::RuleTree;
use harness_runner::config::{Folders, Gates};
use harness_runner::run::Project;
use harness_source::files::{find, is_aside, shown};
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;
use indicatif::{ProgressBar, ProgressStyle};

use super::given::{Given, open_period, rules, threads};
use crate::args::BacktestArgs;
use crate::exit::Exit;

/// What was found, or the exit code where nothing is to be run, which was told.
pub(super) fn run(
    args: &BacktestArgs,
    project: Project,
    folders: Folders,
) -> Result<(Backtest, Gates), Exit> {
    let is_of_rules = |operand: &str| is_of_rules(operand, &project.rules);
    let (named, events): (Vec<String>, Vec<String>) =
        args.operands.iter().cloned().partition(|operand| is_of_rules(operand));
    let (events, mut names) = inputs(&events).ok_or(Exit::Usage)?;
    names.extend(named);
    let Given { project, rules, gates } = rules(args, names, (project, folders))?;
    if events.is_empty() {
        tell!("error: backtest needs files of events, or --engine URL");
        return Err(Exit::Usage);
    }
    if let Some(none) = args.indicators.iter().find(|path| !path.exists()) {
        tell!("error: --indicators: there is no file `{}`", none.display());
        return Err(Exit::Usage);
    }
    let indicators = args.indicators.len();
    let first = args.indicators.iter().cloned().map(Input::File);
    let inputs: Vec<Input> = first.chain(events).collect();
    let period = open_period(args.from.as_deref(), args.to.as_deref());
    let (from, to) = period.ok_or(Exit::Usage)?;
    let names = paths(&inputs);
    let threads = threads(args.run.terminal.jobs);
    let size = size(&inputs);
    let (samples, sizes) = (args.samples, Sizes::default());
    let lateness = i64::from(args.lateness) * 1000;
    let request =
        Request { inputs, names, from, to, indicators, samples, lateness, threads, sizes };
    let interrupted = interrupt();
    let bar = bar(args.run.terminal.no_progress, size);
    let progress = |progress: Progress| {
        bar.set_position(progress.bytes);
        bar.set_message(rate(progress.events, bar.elapsed().as_secs_f64()));
    };
    let mut found =
        files::run(&request, &rules, &project.exceptions, &project.schema, &progress, &interrupted);
    bar.finish_and_clear();
    found.rules.iter_mut().for_each(|rule| {
        rule.suggest(project.cases.rules.get(&rule.key).map_or(&[], Vec::as_slice));
    });
    Ok((found, gates))
}

/// Whether an operand is the path or a glob of files of rules, or of a folder of such.
fn is_of_rules(operand: &str, rules: &RuleTree) -> bool {
    let plain = operand.trim_start_matches("./").trim_end_matches('/');
    let glob = operand.contains(['*', '?']).then(|| Glob::eql(plain));
    let is = |file: &str| match &glob {
        Some(glob) => glob.matches(file, Case::Sensitive),
        None => {
            file.strip_prefix(plain).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
    };
    rules.rules.iter().any(|loaded| is(loaded.file.trim_start_matches("./")))
}

/// The inputs that the operands name, and the operands that are no files.
pub(in crate::verbs) fn inputs(operands: &[String]) -> Option<(Vec<Input>, Vec<String>)> {
    let (mut inputs, mut rest) = (Vec::new(), Vec::new());
    for operand in operands {
        let path = Path::new(operand);
        let is_glob = operand.contains(['*', '?', '[']);
        if operand == "-" {
            inputs.push(Input::Stdin);
        } else if path.is_dir() {
            inputs.extend(below(path, &["**/*"])?);
        } else if path.exists() {
            inputs.push(Input::File(path.to_owned()));
        } else if is_glob {
            let found = below_glob(operand)?;
            // A glob of no file may be one of rules.
            if found.is_empty() {
                rest.push(operand.clone());
            }
            inputs.extend(found);
        } else {
            rest.push(operand.clone());
        }
    }
    Some((inputs, rest))
}

/// What inputs are called.
pub(in crate::verbs) fn paths(inputs: &[Input]) -> Vec<String> {
    let name = |input: &Input| match input {
        Input::File(path) => shown(path),
        Input::Stdin => "-".to_owned(),
    };
    inputs.iter().map(name).collect()
}

/// The files below a folder, in the order of their names.
fn below(folder: &Path, patterns: &[&str]) -> Option<Vec<Input>> {
    let mut problems = Vec::new();
    let mut found = find(folder, patterns, &mut problems);
    found.retain(|file| !is_aside(&file.relative));
    if let Some(problem) = problems.first() {
        tell!("error: {}: {}", problem.path, problem.diagnostic.message);
        return None;
    }
    found.sort_by(|a, b| a.relative.cmp(&b.relative));
    Some(found.into_iter().map(|file| Input::File(file.path)).collect())
}

/// The files that fit a glob: the folder before its first wildcard is looked into.
fn below_glob(glob: &str) -> Option<Vec<Input>> {
    let plain: PathBuf = Path::new(glob)
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']))
        .collect();
    let rest = Path::new(glob).strip_prefix(&plain).ok()?.to_string_lossy().into_owned();
    let folder = if plain.as_os_str().is_empty() { Path::new(".") } else { plain.as_path() };
    below(folder, &[&rest])
}

/// The bytes of all files; `None` where they are not known.
fn size(inputs: &[Input]) -> Option<u64> {
    let size = |input: &Input| match input {
        Input::File(path) => std::fs::metadata(path).ok().map(|about| about.len()),
        Input::Stdin => None,
    };
    inputs.iter().map(size).sum()
}

/// Ctrl-C ends the reading; a second one the program.
#[expect(clippy::exit, reason = "whoever asks twice does not want to wait")]
fn interrupt() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let own = flag.clone();
    let handler = move || {
        if own.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        tell!("interrupted: telling what was seen so far; once more to stop at once");
    };
    // Without a handler, Ctrl-C just ends the program.
    let _ = ctrlc::set_handler(handler);
    flag
}

/// A bar on standard error, for people at a terminal only.
fn bar(hidden: bool, size: Option<u64>) -> ProgressBar {
    if hidden || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match size {
        Some(size) => (ProgressBar::new(size), "{bar:30} {bytes}/{total_bytes}, {msg}, {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}, {msg}, {elapsed}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Events and their rate in words.
fn rate(events: u64, seconds: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = events as f64 / seconds.max(0.001);
    format!("{events} events, {rate:.0} events/s")
}
