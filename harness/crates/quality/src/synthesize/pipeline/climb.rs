//! From the plain event to events that come through all commands of a pipeline:
//! each step is a change that comes further, or nearer to coming further.

use std::cmp::Reverse;

use serde_json::Value;

use super::bench;
use super::groups::Groups;
use super::single::{Goal, Single};
use crate::synthesis::counterfactual::Counterfactual;
use crate::synthesis::events::{self, moved, renumbered};
use crate::synthesis::origins::Origins;
use crate::synthesis::pipeline_variants::{PipelineVariants, constants, numbered};
use harness_esql::expr::{Node, Typed};
use harness_esql::plan::{Output, OutputColumn, Plan, Step, StepKind};
use harness_esql::run::{Shape, Truth};
use harness_esql::value::Ref;
use harness_model::event::Event;
use harness_predicate::eval::eval;
use harness_source::limits;

/// The most changes that are made one after the other.
const MAX_STEPS: usize = limits::NEW_STEPS.most;
/// What a trial takes beside its events, as events.
const RUN: usize = 4;
/// The most copies of an event.
const MAX_COUNT: i64 = 600;
/// How long all copies of an event take together, in milliseconds.
const STRETCH: i64 = 4_000;
/// The most variants of each kind that are tried for one step.
const MAX_TOGETHER: usize = 100;
const MAX_ALONE: usize = 600;
/// The most that is aimed at what is open.
const MAX_AIMED: usize = 160;

/// How many texts of a query are put together.
const MAX_LISTED: usize = 3;
/// How many times that is tried for one field.
const MAX_WINDOWS: usize = 8;

/// How far events come: whether they alert; through how many commands; in how many
/// conditions they fail at the next, and by how much.
type Score = (bool, usize, Reverse<usize>, Reverse<u64>);

pub(super) struct Climb<'s, 'a> {
    single: &'s Single<'a>,
    /// What each row has to be before it is grouped.
    goals: &'s [Goal],
    probes: Vec<Option<Probe>>,
    /// The fields that commands read, but for the time.
    paths: Vec<String>,
    counts: Vec<usize>,
    /// The texts that commands name.
    texts: Vec<Value>,
    left: usize,
}

/// How far events came, and what keeps them from coming further.
struct Found {
    score: Score,
    /// The conditions that fail in the row that is nearest.
    open: Vec<Typed>,
    /// The events of that row.
    rows: Vec<u32>,
}

impl<'s, 'a> Climb<'s, 'a> {
    pub(super) fn new(single: &'s Single<'a>, goals: &'s [Goal], left: usize) -> Option<Self> {
        let pipeline = single.program.pipeline()?;
        let steps = &pipeline.plan.steps;
        let read: Vec<_> = steps.iter().flat_map(harness_esql::plan::Step::reads).collect();
        let used = pipeline.plan.fields.iter().filter(|field| read.contains(&field.register));
        let used: Vec<&str> = used.map(|field| &*field.name).collect();
        let paths = pipeline.fields.iter().filter(|field| {
            used.contains(&&*field.name)
                && &*field.path != "@timestamp"
                && !field.path.starts_with('_')
        });
        let paths = paths.map(|field| field.path.to_string()).collect();
        let mut counts: Vec<usize> = constants(steps)
            .iter()
            .filter_map(Value::as_i64)
            .filter(|count| (2..=MAX_COUNT).contains(count))
            .filter_map(|count| usize::try_from(count).ok())
            .collect();
        counts.sort_unstable();
        counts.dedup();
        // Each text is followed by those near it.
        let mut texts: Vec<Value> = Vec::new();
        let query = single.flow.text();
        for text in constants(steps) {
            let named = text.as_str().is_some_and(|text| query.contains(&format!("\"{text}\"")));
            if named && !texts.contains(&text) {
                texts.push(text);
            }
        }
        let probes = (0..steps.len()).map(|at| Probe::new(single.origins, &pipeline.plan, at));
        let probes = probes.collect();
        Some(Self { single, goals, probes, paths, counts, texts, left })
    }

