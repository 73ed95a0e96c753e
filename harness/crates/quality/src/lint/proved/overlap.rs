//! Rules that catch the same events, or only events that another catches as well, or the
//! same but for one clause of each.

use std::collections::{BTreeMap, BTreeSet};

use harness_model::schema::Schema;
use harness_predicate::plan::Plan;
use harness_predicate::{Column, Leaf, Predicate};
use harness_rule::tree::Loaded;
use harness_source::span::Span;
use rayon::prelude::*;
use serde_json::Value;

use super::single::{Single, needed, reads, single};
use super::twins;
use crate::compare::{Bench, Prover, Values};
use crate::lint::codes::Code;
use crate::lint::model::Finding;
use crate::lint::target::Sink;

/// The most rules that one is told to lie in.
const MAX_NAMED: usize = 1;

/// What is known of a rule by itself.
#[derive(Default)]
pub(in crate::lint) struct Proved {
    /// Its plan, where something may be proved of it.
    pub(in crate::lint) plan: Option<Plan>,
    /// An event that it catches, where it is compared with other rules.
    pub(in crate::lint) event: Option<Value>,
}

/// An event of a rule that is compared with others.
pub(in crate::lint) fn witness(
    loaded: &Loaded,
    plan: &Plan,
    prover: &mut Prover<'_>,
) -> Option<Value> {
    prover.witness(single(loaded, plan)?)
}

/// The findings, with the number of their file; `plans` are by file, with an event that
/// the rule catches.
pub(in crate::lint) fn check(
    rules: &[&Loaded],
    plans: &[Proved],
    schema: &Schema,
) -> Vec<(usize, Finding)> {
    let singles = rules.iter().zip(plans).enumerate().filter_map(|(at, (loaded, proved))| {
        let filter = single(loaded, proved.plan.as_ref()?)?;
        let needed = needed(filter);
        let patterns = loaded.rule.as_ref()?.patterns();
        let event = proved.event.as_ref();
        Some(Single { at, loaded, filter, patterns, needed, event })
    });
    let singles: Vec<Single<'_>> = singles.collect();
    let mut users: BTreeMap<&Column, usize> = BTreeMap::new();
    for column in singles.iter().flat_map(|single| &single.needed) {
        *users.entry(column).or_default() += 1;
    }
    // A rule is looked for under the rarest column that its events have.
    let mut by_column: BTreeMap<&Column, Vec<&Single<'_>>> = BTreeMap::new();
    for single in &singles {
        if let Some(rarest) = single.needed.iter().min_by_key(|column| users[**column]) {
            by_column.entry(rarest).or_default().push(single);
        }
    }
    let mut leaves: Vec<&Leaf> = Vec::new();
    for single in &singles {
        single.filter.leaves(&mut |leaf| leaves.push(leaf));
    }
    let bench = Bench::new(schema, leaves.into_iter());
    let found: Vec<Option<(usize, Finding)>> = singles
        .par_iter()
        .map(|own| {
            let document = bench.read(own.event?)?;
            let mut columns: Vec<&Column> = Vec::new();
            own.filter.leaves(&mut |leaf| columns.extend(leaf.columns()));
            let columns: BTreeSet<&Column> = columns.into_iter().collect();
            let others = columns.iter().filter_map(|column| by_column.get(column)).flatten();
            let mut wider = others.filter(|other| {
                other.at != own.at && reads(other, own) && bench.holds_of(other.filter, &document)
            });
            wider.by_ref().take(MAX_NAMED * 50).find_map(|other| told(own, other, schema))
        })
        .collect();
    let mut found: Vec<(usize, Finding)> = found.into_iter().flatten().collect();
    found.extend(twins::check(&singles, schema));
    found
}

/// How the events of a condition lie to those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// They are the same.
    Same,
    /// The other has all of them, and it is not proved that it has no more.
    Inside,
}

/// What is proved of two conditions: that the first has no event beyond the second.
fn relation(narrow: &Predicate, wide: &Predicate, prover: &mut Prover<'_>) -> Option<Relation> {
    let mut is_within = |a: &Predicate, b: &Predicate| {
        prover.is_never(&Predicate::and([a.clone(), b.clone().negate()])) == Some(true)
    };
    is_within(narrow, wide).then_some(())?;
    Some(if is_within(wide, narrow) { Relation::Same } else { Relation::Inside })
}

/// What is proved of a rule and one that may be wider.
fn told(own: &Single<'_>, other: &Single<'_>, schema: &Schema) -> Option<(usize, Finding)> {
    let mut prover = Prover::new(schema);
    let relation = relation(own.filter, other.filter, &mut prover)?;
    let same = relation == Relation::Same && reads(own, other);
    // Of two that are the same the second is told.
    if same && own.at < other.at {
        return None;
    }
    let query = own.loaded.rule.as_ref()?.query.as_ref()?;
    let place = Span::new(0, query.text.trim_end().len());
    let key = other.loaded.key();
    let mut sink = Sink::new(own.loaded);
    if same {
        let message = format!("{key} catches the very same events");
        sink.query(Code::SameRule, place, message).help("keep one of the two");
    } else {
        let more = prover.beyond(other.filter, own.filter, Values::One).event().cloned();
        let message = format!("each event of this rule is one of {key} as well");
        sink.query(Code::InsideRule, place, message)
            .help("leave one of the two out, or make the other ask for less")
            .evidence(more);
    }
    sink.into_findings().into_iter().next().map(|finding| (own.at, finding))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::{events, predicate, schema};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// All events of a condition that lies inside of another are events of the other.
        #[test]
        fn relations_are_those_of_brute_force(a in predicate(), b in predicate()) {
            let schema = schema();
            let Some(relation) = relation(&a, &b, &mut Prover::new(&schema)) else {
                return Ok(());
            };
            let mut leaves = Vec::new();
            a.leaves(&mut |leaf| leaves.push(leaf));
            b.leaves(&mut |leaf| leaves.push(leaf));
            let bench = Bench::new(&schema, leaves.into_iter());
            for event in events(2) {
                let (a, b) = (bench.holds(&a, &event), bench.holds(&b, &event));
                match relation {
                    Relation::Same => prop_assert_eq!(a, b, "{}", event),
                    Relation::Inside => prop_assert!(a <= b, "{}", event),
                }
            }
        }
    }
}
