//! Coverage: which clauses of a rule its cases have shown to matter.
//!
//! A clause is covered when it is decisive both ways: some event on which it
//! holds would come out otherwise without it, and so would some event on which
//! it fails (MC/DC). The types are plain data for renderers.

mod model;
pub(crate) mod pipeline;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use rayon::prelude::*;

pub use crate::clause::ClauseKind;
use crate::clause::bits::Bits;
use crate::clause::rules::{Rules, leaves};
use crate::clause::tree::{Coupling, Tree};
use crate::clause::truth_table::TruthTable;
use crate::clause::{clauses, elements};
use harness_detect as detect;
use harness_engine::{Engine, EngineError};
use harness_predicate::{Origin, Part, Predicate};
use harness_runner::run::{Flow, Session, Subject};
use harness_source::{effort, limits, progress};
pub use model::{ClauseCoverage, RuleCoverage, Witness};

/// The coverage of all rules of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// In the order of [`Run::rules`](harness_runner::run::Run::rules), one for each.
    pub rules: Vec<RuleCoverage>,
}

/// Measures what the cases of a session show.
///
/// # Errors
///
/// When the engine fails.
pub fn measure(session: &Session, engine: &dyn Engine) -> Result<Coverage, EngineError> {
    let mut all = Vec::new();
    for rules in Rules::parts(session) {
        let asked = rules.judged().map(|subject| (subject, leaves(subject))).collect();
        let tables = TruthTable::all(asked, engine)?;
        all.extend(of(&rules, &tables, progress::tick));
    }
    Ok(Coverage { rules: all })
}

/// What the cases of rules show, by the tables of those that are judged; `done` is told
/// of each.
pub(crate) fn of(rules: &Rules<'_>, tables: &[TruthTable<'_>], done: fn()) -> Vec<RuleCoverage> {
    let none = |key| RuleCoverage { key, ..RuleCoverage::default() };
    let most = limits::RULE_WORK;
    let given_up = |key| RuleCoverage { bounds: vec![most], ..none(key) };
    let judged = tables.par_iter().map(|table| {
        let found = effort::within(most, || rule(table));
        done();
        found.unwrap_or_else(|| given_up(table.subject.key()))
    });
    let flow = |flow: &Flow<'_>| {
        let found = effort::within(most, || pipeline::rule(flow));
        done();
        found.unwrap_or_else(|| given_up(flow.key()))
    };
    rules.each(judged.collect(), flow, none)
}

fn rule(table: &TruthTable<'_>) -> RuleCoverage {
    let subject = table.subject;
    let mut tally = Tally::default();
    for (number, plan) in subject.plans().into_iter().enumerate() {
        let filters = plan.filters().into_iter().zip(plan.reaches());
        for (at, (filter, reach)) in filters.enumerate() {
            let tree = Tree::new(filter);
            let values = table.values(&tree);
            let care = tree.care(&table.rows, &values, Coupling::Coupled);
            let seen = table.reach(number, reach);
            let mut ordinals: BTreeMap<Part, usize> = BTreeMap::new();
            for stated in clauses::stated(&tree, subject.rule()) {
                let node = stated.node;
                let (value, care) = (&values[node], &care[node]);
                let documents = |rows: &Bits| table.rows.documents(rows).and(&seen);
                let fails = tree.universe(node, &table.rows).minus(value);
                let found = Found {
                    holds: documents(value),
                    fails: documents(&fails),
                    decides_true: documents(&care.and(value)),
                    decides_false: documents(&care.minus(value)),
                };
                let ordinal = ordinals.entry(stated.origin.part).or_default();
                let key = match stated.origin.part {
                    // A filter of the rule is one statement, whatever the
                    // number of stages that it narrows.
                    Part::Filter(_) => (usize::MAX, stated.origin, *ordinal),
                    _ => (at, stated.origin, *ordinal),
                };
                *ordinal += 1;
                let unknown = unknown(tree.nodes[node].predicate, subject);
                tally.add(key, Seen { stated, unknown, found });
            }
        }
    }
    let mut clauses = tally.finish(table);
    let mut of_parts: Vec<ClauseCoverage> = Vec::new();
    for (number, plan) in subject.plans().into_iter().enumerate() {
        let parts = elements::parts(plan, subject.rule());
        if parts.is_empty() || (number > 0 && parts.len() != of_parts.len()) {
            continue;
        }
        let own = table.alerts_of_all(number, plan);
        let found = parts.iter().map(|part| decided(part, number, &own, table));
        if number == 0 {
            of_parts.extend(found);
        } else {
            of_parts.iter_mut().zip(found).for_each(|(all, more)| add(all, more));
        }
    }
    clauses.extend(of_parts);
    RuleCoverage { key: subject.key(), clauses, bounds: Vec::new() }
}

