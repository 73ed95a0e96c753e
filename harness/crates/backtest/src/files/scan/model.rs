//! What a pass over the files has, and what it gives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::super::request::{Progress, Request};
use crate::{Found, Stop};
use harness_model::events::Origin;
use harness_model::schema::Schema;
use serde_json::Value;

/// What every pass has.
#[derive(Clone, Copy)]
pub(in crate::files) struct Setting<'a> {
    pub(in crate::files) request: &'a Request,
    pub(in crate::files) schema: &'a Schema,
    /// By input: the data stream that its path names.
    pub(in crate::files) origins: &'a [Option<Origin>],
    pub(in crate::files) progress: &'a (dyn Fn(Progress) + Sync),
    pub(in crate::files) interrupted: &'a AtomicBool,
}

/// What a pass gives.
pub(in crate::files) struct Scanned {
    /// By rule.
    pub(in crate::files) found: Vec<Result<Found, Stop>>,
    pub(in crate::files) events: u64,
    /// Unpacked.
    pub(in crate::files) bytes: u64,
    pub(in crate::files) broken: Broken,
    pub(in crate::files) oldest: Option<i64>,
    pub(in crate::files) newest: Option<i64>,
    /// By rule: the newest event by its timestamp fields.
    pub(in crate::files) newest_of: Vec<Option<i64>>,
    /// By rule: how many events lie in its indices.
    pub(in crate::files) seen: Vec<u64>,
    /// By rule: the fields that its conditions need and no event has.
    pub(in crate::files) missing: Vec<Vec<String>>,
    /// By two rules of single events: on how many events both alert.
    pub(in crate::files) pairs: BTreeMap<(usize, usize), u64>,
    /// Whether there were more than are counted.
    pub(in crate::files) are_more_pairs: bool,
    /// Fields that rules name and nothing knew: the first value, and the index of that.
    pub(in crate::files) watched: Vec<(Arc<str>, Value, Option<String>)>,
}

/// What is no event.
#[derive(Default)]
pub(in crate::files) struct Broken {
    pub(in crate::files) count: u64,
    /// The first of them, as input, line and reason.
    pub(in crate::files) told: Vec<(usize, usize, String)>,
}
