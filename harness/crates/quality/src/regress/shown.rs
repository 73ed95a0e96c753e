//! What is shown of events: the clauses that decide, and what events of their kind have
//! beside, judged again by both versions.

use std::collections::BTreeSet;
use std::sync::Arc;

use harness_model::document::Document;
use harness_model::event::Event;
use harness_model::value::format_date;
use harness_predicate::eval::eval_leaf;
use harness_predicate::plan::Plan;
use harness_predicate::{Leaf, Predicate};
use harness_rule::model::Rule;
use harness_source::span::flat;
use serde_json::{Value, json};

use super::conditions::Version;
use super::judge::{Judge, Stream};
use super::model::{Deciding, Example, Presence};
use super::sight::Sight;
use crate::clause::clauses::stated;
use crate::clause::tree::Tree;
use crate::moment::NOW;
use crate::synthesis::fields;
use crate::synthesize::{Context, Nodes, Seed, context, finished, index_of};

/// Events of longer lists stay as they are.
const MAX_DRESSED: usize = 40;
/// How many values are tried in place of one.
const MAX_TRIED: usize = 6;
/// How many clauses are named.
const MAX_CLAUSES: usize = 4;

/// Events on which one version alerts and another does not.
pub(super) struct Shown<'a> {
    /// The version that alerts.
    pub(super) own: &'a Version<'a>,
    /// The version that does not.
    pub(super) other: &'a Version<'a>,
    /// What a clause that only `own` has is.
    pub(super) of_own: Presence,
    /// What a clause that only `other` has is.
    pub(super) of_other: Presence,
    pub(super) judge: &'a Judge<'a>,
    /// What both see, `own` first.
    pub(super) sights: [&'a Sight; 2],
}

/// The clauses of a condition, and those that turn it on an event.
struct Clauses {
    all: BTreeSet<String>,
    turning: Vec<(String, bool)>,
}

