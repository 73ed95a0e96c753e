//! `harness test`.

use std::io;
use std::time::Instant;

use harness_quality::explain;
use harness_report::digest::Digest;
use harness_report::human::{self, Detail};
use harness_report::snapshot;
use harness_report::{github, json, junit, markdown, schedule};
use harness_runner::run::{Run, Session};
use harness_runner::verdict::Status;
use harness_source::diagnostic::Severity;

use crate::args::{TestArgs, TestFormat};
use crate::engine;
use crate::exit::Exit;
use crate::project;

/// Runs the rules and prints the outcome.
pub(crate) fn run(args: &TestArgs, program: &'static str) -> io::Result<Exit> {
    if args.schedule && !matches!(args.format, TestFormat::Human | TestFormat::Json) {
        tell!("--schedule needs the format human or json");
        return Ok(Exit::Usage);
    }
    let started = Instant::now();
    let bar = project::progress(args.run.no_progress, "loading rules and cases");
    let Some((project, folders)) = project::open(&args.run.folders) else {
        return Ok(Exit::Usage);
    };
    bar.set_message("running");
    project::unselected(&project.rules, args.filter.as_deref());
    let session = Session::open(project, args.filter.as_deref());
    let asked = engine::hits(&session, &args.engine, args.compare).map_err(io::Error::other)?;
    let (hits, compared, differs) = asked;
    let mut run = explain::judge(&session, &hits);
    run.places.flags = project::flags(&args.run.folders);
    run.places.program = program;
    bar.finish_and_clear();

    let schedules = args.schedule.then(|| session.schedule(&hits));
    let digest = || Digest::new(&run, None, None);
    let checkout = project::checkout();
    let mut output = Vec::new();
    match args.format {
        TestFormat::Human => {
            let options = human::Options {
                styled: project::styled(project::is_file(args.run.out.as_deref())),
                detail: if args.quiet { Detail::Folders } else { Detail::All },
                elapsed: started.elapsed(),
            };
            human::render(&run, options, &mut output)?;
            if let Some(schedules) = &schedules {
                schedule::render(schedules, &mut output)?;
            }
        }
        TestFormat::Json => json::render(&run, schedules.as_deref(), &mut output)?,
        TestFormat::Junit => junit::render(&digest(), &mut output)?,
        TestFormat::Markdown => markdown::render(&digest(), &mut output)?,
        TestFormat::Github => github::render(&digest(), &checkout, &mut output)?,
    }
    project::deliver(&output, args.run.out.as_deref())?;
    if args.update {
        let written = snapshot::write(&run, &folders.snapshots)?;
        let noun = if written == 1 { "snapshot" } else { "snapshots" };
        tell!("{written} {noun} written to {}", folders.snapshots.display());
    }
    for line in &compared {
        tell!("{line}");
    }
    let unwanted = schedules.iter().flatten().any(|one| !one.unwanted.is_empty());
    let exit = exit(&run, args.deny_warnings);
    Ok(if exit == Exit::Ok && (differs || unwanted) { Exit::Failed } else { exit })
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