/// On which documents a clause is what.
struct Found {
    holds: Bits,
    fails: Bits,
    decides_true: Bits,
    decides_false: Bits,
}

/// A clause and what is known of it.
struct Seen {
    stated: clauses::Stated,
    unknown: Option<String>,
    found: Found,
}

/// What there is to say of a clause on a field that nothing knows.
fn unknown(clause: &Predicate, subject: &Subject<'_>) -> Option<String> {
    let mut said = None;
    clause.leaves(&mut |leaf| {
        said = said.take().or_else(|| subject.unknown(leaf).map(ToString::to_string));
    });
    said
}

/// A filter, a place, and which of the clauses of that place.
type Key = (usize, Origin, usize);

/// Clauses in the order in which they were met first.
#[derive(Default)]
struct Tally {
    order: Vec<Seen>,
    known: BTreeMap<Key, usize>,
}

impl Tally {
    fn add(&mut self, key: Key, seen: Seen) {
        let Some(at) = self.known.get(&key) else {
            self.known.insert(key, self.order.len());
            self.order.push(seen);
            return;
        };
        let (before, found) = (&mut self.order[*at].found, seen.found);
        before.holds = before.holds.or(&found.holds);
        before.fails = before.fails.or(&found.fails);
        before.decides_true = before.decides_true.or(&found.decides_true);
        before.decides_false = before.decides_false.or(&found.decides_false);
    }

    fn finish(self, table: &TruthTable<'_>) -> Vec<ClauseCoverage> {
        let witness = |bits: &Bits| bits.iter().next().map(|document| witness(table, document));
        let clause = |Seen { stated, unknown, found }: Seen| ClauseCoverage {
            origin: stated.origin,
            kind: ClauseKind::Clause,
            text: stated.text,
            unknown,
            holds_on: found.holds.count(),
            fails_on: found.fails.count(),
            decides_true: witness(&found.decides_true),
            decides_false: witness(&found.decides_false),
        };
        self.order.into_iter().map(clause).collect()
    }
}

/// The event that a document was made from.
fn witness(table: &TruthTable<'_>, document: usize) -> Witness {
    let cases = table.subject.cases().iter().enumerate();
    let mut found = cases.filter_map(|(at, case)| {
        let range = table.subject.documents_of(at);
        let event = case.events.get(document.checked_sub(range.start)?)?;
        range.contains(&document).then(|| (case.path.clone(), event.id.clone()))
    });
    let (case, event) = found.next().unwrap_or_default();
    Witness { case, event }
}

/// Adds what other cases show of the same part.
fn add(all: &mut ClauseCoverage, more: ClauseCoverage) {
    all.holds_on += more.holds_on;
    all.fails_on += more.fails_on;
    all.decides_true = all.decides_true.take().or(more.decides_true);
    all.decides_false = all.decides_false.take().or(more.decides_false);
}

/// The coverage of a part that is no clause: the cases of a plan with and without it.
/// `own` are the alerts of the rule.
fn decided(
    part: &elements::Part,
    number: usize,
    own: &[Result<usize, detect::Error>],
    table: &TruthTable<'_>,
) -> ClauseCoverage {
    let without = table.alerts_of_all(number, &part.without);
    let mut coverage = uncovered(part, table);
    let cases = table.subject.cases().iter().enumerate();
    for (((at, case), own), other) in cases.zip(own).zip(without) {
        if table.subject.plan_of(at) != number {
            continue;
        }
        let witness = || Some(Witness { case: case.path.clone(), event: String::new() });
        let (Ok(own), Ok(other)) = (own, other) else { continue };
        let own = *own;
        if own > 0 {
            coverage.holds_on += 1;
            coverage.decides_true = coverage.decides_true.or_else(witness);
        }
        let decides = match part.kind {
            // Without a field there are fewer combinations that are new.
            ClauseKind::NewTerm => other != own,
            _ => other > own,
        };
        if decides {
            coverage.fails_on += 1;
            coverage.decides_false = coverage.decides_false.or_else(witness);
        }
    }
    coverage
}

fn uncovered(part: &elements::Part, table: &TruthTable<'_>) -> ClauseCoverage {
    let unknown = part.fields.iter().find_map(|field| table.subject.unknown_field(field));
    ClauseCoverage {
        origin: part.origin,
        kind: part.kind,
        text: part.text.clone(),
        unknown: unknown.map(ToString::to_string),
        holds_on: 0,
        fails_on: 0,
        decides_true: None,
        decides_false: None,
    }
}
