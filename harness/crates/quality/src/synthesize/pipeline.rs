//! Cases for ES|QL pipelines: a climb from the plain event to events that come
//! through all commands, and cases near those that show each change of the text.

mod bench;
mod climb;
mod dead;
mod groups;
mod judge;
mod near;
mod pattern;
mod single;

use std::collections::BTreeSet;

use super::asked::Asked;
use super::choice::Seed;
use super::draft::Edges;
use super::finish::{aligned, finished};
use super::grow::needed;
use super::model::{Grown, Made};
use super::name;
use super::seed::{self, draft};
use super::suggest::Context;
use super::together;
use crate::clause::esql_text;
use crate::clause::esql_text::edited;
use crate::mutate::pipeline::{Proposer, programs};
use crate::synthesis::events::{of_fixture, renumbered};
use crate::synthesis::origins::Origins;
use climb::Climb;
use harness_model::event::Event;
use harness_predicate::plan::Reach;
use harness_runner::case::{Case, Polarity};
use harness_runner::run::{Flow, Program};
use harness_source::limits;
use judge::{Candidate, Judge};
use near::Near;
use single::{Goal, Single};

/// Drafts for a rule whose last case is its plain event.
pub(super) fn drafts(flow: &Flow<'_>, choice: Seed, reads: usize) -> Vec<Case> {
    let subject = flow.subject();
    let Some(seed) = flow.cases().len().checked_sub(1) else { return Vec::new() };
    let Ok(program) = flow.program(flow.text()) else { return Vec::new() };
    let context = seed::context(flow.rule(), choice);
    let found = top(flow, &program, (seed, reads), &context);
    let Some((positive, negative)) = found else { return Vec::new() };
    let (key, options) = (flow.key(), &flow.cases()[seed].options);
    let mut drafts = vec![draft(&key, Polarity::Positive, "typical", positive.clone())];
    drafts.extend(negative.map(|events| draft(&key, Polarity::Negative, "too_little", events)));
    // Fields that nothing maps are known by the events that have them.
    let plain = &flow.cases()[seed].events;
    let fields = seed::plain(flow.rule()).source;
    if plain.first().is_some_and(|event| event.source != fields) {
        drafts.push(draft(&key, Polarity::Negative, "other_event", plain.clone()));
    }
    let alerts = |events: &[Event], now: Option<i64>| {
        let variant = flow.variant_at(&program, seed, events.to_vec(), now)?;
        Some(flow.on(&program, &variant)?.run(false, None).ok()?.0)
    };
    drafts
        .extend(Edges { subject, reaches: &[Reach::Window], seed, alerts: &alerts }.of(&positive));
    for draft in &mut drafts {
        draft.options.completion.clone_from(&options.completion);
    }
    drafts
}

/// Events that alert, and some near them that do not, where such were met.
fn top(
    flow: &Flow<'_>,
    program: &Program,
    (case, reads): (usize, usize),
    context: &Context,
) -> Option<(Vec<Event>, Option<Vec<Event>>)> {
    let origins = Origins::new(flow.subject(), program)?;
    let single = Single::new(flow, program, case, &origins, context);
    let goals = goals(program, &origins);
    Climb::new(&single, &goals, reads)?.top()
}

/// What each row has to be before rows are grouped.
fn goals(program: &Program, origins: &Origins<'_>) -> Vec<Goal> {
    let Some(pipeline) = program.pipeline() else { return Vec::new() };
    let until = bench::grouping(&pipeline.plan);
    let all = bench::conditions(&pipeline.plan, origins, until).into_iter();
    all.map(|(_, condition)| Goal::Holds(origins.unfolded(condition))).collect()
}

/// How many events all runs that look for what tells mutants may read together.
fn max_read() -> usize {
    limits::NEW_MUTANT_READS.now()
}
/// How many variants of drafts are tried on mutants.
const MAX_VARIANTS: usize = limits::NEW_MUTANT_VARIANTS.most;
/// The most events of a case that are given what they have beside.
const MAX_FINISHED: usize = 12;

