//! Cases of a rule taken from events as they happened.

use std::collections::BTreeSet;

use super::{Pool, is_alone};
use crate::synthesis::events::renumbered;
use crate::synthesize::asked::Asked;
use crate::synthesize::choice::Seed;
use crate::synthesize::goal::Goals;
use crate::synthesize::model::Grown;
use crate::synthesize::{name, together};
use harness_model::event::Event;
use harness_runner::case::Polarity;
use harness_runner::run::Subject;

/// Cases of a rule taken from the events of its last case: `treat` gets the events of
/// each, what has to stay as it is, and the fields that the rule reads.
pub(in crate::synthesize) fn taken(
    subject: &Subject<'_>,
    kept: usize,
    mut treat: impl FnMut(&[Event], &dyn Fn(&[Event]) -> bool, &BTreeSet<String>) -> Vec<Event>,
) -> Grown {
    let last = subject.cases().len().saturating_sub(1);
    let Some(plan) = subject.plan(last) else { return Grown::default() };
    let goals = Goals::new(subject, plan);
    let mut pool = Pool::new(&goals, subject, Asked::new(std::iter::empty()), Seed::default());
    for number in 0..kept {
        pool.offer(number, subject.cases()[number].events.clone(), true, true);
    }
    if is_alone(plan) {
        pool.pick(last);
    } else {
        pool.pick_together(last);
    }
    pool.reduce();
    pool.name_taken();
    let read: BTreeSet<String> = pool.read().iter().map(ToString::to_string).collect();
    for at in 0..pool.list.len() {
        let one = &pool.list[at];
        if !one.is_own {
            let done = treat(&one.events, &|events| pool.keeps(one, events), &read);
            pool.list[at].events = done;
        }
    }
    Grown { made: pool.made(kept), dead: Vec::new() }
}

impl Pool<'_, '_> {
    /// Takes the events of a case that show something, small ones first.
    fn pick(&mut self, case: usize) {
        let mut events: Vec<&Event> = self.subject.cases()[case].events.iter().collect();
        events.sort_by_cached_key(|event| event.source.to_string().len());
        for event in events {
            let alone = vec![Event { id: "#1".to_owned(), ..event.clone() }];
            if !self.goals.is_near(&self.subject.trial(case, alone.clone())) {
                continue;
            }
            if let Some(candidate) = self.candidate(case, alone) {
                // That a rule is silent on an event says something near it only.
                let shows = candidate.alerts > 0 || candidate.met[2..].contains(&true);
                if shows {
                    self.take(candidate);
                }
            }
        }
    }

    /// Takes the fewest events of a case that raise the rule together, and what is near.
    fn pick_together(&mut self, case: usize) {
        let all = &self.subject.cases()[case].events;
        let raises = |events: &[Event]| {
            let found = self.goals.alerts(&self.subject.trial(case, events.to_vec()));
            found.is_some_and(|alerts| alerts > 0)
        };
        let mut stretches = together::stretches(self.subject, &self.goals.plan.filters(), case);
        let found = stretches.find_map(|events| together::fewest(&events, &raises));
        let Some(fewest) = found else { return };
        let positive = std::iter::once(fewest.clone());
        for mut events in positive.chain(together::near(&fewest, all)) {
            for event in &mut events {
                "#".clone_into(&mut event.id);
            }
            renumbered(&mut events);
            if let Some(candidate) = self.candidate(case, events) {
                self.take(candidate);
            }
        }
    }

    /// Names events by what they are to the first that raises the rule.
    fn name_taken(&mut self) {
        let first = self.list.iter().find(|one| one.polarity == Polarity::Positive);
        let first = first.map(|one| one.events.clone());
        let read = self.read();
        for candidate in &mut self.list {
            let special = match &first {
                Some(first) if *first != candidate.events => {
                    name::name_by(candidate.polarity, first, &candidate.events, &read)
                }
                Some(_) | None => "as_it_happened".to_owned(),
            };
            candidate.name.get_or_insert(special);
        }
    }
}
