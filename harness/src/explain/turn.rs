//! The smallest change of an event that turns a condition on it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::clauses::Filter;
use super::{FieldChange, Mark, Truth, Turn};
use crate::event::{Event, flatten};
use crate::ir::eval::eval;
use crate::ir::explain::flips;
use crate::ir::plan::Plan;
use crate::mutate::{propose, turn as search};
use crate::run::Subject;

/// Turns the n-th condition on an event of a case; `marks` are those of the
/// event, by condition.
pub(super) fn turn(
    plan: &Plan,
    filters: &[Filter<'_>],
    filter: usize,
    (case, event): (usize, usize),
    marks: &[Vec<Mark>],
    subject: &Subject<'_>,
) -> Option<Turn> {
    let own = &filters[filter];
    let before = filters[..filter].iter().map(Filter::size).sum::<usize>();
    let document = subject.events(case).documents.get(event)?;
    let holds = eval(own.predicate(), document, subject.columns());
    let old = &subject.cases().get(case)?.events[event];
    let Some(new) = search::turned(subject, (plan, filter), (case, event), !holds) else {
        let flips = flips(own.predicate(), document, subject.columns(), !holds)?;
        let mut clauses: Vec<usize> = flips
            .iter()
            .filter_map(|flip| own.clause_of(flip.leaf))
            .map(|at| before + at)
            .collect();
        clauses.sort_unstable();
        clauses.dedup();
        return Some(Turn { clauses, fields: Vec::new(), event: None });
    };
    let holds = |mark: &Mark| mark.truth == Truth::True;
    let after = own.marks(&subject.document(&new), &new);
    let turned = marks[filter].iter().zip(&after).enumerate();
    let turned = turned.filter(|(_, (old, new))| holds(old) != holds(new));
    Some(Turn {
        clauses: turned.map(|(at, _)| before + at).collect(),
        fields: fields(old, &new),
        event: Some(propose::fixture(std::slice::from_ref(&new))),
    })
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
