//! What raises a rule, and what its type asks of several events: counts, order,
//! times, history, indicators.

use serde_json::{Value, json};

use super::seed::{self, MOMENT, any_value, time_fields};
use super::suggest::Context;
use crate::clause::tree::Tree;
use crate::synthesis::counterfactual::Counterfactual;
use crate::synthesis::encode::{Encoder, Replacement};
use crate::synthesis::events::{rebuilt, renumbered};
use crate::synthesis::fields;
use crate::synthesis::search::Search;
use harness_model::event::Event;
use harness_model::index_pattern;
use harness_predicate::eval::eval;
use harness_predicate::plan::{
    EqlSearch, NewTermsPlan, Plan, Stage, TermField, ThreatPlan, ThresholdPlan,
};
use harness_predicate::{Column, Predicate};
use harness_runner::case::{Case, Options, Polarity};
use harness_runner::run::Subject;

/// The most events that a count is filled with.
const MAX_COUNT: u64 = 2_000;
/// The usual time between events of a case, in milliseconds.
const STEP: i64 = 1_000;

/// Drafts for a rule whose last case is its plain event: the first raises it, where
/// one was found.
pub(super) fn drafts(subject: &Subject<'_>) -> Vec<Case> {
    let Some(seed) = subject.cases().len().checked_sub(1) else { return Vec::new() };
    let Some(plan) = subject.plans().get(subject.plan_of(seed)) else { return Vec::new() };
    let mut maker = Maker::new(subject, plan, seed);
    match plan {
        Plan::Filter(_) => maker.single(),
        Plan::Eql(eql) => match &eql.search {
            EqlSearch::Events(_) => maker.single(),
            EqlSearch::Sequence { stages, until, maxspan_ms } => {
                maker.sequence(stages, until.as_ref(), *maxspan_ms);
            }
            EqlSearch::Sample { stages } => maker.sequence(stages, None, None),
        },
        Plan::Threshold(plan) => maker.threshold(plan),
        Plan::NewTerms(plan) => maker.new_terms(plan),
        Plan::Threat(plan) => maker.threat(plan),
        Plan::Pipeline(_) => {}
    }
    maker.drafts
}

struct Maker<'a> {
    subject: &'a Subject<'a>,
    plan: &'a Plan,
    /// The case of the plain event.
    seed: usize,
    times: Vec<String>,
    context: Context,
    drafts: Vec<Case>,
}

impl<'a> Maker<'a> {
    fn new(subject: &'a Subject<'a>, plan: &'a Plan, seed: usize) -> Self {
        let (times, context) = (time_fields(subject.rule()), seed::context(subject.rule()));
        Self { subject, plan, seed, times, context, drafts: Vec::new() }
    }

    fn holds(&self, filter: &Predicate, event: &Event) -> bool {
        eval(filter, &self.subject.document(event), self.subject.columns())
    }

    /// How many alerts events raise.
    fn alerts(&self, events: &[Event]) -> usize {
        let trial = self.subject.trial(self.seed, events.to_vec());
        let holds =
            |filter: &Predicate, document: &_| eval(filter, document, self.subject.columns());
        trial.alerts(self.plan, &holds).unwrap_or(0)
    }

    /// Keeps a draft.
    fn draft(&mut self, name: &str, mut events: Vec<Event>) {
        renumbered(&mut events);
        let polarity = Polarity::Positive;
        let path = format!("{}/draft/{name}.json", self.subject.key());
        let options = Options::default();
        self.drafts.push(Case { path, name: name.to_owned(), polarity, events, options });
    }

