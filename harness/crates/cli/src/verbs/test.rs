//! `harness test`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::mem::take;
use std::path::PathBuf;
use std::time::Instant;

use harness_quality::explain;
use harness_report::Amount;
use harness_report::digest::Digest;
use harness_report::human::{self, Detail};
use harness_report::problem::{self, Styled};
use harness_report::snapshot;
use harness_report::{github, json, junit, markdown, schedule};
use harness_runner::config::Folders;
use harness_runner::run::{Run, Session};
use harness_runner::select::Selected;
use harness_runner::verdict::Status;
use harness_source::diagnostic::Severity;

use super::watch;
use crate::args::{TestArgs, TestFormat};
use crate::engine;
use crate::exit::Exit;
use crate::{project, select};

/// The most snapshots that are told to differ.
const MAX_SNAPSHOTS: usize = 20;

/// Runs the rules and prints the outcome.
pub(crate) fn run(args: &TestArgs, program: &'static str) -> io::Result<Exit> {
    let once = |changed: Option<&BTreeSet<PathBuf>>| once(args, program, changed);
    if args.watch { watch::run(&args.run.folders, &once) } else { once(None) }
}

/// Runs the rules that were asked for, of these those that changed files touch.
fn once(
    args: &TestArgs,
    program: &'static str,
    changed: Option<&BTreeSet<PathBuf>>,
) -> io::Result<Exit> {
    if args.schedule && !matches!(args.format, TestFormat::Human | TestFormat::Json) {
        tell!("--schedule needs the format human or json");
        return Ok(Exit::Usage);
    }
    let started = Instant::now();
    let bar = project::progress(args.run.terminal.no_progress, "loading rules and cases");
    let around = project::around(&args.run.folders, &args.select.names);
    let Some((project, folders)) = project::open(&around) else {
        return Ok(Exit::Usage);
    };
    bar.set_message("running");
    // What is told is chosen by the status after the run; the exit code is that of all.
    let mut asked = args.select.clone();
    let statuses = if asked.traits.list { Vec::new() } else { take(&mut asked.traits.status) };
    let Some(mut selected) = select::select(&asked, &project, &folders) else {
        return Ok(Exit::Usage);
    };
    if let Some(touched) = changed.and_then(|paths| watch::touched(paths, &project, &folders)) {
        selected.keys = Some(touched.into_iter().filter(|key| selected.has(key)).collect());
    }
    if asked.traits.list {
        return select::list(&project, &selected);
    }
    if (args.update || args.check) && !selected.cases.is_empty() {
        tell!("a snapshot has all cases of a rule: name the rule instead of a case");
        return Ok(Exit::Usage);
    }
    let session = Session::open_selected(project, &selected);
    let asked = engine::hits(&session, &args.engine, args.compare).map_err(io::Error::other)?;
    let (hits, compared, differs) = asked;
    let mut run = explain::judge(&session, &hits);
    run.places.flags = project::flags(&around);
    run.places.program = program;
    bar.finish_and_clear();

    let schedules = args.schedule.then(|| session.schedule(&hits, &mut run));
    run.narrow(&selected);
    let shown = shown(&run, &statuses);
    let digest = || Digest::new(&shown, None, None);
    let checkout = project::checkout();
    let render = |format: TestFormat| -> io::Result<Vec<u8>> {
        let mut output = Vec::new();
        match format {
            TestFormat::Human => {
                let options = human::Options {
                    styled: project::styled(project::is_file(args.run.out.as_deref())),
                    detail: match args.run.terminal.amount() {
                        Amount::Less => Detail::Folders,
                        Amount::Usual => Detail::All,
                        Amount::More => Detail::Each,
                    },
                    elapsed: started.elapsed(),
                };
                human::render(&shown, options, &mut output)?;
                if let Some(schedules) = &schedules {
                    schedule::render(schedules, &mut output)?;
                }
            }
            TestFormat::Json => json::render(&shown, schedules.as_deref(), &mut output)?,
            TestFormat::Junit => junit::render(&digest(), &mut output)?,
            TestFormat::Markdown => markdown::render(&digest(), &mut output)?,
            TestFormat::Github => github::render(&digest(), &checkout, &mut output)?,
        }
        Ok(output)
    };
    project::deliver(&render(args.format)?, args.run.out.as_deref())?;
    let (junit, markdown) = (TestFormat::Junit, TestFormat::Markdown);
    for (format, file) in args.reports.files(junit, markdown, TestFormat::Json) {
        project::deliver(&render(format)?, Some(file))?;
    }
    let outdated = snapshots(args, &run, &selected, &folders)?;
    for line in &compared {
        tell!("{line}");
    }
    let unwanted = schedules.iter().flatten().any(|one| !one.unwanted.is_empty());
    let exit = exit(&run, args.deny_warnings);
    let failed = differs || unwanted || outdated;
    Ok(if exit == Exit::Ok && failed { Exit::Failed } else { exit })
}

/// The run with the rules of these statuses only; all where none is stated.
fn shown<'a>(run: &'a Run, statuses: &[Status]) -> Cow<'a, Run> {
    if statuses.is_empty() {
        return Cow::Borrowed(run);
    }
    let mut shown = run.clone();
    shown.rules.retain(|rule| statuses.contains(&rule.status));
    Cow::Owned(shown)
}

/// Writes the snapshots or compares with them; whether they differ.
fn snapshots(
    args: &TestArgs,
    run: &Run,
    selected: &Selected,
    folders: &Folders,
) -> io::Result<bool> {
    if args.update {
        let written = snapshot::write(run, &folders.snapshots)?;
        let noun = if written == 1 { "snapshot" } else { "snapshots" };
        tell!("{written} {noun} written to {}", folders.snapshots.display());
    }
    if !args.check {
        return Ok(false);
    }
    let mut found = snapshot::differing(run, &folders.snapshots);
    if selected.keys.is_none() {
        found.extend(snapshot::unpaired(run, &folders.snapshots));
    }
    for problem in found.iter().take(MAX_SNAPSHOTS) {
        tell_styled!("{}", problem::render(problem, Styled::Ansi));
    }
    match found.len().saturating_sub(MAX_SNAPSHOTS) {
        0 => {}
        more => tell!("and {more} more"),
    }
    Ok(!found.is_empty())
}

/// Red for anything that failed, is missing or could not be read, and for warnings
/// where they are denied; nothing ran is not green.
pub(super) fn exit(run: &Run, deny_warnings: bool) -> Exit {
    let of_rules = run.rules.iter().flat_map(|rule| &rule.problems);
    let mut problems = run.problems.iter().chain(of_rules);
    let broken = problems.any(|problem| problem.diagnostic.severity == Severity::Error);
    let failed = |status| matches!(status, Status::Failed | Status::Invalid);
    let denied = || deny_warnings && human::warning_count(run) > 0;
    if broken || denied() || run.rules.iter().any(|rule| failed(rule.status)) {
        Exit::Failed
    } else if run.rules.iter().all(|rule| rule.cases.is_empty()) {
        Exit::NothingRan
    } else {
        Exit::Ok
    }
}
