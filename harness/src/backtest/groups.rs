//! Groups of many events, counted by the cluster: `threshold` and `new_terms`.

use serde_json::{Value, json};

use super::{Found, Ground, Sample, Stop, Work, named, scope};
use crate::engine::cluster::error::ClusterError;
use crate::engine::cluster::search;
use crate::ir::plan::{KeyForm, NewTermsPlan, TermField, ThresholdPlan};

/// How many groups come in one page.
const PAGE: usize = 2000;

/// The counts up to which a cluster tells distinct values apart exactly.
const EXACT_CARDINALITY: u64 = 40_000;

/// The name of the source that holds the window of a group.
const WINDOW: &str = "window";

/// Runs a threshold rule: the period falls into windows of the rule's length,
/// one after the other, and each group of each window is an alert.
pub(super) fn threshold(
    ground: Ground<'_>,
    work: &Work<'_>,
    plan: &ThresholdPlan,
) -> Result<Found, Stop> {
    let window = work.clock.window(ground.request.to);
    let length = window.to.saturating_sub(window.from);
    if length <= 0 {
        return Err(unsupported("its window is empty"));
    }
    let Some(fields) = sources(ground, &plan.fields)? else { return Ok(Found::default()) };
    let query = ground.query(&work.plan, &plan.filter);
    if !query.exact {
        return Err(unsupported("its query has parts that the cluster cannot decide"));
    }
    let moment = json!({ WINDOW: { "date_histogram": {
        "field": work.time.field,
        "fixed_interval": format!("{length}ms"),
        "offset": format!("{}ms", ground.request.from.rem_euclid(length)),
    } } });
    if let Some(fallback) = &work.time.fallback {
        // A group is counted by one field.
        let field = &work.time.field;
        if lacking(ground, work, &query.clause)? > 0 {
            let reason =
                format!("some events have {fallback} and no {field}: a group needs one of them");
            return Err(Stop::Unsupported(reason));
        }
    }
    let mut aggs = json!({});
    if let Some((field, needed)) = &plan.cardinality {
        let Some(name) = source(ground, field)? else { return Ok(Found::default()) };
        if *needed > EXACT_CARDINALITY {
            return Err(unsupported("it counts more distinct values than a cluster does exactly"));
        }
        aggs["values"] =
            json!({ "cardinality": { "field": name, "precision_threshold": EXACT_CARDINALITY } });
    }
    let mut found = Found::default();
    let scope = ground.within(work, &query);
    let sources = std::iter::once(moment).chain(fields).collect::<Vec<_>>();
    pages(ground, &scope, &sources, &aggs, &mut |bucket| {
        let count = bucket.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
        let values = bucket.pointer("/values/value").and_then(Value::as_u64);
        let enough = plan.cardinality.as_ref().is_none_or(|(_, needed)| values >= Some(*needed));
        if count >= plan.count && enough {
            let time = bucket.pointer(&format!("/key/{WINDOW}")).and_then(Value::as_i64);
            found.add(time);
            let key = key(bucket, &plan.fields);
            keep(&mut found, Sample { events: Vec::new(), time, key, count }, ground);
        }
    })?;
    Ok(found)
}

/// Runs a new-terms rule: what the period shows first, and the history before
/// it does not.
pub(super) fn new_terms(
    ground: Ground<'_>,
    work: &Work<'_>,
    plan: &NewTermsPlan,
) -> Result<Found, Stop> {
    let Some(sources) = sources(ground, &plan.fields)? else { return Ok(Found::default()) };
    let query = ground.query(&work.plan, &plan.filter);
    if !query.exact {
        return Err(unsupported("its query has parts that the cluster cannot decide"));
    }
    let from = ground.request.from;
    let history = work.clock.history(from).from.min(from);
    let mut filter = scope(work, history, ground.request.to);
    filter.push(query.clause);
    let scope = json!({ "bool": { "filter": filter } });
    let first = |field: &str| json!({ "min": { "field": field } });
    let field = work.time.field.as_str();
    let mut aggs = json!({ "first": first(field) });
    if let Some(fallback) = &work.time.fallback {
        aggs["others"] = json!({
            "filter": { "bool": { "must_not": [{ "exists": { "field": field } }] } },
            "aggs": { "first": first(fallback) },
        });
    }
    let mut found = Found::default();
    pages(ground, &scope, &sources, &aggs, &mut |bucket| {
        // Whole milliseconds as a float.
        #[expect(clippy::cast_possible_truncation, reason = "moments are far below 2^53")]
        let moment = |path: &str| bucket.pointer(path).and_then(Value::as_f64).map(|at| at as i64);
        let moments = [moment("/first/value"), moment("/others/first/value")];
        let first = moments.into_iter().flatten().min();
        if first.is_some_and(|at| at >= from) {
            found.add(first);
            let count = bucket.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
            let key = key(bucket, &plan.fields);
            keep(&mut found, Sample { events: Vec::new(), time: first, key, count }, ground);
        }
    })?;
    Ok(found)
}