/// Cases for a rule; the first `kept` are its own, the others drafts.
pub(super) fn grow(flow: &Flow<'_>, kept: usize, choice: Seed) -> Grown {
    let Some(drafts) = flow.cases().get(kept..).filter(|drafts| !drafts.is_empty()) else {
        return Grown::default();
    };
    let Ok(program) = flow.program(flow.text()) else { return Grown::default() };
    let asked = Asked::new(drafts.iter().map(|case| &**case));
    let (mutants, regrouped) = (programs(flow), without_keys(flow));
    let judge = Judge::new(flow, &program, &mutants, &regrouped);
    let mut pool = Pool { known: vec![false; judge.goals() + asked.count()], list: Vec::new() };
    for (number, case) in flow.cases().iter().enumerate() {
        if let Some(mut candidate) = judge.candidate(number, case.events.clone()) {
            candidate.is_own = number < kept;
            candidate.met.extend(asked.met(case, candidate.polarity()));
            candidate.name = Some(case.name.clone());
            pool.take(candidate);
        }
    }
    let context = seed::context(flow.rule(), choice);
    pool.near(&judge, kept, &context);
    let proposer = Proposer::within(flow, &program, max_read(), MAX_VARIANTS);
    for (at, mutant) in mutants.iter().enumerate() {
        if pool.known[at + 2] {
            continue;
        }
        let found = proposer.find(mutant).and_then(|(fixture, _)| of_fixture(fixture));
        if let Some(candidate) = found.and_then(|events| judge.candidate(kept, events)) {
            pool.take(candidate);
        }
    }
    let fields = program.pipeline().map_or(&[][..], |pipeline| pipeline.fields.as_slice());
    let reads = |field: &str| fields.iter().any(|own| &*own.path == field);
    let dead = dead::proved(&judge, &pool.known);
    let Pool { list, .. } = pool;
    let met: Vec<(bool, &[bool])> =
        list.iter().map(|one| (one.is_own, one.met.as_slice())).collect();
    let needed = needed(&met);
    let own = flow.cases().iter().take(kept);
    let mut names = name::Names::new(own.map(|case| (case.polarity, case.name.clone())));
    let fresh = list.iter().zip(needed).filter(|(one, needed)| *needed && !one.is_own);
    let made = fresh.map(|(one, _)| {
        let few = one.events.len() <= MAX_FINISHED;
        let keeps = |events: &[Event]| judge.keeps(one, events);
        let done = few.then(|| {
            let events = aligned(one.events.clone(), &keeps);
            finished(&events, &context, &reads, &keeps)
        });
        let polarity = one.polarity();
        let before = &flow.cases()[one.base].events;
        let special = one.name.clone().unwrap_or_else(|| name::name(polarity, before, &one.events));
        Made {
            polarity,
            name: names.free(polarity, &special),
            events: done.unwrap_or_else(|| one.events.clone()),
            options: flow.cases()[one.base].options.clone(),
        }
    });
    Grown { made: made.collect(), dead }
}

/// The pipeline without each of its keys, by the number of the key.
fn without_keys(flow: &Flow<'_>) -> Vec<(usize, Program)> {
    let keys = esql_text::keys(flow.text()).into_iter().enumerate();
    let program = |(number, key): (usize, esql_text::Key)| {
        let mut tried = key.without.iter();
        let found = tried.find_map(|marks| flow.program(&edited(flow.text(), marks)).ok());
        found.map(|program| (number, program))
    };
    keys.filter_map(program).collect()
}

/// The candidates so far.
struct Pool {
    known: Vec<bool>,
    list: Vec<Candidate>,
}

impl Pool {
    /// Takes a candidate where it shows something new, or is one of the rule's own.
    fn take(&mut self, mut candidate: Candidate) {
        candidate.met.resize(self.known.len(), false);
        let fresh = candidate.met.iter().zip(&self.known).any(|(own, known)| *own && !known);
        if fresh || candidate.is_own {
            self.known.iter_mut().zip(&candidate.met).for_each(|(known, own)| *known |= own);
            self.list.push(candidate);
        }
    }

