//! Two rules that differ in one clause: what both catch alerts twice.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use harness_model::schema::Schema;
use harness_predicate::{Origin, Predicate, Test};
use harness_source::span::{flat, shorten};
use harness_text::pattern::Pattern;
use harness_text::pattern::glob::GlobPart;
use rayon::prelude::*;
use rustc_hash::FxHasher;
use serde_json::Value;

use super::filter::span_of;
use super::single::{Single, reads};
use crate::compare::{Prover, Values};
use crate::lint::codes::Code;
use crate::lint::model::Finding;
use crate::lint::target::Sink;

/// The most rules that one is compared with.
const MAX_COMPARED: usize = 20;
/// How much of a clause is shown.
const MAX_TEXT: usize = 60;

/// What tells of which kind an event is, and nothing of what happened.
const KINDS: [&str; 10] = [
    "event.category",
    "event.type",
    "event.kind",
    "event.dataset",
    "event.module",
    "data_stream.dataset",
    "host.os.type",
    "event.outcome",
    "event.action",
    "event.provider",
];

/// A rule without one of its clauses.
struct Rest<'s> {
    single: &'s Single<'s>,
    /// The clause that is left out.
    clause: &'s Predicate,
    /// All others, without their places.
    others: Vec<&'s Predicate>,
}

/// The findings, with the number of their file.
pub(super) fn check(singles: &[Single<'_>], schema: &Schema) -> Vec<(usize, Finding)> {
    // Rules that are the same without one clause of each have a number in common.
    let mut alike: BTreeMap<u64, Vec<Rest<'_>>> = BTreeMap::new();
    let clauses = |single: &Single<'_>| match single.filter {
        Predicate::And(parts) => parts.iter().map(placeless).collect(),
        _ => Vec::new(),
    };
    let placeless: Vec<Vec<Predicate>> = singles.iter().map(clauses).collect();
    for (single, placeless) in singles.iter().zip(&placeless) {
        let Predicate::And(parts) = single.filter else { continue };
        let numbers: Vec<u64> = placeless.iter().map(number).collect();
        let whole = numbers.iter().fold(0_u64, |sum, own| sum.wrapping_add(*own));
        for (left_out, clause) in parts.iter().enumerate() {
            let others = placeless.iter().enumerate().filter(|(at, _)| *at != left_out);
            let others: Vec<&Predicate> = others.map(|(_, part)| part).collect();
            if others.iter().any(|part| says_what_happened(part)) {
                let rest = whole.wrapping_sub(numbers[left_out]);
                alike.entry(rest).or_default().push(Rest { single, clause, others });
            }
        }
    }
    let groups: Vec<&Vec<Rest<'_>>> = alike.values().filter(|group| group.len() > 1).collect();
    let found: Vec<Vec<(usize, Finding)>> = groups
        .par_iter()
        .map(|group| {
            let later = group.iter().enumerate();
            later
                .filter_map(|(at, own)| {
                    let mut before = group[..at].iter().take(MAX_COMPARED);
                    before.find_map(|other| told(own, other, schema))
                })
                .collect()
        })
        .collect();
    let mut found: Vec<(usize, Finding)> = found.into_iter().flatten().collect();
    // One other rule is told of each.
    found.sort_by_key(|(at, _)| *at);
    found.dedup_by_key(|(at, _)| *at);
    found
}

/// Whether a clause tests more than the kind of event.
fn says_what_happened(part: &Predicate) -> bool {
    let mut found = false;
    part.leaves(&mut |leaf| {
        let is_vague = match &leaf.test {
            Test::Exists | Test::Bool(_) => true,
            // Any value, or any that is not empty.
            Test::Term(Pattern::Glob(glob, _)) => {
                !glob.parts().iter().any(|part| matches!(part, GlobPart::Literal(_)))
            }
            Test::Term(_)
            | Test::Phrase(_)
            | Test::Long(_)
            | Test::Date(_)
            | Test::Nanos(_)
            | Test::Double(_)
            | Test::Ip(_)
            | Test::Script(_) => false,
        };
        found |= !is_vague && !KINDS.contains(&&*leaf.column.name);
    });
    found && !matches!(part, Predicate::Not(_))
}

