//! Judges lists of events by the plans of both versions, with the reference evaluator.

use harness_detect::sequence::stream::Moment;
use harness_detect::window::Window;
use harness_detect::{Events, Scope, detect};
use harness_model::document::Document;
use harness_model::event::Event;
use harness_model::schema::Schema;
use harness_predicate::plan::{Plan, Reach};
use serde_json::Value;

use crate::compare::Bench;

/// How many streams are tried for one direction.
const MAX_STREAMS: usize = 64;
/// The most alerts that are counted.
const MAX_ALERTS: usize = 100;

/// Two plans over the same columns.
pub(super) struct Judge<'a>(Bench<'a>);

/// A list of events; the indicators among them come last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stream {
    pub(super) events: Vec<Value>,
    pub(super) indicators: Vec<Value>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(plans: [&Plan; 2], schema: &'a Schema) -> Self {
        Self(Bench::over(schema, plans.into_iter().flat_map(Plan::columns)))
    }

    /// What reads and judges single events.
    pub(super) fn bench(&self) -> &Bench<'a> {
        &self.0
    }

    /// Whether a plan alerts on a stream within a window; `None` where an event cannot be
    /// read as it is meant.
    pub(super) fn alerts(&self, plan: &Plan, stream: &Stream, window: Window) -> Option<bool> {
        let all: Vec<&Value> = stream.events.iter().chain(&stream.indicators).collect();
        let mut documents: Vec<Document> = Vec::with_capacity(all.len());
        let mut moments = Vec::with_capacity(all.len());
        for (at, source) in all.iter().enumerate() {
            let event = Event::from_json((*source).clone(), at + 1).ok()?;
            documents.push(self.0.document(&event)?);
            moments.push(event.timestamp().map(|at| Moment::new(at, None)));
        }
        let count = stream.events.len();
        let sees = |at: usize, reach: Reach| {
            let time = moments[at].map(|moment: Moment| moment.timestamp_ms);
            match reach {
                Reach::Indicators => at >= count,
                Reach::Window => at < count && time.is_none_or(|at| window.contains(at)),
                Reach::History => at < count && time.is_none_or(|at| at <= window.to),
            }
        };
        let hits: Vec<Vec<u32>> = plan
            .filters()
            .into_iter()
            .zip(plan.reaches())
            .map(|(filter, reach)| {
                let numbered = (0_u32..).zip(&documents);
                let found = numbered.filter(|(at, document)| {
                    sees(*at as usize, reach) && self.0.holds_of(filter, document)
                });
                found.map(|(at, _)| at).collect()
            })
            .collect();
        let events = Events { documents: &documents, columns: self.0.columns(), moments: &moments };
        let found = detect(plan, &hits, events, Scope { window, size: MAX_ALERTS }).ok()?;
        Some(!found.is_empty())
    }

    /// The first stream on which `yes` alerts and `no` does not.
    pub(super) fn apart(
        &self,
        yes: (&Plan, Window),
        no: (&Plan, Window),
        streams: impl Iterator<Item = Stream>,
    ) -> Option<Vec<Value>> {
        let mut streams = streams.take(MAX_STREAMS);
        let found = streams.find(|stream| {
            self.alerts(yes.0, stream, yes.1) == Some(true)
                && self.alerts(no.0, stream, no.1) == Some(false)
        })?;
        Some(found.events.into_iter().chain(found.indicators).collect())
    }
}
