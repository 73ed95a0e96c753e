//! The smallest change of an event that turns a condition on it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::clauses::Filter;
use super::{FieldChange, Mark, Truth, Turn};
use crate::synthesis::counterfactual::Counterfactual;
use crate::synthesis::events::fixture;
use harness_model::event::{Event, flatten};
use harness_predicate::eval::eval;
use harness_predicate::explain::flips;
use harness_predicate::plan::Plan;
use harness_runner::run::Subject;

/// The conditions of a plan, to be asked of events.
pub(super) struct Conditions<'a> {
    subject: &'a Subject<'a>,
    /// In the order of [`Plan::filters`].
    pub(super) filters: Vec<Filter<'a>>,
    turners: Vec<Option<Counterfactual<'a>>>,
}

impl<'a> Conditions<'a> {
    pub(super) fn new(plan: &'a Plan, subject: &'a Subject<'a>) -> Self {
        let filters = plan.filters().into_iter();
        let filters: Vec<_> = filters.map(|filter| Filter::new(filter, subject)).collect();
        let turners = (0..filters.len()).map(|at| Counterfactual::new(subject, plan, at)).collect();
        Self { subject, filters, turners }
    }

    /// The position of the first clause of a condition among those of all.
    pub(super) fn start(&self, filter: usize) -> usize {
        self.filters[..filter].iter().map(Filter::size).sum()
    }

    /// What turns the n-th condition on an event of a case; `marks` are those of
    /// the event under this condition.
    pub(super) fn turn(
        &mut self,
        filter: usize,
        (case, event): (usize, usize),
        marks: &[Mark],
    ) -> Option<Turn> {
        let (subject, start) = (self.subject, self.start(filter));
        let own = &self.filters[filter];
        let document = subject.events(case).documents.get(event)?;
        let holds = eval(own.predicate(), document, subject.columns());
        let old = subject.cases().get(case)?.events.get(event)?;
        let turner = self.turners[filter].as_mut()?;
        let Some(new) = turner.turned((case, event), !holds) else {
            let flips = flips(own.predicate(), document, subject.columns(), !holds)?;
            let clauses = flips.iter().filter_map(|flip| own.clause_of(flip.leaf));
            let mut clauses: Vec<usize> = clauses.map(|at| start + at).collect();
            clauses.sort_unstable();
            clauses.dedup();
            let is_impossible = turner.is_impossible(!holds);
            return Some(Turn { clauses, fields: Vec::new(), event: None, is_impossible });
        };
        let holds = |mark: &Mark| mark.truth == Truth::True;
        let after = own.marks(&subject.document(&new), &new);
        let turned = marks.iter().zip(&after).enumerate();
        let turned = turned.filter(|(_, (old, new))| holds(old) != holds(new));
        Some(Turn {
            clauses: turned.map(|(at, _)| start + at).collect(),
            fields: fields(old, &new),
            event: Some(fixture(std::slice::from_ref(&new))),
            is_impossible: false,
        })
    }
}

/// The fields in which two events differ, by name.
pub(super) fn fields(old: &Event, new: &Event) -> Vec<FieldChange> {
    let (old, new) = (values(&old.source), values(&new.source));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let of = |values: &BTreeMap<String, Vec<String>>, name: &str| {
        values.get(name).cloned().unwrap_or_default()
    };
    let changes = names.into_iter().map(|name| FieldChange {
        field: name.clone(),
        from: of(&old, name),
        to: of(&new, name),
    });
    changes.filter(|change| change.from != change.to).collect()
}

fn values(source: &Value) -> BTreeMap<String, Vec<String>> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    flatten(source, &mut |field, value| {
        values.entry(field.to_owned()).or_default().push(value.to_string());
    });
    values
}
