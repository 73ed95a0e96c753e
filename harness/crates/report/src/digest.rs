//! What the coverage reports show: a row a rule, with sums by folder and tactic.
//!
//! It joins a run with its coverage and mutants and counts; what counts as
//! covered or caught is theirs to say.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::attack;
use harness_quality::coverage::{ClauseCoverage, Coverage, RuleCoverage};
use harness_quality::mutate::{Mutant, Mutants, Outcome, RuleMutants};
use harness_runner::run::{RuleRun, Run};
use harness_runner::verdict::{Status, Verdict};
use harness_source::limits::Limit;

/// A run with all that was measured on it.
#[derive(Debug)]
pub struct Digest<'a> {
    /// The run.
    pub run: &'a Run,
    /// In the order of the run.
    pub rows: Vec<Row<'a>>,
    /// Over all rules.
    pub totals: Totals,
    /// By folder, in order.
    pub folders: Vec<(&'a str, Totals)>,
    /// By tactic, in the order of the matrix.
    pub tactics: Vec<(Tactic<'a>, Totals)>,
    /// What was measured.
    pub measured: Measured,
}

/// Which measurements a digest holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Coverage of clauses.
    pub clauses: bool,
    /// Mutants.
    pub mutants: bool,
}

/// One rule with all that was measured on it.
#[derive(Debug)]
pub struct Row<'a> {
    /// The rule.
    pub rule: &'a RuleRun,
    /// Its clauses, in the order of the rule.
    pub clauses: &'a [ClauseCoverage],
    /// Its mutants, in the order of the rule.
    pub mutants: &'a [Mutant],
    /// The limits that ended its measurements.
    pub bounds: Vec<Limit>,
    /// Its sums.
    pub totals: Totals,
}

/// A tactic as rules name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tactic<'a> {
    /// Its id, such as `TA0002`.
    pub id: &'a str,
    /// Its title.
    pub name: &'a str,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Those that have it.
    pub part: usize,
    /// All of them.
    pub whole: usize,
}

impl Share {
    /// In percent, rounded down, so that only all of them are 100; `None` of none.
    pub fn percent(self) -> Option<usize> {
        (self.part * 100).checked_div(self.whole)
    }

    /// For ordering: parts of a million; nothing to have is the most.
    fn rank(self) -> usize {
        (self.part * 1_000_000).checked_div(self.whole).unwrap_or(usize::MAX)
    }

    /// Adds another share to it.
    pub fn add(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }
}

/// Sums over rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many rules came out how.
    pub statuses: BTreeMap<Status, usize>,
    /// Cases that hold, of those that ran.
    pub cases: Share,
    /// Clauses that are covered, of all.
    pub clauses: Share,
    /// Mutants that were caught, of the viable ones.
    pub mutants: Share,
    /// Mutants that mean the same as their rule.
    pub equivalent: usize,
    /// Mutants that cannot be judged.
    pub unviable: usize,
}

impl Totals {
    /// How many rules.
    pub fn rules(&self) -> usize {
        self.statuses.values().sum()
    }

    fn of(rule: &RuleRun, clauses: &[ClauseCoverage], mutants: &[Mutant]) -> Self {
        let count = |wanted: fn(&Outcome) -> bool| {
            mutants.iter().filter(|mutant| wanted(&mutant.outcome)).count()
        };
        let caught = count(|outcome| matches!(outcome, Outcome::Caught { .. }));
        let missed = count(|outcome| matches!(outcome, Outcome::Missed { .. }));
        Self {
            statuses: BTreeMap::from([(rule.status, 1)]),
            cases: Share {
                part: rule.cases.iter().filter(|run| run.verdict == Verdict::Pass).count(),
                whole: rule.cases.len(),
            },
            clauses: Share {
                part: clauses.iter().filter(|clause| clause.is_covered()).count(),
                whole: clauses.len(),
            },
            mutants: Share { part: caught, whole: caught + missed },
            equivalent: count(|outcome| matches!(outcome, Outcome::Equivalent)),
            unviable: count(|outcome| matches!(outcome, Outcome::Unviable { .. })),
        }
    }

    fn add(&mut self, other: &Self) {
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.cases.add(other.cases);
        self.clauses.add(other.clauses);
        self.mutants.add(other.mutants);
        self.equivalent += other.equivalent;
        self.unviable += other.unviable;
    }
}

