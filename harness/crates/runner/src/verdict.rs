//! Verdicts: what a case's alerts say about its rule.
//!
//! This module alone decides between pass and fail. It counts alerts and does
//! no I/O: `detect` supplies the alerts, and `report` renders the verdict.
//!
//! # Invariants
//!
//! - A case marked `todo` never counts as a pass.
//! - A rule passes only with a positive and a negative case that both hold.

use crate::case::{Case, Polarity};

/// How one case came out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// As expected.
    Pass,
    /// A positive case raised no alert.
    Missed,
    /// A negative case raised alerts.
    Noisy,
    /// The number of alerts differs from the one stated.
    Count {
        /// As `case.toml` states.
        expected: usize,
        /// As raised.
        found: usize,
    },
    /// The search would fail, and why; no case expects that.
    Error(String),
}

/// How one rule came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every case holds, and there is one of each polarity.
    Passed,
    /// Some case does not hold, or a polarity has no case.
    Failed,
    /// Every other case holds, but some are marked `todo`.
    Todo,
    /// It has no case.
    Untested,
    /// The harness cannot judge it faithfully, and says why.
    Unsupported,
    /// The rule cannot be loaded or compiled: Kibana would reject it.
    Invalid,
}

/// Compares the number of alerts with what the case expects.
pub fn judge(case: &Case, alerts: usize) -> Verdict {
    match (case.polarity, case.options.alerts, alerts) {
        (Polarity::Negative, _, 0) => Verdict::Pass,
        (Polarity::Negative, _, _) => Verdict::Noisy,
        (Polarity::Positive, _, 0) => Verdict::Missed,
        (Polarity::Positive, Some(expected), found) if expected != found => {
            Verdict::Count { expected, found }
        }
        (Polarity::Positive, _, _) => Verdict::Pass,
    }
}

/// The verdict on a case whose search fails.
pub fn failed(reason: &str) -> Verdict {
    Verdict::Error(reason.to_string())
}

/// Which polarities cases have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Both.
    Paired,
    /// Only the other one.
    Lacks(Polarity),
    /// There is no case.
    Empty,
}

/// Which polarities these are.
pub fn pairing(polarities: impl IntoIterator<Item = Polarity>) -> Pairing {
    let (mut positive, mut negative) = (false, false);
    for polarity in polarities {
        match polarity {
            Polarity::Positive => positive = true,
            Polarity::Negative => negative = true,
        }
    }
    match (positive, negative) {
        (true, true) => Pairing::Paired,
        (true, false) => Pairing::Lacks(Polarity::Negative),
        (false, true) => Pairing::Lacks(Polarity::Positive),
        (false, false) => Pairing::Empty,
    }
}

/// The status of a rule that ran, from its cases and their verdicts.
pub fn status<'a>(cases: impl IntoIterator<Item = (&'a Case, &'a Verdict)> + Clone) -> Status {
    let pairing = pairing(cases.clone().into_iter().map(|(case, _)| case.polarity));
    let (mut todo, mut failed) = (false, false);
    for (case, verdict) in cases {
        if case.options.todo.is_some() {
            todo = true;
        } else if *verdict != Verdict::Pass {
            failed = true;
        }
    }
    match pairing {
        Pairing::Empty => Status::Untested,
        _ if failed => Status::Failed,
        Pairing::Paired if todo => Status::Todo,
        Pairing::Paired => Status::Passed,
        Pairing::Lacks(_) => Status::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Options;

    fn case(polarity: Polarity, alerts: Option<usize>, todo: bool) -> Case {
        let todo = todo.then(|| "later".to_owned());
        let options = Options { alerts, todo, ..Options::default() };
        Case { path: String::new(), name: String::new(), polarity, events: Vec::new(), options }
    }

    #[test]
    fn polarity_and_count_decide() {
        use Polarity::{Negative, Positive};
        for (polarity, stated, alerts, expected) in [
            (Positive, None, 0, Verdict::Missed),
            (Positive, None, 3, Verdict::Pass),
            (Positive, Some(2), 2, Verdict::Pass),
            (Positive, Some(2), 3, Verdict::Count { expected: 2, found: 3 }),
            (Negative, None, 0, Verdict::Pass),
            (Negative, None, 1, Verdict::Noisy),
        ] {
            assert_eq!(judge(&case(polarity, stated, false), alerts), expected);
        }
    }

    #[test]
    fn a_rule_needs_both_polarities_and_no_todo_to_pass() {
        let positive = case(Polarity::Positive, None, false);
        let negative = case(Polarity::Negative, None, false);
        let later = case(Polarity::Negative, None, true);
        let pass = Verdict::Pass;
        let noisy = Verdict::Noisy;
        assert_eq!(status([]), Status::Untested);
        assert_eq!(status([(&positive, &pass), (&negative, &pass)]), Status::Passed);
        assert_eq!(status([(&positive, &pass)]), Status::Failed);
        let error = failed("no time");
        assert_eq!(status([(&positive, &pass), (&negative, &error)]), Status::Failed);
        assert_eq!(status([(&positive, &pass), (&negative, &noisy)]), Status::Failed);
        assert_eq!(status([(&positive, &pass), (&later, &noisy)]), Status::Todo);
    }
}
