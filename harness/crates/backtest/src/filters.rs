//! Conditions on single events: counts in batches, or candidates one by one
//! where the cluster cannot decide.

use serde_json::{Value, json};

pub(super) use super::scan::{Candidate, Reader, scan, scan_between};
use super::{
    Found, Ground, Sample, Stop, Work, again, by_time, place, sorted_time, suppress, within,
};
use harness_cluster::dsl::Query;
use harness_cluster::error::ClusterError;
use harness_cluster::search::{self, Search};
use harness_predicate::Predicate;

type Take<'a> = dyn FnMut(usize, Result<Found, Stop>) -> Result<(), ClusterError> + 'a;

/// Runs all rules of single events.
pub(super) fn run(
    ground: Ground<'_>,
    work: &[Work<'_>],
    take: &mut Take<'_>,
) -> Result<(), ClusterError> {
    let mut exact = Vec::new();
    for one in work {
        let Some(filter) = one.program.filters().first().copied() else { continue };
        let query = ground.query(&one.program, filter);
        if query.is_nothing() {
            take(one.at, Ok(Found::default()))?;
        } else if query.exact {
            let search = count(ground, one, &query);
            exact.push((one, filter, query, search));
        } else {
            let outcome = again(|| read_all(ground, one, &query, filter));
            take(one.at, outcome)?;
        }
    }
    // What a batch answers is told before the next is asked.
    for batch in exact.chunks(ground.request.batch.max(1)) {
        let searches: Vec<Search> = batch.iter().map(|(_, _, _, search)| search.clone()).collect();
        let answers = search::all(ground.client, &searches, &|_| {})?;
        for ((one, filter, query, _), answer) in batch.iter().zip(answers) {
            let found = answer.map_err(Stop::from).and_then(|answer| read(&answer));
            let found = found.and_then(|mut found| {
                let alerts = found.alerts;
                found.after_suppression = suppress::after(ground, one, query, filter, alerts)?;
                Ok(found)
            });
            take(one.at, found)?;
        }
    }
    Ok(())
}

/// The search that counts the events of a rule.
fn count(ground: Ground<'_>, work: &Work<'_>, query: &Query) -> Search {
    let days = |field: &str| json!({ "date_histogram": { "field": field, "calendar_interval": "day", "min_doc_count": 1 } });
    let field = work.time.field.as_str();
    let mut aggs = json!({ "days": days(field) });
    if let Some(fallback) = &work.time.fallback {
        aggs["others"] = json!({
            "filter": { "bool": { "must_not": [{ "exists": { "field": field } }] } },
            "aggs": { "days": days(fallback) },
        });
    }
    let body = json!({
        "size": ground.request.samples,
        "query": within(work, ground.period(), &query.clause),
        "sort": by_time(&work.time, "desc"),
        "_source": false,
        "track_total_hits": true,
        "aggs": aggs,
    });
    Search { index: ground.target.named.clone(), body }
}

fn read(answer: &Value) -> Result<Found, Stop> {
    let mut found = Found { alerts: search::total(answer)?, ..Found::default() };
    for path in ["/aggregations/days/buckets", "/aggregations/others/days/buckets"] {
        let buckets = answer.pointer(path).and_then(Value::as_array);
        for bucket in buckets.into_iter().flatten() {
            let time = bucket.get("key").and_then(Value::as_i64);
            let count = bucket.get("doc_count").and_then(Value::as_u64);
            if let (Some(time), Some(count)) = (time, count) {
                *found.days.entry(super::day(time)).or_default() += count;
            }
        }
    }
    for hit in search::hits(answer) {
        let (events, time) = (vec![place(hit)], sorted_time(hit));
        found.samples.push(Sample { events, time, key: Vec::new(), count: 1 });
    }
    Ok(found)
}

/// Reads candidates and lets the reference evaluator decide.
fn read_all(
    ground: Ground<'_>,
    work: &Work<'_>,
    query: &Query,
    filter: &Predicate,
) -> Result<Found, Stop> {
    let mut found = Found::default();
    let mut groups = match suppress::groups_missing(work.rule, &work.grouping) {
        // Without groups the alerts are told all the same.
        Some(_) => suppress::Groups::new(ground, work).ok(),
        None => None,
    };
    scan(ground, work, query, filter, &mut |candidate| {
        found.add(candidate.time);
        if found.samples.len() < ground.request.samples {
            let (events, time) = (vec![place(candidate.hit)], candidate.time);
            found.samples.push(Sample { events, time, key: Vec::new(), count: 1 });
        }
        if groups.as_mut().is_some_and(|groups| groups.take(&candidate).is_err()) {
            groups = None;
        }
        Ok(())
    })?;
    found.after_suppression = groups.map(suppress::Groups::left);
    Ok(found)
}
