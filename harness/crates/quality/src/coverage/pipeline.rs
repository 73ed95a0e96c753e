//! The clauses of an ES|QL pipeline: conditions of `WHERE` and of aggregates,
//! patterns, and keys of groups.
//!
//! A condition decides on a row where turning it alone turns what the command
//! does with the row, and the case then raises another number of alerts: the
//! pipeline is run again with that row kept or dropped, and, where one row is
//! too few, with all such rows of the case. Null does not hold, and is turned
//! to true. A pattern that matched is turned to one that found
//! nothing, and one that did not to what it found in another row. A key decides
//! where the groups without it raise another number of alerts. Branches and queries
//! inside the query are steps as others are.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::{ClauseCoverage, RuleCoverage, Witness};
use crate::clause::ClauseKind;
use crate::clause::esql_tests::tests;
use crate::clause::esql_text;
use harness_esql::plan::{Placed, Plan, Step};
use harness_esql::run::{Change, Joined, Table, Truth, Turn};
use harness_esql::value::Value;
use harness_predicate::{Origin, Part};
use harness_runner::run::{Flow, Prepared, Program};
use harness_source::limits::{self, Limit};
use harness_source::span::{Span, flat};

/// The most rows that are read again for one rule, over all runs; beyond it no
/// more witnesses are found.
fn max_rows() -> usize {
    limits::COVERAGE_ROWS.now()
}

/// The rows of a case that are turned one by one before all are turned together: of a
/// thousand rows that a group counts, one more or less seldom matters.
const MAX_FIRST: usize = 32;

/// How many conditions of a query make a row count once more.
const CONDITIONS_OF_A_ROW: usize = 16;

/// The most findings of a pattern that others are turned to.
const MAX_DONORS: usize = 16;

/// Measures what the cases of a rule show of its pipeline.
pub(super) fn rule(flow: &Flow<'_>) -> RuleCoverage {
    let (mut clauses, mut bounds) = (Vec::new(), Vec::new());
    if let Ok(program) = flow.program(flow.text()) {
        (clauses, bounds) = measured(flow, &program);
        clauses.extend(groups(flow, &program));
    }
    clauses.sort_by_key(|clause| clause.origin.span);
    RuleCoverage { key: flow.key(), clauses, bounds }
}

/// A case, and what its steps made of the rows.
struct Base<'a> {
    path: String,
    prepared: Prepared<'a>,
    alerts: usize,
    table: Table,
}

impl<'a> Base<'a> {
    fn new(path: String, prepared: Prepared<'a>) -> Option<Self> {
        let (alerts, table) = prepared.base().ok()?;
        Some(Self { path, prepared, alerts, table })
    }
}

/// What cases show of a pipeline, one after the other.
pub(crate) struct Shown<'a> {
    meter: Meter<'a>,
    steps: Vec<Placed<'a>>,
    /// What patterns found so far, by step.
    donors: RefCell<BTreeMap<usize, Found>>,
}

/// A test of a step, by the numbers of both, and whether it holds.
pub(crate) type Shows = (usize, usize, bool);

impl<'a> Shown<'a> {
    pub(crate) fn new(program: &'a Program) -> Option<Self> {
        let plan = &program.pipeline()?.plan;
        let meter = Meter::new(plan);
        Some(Self { meter, steps: plan.all_steps(), donors: RefCell::default() })
    }

    /// All that there is to show.
    pub(crate) fn all(&self) -> Vec<Shows> {
        let steps = self.steps.iter().enumerate();
        let tests = steps
            .flat_map(|(at, placed)| (0..tests(placed.step).len()).map(move |number| (at, number)));
        tests.flat_map(|(at, number)| [(at, number, true), (at, number, false)]).collect()
    }

    /// Which of these a case shows.
    pub(crate) fn by(&self, prepared: Prepared<'_>, wanted: &[Shows]) -> Vec<Shows> {
        let nobody = || Some(Witness { case: String::new(), event: String::new() });
        let Some(base) = Base::new("case".to_owned(), prepared) else { return Vec::new() };
        let bases = [base];
        let mut tally = Tally::new();
        for (at, number, holds) in wanted {
            let clause = tally.entry((*at, *number)).or_insert_with(|| {
                let mut clause = uncovered(ClauseKind::Clause, Span::default(), String::new());
                (clause.decides_true, clause.decides_false) = (nobody(), nobody());
                clause
            });
            *side(clause, *holds) = None;
        }
        let mut steps: Vec<usize> = tally.keys().map(|(at, _)| *at).collect();
        steps.dedup();
        for at in steps {
            let Some(placed) = self.steps.get(at) else { continue };
            let mut donors = self.donors.borrow_mut();
            let known = donors.entry(at).or_default();
            for found in donors_of(&bases, at) {
                if known.len() < MAX_DONORS && !known.contains(&found) {
                    known.push(found);
                }
            }
            self.meter.step(at, placed.step, &bases, known, &mut tally);
        }
        let shows = |(at, number, holds): &&Shows| {
            let clause = tally.get(&(*at, *number));
            let slot = clause.and_then(|clause| {
                if *holds { clause.decides_true.as_ref() } else { clause.decides_false.as_ref() }
            });
            slot.is_some_and(|witness| !witness.case.is_empty())
        };
        wanted.iter().filter(shows).copied().collect()
    }
}

