//! EQL plans over the events of one case: filters' hits to detections.
//! [`why`] says why there is none.

pub mod why;

use std::sync::Arc;

use super::sample;
use super::sequence::key::{Key, KeyValue, Real};
use super::sequence::stream::{Filter, Hits, Moment, Source, Stream};
use super::sequence::{self, Limit, Match, Presence, Spec, slow};
use crate::document::{Cell, Columns, Document};
use crate::ir::Kind;
use crate::ir::plan::{self, EqlPlan, EqlSearch, KeyForm, Stage};
use crate::value::{format_date, ip_text};

/// The events that a plan ranges over.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    /// Their documents.
    pub documents: &'a [Document],
    /// The columns of the documents' cells.
    pub columns: &'a Columns,
    /// When each happened; events without a moment take no part in sequences.
    pub moments: &'a [Option<Moment>],
}

/// One detection: an event, a sequence or a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// The event of each stage, runs counted; `None` at a missing stage.
    pub stages: Vec<Option<u32>>,
    /// The join key.
    pub key: Key,
}

/// Why a plan cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Of a sequence.
    #[error(transparent)]
    Sequence(#[from] sequence::Error),
    /// Of a sample.
    #[error(transparent)]
    Sample(#[from] sample::Error),
}

/// Which matcher of sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// The state machine.
    Machine,
    /// Its slow twin.
    Slow,
}

/// Finds what a plan looks for. `hits` are those of [`EqlPlan::filters`], each
/// ascending; `size` bounds the detections.
///
/// # Errors
///
/// What Elasticsearch would fail on, and plans beyond our bounds.
pub fn find(
    plan: &EqlPlan,
    hits: &[Vec<u32>],
    events: Events<'_>,
    size: usize,
    matcher: Matcher,
) -> Result<Vec<Detection>, Error> {
    let limits: Vec<Limit> = plan
        .limits
        .iter()
        .map(|limit| match limit {
            plan::Limit::Head(count) => Limit::Head(*count as usize),
            plan::Limit::Tail(count) => Limit::Tail(*count as usize),
        })
        .collect();
    let limits = Limit::with_size(&limits, size);
    let timed = |hits: &Vec<u32>| {
        let timed = hits.iter().filter(|event| events.moments[**event as usize].is_some());
        timed.copied().collect::<Vec<u32>>()
    };
    // Only an order over time needs a time.
    let hits: Vec<Vec<u32>> = match &plan.search {
        EqlSearch::Sequence { .. } => hits.iter().map(timed).collect(),
        EqlSearch::Events(_) | EqlSearch::Sample { .. } => hits.to_vec(),
    };
    match &plan.search {
        EqlSearch::Events(_) => {
            let spec = Spec {
                stages: vec![sequence::Stage { presence: Presence::Present, runs: 1 }],
                until: false,
                maxspan_ms: None,
                optional: Vec::new(),
                limits,
            };
            search(
                &spec,
                &hits,
                &[],
                &Fields { events, stages: &[], until: None, dates: Dates::Text },
                matcher,
            )
        }
        EqlSearch::Sequence { stages, until, maxspan_ms } => {
            let spec = spec(stages, until.as_ref(), *maxspan_ms, limits);
            let (stage_hits, until_hits) = hits.split_at(stages.len());
            let until_hits = until_hits.first().map_or(&[][..], Vec::as_slice);
            let source = Fields { events, stages, until: until.as_ref(), dates: Dates::Text };
            search(&spec, stage_hits, until_hits, &source, matcher)
        }
        EqlSearch::Sample { stages } => {
            let spec = sample::Spec { optional: optional(stages), per_key: 1, size };
            let source = Fields { events, stages, until: None, dates: Dates::Millis };
            let samples = sample::find(&spec, &hits, &source)?.into_iter();
            let detection = |sample: sample::Sample| Detection {
                stages: sample.events.into_iter().map(Some).collect(),
                key: sample.key,
            };
            Ok(samples.map(detection).collect())
        }
    }
}

