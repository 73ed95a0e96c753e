//! An event of which a pipeline makes a row that fulfils conditions: from one that does
//! not, by changes that leave fewer conditions open; and back where that leads nowhere.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value as Json;

use super::bench::{Bench, Rows};
use super::pattern;
use crate::synthesis::events::{near, with};
use crate::synthesis::origins::Origins;
use crate::synthesize::seed::MOMENT;
use crate::synthesize::suggest::Context;
use harness_esql::expr::{Node, Typed};
use harness_esql::memory::MemoryField;
use harness_esql::plan::Plan;
use harness_esql::run::{Shape, Truth};
use harness_esql::types::Type;
use harness_esql::value::Ref;
use harness_model::event::Event;
use harness_model::value::format_date;
use harness_predicate::{Column, Kind, Leaf, Test};
use harness_runner::run::{Flow, Program};
use harness_source::limits;
use harness_source::span::Span;

/// The most changes that are made one after the other.
const MAX_STEPS: usize = 20;
/// The most events that are tried for one change.
const MAX_TRIED: usize = limits::NEW_SINGLE.most;
/// The most values of one field that are tried for one condition.
const MAX_VALUES: usize = 40;
/// The most conditions that are looked at for one change.
const MAX_LEAVES: usize = 24;
/// The most texts that one pattern gives.
const MAX_TEXTS: usize = 12;
/// Lengths of texts that a query may ask for.
const LENGTHS: [usize; 3] = [120, 1_100, 4_200];

/// What a row has to be.
#[derive(Clone)]
pub(super) enum Goal {
    /// It fulfils a condition.
    Holds(Typed),
    /// One leaf of a condition, by number, holds or fails, and alone decides.
    Decides(Typed, usize, bool),
    /// An expression has the value that it has in another event.
    Same(Typed, Vec<String>),
}

impl Goal {
    fn leaves(&self) -> Vec<Typed> {
        match self {
            Self::Holds(typed) | Self::Decides(typed, ..) => {
                typed.leaves().into_iter().cloned().collect()
            }
            Self::Same(typed, _) => vec![typed.clone()],
        }
    }
}

/// Looks for events of one pipeline.
pub(super) struct Single<'a> {
    pub(super) flow: &'a Flow<'a>,
    pub(super) program: &'a Program,
    pub(super) case: usize,
    pub(super) origins: &'a Origins<'a>,
    pub(super) context: &'a Context,
    /// What is known of leaves, by their place and form.
    pub(super) known: RefCell<BTreeMap<(Span, String), Rc<LeafInfo>>>,
}

/// A goal, and which of the leaves of all goals are its own.
struct Placed<'g> {
    goal: &'g Goal,
    shape: Option<Shape>,
    start: usize,
}

/// A leaf of a goal.
pub(super) struct LeafInfo {
    fields: Vec<String>,
    /// By field: values that may make it hold or fail, the likeliest first.
    values: Vec<Vec<Json>>,
    /// Whether it asks whether there is a value.
    is_presence: bool,
}

struct Task<'s, 'a> {
    single: &'s Single<'a>,
    bench: Bench<'a>,
    goals: Vec<Placed<'s>>,
    leaves: Vec<Rc<LeafInfo>>,
}

impl<'a> Single<'a> {
    pub(super) fn new(
        flow: &'a Flow<'a>,
        program: &'a Program,
        case: usize,
        origins: &'a Origins<'a>,
        context: &'a Context,
    ) -> Self {
        Self { flow, program, case, origins, context, known: RefCell::default() }
    }

    /// Values that a field of its type often has.
    pub(super) fn usual(&self, field: &str) -> Vec<Json> {
        let kind = match self.field(field).map_or(Type::Keyword, |own| own.mapped.ty()) {
            Type::GeoPoint => return vec![Json::from("59.91,10.75"), Json::from("40.71,-74.01")],
            Type::Ip => Kind::Ip,
            Type::Double => Kind::Double,
            Type::Integer
            | Type::Long
            | Type::UnsignedLong
            | Type::Boolean
            | Type::Date
            | Type::DateNanos => Kind::Long,
            Type::Null
            | Type::Keyword
            | Type::Text
            | Type::Version
            | Type::Period
            | Type::Duration
            | Type::Source
            | Type::Unsupported => Kind::Keyword,
        };
        self.readable(field, self.context.usual(field, kind))
    }