/// How many events of a query lack the rule's first timestamp field.
fn lacking(ground: Ground<'_>, work: &Work<'_>, clause: &Value) -> Result<u64, Stop> {
    let mut filter = scope(work, ground.request.from, ground.request.to);
    filter.push(clause.clone());
    let lacks = json!({ "exists": { "field": work.time.field } });
    let query = json!({ "bool": { "filter": filter, "must_not": [lacks] } });
    let body = json!({ "size": 0, "track_total_hits": true, "query": query });
    let path = format!("{}/_search?ignore_unavailable=true", ground.target.pattern);
    Ok(search::total(&search::one(ground.client, &path, &body)?)?)
}

fn unsupported(reason: &str) -> Stop {
    Stop::Unsupported(reason.to_owned())
}

/// Keeps the largest groups.
fn keep(found: &mut Found, sample: Sample, ground: Ground<'_>) {
    found.samples.push(sample);
    found.samples.sort_by(|a, b| {
        b.count.cmp(&a.count).then_with(|| (a.time, &a.key).cmp(&(b.time, &b.key)))
    });
    found.samples.truncate(ground.request.samples);
}

/// The sources of a composite aggregation; `None` where no event has a field.
fn sources(ground: Ground<'_>, fields: &[TermField]) -> Result<Option<Vec<Value>>, Stop> {
    let mut all = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        let Some(name) = source(ground, field)? else { return Ok(None) };
        all.push(json!({ format!("f{at}"): { "terms": { "field": name } } }));
    }
    Ok(Some(all))
}

fn source(ground: Ground<'_>, field: &TermField) -> Result<Option<String>, Stop> {
    let Some(column) = &field.column else { return Ok(None) };
    let found = ground.target.schema.field(&column.name);
    match found.and_then(|found| found.nested.clone()) {
        Some(_) => Err(unsupported("it groups by a nested field")),
        None => Ok(Some(named(&column.name, ground.target))),
    }
}

/// The values of a group, as an alert shows them.
fn key(bucket: &Value, fields: &[TermField]) -> Vec<String> {
    let value = |(at, field): (usize, &TermField)| {
        let value = bucket.pointer(&format!("/key/f{at}")).unwrap_or(&Value::Null);
        match (value, field.form) {
            (Value::String(text), _) => text.clone(),
            (Value::Number(number), KeyForm::Boolean) => (number.as_i64() != Some(0)).to_string(),
            (other, _) => other.to_string(),
        }
    };
    fields.iter().enumerate().map(value).collect()
}

/// Visits every group of a composite aggregation.
fn pages(
    ground: Ground<'_>,
    scope: &Value,
    sources: &[Value],
    aggs: &Value,
    visit: &mut dyn FnMut(&Value),
) -> Result<(), Stop> {
    let path = format!(
        "{}/_search?allow_partial_search_results=false&ignore_unavailable=true",
        ground.target.pattern
    );
    if sources.is_empty() {
        return Err(unsupported("it groups by nothing"));
    }
    let mut after: Option<Value> = None;
    loop {
        let mut composite = json!({ "size": PAGE, "sources": sources });
        if let Some(after) = &after {
            composite["after"] = after.clone();
        }
        let mut groups = json!({ "composite": composite });
        if aggs.as_object().is_some_and(|aggs| !aggs.is_empty()) {
            groups["aggs"] = aggs.clone();
        }
        let body = json!({ "size": 0, "query": scope, "aggs": { "groups": groups } });
        let answer = search::one(ground.client, &path, &body)?;
        let Some(groups) = answer.pointer("/aggregations/groups") else {
            return Err(Stop::Cluster(ClusterError::Malformed {
                request: "_search".to_owned(),
                reason: "it has no groups".to_owned(),
            }));
        };
        let buckets =
            groups.get("buckets").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        buckets.iter().for_each(&mut *visit);
        after = groups.get("after_key").cloned();
        if after.is_none() || buckets.len() < PAGE {
            return Ok(());
        }
    }
}