    /// Events that alert; and some near them that do not, where the climb met such.
    pub(super) fn top(&mut self) -> Option<(Vec<Event>, Option<Vec<Event>>)> {
        let mut best = vec![self.start()?];
        let mut found = self.found(&best)?;
        let mut before = None;
        for _ in 0..MAX_STEPS {
            if found.score.0 {
                return Some((best, before));
            }
            let (events, better) = self.better(&best, &found)?;
            before = Some(std::mem::replace(&mut best, events));
            found = better;
        }
        None
    }

    /// An event that comes through all conditions before rows are grouped, as far as
    /// one is found.
    fn start(&mut self) -> Option<Event> {
        let Single { flow, context, case, .. } = self.single;
        let case = *case;
        let subject = flow.subject();
        let narrow = &flow.documents(case)?.narrow;
        let plan = harness_predicate::plan::Plan::Filter(narrow.clone());
        let holds = |event: &Event| eval(narrow, &subject.document(event), subject.columns());
        let suggest = |field: &str, wanted: &[_]| context.values(field, wanted);
        let mut turner = Counterfactual::new(subject, &plan, 0)?.suggesting(&suggest);
        let found = turner.turned_to((case, 0), true, &holds);
        let plain = flow.cases().get(case)?.events.first().cloned()?;
        let until = bench::grouping(&self.single.program.pipeline()?.plan);
        let starts = found.iter().chain([&plain]);
        for start in starts {
            if let Some(event) = self.single.find(start, until, self.goals, &mut self.left) {
                return Some(event);
            }
        }
        Some(found.unwrap_or(plain))
    }

    fn better(&mut self, events: &[Event], found: &Found) -> Option<(Vec<Event>, Found)> {
        let single = self.single;
        let pipeline = single.program.pipeline()?;
        for changed in self.aimed(events, found).into_iter().take(MAX_AIMED) {
            if let Some(better) = self.nearer(&changed, found) {
                return Some((changed, better));
            }
        }
        let variants = PipelineVariants::new(single.flow, pipeline, &pipeline.plan.steps);
        for changed in variants.alone(events).take(MAX_ALONE) {
            if let Some(better) = self.nearer(&changed, found) {
                return Some((changed, better));
            }
        }
        for changed in self.more(events) {
            if let Some(better) = self.nearer(&changed, found) {
                return Some((changed, better));
            }
        }
        for changed in variants.together(events).take(MAX_TOGETHER) {
            if let Some(better) = self.nearer(&changed, found) {
                return Some((changed, better));
            }
        }
        None
    }

    /// By what the open conditions are about.
    fn aimed(&mut self, events: &[Event], found: &Found) -> Vec<Vec<Event>> {
        let Some(pipeline) = self.single.program.pipeline() else { return Vec::new() };
        let own: Vec<Event> =
            found.rows.iter().filter_map(|at| events.get(*at as usize)).cloned().collect();
        let own = if own.is_empty() { events.to_vec() } else { own };
        let mut calls = found.open.iter().flat_map(|open| self.single.origins.aggregates(open));
        let groups =
            calls.next().and_then(|call| Groups::of(self.single, &pipeline.plan, call, self.goals));
        groups.map_or_else(Vec::new, |groups| groups.proposals(&own, &found.open, &mut self.left))
    }

    fn nearer(&mut self, events: &[Event], than: &Found) -> Option<Found> {
        self.found(events).filter(|found| found.score > than.score)
    }

