//! Indicator match: the values of indicators in batches of terms.
//!
//! The cluster finds the events that have a value in common with an indicator;
//! whether all entries of a group hold is decided here, by the matcher of tests.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Value, json};

use super::filters::Reader;
use super::{Found, Ground, Sample, Stop, Work, by_time, named, place, stream, within};
use harness_detect::{Events, threat};
use harness_model::document::{Cell, Document};
use harness_model::value::{ip_interval, ip_text, parse_ip};
use harness_predicate::eval::eval;
use harness_predicate::plan::{Compare, ThreatEntry, ThreatPlan};
use harness_predicate::{Column, Kind};
use harness_source::limits;

/// The most indicators that are held at once.
const INDICATORS: usize = limits::BACKTEST_INDICATORS.most;

/// The values of one search; clusters refuse 65,537.
const BATCH: usize = 10_000;

/// How many events are compared at once.
const CANDIDATES: usize = 5000;

/// The most alerts that are told apart.
const ALERTS: usize = limits::BACKTEST_ALERTS.most;

/// Runs an indicator match rule.
pub(super) fn run(ground: Ground<'_>, work: &Work<'_>, plan: &ThreatPlan) -> Result<Found, Stop> {
    let reader = Reader::of(ground, work);
    let indicators = indicators(ground, work, plan, &reader)?;
    let query = ground.query(&work.program, &plan.filter);
    let mut found = Found::default();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    for group in &plan.groups {
        let usable = |entry: &&ThreatEntry| !entry.negate && entry.compare == Compare::Values;
        let Some(entry) = group.iter().find(usable) else {
            let reason = "a group has no entry whose values can be looked up on the cluster";
            return Err(Stop::Unsupported(reason.to_owned()));
        };
        let (Some(field), Some(value)) = (&entry.field.column, &entry.value.column) else {
            continue;
        };
        let values: Vec<String> = values(&indicators, value, field, &reader)?;
        for batch in values.chunks(BATCH) {
            let terms = json!({ "terms": { named(&field.name, ground.target): batch } });
            let body = json!({
                "size": 1000,
                "query": { "bool": { "filter": [within(work, ground.period(), &query.clause), terms] } },
                "sort": by_time(&work.time, "asc"),
                "track_total_hits": true,
            });
            let mut compare = Comparing { plan, reader: &reader, indicators: &indicators };
            let mut candidates: Vec<(Sample, Document)> = Vec::new();
            let pattern = &ground.target.pattern;
            stream::each(ground, pattern, &body, &mut |hit| {
                let event = Reader::event(hit)?;
                let document = reader.document(&event);
                if query.exact || eval(&plan.filter, &document, &reader.columns) {
                    let time = work.clock.times(&event).first().copied();
                    let events = vec![place(hit)];
                    candidates.push((Sample { events, time, key: Vec::new(), count: 1 }, document));
                }
                if candidates.len() == CANDIDATES {
                    compare.take(&mut candidates, &mut seen, &mut found, ground)?;
                }
                Ok(())
            })?;
            compare.take(&mut candidates, &mut seen, &mut found, ground)?;
        }
    }
    Ok(found)
}

struct Comparing<'a> {
    plan: &'a ThreatPlan,
    reader: &'a Reader,
    indicators: &'a [Document],
}

impl Comparing<'_> {
    /// Counts the candidates that match an indicator, each once.
    fn take(
        &mut self,
        candidates: &mut Vec<(Sample, Document)>,
        seen: &mut HashSet<(String, String)>,
        found: &mut Found,
        ground: Ground<'_>,
    ) -> Result<(), Stop> {
        let (samples, mut documents): (Vec<Sample>, Vec<Document>) = candidates.drain(..).unzip();
        let split = documents.len();
        documents.extend(self.indicators.iter().cloned());
        let numbers = |range: std::ops::Range<usize>| -> Vec<u32> {
            range.filter_map(|at| u32::try_from(at).ok()).collect()
        };
        let (hits, indicators) = (numbers(0..split), numbers(split..documents.len()));
        let moments = vec![None; documents.len()];
        let events =
            Events { documents: &documents, columns: &self.reader.columns, moments: &moments };
        let matches = threat::find(self.plan, &hits, &indicators, events, usize::MAX)
            .map_err(|error| Stop::Unsupported(error.to_string()))?;
        let matched: BTreeSet<u32> =
            matches.iter().flat_map(|one| one.stages.iter().flatten().copied()).collect();
        for at in matched {
            let Some(sample) = samples.get(at as usize) else { continue };
            let Some(event) = sample.events.first() else { continue };
            if !seen.insert(event.clone()) {
                continue;
            }
            if seen.len() > ALERTS {
                return Err(Stop::Unsupported(format!("it finds more than {ALERTS} events")));
            }
            found.add(sample.time);
            if found.samples.len() < ground.request.samples {
                found.samples.push(sample.clone());
            }
        }
        Ok(())
    }
}

/// The documents of all indicators.
fn indicators(
    ground: Ground<'_>,
    work: &Work<'_>,
    plan: &ThreatPlan,
    reader: &Reader,
) -> Result<Vec<Document>, Stop> {
    let query = ground.query(&work.program, &plan.indicators);
    let body = json!({
        "size": 1000, "query": query.clause, "sort": ["_doc"], "track_total_hits": true,
    });
    let mut documents = Vec::new();
    let index = super::target::encoded(&plan.indicator_index.join(","));
    stream::each(ground, &index, &body, &mut |hit: &Value| {
        let document = reader.document(&Reader::event(hit)?);
        if query.exact || eval(&plan.indicators, &document, &reader.columns) {
            documents.push(document);
        }
        if documents.len() > INDICATORS {
            return Err(Stop::Unsupported(format!("there are more than {INDICATORS} indicators")));
        }
        Ok(())
    })?;
    Ok(documents)
}

/// The distinct values of a column of the indicators, as a field of events takes them.
fn values(
    indicators: &[Document],
    column: &Column,
    field: &Column,
    reader: &Reader,
) -> Result<Vec<String>, Stop> {
    let mut all = BTreeSet::new();
    let id = reader.columns.id(column);
    for document in indicators {
        let cell = id.and_then(|id| document.rows.first()?.cell(id));
        match cell {
            Some(Cell::Keyword(texts)) => all.extend(texts.iter().cloned()),
            Some(Cell::Ip(addresses)) => all.extend(addresses.iter().map(|it| ip_text(*it))),
            Some(Cell::Long(numbers)) => all.extend(numbers.iter().map(ToString::to_string)),
            Some(Cell::Text(_) | Cell::Double(_)) | None => {}
        }
    }
    match (field.kind, column.kind) {
        (Kind::Ip, Kind::Keyword | Kind::Ip) => {
            all.retain(|text| parse_ip(text).is_ok() || ip_interval(text).is_ok());
        }
        (Kind::Keyword, Kind::Keyword) | (Kind::Long, Kind::Long) => {}
        (event, indicator) => {
            let reason = format!("a field of {event:?} is compared with one of {indicator:?}");
            return Err(Stop::Unsupported(reason));
        }
    }
    Ok(all.into_iter().collect())
}
