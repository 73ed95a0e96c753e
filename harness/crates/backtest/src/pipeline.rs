//! ES|QL rules: the events that the leading `WHERE` may keep, and our own run
//! of the pipeline on them.
//!
//! A pipeline that takes each row by itself goes over the period page by page.
//! All others go over the window of each run of the rule, whose events are read
//! at once: as many runs together as fit into memory.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde_json::{Value, json};

use super::filters::Reader;
use super::schedule::{self, Need, Readings, Run, Slot};
use super::tally::{Held, Tally, open_ms};
use super::{Found, Ground, Sample, Stop, Work, by_time, stream, within};
use harness_cluster::dsl::Query;
use harness_compile::esql::Pipeline;
use harness_esql::alerts::{Alert, AlertOptions, Identity, Suppression, alerts};
use harness_esql::expr::Node;
use harness_esql::memory::{Document, MemorySource};
use harness_esql::plan::{Plan, Step, StepKind};
use harness_esql::run::{RunOptions, Table, TableColumn, run as run_plan};
use harness_esql::search::Matched;
use harness_model::event::Event;
use harness_model::value::format_date;
use harness_predicate::Predicate;
use harness_predicate::plan::PipelinePlan;
use harness_query::esql::ast::Source;
use harness_query::esql::parse;
use harness_rule::names::MissingFields;

/// How many events come in one page, and go through a pipeline of single rows at once.
const PAGE: usize = 1000;

/// The most events of one window that are read: they are held as JSON, of the
/// fields that the query names.
const ROWS: u64 = 300_000;

/// The most bytes of JSON that they may have.
const BYTES: usize = 256 << 20;

/// The most documents that are told apart.
const ALERTS: usize = 1_000_000;

/// How many columns of a row a sample shows.
const COLUMNS: usize = 6;

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

/// Whether an error says that the indices lack a column, rather than that the
/// rule is wrong.
pub(super) fn lacks_column(message: &str) -> bool {
    message.starts_with("Unknown column [")
}

/// Runs an ES|QL rule.
pub(super) fn run(
    ground: Ground<'_>,
    work: &Work<'_>,
    documents: &PipelinePlan,
) -> Result<Found, Stop> {
    let Some(pipeline) = &work.pipeline else {
        return Err(Stop::Unsupported("it has no pipeline".to_owned()));
    };
    let plan = whole(&pipeline.plan);
    if plan.is_nested() {
        return Err(Stop::Unsupported("queries inside its query are not backtested".to_owned()));
    }
    if !matches!(plan.steps.first().map(|step| &step.kind), Some(StepKind::From)) {
        return Err(Stop::Unsupported("its query reads no index".to_owned()));
    }
    let filter = Predicate::and([documents.filter.clone(), documents.narrow.clone()]);
    let query = ground.query(&work.plan, &filter);
    let reader = Reader::of(ground, work);
    let rows = Rows { ground, work, documents, pipeline, plan, filter, query, reader };
    if rows.plan.steps.iter().all(takes_single_rows) && !asks_for_time(&rows.plan) {
        rows.one_by_one()
    } else {
        rows.window_by_window()
    }
}

/// The plan without the limit that every query has.
fn whole(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    // Its place is the end of the text; a limit of the author has one of its own.
    let unwritten =
        |step: &Step| matches!(step.kind, StepKind::Limit(_)) && step.span.start == step.span.end;
    if plan.steps.last().is_some_and(unwritten) {
        plan.steps.pop();
    }
    plan
}

/// Whether what a step makes of a row depends on that row alone.
fn takes_single_rows(step: &Step) -> bool {
    match step.kind {
        StepKind::From
        | StepKind::Filter(_)
        | StepKind::Eval(_)
        | StepKind::Expand { .. }
        | StepKind::Indices(_)
        | StepKind::Join(_)
        | StepKind::Dissect { .. }
        | StepKind::Grok { .. } => true,
        StepKind::Row(_)
        | StepKind::Stats(_)
        | StepKind::InlineStats(_)
        | StepKind::Sort(_)
        | StepKind::LimitBy { .. }
        | StepKind::Sample(_)
        | StepKind::Union { .. }
        | StepKind::Member { .. }
        | StepKind::Limit(_)
        | StepKind::Completion { .. } => false,
    }
}

fn asks_for_time(plan: &Plan) -> bool {
    let mut asks = false;
    plan.expressions(&mut |typed| {
        typed.each(&mut |part| asks |= matches!(part.node, Node::Now));
    });
    asks
}

