//! Documents that a pipeline lets through, worked out from its typed plan.
//!
//! Conditions give values to fields, bounds on counts give numbers of copies,
//! and aggregates of distinct values give fields that vary from copy to copy.
//! The pipeline itself is the judge of what comes out.

mod text;

use std::collections::{BTreeMap, BTreeSet};

use harness::compile::esql::Pipeline;
use harness::diagnostic::Diagnostic;
use harness::esql::alerts::{AlertOptions, alerts};
use harness::esql::expr::{Node, Register, Typed};
use harness::esql::memory::{Document, MemorySource};
use harness::esql::plan::{AggregateKind, StepKind};
use harness::esql::run::{RunOptions, run};
use harness::esql::search::{Search, SearchFunctions};
use harness::esql::types::Type;
use harness::query::esql::ast::CompareOp;
use serde_json::{Map, Value, json};

/// The moment of all runs: 2026-01-05, 10:00.
const NOW: i64 = 1_767_607_200_000;
/// The most copies of a document.
const MOST: usize = 300;
/// The most documents that are tried for one rule.
const EFFORT: usize = 3_000;

/// What is known of one field: the values that do, in order of preference.
type Wanted = BTreeMap<String, Vec<Value>>;

pub(crate) struct Solver<'a> {
    pipeline: &'a Pipeline,
    /// What each register is computed from.
    sources: BTreeMap<Register, Vec<Source<'a>>>,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Typed(&'a Typed),
    Register(Register),
}

/// Full-text functions find every document here.
struct Everything(usize);

impl SearchFunctions for Everything {
    fn matches(&self, _: &Search) -> Result<Vec<bool>, Diagnostic> {
        Ok(vec![true; self.0])
    }
}

impl<'a> Solver<'a> {
    pub(crate) fn new(pipeline: &'a Pipeline) -> Self {
        let mut sources: BTreeMap<Register, Vec<Source<'a>>> = BTreeMap::new();
        let mut note = |register: Register, from| sources.entry(register).or_default().push(from);
        for step in &pipeline.plan.steps {
            match &step.kind {
                StepKind::Eval(columns) => {
                    columns.iter().for_each(|(to, typed)| note(*to, Source::Typed(typed)));
                }
                StepKind::Stats(group) | StepKind::InlineStats(group) => {
                    for (to, typed) in group.before.iter().chain(&group.after) {
                        note(*to, Source::Typed(typed));
                    }
                    group.keys.iter().for_each(|(from, to, _)| note(*to, Source::Register(*from)));
                    for call in &group.aggregates {
                        call.args.iter().for_each(|arg| note(call.output, Source::Typed(arg)));
                        call.filter.iter().for_each(|arg| note(call.output, Source::Typed(arg)));
                    }
                }
                StepKind::Expand { from, to } => note(*to, Source::Register(*from)),
                _ => {}
            }
        }
        Self { pipeline, sources }
    }

    /// How many alerts documents raise.
    pub(crate) fn alerts(&self, documents: &[Value]) -> usize {
        let ids: Vec<String> = (0..documents.len()).map(|number| format!("{number}")).collect();
        let read = ids.iter().zip(documents).map(|(id, source)| Document {
            id,
            index: "logs-made-default",
            version: 1,
            source,
        });
        let source = MemorySource::read(&self.pipeline.fields, &read.collect::<Vec<_>>());
        let options = RunOptions { now: NOW, ..RunOptions::default() };
        let plan = &self.pipeline.plan;
        let Ok(table) = run(plan, &source, &Everything(documents.len()), &options) else {
            return 0;
        };
        let options = AlertOptions { max_signals: 100, suppression: None };
        alerts(plan, &table, &source, &source, &options).len()
    }

