//! The command of a pipeline that lost the rows of a case, or the conditions that
//! let them through.

use super::{MAX_TOLD, Wrong, alerts, exempt, note};
use crate::clause::esql_tests::tests;
use crate::explain::Truth;
use crate::explain::hint::of_texts;
use crate::explain::pipeline::{View, json, truth};
use harness_esql::expr::Node;
use harness_esql::plan::{Placed, Step, StepKind};
use harness_esql::run::{Joined, Shape, StepTrace, Table, TestTrace, Truth as Value};
use harness_predicate::plan::Reach;
use harness_runner::run::{CaseRun, Clause, Explanation, Flow, Role};
use harness_source::span::plural;
use harness_source::span::shorten;

/// The most exclusions that are told, and of the conditions that let rows through.
const MAX_EXCLUSIONS: usize = 5;
const MAX_LET_THROUGH: usize = 3;
/// So many rows are compared for those that lack least.
const MAX_RANKED: usize = 1_000;
/// How much of a command is shown.
const MAX_TEXT: usize = 100;

/// Explains cases of an ES|QL rule that fail.
pub(super) fn explain<'r>(
    flow: &Flow<'_>,
    failed: impl Iterator<Item = (usize, Wrong, &'r mut CaseRun)>,
) {
    let Ok(program) = flow.program(flow.text()) else { return };
    let Some(view) = View::new(flow, &program) else { return };
    for (case, wrong, run) in failed {
        let table = flow.prepare(&program, case).map(|own| own.run(true, None));
        let Some(Ok((_, table))) = table else { continue };
        let failure = Failure { view: &view, table, case };
        let several = run.alerts.len() > 1 || wrong != Wrong::Any;
        let told = (several && !run.alerts.is_empty()).then(|| note(None, alerts(run)));
        run.explanations = told.into_iter().collect();
        run.explanations.extend(match wrong {
            Wrong::Few => failure.lost(),
            Wrong::Any => {
                let idle = exempt::idle(flow.subject(), case, run);
                idle.into_iter().chain(failure.let_through(run)).collect()
            }
            Wrong::Many => Vec::new(),
        });
    }
}

/// What is easily overlooked where two texts are not equal.
fn spelling(test: &TestTrace, row: usize) -> Option<String> {
    let [left, right] = test.sides.as_ref()?;
    let (found, wanted) = (left.first(row)?, right.first(row)?);
    let texts = left.ty.is_string() && right.ty.is_string();
    texts.then(|| of_texts(&wanted.text(right.ty), &found.text(left.ty))).flatten()
}

/// A case that failed, and what the commands made of it.
struct Failure<'a> {
    view: &'a View<'a>,
    table: Table,
    case: usize,
}

