//! From the plain event to events that come through all commands of a pipeline:
//! each step is a change that comes further, or nearer to coming further.

use std::cmp::Reverse;

use serde_json::Value;

use super::pattern;
use crate::synthesis::counterfactual::Counterfactual;
use crate::synthesis::events::{moved, rebuilt, renumbered};
use crate::synthesis::fields;
use crate::synthesis::pipeline_variants::{PipelineVariants, constants, numbered};
use crate::synthesize::choice::Seed;
use crate::synthesize::seed;
use harness_esql::run::{Joined, Table, Truth};
use harness_model::event::Event;
use harness_predicate::eval::eval;
use harness_runner::run::{Flow, Program};

/// The most changes that are made one after the other.
const MAX_STEPS: usize = 24;
/// What a trial takes beside its events, as events.
const RUN: usize = 4;
/// The most copies of an event.
const MAX_COUNT: i64 = 600;
/// How long all copies of an event take together, in milliseconds.
const STRETCH: i64 = 4_000;
/// The most variants of each kind that are tried for one step.
const MAX_TOGETHER: usize = 100;
const MAX_ALONE: usize = 600;

/// How many texts of a query are put together.
const MAX_LISTED: usize = 3;
/// How many times that is tried for one field.
const MAX_WINDOWS: usize = 8;

/// How far events come: whether they alert; through how many commands; in how many
/// conditions they fail at the next, and by how much.
type Score = (bool, usize, Reverse<usize>, Reverse<u64>);

pub(super) struct Climb<'a> {
    flow: &'a Flow<'a>,
    program: &'a Program,
    seed: usize,
    choice: Seed,
    /// The fields that commands read, but for the time.
    paths: Vec<String>,
    counts: Vec<usize>,
    /// The texts that commands name.
    texts: Vec<Value>,
    left: usize,
}

impl<'a> Climb<'a> {
    /// From the event of the case `seed`; all trials read at most `left` events together.
    pub(super) fn new(
        flow: &'a Flow<'a>,
        program: &'a Program,
        (seed, left): (usize, usize),
        choice: Seed,
    ) -> Option<Self> {
        let pipeline = program.pipeline()?;
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
        let query = flow.text();
        for text in constants(steps) {
            let named = text.as_str().is_some_and(|text| query.contains(&format!("\"{text}\"")));
            if named && !texts.contains(&text) {
                texts.push(text);
            }
        }
        Some(Self { flow, program, seed, choice, paths, counts, texts, left })
    }

    /// Events that alert; and some near them that do not, where the climb met such.
    pub(super) fn top(&mut self) -> Option<(Vec<Event>, Option<Vec<Event>>)> {
        let mut best = vec![self.start()?];
        let mut score = self.score(&best)?;
        let mut before = None;
        for _ in 0..MAX_STEPS {
            if score.0 {
                return Some((best, before));
            }
            let (events, better) = self.better(&best, score)?;
            before = Some(std::mem::replace(&mut best, events));
            score = better;
        }
        None
    }

    /// An event that the leading conditions take, as far as the index can tell.
    fn start(&self) -> Option<Event> {
        let subject = self.flow.subject();
        let plan = subject.plans().get(subject.plan_of(self.seed))?;
        let filters = plan.filters();
        let narrow = filters.len().checked_sub(1)?;
        let holds =
            |event: &Event| eval(filters[narrow], &subject.document(event), subject.columns());
        let context = seed::context(self.flow.rule(), self.choice);
        let suggest = |field: &str, wanted: &[_]| context.values(field, wanted);
        let mut turner = Counterfactual::new(subject, plan, narrow)?.suggesting(&suggest);
        let found = turner.turned_to((self.seed, 0), true, &holds);
        found.or_else(|| self.flow.cases().get(self.seed)?.events.first().cloned())
    }

    fn better(&mut self, events: &[Event], score: Score) -> Option<(Vec<Event>, Score)> {
        let pipeline = self.program.pipeline()?;
        for changed in self.patterns(events) {
            if let Some(better) = self.score(&changed).filter(|other| *other > score) {
                return Some((changed, better));
            }
        }
        let variants = PipelineVariants::new(self.flow, pipeline, &pipeline.plan.steps);
        let alone = variants.alone(events).take(MAX_ALONE);
        for changed in alone {
            if let Some(better) = self.score(&changed).filter(|other| *other > score) {
                return Some((changed, better));
            }
        }
        for changed in self.more(events) {
            if let Some(better) = self.score(&changed).filter(|other| *other > score) {
                return Some((changed, better));
            }
        }
        let together = variants.together(events).take(MAX_TOGETHER);
        for changed in together {
            if let Some(better) = self.score(&changed).filter(|other| *other > score) {
                return Some((changed, better));
            }
        }
        None
    }

    /// With texts that the patterns of the query match.
    fn patterns(&self, events: &[Event]) -> Vec<Vec<Event>> {
        let texts = pattern::texts(self.flow.text());
        let all = texts.iter().filter(|(field, _)| self.paths.contains(field));
        let own = pattern::repeated(self.flow.text());
        let read = self.paths.iter().flat_map(|path| own.iter().map(move |text| (path, text)));
        let all = all.map(|(field, text)| (field, text)).chain(read);
        let changed = all.filter_map(|(field, text)| {
            let set = events.iter().map(|event| with(event, field, Value::from(text.as_str())));
            set.collect::<Option<Vec<Event>>>()
        });
        changed.collect()
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
            let mut source = event.source.clone();
            fields::set(&mut source, path, texts.to_vec());
            found.extend(rebuilt(event, source).map(|event| vec![event]));
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

    fn score(&mut self, events: &[Event]) -> Option<Score> {
        self.left = self.left.checked_sub(events.len() + RUN)?;
        let variant = self.flow.variant(self.program, self.seed, events.to_vec())?;
        let (alerts, table) = self.flow.on(self.program, &variant)?.run(true, None).ok()?;
        let (passed, failed, apart) = self.progress(&table);
        Some((alerts > 0, passed, Reverse(failed), Reverse(apart)))
    }

    /// Through how many commands rows come, in how many conditions they fail at the
    /// next, and how far sides of comparisons are apart there.
    fn progress(&self, table: &Table) -> (usize, usize, u64) {
        let Some(pipeline) = self.program.pipeline() else { return (0, 0, 0) };
        let steps = pipeline.plan.all_steps();
        for (at, (placed, trace)) in steps.iter().zip(&table.trace).enumerate() {
            if trace.rows_out > 0 {
                continue;
            }
            let mut least = (usize::MAX, u64::MAX);
            for joined in Joined::of(placed.step) {
                for row in 0..trace.rows_in {
                    let truth = |test: usize| trace.truth(test, row);
                    let blamed = joined.shape.blame(&truth, Truth::True);
                    let apart = blamed.iter().map(|test| {
                        let sides = trace.tests.get(*test)?.sides.as_ref()?;
                        let (a, b) = (sides[0].first(row)?, sides[1].first(row)?);
                        distance(a.text(sides[0].ty).as_str(), b.text(sides[1].ty).as_str())
                    });
                    let apart = apart.map(|by| by.unwrap_or(1 << 40)).sum();
                    least = least.min((blamed.len(), apart));
                }
            }
            return (at, least.0, least.1);
        }
        (steps.len(), 0, 0)
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
    let mut source = event.source.clone();
    fields::set(&mut source, path, vec![value]);
    rebuilt(event, source)
}