    /// An event whose row before the n-th step fulfils goals; `left` is how many events
    /// may still be tried.
    pub(super) fn find(
        &self,
        start: &Event,
        until: usize,
        goals: &[Goal],
        left: &mut usize,
    ) -> Option<Event> {
        let task = self.task(until, goals)?;
        task.find(start, left)
    }

    /// Which of some events fulfil goals, with the values of another expression.
    pub(super) fn fitting(
        &self,
        events: &[Event],
        until: usize,
        goals: &[Goal],
        left: &mut usize,
    ) -> Vec<bool> {
        *left = left.saturating_sub(events.len());
        let open = self.task(until, goals).and_then(|task| task.open(events));
        let open = open.unwrap_or_else(|| vec![vec![0]; events.len()]);
        open.iter().map(Vec::is_empty).collect()
    }

    /// The values of expressions in the first row of each event.
    pub(super) fn values(
        &self,
        events: &[Event],
        until: usize,
        expressions: &[Typed],
    ) -> Option<Vec<Vec<Vec<String>>>> {
        let bench = Bench::new(self.flow, self.program, self.case, until, expressions)?;
        let rows = bench.rows(events)?;
        let of = |own: &Vec<usize>| {
            let row = own.first().copied();
            let each = (0..expressions.len())
                .map(|at| row.map_or_else(Vec::new, |row| rendered(&rows, at, row)));
            each.collect()
        };
        Some(rows.of.iter().map(of).collect())
    }

