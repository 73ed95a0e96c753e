//! Cases made of a rule itself: events that raise it in each of its ways, and
//! events that just miss it.
//!
//! All rules go through three sessions. The first holds one plain event a rule and
//! gives drafts: what raises the rule, and what its type asks of several events.
//! The second looks, near the drafts, for what turns each clause and shows each
//! mutant, and keeps few of them. The third judges what is left: only what holds
//! there is returned, with the figures that `coverage` would print.

mod apart;
mod asked;
mod choice;
mod dead;
mod draft;
mod evaluate;
mod finish;
mod goal;
mod grow;
mod index;
mod model;
mod name;
mod pipeline;
mod real;
mod scrub;
mod seed;
mod skeleton;
mod suggest;
mod together;
mod verify;
mod write;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use harness_engine::EngineError;
use harness_rule::names::Language;
use harness_runner::case::{Case, Polarity};
use harness_runner::run::home;
use harness_runner::run::{Project, RuleRun, RuleUnderTest, Session};
use harness_source::limits::NEW_READS;

pub(crate) use apart::{apart, drafted, within};
pub use choice::Seed;
pub(crate) use evaluate::Nodes;
pub(crate) use finish::finished;
pub(crate) use index::{of as index_of, patterns as index_patterns};
use model::Grown;
pub use model::{ClauseRow, Made, RuleCases};
pub use real::{Taken, Treatment, taken};
pub use scrub::Replacements;
pub(crate) use seed::context;
pub(crate) use suggest::Context;
use verify::{ByRule, judged, standing, with};
pub use write::{Written, write};

/// How cases are made.
#[derive(Clone, Copy)]
pub struct Making<'a> {
    /// Which plausible values are taken.
    pub seed: Seed,
    /// Is told of rules that are done, and of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl Default for Making<'_> {
    fn default() -> Self {
        Self { seed: Seed::default(), progress: &|_, _| {} }
    }
}

/// Makes cases for the rules of a project that `wanted` names by key, beside those
/// that they have.
///
/// # Errors
///
/// When the engine fails.
pub fn synthesize(
    mut project: Project,
    wanted: &dyn Fn(&str) -> bool,
    making: Making<'_>,
) -> Result<Vec<RuleCases>, EngineError> {
    // All fixtures decide on dynamic fields, also those of rules that are left out.
    home::observe(&mut project.schema, &project.rules, &project.cases);
    project.rules.rules.retain(|rule| wanted(&rule.key()));
    project.cases.rules.retain(|key, _| wanted(key));
    project
        .cases
        .problems
        .retain(|fault| project.rules.rules.iter().any(|rule| fault.belongs_to(&rule.key())));
    let kept: BTreeMap<String, usize> =
        project.cases.rules.iter().map(|(key, cases)| (key.clone(), cases.len())).collect();
    let seeds = seeds(&project);
    let (drafts, standing) = drafts(&project, &seeds, making.seed, NEW_READS.now());
    let made = grown(&project, &drafts, &kept, making);
    judged(&project, made, &standing)
}

/// One plain event for each rule, with all fields that nothing knows.
fn seeds(project: &Project) -> ByRule {
    let session = Session::open(project.clone());
    let mut seeds = seed::all(&session, &standing(&session), &project.rules);
    let rules = project.rules.rules.iter().filter_map(|loaded| loaded.rule.as_ref());
    if rules.into_iter().any(|rule| rule.language == Some(Language::Esql)) {
        // A query that was refused for some fields tells of others once these are known.
        seed::searched(&Session::open(with(project, &seeds)), &mut seeds);
    }
    seeds
}

/// What raises each rule, and what its type asks of several events; and how each rule
/// stands.
///
/// The trials of a pipeline read no more events than `reads` together.
fn drafts(project: &Project, seeds: &ByRule, choice: Seed, reads: usize) -> (ByRule, Vec<RuleRun>) {
    let session = Session::open(with(project, seeds));
    let standing = standing(&session);
    let (keys, under_test) = (session.keys(), session.rules_under_test());
    let drafts = keys.into_par_iter().zip(&under_test).map(|(key, rule)| {
        let found = match rule {
            Some(RuleUnderTest::Conditions(subject)) => draft::drafts(subject, choice),
            Some(RuleUnderTest::Pipeline(flow)) => pipeline::drafts(flow, choice, reads),
            None => Vec::new(),
        };
        (key, found)
    });
    // Near misses of what nobody has found would be no cases.
    let raises = |drafts: &Vec<Case>| drafts.iter().any(|one| one.polarity == Polarity::Positive);
    (drafts.filter(|(_, drafts)| raises(drafts)).collect(), standing)
}

/// The cases that are worth keeping, by rule.
fn grown(
    project: &Project,
    drafts: &ByRule,
    kept: &BTreeMap<String, usize>,
    making: Making<'_>,
) -> BTreeMap<String, Grown> {
    let session = Session::open(with(project, drafts));
    let (keys, under_test) = (session.keys(), session.rules_under_test());
    let (count, done) = (keys.len(), AtomicUsize::new(0));
    let grown = keys.into_par_iter().zip(&under_test).map(|(key, rule)| {
        let kept = kept.get(&key).copied().unwrap_or(0);
        let made = match rule {
            Some(RuleUnderTest::Conditions(subject)) => grow::grow(subject, kept, making.seed),
            Some(RuleUnderTest::Pipeline(flow)) => pipeline::grow(flow, kept, making.seed),
            None => Grown::default(),
        };
        (making.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, count);
        (key, made)
    });
    grown.collect()
}