impl<'a> Digest<'a> {
    /// Joins a run with what was measured on it.
    pub fn new(run: &'a Run, coverage: Option<&'a Coverage>, mutants: Option<&'a Mutants>) -> Self {
        let measured = Measured { clauses: coverage.is_some(), mutants: mutants.is_some() };
        let coverage: BTreeMap<&str, &RuleCoverage> = coverage
            .iter()
            .flat_map(|coverage| &coverage.rules)
            .map(|rule| (rule.key.as_str(), rule))
            .collect();
        let mutants: BTreeMap<&str, &RuleMutants> = mutants
            .iter()
            .flat_map(|mutants| &mutants.rules)
            .map(|rule| (rule.key.as_str(), rule))
            .collect();
        let row = |rule: &'a RuleRun| {
            let covered = coverage.get(rule.key.as_str());
            let changed = mutants.get(rule.key.as_str());
            let clauses = covered.map_or(&[][..], |own| &own.clauses);
            let mutants = changed.map_or(&[][..], |own| &own.mutants);
            let bounds = covered.into_iter().flat_map(|own| &own.bounds);
            let bounds = bounds.chain(changed.into_iter().flat_map(|own| &own.bounds));
            let bounds = bounds.copied().collect();
            Row { rule, clauses, mutants, bounds, totals: Totals::of(rule, clauses, mutants) }
        };
        let rows: Vec<Row<'a>> = run.rules.iter().map(row).collect();
        let mut totals = Totals::default();
        rows.iter().for_each(|row| totals.add(&row.totals));
        let (folders, tactics) = (by_folder(&rows), by_tactic(&rows));
        Self { run, rows, totals, folders, tactics, measured }
    }

    /// The rows, worst first: what failed, then by share of clauses, of mutants,
    /// and by key.
    pub fn worst_first(&self) -> Vec<&Row<'a>> {
        let mut rows: Vec<&Row<'a>> = self.rows.iter().collect();
        rows.sort_by_key(|row| {
            let broken = matches!(row.rule.status, Status::Failed | Status::Invalid);
            let (clauses, mutants) = (row.totals.clauses.rank(), row.totals.mutants.rank());
            (Reverse(broken), clauses, mutants, &row.rule.key)
        });
        rows
    }
}

impl<'a> Row<'a> {
    /// The clauses that are told one by one: none of a rule without cases, where the
    /// same holds for all of them.
    pub fn told(&self) -> &'a [ClauseCoverage] {
        if self.rule.cases.is_empty() { &[] } else { self.clauses }
    }

    /// The clauses that no event has shown to matter both ways.
    pub fn uncovered(&self) -> impl Iterator<Item = &'a ClauseCoverage> + use<'a> {
        self.told().iter().filter(|clause| !clause.is_covered())
    }

    /// The mutants that no case noticed.
    pub fn missed(&self) -> impl Iterator<Item = &'a Mutant> + use<'a> {
        self.mutants.iter().filter(|mutant| matches!(mutant.outcome, Outcome::Missed { .. }))
    }
}

/// The folder of a key; `.` for none.
pub fn folder(key: &str) -> &str {
    key.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn by_folder<'a>(rows: &[Row<'a>]) -> Vec<(&'a str, Totals)> {
    let mut folders: BTreeMap<&str, Totals> = BTreeMap::new();
    for row in rows {
        folders.entry(folder(&row.rule.key)).or_default().add(&row.totals);
    }
    folders.into_iter().collect()
}

fn by_tactic<'a>(rows: &[Row<'a>]) -> Vec<(Tactic<'a>, Totals)> {
    // The first name that a rule gives a tactic is the one shown.
    let mut tactics: BTreeMap<(usize, &str), (&str, Totals)> = BTreeMap::new();
    for row in rows {
        let threat = &row.rule.about.threat;
        let own: BTreeMap<&str, &str> =
            threat.iter().rev().map(|entry| (&*entry.tactic.id, &*entry.tactic.name)).collect();
        for (id, name) in own {
            let entry = tactics.entry(attack::rank(id)).or_insert((name, Totals::default()));
            entry.1.add(&row.totals);
        }
    }
    let named = tactics.into_iter();
    named.map(|((_, id), (name, totals))| (Tactic { id, name }, totals)).collect()
}

/// What is missing about a clause; `None` where it is covered.
pub fn gap(clause: &ClauseCoverage) -> Option<&'static str> {
    match (&clause.decides_true, &clause.decides_false) {
        (Some(_), Some(_)) => None,
        _ if clause.unknown.is_some() => Some("never tried"),
        _ if clause.holds_on == 0 && clause.fails_on == 0 => Some("never tried"),
        _ if clause.holds_on == 0 => Some("never true"),
        _ if clause.fails_on == 0 => Some("never false"),
        (None, None) => Some("never decides"),
        (None, Some(_)) => Some("never decides when true"),
        (Some(_), None) => Some("never decides when false"),
    }
}

/// The same, and why nothing can have tried it.
pub fn gap_in_full(clause: &ClauseCoverage) -> Option<Cow<'static, str>> {
    let gap = gap(clause)?;
    Some(match &clause.unknown {
        Some(unknown) => format!("{gap}: {unknown}").into(),
        None => gap.into(),
    })
}