/// What a pattern found: by output, its values.
type Found = Vec<Vec<Vec<Value>>>;

/// Clauses by step and number of the test.
type Tally = BTreeMap<(usize, usize), ClauseCoverage>;

struct Meter<'a> {
    text: &'a str,
    /// How many rows one counts as: many conditions take their time on each.
    weight: usize,
    /// How many rows may still be read.
    left: Cell<usize>,
    /// Whether more were wanted.
    wanting: Cell<bool>,
}

/// The clauses but for keys, and the limits that applied.
fn measured(flow: &Flow<'_>, program: &Program) -> (Vec<ClauseCoverage>, Vec<Limit>) {
    let Some(pipeline) = program.pipeline() else { return Default::default() };
    let bases = (0..flow.cases().len()).filter_map(|case| {
        Base::new(flow.cases()[case].path.clone(), flow.prepare(program, case)?)
    });
    let bases: Vec<_> = bases.collect();
    let meter = Meter::new(&pipeline.plan);
    let mut tally = Tally::new();
    for (at, Placed { step, .. }) in pipeline.plan.all_steps().into_iter().enumerate() {
        for (number, test) in tests(step).into_iter().enumerate() {
            let text = flat(test.span.of(meter.text));
            tally.insert((at, number), uncovered(test.kind(), test.span, text));
        }
        meter.step(at, step, &bases, &donors_of(&bases, at), &mut tally);
    }
    let bounds = meter.wanting.get().then_some(limits::COVERAGE_ROWS);
    (tally.into_values().collect(), bounds.into_iter().collect())
}