    /// An event that fulfils a filter, and whatever else it has to.
    fn event(&self, filter: usize, accepts: &dyn Fn(&Event) -> bool) -> Option<Event> {
        let predicate = *self.plan.filters().get(filter)?;
        let fits = |event: &Event| self.holds(predicate, event) && accepts(event);
        let turner = Counterfactual::new(self.subject, self.plan, filter)?;
        let suggest = |field: &str, wanted: &[_]| self.context.values(field, wanted);
        let mut turner = turner.suggesting(&suggest);
        let found = turner.turned_to((self.seed, 0), true, &fits);
        found.or_else(|| {
            let tree = Tree::new(predicate);
            let (with, needed) = (Predicate::Const(false), Predicate::Const(true));
            let gap = Replacement { tree: &tree, node: 0, with: &with, needed: &needed };
            let search = Search::new(self.subject, self.plan, self.plan, filter);
            let search = search.suggesting(&suggest);
            let accept = |_, _, event: Event| fits(&event).then_some(event);
            search.find_by(&mut Encoder::new(), gap, &accept)
        })
    }

    /// The event at another time.
    fn at(&self, event: &Event, millis: i64) -> Option<Event> {
        seed::at(event, &self.times, millis)
    }

    /// The event with a field of one value, where the filter still holds.
    fn set(&self, event: &Event, field: &str, value: &Value, filter: &Predicate) -> Option<Event> {
        let mut source = event.source.clone();
        fields::set(&mut source, field, vec![value.clone()]);
        rebuilt(event, source).filter(|event| self.holds(filter, event))
    }

    /// The event with some value in a field.
    fn filled(&self, event: &Event, term: &TermField, filter: &Predicate) -> Option<Event> {
        if self.has(event, term.column.as_ref()) {
            return Some(event.clone());
        }
        let values = any_value(&term.field, term.column.as_ref());
        let mut set = values.iter().filter_map(|value| self.set(event, &term.field, value, filter));
        set.find(|event| self.has(event, term.column.as_ref()))
    }

    fn has(&self, event: &Event, column: Option<&Column>) -> bool {
        let Some(id) = column.and_then(|column| self.subject.columns().id(column)) else {
            return false;
        };
        self.subject.document(event).rows.first().is_some_and(|row| row.cell(id).is_some())
    }

    /// The event with another value in a field; the n-th such.
    fn other(&self, event: &Event, field: &str, n: usize, filter: &Predicate) -> Option<Event> {
        let own = event.first(field);
        let tried = others(own, n).into_iter().filter(|value| Some(value) != own);
        let mut tried = tried.filter_map(|value| self.set(event, field, &value, filter));
        tried.next()
    }

    /// The time between events, so that all of them lie in the window.
    fn step(&self, count: usize) -> i64 {
        let window = self.subject.window(self.seed);
        let count = i64::try_from(count).unwrap_or(i64::MAX).max(1);
        let most = window.to.saturating_sub(window.from) / count.saturating_add(1);
        STEP.min(most).max(1)
    }

    fn single(&mut self) {
        if let Some(event) = self.event(0, &|event| self.alerts(std::slice::from_ref(event)) > 0) {
            self.draft("typical", vec![event.clone()]);
            self.anomalies(&event);
        }
    }

    /// What a rule of records of jobs asks of one beside.
    fn anomalies(&mut self, event: &Event) {
        let Some(learning) = &self.subject.rule().machine_learning else { return };
        let any = Predicate::Const(true);
        let low = learning.anomaly_threshold.checked_sub(1).map(Value::from);
        let low = low.and_then(|low| self.set(event, "record_score", &low, &any));
        let other = self.set(event, "job_id", &json!("another_job"), &any);
        for (name, event) in [("too_low_a_score", low), ("another_job", other)] {
            if let Some(event) = event {
                self.draft(name, vec![event]);
            }
        }
    }