/// An event and what the cluster says of it.
struct Read {
    time: i64,
    version: i64,
    event: Event,
}

/// Events as rows, in order of time.
struct Batch {
    events: Vec<Read>,
    source: MemorySource,
    matched: Matched,
}

struct Rows<'a> {
    ground: Ground<'a>,
    work: &'a Work<'a>,
    documents: &'a PipelinePlan,
    pipeline: &'a Pipeline,
    /// What it does, to all rows.
    plan: Plan,
    /// Which events it reads.
    filter: Predicate,
    query: Query,
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
                visit(Read { time, version, event }, hit.get("_source").unwrap_or(&Value::Null))?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The parts of an event that are read: those of the query, if no more.
    fn wanted(&self) -> Value {
        let all = self.plan.metadata.iter().any(|name| name == "_source" || name == "_ignored");
        if all || !self.query.exact || !self.documents.searches.is_empty() {
            return json!(true);
        }
        let time = &self.work.time;
        let times = std::iter::once(time.field.as_str()).chain(time.fallback.as_deref());
        let fields = self.pipeline.fields.iter();
        let mut names: Vec<&str> =
            fields.flat_map(|field| [&*field.name, &*field.path]).chain(times).collect();
        names.sort_unstable();
        names.dedup();
        json!(names)
    }

    fn batch(&self, mut events: Vec<Read>) -> Batch {
        events.sort_by_key(|read| read.time);
        let documents: Vec<Document<'_>> = events
            .iter()
            .map(|read| Document { version: read.version, ..Document::from(&read.event) })
            .collect();
        let source = MemorySource::read(&self.pipeline.fields, &documents);
        let mut matched = Matched::default();
        for (place, condition) in self.pipeline.searches.iter().zip(&self.documents.searches) {
            let holds =
                events.iter().map(|read| self.reader.holds(condition, &read.event)).collect();
            matched.0.insert(*place, holds);
        }
        Batch { events, source, matched }
    }

    /// Takes rows of a batch through the pipeline.
    fn table(
        &self,
        batch: &Batch,
        rows: &Range<usize>,
        now: i64,
        trace: bool,
    ) -> Result<Table, Stop> {
        let rows = rows.clone().filter_map(|row| u32::try_from(row).ok()).collect();
        let options = RunOptions { now, rows: Some(rows), trace, ..RunOptions::default() };
        run_plan(&self.plan, &batch.source, &batch.matched, &options).map_err(|error| {
            let moment = format_date(now);
            Stop::Unsupported(format!("its query fails in the run of {moment}: {error}"))
        })
    }

    /// The alerts of a result, in groups where `grouped`.
    fn alerts(&self, table: &Table, batch: &Batch, grouped: bool) -> Vec<Alert> {
        let suppression = self.work.rule.alert_suppression.as_ref().filter(|_| grouped);
        let suppression = suppression.map(|one| Suppression {
            fields: one.group_by.iter().map(|field| field.value.clone()).collect(),
            group_missing: one.missing_fields == MissingFields::Suppress,
        });
        let options = AlertOptions { max_signals: usize::MAX, suppression };
        alerts(&self.plan, table, &batch.source, &batch.source, &options)
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
            let batch = self.batch(events);
            let table = self.table(&batch, &(0..batch.events.len()), request.to, false)?;
            for alert in self.alerts(&table, &batch, true) {
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
        // Without a key there is a row even of no events.
        let counts_none = self.plan.steps.iter().any(|step| match &step.kind {
            StepKind::Stats(grouping) => grouping.keys.is_empty(),
            _ => false,
        });
        let mut runner = Runner::new(self, counts_none);
        let mut parts = vec![&runs[..]];
        while let Some(part) = parts.pop() {
            self.ground.client.check()?;
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let period = (first.from, last.to);
            let count = self.ground.count(&within(self.work, period, &self.query.clause))?;
            if count == 0 && !counts_none {
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
            outcome => outcome.map(|()| Some(self.batch(events))),
        }
    }
}

fn sample(read: &Read) -> Sample {
    let index = read.event.index.clone().unwrap_or_default();
    let events = vec![(index, read.event.id.clone())];
    Sample { events, time: Some(read.time), key: Vec::new(), count: 1 }
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

/// The runs of a pipeline that looks at whole windows.
struct Runner<'a> {
    rows: &'a Rows<'a>,
    counts_none: bool,
    asks_for_time: bool,
    aggregates: bool,
    found: Found,
    /// Documents that raised an alert.
    seen: HashSet<(String, String, Vec<String>)>,
    /// When the open alert of each group was raised.
    open: HashMap<Vec<Vec<String>>, i64>,
    left: u64,
    readings: Readings,
}

impl<'a> Runner<'a> {
    fn new(rows: &'a Rows<'a>, counts_none: bool) -> Self {
        Self {
            rows,
            counts_none,
            asks_for_time: asks_for_time(&rows.plan),
            aggregates: rows.plan.is_aggregating(),
            found: Found::default(),
            seen: HashSet::new(),
            open: HashMap::new(),
            left: 0,
            readings: Readings::default(),
        }
    }

    /// Runs that see nothing but these events.
    fn take(&mut self, runs: &[Run], batch: &Batch) -> Result<(), Stop> {
        let mut last: Option<(Range<usize>, Table, Vec<Alert>)> = None;
        for run in runs {
            let place = |at: i64| batch.events.partition_point(|read| read.time < at);
            let mut rows = place(run.from)..place(run.to);
            if rows.is_empty() {
                if !self.counts_none {
                    continue;
                }
                rows = 0..0;
            }
            // The same events give the same rows.
            let same = |last: &(Range<usize>, Table, Vec<Alert>)| last.0 == rows;
            if self.asks_for_time || !last.as_ref().is_some_and(same) {
                self.readings.add(rows.len())?;
                let table = self.rows.table(batch, &rows, run.now, false)?;
                let alerts = self.rows.alerts(&table, batch, self.aggregates);
                last = Some((rows, table, alerts));
            }
            if let Some((rows, table, alerts)) = &last {
                self.hear(run, batch, (rows, table, alerts))?;
            }
        }
        Ok(())
    }

    /// Counts what a run found that no run before it told.
    fn hear(
        &mut self,
        run: &Run,
        batch: &Batch,
        (rows, table, alerts): (&Range<usize>, &Table, &[Alert]),
    ) -> Result<(), Stop> {
        let wanted = self.rows.ground.request.samples;
        let mut traced: Option<Table> = None;
        for alert in alerts {
            let is_new = match &alert.identity {
                Identity::Document { id, index, expanded, .. } => {
                    let index = index.clone().unwrap_or_default();
                    self.seen.insert((index, id.clone(), expanded.clone()))
                }
                Identity::Row(_) => true,
            };
            if self.seen.len() > ALERTS {
                return Err(Stop::Unsupported(format!("it finds more than {ALERTS} events")));
            }
            if !is_new {
                continue;
            }
            let read = alert.source_row.and_then(|row| batch.events.get(row as usize));
            // Of rows that were made, the run says when.
            let time = read.map_or(run.to - 1, |read| read.time);
            (0..=alert.suppressed.len()).for_each(|_| self.found.add(Some(time)));
            self.suppress(run, alert);
            if self.found.samples.len() == wanted {
                continue;
            }
            if traced.is_none() && read.is_none() {
                traced = Some(self.rows.table(batch, rows, run.now, true)?);
            }
            self.found.samples.push(match read {
                Some(read) => sample(read),
                None => {
                    let behind = traced.as_ref().and_then(|table| table.lineage.get(alert.row));
                    let count = behind.map_or(0, Vec::len);
                    let key = shown(table, alert.row);
                    let count = u64::try_from(count).unwrap_or(u64::MAX);
                    Sample { events: Vec::new(), time: Some(time), key, count }
                }
            });
        }
        Ok(())
    }

    /// Whether an alert of rows that were made is left by suppression.
    fn suppress(&mut self, run: &Run, alert: &Alert) {
        let Some(group) = &alert.group else {
            self.left += 1;
            return;
        };
        let open = open_ms(self.rows.work.rule).zip(self.open.get(group).copied());
        if open.is_none_or(|(open, raised)| run.now.saturating_sub(raised) > open) {
            self.left += 1;
            self.open.insert(group.clone(), run.now);
        }
    }

    fn found(self) -> Found {
        let suppresses = self.rows.work.rule.alert_suppression.is_some() && self.aggregates;
        Found { after_suppression: suppresses.then_some(self.left), ..self.found }
    }
}

/// The first columns of a row.
fn shown(table: &Table, row: usize) -> Vec<String> {
    let text = |column: &TableColumn| {
        let values: Vec<String> =
            column.column.values(row).map(|value| value.text(column.ty)).collect();
        format!("{}: {}", column.name, values.join(", "))
    };
    table.columns.iter().take(COLUMNS).map(text).collect()
}
