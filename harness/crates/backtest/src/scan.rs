//! Reading the events of a query page by page.

use serde_json::{Value, json};

use crate::{Ground, Stop, Work, by_time, stream, within};
use harness_cluster::dsl::Query;
use harness_model::document::{Columns, Document, Ingest};
use harness_model::event::Event;
use harness_predicate::eval::eval;
use harness_predicate::{Column, Predicate};

/// How many candidates come in one page.
pub(super) const PAGE: usize = 1000;

/// An event that fulfils a condition.
pub(super) struct Candidate<'a> {
    pub(super) hit: &'a Value,
    /// When it happened.
    pub(super) time: Option<i64>,
    pub(super) document: &'a Document,
    pub(super) columns: &'a Columns,
}

pub(super) type Visit<'a> = dyn FnMut(Candidate<'_>) -> Result<(), Stop> + 'a;

/// Visits the events of the period that fulfil a condition, newest first.
pub(super) fn scan(
    ground: Ground<'_>,
    work: &Work<'_>,
    query: &Query,
    filter: &Predicate,
    visit: &mut Visit<'_>,
) -> Result<(), Stop> {
    scan_between(ground, work, ground.period(), query, filter, visit)
}

/// The same of another stretch of time.
pub(super) fn scan_between(
    ground: Ground<'_>,
    work: &Work<'_>,
    period: (i64, i64),
    query: &Query,
    filter: &Predicate,
    visit: &mut Visit<'_>,
) -> Result<(), Stop> {
    let body = json!({
        "size": PAGE,
        "query": within(work, period, &query.clause),
        "sort": by_time(&work.time, "desc"),
        "track_total_hits": true,
    });
    let reader = Reader::of(ground, work);
    stream::each(ground, &ground.target.pattern, &body, &mut |hit| {
        let event = Reader::event(hit)?;
        let document = reader.document(&event);
        if query.exact || eval(filter, &document, &reader.columns) {
            let time = work.clock.times(&event).first().copied();
            visit(Candidate { hit, time, document: &document, columns: &reader.columns })?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Makes documents of hits.
pub(super) struct Reader {
    pub(super) columns: Columns,
    ingest: Ingest,
}

impl Reader {
    /// For the columns of a rule's plan, and those that its alerts are grouped by.
    pub(super) fn of(ground: Ground<'_>, work: &Work<'_>) -> Self {
        let grouping = work.grouping.iter().filter_map(|field| field.column.as_ref());
        let columns: Vec<&Column> = work.program.columns().into_iter().chain(grouping).collect();
        let schema = &ground.target.schema;
        let fields: Vec<_> =
            columns.iter().filter_map(|column| schema.field(&column.name)).collect();
        let mut columns = Columns::default();
        let ingest = Ingest::new(schema, &fields, &mut columns);
        Self { columns, ingest }
    }

    /// The event of a hit with its source. What its index says of it is in its
    /// mapping, or nowhere.
    pub(super) fn event(hit: &Value) -> Result<Event, Stop> {
        let source = json!({
            "_id": hit.get("_id"), "_index": hit.get("_index"), "_source": hit.get("_source"),
        });
        Event::from_json(source, 1)
            .map(|event| Event { index_stated: false, ..event })
            .map_err(|error| Stop::Unsupported(format!("an event cannot be read: {error}")))
    }

    /// The document of an event.
    pub(super) fn document(&self, event: &Event) -> Document {
        self.ingest.document(event, &mut Vec::new())
    }

    /// Whether a condition holds on an event.
    pub(super) fn holds(&self, filter: &Predicate, event: &Event) -> bool {
        eval(filter, &self.document(event), &self.columns)
    }
}
