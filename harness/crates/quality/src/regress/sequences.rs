//! Two sequences or samples, compared stage by stage.

use harness_predicate::Predicate;
use harness_predicate::plan::{EqlPlan, EqlSearch, Plan, Stage};

use super::comparison::Comparison;
use super::direction::Direction;
use super::judge::Stream;
use super::streams::{self, Order};
use crate::compare::Answer;

/// The parts of a search over several events.
struct Parts<'p> {
    stages: &'p [Stage],
    until: Option<&'p Stage>,
    order: Order,
}

fn parts(plan: &EqlPlan) -> Option<Parts<'_>> {
    match &plan.search {
        EqlSearch::Events(_) => None,
        EqlSearch::Sequence { stages, until, maxspan_ms } => {
            Some(Parts { stages, until: until.as_ref(), order: Order::Within(*maxspan_ms) })
        }
        EqlSearch::Sample { stages } => Some(Parts { stages, until: None, order: Order::Any }),
    }
}

pub(super) fn directions(
    comparison: &mut Comparison<'_>,
    (old, before): (&Plan, &EqlPlan),
    (new, after): (&Plan, &EqlPlan),
) -> [Direction; 2] {
    let (Some(a), Some(b)) = (parts(before), parts(after)) else {
        let why = "single events and several have no common measure";
        return [Direction::Unknown(why), Direction::Unknown(why)];
    };
    let limits = before.limits == after.limits;
    let gained_never = limits && implies(comparison, &b, &a);
    let lost_never = limits && implies(comparison, &a, &b);
    let gained = candidates(comparison, &b, &a);
    let lost = candidates(comparison, &a, &b);
    comparison.tried([gained_never, lost_never], (old, new), [gained, lost])
}

/// Streams on which a search over several events may alert, of events that do not fulfil
/// `avoided` where there are such.
pub(super) fn raising(
    comparison: &mut Comparison<'_>,
    plan: &EqlPlan,
    avoided: Option<&Predicate>,
) -> Vec<Stream> {
    let Some(own) = parts(plan) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(avoided) = avoided {
        let mut event = |stage: &Stage| match comparison.beyond(&stage.filter, avoided) {
            Answer::Event(event) => Some(event),
            Answer::Never | Answer::Unknown => comparison.event(&stage.filter),
        };
        let set = own.stages.iter().map(&mut event).collect();
        found = streams::ordered(&[set], own.stages, own.order, own.order, None);
    }
    found.extend(candidates(comparison, &own, &own));
    found
}

/// Whether each match of `a` holds one of `b`: the stages of `b` are among those of `a`,
/// in their order, each no stricter; the keys are no more, the time is no shorter.
///
/// Stages without an event and `until` take part in what is not there, which no order of
/// conditions tells: they have to be the same.
fn implies(comparison: &mut Comparison<'_>, a: &Parts<'_>, b: &Parts<'_>) -> bool {
    let plain = |stages: &[Stage]| stages.iter().all(|stage| !stage.missing);
    let simple = plain(a.stages) && plain(b.stages) && a.until.is_none() && b.until.is_none();
    if !a.order.lies_in(b.order) {
        return false;
    }
    if !simple {
        return a.order == b.order && same_stages(comparison, a, b);
    }
    let mut rest = repeated(a.stages);
    repeated(b.stages).all(|wanted| {
        rest.any(|own| {
            keys_within(wanted, own)
                && comparison.beyond(&own.filter, &wanted.filter) == Answer::Never
        })
    })
}

/// The stages, those of several runs as often as they run.
fn repeated(stages: &[Stage]) -> impl Iterator<Item = &Stage> {
    stages.iter().flat_map(|stage| std::iter::repeat_n(stage, stage.runs as usize))
}

/// Whether the keys of `b` are those of `a`, or the first of them.
fn keys_within(b: &Stage, a: &Stage) -> bool {
    b.keys.len() <= a.keys.len() && a.keys.starts_with(&b.keys)
}

fn same_stages(comparison: &mut Comparison<'_>, a: &Parts<'_>, b: &Parts<'_>) -> bool {
    let (mut own, mut other): (Vec<&Stage>, Vec<&Stage>) =
        (a.stages.iter().collect(), b.stages.iter().collect());
    own.extend(a.until);
    other.extend(b.until);
    own.len() == other.len()
        && a.until.is_some() == b.until.is_some()
        && own.into_iter().zip(other).all(|(a, b)| {
            a.missing == b.missing
                && a.runs == b.runs
                && a.keys == b.keys
                && comparison.beyond(&a.filter, &b.filter) == Answer::Never
                && comparison.beyond(&b.filter, &a.filter) == Answer::Never
        })
}

/// Streams on which `a` may alert and `b` may not.
fn candidates(comparison: &mut Comparison<'_>, a: &Parts<'_>, b: &Parts<'_>) -> Vec<Stream> {
    let mut sets: Vec<Vec<Option<serde_json::Value>>> = Vec::new();
    let shared: Vec<Option<serde_json::Value>> = a
        .stages
        .iter()
        .enumerate()
        .map(|(at, stage)| {
            let twin = b.stages.get(at).map(|twin| twin.filter.clone());
            let both = Predicate::and(std::iter::once(stage.filter.clone()).chain(twin));
            comparison.event(&both).or_else(|| comparison.event(&stage.filter))
        })
        .collect();
    for (at, stage) in a.stages.iter().enumerate() {
        let Some(twin) = b.stages.get(at) else { continue };
        let (own, other) = if stage.missing {
            (&twin.filter, &stage.filter)
        } else {
            (&stage.filter, &twin.filter)
        };
        if let Answer::Event(event) = comparison.beyond(own, other) {
            let mut set = shared.clone();
            set[at] = Some(event);
            sets.push(set);
        }
    }
    sets.push(shared);
    let until = b.until.and_then(|until| comparison.event(&until.filter));
    streams::ordered(&sets, a.stages, a.order, b.order, until.as_ref())
}
