//! What a change of rules changes: which events a rule catches now and did not before,
//! which it no longer catches, proved where it can be.
//!
//! The conditions of the two versions are compared by the prover; what lies around them
//! (groups, sequences, histories, indicators) by rules of its own, and by streams of
//! events that both versions are tried on. An event is told only after the reference
//! evaluator has judged it under both. The types are plain data for renderers.

pub mod accepted;
mod across;
mod assumed;
mod cases;
mod comparison;
mod conditions;
mod direction;
mod judge;
mod languages;
pub mod mappings;
mod metadata;
mod model;
mod on_data;
mod pairs;
mod pipelines;
mod plans;
mod raising;
mod reach;
mod renamed;
mod revision;
mod sequences;
mod settings;
mod shown;
mod sight;
mod streams;
#[cfg(test)]
mod tests;

use harness_source::progress;
use rayon::prelude::*;

use harness_model::schema::Schema;
use harness_rule::exception::ExceptionTree;
use harness_rule::names::Language;
use harness_rule::tree::{Loaded, RuleTree};

pub use cases::judge_cases;
use conditions::Version;
use harness_source::limits;
use judge::Judge;
pub use model::{CaseChange, Change, Deciding, Edition, Example, Presence, Regression, RuleChange};
pub use on_data::{AlertSample, Difference, OnData};
use pairs::Pair;
pub use revision::Revision;
use shown::Shown;
use sight::Sight;

/// How many events the searches for what tells pipelines apart read, those of all rules
/// together; and each at least and at most.
const READS: usize = limits::REGRESS_READS.most;
const LEAST_READS: usize = 600;
const MOST_READS: usize = 20_000;

/// What is said of a change of nothing but what a rule says of itself.
const METADATA: &str = "only metadata changed";

/// Compares the rules of two revisions that are selected, under one schema.
pub fn regress(
    base: Revision<'_>,
    head: Revision<'_>,
    schema: &Schema,
    is_selected: &(dyn Fn(&Loaded) -> bool + Sync),
) -> Regression {
    let paired = pairs::paired(base, head, is_selected);
    let reads = reads_each(&paired.changed);
    progress::begin(paired.changed.len());
    let rules = paired.changed.par_iter().map(|pair| {
        let change = change(pair, base, head, (schema, reads));
        progress::tick();
        change
    });
    let (rules, unchanged) = (rules.collect(), paired.unchanged);
    Regression { rules, unchanged, ..Regression::default() }
}

/// How many events each search for what tells two pipelines apart may read.
fn reads_each(pairs: &[Pair<'_>]) -> usize {
    let is_pipeline = |loaded: Option<&Loaded>| {
        let rule = loaded.and_then(|loaded| loaded.rule.as_ref());
        rule.is_some_and(|rule| rule.language == Some(Language::Esql))
    };
    let count = pairs.iter().filter(|pair| is_pipeline(pair.old) && is_pipeline(pair.new)).count();
    (READS / count.max(1)).clamp(LEAST_READS, MOST_READS)
}

/// Compares two rules, whatever their ids.
pub fn between(
    old: &Loaded,
    new: &Loaded,
    exceptions: &ExceptionTree,
    schema: &Schema,
) -> RuleChange {
    let tree = RuleTree::default();
    let revision = Revision { rules: &tree, exceptions };
    let pair = Pair { old: Some(old), new: Some(new) };
    change(&pair, revision, revision, (schema, MOST_READS))
}

fn change(
    pair: &Pair<'_>,
    base: Revision<'_>,
    head: Revision<'_>,
    (schema, reads): (&Schema, usize),
) -> RuleChange {
    let mut told = RuleChange::of(pair);
    let (Some(old), Some(new)) = (pair.old, pair.new) else { return told };
    let (Some(before), Some(after)) = (&old.rule, &new.rule) else {
        told.unknown("one of the two versions cannot be read");
        return told;
    };
    told.notes.extend(settings::notes(before, after));
    told.notes.extend(settings::excepted(after, base.exceptions, head.exceptions));
    let is_metadata = told.notes.is_empty();
    told.notes.extend(metadata::notes(before, after));
    if metadata::same_verdicts(before, after) && pairs::same_lists(after, base, head) {
        if told.notes.is_empty() {
            told.notes.extend(metadata::dates(before, after));
        }
        told.change = Change::Same;
        told.reason = is_metadata.then(|| METADATA.to_owned());
        return told;
    }
    if before.language == Some(Language::Esql) || after.language == Some(Language::Esql) {
        let [gained, lost] = pipelines::directions((old, base), (new, head), (schema, reads));
        told.decide(gained, lost);
        if told.change == Change::Unknown && (told.gained.is_some() || told.lost.is_some()) {
            told.notes.push("the events were found by trying, not proved to be all".to_owned());
        }
        return told;
    }
    let compiled = |schema| {
        [
            Version::new(before, base.exceptions, schema),
            Version::new(after, head.exceptions, schema),
        ]
    };
    let mut versions = compiled(schema);
    let assumed = assumed::schema(&versions, after, schema, &mut told.notes);
    let schema = assumed.as_ref().unwrap_or(schema);
    if assumed.is_some() {
        versions = compiled(schema);
    }
    let (old, new) = match versions {
        [Ok(old), Ok(new)] => (old, new),
        [Err(reason), _] => {
            told.unknown(format!("the version before cannot be judged: {reason}"));
            return told;
        }
        [_, Err(reason)] => {
            told.unknown(format!("the new version cannot be judged: {reason}"));
            return told;
        }
    };
    let [gained, lost] = plans::directions(&old, &new, schema);
    told.decide(gained, lost);
    let judge = Judge::new([&old.plan, &new.plan], schema);
    let [was, is] = &Sight::of([(old.rule, &old.clock), (new.rule, &new.clock)]);
    let (of_own, of_other) = (Presence::New, Presence::Gone);
    if let Some(gained) = &mut told.gained {
        let sights = [is, was];
        Shown { own: &new, other: &old, of_own, of_other, judge: &judge, sights }.complete(gained);
    }
    if let Some(lost) = &mut told.lost {
        let (of_own, of_other) = (of_other, of_own);
        let sights = [was, is];
        Shown { own: &old, other: &new, of_own, of_other, judge: &judge, sights }.complete(lost);
    }
    told
}
