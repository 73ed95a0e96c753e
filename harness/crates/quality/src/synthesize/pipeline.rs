//! Cases for ES|QL pipelines: a climb from the plain event to events that come
//! through all commands, and cases near those that show each change of the text.

mod climb;
mod pattern;

use std::collections::BTreeSet;

use super::asked::Asked;
use super::choice::Seed;
use super::draft::Edges;
use super::finish::finished;
use super::grow::needed;
use super::model::Made;
use super::name;
use super::seed::{self, draft};
use super::together;
use crate::mutate::pipeline::{Proposer, programs};
use crate::synthesis::events::{of_fixture, renumbered};
use climb::Climb;
use harness_model::event::Event;
use harness_runner::case::{Case, Polarity};
use harness_runner::run::{Flow, Program, Variant};
use harness_source::limits;

/// Drafts for a rule whose last case is its plain event.
pub(super) fn drafts(flow: &Flow<'_>, choice: Seed, reads: usize) -> Vec<Case> {
    let subject = flow.subject();
    let Some(seed) = flow.cases().len().checked_sub(1) else { return Vec::new() };
    let Some(plan) = subject.plans().get(subject.plan_of(seed)) else { return Vec::new() };
    let Ok(program) = flow.program(flow.text()) else { return Vec::new() };
    let found = Climb::new(flow, &program, (seed, reads), choice).and_then(|mut climb| climb.top());
    let Some((positive, negative)) = found else { return Vec::new() };
    let (key, options) = (flow.key(), &flow.cases()[seed].options);
    let mut drafts = vec![draft(&key, Polarity::Positive, "typical", positive.clone())];
    drafts.extend(negative.map(|events| draft(&key, Polarity::Negative, "too_little", events)));
    let alerts = |events: &[Event], now: Option<i64>| {
        let variant = flow.variant_at(&program, seed, events.to_vec(), now)?;
        Some(flow.on(&program, &variant)?.run(false, None).ok()?.0)
    };
    drafts.extend(Edges { subject, plan, seed, alerts: &alerts }.of(&positive));
    for draft in &mut drafts {
        draft.options.completion.clone_from(&options.completion);
    }
    drafts
}

/// How many events all runs that look for what tells mutants may read together.
fn max_read() -> usize {
    limits::NEW_MUTANT_READS.now()
}
/// How many variants of drafts are tried on mutants.
const MAX_VARIANTS: usize = 1_500;
/// The most events of a case that are given what they have beside.
const MAX_FINISHED: usize = 12;

/// A case that may be kept.
struct Candidate {
    base: usize,
    events: Vec<Event>,
    alerts: usize,
    name: Option<String>,
    met: Vec<bool>,
    is_own: bool,
}

impl Candidate {
    fn polarity(&self) -> Polarity {
        if self.alerts > 0 { Polarity::Positive } else { Polarity::Negative }
    }
}

