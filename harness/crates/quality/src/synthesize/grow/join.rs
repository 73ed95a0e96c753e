//! Cases of one event that become one of several.

use std::collections::BTreeMap;

use super::{Candidate, Pool, is_alone};
use crate::synthesis::events::renumbered;
use crate::synthesize::name;
use crate::synthesize::seed::{self, MOMENT};
use harness_model::event::Event;
use harness_predicate::plan::Plan;
use harness_runner::case::Polarity;

/// The most events that are joined to one case.
const MAX_MERGED: usize = 40;

impl Pool<'_, '_> {
    /// Joins cases of one event that differ in the same field: negative ones to a case
    /// of several events, positive ones to a case that counts its alerts.
    pub(super) fn merge(&mut self) {
        if !is_alone(self.goals.plan) && !matches!(self.goals.plan, Plan::NewTerms(_)) {
            return;
        }
        let mut groups: BTreeMap<(Polarity, String), Vec<usize>> = BTreeMap::new();
        for (at, candidate) in self.list.iter().enumerate() {
            if candidate.is_own || candidate.events.len() != 1 || !candidate.is_found {
                continue;
            }
            let before = &self.subject.cases()[candidate.base].events;
            if let Some(fields) = name::fields(before, &candidate.events) {
                let name = match candidate.polarity {
                    Polarity::Positive => format!("each_{fields}"),
                    Polarity::Negative => format!("other_{fields}"),
                };
                groups.entry((candidate.polarity, name)).or_default().push(at);
            }
        }
        let mut gone = vec![false; self.list.len()];
        let mut joined = Vec::new();
        for ((polarity, name), members) in groups {
            for members in members.chunks(MAX_MERGED).filter(|members| members.len() > 1) {
                if let Some(made) = self.joined(members, polarity) {
                    members.iter().for_each(|at| gone[*at] = true);
                    joined.push(Candidate { name: Some(name.clone()), ..made });
                }
            }
        }
        let mut gone = gone.into_iter();
        self.list.retain(|_| !gone.next().unwrap_or(false));
        self.list.extend(joined);
    }

    /// One case of several; `None` where together they are something else.
    fn joined(&self, members: &[usize], polarity: Polarity) -> Option<Candidate> {
        let times = seed::time_fields(self.subject.rule());
        let base = self.list.get(*members.first()?)?.base;
        let window = self.subject.window(base);
        let count = i64::try_from(members.len()).ok()?;
        let step = (window.to.saturating_sub(window.from) / (count + 1)).clamp(1, 1_000);
        let events = (0_i64..).zip(members).map(|(n, at)| {
            let event = self.list[*at].events.first()?;
            seed::at(event, &times, MOMENT - (count - 1 - n) * step)
        });
        let mut events = events.collect::<Option<Vec<Event>>>()?;
        for event in &mut events {
            "#".clone_into(&mut event.id);
        }
        renumbered(&mut events);
        let mut made = self.candidate(base, events)?;
        // New terms look at events together: what one shows, another may hide.
        let shows = |at: &usize| {
            let own = self.list[*at].met.iter();
            own.zip(&made.met).all(|(own, all)| !own || *all)
        };
        if !is_alone(self.goals.plan) && !members.iter().all(shows) {
            return None;
        }
        let holds = match polarity {
            Polarity::Positive => made.alerts == members.len(),
            Polarity::Negative => made.alerts == 0,
        };
        if !holds {
            return None;
        }
        // Each alert is counted, so that one less is noticed.
        made.options.alerts = (polarity == Polarity::Positive).then_some(members.len());
        for at in members {
            made.met.iter_mut().zip(&self.list[*at].met).for_each(|(all, own)| *all |= own);
        }
        Some(made)
    }
}