    /// The fields that an expression comes down to, the nearest first.
    fn fields(&self, typed: &Typed) -> Vec<String> {
        let mut pending = vec![Source::Typed(typed)];
        let (mut seen, mut fields) = (BTreeSet::new(), Vec::new());
        while let Some(next) = pending.pop() {
            let mut registers = Vec::new();
            match next {
                Source::Register(register) => registers.push(register),
                Source::Typed(typed) => typed.registers(&mut |register| registers.push(register)),
            }
            for register in registers.into_iter().filter(|register| seen.insert(*register)) {
                let known = self.pipeline.plan.fields.iter();
                match known.clone().find(|field| field.register == register) {
                    Some(field) => fields.push(field.name.to_string()),
                    None => pending.extend(self.sources.get(&register).into_iter().flatten()),
                }
            }
        }
        fields
    }

    /// Documents that raise an alert.
    pub(crate) fn firing(&self) -> Option<Vec<Value>> {
        let mut effort = 0;
        for pick in 0..3 {
            let mut wanted = Wanted::new();
            let mut bounds = BTreeSet::from([1_usize]);
            self.pipeline.plan.expressions(&mut |typed| Self::note_bounds(typed, &mut bounds));
            let steps = self.pipeline.plan.steps.iter().rev();
            for condition in steps.filter_map(|step| match &step.kind {
                StepKind::Filter(condition) => Some(condition),
                _ => None,
            }) {
                self.want(condition, true, pick, &mut wanted);
            }
            let mut roles = vec![wanted.clone()];
            roles.extend(self.roles().into_iter().map(|(condition, truth)| {
                let mut role = wanted.clone();
                self.want(condition, truth, pick, &mut role);
                role
            }));
            roles.dedup();
            let varying = self.varying();
            for copies in bounds {
                // A single copy does not vary.
                let sets = if copies == 1 { 1 } else { varying.len() };
                for vary in &varying[..sets] {
                    for roles in [&roles[..1], &roles[1..], &roles[..]] {
                        effort += copies * roles.len();
                        if effort > EFFORT * (pick + 1) / 3 {
                            break;
                        }
                        let each = roles.iter().map(|role| self.documents(role, copies, vary));
                        let documents: Vec<Value> = each.flatten().collect();
                        if self.alerts(&documents) > 0 {
                            return Some(documents);
                        }
                    }
                }
            }
        }
        None
    }

    /// Conditions that make a document count for some aggregate but not for others.
    fn roles(&self) -> Vec<(&'a Typed, bool)> {
        let steps = self.pipeline.plan.steps.iter();
        let groups = steps.filter_map(|step| match &step.kind {
            StepKind::Stats(group) | StepKind::InlineStats(group) => Some(group),
            _ => None,
        });
        let mut roles = Vec::new();
        for call in groups.flat_map(|group| &group.aggregates) {
            roles.extend(call.filter.iter().map(|condition| (condition, true)));
            for arg in &call.args {
                for case in self.cases(arg) {
                    roles.extend(case.first().map(|(condition, _)| (condition, true)));
                }
            }
        }
        roles
    }

    /// The branches of the `CASE` that an expression is, or that its column is.
    fn cases(&self, typed: &'a Typed) -> Vec<&'a [(Typed, Typed)]> {
        let own = |typed: &'a Typed| match &typed.node {
            Node::Case { branches, .. } => Some(branches.as_slice()),
            _ => None,
        };
        let Node::Column { register, .. } = &typed.node else {
            return own(typed).into_iter().collect();
        };
        let sources = self.sources.get(register).into_iter().flatten();
        let typed = sources.filter_map(|source| match source {
            Source::Typed(typed) => Some(*typed),
            Source::Register(_) => None,
        });
        typed.filter_map(own).collect()
    }

    /// Numbers of copies that bounds may ask for.
    fn note_bounds(typed: &Typed, bounds: &mut BTreeSet<usize>) {
        typed.each(&mut |part| {
            let Node::Compare { left, right, .. } = &part.node else { return };
            for side in [left, right] {
                let number = literal(side).and_then(|value| value.as_f64());
                let rounded = number.and_then(|number| format!("{number:.0}").parse().ok());
                if let Some(number @ 1..MOST) = rounded {
                    bounds.extend([number, number + 1]);
                }
            }
        });
    }