/// What the pattern of a step found, some of it.
fn donors_of(bases: &[Base<'_>], at: usize) -> Found {
    let mut found = Found::new();
    for trace in bases.iter().filter_map(|base| base.table.trace.get(at)) {
        for test in trace.tests.iter().filter(|test| !test.outputs.is_empty()) {
            let matched =
                (0..trace.rows_in).filter(|row| test.truths.get(*row) == Some(&Truth::True));
            for row in matched {
                let values = test.outputs.iter().map(|column| {
                    column.values(row).map(harness_esql::value::Ref::to_value).collect()
                });
                let values: Vec<Vec<Value>> = values.collect();
                if found.len() < MAX_DONORS && !found.contains(&values) {
                    found.push(values);
                }
            }
        }
    }
    found
}

fn uncovered(kind: ClauseKind, span: Span, text: String) -> ClauseCoverage {
    ClauseCoverage {
        origin: Origin { part: Part::Query, span },
        kind,
        text,
        unknown: None,
        holds_on: 0,
        fails_on: 0,
        decides_true: None,
        decides_false: None,
    }
}

impl<'a> Meter<'a> {
    fn new(plan: &'a Plan) -> Self {
        let steps = plan.all_steps();
        let conditions = steps.iter().map(|placed| tests(placed.step).len()).sum::<usize>();
        let weight = 1 + conditions / CONDITIONS_OF_A_ROW;
        Self { text: &plan.text, weight, left: Cell::new(max_rows()), wanting: Cell::new(false) }
    }

    /// What cases show of one step.
    fn step(&self, at: usize, step: &Step, bases: &[Base<'_>], donors: &Found, tally: &mut Tally) {
        for base in bases {
            for joined in Joined::of(step) {
                self.conditions(at, &joined, base, tally);
            }
            if !step.pattern_outputs().is_empty() {
                self.pattern(at, donors, base, tally);
            }
        }
    }

    /// Whether the case raises another number of alerts with a row turned.
    fn turns(&self, base: &Base<'_>, turn: &Turn) -> bool {
        // The rows of the source are read by each step that begins with them.
        let first = base.table.trace.iter().filter(|step| step.before.is_none());
        let rows = (first.map(|step| step.rows_in).sum::<usize>() + 1) * self.weight;
        let Some(left) = self.left.get().checked_sub(rows) else {
            self.wanting.set(true);
            return false;
        };
        self.left.set(left);
        base.prepared.turned(turn, &base.table).is_ok_and(|alerts| alerts != base.alerts)
    }

    fn conditions(&self, at: usize, joined: &Joined, base: &Base<'_>, tally: &mut Tally) {
        let Some(trace) = base.table.trace.get(at) else { return };
        let turn = |rows, kept: bool| {
            let change = match joined.aggregate {
                None => Change::Keep(!kept),
                Some(aggregate) => Change::Count(aggregate, !kept),
            };
            Turn { step: at, rows, change }
        };
        // By row, whether it alone turns the case: all that turns the row does so.
        let mut alone: BTreeMap<usize, bool> = BTreeMap::new();
        // By test: rows that it decides, by its truth and by what becomes of them.
        let mut decided: BTreeMap<(usize, bool, bool), Vec<usize>> = BTreeMap::new();
        for row in 0..trace.rows_in {
            let truth = |test: usize| trace.truth(test, row);
            let kept = joined.shape.truth(&truth) == Truth::True;
            for test in joined.tests.clone() {
                let Some(clause) = tally.get_mut(&(at, test)) else { continue };
                let holds = truth(test) == Truth::True;
                let seen = if holds { &mut clause.holds_on } else { &mut clause.fails_on };
                *seen += 1;
                let flipped = |other: usize| match (other == test, holds) {
                    (false, _) => truth(other),
                    (true, true) => Truth::False,
                    (true, false) => Truth::True,
                };
                let decides = (joined.shape.truth(&flipped) == Truth::True) != kept;
                let slot = side(clause, holds);
                if slot.is_some() || !decides {
                    continue;
                }
                let rows = decided.entry((test, holds, kept)).or_default();
                rows.push(row);
                let mut turns = || self.turns(base, &turn(vec![row], kept));
                if rows.len() <= MAX_FIRST && *alone.entry(row).or_insert_with(&mut turns) {
                    *slot = Some(Self::witness(base, at, row));
                }
            }
        }
        // Where one row more or less is too few, all rows of the case; then the others.
        for ((test, holds, kept), rows) in decided {
            let Some(clause) = tally.get_mut(&(at, test)) else { continue };
            let slot = side(clause, holds);
            if slot.is_some() {
                continue;
            }
            if rows.len() > 1 && self.turns(base, &turn(rows.clone(), kept)) {
                let case = base.path.clone();
                *slot = Some(Witness { case, event: String::new() });
                continue;
            }
            let mut others = rows.into_iter().skip(MAX_FIRST);
            let turns = |row: &usize| {
                let turns = || self.turns(base, &turn(vec![*row], kept));
                *alone.entry(*row).or_insert_with(turns)
            };
            *slot = others.find(turns).map(|row| Self::witness(base, at, row));
        }
    }

    fn pattern(&self, at: usize, donors: &Found, base: &Base<'_>, tally: &mut Tally) {
        let Some(trace) = base.table.trace.get(at) else { return };
        let Some(clause) = tally.get_mut(&(at, 0)) else { return };
        let outputs = trace.tests.first().map_or(0, |test| test.outputs.len());
        for row in 0..trace.rows_in {
            let turn =
                |outputs| Turn { step: at, rows: vec![row], change: Change::Outputs(outputs) };
            if trace.truth(0, row) == Truth::True {
                clause.holds_on += 1;
                if clause.decides_true.is_none()
                    && self.turns(base, &turn(vec![Vec::new(); outputs]))
                {
                    clause.decides_true = Some(Self::witness(base, at, row));
                }
            } else {
                clause.fails_on += 1;
                let found = |donor: &Vec<Vec<Value>>| self.turns(base, &turn(donor.clone()));
                if clause.decides_false.is_none() && donors.iter().any(found) {
                    clause.decides_false = Some(Self::witness(base, at, row));
                }
            }
        }
    }

    /// The event behind a row, or the case where there are several.
    fn witness(base: &Base<'_>, at: usize, row: usize) -> Witness {
        let lineage = base.table.given(at).get(row);
        let event = match lineage.map(Vec::as_slice) {
            Some([event]) => {
                base.prepared.events().get(*event as usize).map(|event| event.id.clone())
            }
            _ => None,
        };
        Witness { case: base.path.clone(), event: event.unwrap_or_default() }
    }
}

/// The witness for a clause that holds, or fails.
fn side(clause: &mut ClauseCoverage, holds: bool) -> &mut Option<Witness> {
    if holds { &mut clause.decides_true } else { &mut clause.decides_false }
}

/// The keys: the cases with and without each.
fn groups(flow: &Flow<'_>, program: &Program) -> Vec<ClauseCoverage> {
    let text = flow.text();
    let alerts = |program: &Program| -> Vec<Option<usize>> {
        let run = |case| Some(flow.prepare(program, case)?.run(false, None).ok()?.0);
        (0..flow.cases().len()).map(run).collect()
    };
    let own = alerts(program);
    let measured = esql_text::keys(text).into_iter().map(|key| {
        let shown = format!("for each {}", flat(key.span.of(text)));
        let mut coverage = uncovered(ClauseKind::Group, key.span, shown);
        let without = key.without.iter().find_map(|marks| {
            let program = flow.program(&esql_text::edited(text, marks)).ok()?;
            Some(alerts(&program))
        });
        let others = without.unwrap_or_default();
        for (at, case) in flow.cases().iter().enumerate() {
            let witness = || Some(Witness { case: case.path.clone(), event: String::new() });
            let (Some(own), Some(Some(other))) = (own[at], others.get(at)) else { continue };
            if own > 0 {
                coverage.holds_on += 1;
                coverage.decides_true = coverage.decides_true.or_else(witness);
            }
            if *other != own {
                coverage.fails_on += 1;
                coverage.decides_false = coverage.decides_false.or_else(witness);
            }
        }
        coverage
    });
    measured.collect()
}
