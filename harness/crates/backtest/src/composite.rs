//! Groups of events by the values of fields, counted by the cluster page by page.

use serde_json::{Value, json};

use super::schedule::Slot;
use super::{Ground, Stop, Work, named, within};
use harness_cluster::error::ClusterError;
use harness_cluster::search;
use harness_predicate::plan::{KeyForm, TermField};
use harness_source::limits;

/// How many groups come in one page; clusters refuse more than 65,535.
const PAGE: usize = 10_000;

/// The most pages of one rule: 20 million groups and slots of time.
const PAGES: usize = limits::BACKTEST_PAGES.most;

/// The name of the source that holds the slot of time.
const SLOT: &str = "slot";

/// The name of the source that holds the value that is counted.
const COUNTED: &str = "counted";

/// The fields of a group, as a composite aggregation takes them.
pub(super) struct Fields<'a> {
    fields: &'a [TermField],
    sources: Vec<Value>,
}

impl<'a> Fields<'a> {
    /// `None` where no event has one of the fields. `missing` has a group for
    /// events that lack a field.
    pub(super) fn new(ground: Ground<'_>, fields: &'a [TermField], missing: bool) -> Option<Self> {
        let source = |(at, field): (usize, &TermField)| {
            let mut terms = json!({ "field": path(ground, field)? });
            if missing {
                terms["missing_bucket"] = json!(true);
            }
            Some(json!({ format!("f{at}"): { "terms": terms } }))
        };
        let sources: Option<Vec<Value>> = fields.iter().enumerate().map(source).collect();
        Some(Self { fields, sources: sources? })
    }

    /// What a composite aggregation groups by.
    pub(super) fn sources(&self) -> &[Value] {
        &self.sources
    }

    /// The values of a group, as an alert shows them.
    pub(super) fn key(&self, bucket: &Value) -> Vec<String> {
        let value = |(at, field): (usize, &TermField)| {
            let value = bucket.pointer(&format!("/key/f{at}")).unwrap_or(&Value::Null);
            match (value, field.form) {
                (Value::String(text), _) => text.clone(),
                (Value::Number(number), KeyForm::Boolean) => {
                    (number.as_i64() != Some(0)).to_string()
                }
                (other, _) => other.to_string(),
            }
        };
        self.fields.iter().enumerate().map(value).collect()
    }
}

/// Where the cluster has the values of a field. Groups know nothing of nested
/// objects: to them, an event has no such field.
pub(super) fn path(ground: Ground<'_>, field: &TermField) -> Option<String> {
    let column = field.column.as_ref()?;
    let found = ground.target.schema.field(&column.name);
    match found.and_then(|found| found.nested.clone()) {
        Some(_) => None,
        None => Some(named(&column.name, ground.target)),
    }
}

/// The moment that an aggregation in a group tells: whole milliseconds, as a float.
pub(super) fn moment(bucket: &Value, path: &str) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "moments are far below 2^53")]
    let whole = |at: f64| at as i64;
    bucket.pointer(path).and_then(Value::as_f64).map(whole)
}

/// One page of groups after the other.
pub(super) struct Pages<'a> {
    pub(super) ground: Ground<'a>,
    /// Which events count.
    pub(super) scope: Value,
    pub(super) sources: Vec<Value>,
    pub(super) aggs: Value,
}

impl Pages<'_> {
    /// Visits every group.
    pub(super) fn each(
        &self,
        visit: &mut dyn FnMut(&Value) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let path = format!(
            "{}/_search?allow_partial_search_results=false&ignore_unavailable=true",
            self.ground.target.pattern
        );
        let mut after: Option<Value> = None;
        for _ in 0..PAGES {
            self.ground.client.check()?;
            let mut composite = json!({ "size": PAGE, "sources": self.sources });
            if let Some(after) = &after {
                composite["after"] = after.clone();
            }
            let mut groups = json!({ "composite": composite });
            if self.aggs.as_object().is_some_and(|aggs| !aggs.is_empty()) {
                groups["aggs"] = self.aggs.clone();
            }
            let body = json!({ "size": 0, "query": self.scope, "aggs": { "groups": groups } });
            let answer = search::one(self.ground.client, &path, &body)?;
            let Some(groups) = answer.pointer("/aggregations/groups") else {
                return Err(Stop::Cluster(ClusterError::Malformed {
                    request: "_search".to_owned(),
                    reason: "it has no groups".to_owned(),
                }));
            };
            let buckets =
                groups.get("buckets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            buckets.iter().try_for_each(&mut *visit)?;
            after = groups.get("after_key").cloned();
            if after.is_none() || buckets.len() < PAGE {
                return Ok(());
            }
        }
        let reason = format!("it has more than {} groups and slots of time", PAGES * PAGE);
        Err(Stop::Unsupported(reason))
    }
}

