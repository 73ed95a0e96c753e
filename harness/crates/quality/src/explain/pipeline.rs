//! A pipeline, command by command: what its clauses are on the rows that a case
//! became, the groups that it counts, and what turns an event at its first `WHERE`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::turn::fields;
use super::{
    Apart, Clause, EventView, Explained, LeftOut, MAX_EVENTS, MAX_TURNS, Mark, Outcome, Part,
    RowGroup, RowMark, Seen, StepView, Tested, Truth, Turn, nearest,
};
use crate::clause::ClauseKind;
use crate::clause::esql_tests::{Test, tests};
use crate::clause::esql_text::{Key, Numbered, keys};
use crate::synthesis::counterfactual::Counterfactual;
use crate::synthesis::events::fixture;
use crate::synthesis::pipeline_variants::PipelineVariants;
use harness_esql::column::Column;
use harness_esql::expr::{Node, Typed};
use harness_esql::plan::{Placed, Plan, StepKind};
use harness_esql::run::{StepTrace, Table, TestTrace, Truth as Value};
use harness_esql::types::Type;
use harness_model::event::Event;
use harness_predicate::plan::Reach;
use harness_predicate::{Origin, Predicate};
use harness_query::esql::ast::CompareOp;
use harness_query::esql::{self, without_comments};
use harness_runner::run::{Flow, Program};
use harness_source::limits;
use harness_source::span::{Span, flat};

/// The most rows and groups that are told of one command.
const MAX_ROWS: usize = 20;
/// The most changes of one field that are tried on an event, and on all events.
const MAX_TRIES: usize = 600;
const MAX_ALL_TRIES: usize = limits::EXPLAINED_TRIES.most;

/// Explains a pipeline; `asked` is the position of the case.
pub(super) fn explain(explained: &mut Explained, flow: &Flow<'_>, asked: Option<usize>) {
    let Ok(program) = flow.program(flow.text()) else { return };
    let Some(view) = View::new(flow, &program) else { return };
    let steps = view.plan.all_steps().into_iter().map(|placed| placed.step).enumerate();
    for (at, step) in steps.filter(|(_, step)| !tests(step).is_empty()) {
        // What stands before all other commands is asked of the events themselves.
        let label = if at <= view.leading() { "an event".to_owned() } else { view.name(step.span) };
        if explained.filters.last() != Some(&label) {
            explained.filters.push(label);
        }
        let filter = explained.filters.len() - 1;
        explained.clauses.extend(tests(step).iter().map(|test| view.clause(filter, test)));
    }
    let keys = keys(flow.text());
    explained.parts = keys.iter().map(|key| view.part(key)).collect();
    let Some(case) = asked else { return };
    let Some(Ok((_, table))) = flow.prepare(&program, case).map(|own| own.run(true, None)) else {
        return;
    };
    explained.steps = view.steps(&table, &keys, case);
    (explained.events, explained.left_out) = view.events(&table, case, explained);
}

/// A pipeline that is looked at.
pub(super) struct View<'a> {
    pub(super) flow: &'a Flow<'a>,
    program: &'a Program,
    pub(super) plan: &'a Plan,
    vary: PipelineVariants<'a>,
    /// How many changes may still be tried.
    tries: Cell<usize>,
    /// What its commands are called by their numbers.
    names: BTreeMap<Span, String>,
}

impl<'a> View<'a> {
    pub(super) fn new(flow: &'a Flow<'a>, program: &'a Program) -> Option<Self> {
        let pipeline = program.pipeline()?;
        let leading = pipeline.plan.leading_filters().len();
        let vary = PipelineVariants::new(flow, pipeline, pipeline.plan.steps.get(..=leading)?);
        let tries = Cell::new(MAX_ALL_TRIES);
        let query = esql::parse(flow.text()).ok()?;
        let numbered = Numbered::all(&query).into_iter().rev();
        let names = numbered.map(|command| (command.span, command.name)).collect();
        Some(Self { flow, program, plan: &pipeline.plan, vary, tries, names })
    }

    /// The number of the last step that only chooses among events.
    pub(super) fn leading(&self) -> usize {
        self.plan.leading_filters().len()
    }

    /// What a command is called by its number.
    fn name(&self, span: Span) -> String {
        self.names.get(&span).cloned().unwrap_or_default()
    }

    /// What the query has at a place, in one line and without comments.
    pub(super) fn text(&self, span: Span) -> String {
        flat(&without_comments(span.of(&self.plan.text)))
    }

