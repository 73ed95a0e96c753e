//! Events near those that alert: where one condition alone decides, where a group is
//! just large enough or just not, where one group becomes two.

use super::bench;
use super::groups::{Groups, spaced};
use super::single::{Goal, Single};
use crate::synthesis::events::{moved, near, renumbered, with, with_all};
use crate::synthesis::pipeline_variants::{constants, constants_of, numbered};
use harness_esql::expr::Typed;
use harness_esql::plan::{Plan, Step, StepKind};
use harness_model::event::Event;
use serde_json::{Value, json};

/// The most events that are changed in several ways.
const MAX_EVENTS: usize = 60;
/// By how much events move to come into another stretch of time, in milliseconds.
const APART: [i64; 5] = [86_400_000, 61_000, 301_000, 1_801_000, 3_601_000];
/// How many of the values that a query names a field of a key is given.
const MAX_NAMED: usize = 8;
/// How many words of a text are changed one by one, and how long each is at least.
const MAX_WORDS: usize = 24;
const MIN_WORD: usize = 3;

/// Looks for events near some that alert.
pub(super) struct Near<'s, 'a> {
    pub(super) single: &'s Single<'a>,
    pub(super) plan: &'s Plan,
    /// What each row has to be before it is grouped.
    pub(super) goals: &'s [Goal],
    pub(super) positive: &'s [Event],
}

impl Near<'_, '_> {
    /// Events where a test of a step holds or fails, and decides alone.
    pub(super) fn of(
        &self,
        at: usize,
        number: usize,
        holds: bool,
        left: &mut usize,
    ) -> Vec<Vec<Event>> {
        let Some(step) = self.plan.steps.get(at) else { return Vec::new() };
        let mut found = match &step.kind {
            StepKind::Filter(condition) => {
                let origins = self.single.origins;
                match condition.leaves().get(number) {
                    Some(leaf) if !origins.aggregates(leaf).is_empty() => self.of_group(leaf, left),
                    Some(_) => self.turned(at, condition, number, holds, left),
                    None => Vec::new(),
                }
            }
            StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => {
                let mut before = 0;
                let filters = grouping.aggregates.iter().filter_map(|call| call.filter.as_ref());
                let mut own = Vec::new();
                for filter in filters {
                    let count = filter.leaves().len();
                    if (before..before + count).contains(&number) {
                        own = self.turned(at, filter, number - before, holds, left);
                    }
                    before += count;
                }
                own
            }
            StepKind::Grok { .. } | StepKind::Dissect { .. } => self.unmatched(step),
            _ => Vec::new(),
        };
        for events in &mut found {
            renumbered(events);
        }
        found.retain(|events| !events.is_empty());
        found
    }

    /// The events with one, and with all, changed so that a leaf of a condition decides.
    fn turned(
        &self,
        at: usize,
        condition: &Typed,
        leaf: usize,
        holds: bool,
        left: &mut usize,
    ) -> Vec<Vec<Event>> {
        let Some(last) = self.positive.last() else { return Vec::new() };
        let until = bench::grouping(self.plan).max(at.min(bench::grouping(self.plan)));
        let origins = self.single.origins;
        let others = bench::conditions(self.plan, origins, until).into_iter();
        let others = others.filter(|(own, _)| *own != at);
        let mut goals: Vec<Goal> =
            others.map(|(_, condition)| Goal::Holds(origins.unfolded(condition))).collect();
        goals.push(Goal::Decides(condition.clone(), leaf, holds));
        let mut found = Vec::new();
        let mut starts: Vec<&Event> = vec![last];
        starts.extend(self.positive.first().filter(|first| first.source != last.source));
        for start in starts {
            let kept = self.kept(start);
            let with_keys = goals.iter().cloned().chain(kept).collect::<Vec<_>>();
            let made = self.single.find(start, until, &with_keys, left);
            let made = made.or_else(|| self.single.find(start, until, &goals, left));
            if let Some(made) = made {
                found.extend(self.with(start, &made));
                break;
            }
        }
        found
    }

    /// That an event stays in its group.
    fn kept(&self, event: &Event) -> Vec<Goal> {
        let until = bench::grouping(self.plan);
        let Some(StepKind::Stats(grouping)) = self.plan.steps.get(until).map(|step| &step.kind)
        else {
            return Vec::new();
        };
        let Some(call) = grouping.aggregates.first() else { return Vec::new() };
        let groups = Groups::of(self.single, self.plan, call, self.goals);
        groups.map_or_else(Vec::new, |groups| groups.same(event))
    }

