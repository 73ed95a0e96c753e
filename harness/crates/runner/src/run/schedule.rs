//! Consecutive runs over a case: what they see twice, and what none sees
//! (docs/semantics.md, "Consecutive runs").

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::judge::{Judged, Trial};
use super::prepared_rule::{CaseContext, PreparedRule};
use super::{Alert, Facts, Fixtures};
use crate::case::{Case, Polarity};
use crate::verdict::Verdict;
use harness_compile::program::RuleProgram;
use harness_detect::window::{Clock, span_text};
use harness_esql::alerts;
use harness_model::event::Event;
use harness_predicate::plan::Plan;
use harness_rule::model::{Duration, Rule};
use harness_source::{effort, limits};

/// The most runs of one case that are looked at, from its last on.
fn max_runs() -> usize {
    limits::SCHEDULE_RUNS.now()
}

/// The part of them that pipelines run, all cases of a rule together: one takes longer.
const OF_PIPELINES: usize = 10;
/// What each case of a pipeline has of it.
const LEAST: usize = 100;

/// A case under consecutive runs of its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The rule's key.
    pub rule: String,
    /// Its file.
    pub file: String,
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
    /// How many detections of later runs were added to an alert that
    /// suppression keeps open.
    pub suppressed: usize,
    /// Alerts of a negative case, as the ids of their events, unless it is marked
    /// `todo`: it fails.
    pub unwanted: Vec<Vec<String>>,
    /// Events that lie in the window of no run.
    pub gaps: Vec<String>,
    /// What is wrong with the rule's times whatever the events.
    pub note: Option<String>,
}

impl Schedule {
    /// Whether there is something to look at.
    pub fn is_clean(&self) -> bool {
        self.unwanted.is_empty()
            && self.repeated.is_empty()
            && self.gaps.is_empty()
            && self.note.is_none()
    }
}

/// All cases of a rule under consecutive runs; none where it cannot be judged.
pub(super) fn rule(
    prepared: &PreparedRule,
    hits: &[RoaringBitmap],
    fixtures: &Fixtures,
    ranges: &[Range<u32>],
) -> Vec<Schedule> {
    let Some(judged) = Judged::of(prepared) else { return Vec::new() };
    let trial = Trial { judged, hits, fixtures };
    let cases = prepared.cases.iter().zip(&prepared.contexts).zip(ranges);
    cases.filter_map(|((one, context), range)| case(&trial, one, context, range)).collect()
}

/// Runs a rule on a case again and again; the last run is that of the case.
/// `None` where the rule has no plan.
fn case(
    trial: &Trial<'_>,
    case: &Arc<Case>,
    context: &CaseContext,
    range: &Range<u32>,
) -> Option<Schedule> {
    let Judged { prepared, rule, clock } = trial.judged;
    let (program, _) = prepared.programmed(context)?;
    let pipeline = program.pipeline();
    let anew = pipeline.is_some_and(|one| !alerts::identifies(&one.plan));
    let times: Vec<Vec<i64>> = case.events.iter().map(|event| clock.times(event)).collect();
    let most = match pipeline {
        Some(_) => (max_runs() / OF_PIPELINES / prepared.cases.len().max(1)).max(LEAST),
        None => max_runs(),
    };
    let (moments, cut) = moments(clock, context.now, &times, most);
    let mut log = AlertLog::new(rule, program, anew, &case.events, &times);
    for now in &moments {
        let at = context.at(*now);
        let run = trial.case(case, &at, range)?;
        run.alerts.into_iter().for_each(|alert| log.record(alert, *now));
        // What fails once fails again, and the case is an error already.
        if matches!(run.verdict, Verdict::Error(_)) || effort::is_spent() {
            break;
        }
    }
    let windows: Vec<_> = moments.iter().map(|now| clock.window(*now)).collect();
    let lost = |times: &Vec<i64>| {
        !times.is_empty()
            && !windows.iter().any(|window| times.iter().any(|at| window.contains(*at)))
    };
    let history = clock.history(context.now) != clock.window(context.now);
    let indicators = matches!(program.plan(), Some(Plan::Threat(_)));
    let gaps = case.events.iter().zip(&times).filter(|(_, times)| lost(times));
    let gaps = gaps.map(|(event, _)| event.id.clone());
    let alerts = log.alerts.len();
    let negative = case.polarity == Polarity::Negative && case.options.todo.is_none();
    let unwanted = log.alerts.keys().filter(|_| negative).map(|(events, _)| events.clone());
    let unwanted = unwanted.collect();
    let again: Vec<_> = log
        .alerts
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .map(|((events, _), times)| (events, times))
        .collect();
    let (dropped, repeated) = if anew { (Vec::new(), again) } else { (again, Vec::new()) };
    Some(Schedule {
        rule: prepared.loaded.key(),
        file: prepared.loaded.file.clone(),
        case: case.path.clone(),
        interval: span_text(clock.interval_ms().unsigned_abs()),
        runs: moments.len(),
        alerts,
        dropped,
        repeated,
        suppressed: log.suppressed,
        unwanted,
        // A history and indicators are old on purpose.
        gaps: if history || indicators { Vec::new() } else { gaps.collect() },
        note: if cut { Some(earlier(most)) } else { blind(clock, context.now) },
    })
}

