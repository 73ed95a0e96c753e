//! `harness backtest`.

pub(super) mod files;
pub(super) mod given;
mod noise;

use std::io;

use harness_backtest::{Backtest, Outcome};
use harness_engine::EngineError;
use harness_report::backtest::{html, human, json};
use harness_runner::config::{Folders, Gates};
use harness_runner::run::Project;

use crate::args::{BacktestArgs, BacktestFormat as Format};
use crate::engine::cluster;
use crate::exit::Exit;
use crate::project;
use given::{Given, period, rules};

/// Runs the rules on files or on a cluster's data and prints what they find.
pub(crate) fn run(args: &BacktestArgs) -> io::Result<Exit> {
    let Some((project, folders)) = project::open(&args.run.folders) else {
        return Ok(Exit::Usage);
    };
    let found = match args.engine.engine {
        Some(_) => on_cluster(args, project, folders)?,
        None => files::run(args, project, folders),
    };
    let (found, gates) = match found {
        Ok(found) => found,
        Err(exit) => return Ok(exit),
    };
    let Some(drift) = noise::drift(&found, args.baseline.as_deref()) else {
        return Ok(Exit::Usage);
    };
    let mut output = Vec::new();
    match args.format {
        Format::Human => human(&found, args.run.terminal.amount(), &mut output)?,
        Format::Json => json(&found, &mut output)?,
        Format::Html => {
            let head = project::head(&args.run.folders.root(), &args.page);
            html(&found, args.max_alerts, &head, &mut output)?;
        }
    }
    project::deliver(&output, args.run.out.as_deref())?;
    drift.iter().for_each(|line| tell!("{line}"));
    let is_quiet = noise::is_within(&found, &gates);
    let ran = found.rules.iter().any(|rule| matches!(rule.outcome, Outcome::Ran(_)));
    let invalid = found.rules.iter().any(|rule| matches!(rule.outcome, Outcome::Invalid(_)));
    Ok(match (invalid || !found.source.is_whole(), ran) {
        (true, _) => Exit::Failed,
        (false, true) if !is_quiet => Exit::Gate,
        (false, true) => Exit::Ok,
        (false, false) => Exit::NothingRan,
    })
}

/// What was found, or the exit code where nothing is to be run, which was told.
fn on_cluster(
    args: &BacktestArgs,
    project: Project,
    folders: Folders,
) -> io::Result<Result<(Backtest, Gates), Exit>> {
    let Some(request) = request(args) else { return Ok(Err(Exit::Usage)) };
    let Given { project, rules, gates } =
        match rules(args, args.operands.clone(), (project, folders)) {
            Ok(given) => given,
            Err(exit) => return Ok(Err(exit)),
        };
    let Some(client) = cluster::connect(&args.engine).map_err(io::Error::other)? else {
        return Ok(Err(Exit::Usage));
    };
    let bar = project::counted(args.run.terminal.no_progress, rules.len());
    let outcome = harness_backtest::run(&client, &request, &rules, &project.exceptions, &|done| {
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    outcome
        .map(|found| Ok((found, gates)))
        .map_err(|error| io::Error::other(EngineError::from(error)))
}

/// What to look at on a cluster; says what of the arguments cannot be used.
fn request(args: &BacktestArgs) -> Option<harness_backtest::Request> {
    let (Some(index), Some(from)) = (&args.index, &args.from) else {
        tell!("error: a backtest on a cluster needs --index PATTERN and --from TIME");
        return None;
    };
    let (from, to) = period(("--from", from), ("--to", args.to.as_deref()))?;
    Some(harness_backtest::Request {
        index: index.clone(),
        from,
        to,
        samples: args.samples,
        batch: args.batch.into(),
    })
}
