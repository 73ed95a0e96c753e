//! Rules on data, read-only: what would have alerted, on a cluster or in [`files`].
//!
//! [`target`] reads the mapping of what is there, the rules are compiled under
//! it, and each kind of rule asks in its own way: conditions on single events in
//! batches of counts ([`filters`]), groups by aggregations ([`composite`]) over
//! the runs of the rule ([`schedule`], [`tally`]), sequences and samples by a
//! stream of candidates in order of time ([`sequence`], [`sample`]), indicators
//! in batches of terms ([`threat`]), pipelines of ES|QL by the events that they
//! read ([`pipeline`]). What a cluster cannot tell is listed as unsupported, with
//! its reason (docs/cluster.md).

mod composite;
mod excepted;
pub mod files;
mod filters;
mod model;
mod near;
mod new_terms;
mod pipeline;
mod prepared;
mod sample;
mod scan;
mod schedule;
mod sequence;
mod stream;
mod suppress;
mod tally;
pub mod target;
mod threat;
mod threshold;
pub mod versions;

use harness_cluster::client::Client;

use harness_cluster::error::ClusterError;
use harness_compile::program::RuleProgram;
use harness_compile::rule::compile_rule;
use harness_detect::window::Clock;
use harness_model::index_pattern;
use harness_predicate::Predicate;
use harness_predicate::plan::{EqlPlan, EqlSearch, Plan};
use harness_rule::exception::ExceptionTree;
use harness_rule::model::Rule;
use harness_rule::names::Language;
use harness_rule::tree::Loaded;
use harness_source::diagnostic::Diagnostic;

use excepted::Excepted;
use model::day;
pub use model::{
    Backtest, Exclusion, Found, Outcome, Overlap, Request, RuleBacktest, Sample, Source,
};
pub use near::near;
use prepared::{Ground, Stop, Time, Work, again, by_time, named, place, sorted_time, within};
use target::Target;

/// Runs rules; `progress` is told how many are done.
///
/// # Errors
///
/// When the cluster does not answer.
pub fn run(
    client: &Client,
    request: &Request,
    rules: &[Loaded],
    exceptions: &ExceptionTree,
    progress: &dyn Fn(usize),
) -> Result<Backtest, ClusterError> {
    let mut target = Target::read(client, &request.index)?;
    let threats = rules.iter().filter_map(|loaded| loaded.rule.as_ref()?.threat_match.as_ref());
    let mut indicators: Vec<&str> =
        threats.flat_map(|threat| threat.index.iter().map(String::as_str)).collect();
    indicators.sort_unstable();
    indicators.dedup();
    for index in indicators {
        target.also(client, index)?;
    }
    let ground = Ground { client, target: &target, request };
    let mut outcomes: Vec<Option<Outcome>> = rules.iter().map(|_| None).collect();
    let mut work = Vec::new();
    for (at, loaded) in rules.iter().enumerate() {
        match prepare(at, loaded, ground, exceptions) {
            Ok(one) => work.push(one),
            Err(outcome) => outcomes[at] = Some(outcome),
        }
    }
    let mut done = rules.len() - work.len();
    progress(done);
    let (single, others): (Vec<_>, Vec<_>) = work.into_iter().partition(|one| {
        one.program.plan().is_some_and(|plan| {
            matches!(plan, Plan::Filter(_))
                || matches!(plan, Plan::Eql(plan) if matches!(plan.search, EqlSearch::Events(_)))
        })
    });
    let mut take = |at: usize, outcome: Result<Found, Stop>| {
        outcomes[at] = Some(match outcome {
            Ok(found) => Outcome::Ran(found),
            Err(Stop::Unsupported(reason)) => Outcome::Unsupported(reason),
            Err(Stop::Again) => Outcome::Unsupported("its events are read once".to_owned()),
            Err(Stop::Cluster(error)) => return Err(error),
        });
        done += 1;
        progress(done);
        Ok(())
    };
    filters::run(ground, &single, &mut take)?;
    for one in &others {
        client.check()?;
        take(one.at, again(|| many(ground, one)))?;
    }
    let mut all: Vec<RuleBacktest> =
        rules.iter().zip(outcomes).map(|(loaded, outcome)| told(loaded, outcome)).collect();
    all.sort_by(|a, b| b.alerts().cmp(&a.alerts()).then_with(|| a.key.cmp(&b.key)));
    Ok(Backtest {
        request: request.clone(),
        indices: target.indices.len(),
        notes: target.notes.clone(),
        rules: all,
        source: Source::Cluster,
        overlap: Vec::new(),
    })
}