/// When the runs are: at `now` and every interval before, where the window holds
/// an event; ascending, so many at most. Whether there are more than are looked at.
fn moments(clock: &Clock, now: i64, times: &[Vec<i64>], most: usize) -> (Vec<i64>, bool) {
    let mut sorted: Vec<i64> = times.iter().flatten().copied().collect();
    sorted.sort_unstable();
    let mut moments = vec![now];
    let (mut at, mut cut) = (now, true);
    for _ in 0..max_runs() {
        if moments.len() >= most {
            break;
        }
        let Some(before) = at.checked_sub(clock.interval_ms()) else {
            cut = false;
            break;
        };
        at = before;
        let window = clock.window(at);
        if sorted.first().is_none_or(|first| window.to < *first) {
            cut = false;
            break;
        }
        let next = sorted.partition_point(|time| *time < window.from);
        if sorted.get(next).is_some_and(|time| window.contains(*time)) {
            moments.push(at);
        }
    }
    moments.reverse();
    (moments, cut)
}

/// That runs are left out.
fn earlier(most: usize) -> String {
    let more = limits::SCHEDULE_RUNS.more().unwrap_or_default();
    format!("only the last {most} intervals are looked at: {more}")
}

/// Time that no run looks at, since runs are further apart than windows long.
fn blind(clock: &Clock, now: i64) -> Option<String> {
    let window = clock.window(now);
    let length = window.to.abs_diff(window.from);
    let interval = clock.interval_ms().unsigned_abs();
    let missed = interval.checked_sub(length).filter(|missed| *missed > 0)?;
    Some(format!("{} of every {} are never looked at", span_text(missed), span_text(interval)))
}

/// The alerts of a rule over consecutive runs.
struct AlertLog<'a> {
    /// When each event happened, by id.
    times: BTreeMap<&'a str, i64>,
    /// How many events that were not told before a group needs.
    needed: usize,
    /// Whether a run may tell the same events again.
    anew: bool,
    /// How long an alert takes in what else its group finds, in milliseconds.
    open_ms: Option<i64>,
    /// By group.
    groups: BTreeMap<Vec<Option<String>>, Group>,
    /// By events and key: how often each was found.
    alerts: BTreeMap<Identity, usize>,
    suppressed: usize,
}

type Identity = (Vec<String>, Vec<Option<String>>);

/// The last alert of a group.
struct Group {
    /// When it was raised.
    raised: i64,
    /// Its newest event so far.
    newest: i64,
    alert: Identity,
}

impl<'a> AlertLog<'a> {
    fn new(
        rule: &Rule,
        program: &RuleProgram,
        anew: bool,
        events: &'a [Event],
        times: &[Vec<i64>],
    ) -> Self {
        let needed = match program {
            RuleProgram::Conditions(Plan::Threshold(plan)) => {
                usize::try_from(plan.count).unwrap_or(usize::MAX)
            }
            RuleProgram::Conditions(
                Plan::Filter(_) | Plan::Eql(_) | Plan::NewTerms(_) | Plan::Threat(_),
            )
            | RuleProgram::Pipeline { .. } => 1,
        };
        let duration = rule.alert_suppression.as_ref().and_then(|one| one.duration);
        let time = |times: &Vec<i64>| times.first().copied().unwrap_or(i64::MAX);
        Self {
            times: events.iter().map(|event| &*event.id).zip(times.iter().map(time)).collect(),
            needed,
            anew,
            open_ms: duration.map(Duration::millis),
            groups: BTreeMap::new(),
            alerts: BTreeMap::new(),
            suppressed: 0,
        }
    }

    /// Takes in what a run found: as an alert, or as more of one.
    fn record(&mut self, alert: Alert, now: i64) {
        let group: Option<Vec<Option<String>>> = match &alert.facts {
            Facts { count: Some(_), .. } => Some(alert.key.iter().cloned().map(Some).collect()),
            Facts { suppressed: Some(group), .. } => {
                Some(group.by.iter().map(|(_, value)| value.clone()).collect())
            }
            Facts { .. } => None,
        };
        let Some(group) = group else {
            let key = alert.key.into_iter().map(Some).collect();
            *self.alerts.entry((alert.events, key)).or_insert(0) += 1;
            return;
        };
        let suppressed = alert.facts.suppressed.into_iter().flat_map(|group| group.events);
        let mut events: Vec<String> = alert.events.into_iter().chain(suppressed).collect();
        let at = |event: &String| self.times.get(&**event).copied().unwrap_or(i64::MAX);
        let newest = events.iter().map(at).max().unwrap_or(i64::MIN);
        if let Some(last) = self.groups.get_mut(&group) {
            // What a group says again of events that it told before is no alert.
            if !self.anew {
                events.retain(|event| at(event) > last.newest);
                if events.len() < self.needed {
                    *self.alerts.entry(last.alert.clone()).or_insert(0) += 1;
                    return;
                }
            }
            last.newest = last.newest.max(newest);
            if self.open_ms.is_some_and(|open| now.saturating_sub(last.raised) <= open) {
                self.suppressed += 1;
                return;
            }
        }
        // One event may be in several groups.
        let identity = (events, group.clone());
        *self.alerts.entry(identity.clone()).or_insert(0) += 1;
        self.groups.insert(group, Group { raised: now, newest, alert: identity });
    }
}
