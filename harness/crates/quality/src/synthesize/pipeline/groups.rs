//! Events for what a pipeline asks of groups: more of them, unlike in what is counted,
//! alike in the keys; those that a `CASE` counts; earlier and later ones.

use serde_json::Value as Json;

use super::single::{Goal, Single};
use crate::synthesis::events::{moved, renumbered, with, with_all};
use crate::synthesis::pipeline_variants::numbered;
use harness_esql::expr::{Node, Typed};
use harness_esql::plan::{AggregateCall, AggregateKind, Grouping, Plan, StepKind};
use harness_esql::types::Type;
use harness_model::event::Event;
use harness_query::esql::ast::CompareOp;
use harness_source::limits;

/// The most events that are made for one group.
const MAX_COUNT: i64 = 1_100;
const _: () =
    assert!(MAX_COUNT.unsigned_abs() == limits::NEW_GROUP.most as u64, "the table has it");
/// How many numbers of a condition are taken for counts.
const MAX_COUNTS: usize = 5;
/// How long all events of a group take together, in milliseconds.
const STRETCH: i64 = 4_000;
/// By how much events are moved apart, in milliseconds.
const GAPS: [i64; 6] = [1_000, 61_000, 301_000, 901_000, 3_601_000, 86_401_000];
/// How many events are moved one by one.
const MAX_MOVED: usize = 6;

/// Makes events for the groups of a pipeline.
pub(super) struct Groups<'s, 'a> {
    single: &'s Single<'a>,
    /// The step that groups.
    at: usize,
    grouping: &'s Grouping,
    /// What each row has to be before.
    goals: &'s [Goal],
}

impl<'s, 'a> Groups<'s, 'a> {
    /// Of the step that computes an aggregate.
    pub(super) fn of(
        single: &'s Single<'a>,
        plan: &'s Plan,
        call: &AggregateCall,
        goals: &'s [Goal],
    ) -> Option<Self> {
        let has =
            |grouping: &Grouping| grouping.aggregates.iter().any(|own| own.output == call.output);
        let mut steps = plan.steps.iter().enumerate();
        let found = steps.find_map(|(at, step)| match &step.kind {
            StepKind::Stats(own) | StepKind::InlineStats(own) if has(own) => Some((at, own)),
            _ => None,
        });
        let (at, grouping) = found?;
        Some(Self { single, at, grouping, goals })
    }

    /// The keys as they are in each row.
    pub(super) fn keys(&self) -> Vec<Typed> {
        let keys = self.grouping.keys.iter().map(|(row, _, ty)| {
            let before = self.grouping.before.iter().find(|(own, _)| own == row);
            before.map_or_else(
                || {
                    let node = Node::Column { register: *row, constant: None };
                    Typed { node, ty: *ty, span: harness_source::span::Span::default() }
                },
                |(_, typed)| typed.clone(),
            )
        });
        keys.collect()
    }

    /// The number of the step.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// That an event has the keys of another.
    pub(super) fn same(&self, event: &Event) -> Vec<Goal> {
        let keys = self.keys();
        let values = self.single.values(std::slice::from_ref(event), self.at, &keys);
        let values = values.and_then(|mut all| all.pop()).unwrap_or_default();
        keys.into_iter().zip(values).map(|(key, values)| Goal::Same(key, values)).collect()
    }

    /// Events that an aggregate of the group counts, for which a condition may hold.
    fn counted(
        &self,
        event: &Event,
        call: &AggregateCall,
        condition: &Typed,
        left: &mut usize,
    ) -> Vec<Event> {
        let origins = self.single.origins;
        let mut goals = self.goals.to_vec();
        goals.extend(self.same(event));
        goals.extend(call.filter.as_ref().map(|own| Goal::Holds(origins.unfolded(own))));
        let mut ways: Vec<Vec<Goal>> = Vec::new();
        let of_values = match call.kind {
            AggregateKind::Count | AggregateKind::CountDistinct => false,
            AggregateKind::Min
            | AggregateKind::Max
            | AggregateKind::Sum
            | AggregateKind::Avg
            | AggregateKind::Percentile(_)
            | AggregateKind::MedianAbsoluteDeviation
            | AggregateKind::StdDev
            | AggregateKind::Variance
            | AggregateKind::WeightedAvg
            | AggregateKind::Values
            | AggregateKind::Top { .. }
            | AggregateKind::First
            | AggregateKind::Last
            | AggregateKind::Present
            | AggregateKind::Absent => true,
        };
        if of_values {
            let in_row = origins.unfolded(&origins.in_row(condition));
            ways.push(vec![Goal::Holds(in_row)]);
        }
        let arg = call.args.first().filter(|arg| !arg.is_constant());
        ways.push(
            arg.map(|arg| Goal::Holds(origins.unfolded(&present(arg)))).into_iter().collect(),
        );
        let found = ways.into_iter().filter_map(|way| {
            let goals: Vec<Goal> = goals.iter().cloned().chain(way).collect();
            self.single.find(event, self.at, &goals, left)
        });
        found.collect()
    }

