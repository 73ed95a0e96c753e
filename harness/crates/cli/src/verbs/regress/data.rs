//! The alerts of both versions on files or on a cluster's data.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::AtomicBool;

use harness_backtest::files::{self, Input, Sizes};
use harness_backtest::versions::{COMPARED, compare};
use harness_backtest::{Backtest, Request, Source};
use harness_engine::EngineError;
use harness_quality::regress::{Edition, Regression};
use harness_rule::tree::Loaded;
use harness_runner::run::Project;
use harness_source::span::plural;

use crate::args::{DataArgs, RegressArgs};
use crate::engine::cluster;
use crate::project;
use crate::verbs::backtest::files::{inputs, paths};
use crate::verbs::backtest::given::{open_period, period, threads};

/// How much later than others an event of a file may come, in milliseconds.
const LATENESS: i64 = 3_600_000;
/// How many files are named.
const NAMED: usize = 3;
/// How many rules one request asks about.
const BATCH: usize = 20;

/// Some rules, and the project that they are of.
type Version<'a> = (&'a [Loaded], &'a Project);

/// Puts down what both versions of each changed rule find on the data that the arguments
/// name, if they do; whether they can be used, which is told where not.
pub(super) fn add(
    regression: &mut Regression,
    base: &Project,
    head: &Project,
    args: &RegressArgs,
) -> io::Result<bool> {
    let data = &args.data;
    if data.events.is_empty() && data.engine.engine.is_none() {
        return Ok(true);
    }
    let old = rules(base, regression.rules.iter().filter_map(|rule| rule.before.as_ref()));
    let new = rules(head, regression.rules.iter().filter_map(|rule| rule.after.as_ref()));
    let (old, new) = ((old.as_slice(), base), (new.as_slice(), head));
    let bar = project::spinner(
        args.run.terminal.no_progress,
        "reading events",
        "{spinner} {msg} {elapsed}",
    );
    let runs = match data.engine.engine {
        Some(_) => on_cluster(data, old, new)?,
        None => on_files(data, args.run.terminal.jobs, old, new),
    };
    bar.finish_and_clear();
    let Some([before, after]) = runs else { return Ok(false) };
    regression.data = Some(what(&after));
    compare(regression, &before, &after, data.samples);
    Ok(true)
}

fn rules<'a>(project: &Project, editions: impl Iterator<Item = &'a Edition>) -> Vec<Loaded> {
    let keys: BTreeSet<&String> = editions.map(|edition| &edition.key).collect();
    project.rules.rules.iter().filter(|loaded| keys.contains(&loaded.key)).cloned().collect()
}

/// The data, in words.
fn what(run: &Backtest) -> String {
    let index = match run.indices {
        files if files > NAMED && run.source != Source::Cluster => plural(files, "file"),
        _ => run.request.index.clone(),
    };
    match &run.source {
        Source::Cluster => format!("the indices {index}"),
        Source::Files { events, broken: 0, .. } => {
            format!("{} of {index}", plural(*events, "event"))
        }
        Source::Files { events, broken, .. } => {
            let broken = plural(*broken, "piece");
            format!("{} of {index}; {broken} not read", plural(*events, "event"))
        }
    }
}

/// Both runs over the files; `None` where the arguments cannot be used.
fn on_files(
    data: &DataArgs,
    jobs: Option<u16>,
    old: Version<'_>,
    new: Version<'_>,
) -> Option<[Backtest; 2]> {
    let (inputs, rest) = inputs(&data.events)?;
    if let Some(rest) = rest.first() {
        tell!("error: --events: there is no file `{rest}`");
        return None;
    }
    if inputs.contains(&Input::Stdin) {
        tell!("error: --events: they are read twice: store standard input as a file");
        return None;
    }
    let (from, to) = open_period(data.from.as_deref(), data.to.as_deref())?;
    let request = files::Request {
        names: paths(&inputs),
        inputs,
        from,
        to,
        indicators: 0,
        samples: COMPARED,
        lateness: LATENESS,
        threads: threads(jobs),
        sizes: Sizes::default(),
    };
    let never = AtomicBool::new(false);
    // Both versions see fields as the new revision maps them, as everywhere here.
    let schema = &new.1.schema;
    let run = |(rules, project): Version<'_>| {
        files::run(&request, rules, &project.exceptions, schema, &|_| {}, &never)
    };
    Some([run(old), run(new)])
}

/// Both runs on the cluster; `None` where the arguments cannot be used.
fn on_cluster(
    data: &DataArgs,
    old: Version<'_>,
    new: Version<'_>,
) -> io::Result<Option<[Backtest; 2]>> {
    let (Some(index), Some(from)) = (&data.index, &data.from) else {
        tell!("error: alerts on a cluster need --index PATTERN and --from TIME");
        return Ok(None);
    };
    let Some((from, to)) = period(("--from", from), ("--to", data.to.as_deref())) else {
        return Ok(None);
    };
    let request = Request { index: index.clone(), from, to, samples: COMPARED, batch: BATCH };
    let Some(client) = cluster::connect(&data.engine).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let run = |(rules, project): Version<'_>| {
        harness_backtest::run(&client, &request, rules, &project.exceptions, &|_| {})
            .map_err(|error| io::Error::other(EngineError::from(error)))
    };
    Ok(Some([run(old)?, run(new)?]))
}
