//! Queries in ES|QL: events one by one, or those of the window of each run, kept until
//! all are there.

use std::sync::Arc;

use super::suppressed::Suppressed;
use crate::files::rule::Prepared;
use crate::files::seen::{End, Seen};
use crate::pipeline::query::{Query, Read, Runner, sample};
use crate::{Found, Stop};
use harness_compile::esql::Pipeline;
use harness_engine::stream::part::Part;
use harness_model::event::Event;
use harness_source::limits;
use serde_json::json;

/// How many events go through a pipeline of single rows at once.
const PAGE: usize = 1000;

/// The most events that a pipeline of windows keeps, and the bytes of their JSON.
const ROWS: usize = limits::BACKTEST_ROWS.most;
const BYTES: usize = limits::BACKTEST_BYTES.most;

/// The most runs of a rule over its events.
const RUNS: usize = limits::BACKTEST_RUNS.most;

/// How much a value in memory takes beside its text.
const OVERHEAD: usize = 32;

/// How much an object takes for every so many of its keys.
const NODE: usize = 720;
const PER_NODE: usize = 8;

/// How much an event takes beside its values: its id, its index and its moment.
const ROW: usize = 256;

/// The events that wait.
pub(in crate::files) struct Rows {
    pipeline: Arc<Pipeline>,
    is_single: bool,
    /// What is kept of an event; none where the query may read all of it.
    read: Option<Part>,
    waiting: Vec<Read>,
    undated: Vec<Read>,
    bytes: usize,
    found: Found,
    suppressed: Option<Suppressed>,
    samples: usize,
}

impl Rows {
    pub(super) fn new(
        rule: &Prepared<'_>,
        pipeline: &Arc<Pipeline>,
        samples: usize,
    ) -> Result<Self, Stop> {
        let is_single = Query::new(rule.rule, pipeline, samples)?.takes_single_rows();
        let suppresses = is_single && rule.rule.alert_suppression.is_some();
        Ok(Self {
            read: rule.fields.clone().map(Part::new),
            pipeline: pipeline.clone(),
            is_single,
            waiting: Vec::new(),
            undated: Vec::new(),
            bytes: 0,
            found: Found::default(),
            suppressed: suppresses.then(Suppressed::default),
            samples,
        })
    }

    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) -> Result<(), Stop> {
        // The first filter reads events, the last is what the leading `WHERE` may keep;
        // the full-text functions are between them.
        let last = self.pipeline.searches.len() + 1;
        if !seen.filters.contains(&0) || !seen.filters.contains(&last) {
            return Ok(());
        }
        let searches = (1..last).map(|search| seen.filters.contains(&search)).collect();
        let Some(event) = seen.event.map(|event| self.kept(event)) else { return Ok(()) };
        let read = Read::of(event, seen.time().unwrap_or(i64::MAX), searches);
        if !self.is_single {
            self.bytes += size(&read.event.source) + ROW;
            if self.waiting.len() + self.undated.len() == ROWS || self.bytes > BYTES {
                let reason = format!(
                    "its query looks at whole windows, and there are more than {ROWS} events or \
                     {} MB for it",
                    BYTES >> 20
                );
                return Err(Stop::Unsupported(reason));
            }
        }
        if seen.times.is_empty() && !self.is_single {
            self.undated.push(read);
        } else {
            self.waiting.push(read);
        }
        if self.is_single && self.waiting.len() == PAGE { self.flush(rule) } else { Ok(()) }
    }

    /// An event with what the query reads of it.
    fn kept(&self, event: &Event) -> Event {
        let Some(part) = &self.read else { return event.clone() };
        let (id, index) = (event.id.clone(), event.index.clone());
        let source = Arc::new(part.flat(&event.source));
        Event { id, index, index_stated: event.index_stated, source }
    }

    /// About how many bytes are kept.
    pub(super) fn held(&self) -> usize {
        self.bytes
    }

    /// Takes the events that wait through a pipeline of single rows.
    fn flush(&mut self, rule: &Prepared<'_>) -> Result<(), Stop> {
        let pipeline = self.pipeline.clone();
        let query = Query::new(rule.rule, &pipeline, self.samples)?;
        let batch = query.batch(std::mem::take(&mut self.waiting));
        let table = query.table(&batch, &(0..batch.events.len()), 0, false)?;
        for alert in query.alerts(&table, &batch, true) {
            for row in std::iter::once(alert.row).chain(alert.suppressed.iter().copied()) {
                let origin = table.origin.as_ref().and_then(|rows| rows.get(row));
                let read = origin.and_then(|at| batch.events.get(*at as usize));
                let time = read.map(|read| read.time).filter(|time| *time != i64::MAX);
                self.found.add(time);
                if let Some(suppressed) = &mut self.suppressed {
                    match &alert.group {
                        None => suppressed.alone(),
                        Some(group) => {
                            let key = group.iter().map(|values| json!(values).to_string());
                            suppressed.key(key.collect(), time);
                        }
                    }
                }
                if let Some(read) = read.filter(|_| self.found.samples.len() < self.samples) {
                    self.found.samples.push(crate::Sample { time, ..sample(read) });
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, rule: &Prepared<'_>, end: End<'_>) -> Result<Found, Stop> {
        if self.is_single {
            self.flush(rule)?;
            self.found.after_suppression = self.suppressed.and_then(|own| own.left(rule, end));
            return Ok(self.found);
        }
        let newest = end.runs.newest;
        let undated = self.undated.into_iter().map(|read| Read { time: newest, ..read });
        self.waiting.extend(undated);
        let query = Query::new(rule.rule, &self.pipeline, self.samples)?;
        let mut times: Vec<i64> = self.waiting.iter().map(|read| read.time).collect();
        times.sort_unstable();
        times.dedup();
        let runs = if query.counts_none() {
            end.runs.since(end.oldest, RUNS)
        } else {
            end.runs.all_seeing(&times, RUNS)
        };
        let many = || Stop::Unsupported(format!("it runs more than {RUNS} times over the files"));
        let runs = runs.ok_or_else(many)?;
        let batch = query.batch(self.waiting);
        let mut runner = Runner::new(&query);
        runner.take(&runs, &batch)?;
        Ok(runner.found())
    }
}

/// About how many bytes a value takes.
fn size(value: &serde_json::Value) -> usize {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => OVERHEAD,
        Value::String(text) => text.len() + OVERHEAD,
        Value::Array(values) => values.iter().map(size).sum::<usize>() + OVERHEAD,
        Value::Object(map) => {
            let own: usize = map.iter().map(|(key, value)| key.len() + size(value)).sum();
            own + NODE * (1 + map.len() / PER_NODE)
        }
    }
}
