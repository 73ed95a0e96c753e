//! What a case of a pipeline shows.

use crate::coverage::pipeline::{Shown, Shows};
use harness_model::event::Event;
use harness_runner::case::Polarity;
use harness_runner::run::{Flow, Program, Variant};

/// A case that may be kept.
pub(super) struct Candidate {
    pub(super) base: usize,
    pub(super) events: Vec<Event>,
    pub(super) alerts: usize,
    pub(super) name: Option<String>,
    pub(super) met: Vec<bool>,
    pub(super) is_own: bool,
}

impl Candidate {
    pub(super) fn polarity(&self) -> Polarity {
        if self.alerts > 0 { Polarity::Positive } else { Polarity::Negative }
    }
}

/// What cases of a pipeline have to show: that it alerts, and does not; each change of
/// its text; each of its keys; each of its tests, both ways.
pub(super) struct Judge<'a> {
    pub(super) flow: &'a Flow<'a>,
    pub(super) program: &'a Program,
    pub(super) mutants: &'a [Program],
    /// The pipeline without each of its keys, by their numbers.
    pub(super) regrouped: &'a [(usize, Program)],
    pub(super) shown: Option<Shown<'a>>,
    pub(super) shows: Vec<Shows>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        flow: &'a Flow<'a>,
        program: &'a Program,
        mutants: &'a [Program],
        regrouped: &'a [(usize, Program)],
    ) -> Self {
        let shown = Shown::new(program);
        let shows = shown.as_ref().map_or_else(Vec::new, Shown::all);
        Self { flow, program, mutants, regrouped, shown, shows }
    }

    pub(super) fn first_key(&self) -> usize {
        2 + self.mutants.len()
    }

    pub(super) fn first_show(&self) -> usize {
        self.first_key() + self.regrouped.len()
    }

    pub(super) fn goals(&self) -> usize {
        self.first_show() + self.shows.len()
    }

    pub(super) fn candidate(&self, base: usize, events: Vec<Event>) -> Option<Candidate> {
        self.fresh(base, events, &[])
    }

    /// What a case shows of what is not known yet.
    pub(super) fn fresh(
        &self,
        base: usize,
        events: Vec<Event>,
        known: &[bool],
    ) -> Option<Candidate> {
        let variant = self.flow.variant(self.program, base, events)?;
        let prepared = self.flow.on(self.program, &variant)?;
        let (alerts, _) = prepared.run(false, None).ok()?;
        let is_open = |at: usize| !known.get(at).copied().unwrap_or(false);
        let mut met = vec![alerts > 0, alerts == 0];
        for mutant in self.mutants {
            let is_told = is_open(met.len())
                && self.alerts(mutant, &variant).is_some_and(|own| (own > 0) != (alerts > 0));
            met.push(is_told);
        }
        for (_, program) in self.regrouped {
            let is_told = is_open(met.len())
                && self.alerts(program, &variant).is_some_and(|own| own != alerts);
            met.push(is_told);
        }
        let wanted = self.shows.iter().enumerate();
        let wanted = wanted.filter(|(at, _)| is_open(self.first_show() + at));
        let wanted: Vec<Shows> = wanted.map(|(_, shows)| *shows).collect();
        let shown = self.shown.as_ref().map_or_else(Vec::new, |own| own.by(prepared, &wanted));
        met.extend(self.shows.iter().map(|one| shown.contains(one)));
        let events = variant.events().to_vec();
        Some(Candidate { base, events, alerts, name: None, met, is_own: false })
    }

    /// Whether other events show all that a case does.
    pub(super) fn keeps(&self, one: &Candidate, events: &[Event]) -> bool {
        let known: Vec<bool> = one.met.iter().map(|met| !met).collect();
        let Some(other) = self.fresh(one.base, events.to_vec(), &known) else { return false };
        let shows = |(before, after): (&bool, &bool)| !before || *after;
        other.alerts == one.alerts && one.met.iter().zip(&other.met).take(self.goals()).all(shows)
    }

    pub(super) fn alerts(&self, program: &Program, variant: &Variant) -> Option<usize> {
        Some(self.flow.on(program, variant)?.run(false, None).ok()?.0)
    }
}
