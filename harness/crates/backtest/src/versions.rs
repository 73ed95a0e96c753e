//! The alerts of two versions of rules on the same data, compared one by one.

use std::collections::BTreeMap;

use harness_model::value::format_date;
use harness_quality::regress::{AlertSample, Difference, Edition, OnData, Regression};

use super::{Backtest, Found, Outcome, RuleBacktest, Sample};
use harness_source::limits;

/// How many alerts of a version are kept to be compared: what a cluster gives in one answer.
pub const COMPARED: usize = limits::BACKTEST_VERSIONS.most;

/// Puts down what both versions of each changed rule found, with so many samples of what
/// only one did. Both runs kept [`COMPARED`] samples.
pub fn compare(regression: &mut Regression, before: &Backtest, after: &Backtest, samples: usize) {
    for rule in &mut regression.rules {
        let of = |backtest: &Backtest, edition: Option<&Edition>| match edition {
            // Without a version there are no alerts of it.
            None => Ok(Found::default()),
            Some(edition) => found(backtest.rules.iter().find(|one| one.key == edition.key)),
        };
        let (was, is) = (of(before, rule.before.as_ref()), of(after, rule.after.as_ref()));
        rule.data = Some(on_data(was, is, samples));
    }
}

fn found(rule: Option<&RuleBacktest>) -> Result<Found, String> {
    match rule.map(|rule| &rule.outcome) {
        Some(Outcome::Ran(found)) => Ok(found.clone()),
        Some(Outcome::NoIndex) => Ok(Found::default()),
        Some(Outcome::Unsupported(reason) | Outcome::Invalid(reason)) => Err(reason.clone()),
        None => Err("it was not run".to_owned()),
    }
}

fn on_data(was: Result<Found, String>, is: Result<Found, String>, samples: usize) -> OnData {
    let alerts = |found: &Result<Found, String>| found.as_ref().ok().map(|found| found.alerts);
    let mut told = OnData { before: alerts(&was), after: alerts(&is), ..OnData::default() };
    match (was, is) {
        (Ok(was), Ok(is)) if is_whole(&was) && is_whole(&is) => {
            told.difference = Some(difference(&was.samples, &is.samples, samples));
        }
        (Ok(_), Ok(_)) => {
            told.reason = Some("there are more alerts than are compared one by one".to_owned());
        }
        (Err(reason), _) => told.reason = Some(format!("the version before did not run: {reason}")),
        (_, Err(reason)) => told.reason = Some(format!("the new version did not run: {reason}")),
    }
    told
}

/// Whether all alerts are among the samples.
fn is_whole(found: &Found) -> bool {
    found.samples.len() as u64 == found.alerts
}

/// What makes an alert the same under another version: its events, else what they have in
/// common.
fn identity(sample: &Sample) -> (Vec<(String, String)>, Vec<String>) {
    let mut events = sample.events.clone();
    events.sort();
    let key = if events.is_empty() { sample.key.clone() } else { Vec::new() };
    (events, key)
}

fn difference(before: &[Sample], after: &[Sample], samples: usize) -> Difference {
    let mut left: BTreeMap<_, Vec<&Sample>> = BTreeMap::new();
    for sample in before {
        left.entry(identity(sample)).or_default().push(sample);
    }
    let mut told = Difference::default();
    let mut gained: Vec<&Sample> = Vec::new();
    for sample in after {
        match left.get_mut(&identity(sample)).and_then(Vec::pop) {
            Some(_) => told.same += 1,
            None => gained.push(sample),
        }
    }
    let lost: Vec<&Sample> = left.into_values().flatten().collect();
    (told.lost, told.gained) = (lost.len() as u64, gained.len() as u64);
    (told.lost_samples, told.gained_samples) = (some(lost, samples), some(gained, samples));
    told
}

/// The first of them in time.
fn some(mut all: Vec<&Sample>, most: usize) -> Vec<AlertSample> {
    all.sort_by_key(|sample| (sample.time, identity(sample)));
    let told = all.into_iter().take(most).map(|sample| AlertSample {
        time: sample.time.map(format_date),
        events: sample.events.iter().map(|(index, id)| format!("{index}/{id}")).collect(),
        key: sample.key.clone(),
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(id: &str, key: &str, time: i64) -> Sample {
        let events = if id.is_empty() { vec![] } else { vec![("i".to_owned(), id.to_owned())] };
        Sample { events, key: vec![key.to_owned()], time: Some(time), count: 1 }
    }

    fn ran(samples: Vec<Sample>) -> Found {
        Found { alerts: samples.len() as u64, samples, ..Found::default() }
    }

    fn counts(told: &OnData) -> Option<(u64, u64, u64)> {
        told.difference.as_ref().map(|one| (one.lost, one.gained, one.same))
    }

    #[test]
    fn alerts_are_the_same_by_their_events_or_else_by_their_key() {
        let was = ran(vec![sample("a", "x", 2), sample("b", "x", 1), sample("c", "x", 3)]);
        let is = ran(vec![sample("a", "y", 9), sample("d", "x", 1)]);
        let told = on_data(Ok(was), Ok(is), 1);
        assert_eq!(counts(&told), Some((2, 1, 1)));
        let lost = &told.difference.as_ref().expect("compared").lost_samples;
        assert_eq!((lost.len(), lost[0].events.as_slice()), (1, &["i/b".to_owned()][..]));
        // Groups have no events: as many alerts of one key are the same as both have.
        let was = ran(vec![sample("", "x", 1), sample("", "x", 2), sample("", "y", 3)]);
        let is = ran(vec![sample("", "x", 5)]);
        assert_eq!(counts(&on_data(Ok(was), Ok(is), 1)), Some((2, 0, 1)));
    }

    #[test]
    fn what_cannot_be_compared_is_told() {
        let more = Ok(Found { alerts: 7, ..Found::default() });
        let told = on_data(more.clone(), Ok(ran(vec![])), 1);
        assert_eq!((told.before, told.after, told.difference), (Some(7), Some(0), None));
        assert!(told.reason.is_some_and(|reason| reason.contains("more alerts")));
        let told = on_data(Err("no".to_owned()), more, 1);
        assert_eq!((told.before, told.after), (None, Some(7)));
        assert_eq!(told.reason.as_deref(), Some("the version before did not run: no"));
    }
}
