//! Cases near the drafts of a rule that show what is not shown yet; then those go
//! again that show nothing alone.

use std::collections::BTreeSet;

use super::goal::Goals;
use super::{Made, name, suggest};
use crate::mutate::perturb;
use crate::synthesis::encode::{Encoder, Replacement};
use crate::synthesis::reachability;
use crate::synthesis::search::Search;
use harness_model::event::Event;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_runner::case::{Options, Polarity};
use harness_runner::run::Subject;

/// How many variants of a draft are tried for what is asked of several events.
const MAX_VARIANTS: usize = 250;
/// The most events of a draft whose variants are tried.
const MAX_EVENTS: usize = 40;

/// A case that may be kept.
pub(super) struct Candidate {
    /// The case of the session that it is a change of.
    base: usize,
    events: Vec<Event>,
    options: Options,
    polarity: Polarity,
    /// Its name, where it is a draft or the rule's own.
    name: Option<String>,
    /// What it shows, by goal.
    met: Vec<bool>,
    /// Whether it is one of the rule's own.
    is_own: bool,
}

/// Cases for a rule; the first `kept` are its own, the others drafts.
pub(super) fn grow(subject: &Subject<'_>, kept: usize) -> Vec<Made> {
    let Some(plan) = subject.plans().get(subject.plan_of(subject.cases().len().saturating_sub(1)))
    else {
        return Vec::new();
    };
    let goals = Goals::new(subject, plan);
    let mut pool =
        Pool { goals: &goals, subject, met: vec![false; goals.list.len()], list: Vec::new() };
    for number in 0..subject.cases().len() {
        pool.offer(number, subject.cases()[number].events.clone(), number < kept, true);
    }
    pool.search();
    pool.vary();
    pool.reduce();
    pool.made(kept)
}

struct Pool<'p, 'a> {
    goals: &'p Goals<'a>,
    subject: &'a Subject<'a>,
    /// What is shown by some candidate.
    met: Vec<bool>,
    list: Vec<Candidate>,
}

impl Pool<'_, '_> {
    /// What a case with other events would be.
    fn candidate(&self, base: usize, events: Vec<Event>) -> Option<Candidate> {
        let trial = self.subject.trial(base, events);
        let shown = self.goals.shown(&trial)?;
        let polarity = if shown.alerts > 0 { Polarity::Positive } else { Polarity::Negative };
        Some(Candidate {
            base,
            events: trial.events().to_vec(),
            options: self.subject.cases()[base].options.clone(),
            polarity,
            name: None,
            met: shown.met,
            is_own: false,
        })
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
        candidate.is_own = is_own;
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
                let gap = Replacement { tree, node: one.node, with: &one.with, needed: &needed };
                let plan = self.goals.plan;
                let search = Search::new(self.subject, plan, plan, one.filter);
                let search = search.suggesting(suggest::values);
                let encoder = &mut encoders[one.filter];
                encoder.tidy();
                let found = search.find_by(encoder, gap, &|case, event, changed| {
                    let candidate = self.candidate(case, self.replaced(case, event, changed)?)?;
                    candidate.met[at].then_some(candidate)
                });
                if let Some(candidate) = found {
                    self.take(candidate);
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
            .map(|candidate| (candidate.base, candidate.events.clone()))
            .collect();
        for (base, events) in starts {
            if open(self) == 0 {
                return;
            }
            for events in perturb::variants(&events, self.goals.plan).take(MAX_VARIANTS) {
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

    /// Drops candidates while all that is shown still is: the last found first.
    fn reduce(&mut self) {
        let mut counts = vec![0_usize; self.met.len()];
        let count = |counts: &mut Vec<usize>, met: &[bool], add: bool| {
            for (count, _) in counts.iter_mut().zip(met).filter(|(_, met)| **met) {
                *count = if add { *count + 1 } else { *count - 1 };
            }
        };
        self.list.iter().for_each(|candidate| count(&mut counts, &candidate.met, true));
        let mut kept: BTreeSet<usize> = (0..self.list.len()).collect();
        for at in (0..self.list.len()).rev() {
            let candidate = &self.list[at];
            let mut shown = counts.iter().zip(&candidate.met).filter(|(_, met)| **met);
            if !candidate.is_own && shown.all(|(count, _)| *count > 1) {
                count(&mut counts, &candidate.met, false);
                kept.remove(&at);
            }
        }
        let mut at = 0;
        self.list.retain(|_| {
            at += 1;
            kept.contains(&(at - 1))
        });
    }

    fn made(&self, kept: usize) -> Vec<Made> {
        let own = self.subject.cases().iter().take(kept);
        let mut names = name::Names::new(own.map(|case| (case.polarity, case.name.clone())));
        let fresh = self.list.iter().filter(|candidate| !candidate.is_own);
        let made = fresh.map(|candidate| {
            let before = &self.subject.cases()[candidate.base].events;
            let special = candidate
                .name
                .clone()
                .unwrap_or_else(|| name::name(candidate.polarity, before, &candidate.events));
            Made {
                polarity: candidate.polarity,
                name: names.free(candidate.polarity, &special),
                events: candidate.events.clone(),
                options: candidate.options.clone(),
            }
        });
        made.collect()
    }
}

/// Whether a rule judges events one by one.
fn is_alone(plan: &Plan) -> bool {
    match plan {
        Plan::Filter(_) => true,
        Plan::Eql(eql) => matches!(eql.search, EqlSearch::Events(_)),
        Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) | Plan::Pipeline(_) => false,
    }
}