    fn threshold(&mut self, plan: &ThresholdPlan) {
        let accepts = |_: &Event| true;
        let Some(event) = self.event(0, &accepts) else { return };
        let filled = plan
            .fields
            .iter()
            .try_fold(event, |event, term| self.filled(&event, term, &plan.filter));
        let Some(event) = filled else { return };
        let counted = plan.cardinality.as_ref();
        let event = match counted {
            Some((term, _)) => self.filled(&event, term, &plan.filter),
            None => Some(event),
        };
        let Some(event) = event else { return };
        let least = counted.map_or(0, |(_, least)| *least);
        let Ok(count) = usize::try_from(plan.count.max(least).min(MAX_COUNT)) else { return };
        let step = self.step(count + 1);
        // `distinct` values of the field that is counted, in turn.
        let group = |event: &Event, count: usize, distinct: usize| -> Option<Vec<Event>> {
            let events = (0..count).map(|n| {
                let back = i64::try_from(count - 1 - n).ok()?;
                let own = match (counted, n % distinct.max(1)) {
                    (None, _) | (_, 0) => event.clone(),
                    (Some((term, _)), nth) => {
                        self.other(event, &term.field, nth - 1, &plan.filter)?
                    }
                };
                self.at(&own, MOMENT - back * step)
            });
            events.collect()
        };
        let distinct = usize::try_from(least).unwrap_or(1).max(1);
        let mut drafts = Vec::new();
        drafts.push(("just_enough", group(&event, count, distinct)));
        if count > 1 {
            drafts.push(("one_too_few", group(&event, count - 1, distinct.min(count - 1))));
        }
        if distinct > 1 {
            drafts.push(("one_value_too_few", group(&event, count, distinct - 1)));
            drafts.push(("one_event_more", group(&event, count + 1, distinct)));
        }
        for term in &plan.fields {
            let events = group(&event, count, distinct).and_then(|mut events| {
                let last = events.last_mut()?;
                *last = self.other(last, &term.field, 0, &plan.filter)?;
                Some(events)
            });
            drafts.push(("in_two_groups", events));
        }
        for (name, events) in drafts {
            if let Some(events) = events {
                self.draft(name, events);
            }
        }
    }

    fn new_terms(&mut self, plan: &NewTermsPlan) {
        let Some(event) = self.event(0, &|_| true) else { return };
        let filled = plan
            .fields
            .iter()
            .try_fold(event, |event, term| self.filled(&event, term, &plan.filter));
        let Some(event) = filled else { return };
        self.draft("never_seen_before", vec![event.clone()]);
        let window = self.subject.window(self.seed);
        // As long ago as the history takes in.
        let ago = [86_400_000, 3_600_000, 600_000, 60_000, 1_000].map(|ago| window.from - ago);
        let known = ago.into_iter().find_map(|millis| {
            let before = self.at(&event, millis)?;
            (self.alerts(&[before.clone(), event.clone()]) == 0).then_some(before)
        });
        let Some(before) = known else { return };
        self.draft("seen_before", vec![before.clone(), event.clone()]);
        for term in &plan.fields {
            if let Some(other) = self.other(&before, &term.field, 0, &plan.filter) {
                let last = term.field.rsplit('.').take(2).collect::<Vec<_>>();
                let last = last.into_iter().rev().collect::<Vec<_>>().join("_");
                self.draft(&format!("seen_with_another_{last}"), vec![other, event.clone()]);
            }
        }
    }

