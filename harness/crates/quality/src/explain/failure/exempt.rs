//! Exceptions that are there for a case and did not silence what it must not alert
//! on: lapsed ones, those without effect, and the nearest of those that do not fit.

use std::collections::BTreeMap;

use super::alone::add;
use super::{MAX_TOLD, note};
use crate::explain::hint::hint;
use harness_model::event::Event;
use harness_model::value::format_date;
use harness_predicate::explain::{Flip, flips};
use harness_predicate::{Origin, Part};
use harness_runner::run::{CaseRun, Clause, Explanation, Idle, Role, Subject, Why};
use harness_source::span::Span;
use harness_source::span::plural;

/// So many events are looked at.
const MAX_EVENTS: usize = 8;
/// The most clauses of one exception that are told.
const MAX_CLAUSES: usize = 5;

/// Why no exception silences the events of unwanted alerts.
pub(super) fn idle(subject: &Subject<'_>, case: usize, run: &CaseRun) -> Vec<Explanation> {
    let own = &subject.cases()[case].events;
    let numbers: BTreeMap<&str, usize> =
        own.iter().enumerate().map(|(at, event)| (event.id.as_str(), at)).collect();
    let alerting = run.alerts.iter().flat_map(|alert| &alert.events);
    let alerting = alerting.filter_map(|id| numbers.get(id.as_str()).copied());
    let mut told = Vec::new();
    let mut most = 0;
    for event in alerting.take(MAX_EVENTS) {
        let mut reasons: Vec<(usize, Explanation)> = subject
            .idle_exceptions(case, event)
            .iter()
            .map(|idle| reason(subject, case, event, idle))
            .collect();
        reasons.sort_by_key(|(far, _)| *far);
        most = most.max(reasons.len());
        for (_, reason) in reasons.into_iter().take(MAX_TOLD) {
            add(&mut told, reason, MAX_TOLD);
        }
    }
    let left = most.saturating_sub(MAX_TOLD);
    if left > 0 {
        let verb = if left == 1 { "does" } else { "do" };
        told.push(note(
            None,
            format!("{} {verb} not apply either", plural(left, "more exception")),
        ));
    }
    told
}

/// Why an exception does not silence an event, and how far it is from doing so.
fn reason(
    subject: &Subject<'_>,
    case: usize,
    event: usize,
    idle: &Idle<'_>,
) -> (usize, Explanation) {
    let Idle { name, place, why } = idle;
    let own = &subject.cases()[case].events[event];
    let tell =
        |what: &str| note(Some(own.id.clone()), format!("the exception {name} ({place}) {what}"));
    match why {
        Why::Lapsed { at, now } => {
            let (at, now) = (format_date(*at), format_date(*now));
            (0, tell(&format!("lapsed at {at}; the rule runs at {now}")))
        }
        Why::LeftOut(reason) => (1, tell(&format!("is not applied: {reason}"))),
        Why::Unfit { condition, words } => {
            let document = &subject.events(case).documents[event];
            let Some(flips) = flips(condition, document, subject.columns(), true) else {
                return (usize::MAX, tell("fits no event"));
            };
            let unfit: Vec<Clause> = words
                .iter()
                .map(|(field, excluded)| listed(field, !excluded, own))
                .chain(flips.iter().map(|flip| clause(subject, flip, own)))
                .collect();
            let far = unfit.len().saturating_add(2);
            let clauses = unfit.into_iter().take(MAX_CLAUSES).collect();
            (far, Explanation { clauses, ..tell("does not fit") })
        }
    }
}

/// A condition of an exception that an event does not meet.
fn clause(subject: &Subject<'_>, flip: &Flip<'_>, event: &Event) -> Clause {
    let field = subject.field(&flip.leaf.column).to_string();
    let values = event.values(&field);
    Clause {
        hint: hint(&flip.leaf.test, &values).filter(|_| flip.needed),
        found: values.iter().map(ToString::to_string).collect(),
        ..stated(flip.leaf.to_string(), field, flip.needed)
    }
}

/// The same of a value list of texts.
fn listed(field: &str, needed: bool, event: &Event) -> Clause {
    let text = format!("{field} has the words of a text in the value list");
    let found = event.values(field).iter().map(ToString::to_string).collect();
    Clause { found, ..stated(text, field.to_owned(), needed) }
}

fn stated(clause: String, field: String, needed: bool) -> Clause {
    Clause {
        // The rule does not state it.
        origin: Origin { part: Part::File, span: Span::default() },
        clause,
        role: if needed { Role::Needs } else { Role::MustNot },
        holds: !needed,
        field,
        found: Vec::new(),
        unknown: None,
        hint: None,
        others: 0,
    }
}
