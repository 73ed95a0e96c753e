//! What the arguments of both kinds of backtest say.

use std::thread;

use harness_rule::tree::Loaded;
use harness_runner::config::{Folders, Gate, Gates};
use harness_runner::run::Project;

use crate::args::{BacktestArgs, SelectArgs};
use crate::exit::Exit;
use crate::{project, select};

/// A project without its rules, those that are meant, and the gates, of which that of the
/// command line is before all rules.
pub(super) struct Given {
    pub(super) project: Project,
    pub(super) rules: Vec<Loaded>,
    pub(super) gates: Gates,
}

/// What runs on the data; `names` are the operands that are no events.
pub(super) fn rules(
    args: &BacktestArgs,
    names: Vec<String>,
    (mut project, folders): (Project, Folders),
) -> Result<Given, Exit> {
    let names = args.rule.iter().cloned().chain(names).collect();
    let asked = SelectArgs { names, traits: args.traits.clone() };
    let selected = select::select(&asked, &project, &folders).ok_or(Exit::Usage)?;
    if args.traits.list {
        return Err(select::list(&project, &selected).unwrap_or(Exit::Internal));
    }
    if !selected.unknown.is_empty() {
        return Err(Exit::NothingRan);
    }
    let mut gates = folders.gates;
    gates.folders.push((String::new(), Gate { max_alerts: args.max_alerts, ..Gate::default() }));
    let all = std::mem::take(&mut project.rules.rules);
    let rules = all.into_iter().filter(|loaded| selected.has(&loaded.key)).collect();
    Ok(Given { project, rules, gates })
}

/// A time of the command line; says where it is none.
fn time(name: &str, text: &str) -> Option<i64> {
    use harness_model::value::DEFAULT_DATE_FORMAT;
    use harness_model::value::{DateFormat, Rounding};

    let format = DateFormat::parse(DEFAULT_DATE_FORMAT).ok()?;
    let found = format.resolve(text, project::now_millis(), Rounding::Down, None);
    found.map_err(|error| tell!("error: {name}: {error}")).ok()
}

/// A period of which either end may be left out; says what of it cannot be used.
pub(in crate::verbs) fn open_period(
    from: Option<&str>,
    to: Option<&str>,
) -> Option<(Option<i64>, Option<i64>)> {
    let end = |name: &str, text: Option<&str>| match text {
        Some(text) => time(name, text).map(Some),
        None => Some(None),
    };
    let (from, to) = end("--from", from).zip(end("--to", to))?;
    let is_usable = from.zip(to).is_none_or(|(from, to)| is_period(from, to));
    is_usable.then_some((from, to))
}

/// A period with its flags, up to now where no end is stated; says what of it cannot be used.
pub(in crate::verbs) fn period(
    (from_flag, from): (&str, &str),
    (to_flag, to): (&str, Option<&str>),
) -> Option<(i64, i64)> {
    let (from, to) = time(from_flag, from).zip(time(to_flag, to.unwrap_or("now")))?;
    is_period(from, to).then_some((from, to))
}

/// How many threads read files.
pub(in crate::verbs) fn threads(jobs: Option<u16>) -> usize {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    jobs.map_or_else(cores, usize::from)
}

/// Says that the period is empty.
fn is_period(from: i64, to: i64) -> bool {
    if from >= to {
        tell!("error: --from does not lie before --to");
    }
    from < to
}