    fn threat(&mut self, plan: &ThreatPlan) {
        let plain = self.event(1, &|_| true);
        let indicator = plain.and_then(|event| {
            let name = plan.indicator_index.first()?.split(',').next()?.replace('*', "default");
            let sees = index_pattern::sees(&plan.indicator_index, Some(&name));
            let source = event.source.clone();
            sees.then_some(Event { index: Some(name), index_stated: true, source, ..event })
        });
        let (Some(event), Some(indicator)) = (self.event(0, &|_| true), indicator) else { return };
        for group in &plan.groups {
            let (mut event, mut indicator) = (event.clone(), indicator.clone());
            let mut is_made = true;
            for entry in group {
                let Some(own) = self.filled(&event, &entry.field, &plan.filter) else {
                    is_made = false;
                    break;
                };
                let value = own.first(&entry.field.field).cloned();
                let value = match (value, entry.negate) {
                    (Some(value), false) => Some(value),
                    (value, _) => others(value.as_ref(), 0).into_iter().next(),
                };
                let set = value.and_then(|value| {
                    self.set(&indicator, &entry.value.field, &value, &plan.indicators)
                });
                let Some(set) = set else {
                    is_made = false;
                    break;
                };
                (event, indicator) = (own, set);
            }
            if !is_made {
                continue;
            }
            self.draft("known_indicator", vec![event.clone(), indicator.clone()]);
            for entry in group {
                let field = &entry.field.field;
                if let Some(other) = self.other(&event, field, 0, &plan.filter) {
                    self.draft("another_value", vec![other, indicator.clone()]);
                }
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "a few for each way in which a sequence fails")]
    fn sequence(&mut self, stages: &[Stage], until: Option<&Stage>, maxspan: Option<u64>) {
        let made: Option<Vec<Event>> =
            (0..stages.len()).map(|stage| self.event(stage, &|_| true)).collect();
        let Some(made) = made else { return };
        let mut all: Vec<(&Stage, Event)> = stages.iter().zip(made).collect();
        let ends = until.and_then(|stage| Some((stage, self.event(stages.len(), &|_| true)?)));
        all.extend(ends);
        if !self.join(&mut all) {
            return;
        }
        let ending = until.and_then(|_| all.pop()).map(|(_, event)| event);
        let count: usize = stages.iter().map(|stage| stage.runs as usize).sum();
        let span = maxspan.and_then(|span| i64::try_from(span).ok());
        let mut step = self.step(count + 2);
        if let Some(span) = span {
            step = step.min(span / (i64::try_from(count).unwrap_or(1) + 2)).max(1);
        }
        // Events and the stage of each, in order.
        let rows = |skipped: Option<usize>, runs_less: Option<usize>| {
            let mut rows: Vec<(usize, &Event)> = Vec::new();
            for (at, (stage, event)) in all.iter().enumerate() {
                if stage.missing || skipped == Some(at) {
                    continue;
                }
                let runs = stage.runs as usize - usize::from(runs_less == Some(at));
                rows.extend(std::iter::repeat_n((at, event), runs));
            }
            rows
        };
        let timed = |rows: &[(usize, &Event)]| -> Option<Vec<Event>> {
            let count = i64::try_from(rows.len()).ok()?;
            let numbered = (0_i64..).zip(rows);
            numbered
                .map(|(n, (_, event))| self.at(event, MOMENT - (count - 1 - n) * step))
                .collect()
        };
        let whole = rows(None, None);
        let Some(positive) = timed(&whole) else { return };
        let mut drafts = vec![("in_order".to_owned(), Some(positive.clone()))];
        if let (Some(span), true) = (span, positive.len() > 1) {
            let spread = |span: i64| -> Option<Vec<Event>> {
                let mut events = positive.clone();
                let last = events.len() - 1;
                for (n, event) in events.iter_mut().enumerate().take(last) {
                    let n = i64::try_from(n).ok()?;
                    *event = self.at(event, MOMENT - span + n.min(span))?;
                }
                Some(events)
            };
            let late = if span >= 1_000 { 1_000 } else { 1 };
            let late_name =
                if late == 1 { "one_millisecond_too_late" } else { "one_second_too_late" };
            drafts.push(("at_the_end_of_maxspan".to_owned(), spread(span)));
            drafts.push((late_name.to_owned(), spread(span + late)));
        }
        for at in 0..stages.len() {
            if stages[at].missing {
                drafts.push((
                    format!("with_event_{}", at + 1),
                    self.with_missing(&positive, stages, &all, at, step),
                ));
                continue;
            }
            if whole.len() > 1 {
                drafts.push((format!("no_event_{}", at + 1), timed(&rows(Some(at), None))));
            }
            if stages[at].runs > 1 {
                drafts
                    .push((format!("one_event_{}_too_few", at + 1), timed(&rows(None, Some(at)))));
            }
        }
        for pair in 1..whole.len() {
            if whole[pair - 1].0 != whole[pair].0 {
                let mut swapped = whole.clone();
                swapped.swap(pair - 1, pair);
                drafts.push(("in_wrong_order".to_owned(), timed(&swapped)));
            }
        }
        for key in 0..stages.first().map_or(0, |stage| stage.keys.len()) {
            let other = whole.last().and_then(|(at, _)| {
                let key = all[*at].0.keys.get(key)?;
                let mut events = positive.clone();
                let last = events.last_mut()?;
                *last = self.other(last, &key.field, 0, &all[*at].0.filter)?;
                Some(events)
            });
            let field = stages.first().and_then(|stage| stage.keys.get(key));
            let field = field.map_or_else(String::new, |key| key.field.replace(['.', '@'], "_"));
            drafts.push((format!("another_{field}"), other));
        }
        if let Some(ending) = ending {
            let ended = (positive.len() > 1).then(|| {
                let last = positive.last()?;
                let at = last.timestamp()? - (step / 2).max(1);
                let mut events = positive.clone();
                events.insert(positive.len() - 1, self.at(&ending, at)?);
                Some(events)
            });
            drafts.push(("ended_before".to_owned(), ended.flatten()));
        }
        for (name, events) in drafts {
            if let Some(events) = events.filter(|events| !events.is_empty()) {
                self.draft(&name, events);
            }
        }
    }

    /// The events of a sequence, and one that it must not have.
    fn with_missing(
        &self,
        positive: &[Event],
        stages: &[Stage],
        all: &[(&Stage, Event)],
        at: usize,
        step: i64,
    ) -> Option<Vec<Event>> {
        let before: usize = stages[..at]
            .iter()
            .filter(|stage| !stage.missing)
            .map(|stage| stage.runs as usize)
            .sum();
        let mut events = positive.to_vec();
        let time = match before.checked_sub(1) {
            Some(before) => positive.get(before)?.timestamp()? + (step / 2).max(1),
            None => positive.first()?.timestamp()? - (step / 2).max(1),
        };
        events.insert(before, self.at(&all[at].1, time)?);
        Some(events)
    }

    /// Gives the join keys of events one value each; whether that could be.
    fn join(&self, all: &mut [(&Stage, Event)]) -> bool {
        let keys = all.first().map_or(0, |(stage, _)| stage.keys.len());
        for key in 0..keys {
            let own = all
                .iter()
                .filter_map(|(stage, event)| event.first(&stage.keys.get(key)?.field).cloned());
            let mut values: Vec<Value> = own.collect();
            let usual = all.iter().filter_map(|(stage, _)| stage.keys.get(key));
            values.extend(usual.flat_map(|key| any_value(&key.field, key.column.as_ref())));
            let joined = values.iter().find_map(|value| {
                let set = all.iter().map(|(stage, event)| {
                    let key = stage.keys.get(key)?;
                    let event = self.set(event, &key.field, value, &stage.filter)?;
                    (key.optional || self.has(&event, key.column.as_ref())).then_some(event)
                });
                set.collect::<Option<Vec<Event>>>()
            });
            match joined {
                Some(events) => {
                    for ((_, event), joined) in all.iter_mut().zip(events) {
                        *event = joined;
                    }
                }
                None => return false,
            }
        }
        true
    }
}

/// Values unlike one: of its kind, and with `n` many to choose from.
fn others(own: Option<&Value>, n: usize) -> Vec<Value> {
    let number = n + 2;
    match own {
        Some(Value::Number(value)) => {
            let next = i64::try_from(number).ok();
            let next = value.as_i64().zip(next).and_then(|(own, more)| own.checked_add(more));
            next.map(Value::from).into_iter().collect()
        }
        Some(Value::Bool(value)) => vec![json!(!value)],
        Some(Value::String(text)) => {
            let address = text.parse::<std::net::IpAddr>().is_ok();
            let octets = (number / 250, number % 250 + 1);
            let mut values = Vec::new();
            if address {
                values.push(json!(format!("198.51.{}.{}", 100 + octets.0, octets.1)));
            }
            values.push(json!(format!("{text}-{number}")));
            values.push(json!(format!("{number}-{text}")));
            values.push(json!(format!("{text}{number}")));
            values.push(json!(format!("example-{number}")));
            values.push(json!(i64::try_from(number).unwrap_or(2)));
            values
        }
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => vec![json!("another")],
    }
}