    /// Sets of fields that may have to differ between copies.
    fn varying(&self) -> Vec<BTreeSet<String>> {
        let (mut counted, mut keys) = (Vec::new(), BTreeSet::new());
        for step in &self.pipeline.plan.steps {
            let (StepKind::Stats(group) | StepKind::InlineStats(group)) = &step.kind else {
                continue;
            };
            for call in &group.aggregates {
                if matches!(call.kind, AggregateKind::CountDistinct | AggregateKind::Values) {
                    counted.extend(call.args.iter().flat_map(|arg| self.fields(arg)));
                }
            }
            for (register, ..) in &group.keys {
                let sources = self.pipeline.plan.fields.iter();
                let own = sources.filter(|field| field.register == *register);
                keys.extend(own.map(|field| field.name.to_string()));
            }
        }
        let all: BTreeSet<String> = counted.iter().cloned().collect();
        let read = self.pipeline.plan.fields.iter().map(|field| field.name.to_string());
        let free: BTreeSet<String> = read.filter(|field| !keys.contains(field)).collect();
        let mut sets = vec![free.clone(), BTreeSet::new(), all.clone(), &all - &keys];
        for field in &all {
            sets.push(BTreeSet::from([field.clone()]));
            sets.push(all.iter().filter(|other| *other != field).cloned().collect());
            sets.push(free.iter().filter(|other| *other != field).cloned().collect());
        }
        let mut seen = BTreeSet::new();
        sets.retain(|set| seen.insert(set.clone()));
        sets
    }

    fn documents(&self, wanted: &Wanted, copies: usize, vary: &BTreeSet<String>) -> Vec<Value> {
        let document = |number: usize| {
            let mut object = Map::new();
            for field in &self.pipeline.plan.fields {
                let name = field.name.to_string();
                let number = if vary.contains(&name) { number } else { 0 };
                let value = match wanted.get(&name).map(Vec::as_slice) {
                    Some([]) => continue,
                    Some(values) => values[number % values.len()].clone(),
                    None => default(field.ty, number),
                };
                object.insert(name, value);
            }
            let moved = wanted.get("@timestamp").is_none();
            if moved && object.contains_key("@timestamp") {
                let step = i64::try_from(number).unwrap_or(0) * 1_000;
                object.insert("@timestamp".to_owned(), json!(NOW - 300_000 + step));
            }
            Value::Object(object)
        };
        (0..copies).map(document).collect()
    }

    /// The smallest part of the documents that still fires, less one document,
    /// or with one value less.
    pub(crate) fn just_not(&self, documents: &[Value]) -> Option<Vec<Value>> {
        let mut least = documents.to_vec();
        let mut step = least.len() / 2;
        while step > 0 {
            let shorter = least[..least.len() - step].to_vec();
            if self.alerts(&shorter) > 0 {
                least = shorter;
                step = step.min(least.len() / 2);
            } else {
                step /= 2;
            }
        }
        if let [document] = least.as_slice() {
            let fields = document.as_object()?.keys().cloned();
            let without = fields.map(|field| {
                let mut less = document.clone();
                less[field.as_str()] = Value::Null;
                vec![less]
            });
            return without.into_iter().find(|less| self.alerts(less) == 0);
        }
        least.pop();
        (self.alerts(&least) == 0).then_some(least)
    }