impl Shown<'_> {
    /// Names the clauses that decide, and gives the events what they lack.
    pub(super) fn complete(&self, example: &mut Example) {
        example.decided_by = self.deciding(&example.events);
        if let Some(dressed) = self.dressed(&example.events) {
            example.events = dressed;
        }
        // Indicators are known by their index.
        if let Plan::Threat(plan) = &self.own.plan
            && let Some(index) = plan.indicator_index.first().and_then(|one| one.split(',').next())
        {
            let index = index.replace('*', "default");
            for indicator in example.events.iter_mut().skip(1) {
                *indicator = json!({"_index": index, "_source": indicator.take()});
            }
        }
    }

    /// The clauses that make the difference on the first event of which only one condition
    /// of two holds: those that only one version has explain it, else those of the version
    /// that does not alert.
    fn deciding(&self, events: &[Value]) -> Vec<Deciding> {
        let filters = || self.own.plan.filters().into_iter().zip(self.other.plan.filters());
        let apart = events.iter().zip(1..).find_map(|(source, position)| {
            let event = Event::from_json(source.clone(), position).ok()?;
            let document = self.judge.bench().document(&event)?;
            let holds = |filter: &Predicate| self.judge.bench().holds_of(filter, &document);
            let (yes, no) = filters().find(|(yes, no)| holds(yes) && !holds(no))?;
            let caught = self.clauses(yes, self.own.rule, &document);
            Some((caught, self.clauses(no, self.other.rule, &document)))
        });
        let Some((caught, missed)) = apart else { return Vec::new() };
        let only = |of: &Clauses, known: &BTreeSet<String>, presence| -> Vec<Deciding> {
            let own = of.turning.iter().filter(|(text, _)| !known.contains(text));
            own.map(|(text, holds)| Deciding { text: text.clone(), presence, holds: *holds })
                .collect()
        };
        let mut found = only(&missed, &caught.all, self.of_other);
        // That an exclusion does not apply is no reason to alert.
        let held = only(&caught, &missed.all, self.of_own).into_iter().filter(|one| one.holds);
        found.extend(held);
        if found.is_empty() {
            found = only(&missed, &BTreeSet::new(), Presence::Kept);
        }
        found.truncate(MAX_CLAUSES);
        found
    }

    fn clauses(&self, filter: &Predicate, rule: &Rule, document: &Document) -> Clauses {
        let tree = Tree::new(filter);
        let nodes = Nodes::new(&tree, document, self.judge.bench().columns());
        let mut found = Clauses { all: BTreeSet::new(), turning: Vec::new() };
        for clause in stated(&tree, rule) {
            let text = flat(&clause.text);
            let is_new = found.all.insert(text.clone());
            if is_new && nodes.care[clause.node] {
                found.turning.push((text, nodes.values[clause.node]));
            }
        }
        found
    }

    /// Whether only `own` alerts on the events.
    fn keeps(&self, events: &[Value]) -> bool {
        // Of an event with indicators, these come last.
        let of_window = match self.own.plan {
            Plan::Threat(_) => 1.min(events.len()),
            Plan::Filter(_) | Plan::Eql(_) | Plan::Threshold(_) | Plan::NewTerms(_) => events.len(),
        };
        let (events, indicators) = events.split_at(of_window);
        let stream = Stream { events: events.to_vec(), indicators: indicators.to_vec() };
        let [mine, theirs] = self.sights;
        let alerts =
            |version: &Version<'_>, sight| self.judge.alerts(&version.plan, &stream, sight);
        alerts(self.own, mine) == Some(true) && alerts(self.other, theirs) == Some(false)
    }

    /// The events with usual values, and with the fields that events of their data streams
    /// have; as much of it as keeps them what they are.
    fn dressed(&self, events: &[Value]) -> Option<Vec<Value>> {
        // Where an index decides, it is what is shown.
        let is_placed = events.iter().any(|event| event.get("_index").is_some());
        if is_placed || events.len() > MAX_DRESSED || !self.keeps(events) {
            return None;
        }
        let mut events = events.to_vec();
        if let [event] = events.as_mut_slice()
            && event.get("@timestamp").is_none()
        {
            let mut timed = event.clone();
            fields::set(&mut timed, "@timestamp", vec![json!(format_date(NOW - 1_000))]);
            if self.keeps(std::slice::from_ref(&timed)) {
                *event = timed;
            }
        }
        let context = context(self.own.rule, Seed::default());
        self.usual(&mut events, &context);
        Some(self.beside(&events, &context))
    }

    /// Puts values that events have in place of those that only just do.
    fn usual(&self, events: &mut Vec<Value>, context: &Context) {
        let mut leaves: Vec<&Leaf> = Vec::new();
        for filter in self.own.plan.filters().into_iter().chain(self.other.plan.filters()) {
            filter.leaves(&mut |leaf| leaves.push(leaf));
        }
        let plans = [&self.own.plan, &self.other.plan];
        let fields: BTreeSet<&str> =
            plans.iter().flat_map(|plan| plan.columns()).map(|column| &*column.name).collect();
        for field in fields.into_iter().filter(|field| *field != "@timestamp") {
            let values: Vec<Value> =
                events.iter().filter_map(|event| value(event, field)).collect();
            let mut seen: Vec<Value> = Vec::new();
            for own in values {
                if seen.contains(&own) {
                    continue;
                }
                seen.push(own.clone());
                let wanted = self.wanted(events, field, &own, &leaves);
                let tried = context.values(field, &wanted).into_iter().filter(|new| *new != own);
                let changed = tried.take(MAX_TRIED).map(|new| replaced(events, field, &own, &new));
                if let Some(changed) = changed.into_iter().find(|changed| self.keeps(changed)) {
                    *events = changed;
                }
            }
        }
    }

    /// The tests of a field with what they say of the first event with a value.
    fn wanted(
        &self,
        events: &[Value],
        field: &str,
        own: &Value,
        leaves: &[&Leaf],
    ) -> Vec<(Leaf, bool)> {
        let bench = self.judge.bench();
        let first = events.iter().find(|event| value(event, field).as_ref() == Some(own));
        let Some(document) = first.and_then(|event| bench.read(event)) else { return Vec::new() };
        let Some(row) = document.rows.first() else { return Vec::new() };
        let tests = leaves.iter().filter(|leaf| &*leaf.column.name == field);
        tests.map(|leaf| ((*leaf).clone(), eval_leaf(leaf, row, bench.columns()))).collect()
    }

    /// The events with the fields that they have beside those that are read.
    fn beside(&self, sources: &[Value], context: &Context) -> Vec<Value> {
        let index = index_of(self.own.rule);
        let events = (1..).zip(sources).map(|(position, source)| Event {
            id: format!("#{position}"),
            index: index.clone(),
            index_stated: index.is_some(),
            source: Arc::new(source.clone()),
        });
        let events: Vec<Event> = events.collect();
        let plans = [&self.own.plan, &self.other.plan];
        let read: BTreeSet<&str> =
            plans.iter().flat_map(|plan| plan.columns()).map(|column| &*column.name).collect();
        let reads = |field: &str| read.contains(field);
        let keeps = |events: &[Event]| {
            let sources: Vec<Value> =
                events.iter().map(|event| Value::clone(&event.source)).collect();
            self.keeps(&sources)
        };
        let finished = finished(&events, context, &reads, &keeps);
        finished.into_iter().map(|event| Arc::unwrap_or_clone(event.source)).collect()
    }
}

/// The one value of a field.
fn value(source: &Value, field: &str) -> Option<Value> {
    let found =
        source.get(field).or_else(|| source.pointer(&format!("/{}", field.replace('.', "/"))));
    found.filter(|value| !value.is_array() && !value.is_object()).cloned()
}

/// The events with another value wherever they have this one.
fn replaced(events: &[Value], field: &str, own: &Value, new: &Value) -> Vec<Value> {
    let change = |event: &Value| {
        let mut event = event.clone();
        if value(&event, field).as_ref() == Some(own) {
            fields::set(&mut event, field, vec![new.clone()]);
        }
        event
    };
    events.iter().map(change).collect()
}
