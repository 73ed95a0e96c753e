//! ES|QL rules: the events that the leading `WHERE` may keep, and our own run
//! of the pipeline on them.
//!
//! A pipeline that takes each row by itself goes over the period page by page.
//! All others go over the window of each run of the rule, whose events are read
//! at once: as many runs together as fit into memory.

pub(crate) mod query;

use serde_json::{Value, json};

use super::filters::Reader;
use super::schedule::{self, Need, Slot};
use super::tally::{Held, Tally, open_ms};
use super::{Found, Ground, Stop, Work, by_time, stream, within};
use harness_cluster::dsl;
use harness_compile::esql::Pipeline;
use harness_model::value::format_date;
use harness_predicate::Predicate;
use harness_predicate::plan::PipelinePlan;
use harness_query::esql::ast::Source;
use harness_query::esql::parse;
use harness_source::limits;
use query::{Batch, Query, Read, Runner, sample};

/// How many events come in one page, and go through a pipeline of single rows at once.
const PAGE: usize = 1000;

/// The most events of one window that are read: they are held as JSON, of the
/// fields that the query names.
const ROWS: u64 = limits::BACKTEST_ROWS.most as u64;

/// The most bytes of JSON that they may have.
const BYTES: usize = limits::BACKTEST_BYTES.most;

/// The index patterns of a query.
pub(super) fn indices(text: &str) -> Option<Vec<String>> {
    let query = parse(text).ok()?;
    match query.source {
        Source::From { .. } => {
            Some(query.indices().into_iter().map(|name| name.text.clone()).collect())
        }
        Source::Row { .. } | Source::Other { .. } => None,
    }
}

/// Runs an ES|QL rule.
pub(super) fn run(
    ground: Ground<'_>,
    work: &Work<'_>,
    documents: &PipelinePlan,
    pipeline: &Pipeline,
) -> Result<Found, Stop> {
    let whole = Query::new(work.rule, pipeline, ground.request.samples)?;
    let filter = Predicate::and([documents.filter.clone(), documents.narrow.clone()]);
    let query = ground.query(&work.program, &filter);
    let reader = Reader::of(ground, work);
    let rows = Rows { ground, work, documents, whole, filter, query, reader };
    if rows.whole.takes_single_rows() { rows.one_by_one() } else { rows.window_by_window() }
}

struct Rows<'a> {
    ground: Ground<'a>,
    work: &'a Work<'a>,
    documents: &'a PipelinePlan,
    whole: Query<'a>,
    /// Which events it reads.
    filter: Predicate,
    query: dsl::Query,
    reader: Reader,
}

