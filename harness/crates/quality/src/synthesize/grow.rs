//! Cases near the drafts of a rule that show what is not shown yet; then those go
//! again that show nothing alone.

mod join;
mod taken;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::asked::Asked;
use super::choice::Seed;
use super::dead;
use super::finish::{Keeps, aligned, finished};
use super::goal::{Goals, Shown};
use super::model::{Dead, Grown, Made};
use super::name;
use super::seed;
use super::suggest::Context;
use crate::mutate::perturb;
use crate::synthesis::encode::{Encoder, Replacement};
use crate::synthesis::reachability;
use crate::synthesis::search::Search;
use harness_model::event::Event;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_runner::case::{Options, Polarity};
use harness_runner::run::{Subject, Trial};
use harness_source::limits;

pub(super) use taken::taken;

/// How many variants of a draft are tried for what is asked of several events.
fn max_variants() -> usize {
    limits::NEW_VARIANTS.now()
}
/// The most events of a draft whose variants are tried.
const MAX_EVENTS: usize = limits::NEW_EVENTS.most;
/// The most events of a case that are given what they have beside.
const MAX_FINISHED: usize = 60;

/// A case that may be kept.
pub(super) struct Candidate {
    /// The case of the session that it is a change of.
    base: usize,
    events: Vec<Event>,
    options: Options,
    polarity: Polarity,
    /// Its name, where it is a draft or the rule's own.
    name: Option<String>,
    /// What it shows: by goal, then what is asked for.
    met: Vec<bool>,
    /// Whether it is one of the rule's own.
    is_own: bool,
    /// Whether it was found near another.
    is_found: bool,
    alerts: usize,
}

/// Cases for a rule; the first `kept` are its own, the others drafts.
pub(super) fn grow(subject: &Subject<'_>, kept: usize, choice: Seed) -> Grown {
    let Some(drafts) = subject.cases().get(kept..).filter(|drafts| !drafts.is_empty()) else {
        return Grown::default();
    };
    let Some(plan) = subject.plan(kept) else { return Grown::default() };
    let goals = Goals::new(subject, plan);
    let asked = Asked::new(drafts.iter().map(|case| &**case));
    let mut pool = Pool::new(&goals, subject, asked, choice);
    for number in 0..subject.cases().len() {
        pool.offer(number, subject.cases()[number].events.clone(), number < kept, true);
    }
    pool.search();
    pool.vary();
    pool.reduce();
    pool.name();
    pool.align();
    pool.merge();
    pool.finish();
    Grown { made: pool.made(kept), dead: pool.dead }
}

struct Pool<'p, 'a> {
    goals: &'p Goals<'a>,
    subject: &'a Subject<'a>,
    context: Context,
    asked: Asked,
    /// What is shown by some candidate: by goal, then what is asked for.
    met: Vec<bool>,
    list: Vec<Candidate>,
    /// The clauses that no event can turn.
    dead: Vec<Dead>,
}

impl<'p, 'a> Pool<'p, 'a> {
    fn new(goals: &'p Goals<'a>, subject: &'a Subject<'a>, asked: Asked, choice: Seed) -> Self {
        let met = vec![false; goals.list.len() + asked.count()];
        let context = seed::context(subject.rule(), choice);
        Self { goals, subject, context, asked, met, list: Vec::new(), dead: Vec::new() }
    }

    /// What a case with other events would be.
    fn candidate(&self, base: usize, events: Vec<Event>) -> Option<Candidate> {
        let trial = self.subject.trial(base, events);
        Some(self.judged(base, &trial, self.goals.shown(&trial)?))
    }

    fn judged(&self, base: usize, trial: &Trial<'_>, shown: Shown) -> Candidate {
        let polarity = if shown.alerts > 0 { Polarity::Positive } else { Polarity::Negative };
        let mut met = shown.met;
        met.resize(self.met.len(), false);
        Candidate {
            base,
            events: trial.events().to_vec(),
            options: self.subject.cases()[base].options.clone(),
            polarity,
            name: None,
            met,
            is_own: false,
            is_found: true,
            alerts: shown.alerts,
        }
    }