    fn task<'s>(&'s self, until: usize, goals: &'s [Goal]) -> Option<Task<'s, 'a>> {
        let mut expressions: Vec<Typed> = Vec::new();
        let mut placed = Vec::new();
        for goal in goals {
            let start = expressions.len();
            expressions.extend(goal.leaves());
            let shape = match goal {
                Goal::Holds(typed) | Goal::Decides(typed, ..) => Some(Shape::of(typed)),
                Goal::Same(..) => None,
            };
            placed.push(Placed { goal, shape, start });
        }
        let bench = Bench::new(self.flow, self.program, self.case, until, &expressions)?;
        let plan = &self.program.pipeline()?.plan;
        let wanted = self.filled(goals);
        let leaves = expressions.iter().map(|leaf| self.leaf(leaf, plan, &wanted)).collect();
        Some(Task { single: self, bench, goals: placed, leaves })
    }

    /// What the names of patterns are compared with: values to be put there.
    fn filled(&self, goals: &[Goal]) -> Vec<(usize, Vec<String>)> {
        let mut found: Vec<(usize, Vec<String>)> = Vec::new();
        for leaf in goals.iter().flat_map(Goal::leaves) {
            let registers = self.origins.registers(&leaf);
            let texts = self.origins.constants(&leaf).into_iter().filter_map(|value| match value {
                Json::String(text) if !text.is_empty() => Some(text),
                Json::Number(number) => Some(number.to_string()),
                _ => None,
            });
            let texts: Vec<String> = texts.take(MAX_TEXTS).collect();
            found.extend(registers.into_iter().map(|register| (register, texts.clone())));
        }
        found
    }

    /// What is known of a leaf; without patterns behind it that is the same for all goals.
    fn leaf(&self, leaf: &Typed, plan: &Plan, wanted: &[(usize, Vec<String>)]) -> Rc<LeafInfo> {
        if !self.origins.patterns(leaf).is_empty() {
            return Rc::new(self.info(leaf, plan, wanted));
        }
        let key = (leaf.span, form(leaf));
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let info = Rc::new(self.info(leaf, plan, wanted));
        self.known.borrow_mut().insert(key, info.clone());
        info
    }

    fn info(&self, leaf: &Typed, plan: &Plan, wanted: &[(usize, Vec<String>)]) -> LeafInfo {
        let fields: Vec<String> = self.origins.fields(leaf).into_iter().collect();
        let constants = self.origins.constants(leaf);
        let encoded = encoded(self.flow.text(), &constants);
        let values = fields.iter().map(|field| {
            let mut values: Vec<Json> = Vec::new();
            leaf.each(&mut |part| {
                if let Node::Like { matcher, .. } = &part.node {
                    for pattern in matcher.patterns() {
                        values.extend(self.plausible(field, Test::Term(pattern)));
                    }
                }
            });
            values.extend(encoded.iter().cloned());
            // Of a number that a query makes of a text.
            if matches!(&leaf.node, Node::Compare { left, .. } if !left.ty.is_string()) {
                values.extend(pattern::repeated(self.flow.text()).into_iter().map(Json::from));
            }
            let moment = Json::from(format_date(MOMENT));
            if !self.is_text(field) {
                values.push(moment.clone());
            }
            values.extend(self.of_patterns(leaf, field, plan, wanted));
            values.extend(constants.iter().cloned());
            values.extend(self.usual(field));
            // A text may be read as a date.
            values.push(moment);
            self.readable(field, values)
        });
        let values = values.collect();
        let is_presence = matches!(leaf.node, Node::IsNull { .. });
        LeafInfo { fields, values, is_presence }
    }

    /// A text that a reader finds plausible.
    fn plausible(&self, field: &str, test: Test) -> Vec<Json> {
        let column = Column { name: field.into(), kind: Kind::Keyword };
        let leaf = Leaf { column, test, origin: harness_predicate::Origin::default() };
        self.context.values(field, &[(leaf, true)])
    }

    /// Texts that the patterns behind a leaf take apart.
    fn of_patterns(
        &self,
        leaf: &Typed,
        field: &str,
        plan: &Plan,
        wanted: &[(usize, Vec<String>)],
    ) -> Vec<Json> {
        let mut found = Vec::new();
        for at in self.origins.patterns(leaf) {
            let Some(step) = plan.steps.get(at) else { continue };
            let mut input = BTreeSet::new();
            step.expressions(&mut |typed| input.extend(self.origins.fields(typed)));
            if !input.contains(field) {
                continue;
            }
            let command = step.span.of(self.flow.text());
            let names = pattern::names(step);
            let texts = |name: &str| {
                let register = names.iter().find(|(own, _)| own == name).map(|(_, at)| *at);
                let all = wanted.iter().filter(move |(own, _)| Some(*own) == register);
                all.flat_map(|(_, texts)| texts.iter().cloned()).collect::<Vec<String>>()
            };
            found.extend(pattern::texts(command, &|name| texts(name).into_iter().next()));
            found.extend(pattern::texts(command, &|_| None));
            for (name, _) in &names {
                for text in texts(name).into_iter().skip(1).take(MAX_TEXTS) {
                    let fill = |own: &str| {
                        if own == name { Some(text.clone()) } else { texts(own).into_iter().next() }
                    };
                    found.extend(pattern::texts(command, &fill));
                }
            }
            // Of two patterns alike, one has another text.
            let other = found.first().map(|text| shifted(text));
            found.extend(other);
        }
        found.into_iter().map(Json::from).collect()
    }

    /// A field that the pipeline reads.
    fn field(&self, path: &str) -> Option<&MemoryField> {
        let pipeline = self.program.pipeline();
        pipeline.and_then(|own| own.fields.iter().find(|own| &*own.path == path))
    }

    fn is_text(&self, field: &str) -> bool {
        self.field(field).is_none_or(|own| own.mapped.ty().is_string())
    }

    /// Those that the field can have, each once.
    pub(super) fn readable(&self, field: &str, values: Vec<Json>) -> Vec<Json> {
        let own = self.field(field);
        let mut kept: Vec<Json> = Vec::new();
        for value in values {
            let fits = own.is_none_or(|own| {
                (!own.mapped.ty().is_string() || value.is_string())
                    && own.mapped.read(&value).is_some()
            });
            if fits && kept.len() < MAX_VALUES && !kept.contains(&value) {
                kept.push(value);
            }
        }
        kept
    }
}

