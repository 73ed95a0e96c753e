//! Consecutive runs over a case: what they see twice, and what none sees
//! (docs/semantics.md, "Consecutive runs").

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::judge::{Judged, Trial};
use super::work::{Setting, Work};
use super::{Alert, Fixtures};
use crate::case::Case;
use crate::detect::window::{Clock, span_text};
use crate::event::Event;
use crate::ir::plan::Plan;

/// The most runs of one case that are looked at, from its last on.
const MAX_RUNS: usize = 10_000;

/// A case under consecutive runs of its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The rule's key.
    pub rule: String,
    /// The case's path.
    pub case: String,
    /// The time between runs, in words.
    pub interval: String,
    /// How many runs had an event in their window.
    pub runs: usize,
    /// How many alerts they raised, each counted once.
    pub alerts: usize,
    /// Alerts that a later run found again, and how often: Kibana drops them.
    pub dropped: Vec<(Vec<String>, usize)>,
    /// Alerts that a later run raised again.
    pub repeated: Vec<(Vec<String>, usize)>,
    /// Events that lie in the window of no run.
    pub gaps: Vec<String>,
    /// What is wrong with the rule's times whatever the events.
    pub note: Option<String>,
}

impl Schedule {
    /// Whether there is something to look at.
    pub fn is_clean(&self) -> bool {
        self.repeated.is_empty() && self.gaps.is_empty() && self.note.is_none()
    }
}

/// All cases of a rule under consecutive runs; none where it cannot be judged.
pub(super) fn rule(
    work: &Work,
    hits: &[RoaringBitmap],
    fixtures: &Fixtures,
    ranges: &[Range<u32>],
) -> Vec<Schedule> {
    let Some(judged) = Judged::of(work) else { return Vec::new() };
    let trial = Trial { judged, hits, fixtures };
    let cases = work.cases.iter().zip(&work.settings).zip(ranges);
    cases.filter_map(|((one, setting), range)| case(&trial, one, setting, range)).collect()
}

/// Runs a rule on a case again and again; the last run is that of the case.
/// `None` where the rule has no plan.
fn case(
    trial: &Trial<'_>,
    case: &Arc<Case>,
    setting: &Setting,
    range: &Range<u32>,
) -> Option<Schedule> {
    let Judged { work, clock, .. } = trial.judged;
    let (plan, _) = work.planned(setting)?;
    let aggregates = work.pipeline(setting).is_some_and(|one| one.plan.is_aggregating());
    let times: Vec<Vec<i64>> = case.events.iter().map(|event| clock.times(event)).collect();
    let moments = moments(clock, setting.now, &times);
    let mut seen: BTreeMap<(Vec<String>, Vec<String>), usize> = BTreeMap::new();
    let mut known = Known::default();
    for now in &moments {
        let at = setting.at(*now);
        for alert in trial.case(case, &at, range)?.alerts {
            let counted = match plan {
                Plan::Threshold(plan) => known.is_new(&alert, plan.count, &case.events, &times),
                Plan::Filter(_)
                | Plan::Eql(_)
                | Plan::NewTerms(_)
                | Plan::Threat(_)
                | Plan::Pipeline(_) => true,
            };
            // What a group says again of events that it told before is no alert.
            let identity = if counted { alert.events } else { known.last(&alert.key) };
            *seen.entry((identity, alert.key)).or_insert(0) += 1;
        }
    }
    let windows: Vec<_> = moments.iter().map(|now| clock.window(*now)).collect();
    let lost = |times: &Vec<i64>| {
        !times.is_empty()
            && !windows.iter().any(|window| times.iter().any(|at| window.contains(*at)))
    };
    let history = clock.history(setting.now) != clock.window(setting.now);
    let indicators = matches!(plan, Plan::Threat(_));
    let gaps = case.events.iter().zip(&times).filter(|(_, times)| lost(times));
    let gaps = gaps.map(|(event, _)| event.id.clone());
    let alerts = seen.len();
    let again: Vec<_> = seen
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .map(|((events, _), times)| (events, times))
        .collect();
    let (dropped, repeated) = if aggregates { (Vec::new(), again) } else { (again, Vec::new()) };
    Some(Schedule {
        rule: work.loaded.key(),
        case: case.path.clone(),
        interval: span_text(clock.interval_ms().unsigned_abs()),
        runs: moments.len(),
        alerts,
        dropped,
        repeated,
        // A history and indicators are old on purpose.
        gaps: if history || indicators { Vec::new() } else { gaps.collect() },
        note: blind(clock, setting.now),
    })
}

/// When the runs are: at `now` and every interval before, where the window holds
/// an event; ascending.
fn moments(clock: &Clock, now: i64, times: &[Vec<i64>]) -> Vec<i64> {
    let mut sorted: Vec<i64> = times.iter().flatten().copied().collect();
    sorted.sort_unstable();
    let mut moments = vec![now];
    let mut at = now;
    for _ in 0..MAX_RUNS {
        at = at.saturating_sub(clock.interval_ms());
        let window = clock.window(at);
        if sorted.first().is_none_or(|first| window.to < *first) {
            break;
        }
        let next = sorted.partition_point(|time| *time < window.from);
        if sorted.get(next).is_some_and(|time| window.contains(*time)) {
            moments.push(at);
        }
    }
    moments.reverse();
    moments
}

/// Time that no run looks at, since runs are further apart than windows long.
fn blind(clock: &Clock, now: i64) -> Option<String> {
    let window = clock.window(now);
    let length = window.to.abs_diff(window.from);
    let interval = clock.interval_ms().unsigned_abs();
    let missed = interval.checked_sub(length).filter(|missed| *missed > 0)?;
    Some(format!("{} of every {} are never looked at", span_text(missed), span_text(interval)))
}

/// What a threshold rule told before: a later run does not count it again.
#[derive(Default)]
struct Known {
    /// By group: the newest event that was told, and the events of that alert.
    groups: BTreeMap<Vec<String>, (i64, Vec<String>)>,
}

impl Known {
    /// Whether a group has enough events that are newer than those told.
    fn is_new(&mut self, alert: &Alert, needed: u64, events: &[Event], times: &[Vec<i64>]) -> bool {
        let own: BTreeSet<&str> = alert.events.iter().map(String::as_str).collect();
        let newest = |(event, times): (&Event, &Vec<i64>)| {
            own.contains(event.id.as_str()).then(|| times.first().copied().unwrap_or(i64::MAX))
        };
        let own: Vec<i64> = events.iter().zip(times).filter_map(newest).collect();
        let told = self.groups.get(&alert.key).map(|(at, _)| *at);
        let fresh = own.iter().filter(|at| told.is_none_or(|told| **at > told)).count();
        let enough = u64::try_from(fresh).unwrap_or(u64::MAX) >= needed || told.is_none();
        if let (true, Some(at)) = (enough, own.iter().max()) {
            self.groups.insert(alert.key.clone(), (*at, alert.events.clone()));
        }
        enough
    }

    fn last(&self, key: &[String]) -> Vec<String> {
        self.groups.get(key).map(|(_, events)| events.clone()).unwrap_or_default()
    }
}
