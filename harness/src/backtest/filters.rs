//! Conditions on single events: counts in batches, or candidates one by one
//! where the cluster cannot decide.

use serde_json::{Value, json};

use super::{Found, Ground, Sample, Stop, Work, by_time, place, scroll, sorted_time};
use crate::document::{Columns, Ingest};
use crate::engine::cluster::dsl::Query;
use crate::engine::cluster::error::ClusterError;
use crate::engine::cluster::search::{self, Search};
use crate::event::Event;
use crate::ir::Predicate;
use crate::ir::eval::eval;
use crate::ir::plan::Plan;

/// How many candidates come in one page.
const PAGE: usize = 1000;

type Take<'a> = dyn FnMut(usize, Result<Found, Stop>) -> Result<(), ClusterError> + 'a;

/// Runs all rules of single events.
pub(super) fn run(
    ground: Ground<'_>,
    work: &[Work<'_>],
    take: &mut Take<'_>,
) -> Result<(), ClusterError> {
    let mut exact = Vec::new();
    for one in work {
        let Some(filter) = one.plan.filters().first().copied() else { continue };
        let query = ground.query(&one.plan, filter);
        if query.is_nothing() {
            take(one.at, Ok(Found::default()))?;
        } else if query.exact {
            exact.push((one, count(ground, one, &query)));
        } else {
            let outcome = scan(ground, one, &query, filter);
            take(one.at, outcome)?;
        }
    }
    // What a batch answers is told before the next is asked.
    for batch in exact.chunks(ground.request.batch.max(1)) {
        let searches: Vec<Search> = batch.iter().map(|(_, search)| search.clone()).collect();
        let answers = search::all(ground.client, &searches, &|_| {})?;
        for ((one, _), answer) in batch.iter().zip(answers) {
            take(one.at, answer.map_err(Stop::from).and_then(|answer| read(&answer)))?;
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
        "query": ground.within(work, query),
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
fn scan(
    ground: Ground<'_>,
    work: &Work<'_>,
    query: &Query,
    filter: &Predicate,
) -> Result<Found, Stop> {
    let body = json!({
        "size": PAGE,
        "query": ground.within(work, query),
        "sort": by_time(&work.time, "desc"),
        "track_total_hits": true,
    });
    let reader = Reader::new(ground, &work.plan);
    let mut found = Found::default();
    let index = &ground.target.pattern;
    scroll::each(ground.client, index, &body, &mut |hit| {
        let event = Reader::event(hit)?;
        if reader.holds(filter, &event) {
            let time = work.clock.times(&event).first().copied();
            found.add(time);
            if found.samples.len() < ground.request.samples {
                let events = vec![place(hit)];
                found.samples.push(Sample { events, time, key: Vec::new(), count: 1 });
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// Makes documents of hits.
pub(super) struct Reader {
    pub(super) columns: Columns,
    ingest: Ingest,
}

impl Reader {
    /// For the columns of a plan.
    pub(super) fn new(ground: Ground<'_>, plan: &Plan) -> Self {
        let schema = &ground.target.schema;
        let fields: Vec<_> =
            plan.columns().iter().filter_map(|column| schema.field(&column.name)).collect();
        let mut columns = Columns::default();
        let ingest = Ingest::new(schema, &fields, &mut columns);
        Self { columns, ingest }
    }

    /// The event of a hit with its source.
    pub(super) fn event(hit: &Value) -> Result<Event, Stop> {
        let source = json!({
            "_id": hit.get("_id"), "_index": hit.get("_index"), "_source": hit.get("_source"),
        });
        Event::from_json(source, 1)
            .map_err(|error| Stop::Unsupported(format!("an event cannot be read: {error}")))
    }

    /// The document of an event.
    pub(super) fn document(&self, event: &Event) -> crate::document::Document {
        self.ingest.document(event, &mut Vec::new())
    }

    /// Whether a condition holds on an event.
    pub(super) fn holds(&self, filter: &Predicate, event: &Event) -> bool {
        eval(filter, &self.document(event), &self.columns)
    }
}