    /// With as many events as the query counts, alike and unlike; and with unlike
    /// values in a field of those that are there.
    fn more(&self, events: &[Event]) -> Vec<Vec<Event>> {
        let mut found = Vec::new();
        let Some(last) = events.last() else { return found };
        for path in self.paths.iter().filter(|_| events.len() > 1) {
            found.extend(spread(events, std::slice::from_ref(path)));
        }
        for path in &self.paths {
            found.extend(self.listed(last, path));
        }
        for count in self.counts.iter().filter(|count| **count > events.len()) {
            // Close together and away from full minutes: time is often cut in pieces.
            let step = (STRETCH / i64::try_from(*count).unwrap_or(STRETCH)).clamp(1, 250);
            let copies = (0..*count).map(|back| {
                let back = i64::try_from(back).ok()?.checked_mul(step)?;
                moved(last, last.timestamp()?.checked_sub(back.checked_add(step)?)?)
            });
            let Some(mut copies) = copies.collect::<Option<Vec<Event>>>() else { continue };
            copies.reverse();
            renumbered(&mut copies);
            found.push(copies.clone());
            for path in &self.paths {
                found.extend(spread(&copies, std::slice::from_ref(path)));
            }
            found.extend(spread(&copies, &self.paths));
        }
        found
    }

    /// With several of the texts that the query names in one field: as a list, and one in
    /// each of several events.
    fn listed(&self, event: &Event, path: &str) -> Vec<Vec<Event>> {
        let mut found = Vec::new();
        for texts in self.texts.windows(MAX_LISTED.min(self.texts.len()).max(1)).take(MAX_WINDOWS) {
            found.extend(events::with(event, path, texts.to_vec()).map(|event| vec![event]));
            let each = texts.iter().map(|text| with(event, path, text.clone()));
            if let Some(mut each) = each.collect::<Option<Vec<Event>>>() {
                for event in &mut each {
                    "#".clone_into(&mut event.id);
                }
                renumbered(&mut each);
                found.push(each);
            }
        }
        found
    }

    fn found(&mut self, events: &[Event]) -> Option<Found> {
        self.left = self.left.checked_sub(events.len() + RUN)?;
        let Single { flow, program, case, .. } = self.single;
        let case = *case;
        let variant = flow.variant(program, case, events.to_vec())?;
        let (alerts, table) = flow.on(program, &variant)?.run(true, None).ok()?;
        let plan = &program.pipeline()?.plan;
        let through =
            |at: usize, open: usize, apart: u64| (alerts > 0, at, Reverse(open), Reverse(apart));
        let mut number = 0;
        for (at, step) in plan.steps.iter().enumerate() {
            let Some(trace) = table.trace.get(number) else { break };
            if trace.rows_out == 0 {
                let probe = self.probes.get(at).and_then(Option::as_ref);
                let told = probe.and_then(|probe| probe.nearest(self.single, events));
                let Some(Nearest { row, open, apart }) = told else {
                    return Some(Found {
                        score: through(at, 0, 0),
                        open: Vec::new(),
                        rows: Vec::new(),
                    });
                };
                let rows = table.given(number).get(row).cloned().unwrap_or_default();
                let score = through(at, open.len(), apart);
                return Some(Found { score, open, rows });
            }
            number += 1 + step.branches().iter().map(|branch| count(&branch.steps)).sum::<usize>();
        }
        Some(Found { score: through(plan.steps.len(), 0, 0), open: Vec::new(), rows: Vec::new() })
    }
}

/// How many steps there are, with those inside.
fn count(steps: &[Step]) -> usize {
    let inside = steps.iter().flat_map(Step::branches).map(|branch| count(&branch.steps));
    steps.len() + inside.sum::<usize>()
}

/// A condition of a pipeline, taken apart on the rows that come to it.
struct Probe {
    plan: Plan,
    shape: Shape,
    leaves: Vec<Typed>,
    /// By leaf: where its sides are, of a comparison.
    sides: Vec<Option<(usize, usize)>>,
}

/// The row in which the fewest conditions fail.
struct Nearest {
    row: usize,
    open: Vec<Typed>,
    apart: u64,
}