fn told(own: &Rest<'_>, other: &Rest<'_>, schema: &Schema) -> Option<(usize, Finding)> {
    let same_rest = own.others.len() == other.others.len()
        && own.others.iter().all(|part| other.others.contains(part));
    let same_indices = reads(own.single, other.single) || reads(other.single, own.single);
    if own.single.at == other.single.at || !same_rest || !same_indices {
        return None;
    }
    let both = of_both(own.single.filter, other.single.filter, &mut Prover::new(schema))?;
    let query = |single: &Single<'_>| single.loaded.rule.as_ref()?.query.clone();
    let shown = |rest: &Rest<'_>| {
        let place = span_of(rest.clause)?;
        Some((place, shorten(&flat(place.of(&query(rest.single)?.text)), MAX_TEXT)))
    };
    let ((place, here), (_, there)) = (shown(own)?, shown(other)?);
    let message = format!(
        "{} is the same but for `{there}`, where this rule asks for `{here}`: an event of both \
         alerts twice",
        other.single.loaded.key()
    );
    let mut sink = Sink::new(own.single.loaded);
    sink.query(Code::OverlappingRule, place, message)
        .help("make one rule of the two, or leave out of one what the other has")
        .evidence(Some(both));
    sink.into_findings().into_iter().next().map(|finding| (own.single.at, finding))
}

/// An event of both, where each of the conditions has events that the other has not.
fn of_both(a: &Predicate, b: &Predicate, prover: &mut Prover<'_>) -> Option<Value> {
    prover.beyond(a, b, Values::One).event()?;
    prover.beyond(b, a, Values::One).event()?;
    let both = prover.find(&Predicate::and([a.clone(), b.clone()]), Values::One);
    // An event that says two things happened is seldom one of both rules.
    both.event().filter(|event| !has_lists(&event["event"])).cloned()
}

/// Whether a key of an object has several values.
fn has_lists(object: &Value) -> bool {
    object.as_object().is_some_and(|keys| keys.values().any(Value::is_array))
}

/// The condition without its place: those that are the same wherever they stand are equal.
fn placeless(predicate: &Predicate) -> Predicate {
    predicate.clone().at(Origin::default())
}

/// A number that equal conditions have in common.
fn number(predicate: &Predicate) -> u64 {
    let mut state = FxHasher::default();
    predicate.hash(&mut state);
    // Sums of numbers are compared: mixed, they seldom meet by chance.
    state.finish().wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Bench;
    use crate::compare::tests::{events, predicate, schema};
    use harness_source::span::Span;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// The event is one of both, and each has another that is not the other's.
        #[test]
        fn rules_overlap_where_brute_force_says_so(a in predicate(), b in predicate()) {
            let schema = schema();
            let Some(event) = of_both(&a, &b, &mut Prover::new(&schema)) else { return Ok(()) };
            let mut leaves = Vec::new();
            a.leaves(&mut |leaf| leaves.push(leaf));
            b.leaves(&mut |leaf| leaves.push(leaf));
            let bench = Bench::new(&schema, leaves.into_iter());
            let holds = |event: &Value| (bench.holds(&a, event), bench.holds(&b, event));
            prop_assert_eq!(holds(&event), (Some(true), Some(true)), "{}", event);
            for apart in [(true, false), (false, true)] {
                let apart = (Some(apart.0), Some(apart.1));
                prop_assert!(events(1).iter().any(|event| holds(event) == apart));
            }
        }

        #[test]
        fn conditions_are_the_same_wherever_they_stand(a in predicate(), b in predicate()) {
            let origin = Origin { span: Span::new(3, 7), ..Origin::default() };
            let moved = a.clone().at(origin);
            prop_assert_eq!(placeless(&a), placeless(&moved));
            prop_assert_eq!(number(&placeless(&a)), number(&placeless(&moved)));
            if placeless(&a) == placeless(&b) {
                prop_assert_eq!(number(&placeless(&a)), number(&placeless(&b)));
                prop_assert_eq!(a.at(origin), b.at(origin));
            }
        }
    }
}