impl Task<'_, '_> {
    fn find(&self, start: &Event, left: &mut usize) -> Option<Event> {
        let mut event = start.clone();
        let mut open = self.open(std::slice::from_ref(start))?.pop()?;
        let mut seen = BTreeSet::new();
        let mut is_stuck = false;
        for _ in 0..MAX_STEPS {
            if open.is_empty() {
                return Some(event);
            }
            let told = |event: &Event| format!("{:?} {}", event.index, event.source);
            seen.insert(told(&event));
            let mut tried = Vec::new();
            let mut known = BTreeSet::new();
            for changed in self.changes(&event, &open, is_stuck) {
                let text = told(&changed);
                if !seen.contains(&text) && known.insert(text) {
                    tried.push(changed);
                }
                if tried.len() >= MAX_TRIED {
                    break;
                }
            }
            *left = left.checked_sub(tried.len())?;
            let judged = self.open(&tried)?;
            let best = judged.into_iter().zip(tried).min_by_key(|(open, _)| open.len())?;
            // Where nothing is better, another way is tried.
            is_stuck = best.0.len() >= open.len();
            (open, event) = best;
        }
        open.is_empty().then_some(event)
    }

    /// By event: the leaves that keep the goals from being met, in the row where they
    /// are fewest.
    fn open(&self, events: &[Event]) -> Option<Vec<Vec<usize>>> {
        let rows = self.bench.rows(events)?;
        let of = |own: &Vec<usize>| {
            let blamed = own.iter().map(|row| self.blamed(&rows, *row));
            // An event without a row meets nothing.
            blamed.min_by_key(Vec::len).unwrap_or_else(|| (0..self.leaves.len()).collect())
        };
        Some(rows.of.iter().map(of).collect())
    }

    fn blamed(&self, rows: &Rows, row: usize) -> Vec<usize> {
        let mut all = Vec::new();
        for Placed { goal, shape, start } in &self.goals {
            let truth = |leaf: usize| truth(rows, start + leaf, row);
            match (goal, shape) {
                (Goal::Holds(_), Some(shape)) => {
                    all.extend(shape.blame(&truth, Truth::True).into_iter().map(|at| start + at));
                }
                (Goal::Decides(_, leaf, holds), Some(shape)) => {
                    if (truth(*leaf) == Truth::True) != *holds {
                        all.push(start + leaf);
                    }
                    all.extend(deciding(shape, *leaf, &truth).into_iter().map(|at| start + at));
                }
                (Goal::Same(_, values), _) => {
                    if rendered(rows, *start, row) != *values {
                        all.push(*start);
                    }
                }
                (Goal::Holds(_) | Goal::Decides(..), None) => {}
            }
        }
        all
    }

    /// The event with a field changed for one of some leaves.
    fn changes<'t>(
        &'t self,
        event: &'t Event,
        open: &[usize],
        is_stuck: bool,
    ) -> impl Iterator<Item = Event> + 't {
        let mut leaves: Vec<usize> = open.to_vec();
        if is_stuck {
            // Any other way to meet the goals that are open.
            let goals = self
                .goals
                .iter()
                .zip(self.goals.iter().skip(1).map(|next| next.start).chain([self.leaves.len()]));
            for (goal, end) in goals {
                if open.iter().any(|leaf| (goal.start..end).contains(leaf)) {
                    leaves.extend((goal.start..end).filter(|leaf| !open.contains(leaf)));
                }
            }
        }
        leaves.truncate(MAX_LEAVES);
        // The likeliest of each leaf come before the others of any.
        let each = leaves.into_iter().filter_map(|leaf| self.leaves.get(leaf)).flat_map(|leaf| {
            leaf.fields.iter().zip(&leaf.values).map(move |(field, values)| (leaf, field, values))
        });
        let mut all: Vec<(usize, &str, Vec<Json>)> = Vec::new();
        for (leaf, field, values) in each {
            let choices = self.choices(event, leaf, field, values);
            all.extend(choices.into_iter().enumerate().map(|(at, own)| (at, field.as_str(), own)));
        }
        all.sort_by_key(|(at, ..)| *at);
        all.into_iter().filter_map(|(_, field, values)| {
            if field == "_index" {
                let index = values.first()?.as_str()?.to_owned();
                return Some(Event { index: Some(index), index_stated: true, ..event.clone() });
            }
            with(event, field, values).filter(|made| made.index == event.index)
        })
    }

    /// What a field may have for a leaf.
    fn choices(
        &self,
        event: &Event,
        leaf: &LeafInfo,
        field: &str,
        values: &[Json],
    ) -> Vec<Vec<Json>> {
        let own: Vec<Json> = event.values(field).into_iter().cloned().collect();
        let mut found: Vec<Vec<Json>> = Vec::new();
        if leaf.is_presence && !own.is_empty() {
            found.push(Vec::new());
        }
        // What another field of the leaf has.
        let beside = leaf.fields.iter().filter(|other| *other != field);
        let beside = beside.flat_map(|other| event.values(other)).cloned();
        let mut singles: Vec<Json> = values.to_vec();
        singles.extend(self.single.readable(field, beside.collect()));
        if let [Json::String(text)] = own.as_slice() {
            // Several things may be asked of one text.
            let parts = values.iter().filter_map(Json::as_str).filter(|part| !part.is_empty());
            for part in parts.take(MAX_TEXTS) {
                for joined in [
                    format!("{text} {part}"),
                    format!("{part} {text}"),
                    format!("{text}{part}"),
                    format!("{part}{text}"),
                ] {
                    singles.push(Json::from(joined));
                }
            }
            for length in LENGTHS.into_iter().filter(|length| text.len() < *length) {
                let more = (length - text.len()) / 8 + 1;
                singles.push(Json::from(format!("{text}{}", " example".repeat(more))));
                singles.push(Json::from(format!("{text}{}", " ".repeat(length))));
            }
            singles.push(Json::from(shifted(text)));
        }
        singles.extend(own.iter().flat_map(near));
        found.extend(singles.into_iter().map(|value| vec![value]).filter(|one| *one != own));
        if !leaf.is_presence && !own.is_empty() {
            found.push(Vec::new());
        }
        found.extend(values.iter().take(4).filter(|_| !own.is_empty()).map(|value| {
            let mut list = own.clone();
            list.push(value.clone());
            list
        }));
        found.extend(own.iter().filter(|_| own.len() > 1).map(|one| vec![one.clone()]));
        found
    }
}

