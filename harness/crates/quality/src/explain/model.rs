//! What explanations say of rules, clauses and events.

use harness_predicate::explain::flips;
use harness_predicate::{Origin, Predicate};
use harness_runner::case::Polarity;
use harness_runner::run::{FieldChange, RuleRun, Subject};
use serde_json::Value;

use super::findings::Findings;
pub use super::mark::{Mark, Truth};
use super::steps::StepView;
use crate::clause::ClauseKind;
use harness_source::limits;

/// The most events of a case that are explained: those that alert, then those
/// that are nearest to it.
pub(super) const MAX_EVENTS: usize = limits::EXPLAINED_EVENTS.most;

/// For so many events and filters of a case the smallest change is looked for.
pub(super) const MAX_TURNS: usize = limits::EXPLAINED_TURNS.most;

/// A rule, clause by clause, and what it makes of one case.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The rule, and its outcome on the case.
    pub rule: RuleRun,
    /// What the case expects; `None` without a case, and for events that are none.
    pub expects: Option<Polarity>,
    /// What each condition of the rule is about, such as `stage 2`; empty for
    /// the only one. No conditions where the rule cannot be judged.
    pub filters: Vec<String>,
    /// The clauses of all conditions, in the order of the rule.
    pub clauses: Vec<Clause>,
    /// What decides beside clauses.
    pub parts: Vec<Part>,
    /// The events of the case, in order; of many those that alert and those that
    /// are nearest to it.
    pub events: Vec<EventView>,
    /// What is not in them.
    pub left_out: LeftOut,
    /// The ids of all its events.
    pub ids: Vec<String>,
    /// What the commands of an ES|QL pipeline make of the case, in order, but for
    /// those that leave the rows as they are; empty for other rules.
    pub steps: Vec<StepView>,
    /// What the events are together.
    pub findings: Findings,
}

/// What an explanation leaves out of a large case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many events were not looked at.
    pub events: usize,
    /// How often what turns a condition on an event was not looked for.
    pub turns: usize,
}

/// A clause of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Of which condition: a position in [`Explained::filters`].
    pub filter: usize,
    /// Where the rule states it.
    pub origin: Origin,
    /// It in words.
    pub text: String,
    /// Whether it stands below a negation, so that it must not hold.
    pub negated: bool,
    /// What it tests; several for a clause over many fields.
    pub tests: Vec<Tested>,
    /// Of a clause on a field that nothing knows: that, and what may be meant.
    pub unknown: Option<String>,
}

/// One test of a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The fields that it reads.
    pub fields: Vec<String>,
    /// What the field holds, such as `keyword`; `script` where values are computed.
    pub kind: &'static str,
    /// What the value has to be, in words.
    pub needs: String,
}

/// A part of a rule that is no condition on one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: ClauseKind,
    /// Where the rule states it.
    pub origin: Origin,
    /// It in words.
    pub text: String,
}

/// One event as the rule sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventView {
    /// Its number in the case, from zero.
    pub number: u32,
    /// Its id.
    pub id: String,
    /// When it happened by its own statement, in milliseconds since 1970.
    pub time: Option<i64>,
    /// The clauses, in the order of [`Explained::clauses`]; none for pipelines,
    /// whose clauses are about rows: see [`Explained::steps`].
    pub marks: Vec<Mark>,
    /// The conditions, in the order of [`Explained::filters`]; of a pipeline the
    /// first alone, which is about events.
    pub filters: Vec<Outcome>,
}

/// A condition on an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Whether the event fulfils it.
    pub holds: bool,
    /// Why the rule does not look at the event, whatever it holds.
    pub barrier: Option<String>,
    /// The least that turns it, where that was looked for and is possible.
    pub turn: Option<Turn>,
}

/// What turns a condition on an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Positions of the clauses that turn, in [`Explained::clauses`].
    pub clauses: Vec<usize>,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
    /// The changed event, as a case holds it, judged by the same rule; `None`
    /// where no such event was found and only the clauses are known.
    pub event: Option<Value>,
    /// Whether it is certain that there is no such event.
    pub is_impossible: bool,
}

/// The events of a case by how much there is to say of them: those that are taken,
/// then those that come nearest to some filter; all in order where they are few.
pub(super) fn nearest(
    filters: &[&Predicate],
    taken: &dyn Fn(u32) -> bool,
    case: usize,
    subject: &Subject<'_>,
) -> Vec<usize> {
    let documents = subject.events(case).documents;
    let mut order: Vec<usize> = (0..documents.len()).collect();
    if documents.len() <= MAX_TURNS {
        return order;
    }
    let far = |event: &usize| {
        if u32::try_from(*event).is_ok_and(taken) {
            return 0;
        }
        let document = &documents[*event];
        let flips = filters
            .iter()
            .filter_map(|filter| Some(flips(filter, document, subject.columns(), true)?.len()));
        flips.min().unwrap_or(usize::MAX).saturating_add(1)
    };
    order.sort_by_cached_key(far);
    order
}