    /// The events with one in the place of another: of it, of all, alone, and beside.
    fn with(&self, old: &Event, made: &Event) -> Vec<Vec<Event>> {
        let changes = changes(old, made);
        let mut found = Vec::new();
        let place = self.positive.iter().position(|event| event.id == old.id);
        if let Some(place) = place {
            let mut events = self.positive.to_vec();
            events[place] = made.clone();
            found.push(events);
        }
        if self.positive.len() > 1 {
            let all = self.positive.iter().map(|event| with_all(event, changes.clone()));
            found.extend(all.take(MAX_EVENTS * 20).collect::<Option<Vec<Event>>>());
            let beside = self.positive.iter().chain([made]).cloned().map(anonymous);
            found.push(spaced(&beside.collect::<Vec<_>>()));
        }
        found.push(vec![anonymous(made.clone())]);
        found
    }

    /// With texts that a pattern does not match.
    fn unmatched(&self, step: &Step) -> Vec<Vec<Event>> {
        let mut paths = std::collections::BTreeSet::new();
        step.expressions(&mut |typed| paths.extend(self.single.origins.fields(typed)));
        let mut found = Vec::new();
        for values in [vec![json!("example")], Vec::new()] {
            let set =
                |event: &Event| with_all(event, paths.iter().map(|path| (path, values.clone())));
            let mut one = self.positive.to_vec();
            if let Some(last) = one.last_mut()
                && let Some(made) = set(last)
            {
                *last = made;
                found.push(one);
            }
            found.extend(self.positive.iter().map(set).collect::<Option<Vec<Event>>>());
        }
        found
    }

    /// Groups that are just enough for a condition, and those that are just not.
    fn of_group(&self, leaf: &Typed, left: &mut usize) -> Vec<Vec<Event>> {
        let origins = self.single.origins;
        let mut found = Vec::new();
        let conditions = vec![(*leaf).clone()];
        let mut known = Vec::new();
        for call in origins.aggregates(leaf) {
            let Some(groups) = Groups::of(self.single, self.plan, call, self.goals) else {
                continue;
            };
            if known.contains(&groups.at()) {
                continue;
            }
            known.push(groups.at());
            let mut paths: Vec<String> = Vec::new();
            for typed in call.args.iter().chain(&call.filter) {
                paths.extend(origins.fields(typed));
            }
            found.extend(self.fewer(&paths));
            found.extend(self.repeated(leaf));
            found.extend(self.packed(&groups.counted_fields()));
            found.extend(groups.proposals(self.positive, &conditions, left));
            if let [first, _, ..] = self.positive {
                found.extend(groups.proposals(std::slice::from_ref(first), &conditions, left));
            }
        }
        found
    }

    /// With the last event again and again, until there are as many as a condition says.
    fn repeated(&self, leaf: &Typed) -> Vec<Vec<Event>> {
        let Some(last) = self.positive.last() else { return Vec::new() };
        let named = constants_of(leaf).into_iter().filter_map(|value| value.as_u64());
        let counts = named.filter_map(|count| usize::try_from(count).ok());
        let counts = counts.filter(|count| (self.positive.len() + 1..=MAX_EVENTS).contains(count));
        let filled = counts.map(|count| {
            let copies = std::iter::repeat_with(|| anonymous(last.clone()));
            self.positive.iter().cloned().chain(copies).take(count).collect()
        });
        filled.collect()
    }

    /// An event less; and the same value in several.
    fn fewer(&self, paths: &[String]) -> Vec<Vec<Event>> {
        let mut found = Vec::new();
        let [first, .., last] = self.positive else { return found };
        found.push(self.positive[1..].to_vec());
        found.push(self.positive[..self.positive.len() - 1].to_vec());
        for path in paths.iter().filter(|path| *path != "@timestamp") {
            let values =
                |event: &Event| event.values(path).into_iter().cloned().collect::<Vec<Value>>();
            let set = |event: &Event, own: &[Value]| with(event, path, own.to_vec());
            let mut one = self.positive.to_vec();
            if let (Some(slot), Some(made)) = (one.last_mut(), set(last, &values(first))) {
                *slot = made;
                found.push(one);
            }
            // One value less.
            let less = self.positive.iter().map(|event| {
                let is_last = values(event) == values(last);
                if is_last { set(event, &values(first)) } else { Some(event.clone()) }
            });
            found.extend(less.collect::<Option<Vec<Event>>>());
            for own in [values(first), Vec::new()] {
                let all = self.positive.iter().map(|event| set(event, &own));
                found.extend(all.collect::<Option<Vec<Event>>>());
            }
        }
        found
    }

