//! What a backtest is asked and what it finds.

use std::collections::BTreeMap;

use harness_model::value::format_date;

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
}

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