    /// Takes a candidate where it shows something new, or is one of the rule's own.
    fn take(&mut self, candidate: Candidate) {
        let fresh = candidate.met.iter().zip(&self.met).any(|(own, known)| *own && !known);
        if !fresh && !candidate.is_own {
            return;
        }
        for (known, own) in self.met.iter_mut().zip(&candidate.met) {
            *known |= own;
        }
        self.list.push(candidate);
    }

    fn offer(&mut self, base: usize, events: Vec<Event>, is_own: bool, is_named: bool) {
        let Some(mut candidate) = self.candidate(base, events) else { return };
        let case = &self.subject.cases()[base];
        if is_own && (candidate.polarity != case.polarity || case.options.todo.is_some()) {
            return;
        }
        let asked = self.asked.met(case, candidate.polarity);
        candidate.met.truncate(self.goals.list.len());
        candidate.met.extend(asked);
        candidate.is_own = is_own;
        candidate.is_found = false;
        candidate.name = is_named.then(|| case.name.clone());
        self.take(candidate);
    }

    /// Looks for events that turn one clause, or tell one mutant.
    fn search(&mut self) {
        let filters = self.goals.trees.len();
        let mut encoders: Vec<Encoder> = (0..filters).map(|_| Encoder::new()).collect();
        for at in 0..self.goals.list.len() {
            for one in self.goals.list[at].replaced() {
                if self.met[at] {
                    break;
                }
                let needed = reachability::needed(self.goals.plan, one.filter);
                let tree = &self.goals.trees[one.filter];
                let replacement =
                    Replacement { tree, node: one.node, with: &one.with, needed: &needed };
                let plan = self.goals.plan;
                let search = Search::new(self.subject, plan, plan, one.filter);
                let suggest = |field: &str, wanted: &[_]| self.context.values(field, wanted);
                let search = search.suggesting(&suggest);
                let encoder = &mut encoders[one.filter];
                encoder.tidy();
                let found = search.find_by(encoder, replacement, &|case, event, changed| {
                    let events = self.replaced(case, event, changed)?;
                    let trial = self.subject.trial(case, events);
                    Some(self.judged(case, &trial, self.goals.shown_with(&trial, at)?))
                });
                match found {
                    Some(candidate) => self.take(candidate),
                    None => {
                        let Some((clause, holds)) = self.goals.clause(at) else { continue };
                        if encoder.differs(replacement) == Some(false) {
                            let reason = dead::reason(encoder, tree, one.node);
                            self.dead.push(Dead { clause, holds, reason });
                        }
                    }
                }
            }
        }
    }

    /// The events of a case with one changed; alone where events are judged alone.
    fn replaced(&self, case: usize, event: usize, changed: Event) -> Option<Vec<Event>> {
        if is_alone(self.goals.plan) {
            return Some(vec![changed]);
        }
        let mut events = self.subject.cases()[case].events.clone();
        *events.get_mut(event)? = changed;
        Some(events)
    }

    /// Tries cases with an event less, one more, other times, other values.
    fn vary(&mut self) {
        let open = |pool: &Self| {
            let goals = pool.goals.list.iter().zip(&pool.met);
            goals.filter(|(goal, met)| goal.is_together() && !**met).count()
        };
        let starts: Vec<(usize, Vec<Event>)> = self
            .list
            .iter()
            .filter(|candidate| candidate.name.is_some() && candidate.events.len() <= MAX_EVENTS)
            .filter(|candidate| candidate.options.now.is_none())
            .map(|candidate| (candidate.base, candidate.events.clone()))
            .collect();
        for (base, events) in starts {
            if open(self) == 0 {
                return;
            }
            for events in perturb::variants(&events, self.goals.plan).take(max_variants()) {
                if let Some(candidate) = self.candidate(base, events) {
                    let goals = self.goals.list.iter().zip(candidate.met.iter().zip(&self.met));
                    let mut wanted = goals.filter(|(goal, _)| goal.is_together());
                    if wanted.any(|(_, (own, known))| *own && !known) {
                        self.take(candidate);
                    }
                }
            }
        }
    }

