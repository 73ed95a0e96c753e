//! Single events under one condition: what the nearest of those lack that it does
//! not take, and what let those through that it takes.

use std::collections::BTreeMap;

use super::{Failure, MAX_TOLD, note};
use crate::explain::{Mark, Truth};
use harness_predicate::eval::eval;
use harness_predicate::explain::flips;
use harness_predicate::plan::{Plan, Reach};
use harness_runner::run::{CaseRun, Clause, Explanation, Role};
use harness_source::span::plural;

/// For so many events it is found out roughly how near they are.
const MAX_RANKED: usize = 2_000;
/// For so many of the nearest the smallest change is looked for.
const MAX_SEARCHED: usize = 8;
/// The most exclusions of one event that are told, and of the clauses that let
/// it through.
const MAX_EXCLUSIONS: usize = 5;
const MAX_LET_THROUGH: usize = 3;

/// An event that a condition does not take.
struct Near {
    event: u32,
    /// Why the rule does not look at it.
    barrier: Option<String>,
    holds: bool,
}

impl Failure<'_> {
    /// Events that the n-th condition does not take, the nearest first, and what
    /// they lack; those alone that lack least.
    pub(super) fn nearest(&mut self, filter: usize, most: usize) -> Vec<Explanation> {
        let ranked = self.ranked(filter);
        let rest = ranked.len();
        let mut told: Vec<Explanation> = Vec::new();
        for near in ranked.into_iter().take(MAX_SEARCHED) {
            let lacks = self.lacks(filter, near);
            add(&mut told, lacks, MAX_SEARCHED);
        }
        told.sort_by_key(|lacks| lacks.clauses.len());
        let least = told.first().map_or(0, |lacks| lacks.clauses.len());
        told.retain(|lacks| lacks.clauses.len() <= least.max(1));
        told.truncate(most);
        let named: usize = told.iter().map(|lacks| 1 + lacks.also.len()).sum();
        let left = rest.saturating_sub(named);
        if most > 1 && left > 0 && !told.is_empty() {
            let events = match left {
                1 => "1 more event does".to_owned(),
                left => format!("{left} more events do"),
            };
            told.push(note(None, format!("{events} not match")));
        }
        told
    }

    /// The events that the n-th condition does not take, by how far they are.
    fn ranked(&self, filter: usize) -> Vec<Near> {
        let Some(reach) = self.plan.reaches().get(filter).copied() else { return Vec::new() };
        let (events, columns) = (self.events(), self.subject.columns());
        let predicate = self.conditions.filters[filter].predicate();
        let taken = &self.hits[filter];
        let mut ranked = Vec::new();
        for (event, document) in (0_u32..).zip(events.documents).take(MAX_RANKED) {
            if taken.binary_search(&event).is_ok() || self.is_of_other_kind(event, reach) {
                continue;
            }
            let barrier = self.subject.barrier(self.case, event as usize, reach);
            let holds = eval(predicate, document, columns);
            let far =
                || flips(predicate, document, columns, true).map_or(usize::MAX, |it| it.len());
            let far = if holds { 0 } else { far().saturating_add(usize::from(barrier.is_some())) };
            // An event that another stage takes is seldom the one that is meant.
            let stages = self.hits.iter().filter(|hits| hits.binary_search(&event).is_ok());
            let is_taken = stages.count() > 0;
            ranked.push(((is_taken, far, event), Near { event, barrier, holds }));
        }
        ranked.sort_by_key(|(far, _)| *far);
        let free = ranked.iter().any(|((is_taken, ..), _)| !is_taken);
        ranked.retain(|((is_taken, ..), _)| !(free && *is_taken));
        ranked.into_iter().map(|(_, near)| near).collect()
    }

    /// Of an indicator match rule: whether an event is what the other condition
    /// is about.
    fn is_of_other_kind(&self, event: u32, reach: Reach) -> bool {
        if !matches!(self.plan, Plan::Threat(_)) {
            return false;
        }
        let (other, at) = match reach {
            Reach::Indicators => (Reach::Window, 0),
            Reach::Window | Reach::History => (Reach::Indicators, 1),
        };
        let seen = |reach| self.subject.barrier(self.case, event as usize, reach).is_none();
        self.hits[at].binary_search(&event).is_ok() || seen(other) && !seen(reach)
    }

    /// What an event lacks to match the n-th condition.
    fn lacks(&mut self, filter: usize, near: Near) -> Explanation {
        let Near { event, barrier, holds } = near;
        let mut notes: Vec<String> = Vec::new();
        match self.label(filter) {
            label if label.is_empty() => {}
            label => notes.push(format!("nearest to {label}")),
        }
        let is_seen = barrier.is_none();
        notes.extend(barrier);
        let mut told = Explanation { event: Some(self.id(event)), ..Explanation::default() };
        if !holds {
            let marks = self.marks(filter, event);
            let turn = self.conditions.turn(filter, (self.case, event as usize), &marks);
            let Some(turn) = turn else { return told };
            let start = self.conditions.start(filter);
            let part = |at: &usize| {
                let at = at.checked_sub(start)?;
                let role = match marks.get(at)?.truth {
                    Truth::True => Role::MustNot,
                    Truth::False | Truth::Unknown => Role::Needs,
                };
                self.clause(filter, at, role, &marks[at], event)
            };
            told.clauses = turn.clauses.iter().filter_map(part).collect();
            // What no event can fulfil comes first.
            told.clauses.sort_by_key(|clause| clause.unknown.is_none());
            // A change of an event that the rule does not look at makes no alert.
            told.changes = if is_seen { turn.fields } else { Vec::new() };
            match (turn.event.is_some(), turn.is_impossible) {
                (true, _) => {}
                (false, true) => notes.push("no event can match, whatever it holds".to_owned()),
                (false, false) => notes.push("no change was found that makes it match".to_owned()),
            }
        }
        told.note = (!notes.is_empty()).then(|| notes.join("; "));
        told
    }

    /// The events of alerts, and what let them through: exclusions first.
    pub(super) fn let_through(&self, run: &CaseRun) -> Vec<Explanation> {
        let numbers: BTreeMap<&str, u32> =
            self.own().iter().map(|event| event.id.as_str()).zip(0..).collect();
        let alerting = run.alerts.iter().take(MAX_TOLD).flat_map(|alert| &alert.events);
        let mut told: Vec<Explanation> = Vec::new();
        for event in alerting.filter_map(|id| numbers.get(id.as_str())).take(MAX_SEARCHED) {
            for filter in 0..self.hits.len() {
                let takes = self.hits[filter].binary_search(event).is_ok();
                if takes && self.plan.wants_event(filter) {
                    add(&mut told, self.passed(filter, *event), MAX_TOLD);
                }
            }
        }
        told
    }

    /// What let an event through the n-th condition.
    fn passed(&self, filter: usize, event: u32) -> Explanation {
        let marks = self.marks(filter, event);
        let own = &self.conditions.filters[filter];
        let (mut exclusions, mut deciding, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (at, mark) in marks.iter().enumerate() {
            let Some((_, negated)) = own.clause(at) else { continue };
            match (mark.truth == Truth::True, negated) {
                (false, true) => exclusions.push(at),
                (true, false) if own.says_not(at) => exclusions.push(at),
                (true, false) if mark.decides => deciding.push(at),
                (true, false) => others.push(at),
                (true, true) | (false, false) => {}
            }
        }
        // An exclusion that would have stopped it alone comes first.
        exclusions.sort_by_key(|at| !marks[*at].decides);
        let through = if deciding.is_empty() { others } else { deciding };
        let cut = |all: usize, most: usize, lead: &str, noun: &str| {
            (all > most).then(|| format!("{lead} {}, of which {most} follow", plural(all, noun)))
        };
        let more = [
            cut(exclusions.len(), MAX_EXCLUSIONS, "not stopped by", "exclusion"),
            cut(through.len(), MAX_LET_THROUGH, "let through by", "clause"),
        ];
        let exclusions =
            exclusions.into_iter().take(MAX_EXCLUSIONS).map(|at| (at, Role::Exclusion));
        let through = through.into_iter().take(MAX_LET_THROUGH).map(|at| (at, Role::LetThrough));
        let clauses = exclusions.chain(through);
        let clauses =
            clauses.filter_map(|(at, role)| self.clause(filter, at, role, &marks[at], event));
        let label = self.label(filter);
        let label = (!label.is_empty()).then(|| format!("matches as {label}"));
        let notes: Vec<String> = label.into_iter().chain(more.into_iter().flatten()).collect();
        Explanation {
            event: Some(self.id(event)),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
            clauses: clauses.collect(),
            ..Explanation::default()
        }
    }

    fn marks(&self, filter: usize, event: u32) -> Vec<Mark> {
        let document = &self.events().documents[event as usize];
        self.conditions.filters[filter].marks(document, &self.own()[event as usize])
    }

    fn clause(
        &self,
        filter: usize,
        at: usize,
        role: Role,
        mark: &Mark,
        event: u32,
    ) -> Option<Clause> {
        let own = &self.conditions.filters[filter];
        let (stated, _) = own.clause(at)?;
        let event = &self.own()[event as usize];
        let has: Vec<_> = mark.found.iter().filter(|(_, values)| !values.is_empty()).collect();
        let found = match has.as_slice() {
            [(_, values)] => values.clone(),
            several => several
                .iter()
                .map(|(field, values)| format!("{field}: {}", values.join(", ")))
                .collect(),
        };
        let fields: Vec<&str> = mark.found.iter().map(|(field, _)| field.as_str()).collect();
        let needs = role == Role::Needs;
        Some(Clause {
            origin: stated.origin,
            clause: stated.text.clone(),
            role,
            holds: mark.truth == Truth::True,
            field: fields.join(", "),
            found,
            unknown: own.unknown_of(at),
            hint: needs.then(|| own.hint(at, event)).flatten(),
            others: if needs { own.others(at) } else { 0 },
        })
    }
}

/// Whether two events lack the same, or were let through by the same.
fn is_alike(a: &Explanation, b: &Explanation) -> bool {
    let clauses = |told: &Explanation| -> Vec<_> {
        let clauses = told.clauses.iter();
        clauses.map(|clause| (clause.role, clause.clause.clone(), clause.found.clone())).collect()
    };
    a.note == b.note && clauses(a) == clauses(b)
}

/// Puts an event to those of which the same is to be said, or says it of it first.
pub(super) fn add(told: &mut Vec<Explanation>, new: Explanation, most: usize) {
    let known = told.iter().position(|known| is_alike(known, &new));
    match known {
        Some(at) => told[at].also.extend(new.event),
        None if told.len() < most => told.push(new),
        None => {}
    }
}
