//! The alerts of two versions on the same data, as plain data.

/// What both versions found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnData {
    /// The alerts of the version before; none where it did not run.
    pub before: Option<u64>,
    /// The alerts of the new version; none where it did not run.
    pub after: Option<u64>,
    /// The alerts one by one, where they could be compared.
    pub difference: Option<Difference>,
    /// Why something is missing.
    pub reason: Option<String>,
}

/// The alerts of two versions, compared one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// How many both raise.
    pub same: u64,
    /// How many only the version before raises.
    pub lost: u64,
    /// How many only the new version raises.
    pub gained: u64,
    /// Some of those that are lost.
    pub lost_samples: Vec<AlertSample>,
    /// Some of those that are new.
    pub gained_samples: Vec<AlertSample>,
}

/// An alert as its events are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertSample {
    /// When it happened.
    pub time: Option<String>,
    /// Its events, as index and id.
    pub events: Vec<String>,
    /// What its events have in common.
    pub key: Vec<String>,
}