    /// Drops candidates while all that is shown still is.
    fn reduce(&mut self) {
        let met: Vec<(bool, &[bool])> =
            self.list.iter().map(|one| (one.is_own, one.met.as_slice())).collect();
        let mut needed = needed(&met).into_iter();
        self.list.retain(|_| needed.next().unwrap_or(false));
    }

    /// Names those that have none.
    fn name(&mut self) {
        for candidate in &mut self.list {
            let before = &self.subject.cases()[candidate.base].events;
            let (polarity, events) = (candidate.polarity, &candidate.events);
            candidate.name.get_or_insert_with(|| name::name(polarity, before, events));
        }
    }

    /// The fields that the rule reads.
    fn read(&self) -> BTreeSet<Arc<str>> {
        let columns = self.subject.plans().into_iter().flat_map(Plan::columns);
        columns.map(|column| self.subject.field(column)).collect()
    }

    /// Whether a candidate with other events shows all that it did.
    fn keeps(&self, one: &Candidate, events: &[Event]) -> bool {
        let Some(other) = self.candidate(one.base, events.to_vec()) else { return false };
        let shows = |(before, after): (&bool, &bool)| !before || *after;
        // Where alerts are counted, one alert less says what its event did.
        let counted = one.options.alerts.is_some();
        let goals = one.met.iter().zip(&other.met).take(self.goals.list.len());
        other.alerts == one.alerts && (counted || goals.into_iter().all(shows))
    }

    /// Lets names and paths fit each other.
    fn align(&mut self) {
        self.change(&|one, keeps| aligned(one.events.clone(), keeps));
    }

    /// Gives events what they have beside.
    fn finish(&mut self) {
        let (read, context) = (self.read(), self.context.clone());
        let reads = |field: &str| read.contains(field);
        self.change(&|one, keeps| finished(&one.events, &context, &reads, keeps));
    }

    /// Changes the events of candidates, so that they show what they did.
    fn change(&mut self, change: &dyn Fn(&Candidate, Keeps<'_>) -> Vec<Event>) {
        for at in 0..self.list.len() {
            let one = &self.list[at];
            if !one.is_own && one.events.len() <= MAX_FINISHED {
                let done = change(one, &|events| self.keeps(one, events));
                self.list[at].events = done;
            }
        }
    }

    fn made(&self, kept: usize) -> Vec<Made> {
        let own = self.subject.cases().iter().take(kept);
        let mut names = name::Names::new(own.map(|case| (case.polarity, case.name.clone())));
        let fresh = self.list.iter().filter(|candidate| !candidate.is_own);
        let made = fresh.map(|candidate| {
            let name = candidate.name.as_deref().unwrap_or("typical");
            Made {
                polarity: candidate.polarity,
                name: names.free(candidate.polarity, name),
                events: candidate.events.clone(),
                options: candidate.options.clone(),
            }
        });
        made.collect()
    }
}

/// Which candidates are left when those go that show nothing alone, the last found
/// first; the rule's own are marked and stay.
pub(super) fn needed(list: &[(bool, &[bool])]) -> Vec<bool> {
    let size = list.first().map_or(0, |(_, met)| met.len());
    let mut counts = vec![0_usize; size];
    for (_, met) in list {
        counts.iter_mut().zip(*met).for_each(|(count, met)| *count += usize::from(*met));
    }
    let mut kept = vec![true; list.len()];
    for (at, (is_own, met)) in list.iter().enumerate().rev() {
        let mut shown = counts.iter().zip(*met).filter(|(_, met)| **met);
        if !is_own && shown.all(|(count, _)| *count > 1) {
            counts.iter_mut().zip(*met).for_each(|(count, met)| *count -= usize::from(*met));
            kept[at] = false;
        }
    }
    kept
}

/// Whether a rule judges events one by one.
fn is_alone(plan: &Plan) -> bool {
    match plan {
        Plan::Filter(_) => true,
        Plan::Eql(eql) => matches!(eql.search, EqlSearch::Events(_)),
        Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => false,
    }
}
