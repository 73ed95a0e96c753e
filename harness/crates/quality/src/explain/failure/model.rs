//! A verdict that is to be explained, and what is said of it.

use harness_predicate::plan::Plan;
use harness_runner::run::{CaseRun, Explanation, Subject};
use harness_runner::verdict::Verdict;
use harness_source::span::plural;

use crate::explain::turn::Conditions;

/// The most events, groups, terms or alerts of one case that are told of.
pub(super) const MAX_TOLD: usize = 3;

/// What is wrong with the alerts of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There are too few.
    Few,
    /// There are some where none should be.
    Any,
    /// There are too many.
    Many,
}

impl Wrong {
    /// `None` where nothing is, or the search failed.
    pub(super) fn of(verdict: &Verdict) -> Option<Self> {
        match verdict {
            Verdict::Pass | Verdict::Error(_) => None,
            Verdict::Missed => Some(Self::Few),
            Verdict::Noisy => Some(Self::Any),
            Verdict::Count { expected, found } if found < expected => Some(Self::Few),
            Verdict::Count { .. } => Some(Self::Many),
        }
    }
}

/// A case that failed, of a rule of conditions on events.
pub(super) struct Failure<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) plan: &'a Plan,
    pub(super) conditions: Conditions<'a>,
    pub(super) case: usize,
    /// The events that each condition takes.
    pub(super) hits: Vec<Vec<u32>>,
}

pub(super) fn note(event: Option<String>, note: String) -> Explanation {
    Explanation { event, note: Some(note), ..Explanation::default() }
}

/// On what a rule alerts.
pub(super) fn alerts(run: &CaseRun) -> String {
    let told = run.alerts.iter().take(MAX_TOLD).map(|alert| match alert.events.as_slice() {
        [first, .., last] if alert.events.len() > 4 => format!("{first} … {last}"),
        events => events.join(", "),
    });
    let told = told.collect::<Vec<_>>().join("; on ");
    match run.alerts.len().saturating_sub(MAX_TOLD) {
        0 => format!("it alerts on {told}"),
        more => format!("it alerts on {told}; and {} more", plural(more, "time")),
    }
}