    /// Adds cases near those that alert, for what no case shows yet.
    fn near(&mut self, judge: &Judge<'_>, kept: usize, context: &Context) {
        let (flow, program) = (judge.flow, judge.program);
        let Some(pipeline) = program.pipeline() else { return };
        let Some(origins) = Origins::new(flow.subject(), program) else { return };
        let single = Single::new(flow, program, kept, &origins, context);
        let goals = goals(program, &origins);
        let positive = self.list.iter().find(|one| one.alerts > 0 && one.base >= kept);
        let Some(positive) = positive.map(|one| one.events.clone()) else { return };
        let near =
            Near { single: &single, plan: &pipeline.plan, goals: &goals, positive: &positive };
        let mut left = single::max_read();
        let keys = judge.first_key()..judge.first_show();
        for nth in 0.. {
            let is_done = nth > 0 && self.known[keys.clone()].iter().all(|known| *known);
            let found = if is_done { Vec::new() } else { near.regrouped(nth) };
            if found.is_empty() {
                break;
            }
            found.into_iter().for_each(|events| self.offer(judge, kept, events));
        }
        for (place, (at, number, holds)) in judge.shows.iter().enumerate() {
            // Steps inside others are left to trying.
            let is_known = self.known[judge.first_show() + place];
            if is_known || pipeline.plan.is_nested() {
                continue;
            }
            for events in near.of(*at, *number, *holds, &mut left) {
                self.offer(judge, kept, events);
                if self.known[judge.first_show() + place] {
                    break;
                }
            }
        }
    }

    fn offer(&mut self, judge: &Judge<'_>, base: usize, events: Vec<Event>) {
        if let Some(candidate) = judge.fresh(base, events, &self.known) {
            self.take(candidate);
        }
    }
}

/// Cases of a rule taken from the events of its last case, as [`super::grow::taken`].
pub(super) fn taken(
    flow: &Flow<'_>,
    kept: usize,
    mut treat: impl FnMut(&[Event], &dyn Fn(&[Event]) -> bool, &BTreeSet<String>) -> Vec<Event>,
) -> Vec<Made> {
    let (Ok(program), Some(last)) = (flow.program(flow.text()), flow.cases().len().checked_sub(1))
    else {
        return Vec::new();
    };
    let (mutants, regrouped) = (programs(flow), without_keys(flow));
    let judge = Judge::new(flow, &program, &mutants, &regrouped);
    let all = &flow.cases()[last].events;
    let raises = |events: &[Event]| {
        let variant = flow.variant(&program, last, events.to_vec());
        variant.and_then(|variant| judge.alerts(&program, &variant)).is_some_and(|count| count > 0)
    };
    let mut known = vec![false; judge.goals()];
    for (number, case) in flow.cases().iter().enumerate().take(kept) {
        if let Some(own) = judge.candidate(number, case.events.clone()) {
            known.iter_mut().zip(&own.met).for_each(|(known, own)| *known |= own);
        }
    }
    let subject = flow.subject();
    let Some(documents) = flow.documents(last) else { return Vec::new() };
    let mut stretches = together::stretches(subject, &documents.filters(), last);
    let found = stretches.find_map(|events| together::fewest(&events, &raises));
    let Some(fewest) = found else { return Vec::new() };
    let mut list: Vec<Candidate> = Vec::new();
    for mut events in std::iter::once(fewest.clone()).chain(together::near(&fewest, all)) {
        for event in &mut events {
            "#".clone_into(&mut event.id);
        }
        renumbered(&mut events);
        let Some(candidate) = judge.candidate(last, events) else { continue };
        if candidate.met.iter().zip(&known).any(|(own, known)| *own && !known) {
            known.iter_mut().zip(&candidate.met).for_each(|(known, own)| *known |= own);
            list.push(candidate);
        }
    }
    let fields = program.pipeline().map_or(&[][..], |pipeline| pipeline.fields.as_slice());
    let read: BTreeSet<String> = fields.iter().map(|field| field.path.to_string()).collect();
    let own = flow.cases().iter().take(kept);
    let mut names = name::Names::new(own.map(|case| (case.polarity, case.name.clone())));
    let made = list.iter().enumerate().map(|(at, one)| {
        let keeps = |events: &[Event]| judge.keeps(one, events);
        let polarity = one.polarity();
        let special = match at {
            0 => "as_it_happened".to_owned(),
            _ => name::name(polarity, &list[0].events, &one.events),
        };
        Made {
            polarity,
            name: names.free(polarity, &special),
            events: treat(&one.events, &keeps, &read),
            options: flow.cases()[one.base].options.clone(),
        }
    });
    made.collect()
}
