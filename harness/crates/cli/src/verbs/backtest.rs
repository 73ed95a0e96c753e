//! `harness backtest`.

use std::io;

use crate::args::BacktestArgs;
use crate::exit::Exit;

/// Runs the rules on the cluster's data and prints what they find.
pub(crate) fn run(args: &BacktestArgs) -> io::Result<Exit> {
    use harness_backtest::{self as backtest, Outcome};
    use harness_engine::EngineError;
    use harness_report::backtest::{html, human, json};
    use harness_rule::tree::Loaded;
    use harness_runner::run::selects;

    use crate::args::BacktestFormat as Format;
    use crate::engine::cluster;
    use crate::project;

    let Some(request) = request(args) else { return Ok(Exit::Usage) };
    let Some((project, _)) = project::open(&args.run.folders) else { return Ok(Exit::Usage) };
    project::unselected(&project.rules, args.filter.as_deref());
    let selected =
        |loaded: &Loaded| args.filter.as_deref().is_none_or(|text| selects(loaded, text));
    let rules: Vec<Loaded> = project.rules.rules.into_iter().filter(selected).collect();
    let Some(client) = cluster::connect(&args.engine).map_err(io::Error::other)? else {
        tell!("backtest needs --engine URL");
        return Ok(Exit::Usage);
    };
    let bar = project::counted(args.run.no_progress, rules.len());
    let outcome = backtest::run(&client, &request, &rules, &project.exceptions, &|done| {
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let found = outcome.map_err(|error| io::Error::other(EngineError::from(error)))?;
    let mut output = Vec::new();
    match args.format {
        Format::Human => human(&found, &mut output)?,
        Format::Json => json(&found, &mut output)?,
        Format::Html => html(&found, &mut output)?,
    }
    project::deliver(&output, args.run.out.as_deref())?;
    let ran = found.rules.iter().any(|rule| matches!(rule.outcome, Outcome::Ran(_)));
    let invalid = found.rules.iter().any(|rule| matches!(rule.outcome, Outcome::Invalid(_)));
    Ok(match (invalid, ran) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Ok,
        (false, false) => Exit::NothingRan,
    })
}

/// What to look at; says what of the arguments is no time.
fn request(args: &BacktestArgs) -> Option<harness_backtest::Request> {
    use std::time::{SystemTime, UNIX_EPOCH};

    use harness_model::value::DEFAULT_DATE_FORMAT;
    use harness_model::value::{DateFormat, Rounding};

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let format = DateFormat::parse(DEFAULT_DATE_FORMAT).ok()?;
    let time = |name: &str, text: &str| {
        let found = format.resolve(text, now, Rounding::Down, None);
        found.map_err(|error| tell!("error: {name}: {error}")).ok()
    };
    let (from, to) = (time("--from", &args.from)?, time("--to", &args.to)?);
    if from >= to {
        tell!("error: --from does not lie before --to");
        return None;
    }
    Some(harness_backtest::Request {
        index: args.index.clone(),
        from,
        to,
        samples: args.samples,
        batch: args.batch.into(),
    })
}