impl Failure<'_> {
    fn steps(&self) -> impl Iterator<Item = (usize, &Step, &StepTrace)> {
        let steps = self.view.plan.all_steps().into_iter().zip(&self.table.trace).enumerate();
        steps.map(|(at, (Placed { step, .. }, trace))| (at, step, trace))
    }

    /// The steps of the query itself, or those of the branches of one.
    fn inside(&self, outer: Option<usize>) -> Vec<(usize, &Step, &StepTrace)> {
        let steps = self.steps().zip(self.view.plan.all_steps());
        let own = steps.filter(|(_, placed)| placed.inside.map(|(at, _)| at) == outer);
        own.map(|(step, _)| step).collect()
    }

    /// The events behind each row that a step was given.
    fn lineage(&self, step: usize) -> &[Vec<u32>] {
        self.table.given(step)
    }

    /// Whether rows of an event leave a step, all steps behind it in its branch, and
    /// those around it.
    fn comes_out(&self, step: usize, event: u32) -> bool {
        let all = self.view.plan.all_steps();
        let Some(inside) = all.get(step).map(|placed| placed.inside) else { return false };
        let Some((outer, _)) = inside else { return true };
        // What a query after IN finds is not what comes out.
        if !matches!(all[outer].step.kind, StepKind::Union { .. }) {
            return false;
        }
        let last = all.iter().rposition(|placed| placed.inside == inside);
        let lineage = last.and_then(|at| self.table.trace.get(at)).map(|step| &step.lineage);
        lineage.is_some_and(|rows| rows.iter().any(|row| row.contains(&event)))
            && self.comes_out(outer, event)
    }

    /// The command that left no row, or the last that left fewer.
    fn lost(&self) -> Vec<Explanation> {
        let mut told: Vec<Explanation> = self.unread();
        let own = self.inside(None);
        let is_empty =
            |(_, _, trace): &&(usize, &Step, &StepTrace)| trace.rows_in > 0 && trace.rows_out == 0;
        let empty = own.iter().find(is_empty).copied();
        let fewer = || {
            let lossy = |(_, step, trace): &(usize, &Step, &StepTrace)| {
                let cuts = matches!(step.kind, StepKind::Filter(_) | StepKind::Limit(_));
                cuts && trace.rows_out < trace.rows_in
            };
            own.iter().rev().find(|step| lossy(step)).copied()
        };
        let Some((at, step, trace)) = empty.or_else(fewer) else { return told };
        told.push(self.kept(step, trace));
        told.extend(self.uncounted(at));
        if let StepKind::Filter(condition) = &step.kind {
            told.extend(self.rows((at, step, trace), &Shape::of(condition)));
        }
        // Of branches that leave no row, what each of them lost its rows by.
        let mut open = vec![at];
        while let (Some(outer), true) = (open.pop(), trace.rows_out == 0) {
            let mut known = None;
            for inner in self.inside(Some(outer)).iter().filter(is_empty) {
                let (at, step, trace) = *inner;
                let branch = self.view.plan.all_steps()[at].inside;
                if std::mem::replace(&mut known, branch) == branch {
                    continue;
                }
                open.push(at);
                told.push(self.kept(step, trace));
                if let StepKind::Filter(condition) = &step.kind {
                    told.extend(self.rows((at, step, trace), &Shape::of(condition)));
                }
            }
        }
        told
    }

    /// How many rows a command keeps.
    fn kept(&self, step: &Step, trace: &StepTrace) -> Explanation {
        let text = shorten(&self.view.text(step.span), MAX_TEXT);
        let (left, of) = (trace.rows_out, plural(trace.rows_in, "row"));
        Explanation {
            origin: Some(View::origin(step.span)),
            ..note(None, format!("{text} keeps {left} of {of}"))
        }
    }

    /// The rows that a condition lost and that lack least.
    fn rows(
        &self,
        (at, step, trace): (usize, &Step, &StepTrace),
        shape: &Shape,
    ) -> Vec<Explanation> {
        let value = |row: usize| move |test: usize| trace.truth(test, row);
        let lost = (0..trace.rows_in.min(MAX_RANKED))
            .filter(|row| shape.truth(&value(*row)) != Value::True);
        let mut ranked: Vec<(usize, Vec<usize>)> =
            lost.map(|row| (row, shape.blame(&value(row), Value::True))).collect();
        ranked.sort_by_key(|(row, blamed)| (blamed.len(), *row));
        let least = ranked.first().map_or(0, |(_, blamed)| blamed.len());
        let mut told: Vec<Explanation> = Vec::new();
        for (row, blamed) in ranked.into_iter().filter(|(_, blamed)| blamed.len() == least) {
            let new =
                self.searched(at, row).unwrap_or_else(|| self.row((at, step, trace), row, &blamed));
            let same = |known: &Explanation| {
                known.clauses == new.clauses && known.event.is_some() == new.event.is_some()
            };
            let known = told.iter().position(same);
            match known {
                Some(at) => told[at].also.extend(new.event),
                None if told.len() < MAX_TOLD => told.push(new),
                None => break,
            }
        }
        told
    }

    /// Of a row that is one event at a leading `WHERE`: the smallest change of the
    /// event that gets it past all of them.
    fn searched(&self, at: usize, row: usize) -> Option<Explanation> {
        let leading = self.view.leading();
        let [event] = self.lineage(at).get(row)?.as_slice() else { return None };
        let clauses: Vec<(usize, usize)> = (1..=leading)
            .flat_map(|step| {
                let tests = self.view.plan.steps.get(step).map_or(0, |step| tests(step).len());
                (0..tests).map(move |test| (step, test))
            })
            .collect();
        if at > leading {
            return None;
        }
        let place = (self.case, *event as usize);
        let turn = self.view.turn(&self.table, place, false, clauses.len())?;
        let turned = turn.clauses.iter().filter_map(|clause| {
            let (at, test) = *clauses.get(*clause)?;
            let (_, step, trace) = self.steps().nth(at)?;
            let row = self.lineage(at).iter().position(|row| row.contains(event))?;
            self.clause((at, step, trace), test, row, None)
        });
        let clauses: Vec<Clause> = turned.collect();
        (!clauses.is_empty()).then(|| Explanation {
            event: self.id(*event),
            clauses,
            changes: turn.fields,
            ..Explanation::default()
        })
    }

    fn id(&self, event: u32) -> Option<String> {
        let events = &self.view.flow.cases()[self.case].events;
        events.get(event as usize).map(|event| event.id.clone())
    }

    fn row(
        &self,
        (at, step, trace): (usize, &Step, &StepTrace),
        row: usize,
        blamed: &[usize],
    ) -> Explanation {
        let clauses =
            blamed.iter().filter_map(|test| self.clause((at, step, trace), *test, row, None));
        Explanation { clauses: clauses.collect(), ..self.behind(at, row) }
    }

    /// The event behind a row, or what is behind it.
    fn behind(&self, at: usize, row: usize) -> Explanation {
        let ids = self.view.ids(self.lineage(at).get(row), self.case);
        match ids.as_slice() {
            [event] if at <= self.view.leading() => {
                Explanation { event: Some(event.clone()), ..Explanation::default() }
            }
            [] => note(None, format!("row {}", row + 1)),
            [first, .., last] if ids.len() > 4 => {
                note(None, format!("row {} made of {first} … {last}", row + 1))
            }
            several => note(None, format!("row {} made of {}", row + 1, several.join(", "))),
        }
    }

    /// A test of a step on a row; without a role, what the row lacks.
    fn clause(
        &self,
        (_, step, trace): (usize, &Step, &StepTrace),
        test: usize,
        row: usize,
        role: Option<Role>,
    ) -> Option<Clause> {
        let traced = trace.tests.get(test)?;
        let negated = tests(step).get(test).and_then(|test| test.leaf).is_some_and(|(_, not)| not);
        let is = truth(traced.truths.get(row).copied());
        let is_null = is == Truth::Unknown;
        let role = role.unwrap_or(if negated { Role::MustNot } else { Role::Needs });
        let hint = match role {
            Role::MustNot if is_null => Some("of null the negation is null as well".to_owned()),
            Role::Needs => spelling(traced, row),
            Role::MustNot | Role::Exclusion | Role::LetThrough => None,
        };
        Some(Clause {
            origin: View::origin(traced.span),
            clause: self.view.text(traced.span),
            role,
            holds: is == Truth::True,
            field: self.fields(traced).join(", "),
            found: self.found(traced, row),
            unknown: None,
            hint,
            others: 0,
        })
    }

    fn fields(&self, test: &TestTrace) -> Vec<String> {
        test.inputs.iter().map(|(span, _)| self.view.text(*span)).collect()
    }

    /// The values that a test read in a row: of a column that the query computes
    /// `null` where there is none.
    fn found(&self, test: &TestTrace, row: usize) -> Vec<String> {
        let several = test.inputs.len() > 1;
        let found = test.inputs.iter().flat_map(|(span, column)| {
            let name = self.view.text(*span);
            let of_events = self.view.plan.fields.iter().any(|field| *field.name == *name);
            let values: Vec<String> =
                column.values(row).map(|value| json(value.text(column.ty), column)).collect();
            match (several, values.as_slice()) {
                (false, []) if of_events => Vec::new(),
                (false, []) => vec!["null".to_owned()],
                (false, _) => values,
                (true, []) => vec![format!("{name}: null")],
                (true, _) => vec![format!("{name}: {}", values.join(", "))],
            }
        });
        found.collect()
    }

    /// What kept values from a condition: rows that an earlier pattern did not
    /// fit, or that an aggregate which it reads did not count.
    fn uncounted(&self, at: usize) -> Vec<Explanation> {
        let mut read = Vec::new();
        let step = self.steps().nth(at).map(|(_, step, _)| &step.kind);
        if let Some(StepKind::Filter(condition)) = step {
            condition.each(&mut |part| {
                if let Node::Column { register, .. } = &part.node {
                    read.push(*register);
                }
            });
        }
        let mut told = Vec::new();
        for (number, step, trace) in self.steps().take(at) {
            let rows = trace.rows_in;
            let fits = |shape: &Shape| {
                let holds =
                    |row: &usize| shape.truth(&|test| trace.truth(test, *row)) == Value::True;
                let missing = (0..rows).find(|row| !holds(row));
                (missing, (0..rows).filter(holds).count())
            };
            let place = |text: String| Explanation {
                origin: Some(View::origin(step.span)),
                ..note(None, text)
            };
            let without = |row: Option<usize>| {
                let ids = row.map(|row| self.view.ids(self.lineage(number).get(row), self.case));
                match ids.as_deref() {
                    Some([first, ..]) => format!(", not {first}"),
                    Some([]) | None => String::new(),
                }
            };
            match &step.kind {
                StepKind::Grok { .. } | StepKind::Dissect { .. } => {
                    let (missing, count) = fits(&Shape::Leaf(0));
                    if count < rows {
                        let text = shorten(&self.view.text(step.span), MAX_TEXT);
                        told.push(place(format!(
                            "{text} fits {count} of {}{}",
                            plural(rows, "row"),
                            without(missing)
                        )));
                    }
                }
                StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => {
                    for joined in Joined::of(step) {
                        let call = joined.aggregate.and_then(|at| grouping.aggregates.get(at));
                        let reads = call.is_some_and(|call| read.contains(&call.output));
                        let (missing, count) = fits(&joined.shape);
                        if !reads || count == rows {
                            continue;
                        }
                        let own = trace.tests.get(joined.tests.clone()).unwrap_or_default();
                        let span = own.first().zip(own.last());
                        let text = span.map_or_else(String::new, |(first, last)| {
                            self.view.text(first.span.to(last.span))
                        });
                        let text = shorten(&text, MAX_TEXT);
                        told.push(place(format!(
                            "counted where {text}: {count} of {}{}",
                            plural(rows, "row"),
                            without(missing)
                        )));
                    }
                }
                _ => {}
            }
        }
        told
    }

    /// What the first alert went through: exclusions first.
    fn let_through(&self, run: &CaseRun) -> Vec<Explanation> {
        let events = &self.view.flow.cases()[self.case].events;
        let first = run.alerts.first().and_then(|alert| alert.events.first());
        let Some(event) = first.and_then(|id| events.iter().position(|event| event.id == *id))
        else {
            return Vec::new();
        };
        let Ok(event) = u32::try_from(event) else { return Vec::new() };
        let (mut exclusions, mut through) = (Vec::new(), Vec::new());
        for (at, step, trace) in self.steps() {
            let StepKind::Filter(condition) = &step.kind else { continue };
            let shape = Shape::of(condition);
            let lineage = self.lineage(at);
            let holds = |row: &usize| shape.truth(&|test| trace.truth(test, *row)) == Value::True;
            let own = |row: &usize| lineage.get(*row).is_some_and(|row| row.contains(&event));
            let row = (0..trace.rows_in).filter(own).find(holds);
            let Some(row) = row.filter(|_| self.comes_out(at, event)) else { continue };
            let support = shape.support(&|test| trace.truth(test, row));
            for (number, test) in tests(step).iter().enumerate() {
                let negated = test.leaf.is_some_and(|(_, negated)| negated);
                let role = if negated { Role::Exclusion } else { Role::LetThrough };
                let is = trace.truth(number, row) == Value::True;
                let counts = if negated { !is } else { is && support.contains(&number) };
                let clause = self.clause((at, step, trace), number, row, Some(role));
                match (counts, negated) {
                    (false, _) => {}
                    (true, true) => exclusions.extend(clause),
                    (true, false) => through.extend(clause),
                }
            }
        }
        // What is asked last is closest to the alert.
        through.reverse();
        let more = exclusions.len().saturating_sub(MAX_EXCLUSIONS)
            + through.len().saturating_sub(MAX_LET_THROUGH);
        exclusions.truncate(MAX_EXCLUSIONS);
        through.truncate(MAX_LET_THROUGH);
        let note = (more > 0).then(|| format!("not shown: {}", plural(more, "condition")));
        let clauses = exclusions.into_iter().chain(through).collect();
        vec![Explanation { event: self.id(event), note, clauses, ..Explanation::default() }]
    }

    /// Events that the pipeline does not read.
    fn unread(&self) -> Vec<Explanation> {
        let flow = self.view.flow;
        let read = flow.read(self.case);
        let events = &flow.cases()[self.case].events;
        let unread = (0_u32..).zip(events).filter(|(at, _)| read.binary_search(at).is_err());
        let told = unread.map(|(at, event)| {
            let barrier = flow.subject().barrier(self.case, at as usize, Reach::Window);
            let why = barrier.unwrap_or_else(|| "a filter of the rule leaves it out".to_owned());
            (event.id.clone(), format!("is not read: {why}"))
        });
        let mut told: Vec<_> = told.collect();
        let more = told.len().saturating_sub(MAX_TOLD);
        told.truncate(MAX_TOLD);
        let told = told.into_iter().map(|(event, text)| note(Some(event), text));
        let more = (more > 0).then(|| {
            let events = if more == 1 { "event is" } else { "events are" };
            note(None, format!("{more} more {events} not read"))
        });
        told.chain(more).collect()
    }
}