    /// So many events like one, each with other values in some fields, as far as there
    /// are such that meet what each row has to and stay in the group.
    pub(super) fn varied(
        &self,
        event: &Event,
        paths: &[String],
        count: usize,
        left: &mut usize,
    ) -> Vec<Event> {
        let paths: Vec<(String, usize)> = paths.iter().map(|path| (path.clone(), count)).collect();
        self.spread(event, &paths, count, left)
    }

    /// The same, where each field has so many values, in turn.
    fn spread(
        &self,
        event: &Event,
        paths: &[(String, usize)],
        count: usize,
        left: &mut usize,
    ) -> Vec<Event> {
        let same = self.same(event);
        let goals: Vec<Goal> = self.goals.iter().cloned().chain(same).collect();
        // What is counted has to be there.
        let mut first = event.clone();
        for (path, _) in paths {
            if first.first(path).is_none() {
                let values = self.single.usual(path).into_iter().take(1);
                let made = with(&first, path, values.collect()).filter(|made| {
                    self.single.fitting(std::slice::from_ref(made), self.at, &goals, left) == [true]
                });
                first = made.unwrap_or(first);
            }
        }
        let lists: Vec<(&String, usize, Vec<Json>)> = paths
            .iter()
            .map(|(path, most)| {
                let values = match most.checked_sub(1) {
                    Some(more) if more > 0 => self.others(&first, path, more, &goals, left),
                    _ => Vec::new(),
                };
                (path, (*most).min(values.len() + 1), values)
            })
            .filter(|(_, _, values)| !values.is_empty())
            .collect();
        let made = (0..count).map(|number| {
            let own = lists.iter().filter_map(|(path, most, values)| {
                // The first keeps its own value.
                let value = (number % most).checked_sub(1).and_then(|at| values.get(at))?;
                Some((path, vec![value.clone()]))
            });
            with_all(&first, own).map(|made| Event { id: "#".to_owned(), ..made })
        });
        made.collect::<Option<Vec<Event>>>().unwrap_or_default()
    }

