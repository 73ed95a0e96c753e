//! What is said of an alert beside its events.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// What an alert says beside its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `rule.name`, or as its event says.
    pub name: Stated<String>,
    /// `rule.severity`, or as its event says.
    pub severity: Stated<String>,
    /// `rule.risk_score`, or as its event says.
    pub risk_score: Stated<RiskScore>,
    /// Whether analysts see it only as part of others.
    pub building_block: bool,
    /// Why it was raised, in a few words.
    pub reason: String,
    /// The values of a group or the new values, by field.
    pub terms: Vec<(String, String)>,
    /// How many events a group counted.
    pub count: Option<u64>,
    /// How many distinct values a group has of the field that the rule counts.
    pub cardinality: Option<u64>,
    /// The ids of the matching indicators.
    pub indicators: Vec<String>,
    /// The alerts that were suppressed for this one.
    pub suppressed: Option<Suppressed>,
    /// When its first event happened, in milliseconds since 1970.
    pub first: Option<i64>,
    /// When its last event happened, suppressed ones included.
    pub last: Option<i64>,
}

/// A risk score, from 0 to 100; that of an event may have decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RiskScore(pub(super) f64);

/// It is never `NaN`.
impl Eq for RiskScore {}

impl RiskScore {
    /// The score that a rule states.
    #[expect(clippy::cast_precision_loss, reason = "a rule states 100 at most")]
    pub fn of_rule(score: u64) -> Self {
        Self(score as f64)
    }

    /// The score that an event states: a number, also as text.
    pub(super) fn of_event(value: &Value) -> Option<Self> {
        let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
        (0.0..=100.0).contains(&number).then_some(Self(number))
    }
}

impl fmt::Display for RiskScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for RiskScore {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is from 0 to 100"
        )]
        let whole = self.0 as u64;
        if Self::of_rule(whole) == *self {
            serializer.serialize_u64(whole)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// A value of the rule, or of the event in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated<T> {
    /// The value.
    pub value: T,
    /// Whether the event decided it.
    pub by_event: bool,
}

/// The alerts of one group that were suppressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// What the group has in common, by field; nothing where it is missing.
    pub by: Vec<(String, Option<String>)>,
    /// How many alerts were suppressed.
    pub count: usize,
    /// The ids of their events.
    pub events: Vec<String>,
}
