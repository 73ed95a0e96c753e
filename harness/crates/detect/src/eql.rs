//! EQL plans over the events of one case: filters' hits to detections.
//! [`why`] says why there is none.

pub mod why;

use super::sequence::key::KeyValue;
use super::sequence::stream::{Filter, Hits, Moment, Source, Stream};
use super::sequence::{self, Limit, Match, Presence, Spec, slow};
use super::terms::{self, key_text};
use super::{Detection, Error, Events, sample};
use harness_model::value::{format_date, format_nanos, ip_text};
use harness_predicate::plan::{self, EqlPlan, EqlSearch, KeyForm, Stage};

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
            let detection = |sample: sample::Sample| {
                Detection::of(sample.events.into_iter().map(Some).collect(), sample.key)
            };
            Ok(samples.map(detection).collect())
        }
    }
}

/// A sequence as the matcher takes it.
pub fn spec(
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
pub fn optional(stages: &[Stage]) -> Vec<bool> {
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
    let detection = |found: Match| Detection::of(found.stages, found.key);
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
        let none = Moment::new(i64::MAX, None);
        self.events.moments[event as usize].unwrap_or(none)
    }

    fn values(&self, filter: Filter, event: u32, term: usize, values: &mut Vec<KeyValue>) {
        let stage = match filter {
            Filter::Stage(stage) => self.stages.get(stage),
            Filter::Until => self.until,
        };
        let Some(key) = stage.and_then(|stage| stage.keys.get(term)) else { return };
        if let Some(column) = &key.column {
            terms::values(self.events, column, event, values);
        }
        for value in values {
            // As Elasticsearch has it: text in sequences, a number in samples.
            if self.dates == Dates::Text || !matches!(key.form, KeyForm::Date | KeyForm::Nanos) {
                join_value(value, key.form);
            }
        }
    }
}

/// Makes a value as it is stored one of a join key of a sequence.
pub fn join_value(value: &mut KeyValue, form: KeyForm) {
    match (&*value, form) {
        (KeyValue::Ip(address), _) => *value = KeyValue::Text(ip_text(*address).into()),
        (KeyValue::Long(number), KeyForm::Boolean) => *value = KeyValue::Bool(*number != 0),
        (KeyValue::Long(number), KeyForm::Date) => {
            *value = KeyValue::Text(format_date(*number).into());
        }
        (KeyValue::Long(number), KeyForm::Nanos) => {
            *value = KeyValue::Text(format_nanos(*number).into());
        }
        (KeyValue::Long(_), KeyForm::Plain)
        | (KeyValue::Bool(_) | KeyValue::Double(_) | KeyValue::Text(_), _) => {}
    }
}