    /// How many events, and how many values of the fields that are counted, make
    /// comparisons of aggregates with numbers hold.
    fn asked(&self, conditions: &[Typed]) -> Option<(usize, Vec<(String, usize)>)> {
        let (mut events, mut paths) = (1, Vec::<(String, usize)>::new());
        for condition in conditions {
            let Node::Compare { op, left, right } = &condition.node else { continue };
            let calls = self.single.origins.aggregates(condition);
            let number = [left, right].into_iter().find_map(|side| match &side.node {
                Node::Literal(column) => column.first(0).map(harness_esql::value::Ref::double),
                _ => None,
            });
            let least = number.map_or(2.0, |number| match op {
                CompareOp::Gt => number.floor() + 1.0,
                CompareOp::Ge | CompareOp::Eq => number.ceil(),
                CompareOp::Ne | CompareOp::Lt | CompareOp::Le => 1.0,
            });
            if !(0.0..=1_100.0).contains(&least) {
                continue;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "its range was looked at"
            )]
            let least = (least as usize).max(1);
            for call in calls {
                events = events.max(least);
                for path in self.distinct(&[call]) {
                    match paths.iter_mut().find(|(own, _)| *own == path) {
                        Some((_, most)) => *most = (*most).max(least),
                        None => paths.push((path, least)),
                    }
                }
            }
        }
        (events > 1 || !paths.is_empty()).then_some((events, paths))
    }

    /// Other values of a field with which an event meets goals.
    fn others(
        &self,
        event: &Event,
        path: &str,
        count: usize,
        goals: &[Goal],
        left: &mut usize,
    ) -> Vec<Json> {
        let own = event.first(path).cloned();
        let usual = self.single.usual(path);
        let start = own.clone().or_else(|| usual.first().cloned());
        let mut values: Vec<Json> = usual;
        for condition in self.goals.iter().filter_map(|goal| match goal {
            Goal::Holds(typed) => Some(typed),
            Goal::Decides(..) | Goal::Same(..) => None,
        }) {
            for leaf in condition.leaves() {
                let fields = self.single.origins.fields(leaf);
                if fields.len() == 1 && fields.contains(path) {
                    values.extend(self.single.origins.constants(leaf));
                }
            }
        }
        for call in &self.grouping.aggregates {
            let own = |arg: &&Typed| self.single.origins.fields(arg).contains(path);
            if let Some(arg) = call.args.first().filter(own) {
                values.extend(self.single.origins.constants(arg));
            }
        }
        values.truncate(400);
        let start = start.as_ref();
        let more = (1..count + 8).flat_map(|number| {
            let (up, down) =
                (start.map(|own| numbered(own, number)), start.map(|own| less(own, number)));
            [up, down].into_iter().flatten().flatten()
        });
        values.extend(more);
        let pipeline = self.single.program.pipeline();
        let field = pipeline.and_then(|own| own.fields.iter().find(|own| &*own.path == path));
        let mut seen: Vec<Json> = own.into_iter().collect();
        values.retain(|value| {
            let fits = field.is_none_or(|field| {
                (!field.mapped.ty().is_string() || value.is_string())
                    && field.mapped.read(value).is_some()
            });
            let fresh = fits && (seen.len() > 600 || !seen.contains(value));
            if fresh {
                seen.push(value.clone());
            }
            fresh
        });
        let changed = values
            .iter()
            .map(|value| with(event, path, vec![value.clone()]).unwrap_or_else(|| event.clone()));
        let changed: Vec<Event> = changed.collect();
        let fits = self.single.fitting(&changed, self.at, goals, left);
        // What is counted may be the same for many values.
        let counted: Vec<Typed> = self
            .grouping
            .aggregates
            .iter()
            .filter(|call| is_distinct(call.kind))
            .filter_map(|call| call.args.first())
            .filter(|arg| self.single.origins.fields(arg).contains(path))
            .cloned()
            .collect();
        let of = |events: &[Event]| self.single.values(events, self.at, &counted);
        let mut known: Vec<_> = of(std::slice::from_ref(event)).unwrap_or_default();
        let told = of(&changed).unwrap_or_default();
        let mut kept = Vec::new();
        for ((value, fits), told) in values.into_iter().zip(fits).zip(told) {
            if fits && kept.len() < count && !known.contains(&told) {
                known.push(told);
                kept.push(value);
            }
        }
        kept
    }

    /// The fields of which some aggregate looks at which values there are.
    pub(super) fn counted_fields(&self) -> Vec<String> {
        self.distinct(&self.grouping.aggregates.iter().collect::<Vec<_>>())
    }

    /// The fields that are counted for some conditions.
    fn distinct(&self, calls: &[&AggregateCall]) -> Vec<String> {
        let keys = self.keys();
        let own =
            |path: &String| keys.iter().any(|key| self.single.origins.fields(key).contains(path));
        let mut found: Vec<String> = Vec::new();
        for call in calls.iter().filter(|call| is_distinct(call.kind)) {
            for arg in &call.args {
                let fields = self.single.origins.fields(arg);
                let choice = fields.into_iter().filter(|path| !own(path) && path != "@timestamp");
                for path in choice {
                    if !found.contains(&path) {
                        found.push(path);
                    }
                }
            }
        }
        found
    }

    /// Events in the place of some of which these conditions fail on their group.
    pub(super) fn proposals(
        &self,
        events: &[Event],
        conditions: &[Typed],
        left: &mut usize,
    ) -> Vec<Vec<Event>> {
        let origins = self.single.origins;
        let Some(first) = events.first() else { return Vec::new() };
        let mut found: Vec<Vec<Event>> = Vec::new();
        let of_group = |call: &&AggregateCall| {
            self.grouping.aggregates.iter().any(|own| own.output == call.output)
        };
        let calls: Vec<Vec<&AggregateCall>> = conditions
            .iter()
            .map(|typed| origins.aggregates(typed).into_iter().filter(of_group).collect())
            .collect();
        let counts = |typed: &Typed| {
            let whole = origins.constants(typed).into_iter().filter_map(|value| value.as_i64());
            let mut counts: Vec<usize> = whole
                .filter(|count| (1..=MAX_COUNT).contains(count))
                .filter_map(|count| usize::try_from(count).ok())
                .collect();
            // Two fields are compared with each other.
            if counts.is_empty() {
                counts.push(2);
            }
            counts.truncate(MAX_COUNTS);
            counts.sort_unstable();
            counts.dedup();
            counts
        };
        if let Some((count, paths)) = self.asked(conditions) {
            found.push(spaced(&self.spread(first, &paths, count, left)));
            // What was there keeps what it was made for.
            let more = self.spread(first, &paths, count.saturating_sub(events.len()).max(1), left);
            let beside: Vec<Event> = events.iter().cloned().chain(more).collect();
            found.push(spaced(&beside));
        }
        // For all at once: as many as the greatest count asks for, unlike in all of them.
        let all: Vec<&AggregateCall> = calls.iter().flatten().copied().collect();
        let together = self.distinct(&all);
        let mut sizes: Vec<usize> = conditions.iter().flat_map(&counts).collect();
        sizes.sort_unstable();
        sizes.dedup();
        for size in sizes.iter().filter(|size| **size > events.len()) {
            found.push(spaced(&self.varied(first, &together, *size, left)));
        }
        for (condition, calls) in conditions.iter().zip(&calls) {
            let sizes = counts(condition);
            for call in calls {
                let paths = self.distinct(std::slice::from_ref(call));
                for made in self.counted(first, call, condition, left) {
                    for size in &sizes {
                        let more = self.varied(&made, &paths, *size, left);
                        let beside =
                            events.iter().cloned().chain(more.iter().cloned()).collect::<Vec<_>>();
                        if beside.len() <= usize::try_from(MAX_COUNT).unwrap_or(usize::MAX) {
                            found.push(spaced(&beside));
                        }
                        found.push(spaced(&more));
                    }
                }
                for size in &sizes {
                    if *size <= events.len() {
                        // Another count of what is there.
                        for path in &paths {
                            let values =
                                self.varied(first, std::slice::from_ref(path), *size, left);
                            found.extend(assigned(events, path, &values));
                        }
                        found.push(events[..*size].to_vec());
                    }
                }
                if *call.args.first().map_or(&Type::Null, |arg| &arg.ty) == Type::Date {
                    found.extend(apart(events));
                }
            }
        }
        for events in &mut found {
            renumbered(events);
        }
        found.retain(|events| !events.is_empty());
        found
    }
}