    /// Gives fields the values that make a condition come out as wanted.
    fn want(&self, typed: &'a Typed, truth: bool, pick: usize, wanted: &mut Wanted) {
        let text = typed.span.of(&self.pipeline.plan.text);
        let set = |on: &Typed, values: Vec<Value>, wanted: &mut Wanted| {
            if let Some(field) = self.fields(on).into_iter().next() {
                wanted.insert(field, values);
            }
        };
        match &typed.node {
            Node::And(parts) if truth => {
                parts.iter().for_each(|part| self.want(part, true, pick, wanted));
            }
            Node::Or(parts) if !truth => {
                parts.iter().for_each(|part| self.want(part, false, pick, wanted));
            }
            Node::And(parts) | Node::Or(parts) => {
                self.want(&parts[pick % parts.len()], truth, pick, wanted);
            }
            Node::Not(inner) => self.want(inner, !truth, pick, wanted),
            Node::Compare { op, left, right } => {
                let (on, other, op) = match literal(right) {
                    Some(value) => (left, value, *op),
                    None => match literal(left) {
                        Some(value) => (right, value, mirrored(*op)),
                        None => return,
                    },
                };
                // Counts are met by copies.
                if let Node::Column { register, .. } = &on.node
                    && self.counts(*register)
                {
                    return;
                }
                let cases = self.cases(on);
                if !cases.is_empty() && op == CompareOp::Eq && truth {
                    let branches = cases.into_iter().flatten();
                    let mut fit =
                        branches.filter(|(_, value)| literal(value).as_ref() == Some(&other));
                    if let Some((condition, _)) = fit.next() {
                        self.want(condition, true, pick, wanted);
                    }
                    return;
                }
                if let Some(value) = near(&other, op, truth) {
                    set(on, vec![value], wanted);
                }
            }
            Node::In { value, choices } if truth => {
                let mut values: Vec<Value> = choices.iter().filter_map(literal).collect();
                if !values.is_empty() {
                    let first = pick % values.len();
                    values.rotate_left(first);
                    set(value, values, wanted);
                }
            }
            Node::Like { value, .. } if truth => {
                let samples: Vec<Value> =
                    text::samples(text).into_iter().map(Value::String).collect();
                if !samples.is_empty() {
                    set(value, samples, wanted);
                }
            }
            Node::IsNull { value, negated } if *negated != truth => {
                set(value, Vec::new(), wanted);
            }
            Node::Call { args, .. } if truth => {
                if let Some((on, value)) =
                    text::argument(text).zip(args.first()).map(|(v, on)| (on, v))
                {
                    set(on, vec![Value::String(value)], wanted);
                }
            }
            _ => {}
        }
    }

    fn counts(&self, register: Register) -> bool {
        let steps = self.pipeline.plan.steps.iter();
        steps
            .filter_map(|step| match &step.kind {
                StepKind::Stats(group) | StepKind::InlineStats(group) => Some(group),
                _ => None,
            })
            .flat_map(|group| &group.aggregates)
            .filter(|call| call.output == register)
            .any(|call| {
                use AggregateKind as A;
                matches!(call.kind, A::Count | A::CountDistinct | A::Sum)
            })
    }
}

fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}

/// A value that compares with another as wanted; none where any will do.
fn near(other: &Value, op: CompareOp, truth: bool) -> Option<Value> {
    let moved = |by: f64| other.as_f64().map(|number| json!(number + by));
    match (op, truth) {
        (CompareOp::Eq | CompareOp::Ge | CompareOp::Le, true)
        | (CompareOp::Ne | CompareOp::Gt | CompareOp::Lt, false) => Some(other.clone()),
        (CompareOp::Eq, false) | (CompareOp::Ne, true) => match other {
            Value::Bool(value) => Some(json!(!value)),
            Value::Number(_) => moved(1.0),
            _ => None,
        },
        (CompareOp::Gt, true) | (CompareOp::Le, false) => moved(1.0),
        (CompareOp::Lt, true) | (CompareOp::Ge, false) => moved(-1.0),
    }
}

fn literal(typed: &Typed) -> Option<Value> {
    let Node::Literal(column) = &typed.node else { return None };
    let value = column.values(0).next()?;
    Some(match typed.ty {
        Type::Boolean => json!(value.is_true()),
        Type::Integer | Type::Long | Type::Double => json!(value.double()),
        ty => json!(value.text(ty)),
    })
}

/// A value of a type; different numbers give different values.
fn default(ty: Type, number: usize) -> Value {
    match ty {
        Type::Boolean => json!(number.is_multiple_of(2)),
        Type::Integer | Type::Long | Type::UnsignedLong => json!(2_000 + number),
        Type::Double => json!(number),
        Type::Ip => json!(format!("203.{}.{}.9", number / 256 % 256, number % 256)),
        Type::Date => json!(NOW - 300_000),
        Type::GeoPoint => json!({"lat": 10 + number % 50, "lon": 20}),
        _ => json!(format!("value{number}")),
    }
}