    pub(super) fn origin(span: Span) -> Origin {
        Origin { part: harness_predicate::Part::Query, span }
    }

    fn part(&self, key: &Key) -> Part {
        let text = format!("for each {}", self.text(key.span));
        Part { kind: ClauseKind::Group, origin: Self::origin(key.span), text }
    }

    fn clause(&self, filter: usize, test: &Test<'_>) -> Clause {
        let tested = test.leaf.map_or_else(
            || Tested { fields: Vec::new(), kind: "script", needs: self.text(test.span) },
            |(leaf, _)| self.tested(leaf),
        );
        Clause {
            filter,
            origin: Self::origin(test.span),
            text: self.text(test.span),
            negated: test.leaf.is_some_and(|(_, negated)| negated),
            tests: vec![tested],
            unknown: None,
        }
    }

    fn tested(&self, leaf: &Typed) -> Tested {
        let mut columns: Vec<&Typed> = Vec::new();
        leaf.each(&mut |part| {
            if let Node::Column { constant: None, .. } = part.node {
                columns.push(part);
            }
        });
        let mut fields: Vec<String> = columns.iter().map(|it| self.text(it.span)).collect();
        fields.dedup();
        // Of a column on the left, what stands after it is what it needs.
        let plain = match columns.as_slice() {
            [column] if column.span.start == leaf.span.start && column.span != leaf.span => {
                kind(column.ty).map(|kind| (kind, Span::new(column.span.end, leaf.span.end)))
            }
            _ => None,
        };
        let (kind, needs) = plain.unwrap_or(("script", leaf.span));
        Tested { fields, kind, needs: self.text(needs).trim().to_owned() }
    }

    fn steps(&self, table: &Table, keys: &[Key], case: usize) -> Vec<StepView> {
        let mut next = 0;
        let mut views = Vec::new();
        let steps = self.plan.all_steps().into_iter().zip(&table.trace).enumerate();
        for (at, (Placed { step, inside }, trace)) in steps {
            let leaves = tests(step);
            let clauses = next..;
            next += leaves.len();
            let groups = trace.groups.is_some();
            let own = |key: &&Key| {
                groups && step.span.start <= key.span.start && key.span.end <= step.span.end
            };
            let keys: Vec<&Key> = keys.iter().filter(own).collect();
            let changes = trace.rows_in != trace.rows_out;
            let forks = matches!(step.kind, StepKind::Union { .. });
            if at > 0 && !changes && leaves.is_empty() && !groups && !forks {
                continue;
            }
            let lineage = table.given(at);
            let marked = clauses.zip(leaves.iter().zip(&trace.tests));
            views.push(StepView {
                origin: Self::origin(step.span),
                text: self.text(step.span),
                inside: inside.map(|_| self.name(step.span)),
                rows_in: trace.rows_in,
                rows_out: trace.rows_out,
                clauses: marked
                    .map(|(clause, (leaf, test))| {
                        let bounded = self.is_bounded(leaf);
                        self.seen((clause, test, bounded), trace.rows_in, lineage, case)
                    })
                    .collect(),
                keys: keys.iter().map(|key| key.name.clone()).collect(),
                count: trace.groups.as_ref().map_or(0, |groups| groups.sizes.len()),
                groups: self.groups(trace, case),
            });
        }
        views
    }

    /// Whether a comparison says how much there has to be of something: of codes
    /// that events have, equality does not.
    fn is_bounded(&self, test: &Test<'_>) -> bool {
        let Some((Typed { node: Node::Compare { op, left, right }, .. }, _)) = test.leaf else {
            return false;
        };
        let mut of_events = false;
        for side in [left, right] {
            side.registers(&mut |register| {
                let mut fields = self.plan.fields.iter();
                of_events |= fields.any(|field| field.register == register);
            });
        }
        !(of_events && matches!(op, CompareOp::Eq | CompareOp::Ne))
    }

    /// The ids of the events behind a row.
    pub(super) fn ids(&self, row: Option<&Vec<u32>>, case: usize) -> Vec<String> {
        let events = &self.flow.cases()[case].events;
        let found = row.into_iter().flatten().filter_map(|event| events.get(*event as usize));
        found.map(|event| event.id.clone()).collect()
    }

