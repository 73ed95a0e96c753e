//! What raises a rule, and what its type asks of several events: counts, order,
//! times, history, indicators; and the edges of what it looks at.

mod edges;
mod others;
mod sequence;
mod terms;
mod threat;
mod threshold;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::choice::Seed;
use super::seed::{self, time_fields};
use super::skeleton;
use super::suggest::Context;
use crate::clause::tree::Tree;
use crate::synthesis::candidates;
use crate::synthesis::counterfactual::Counterfactual;
use crate::synthesis::encode::{Encoder, Replacement};
use crate::synthesis::events::{renumbered, with};
use crate::synthesis::search::Search;
pub(super) use edges::Edges;
use harness_model::event::Event;
use harness_predicate::eval::eval;
use harness_predicate::plan::{EqlSearch, Plan, TermField};
use harness_predicate::{Column, Leaf, Origin, Predicate, Test};
use harness_runner::case::{Case, Polarity};
use harness_runner::run::Subject;
use harness_text::pattern::Pattern;
use others::others;

/// The usual time between events of a case, in milliseconds.
const STEP: i64 = 1_000;

/// Drafts for a rule whose last case is its plain event: the first raises it, where
/// one was found.
pub(super) fn drafts(subject: &Subject<'_>, choice: Seed) -> Vec<Case> {
    let Some(seed) = subject.cases().len().checked_sub(1) else { return Vec::new() };
    let Some(plan) = subject.plan(seed) else { return Vec::new() };
    let mut maker = Maker::new(subject, plan, seed, choice);
    match plan {
        Plan::Filter(_) => maker.single(),
        Plan::Eql(eql) => match &eql.search {
            EqlSearch::Events(_) => maker.single(),
            EqlSearch::Sequence { stages, until, maxspan_ms } => {
                maker.sequence(stages, until.as_ref(), *maxspan_ms, true);
            }
            EqlSearch::Sample { stages } => maker.sequence(stages, None, None, false),
        },
        Plan::Threshold(plan) => maker.threshold(plan),
        Plan::NewTerms(plan) => maker.new_terms(plan),
        Plan::Threat(plan) => maker.threat(plan),
    }
    maker.edges();
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
    fn new(subject: &'a Subject<'a>, plan: &'a Plan, seed: usize, choice: Seed) -> Self {
        let rule = subject.rule();
        let (times, context) = (time_fields(rule), seed::context(rule, choice));
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

    /// Keeps a draft that is what it is meant to be, and new.
    fn keep(&mut self, polarity: Polarity, name: &str, events: Option<Vec<Event>>) {
        let Some(mut events) = events.filter(|events| !events.is_empty()) else { return };
        renumbered(&mut events);
        let known = self.drafts.iter().any(|draft| draft.events == events);
        if !known && (self.alerts(&events) > 0) == (polarity == Polarity::Positive) {
            let draft = seed::draft(&self.subject.key(), polarity, name, events);
            self.drafts.push(draft);
        }
    }

    fn raises(&mut self, name: &str, events: Option<Vec<Event>>) {
        self.keep(Polarity::Positive, name, events);
    }

    fn passes(&mut self, name: &str, events: Option<Vec<Event>>) {
        self.keep(Polarity::Negative, name, events);
    }

    /// What lies at the edges of what the rule looks at, where it raises it else.
    fn edges(&mut self) {
        let first = self.drafts.iter().find(|draft| draft.polarity == Polarity::Positive);
        let Some(positive) = first.map(|draft| draft.events.clone()) else { return };
        let alerts = |events: &[Event], now: Option<i64>| {
            let trial = match now {
                Some(now) => self.subject.trial_at(self.seed, events.to_vec(), now),
                None => self.subject.trial(self.seed, events.to_vec()),
            };
            let holds =
                |filter: &Predicate, document: &_| eval(filter, document, self.subject.columns());
            trial.alerts(self.plan, &holds).ok()
        };
        let reaches = self.plan.reaches();
        let edges =
            Edges { subject: self.subject, reaches: &reaches, seed: self.seed, alerts: &alerts };
        let mut found = edges.of(&positive);
        found.extend(self.excepted(&positive));
        self.drafts.extend(found);
    }

    /// What an exception silences, and what is one entry short of it.
    fn excepted(&self, positive: &[Event]) -> Vec<Case> {
        let mut found = Vec::new();
        let Some((own, filter)) = positive.last().zip(self.last_filter()) else { return found };
        for (name, condition) in self.subject.exceptions(self.seed) {
            let entries = match condition {
                Predicate::And(entries) => entries.clone(),
                whole => vec![whole.clone()],
            };
            // With all entries, then with one of them turned.
            for turned in std::iter::once(None).chain((0..entries.len()).map(Some)) {
                let numbered = entries.iter().enumerate();
                let all = numbered.map(|(at, entry)| match turned {
                    Some(turned) if turned == at => Predicate::Not(Box::new(entry.clone())),
                    Some(_) | None => entry.clone(),
                });
                let wanted = Predicate::And(std::iter::once(filter.clone()).chain(all).collect());
                let fits = |event: &Event| {
                    let mut events = positive.to_vec();
                    if let Some(last) = events.last_mut() {
                        *last = own
                            .timestamp()
                            .and_then(|at| self.at(event, at))
                            .unwrap_or_else(|| event.clone());
                    }
                    let raises = self.alerts(&events) > 0;
                    (raises == turned.is_some()).then_some(events)
                };
                let Some(mut events) = self.search(self.filter_of_last(), &wanted, &fits) else {
                    continue;
                };
                renumbered(&mut events);
                let short = name.rsplit('/').next().unwrap_or(&name);
                let (polarity, name) = match turned {
                    None => (Polarity::Negative, format!("silenced_by_{short}")),
                    Some(_) => (Polarity::Positive, format!("one_entry_short_of_{short}")),
                };
                let name = super::name::slug(&name, super::name::MAX_NAME);
                found.push(seed::draft(&self.subject.key(), polarity, &name, events));
            }
        }
        found
    }

    /// The number of the filter that the last event of a draft fulfils.
    fn filter_of_last(&self) -> usize {
        match self.plan {
            Plan::Eql(eql) => match &eql.search {
                EqlSearch::Events(_) => 0,
                EqlSearch::Sequence { stages, .. } | EqlSearch::Sample { stages } => {
                    stages.iter().rposition(|stage| !stage.missing).unwrap_or(0)
                }
            },
            Plan::Filter(_) | Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => 0,
        }
    }

    fn last_filter(&self) -> Option<&'a Predicate> {
        self.plan.filters().get(self.filter_of_last()).copied()
    }

    /// An event that fulfils a filter, and whatever else it has to.
    fn event(&self, filter: usize, accepts: &dyn Fn(&Event) -> bool) -> Option<Event> {
        let predicate = *self.plan.filters().get(filter)?;
        let fits = |event: &Event| self.holds(predicate, event) && accepts(event);
        let turner = Counterfactual::new(self.subject, self.plan, filter)?;
        let suggest = |field: &str, wanted: &[_]| self.context.values(field, wanted);
        let mut turner = turner.suggesting(&suggest);
        let found = turner.turned_to((self.seed, 0), true, &fits);
        let accept = |event: &Event| fits(event).then(|| event.clone());
        let found = found.or_else(|| self.search(filter, predicate, &accept))?;
        Some(self.dressed(found, &fits))
    }

    /// The event with what it has beside among the fields that the rule reads, where it
    /// stays as it has to be: such a field is seldom missing.
    fn dressed(&self, event: Event, fits: &dyn Fn(&Event) -> bool) -> Event {
        let columns = self.plan.columns();
        let read: BTreeSet<Arc<str>> =
            columns.into_iter().map(|column| self.subject.field(column)).collect();
        let mut event = event;
        for (field, value) in skeleton::beside(&self.context, &event) {
            if !read.contains(field.as_str()) {
                continue;
            }
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value]);
            let dressed = with(&event, &field, values).filter(|made| made.index == event.index);
            event = dressed.filter(|made| fits(made)).unwrap_or(event);
        }
        event
    }

    /// What becomes of an event within reach of a filter that fulfils a condition.
    fn search<T>(
        &self,
        filter: usize,
        condition: &Predicate,
        accept: &dyn Fn(&Event) -> Option<T>,
    ) -> Option<T> {
        let tree = Tree::new(condition);
        let (with, needed) = (Predicate::Const(false), Predicate::Const(true));
        let gap = Replacement { tree: &tree, node: 0, with: &with, needed: &needed };
        let suggest = |field: &str, wanted: &[_]| self.context.values(field, wanted);
        let search = Search::new(self.subject, self.plan, self.plan, filter);
        let search = search.suggesting(&suggest);
        search.find_by(&mut Encoder::new(), gap, &|_, _, event: Event| accept(&event))
    }

    /// The event at another time.
    fn at(&self, event: &Event, millis: i64) -> Option<Event> {
        seed::at(event, &self.times, millis)
    }

    /// The event with a field of one value, where the filter still holds.
    fn set(&self, event: &Event, field: &str, value: &Value, filter: &Predicate) -> Option<Event> {
        with(event, field, vec![value.clone()]).filter(|event| self.holds(filter, event))
    }

    /// The event with one more value in a field, where the filter still holds.
    fn added(
        &self,
        event: &Event,
        field: &str,
        value: &Value,
        filter: &Predicate,
    ) -> Option<Event> {
        let mut values: Vec<Value> = event.values(field).into_iter().cloned().collect();
        values.push(value.clone());
        with(event, field, values).filter(|event| self.holds(filter, event))
    }

    /// The event with some value in a field.
    fn filled(&self, event: &Event, term: &TermField, filter: &Predicate) -> Option<Event> {
        if self.has(event, term.column.as_ref()) {
            return Some(event.clone());
        }
        let values = self.context.any_value(&term.field, term.column.as_ref());
        let mut set = values.iter().filter_map(|value| self.set(event, &term.field, value, filter));
        set.find(|event| self.has(event, term.column.as_ref()))
    }

    /// The event with some value in each of these fields, else another one that the
    /// first filter holds on.
    fn filled_all(&self, event: Event, terms: &[&TermField]) -> Option<Event> {
        let predicate = *self.plan.filters().first()?;
        let mut one_by_one = terms.iter();
        let filled = one_by_one.try_fold(event, |event, term| self.filled(&event, term, predicate));
        filled.or_else(|| {
            let columns = terms.iter().filter_map(|term| term.column.clone());
            let there = columns.map(|column| {
                Predicate::Leaf(Leaf { column, test: Test::Exists, origin: Origin::default() })
            });
            let wanted = Predicate::And(std::iter::once(predicate.clone()).chain(there).collect());
            self.search(0, &wanted, &|event| {
                let has = |term: &&TermField| self.has(event, term.column.as_ref());
                let fits = terms.iter().all(has) && self.holds(predicate, event);
                fits.then(|| event.clone())
            })
        })
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
        let mut tried = others(own, n);
        filter.leaves(&mut |leaf| {
            if let Test::Term(Pattern::Glob(glob, _)) = &leaf.test
                && *self.subject.field(&leaf.column) == *field
            {
                tried.push(json!(others::filled(glob, n)));
            }
        });
        let tried = tried.into_iter().filter(|value| Some(value) != own);
        let mut tried = tried.filter_map(|value| self.set(event, field, &value, filter));
        tried.next().or_else(|| {
            // Where few values are asked for, another of those.
            let mut asked: Vec<Value> = Vec::new();
            filter.leaves(&mut |leaf| {
                if *self.subject.field(&leaf.column) == *field {
                    asked.extend(candidates::samples(&leaf.test));
                }
            });
            let mut seen: Vec<Value> = own.cloned().into_iter().collect();
            asked.retain(|value| {
                let fresh = !seen.contains(value);
                if fresh {
                    seen.push(value.clone());
                }
                fresh
            });
            asked.iter().filter_map(|value| self.set(event, field, value, filter)).nth(n)
        })
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
            self.raises("typical", Some(vec![event.clone()]));
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
            self.passes(name, event.map(|event| vec![event]));
        }
    }
}