    /// Fewer events that have the values of all: the first has those of the last, or of
    /// all others.
    fn packed(&self, paths: &[String]) -> Vec<Vec<Event>> {
        let [first, between @ .., last] = self.positive else { return Vec::new() };
        if paths.is_empty() {
            return Vec::new();
        }
        let with = |others: &[&Event]| {
            let all = paths.iter().map(|path| {
                let mut values: Vec<Value> = Vec::new();
                for event in std::iter::once(&first).chain(others) {
                    for value in event.values(path) {
                        if !values.contains(value) {
                            values.push(value.clone());
                        }
                    }
                }
                (path, values)
            });
            with_all(first, all)
        };
        let others: Vec<&Event> = between.iter().chain([last]).collect();
        let alone = with(&others).map(|event| vec![event]);
        let one_less = with(&[last]).map(|event| {
            std::iter::once(event).chain(between.iter().cloned()).collect::<Vec<Event>>()
        });
        alone.into_iter().chain(one_less).collect()
    }

    /// The events in two groups that differ in one field of a key; and twice, the second
    /// time in another group. Fields have the n-th of their other values.
    pub(super) fn regrouped(&self, nth: usize) -> Vec<Vec<Event>> {
        let mut paths: Vec<String> = Vec::new();
        for step in &self.plan.steps {
            if let StepKind::Stats(grouping) | StepKind::InlineStats(grouping) = &step.kind
                && let Some(call) = grouping.aggregates.first()
                && let Some(groups) = Groups::of(self.single, self.plan, call, self.goals)
            {
                for key in groups.keys() {
                    paths.extend(self.single.origins.fields(&key));
                }
            }
        }
        paths.dedup();
        let count = self.positive.len();
        let named = constants(&self.plan.steps);
        let mut found = Vec::new();
        for path in &paths {
            let other = |event: &Event| {
                if path == "@timestamp" {
                    return moved(event, event.timestamp()?.checked_sub(*APART.get(nth)?)?);
                }
                with(event, path, self.others(event, path, &named).into_iter().nth(nth)?)
            };
            let halves = |takes: &dyn Fn(usize) -> bool| {
                let all = self.positive.iter().enumerate();
                let all = all
                    .map(|(at, event)| if takes(at) { other(event) } else { Some(event.clone()) });
                all.collect::<Option<Vec<Event>>>()
            };
            if count > 1 {
                found.extend(halves(&|at| at + 1 == count));
                found.extend(halves(&|at| at % 2 == 1));
            }
            let twice = halves(&|_| true).map(|others| {
                let both = self.positive.iter().cloned().chain(others).map(anonymous);
                both.collect::<Vec<Event>>()
            });
            found.extend(twice);
        }
        for events in &mut found {
            renumbered(events);
        }
        found
    }

    /// What a field of a key may be instead: another value, one more, another one that
    /// the query names, the text with another word.
    fn others(&self, event: &Event, path: &str, named: &[Value]) -> Vec<Vec<Value>> {
        let Some(own) = event.first(path) else {
            return self.single.usual(path).into_iter().take(1).map(|value| vec![value]).collect();
        };
        let another: Vec<Value> = numbered(own, 1).into_iter().chain(near(own)).take(1).collect();
        let all = event.values(path).into_iter().chain(&another).cloned();
        let more: Vec<Value> = all.collect();
        let fits = |value: &&Value| *value != own && value.is_string() == own.is_string();
        let named = named.iter().filter(fits).cloned();
        let texts = own.as_str().map_or_else(Vec::new, reworded).into_iter().map(Value::String);
        let singles = named.take(MAX_NAMED).chain(texts).map(|value| vec![value]);
        [another, more].into_iter().chain(singles).collect()
    }
}

/// The text with another word in place of each.
fn reworded(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let end = start + word.len();
        if word.len() >= MIN_WORD {
            found.push(format!("{}2{}", &text[..end], &text[end..]));
        }
        start = end + text[end..].chars().next().map_or(0, char::len_utf8);
    }
    found.truncate(MAX_WORDS);
    found
}

/// The same event without a name of its own.
fn anonymous(event: Event) -> Event {
    Event { id: "#".to_owned(), ..event }
}

/// The fields in which two events differ, with the values of the second.
fn changes(old: &Event, new: &Event) -> Vec<(String, Vec<Value>)> {
    let mut paths = std::collections::BTreeSet::new();
    for event in [old, new] {
        harness_model::event::flatten(&event.source, &mut |path, _| {
            paths.insert(path.to_owned());
        });
    }
    let values =
        |event: &Event, path: &str| event.values(path).into_iter().cloned().collect::<Vec<Value>>();
    let differ = paths.into_iter().filter(|path| values(old, path) != values(new, path));
    differ.map(|path| (path.clone(), values(new, &path))).collect()
}
