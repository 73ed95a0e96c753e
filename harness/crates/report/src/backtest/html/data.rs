//! The data of the page, in the form that `backtest.js` reads.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::backtest::{excluding, told};
use harness_backtest::{Backtest, Found, Outcome, RuleBacktest, Source};
use harness_model::value::format_date;

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// The longest period, in days, that the time axis shows although much of it is empty.
const MAX_DAYS: i64 = 400;

/// All that is drawn.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    /// The first and the last day of the time axis, such as `2026-01-31`.
    from: Option<String>,
    to: Option<String>,
    budget: Option<u64>,
    rules: Vec<Rule<'a>>,
    overlap: Vec<(&'a str, &'a str, u64)>,
}

#[derive(Serialize)]
struct Rule<'a> {
    key: &'a str,
    name: &'a str,
    kind: &'a str,
    severity: &'a str,
    outcome: &'static str,
    /// Why it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// How many events lie in its indices.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<u64>,
    /// The fields that its conditions need and no event has.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    missing: &'a [String],
    /// What would take away the most of its alerts, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusion: Option<String>,
    alerts: u64,
    #[serde(flatten)]
    found: Option<Alerts<'a>>,
}

/// What a rule that alerts found.
#[derive(Serialize)]
struct Alerts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    late: u64,
    days: &'a BTreeMap<String, u64>,
    hours: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    top: &'a [(String, Vec<(String, u64)>)],
    samples: Vec<String>,
}

/// Gathers the data; `days` is the [`extent`].
pub(super) fn of(
    backtest: &Backtest,
    days: Option<(String, String)>,
    budget: Option<u64>,
) -> Data<'_> {
    let (from, to) = days.unzip();
    let overlap = backtest.overlap.iter();
    let overlap = overlap.map(|one| (one.rules.0.as_str(), one.rules.1.as_str(), one.events));
    let rules = backtest.rules.iter().map(rule).collect();
    Data { from, to, budget, rules, overlap: overlap.collect() }
}

/// The days of the time axis: the period that was asked for, or where that has no
/// end, or is much longer than what was found, from the first alert to the last.
pub(super) fn extent(backtest: &Backtest) -> Option<(String, String)> {
    let request = &backtest.request;
    let is_asked = matches!(backtest.source, Source::Cluster);
    if is_asked && request.to.saturating_sub(request.from) <= MAX_DAYS * DAY {
        let day = |time: i64| format_date(time).chars().take(10).collect::<String>();
        return Some((day(request.from), day(request.to.saturating_sub(1))));
    }
    let found = backtest.rules.iter().filter_map(|rule| match &rule.outcome {
        Outcome::Ran(found) => Some(&found.days),
        Outcome::NoIndex | Outcome::Unsupported(_) | Outcome::Invalid(_) => None,
    });
    let days = found.filter_map(|days| Some((days.keys().next()?, days.keys().next_back()?)));
    let (from, to) = days.reduce(|all, own| (all.0.min(own.0), all.1.max(own.1)))?;
    Some((from.clone(), to.clone()))
}

fn rule(rule: &RuleBacktest) -> Rule<'_> {
    let (outcome, reason) = match &rule.outcome {
        Outcome::Ran(_) => ("ran", None),
        Outcome::NoIndex => ("no-index", None),
        Outcome::Unsupported(reason) => ("unsupported", Some(reason.as_str())),
        Outcome::Invalid(reason) => ("invalid", Some(reason.as_str())),
    };
    Rule {
        key: &rule.key,
        name: &rule.name,
        kind: &rule.rule_type,
        severity: &rule.severity,
        outcome,
        reason,
        seen: rule.seen,
        missing: &rule.missing,
        exclusion: rule.exclusion.as_ref().map(excluding),
        alerts: rule.alerts().unwrap_or(0),
        found: match &rule.outcome {
            Outcome::Ran(found) if found.alerts > 0 => Some(alerts(found)),
            Outcome::Ran(_) | Outcome::NoIndex | Outcome::Unsupported(_) | Outcome::Invalid(_) => {
                None
            }
        },
    }
}

fn alerts(found: &Found) -> Alerts<'_> {
    Alerts {
        after: found.after_suppression,
        late: found.late,
        days: &found.days,
        hours: &found.hours,
        first: found.extent.map(|(first, _)| format_date(first)),
        last: found.extent.map(|(_, last)| format_date(last)),
        top: &found.top,
        samples: found.samples.iter().map(told).collect(),
    }
}
