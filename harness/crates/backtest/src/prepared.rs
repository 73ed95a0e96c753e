//! A rule that is ready to be run on a cluster, and the queries that all kinds share.

use std::sync::Arc;

use harness_cluster::client::Client;
use harness_cluster::dsl::{self, Query};
use harness_cluster::error::ClusterError;
use harness_cluster::search;
use harness_compile::program::RuleProgram;
use harness_detect::window::Clock;
use harness_esql::plan::NO_COLUMN;
use harness_predicate::Predicate;
use harness_predicate::plan::TermField;
use harness_rule::model::Rule;
use harness_source::diagnostic::{Diagnostic, Severity};
use serde_json::{Value, json};

use super::model::{Found, Outcome, Request};
use super::target::Target;

/// Why one rule has no result.
pub(super) enum Stop {
    Unsupported(String),
    Cluster(ClusterError),
    /// The events have to be read once more.
    Again,
}

impl From<ClusterError> for Stop {
    /// What the cluster refuses concerns one rule, everything else all of them.
    fn from(error: ClusterError) -> Self {
        match error {
            ClusterError::Refused { status: 400, reason, .. } => {
                Self::Unsupported(format!("the cluster refuses it: {reason}"))
            }
            error => Self::Cluster(error),
        }
    }
}

/// Whether a rule can be judged where this is the worst that is said of it.
pub(super) fn judgeable(worst: Option<&Diagnostic>, data: &str) -> Result<(), Outcome> {
    let Some(found) = worst else { return Ok(()) };
    let message = found.message.clone();
    match found.severity {
        Severity::Warning => Ok(()),
        Severity::Unsupported => Err(Outcome::Unsupported(message)),
        // The rule is right, and the data is not what it is about.
        Severity::Error if found.code == NO_COLUMN => {
            Err(Outcome::Unsupported(format!("{data} lack a field: {message}")))
        }
        Severity::Error => Err(Outcome::Invalid(message)),
    }
}

/// A rule that runs.
pub(super) struct Work<'a> {
    pub(super) at: usize,
    pub(super) rule: &'a Rule,
    pub(super) clock: Clock,
    pub(super) time: Time,
    pub(super) program: RuleProgram,
    /// The fields that suppression groups alerts by.
    pub(super) grouping: Vec<TermField>,
    /// The rule's indices, where those are not all.
    pub(super) indices: Option<Vec<&'a str>>,
}

/// The timestamp fields of a rule, as the indices have them.
#[derive(Clone, Debug)]
pub(super) struct Time {
    pub(super) field: String,
    /// Counts for events that lack the first.
    pub(super) fallback: Option<String>,
}

impl Time {
    pub(super) fn of(clock: &Clock, target: &Target) -> Self {
        let (field, fallback) = (clock.field(), clock.fallback());
        match fallback {
            // No event has a field that no index maps.
            Some(fallback) if target.schema.field(field).is_none() => {
                Self { field: fallback.to_owned(), fallback: None }
            }
            fallback => Self { field: field.to_owned(), fallback: fallback.map(str::to_owned) },
        }
    }
}

/// What every rule runs with.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) client: &'a Client,
    pub(super) target: &'a Target,
    pub(super) request: &'a Request,
}

impl Ground<'_> {
    /// The stretch of time that is looked at.
    pub(super) fn period(self) -> (i64, i64) {
        (self.request.from, self.request.to)
    }

    /// How many events fulfil a query.
    pub(super) fn count(self, query: &Value) -> Result<u64, Stop> {
        let body = json!({ "size": 0, "track_total_hits": true, "query": query });
        let path = format!("{}/_search?ignore_unavailable=true", self.target.pattern);
        Ok(search::total(&search::one(self.client, &path, &body)?)?)
    }

    pub(super) fn query(self, program: &RuleProgram, filter: &Predicate) -> Query {
        dsl::query(filter, &self.target.layout(program))
    }
}

/// A clause within the rule's indices and a stretch of time.
pub(super) fn within(work: &Work<'_>, period: (i64, i64), clause: &Value) -> Value {
    let mut filter = vec![during(&work.time, period)];
    if let Some(indices) = &work.indices {
        filter.push(json!({ "terms": { "_index": indices } }));
    }
    filter.push(clause.clone());
    json!({ "bool": { "filter": filter } })
}

/// Events of a stretch of time, by the rule's timestamp fields.
pub(super) fn during(time: &Time, (from, to): (i64, i64)) -> Value {
    let range = |field: &str| json!({ "range": { field: { "gte": from, "lt": to, "format": "epoch_millis" } } });
    let field = time.field.as_str();
    let Some(fallback) = &time.fallback else { return range(field) };
    json!({ "bool": { "should": [range(field), { "bool": {
        "filter": [range(fallback)],
        "must_not": [{ "exists": { "field": field } }],
    } }], "minimum_should_match": 1 } })
}

/// The outcome of a rule; one that lacks hits is asked for a second time.
pub(super) fn again(mut run: impl FnMut() -> Result<Found, Stop>) -> Result<Found, Stop> {
    match run() {
        Err(Stop::Cluster(ClusterError::Incomplete(_))) => run(),
        outcome => outcome,
    }
}

/// The event of a hit, as index and id.
pub(super) fn place(hit: &Value) -> (String, String) {
    let text = |key: &str| hit.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("_index"), text("_id"))
}

/// The time of a hit that is sorted by it.
pub(super) fn sorted_time(hit: &Value) -> Option<i64> {
    // Beyond every date stands for none.
    hit.pointer("/sort/0").and_then(Value::as_i64).filter(|at| *at != i64::MAX && *at != i64::MIN)
}

/// By the rule's timestamp field.
pub(super) fn by_time(time: &Time, order: &str) -> Value {
    // Nanoseconds are read as milliseconds, and indices without the field come last.
    json!([{ &time.field: {
        "order": order, "numeric_type": "date", "unmapped_type": "date", "missing": "_last",
    } }])
}

/// A field of a plan as the cluster names it.
pub(super) fn named(field: &Arc<str>, target: &Target) -> String {
    target.schema.field(field).map_or_else(|| field.to_string(), |found| found.name.to_string())
}