/// A sequence as the matcher takes it.
fn spec(
    stages: &[Stage],
    until: Option<&Stage>,
    maxspan_ms: Option<u64>,
    limits: Vec<Limit>,
) -> Spec {
    Spec {
        stages: stages.iter().map(presence).collect(),
        until: until.is_some(),
        maxspan_ms,
        optional: optional(stages),
        limits,
    }
}

fn presence(stage: &Stage) -> sequence::Stage {
    let presence = if stage.missing { Presence::Missing } else { Presence::Present };
    sequence::Stage { presence, runs: stage.runs }
}

/// A key may be null where some stage says so.
fn optional(stages: &[Stage]) -> Vec<bool> {
    let terms = stages.first().map_or(0, |stage| stage.keys.len());
    (0..terms).map(|term| stages.iter().any(|stage| stage.keys[term].optional)).collect()
}

fn search(
    spec: &Spec,
    stages: &[Vec<u32>],
    until: &[u32],
    source: &Fields<'_>,
    matcher: Matcher,
) -> Result<Vec<Detection>, Error> {
    let hits = Hits { stages, until };
    let matches = match matcher {
        Matcher::Machine => sequence::find(spec, &Stream::build(spec, hits, source)?)?,
        Matcher::Slow => slow::find(spec, hits, source)?,
    };
    let detection = |found: Match| Detection { stages: found.stages, key: found.key };
    Ok(matches.into_iter().map(detection).collect())
}

/// Join fields out of documents.
struct Fields<'a> {
    events: Events<'a>,
    stages: &'a [Stage],
    until: Option<&'a Stage>,
    dates: Dates,
}

/// What a moment is as a join value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dates {
    Text,
    Millis,
}

impl Source for Fields<'_> {
    fn moment(&self, event: u32) -> Moment {
        // Of single events, those without a moment come last; sequences leave them out.
        let none = Moment { timestamp_ms: i64::MAX, tiebreaker: None };
        self.events.moments[event as usize].unwrap_or(none)
    }

    fn values(&self, filter: Filter, event: u32, term: usize, values: &mut Vec<KeyValue>) {
        let stage = match filter {
            Filter::Stage(stage) => self.stages.get(stage),
            Filter::Until => self.until,
        };
        let key = stage.and_then(|stage| stage.keys.get(term));
        let column = key.and_then(|key| key.column.as_ref());
        let id = column.and_then(|column| self.events.columns.id(column));
        let row = &self.events.documents[event as usize].rows[0];
        match id.and_then(|id| row.cell(id)) {
            Some(Cell::Keyword(texts)) => {
                values.extend(texts.iter().map(|text| KeyValue::Text(text.as_str().into())));
            }
            Some(Cell::Long(numbers)) => {
                let value = |number: &i64| match key.map_or(KeyForm::Plain, |key| key.form) {
                    KeyForm::Boolean => KeyValue::Bool(*number != 0),
                    // As Elasticsearch has it: text in sequences, a number in samples.
                    KeyForm::Date if self.dates == Dates::Text => {
                        KeyValue::Text(format_date(*number).into())
                    }
                    KeyForm::Date | KeyForm::Plain => KeyValue::Long(*number),
                };
                values.extend(numbers.iter().map(value));
            }
            Some(Cell::Double(numbers)) => {
                values.extend(numbers.iter().map(|n| KeyValue::Double(Real(*n))));
            }
            Some(Cell::Ip(addresses)) => {
                let text = |address: &u128| KeyValue::Text(ip_text(*address).into());
                values.extend(addresses.iter().map(text));
            }
            // Text has no values to join on.
            Some(Cell::Text(_)) | None => {
                debug_assert!(column.is_none_or(|c| c.kind != Kind::Text));
            }
        }
    }
}

/// A join key for people and reports.
pub fn key_text(value: Option<&KeyValue>) -> Arc<str> {
    match value {
        None => "null".into(),
        Some(KeyValue::Bool(value)) => value.to_string().into(),
        Some(KeyValue::Long(value)) => value.to_string().into(),
        Some(KeyValue::Double(Real(value))) => value.to_string().into(),
        Some(KeyValue::Text(text)) => text.clone(),
    }
}
