//! Why a case failed: the clauses in the way, or the ones that let it through.

mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ground::Ground;
use super::work::Work;
use crate::case::Case;
use crate::detect::Events;
use crate::detect::eql::why::why_not;
use crate::event::Event;
use crate::ir::explain::{flips, support};
use crate::ir::plan::{Plan, Reach};
use crate::ir::{Leaf, Origin, Predicate};
use crate::verdict::Verdict;

/// The most events of one case that are explained.
const MAX_EVENTS: usize = 5;

/// Why one event did or did not match, or why events did not form a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The event's id; `None` for a statement about the case.
    pub event: Option<String>,
    /// What there is to say beside the clauses.
    pub note: Option<String>,
    /// The clauses to look at, in query order.
    pub clauses: Vec<Clause>,
}

/// One clause on one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Where the rule states it.
    pub origin: Origin,
    /// The clause in words.
    pub clause: String,
    /// The truth that it has.
    pub holds: bool,
    /// The field.
    pub field: String,
    /// The field's values in the event, as JSON.
    pub found: Vec<String>,
    /// Of a field that nothing knows: that, and what may be meant.
    pub unknown: Option<String>,
}

/// A case and what its rule made of it.
pub(super) struct View<'a> {
    pub(super) case: &'a Case,
    pub(super) plan: &'a Plan,
    pub(super) ground: &'a Ground,
    pub(super) events: Events<'a>,
    /// The events that each filter matches.
    pub(super) hits: &'a [Vec<u32>],
    pub(super) sources: &'a BTreeMap<Arc<str>, Arc<str>>,
    pub(super) work: &'a Work,
}

/// Explains a verdict that is not a pass.
pub(super) fn explain(verdict: &Verdict, view: &View<'_>) -> Vec<Explanation> {
    let missed = match verdict {
        Verdict::Pass | Verdict::Error(_) => return Vec::new(),
        Verdict::Missed => true,
        Verdict::Noisy => false,
        Verdict::Count { expected, found } => expected > found,
    };
    let filters = view.plan.filters();
    let mut explanations = Vec::new();
    let reaches = view.plan.reaches();
    for (stage, ((filter, hits), reach)) in filters.iter().zip(view.hits).zip(reaches).enumerate() {
        let label = match (view.plan, stage) {
            (Plan::Threat(_), 0) => Some("as an event".to_owned()),
            (Plan::Threat(_), _) => Some("as an indicator".to_owned()),
            _ => (filters.len() > 1).then(|| format!("stage {}", stage + 1)),
        };
        // A stage that has its event needs no more, and one that wants none has no say.
        if !view.plan.wants_event(stage) || missed && filters.len() > 1 && !hits.is_empty() {
            continue;
        }
        let numbered = (0..).zip(&view.case.events);
        let told = numbered.filter(|(number, _)| hits.contains(number) != missed).take(MAX_EVENTS);
        explanations.extend(told.map(|(number, event)| {
            view.event((filter, reach), number, event, missed, label.clone())
        }));
    }
    explanations.extend(types::notes(missed, view));
    if let (true, true, Plan::Eql(plan)) = (missed, explanations.is_empty(), view.plan) {
        let notes = why_not(plan, view.hits, view.events, &|event| {
            view.case.events.get(event as usize).map_or_else(String::new, |event| event.id.clone())
        });
        let note = |note| Explanation { event: None, note: Some(note), clauses: Vec::new() };
        explanations.extend(notes.into_iter().map(note));
    }
    explanations
}

impl View<'_> {
    fn event(
        &self,
        (filter, reach): (&Predicate, Reach),
        number: u32,
        event: &Event,
        missed: bool,
        label: Option<String>,
    ) -> Explanation {
        let (document, columns) = (&self.events.documents[number as usize], self.events.columns);
        let mut clauses: Vec<Clause> = if missed {
            let flips = flips(filter, document, columns, true).unwrap_or_default();
            flips.into_iter().map(|flip| self.clause(flip.leaf, !flip.needed, event)).collect()
        } else {
            let support = support(filter, document, columns);
            support.into_iter().map(|(leaf, holds)| self.clause(leaf, holds, event)).collect()
        };
        // What no event can fulfil comes first.
        clauses.sort_by_key(|clause| clause.unknown.is_none());
        let barrier = self.ground.barrier(number as usize, reach);
        let notes: Vec<String> = label.into_iter().chain(barrier).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        Explanation { event: Some(event.id.clone()), note, clauses }
    }

    fn clause(&self, leaf: &Leaf, holds: bool, event: &Event) -> Clause {
        let field = self.sources.get(&leaf.column.name).unwrap_or(&leaf.column.name);
        Clause {
            origin: leaf.origin,
            clause: leaf.to_string(),
            holds,
            field: field.to_string(),
            found: event.values(field).into_iter().map(ToString::to_string).collect(),
            unknown: self.work.unknown(leaf).map(ToString::to_string),
        }
    }
}