/// Whether an aggregate looks at which values there are.
fn is_distinct(kind: AggregateKind) -> bool {
    match kind {
        AggregateKind::CountDistinct | AggregateKind::Values | AggregateKind::Top { .. } => true,
        AggregateKind::Count
        | AggregateKind::Min
        | AggregateKind::Max
        | AggregateKind::Sum
        | AggregateKind::Avg
        | AggregateKind::Percentile(_)
        | AggregateKind::MedianAbsoluteDeviation
        | AggregateKind::StdDev
        | AggregateKind::Variance
        | AggregateKind::WeightedAvg
        | AggregateKind::First
        | AggregateKind::Last
        | AggregateKind::Present
        | AggregateKind::Absent => false,
    }
}

/// A smaller number, down to one.
fn less(value: &Json, by: usize) -> Option<Json> {
    let less = value.as_i64()?.checked_sub(i64::try_from(by).ok()?)?;
    (less > 0).then(|| Json::from(less))
}

/// That an expression has a value.
fn present(typed: &Typed) -> Typed {
    let node = Node::IsNull { value: Box::new(typed.clone()), negated: true };
    Typed { node, ty: Type::Boolean, span: typed.span }
}

/// The events with the values that others have in a field, in turn.
fn assigned(events: &[Event], path: &str, values: &[Event]) -> Option<Vec<Event>> {
    let values: Vec<&Event> = values.iter().collect();
    let made = events.iter().enumerate().map(|(at, event)| {
        let value = values.get(at % values.len().max(1))?.first(path).cloned();
        with(event, path, value.into_iter().collect())
    });
    made.collect()
}

/// The events one soon after the other, away from full minutes: time is often cut in
/// pieces.
pub(super) fn spaced(events: &[Event]) -> Vec<Event> {
    let Some(last) = events.iter().filter_map(Event::timestamp).max() else {
        return events.to_vec();
    };
    let last = if last % 10_000 == 0 { last - 250 } else { last };
    let count = i64::try_from(events.len()).unwrap_or(STRETCH);
    let step = (STRETCH / count.max(1)).clamp(1, 250);
    let numbered = (0_i64..).zip(events);
    let made = numbered.map(|(at, event)| {
        moved(event, last - (count - 1 - at) * step).unwrap_or_else(|| event.clone())
    });
    made.collect()
}

/// The events with some of them so much earlier than the others.
fn apart(events: &[Event]) -> Vec<Vec<Event>> {
    let count = events.len().min(MAX_MOVED);
    let ones = (0..count).map(|own| move |at: usize| at == own);
    let mut found = Vec::new();
    for gap in GAPS {
        let shift = |earlier: &dyn Fn(usize) -> bool| {
            let made = events.iter().enumerate().map(|(at, event)| {
                if !earlier(at) {
                    return Some(event.clone());
                }
                moved(event, event.timestamp()?.checked_sub(gap)?)
            });
            made.collect::<Option<Vec<Event>>>()
        };
        found.extend(ones.clone().filter_map(|is| shift(&is)));
        found.extend(shift(&|at| at < events.len() / 2));
        found.extend(shift(&|_| true));
    }
    found
}
