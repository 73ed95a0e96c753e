//! What the arguments of both kinds of backtest say.

use harness_rule::tree::Loaded;
use harness_runner::config::{Gate, Gates};
use harness_runner::run::{Project, selects};

use crate::args::BacktestArgs;
use crate::project;

/// The project, its rules that a filter selects, and the gates, of which that of the
/// command line is before all rules.
pub(super) fn rules(
    args: &BacktestArgs,
    filter: Option<&str>,
) -> Option<(Project, Vec<Loaded>, Gates)> {
    let (mut project, folders) = project::open(&args.run.folders)?;
    let mut gates = folders.gates;
    gates.folders.push((String::new(), Gate { max_alerts: args.max_alerts, ..Gate::default() }));
    project::unselected(&project.rules, filter);
    let selected = |loaded: &Loaded| filter.is_none_or(|text| selects(loaded, text));
    let all = std::mem::take(&mut project.rules.rules);
    Some((project, all.into_iter().filter(selected).collect(), gates))
}

/// A time of the command line; says where it is none.
pub(in crate::verbs) fn time(name: &str, text: &str) -> Option<i64> {
    use harness_model::value::DEFAULT_DATE_FORMAT;
    use harness_model::value::{DateFormat, Rounding};

    let format = DateFormat::parse(DEFAULT_DATE_FORMAT).ok()?;
    let found = format.resolve(text, project::now_millis(), Rounding::Down, None);
    found.map_err(|error| tell!("error: {name}: {error}")).ok()
}

/// Says that the period is empty.
pub(in crate::verbs) fn is_period(from: i64, to: i64) -> bool {
    if from >= to {
        tell!("error: --from does not lie before --to");
    }
    from < to
}