    fn seen(
        &self,
        (clause, test, bounded): (usize, &TestTrace, bool),
        rows: usize,
        lineage: &[Vec<u32>],
        case: usize,
    ) -> Seen {
        let truth = |row: &usize| truth(test.truths.get(*row).copied());
        let count = |wanted| (0..rows).filter(|row| truth(row) == wanted).count();
        let mut order: Vec<usize> = (0..rows).collect();
        order.sort_by_key(|row| truth(row) == Truth::True);
        let told = order.into_iter().take(MAX_ROWS).map(|row| {
            let found = test.inputs.iter().map(|(span, column)| {
                let values = column.values(row).map(|value| json(value.text(column.ty), column));
                (self.text(*span), values.collect())
            });
            RowMark {
                events: self.ids(lineage.get(row), case),
                mark: Mark { truth: truth(&row), found: found.collect(), decides: false },
                apart: test.sides.as_ref().filter(|_| bounded).and_then(|sides| apart(sides, row)),
            }
        });
        Seen {
            clause,
            holds: count(Truth::True),
            fails: count(Truth::False),
            unknown: count(Truth::Unknown),
            rows: told.collect(),
        }
    }

    /// The groups of an aggregation, the largest first.
    fn groups(&self, trace: &StepTrace, case: usize) -> Vec<RowGroup> {
        let Some(groups) = &trace.groups else { return Vec::new() };
        // Rows that stay rows do not tell which events are in a group.
        let whole = trace.rows_out == groups.sizes.len();
        let mut order: Vec<usize> = (0..groups.sizes.len()).collect();
        order.sort_by_key(|group| std::cmp::Reverse(groups.sizes[*group]));
        let group = |group: usize| RowGroup {
            key: groups.keys.iter().map(|column| shown(column, group)).collect(),
            rows: groups.sizes[group],
            events: self.ids(trace.lineage.get(group).filter(|_| whole), case),
        };
        order.into_iter().take(MAX_ROWS).map(group).collect()
    }

    fn events(
        &self,
        table: &Table,
        case: usize,
        explained: &Explained,
    ) -> (Vec<EventView>, LeftOut) {
        let leading = self.leading();
        if leading == 0 {
            return (Vec::new(), LeftOut::default());
        }
        let subject = self.flow.subject();
        let aggregates = table.trace.iter().any(|step| step.groups.is_some());
        let clauses: usize = explained.clauses.iter().filter(|clause| clause.filter == 0).count();
        let own = &self.flow.cases()[case].events;
        let mut left_out = LeftOut { events: own.len().saturating_sub(MAX_EVENTS), turns: 0 };
        let mut turns = 0;
        let mut views = Vec::new();
        let narrow = self.flow.documents(case).map(|documents| &documents.narrow);
        let taken = |event| passes(table, leading, event);
        let narrow: Vec<&Predicate> = narrow.into_iter().collect();
        for at in nearest(&narrow, &taken, case, subject).into_iter().take(MAX_EVENTS) {
            let (event, number) = (&own[at], u32::try_from(at).unwrap_or(u32::MAX));
            let read = self.flow.read(case).contains(&number);
            let barrier = (!read).then(|| {
                let barrier = subject.barrier(case, at, Reach::Window);
                barrier.unwrap_or_else(|| "a filter of the rule leaves it out".to_owned())
            });
            let holds = read && passes(table, leading, number);
            // One event less is seldom what a group lacks.
            let asks = read && !(holds && aggregates);
            turns += usize::from(asks);
            let turn =
                (asks && turns <= MAX_TURNS).then(|| self.turn(table, (case, at), holds, clauses));
            views.push(EventView {
                number,
                id: event.id.clone(),
                time: subject.time(case, at),
                marks: Vec::new(),
                filters: vec![Outcome { holds, barrier, turn: turn.flatten() }],
            });
        }
        left_out.turns = turns.saturating_sub(MAX_TURNS);
        (views, left_out)
    }

