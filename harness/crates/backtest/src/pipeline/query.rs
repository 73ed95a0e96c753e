//! What a query in ES|QL does with events, wherever these come from: one by one, or
//! those of the window of each run.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::schedule::{Readings, Run};
use crate::tally::open_ms;
use crate::{Found, Sample, Stop};
use harness_compile::esql::Pipeline;
use harness_esql::alerts::{Alert, AlertOptions, Identity, Suppression, alerts};
use harness_esql::expr::Node;
use harness_esql::memory::{Document, MemorySource};
use harness_esql::plan::{Plan, Step, StepKind};
use harness_esql::run::{RunOptions, Table, TableColumn, run as run_plan};
use harness_esql::search::Matched;
use harness_model::document::with_stated_fields;
use harness_model::event::Event;
use harness_model::value::format_date;
use harness_rule::model::Rule;
use harness_rule::names::MissingFields;
use harness_source::limits;

/// The most documents that are told apart.
const ALERTS: usize = limits::BACKTEST_ALERTS.most;

/// How many columns of a row a sample shows.
const COLUMNS: usize = 6;

/// A query that is run on events.
pub(crate) struct Query<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) pipeline: &'a Pipeline,
    /// What it does, to all rows.
    pub(crate) plan: Plan,
    /// How many samples are kept.
    pub(crate) samples: usize,
}

impl<'a> Query<'a> {
    /// Fails where the query is of a kind that is not run on data.
    pub(crate) fn new(
        rule: &'a Rule,
        pipeline: &'a Pipeline,
        samples: usize,
    ) -> Result<Self, Stop> {
        let plan = whole(&pipeline.plan);
        if plan.is_nested() {
            let reason = "queries inside its query are not backtested";
            return Err(Stop::Unsupported(reason.to_owned()));
        }
        if !matches!(plan.steps.first().map(|step| &step.kind), Some(StepKind::From)) {
            return Err(Stop::Unsupported("its query reads no index".to_owned()));
        }
        Ok(Self { rule, pipeline, plan, samples })
    }

    /// Whether what it makes of an event depends on that event alone.
    pub(crate) fn takes_single_rows(&self) -> bool {
        self.plan.steps.iter().all(takes_single_rows) && !asks_for_time(&self.plan)
    }

    /// Whether there is a row even of no events.
    pub(crate) fn counts_none(&self) -> bool {
        // Without a key there is one.
        self.plan.steps.iter().any(|step| match &step.kind {
            StepKind::Stats(grouping) => grouping.keys.is_empty(),
            _ => false,
        })
    }

    /// Events as rows.
    pub(crate) fn batch(&self, mut events: Vec<Read>) -> Batch {
        events.sort_by_key(|read| read.time);
        let documents: Vec<Document<'_>> = events
            .iter()
            .map(|read| Document { version: read.version, ..Document::from(&read.event) })
            .collect();
        let source = MemorySource::read(&self.pipeline.fields, &documents);
        let mut matched = Matched::default();
        for (at, place) in self.pipeline.searches.iter().enumerate() {
            let holds = events.iter().map(|read| read.searches.get(at).copied().unwrap_or(false));
            matched.0.insert(*place, holds.collect());
        }
        Batch { events, source, matched }
    }

    /// Takes rows of a batch through the pipeline.
    pub(crate) fn table(
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
    pub(crate) fn alerts(&self, table: &Table, batch: &Batch, grouped: bool) -> Vec<Alert> {
        let suppression = self.rule.alert_suppression.as_ref().filter(|_| grouped);
        let suppression = suppression.map(|one| Suppression {
            fields: one.group_by.iter().map(|field| field.value.clone()).collect(),
            group_missing: one.missing_fields == MissingFields::Suppress,
        });
        let options = AlertOptions { max_signals: usize::MAX, suppression };
        alerts(&self.plan, table, &batch.source, &batch.source, &options)
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

/// An event and what is known of it.
pub(crate) struct Read {
    pub(crate) time: i64,
    pub(crate) version: i64,
    pub(crate) event: Event,
    /// Which of the full-text functions match it.
    pub(crate) searches: Vec<bool>,
}

impl Read {
    /// An event of a file, of this moment.
    pub(crate) fn of(event: Event, time: i64, searches: Vec<bool>) -> Self {
        let event = if event.index_stated {
            with_stated_fields(&event, &|_| true).into_owned()
        } else {
            event
        };
        Self { time, version: 1, event, searches }
    }
}

/// Events as rows, in order of time.
pub(crate) struct Batch {
    pub(crate) events: Vec<Read>,
    source: MemorySource,
    matched: Matched,
}

/// An alert of an event.
pub(crate) fn sample(read: &Read) -> Sample {
    let index = read.event.index.clone().unwrap_or_default();
    let events = vec![(index, read.event.id.clone())];
    Sample { events, time: Some(read.time), key: Vec::new(), count: 1 }
}

/// The runs of a pipeline that looks at whole windows.
pub(crate) struct Runner<'a> {
    query: &'a Query<'a>,
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
    pub(crate) fn new(query: &'a Query<'a>) -> Self {
        Self {
            query,
            counts_none: query.counts_none(),
            asks_for_time: asks_for_time(&query.plan),
            aggregates: query.plan.is_aggregating(),
            found: Found::default(),
            seen: HashSet::new(),
            open: HashMap::new(),
            left: 0,
            readings: Readings::default(),
        }
    }

    /// Runs that see nothing but these events.
    pub(crate) fn take(&mut self, runs: &[Run], batch: &Batch) -> Result<(), Stop> {
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
                let table = self.query.table(batch, &rows, run.now, false)?;
                let alerts = self.query.alerts(&table, batch, self.aggregates);
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
        let wanted = self.query.samples;
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
                traced = Some(self.query.table(batch, rows, run.now, true)?);
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
        let open = open_ms(self.query.rule).zip(self.open.get(group).copied());
        if open.is_none_or(|(open, raised)| run.now.saturating_sub(raised) > open) {
            self.left += 1;
            self.open.insert(group.clone(), run.now);
        }
    }

    pub(crate) fn found(self) -> Found {
        let suppresses = self.query.rule.alert_suppression.is_some() && self.aggregates;
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