/// Runs a rule that looks at many events.
fn many(ground: Ground<'_>, work: &Work<'_>) -> Result<Found, Stop> {
    let plan = match &work.program {
        RuleProgram::Conditions(plan) => plan,
        RuleProgram::Pipeline { documents, pipeline } => {
            return pipeline::run(ground, work, documents, pipeline);
        }
    };
    match plan {
        Plan::Threshold(plan) => threshold::run(ground, work, plan),
        Plan::NewTerms(plan) => new_terms::run(ground, work, plan),
        Plan::Threat(plan) => threat::run(ground, work, plan),
        Plan::Eql(EqlPlan { search, .. }) => match search {
            EqlSearch::Sequence { stages, until, maxspan_ms } => {
                sequence::run(ground, work, (stages, until.as_ref(), *maxspan_ms))
            }
            EqlSearch::Sample { stages } => sample::run(ground, work, stages),
            EqlSearch::Events(_) => Err(Stop::Unsupported("it looks at single events".to_owned())),
        },
        Plan::Filter(_) => Err(Stop::Unsupported("it looks at single events".to_owned())),
    }
}

fn told(loaded: &Loaded, outcome: Option<Outcome>) -> RuleBacktest {
    let text = |pick: fn(&Rule) -> String| loaded.rule.as_ref().map(pick);
    let key = loaded.key();
    RuleBacktest {
        name: text(|rule| rule.name.clone()).unwrap_or_else(|| key.clone()),
        rule_id: text(|rule| rule.rule_id.value.clone()).unwrap_or_default(),
        rule_type: text(|rule| rule.rule_type.to_string()).unwrap_or_default(),
        severity: text(|rule| rule.severity.to_string()).unwrap_or_default(),
        outcome: outcome.unwrap_or_else(|| Outcome::Invalid("it was not run".to_owned())),
        seen: None,
        missing: Vec::new(),
        exclusion: None,
        key,
    }
}

/// A rule under the mapping of the target, or why it does not run.
fn prepare<'a>(
    at: usize,
    loaded: &'a Loaded,
    ground: Ground<'a>,
    tree: &ExceptionTree,
) -> Result<Work<'a>, Outcome> {
    let first = |found: &[Diagnostic]| found.first().map_or("", |it| &it.message).to_owned();
    let Some(rule) = &loaded.rule else {
        return Err(Outcome::Invalid(first(&loaded.diagnostics)));
    };
    let target = ground.target;
    let patterns = match &rule.query {
        Some(query) if rule.language == Some(Language::Esql) => pipeline::indices(&query.text),
        _ => None,
    };
    let patterns = patterns.as_deref().unwrap_or(rule.patterns());
    let seen = target.indices.iter().map(String::as_str);
    let seen: Vec<&str> = seen.filter(|index| index_pattern::sees(patterns, Some(index))).collect();
    if seen.is_empty() && rule.language == Some(Language::Esql) {
        // Which columns there are depends on the indices.
        return Err(Outcome::NoIndex);
    }
    let clock = Clock::new(rule).map_err(|errors| Outcome::Invalid(first(&errors)))?;
    let compiled = compile_rule(rule, &target.schema, ground.request.to);
    let worst = compiled.diagnostics.iter().max_by_key(|(_, found)| found.severity);
    prepared::judgeable(worst.map(|(_, found)| found), "the indices")?;
    let program = compiled.program.ok_or_else(|| Outcome::Invalid("it has no plan".to_owned()))?;
    let program = match excepted(rule, ground, tree)? {
        Some(condition) => program.restrict(&condition),
        None => program,
    };
    if let Some(reason) = target.obstacle(&loaded.text, &program, &clock) {
        return Err(Outcome::Unsupported(reason));
    }
    if compiled.uses_now && program.pipeline().is_some() {
        let reason = "its full-text functions ask for the time of the run";
        return Err(Outcome::Unsupported(reason.to_owned()));
    }
    if seen.is_empty() {
        return Err(Outcome::NoIndex);
    }
    let indices = (seen.len() < target.indices.len()).then_some(seen);
    let time = Time::of(&clock, target);
    let grouping = compiled.grouping;
    Ok(Work { at, rule, clock, time, program, grouping, indices })
}

/// The condition that no exception of the rule holds.
fn excepted(
    rule: &Rule,
    ground: Ground<'_>,
    tree: &ExceptionTree,
) -> Result<Option<Predicate>, Outcome> {
    let found = Excepted::read(rule, &ground.target.schema, tree, ground.request.to);
    let found = found.map_err(Outcome::Unsupported)?;
    if let Some(worded) = found.worded.first() {
        let message = format!("exception `{}`: a value list of type `text`", worded.item);
        return Err(Outcome::Unsupported(message));
    }
    Ok(found.none())
}