/// Groups in slots of time.
pub(super) struct Slots<'a> {
    pub(super) ground: Ground<'a>,
    pub(super) work: &'a Work<'a>,
    /// The rule's condition.
    pub(super) clause: &'a Value,
    pub(super) fields: &'a Fields<'a>,
    /// The length of a slot, in milliseconds; slots begin at the period's start.
    pub(super) width: i64,
}

/// Which of a rule's two timestamp fields an event counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    First,
    /// Of events that lack the first.
    Fallback,
}

/// Takes a group, the start of a slot, and a value.
type VisitValue<'a> = dyn FnMut(&[String], i64, String) -> Result<(), Stop> + 'a;

impl Slots<'_> {
    /// The timestamp fields of the rule.
    pub(super) fn times(&self) -> Vec<By> {
        let fallback = self.work.time.fallback.as_ref().map(|_| By::Fallback);
        std::iter::once(By::First).chain(fallback).collect()
    }

    /// Visits each group and slot with its events, in order of the groups, then
    /// of time.
    pub(super) fn each(
        &self,
        by: By,
        visit: &mut dyn FnMut(Vec<String>, Slot) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let field = self.field(by);
        let mut sources = self.fields.sources.clone();
        sources.push(self.slot(field));
        let aggs = json!({ "newest": { "max": { "field": field } } });
        let pages = Pages { ground: self.ground, scope: self.scope(by), sources, aggs };
        pages.each(&mut |bucket| {
            let at = Self::at(bucket);
            let count = bucket.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
            let newest = moment(bucket, "/newest/value").unwrap_or(at);
            visit(self.fields.key(bucket), Slot { at, count, newest, values: Vec::new() })
        })
    }

    /// Visits each group, slot and value of another field.
    pub(super) fn values(
        &self,
        by: By,
        counted: &str,
        visit: &mut VisitValue<'_>,
    ) -> Result<(), Stop> {
        let mut sources = self.fields.sources.clone();
        sources.push(self.slot(self.field(by)));
        sources.push(json!({ COUNTED: { "terms": { "field": counted } } }));
        let pages = Pages { ground: self.ground, scope: self.scope(by), sources, aggs: json!({}) };
        pages.each(&mut |bucket| {
            let value = bucket.pointer(&format!("/key/{COUNTED}")).unwrap_or(&Value::Null);
            visit(&self.fields.key(bucket), Self::at(bucket), value.to_string())
        })
    }

    fn field(&self, by: By) -> &str {
        let time = &self.work.time;
        match by {
            By::First => &time.field,
            By::Fallback => time.fallback.as_deref().unwrap_or(&time.field),
        }
    }

    fn slot(&self, field: &str) -> Value {
        let offset = self.ground.request.from.rem_euclid(self.width);
        json!({ SLOT: { "date_histogram": {
            "field": field,
            "fixed_interval": format!("{}ms", self.width),
            "offset": format!("{offset}ms"),
        } } })
    }

    fn at(bucket: &Value) -> i64 {
        bucket.pointer(&format!("/key/{SLOT}")).and_then(Value::as_i64).unwrap_or_default()
    }

    fn scope(&self, by: By) -> Value {
        let mut scope = within(self.work, self.ground.period(), self.clause);
        if by == By::Fallback {
            scope["bool"]["must_not"] = json!([{ "exists": { "field": self.work.time.field } }]);
        }
        scope
    }
}