/// The leaves that keep one from deciding alone: with it the condition holds, without it
/// does not, or the other way round.
fn deciding(shape: &Shape, leaf: usize, truth: &dyn Fn(usize) -> Truth) -> Vec<usize> {
    let with = |own: Truth| move |at: usize| if at == leaf { own } else { truth(at) };
    let ways = [(Truth::True, Truth::False), (Truth::False, Truth::True)].map(|(yes, no)| {
        let mut open = shape.blame(&with(yes), Truth::True);
        let against = with(no);
        if shape.truth(&against) == Truth::True {
            open.extend(shape.blame(&against, Truth::False));
        }
        open.retain(|at| *at != leaf);
        (shape.truth(&with(yes)) == shape.truth(&against) && open.is_empty(), open)
    });
    let possible = ways.into_iter().filter(|(is_dead, _)| !is_dead).map(|(_, open)| open);
    possible.min_by_key(Vec::len).unwrap_or_else(|| vec![leaf])
}

fn truth(rows: &Rows, at: usize, row: usize) -> Truth {
    let column = rows.columns.get(at);
    match column.and_then(|column| column.first(row)) {
        Some(Ref::Bool(value)) => Truth::from(value),
        Some(_) | None => Truth::Null,
    }
}

fn rendered(rows: &Rows, at: usize, row: usize) -> Vec<String> {
    let Some(column) = rows.columns.get(at) else { return Vec::new() };
    column.values(row).map(|value| value.text(column.ty)).collect()
}

/// The text with other letters and digits.
fn shifted(text: &str) -> String {
    let shift = |c: char| match c {
        'a'..='y' | 'A'..='Y' | '0'..='8' => char::from_u32(u32::from(c) + 1).unwrap_or(c),
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        c => c,
    };
    // What comes last is least likely to be asked for.
    let start = text.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    text[..start].chars().chain(text[start..].chars().map(shift)).collect()
}

/// What an expression is, in a word.
fn form(typed: &Typed) -> String {
    let text = format!("{:?}", typed.node);
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// Values in the form that the query decodes.
fn encoded(query: &str, constants: &[Json]) -> Vec<Json> {
    use base64::Engine as _;
    if !query.to_ascii_uppercase().contains("FROM_BASE64") {
        return Vec::new();
    }
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    constants
        .iter()
        .filter_map(Json::as_str)
        .take(MAX_VALUES / 2)
        .map(|text| Json::from(encode(text)))
        .collect()
}

/// How many events may be tried for one rule, over all searches.
pub(super) fn max_read() -> usize {
    limits::NEW_READS.now()
}