impl Rows<'_> {
    /// Visits what it reads of a stretch of time, oldest first.
    fn each(
        &self,
        (from, to): (i64, i64),
        visit: &mut dyn FnMut(Read, &Value) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let body = json!({
            "size": PAGE,
            "query": within(self.work, (from, to), &self.query.clause),
            "sort": by_time(&self.work.time, "asc"),
            "_source": self.wanted(),
            "version": true,
            "track_total_hits": true,
        });
        let pattern = &self.ground.target.pattern;
        stream::each(self.ground, pattern, &body, &mut |hit| {
            let event = Reader::event(hit)?;
            let times = self.work.clock.times(&event);
            let Some(time) = times.into_iter().find(|time| (from..to).contains(time)) else {
                return Ok(());
            };
            if self.query.exact || self.reader.holds(&self.filter, &event) {
                let version = hit.get("_version").and_then(Value::as_i64).unwrap_or(1);
                let searches = self.documents.searches.iter();
                let searches = searches.map(|search| self.reader.holds(search, &event)).collect();
                let read = Read { time, version, event, searches };
                visit(read, hit.get("_source").unwrap_or(&Value::Null))?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The parts of an event that are read: those of the query, if no more.
    fn wanted(&self) -> Value {
        let all =
            self.whole.plan.metadata.iter().any(|name| name == "_source" || name == "_ignored");
        if all || !self.query.exact || !self.documents.searches.is_empty() {
            return json!(true);
        }
        let time = &self.work.time;
        let times = std::iter::once(time.field.as_str()).chain(time.fallback.as_deref());
        let fields = self.whole.pipeline.fields.iter();
        let mut names: Vec<&str> =
            fields.flat_map(|field| [&*field.name, &*field.path]).chain(times).collect();
        names.sort_unstable();
        names.dedup();
        json!(names)
    }

    /// Each row by itself, page by page.
    fn one_by_one(&self) -> Result<Found, Stop> {
        let request = self.ground.request;
        let mut found = Found::default();
        let mut suppression = match &self.work.rule.alert_suppression {
            // Without groups the alerts are told all the same.
            Some(_) => Suppressed::new(self.ground, self.work).ok(),
            None => None,
        };
        let mut take = |events: Vec<Read>| -> Result<(), Stop> {
            let batch = self.whole.batch(events);
            let table = self.whole.table(&batch, &(0..batch.events.len()), request.to, false)?;
            for alert in self.whole.alerts(&table, &batch, true) {
                for row in std::iter::once(alert.row).chain(alert.suppressed.iter().copied()) {
                    let origin = table.origin.as_ref().and_then(|rows| rows.get(row));
                    let read = origin.and_then(|at| batch.events.get(*at as usize));
                    found.add(read.map(|read| read.time));
                    if let (Some(own), Some(read)) = (&mut suppression, read)
                        && own.row(alert.group.as_deref(), read.time).is_err()
                    {
                        suppression = None;
                    }
                    if let Some(read) = read.filter(|_| found.samples.len() < request.samples) {
                        found.samples.push(sample(read));
                    }
                }
            }
            Ok(())
        };
        let mut events = Vec::new();
        self.each((request.from, request.to), &mut |read, _| {
            events.push(read);
            if events.len() == PAGE { take(std::mem::take(&mut events)) } else { Ok(()) }
        })?;
        take(events)?;
        found.after_suppression = suppression.map(Suppressed::left);
        Ok(found)
    }

    /// The window of each run, as many runs at once as fit.
    fn window_by_window(&self) -> Result<Found, Stop> {
        let request = self.ground.request;
        let runs = schedule::runs(&self.work.clock, request.from, request.to)?;
        let mut runner = Runner::new(&self.whole);
        let mut parts = vec![&runs[..]];
        while let Some(part) = parts.pop() {
            self.ground.client.check()?;
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let period = (first.from, last.to);
            let count = self.ground.count(&within(self.work, period, &self.query.clause))?;
            if count == 0 && !self.whole.counts_none() {
                continue;
            }
            let batch = if count > ROWS { None } else { self.whole(period)? };
            if let Some(batch) = batch {
                runner.take(part, &batch)?;
            } else if part.len() > 1 {
                let (left, right) = part.split_at(part.len() / 2);
                parts.extend([right, left]);
            } else {
                let reason = format!(
                    "its window of {} holds {count} events for the pipeline, more than {ROWS} or \
                     {} MB",
                    format_date(first.now),
                    BYTES >> 20
                );
                return Err(Stop::Unsupported(reason));
            }
        }
        Ok(runner.found())
    }

    /// All events of a stretch of time; `None` where they are too long.
    fn whole(&self, period: (i64, i64)) -> Result<Option<Batch>, Stop> {
        let (mut events, mut bytes) = (Vec::new(), 0);
        let outcome = self.each(period, &mut |read, source| {
            bytes += source.to_string().len();
            events.push(read);
            if bytes > BYTES { Err(Stop::Unsupported(String::new())) } else { Ok(()) }
        });
        match outcome {
            Err(_) if bytes > BYTES => Ok(None),
            outcome => outcome.map(|()| Some(self.whole.batch(events))),
        }
    }
}

/// What suppression leaves of single rows.
struct Suppressed {
    tally: Tally,
    held: Held,
    alone: u64,
}

impl Suppressed {
    fn new(ground: Ground<'_>, work: &Work<'_>) -> Result<Self, Stop> {
        let need = Need { count: 1, values: None, open_ms: open_ms(work.rule) };
        let tally = Tally::new(ground, work, need)?;
        tally.sees_all()?;
        Ok(Self { tally, held: Held::default(), alone: 0 })
    }

    fn row(&mut self, group: Option<&[Vec<String>]>, time: i64) -> Result<(), Stop> {
        let Some(group) = group else {
            self.alone += 1;
            return Ok(());
        };
        let key = group.iter().map(|values| json!(values).to_string()).collect();
        let at = self.tally.slot(time);
        self.held.add(key, Slot { at, count: 1, newest: time, values: Vec::new() })
    }

    fn left(mut self) -> u64 {
        self.tally.take_held(self.held);
        self.tally.left + self.alone
    }
}