    /// The smallest change of an event that turns the leading `WHERE`; the
    /// pipeline is asked whether it does.
    pub(super) fn turn(
        &self,
        table: &Table,
        (case, at): (usize, usize),
        holds: bool,
        clauses: usize,
    ) -> Option<Turn> {
        let subject = self.flow.subject();
        let narrow =
            harness_predicate::plan::Plan::Filter(self.flow.documents(case)?.narrow.clone());
        let number = u32::try_from(at).ok()?;
        let all = &self.flow.cases()[case].events;
        let own = &all[at];
        // The leading `WHERE` is about each event alone; the newest one says when the rule runs.
        let newest = all.iter().max_by_key(|event| event.timestamp());
        let rerun = |event: &Event| {
            let events = std::iter::once(event).chain(newest).cloned().collect();
            let variant = self.flow.variant(self.program, case, events)?;
            let prepared = self.flow.on(self.program, &variant)?;
            Some(prepared.run(true, None).ok()?.1)
        };
        let accepts = |event: &Event| {
            rerun(event).is_some_and(|table| passes(&table, self.leading(), 0) != holds)
        };
        let aimed = Counterfactual::new(subject, &narrow, 0)
            .and_then(|mut turner| turner.turned_to((case, at), !holds, &accepts));
        // What the index cannot tell of is tried, field by field.
        let try_on = || {
            let left = self.tries.get().checked_sub(1);
            self.tries.set(left.unwrap_or(0));
            left.is_some()
        };
        let mut tried = self.vary.changed(own).take(MAX_TRIES).take_while(|_| try_on());
        let new = aimed.or_else(|| tried.find(|event| accepts(event)))?;
        let after = rerun(&new)?;
        let (before, after) = (self.truths(table, number), self.truths(&after, 0));
        let turned = |clause: &usize| match (before.get(*clause), after.get(*clause)) {
            (Some(old), Some(new)) => (*old == Truth::True) != (*new == Truth::True),
            _ => false,
        };
        Some(Turn {
            clauses: (0..clauses).filter(turned).collect(),
            fields: fields(own, &new),
            event: Some(fixture(std::slice::from_ref(&new))),
            is_impossible: false,
        })
    }

    /// What the leading clauses are on an event, as far as it came.
    fn truths(&self, table: &Table, event: u32) -> Vec<Truth> {
        let mut truths = Vec::new();
        for (before, step) in
            table.trace.iter().zip(table.trace.iter().skip(1)).take(self.leading())
        {
            let Some(row) = before.lineage.iter().position(|row| row.contains(&event)) else {
                break;
            };
            truths.extend(step.tests.iter().map(|test| truth(test.truths.get(row).copied())));
        }
        truths
    }
}

/// Whether an event is behind some row that a step left.
fn passes(table: &Table, step: usize, event: u32) -> bool {
    let lineage = table.trace.get(step).map_or(&[][..], |step| step.lineage.as_slice());
    lineage.iter().any(|row| row.contains(&event))
}

/// The truth of a condition on a row.
pub(super) fn truth(value: Option<Value>) -> Truth {
    match value {
        Some(Value::True) => Truth::True,
        Some(Value::False) => Truth::False,
        Some(Value::Null) | None => Truth::Unknown,
    }
}

/// The name of what a column holds, as other languages call it.
fn kind(ty: Type) -> Option<&'static str> {
    Some(match ty {
        Type::Keyword => "keyword",
        Type::Text => "text",
        Type::Boolean => "boolean",
        Type::Integer | Type::Long | Type::UnsignedLong => "long",
        Type::Double => "double",
        Type::Date | Type::DateNanos => "date",
        Type::Ip => "ip",
        _ => return None,
    })
}

/// The values of a row as one text; `null` for none.
fn shown(column: &Arc<Column>, row: usize) -> String {
    let values: Vec<String> = column.values(row).map(|value| value.text(column.ty)).collect();
    if values.is_empty() { "null".to_owned() } else { values.join(", ") }
}

/// A value as JSON.
pub(super) fn json(text: String, column: &Column) -> String {
    let quoted = !matches!(
        column.ty,
        Type::Boolean | Type::Integer | Type::Long | Type::UnsignedLong | Type::Double
    );
    if quoted { serde_json::Value::from(text).to_string() } else { text }
}

/// How far the two sides of a comparison of numbers are from each other.
fn apart([left, right]: &[Arc<Column>; 2], row: usize) -> Option<Apart> {
    let numeric = |column: &Column| {
        matches!(column.ty, Type::Integer | Type::Long | Type::UnsignedLong | Type::Double)
    };
    let single = |column: &Column| column.range(row).len() == 1;
    if !numeric(left) || !numeric(right) || !single(left) || !single(right) {
        return None;
    }
    let (a, b) = (left.first(row)?, right.first(row)?);
    let by = a.double() - b.double();
    Some(Apart { value: a.text(left.ty), bound: b.text(right.ty), by })
}
