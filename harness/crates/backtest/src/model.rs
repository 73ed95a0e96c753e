//! What a backtest is asked and what it finds.

use std::collections::BTreeMap;

use harness_model::event::{Event, flatten};
use harness_model::value::{format_date, keyword_text};
use harness_runner::case::{Case, Polarity};
use harness_source::limits::Limit;

/// What to look at.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which indices, as the cluster names them.
    pub index: String,
    /// The first moment, in milliseconds since 1970.
    pub from: i64,
    /// The moment after the last.
    pub to: i64,
    /// How many samples of each rule to keep.
    pub samples: usize,
    /// How many rules one request asks about, where they can be asked together.
    pub batch: usize,
}

/// Where the events were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// In the indices of a cluster.
    #[default]
    Cluster,
    /// In files.
    Files {
        /// How many events were read.
        events: u64,
        /// How many bytes they are, unpacked.
        bytes: u64,
        /// How long it took.
        millis: u64,
        /// How many pieces of the files are no events.
        broken: u64,
        /// The first of these, with their places.
        broken_lines: Vec<String>,
        /// Whether the run was interrupted.
        is_partial: bool,
    },
}

/// The outcome of all rules, the noisiest first.
#[derive(Clone, Debug)]
pub struct Backtest {
    /// What was looked at.
    pub request: Request,
    /// The indices that were found.
    pub indices: usize,
    /// What is taken for granted, since the cluster does not tell.
    pub notes: Vec<String>,
    /// The rules: by alerts, descending, then by key.
    pub rules: Vec<RuleBacktest>,
    /// Where the events were.
    pub source: Source,
    /// Rules of single events that alert on the same events, those of most first.
    pub overlap: Vec<Overlap>,
}

/// The outcome of one rule.
#[derive(Clone, Debug)]
pub struct RuleBacktest {
    /// Path below the rules folder, without `.toml`.
    pub key: String,
    /// `rule.name`, or the key where the rule did not load.
    pub name: String,
    /// `rule.rule_id`.
    pub rule_id: String,
    /// `rule.type`.
    pub rule_type: String,
    /// `rule.severity`.
    pub severity: String,
    /// How it came out.
    pub outcome: Outcome,
    /// Of files: how many events lie in its indices.
    pub seen: Option<u64>,
    /// Of files: the fields that its conditions need and no event has.
    pub missing: Vec<String>,
    /// What would take away the most of its alerts.
    pub exclusion: Option<Exclusion>,
}

/// A value that many alerts of a rule have, and no positive case of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// The field.
    pub field: String,
    /// The value.
    pub value: String,
    /// How many alerts have it.
    pub alerts: u64,
    /// How many positive cases the rule has.
    pub cases: usize,
}

/// How many alerts are too few to exclude some.
const FEW: u64 = 10;

/// Two rules that alert on the same events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Their keys.
    pub rules: (String, String),
    /// On how many events both alert.
    pub events: u64,
}

/// How a rule came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran.
    Ran(Found),
    /// None of the indices is one of the rule's.
    NoIndex,
    /// It cannot run on a cluster, and why.
    Unsupported(String),
    /// The rule does not load or compile.
    Invalid(String),
}

/// What a rule found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The alerts, before suppression and `max_signals`.
    pub alerts: u64,
    /// Those that the rule's suppression leaves, where it has one and that can be told.
    pub after_suppression: Option<u64>,
    /// By day, as `2026-01-31`: the days that have some.
    pub days: BTreeMap<String, u64>,
    /// By hour, as `2026-01-31T05`, where each alert was looked at.
    pub hours: BTreeMap<String, u64>,
    /// When the first and the last happened, where each alert was looked at.
    pub extent: Option<(i64, i64)>,
    /// How many events came too late to be looked at with those that they follow.
    pub late: u64,
    /// By field: the values that most alerts have, with their number.
    pub top: Vec<(String, Vec<(String, u64)>)>,
    /// The limits past which values were not counted.
    pub bounds: Vec<Limit>,
    /// Some of them.
    pub samples: Vec<Sample>,
}

/// One alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Its events, as index and id.
    pub events: Vec<(String, String)>,
    /// When it happened, in milliseconds since 1970.
    pub time: Option<i64>,
    /// What its events have in common.
    pub key: Vec<String>,
    /// How many events it stands for.
    pub count: u64,
}

impl Source {
    /// Whether all of it was read.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Cluster => true,
            Self::Files { broken, is_partial, .. } => *broken == 0 && !is_partial,
        }
    }
}

