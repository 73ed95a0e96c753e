//! New terms: what the period shows first, and the history before it does not.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::composite::{Fields, Pages, moment};
use super::filters::scan_between;
use super::tally::{self, keep};
use super::{Found, Ground, Sample, Stop, Work, within};
use harness_predicate::plan::NewTermsPlan;
use harness_source::limits;

/// The most combinations of values that are held, where the cluster cannot tell them.
const HELD: usize = limits::BACKTEST_HELD.most;

/// Runs a new-terms rule.
pub(super) fn run(ground: Ground<'_>, work: &Work<'_>, plan: &NewTermsPlan) -> Result<Found, Stop> {
    let Some(fields) = Fields::new(ground, &plan.fields, false) else {
        return Ok(Found::default());
    };
    let query = ground.query(&work.program, &plan.filter);
    let (from, to) = (ground.request.from, ground.request.to);
    let history = work.clock.history(from).from.min(from);
    let mut found = Found::default();
    let samples = ground.request.samples;
    let mut take = |key: Vec<String>, first: i64, count: u64| {
        if first >= from {
            found.add(Some(first));
            keep(&mut found, Sample { events: Vec::new(), time: Some(first), key, count }, samples);
        }
    };
    if query.is_nothing() {
        return Ok(Found::default());
    }
    if !query.exact {
        let mut known: BTreeMap<Vec<String>, (i64, u64)> = BTreeMap::new();
        scan_between(ground, work, (history, to), &query, &plan.filter, &mut |candidate| {
            let Some(time) = candidate.time else { return Ok(()) };
            let values = tally::values(&plan.fields, candidate.document, candidate.columns);
            for key in tally::combinations(&values)? {
                let (first, count) = known.entry(key).or_insert((time, 0));
                (*first, *count) = (time.min(*first), *count + 1);
            }
            if known.len() > HELD {
                let reason = format!("it has more than {HELD} combinations of values");
                return Err(Stop::Unsupported(reason));
            }
            Ok(())
        })?;
        known.into_iter().for_each(|(key, (first, count))| take(key, first, count));
        return Ok(found);
    }
    let first = |field: &str| json!({ "min": { "field": field } });
    let field = work.time.field.as_str();
    let mut aggs = json!({ "first": first(field) });
    if let Some(fallback) = &work.time.fallback {
        aggs["others"] = json!({
            "filter": { "bool": { "must_not": [{ "exists": { "field": field } }] } },
            "aggs": { "first": first(fallback) },
        });
    }
    let scope = within(work, (history, to), &query.clause);
    let pages = Pages { ground, scope, sources: fields.sources().to_vec(), aggs };
    pages.each(&mut |bucket| {
        let moments = ["/first/value", "/others/first/value"].map(|path| moment(bucket, path));
        if let Some(first) = moments.into_iter().flatten().min() {
            let count = bucket.get("doc_count").and_then(Value::as_u64).unwrap_or(0);
            take(fields.key(bucket), first, count);
        }
        Ok(())
    })?;
    Ok(found)
}