impl Probe {
    /// Of the n-th step; `None` where it has no condition.
    fn new(origins: &Origins<'_>, plan: &Plan, at: usize) -> Option<Self> {
        let StepKind::Filter(condition) = &plan.steps.get(at)?.kind else { return None };
        let condition = origins.unfolded(condition);
        let leaves: Vec<Typed> = condition.leaves().into_iter().cloned().collect();
        let mut expressions = leaves.clone();
        let sides = leaves.iter().map(|leaf| match &leaf.node {
            Node::Compare { left, right, .. } if left.ty.is_numeric() && right.ty.is_numeric() => {
                expressions.extend([(**left).clone(), (**right).clone()]);
                Some((expressions.len() - 2, expressions.len() - 1))
            }
            _ => None,
        });
        let sides = sides.collect();
        let registers = plan.registers + expressions.len();
        let mut steps: Vec<Step> = plan.steps[..at].to_vec();
        for step in &mut steps {
            step.live = vec![true; registers];
        }
        let numbered = (plan.registers..).zip(&expressions);
        let values = numbered.clone().map(|(to, typed)| (to, typed.clone())).collect();
        let span = plan.steps[at].span;
        steps.push(Step { kind: StepKind::Eval(values), span, live: vec![true; registers] });
        let columns = numbered.map(|(register, typed)| OutputColumn {
            name: format!("{register}").into(),
            ty: typed.ty,
            register,
        });
        let output = Output { columns: columns.collect(), ..Output::default() };
        let shape = Shape::of(&condition);
        Some(Self { plan: Plan { registers, steps, output, ..plan.clone() }, shape, leaves, sides })
    }

    fn nearest(&self, single: &Single<'_>, events: &[Event]) -> Option<Nearest> {
        let table = single.flow.through(single.program, &self.plan, single.case, events)?;
        let column = |at: usize| table.columns.get(at).map(|column| &column.column);
        let of = |row: usize| {
            let truth = |leaf: usize| match column(leaf).and_then(|column| column.first(row)) {
                Some(Ref::Bool(value)) => Truth::from(value),
                Some(_) | None => Truth::Null,
            };
            let open = self.shape.blame(&truth, Truth::True);
            let apart = open.iter().map(|leaf| {
                let (left, right) = (*self.sides.get(*leaf)?)?;
                let (left, right) = (column(left)?, column(right)?);
                let (a, b) = (left.first(row)?, right.first(row)?);
                distance(a.text(left.ty).as_str(), b.text(right.ty).as_str())
            });
            let apart = apart.map(|by| by.unwrap_or(1 << 40)).sum::<u64>();
            (open, apart, row)
        };
        let rows = (0..table.rows).map(of);
        let (open, apart, row) = rows.min_by_key(|(open, apart, _)| (open.len(), *apart))?;
        let open = open.into_iter().filter_map(|leaf| self.leaves.get(leaf).cloned()).collect();
        Some(Nearest { row, open, apart })
    }
}

/// How far two numbers are apart, in thousandths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "distances are only compared"
)]
fn distance(a: &str, b: &str) -> Option<u64> {
    let (a, b): (f64, f64) = (a.parse().ok()?, b.parse().ok()?);
    Some(((a - b).abs() * 1_000.0).min(1e12) as u64)
}

/// The events with another value in each, in these fields.
fn spread(events: &[Event], paths: &[String]) -> Option<Vec<Event>> {
    let mut all = events.to_vec();
    for (number, event) in all.iter_mut().enumerate().skip(1) {
        for path in paths {
            let own = event.first(path).cloned();
            let other = own.map_or_else(
                || Some(Value::from(format!("example{number}"))),
                |own| numbered(&own, number),
            );
            // What has no other value stays.
            if let Some(other) = other {
                *event = with(event, path, other)?;
            }
        }
    }
    Some(all)
}

fn with(event: &Event, path: &str, value: Value) -> Option<Event> {
    events::with(event, path, vec![value])
}