impl RuleBacktest {
    /// The alerts, where the rule ran.
    pub fn alerts(&self) -> Option<u64> {
        match &self.outcome {
            Outcome::Ran(found) => Some(found.alerts),
            Outcome::NoIndex | Outcome::Unsupported(_) | Outcome::Invalid(_) => None,
        }
    }
}

impl RuleBacktest {
    /// Looks for the exclusion that takes away the most alerts, at least half of them, and
    /// none of the rule's positive cases.
    pub fn suggest(&mut self, cases: &[Case]) {
        let Outcome::Ran(found) = &self.outcome else { return };
        if found.alerts < FEW {
            return;
        }
        let positive: Vec<&Case> =
            cases.iter().filter(|case| case.polarity == Polarity::Positive).collect();
        let has = |event: &Event, field: &str, value: &str| {
            let mut has = false;
            flatten(&event.source, &mut |own, scalar| {
                has |= own == field && keyword_text(scalar).is_some_and(|text| text == value);
            });
            has
        };
        let is_in_case = |field: &str, value: &str| {
            positive.iter().flat_map(|case| &case.events).any(|event| has(event, field, value))
        };
        let all = found.top.iter().flat_map(|(field, values)| {
            values.iter().map(move |(value, alerts)| (field, value, *alerts))
        });
        let many = all.filter(|(field, value, alerts)| {
            alerts.saturating_mul(2) >= found.alerts && !is_in_case(field, value)
        });
        // Of several with as many alerts the first: what the rule itself groups by.
        let best = many.reduce(|best, other| if other.2 > best.2 { other } else { best });
        self.exclusion = best.map(|(field, value, alerts)| {
            let (field, value) = (field.clone(), value.clone());
            Exclusion { field, value, alerts, cases: positive.len() }
        });
    }
}

impl Found {
    /// Counts an alert of that moment.
    pub(super) fn add(&mut self, time: Option<i64>) {
        self.alerts += 1;
        let Some(time) = time else { return };
        let (first, last) = self.extent.unwrap_or((time, time));
        self.extent = Some((first.min(time), last.max(time)));
        let date = format_date(time);
        for (by, length) in [(&mut self.days, "2026-01-31"), (&mut self.hours, "2026-01-31T05")] {
            let key = date.get(..length.len()).unwrap_or(&date);
            match by.get_mut(key) {
                Some(count) => *count += 1,
                None => drop(by.insert(key.to_owned(), 1)),
            }
        }
    }
}

/// The day of a moment, in UTC.
pub(super) fn day(time: i64) -> String {
    format_date(time).split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A rule with these top values, of 20 alerts.
    fn rule(top: &[(&str, &[(&str, u64)])]) -> RuleBacktest {
        let values = |all: &[(&str, u64)]| {
            all.iter().map(|(value, alerts)| ((*value).to_owned(), *alerts)).collect()
        };
        let top = top.iter().map(|(field, all)| ((*field).to_owned(), values(all))).collect();
        RuleBacktest {
            key: "r".to_owned(),
            name: String::new(),
            rule_id: String::new(),
            rule_type: String::new(),
            severity: String::new(),
            outcome: Outcome::Ran(Found { alerts: 20, top, ..Found::default() }),
            seen: Some(100),
            missing: Vec::new(),
            exclusion: None,
        }
    }

    fn case(polarity: Polarity, document: serde_json::Value) -> Case {
        let event = Event::from_json(document, 1).expect("an event");
        let (path, name) = (String::new(), String::new());
        Case { path, name, polarity, events: vec![event], options: Options::default() }
    }

    use harness_runner::case::Options;

    #[test]
    fn an_exclusion_takes_most_alerts_and_no_positive_case() {
        let check = |cases: &[Case], wanted: Option<(&str, &str, u64)>| {
            let mut rule = rule(&[
                ("user.name", &[("svc", 12), ("eve", 8)]),
                ("host.name", &[("build", 15), ("web", 5)]),
            ]);
            rule.suggest(cases);
            let found = rule.exclusion.as_ref();
            let found = found.map(|one| (one.field.as_str(), one.value.as_str(), one.alerts));
            assert_eq!(found, wanted, "{cases:?}");
        };
        check(&[], Some(("host.name", "build", 15)));
        let build = json!({ "host": { "name": ["x", "build"] }, "user.name": "eve" });
        check(&[case(Polarity::Positive, build.clone())], Some(("user.name", "svc", 12)));
        check(&[case(Polarity::Negative, build.clone())], Some(("host.name", "build", 15)));
        let both = json!({ "host.name": "build", "user": { "name": "svc" } });
        check(&[case(Polarity::Positive, both)], None);
    }
}