/// Cases for a rule; the first `kept` are its own, the others drafts.
pub(super) fn grow(flow: &Flow<'_>, kept: usize, choice: Seed) -> Vec<Made> {
    let Some(drafts) = flow.cases().get(kept..).filter(|drafts| !drafts.is_empty()) else {
        return Vec::new();
    };
    let Ok(program) = flow.program(flow.text()) else { return Vec::new() };
    let asked = Asked::new(drafts.iter().map(|case| &**case));
    let mutants = programs(flow);
    let judge = Judge { flow, program: &program, mutants: &mutants };
    let goals = mutants.len() + 2;
    let mut known = vec![false; goals + asked.count()];
    let mut list: Vec<Candidate> = Vec::new();
    let mut take = |candidate: Candidate, known: &mut Vec<bool>| {
        let fresh = candidate.met.iter().zip(&*known).any(|(own, known)| *own && !known);
        if fresh || candidate.is_own {
            known.iter_mut().zip(&candidate.met).for_each(|(known, own)| *known |= own);
            list.push(candidate);
        }
    };
    for (number, case) in flow.cases().iter().enumerate() {
        if let Some(mut candidate) = judge.candidate(number, case.events.clone()) {
            candidate.is_own = number < kept;
            let polarity = candidate.polarity();
            candidate.met.extend(asked.met(case, polarity));
            candidate.name = Some(case.name.clone());
            take(candidate, &mut known);
        }
    }
    let proposer = Proposer::within(flow, &program, max_read(), MAX_VARIANTS);
    for (at, mutant) in mutants.iter().enumerate() {
        if known[at + 2] {
            continue;
        }
        let found = proposer.find(mutant).and_then(|(fixture, _)| of_fixture(fixture));
        if let Some(mut candidate) = found.and_then(|events| judge.candidate(kept, events)) {
            candidate.met.resize(known.len(), false);
            take(candidate, &mut known);
        }
    }
    let context = seed::context(flow.rule(), choice);
    let fields = program.pipeline().map_or(&[][..], |pipeline| pipeline.fields.as_slice());
    let reads = |field: &str| fields.iter().any(|own| &*own.path == field);
    let met: Vec<(bool, &[bool])> =
        list.iter().map(|one| (one.is_own, one.met.as_slice())).collect();
    let needed = needed(&met);
    let own = flow.cases().iter().take(kept);
    let mut names = name::Names::new(own.map(|case| (case.polarity, case.name.clone())));
    let fresh = list.iter().zip(needed).filter(|(one, needed)| *needed && !one.is_own);
    let made = fresh.map(|(one, _)| {
        let keeps = |events: &[Event]| {
            let other = judge.candidate(one.base, events.to_vec());
            other.is_some_and(|other| other.alerts == one.alerts && other.met == one.met[..goals])
        };
        let few = one.events.len() <= MAX_FINISHED;
        let done = few.then(|| finished(&one.events, &context, &reads, &keeps));
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
    made.collect()
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
    let mutants = programs(flow);
    let judge = Judge { flow, program: &program, mutants: &mutants };
    let all = &flow.cases()[last].events;
    let raises = |events: &[Event]| {
        let variant = flow.variant(&program, last, events.to_vec());
        variant.and_then(|variant| judge.alerts(&program, &variant)).is_some_and(|count| count > 0)
    };
    let mut known = vec![false; mutants.len() + 2];
    for (number, case) in flow.cases().iter().enumerate().take(kept) {
        if let Some(own) = judge.candidate(number, case.events.clone()) {
            known.iter_mut().zip(&own.met).for_each(|(known, own)| *known |= own);
        }
    }
    let subject = flow.subject();
    let Some(plan) = subject.plans().get(subject.plan_of(last)) else { return Vec::new() };
    let mut stretches = together::stretches(subject, plan, last);
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
        let keeps = |events: &[Event]| {
            let other = judge.candidate(one.base, events.to_vec());
            other.is_some_and(|other| other.alerts == one.alerts && other.met == one.met)
        };
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

struct Judge<'a> {
    flow: &'a Flow<'a>,
    program: &'a Program,
    mutants: &'a [Program],
}

impl Judge<'_> {
    fn candidate(&self, base: usize, events: Vec<Event>) -> Option<Candidate> {
        let variant = self.flow.variant(self.program, base, events)?;
        let alerts = self.alerts(self.program, &variant)?;
        let told = |mutant: &Program| {
            self.alerts(mutant, &variant).is_some_and(|other| (other > 0) != (alerts > 0))
        };
        let mut met = vec![alerts > 0, alerts == 0];
        met.extend(self.mutants.iter().map(told));
        let events = variant.events().to_vec();
        Some(Candidate { base, events, alerts, name: None, met, is_own: false })
    }

    fn alerts(&self, program: &Program, variant: &Variant) -> Option<usize> {
        Some(self.flow.on(program, variant)?.run(false, None).ok()?.0)
    }
}
