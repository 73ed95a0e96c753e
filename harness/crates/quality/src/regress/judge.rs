//! Judges lists of events by the plans of both versions, with the reference evaluator.

use harness_detect::sequence::stream::Moment;
use harness_detect::{Events, Scope, detect};
use harness_model::document::Document;
use harness_model::event::Event;
use harness_model::schema::Schema;
use harness_predicate::plan::{Plan, Reach};
use serde_json::Value;

use super::sight::{Look, Sight};
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

impl Stream {
    pub(super) fn of(events: Vec<Value>) -> Self {
        Self { events, indicators: Vec::new() }
    }

    /// All of them, indicators last.
    pub(super) fn into_events(self) -> Vec<Value> {
        self.events.into_iter().chain(self.indicators).collect()
    }
}

/// When an event happened, as a version reads it.
enum Time {
    Unstated,
    At(Vec<i64>),
    /// It says so in a field that the version does not read.
    Barred,
}

/// A stream as a version reads it.
struct Read {
    documents: Vec<Document>,
    times: Vec<Time>,
    moments: Vec<Option<Moment>>,
    /// Which filters hold of which events.
    holding: Vec<Vec<u32>>,
    /// How many of the events are no indicators.
    count: usize,
}

impl<'a> Judge<'a> {
    pub(super) fn new(plans: [&Plan; 2], schema: &'a Schema) -> Self {
        Self(Bench::over(schema, plans.into_iter().flat_map(Plan::columns)))
    }

    /// What reads and judges single events.
    pub(super) fn bench(&self) -> &Bench<'a> {
        &self.0
    }

    /// Whether some run of a version with this plan alerts on a stream; `None` where an
    /// event cannot be read as it is meant.
    pub(super) fn alerts(&self, plan: &Plan, stream: &Stream, sight: &Sight) -> Option<bool> {
        let read = self.read(plan, stream, sight)?;
        let times = read.times.iter().filter_map(|time| match time {
            Time::At(times) => times.iter().copied().min(),
            Time::Unstated | Time::Barred => None,
        });
        let since = times.min().unwrap_or(i64::MAX);
        let mut before = None;
        for look in sight.looks(since) {
            let seen = read.seen(look);
            if before.as_ref() == Some(&seen) {
                continue;
            }
            if self.alerts_of(plan, &read, look)? {
                return Some(true);
            }
            before = Some(seen);
        }
        Some(false)
    }

    fn read(&self, plan: &Plan, stream: &Stream, sight: &Sight) -> Option<Read> {
        let all = stream.events.iter().chain(&stream.indicators);
        let (mut documents, mut times, mut moments) = (Vec::new(), Vec::new(), Vec::new());
        let mut unread: Vec<bool> = Vec::new();
        for (position, source) in (1..).zip(all) {
            let event = Event::from_json(source.clone(), position).ok()?;
            documents.push(self.0.document(&event)?);
            unread.push(position <= stream.events.len() && !sight.reads(&event));
            let time = match sight.clock.times(&event) {
                own if !own.is_empty() => Time::At(own),
                _ if event.timestamp().is_some() => Time::Barred,
                _ => Time::Unstated,
            };
            let first = match &time {
                Time::At(own) if !matches!(plan, Plan::Eql(_)) => own.first().copied(),
                Time::At(_) | Time::Barred | Time::Unstated => event.timestamp(),
            };
            moments.push(first.map(|at| Moment::new(at, None)));
            times.push(time);
        }
        let holds = |filter, at: u32| {
            let at = at as usize;
            !unread[at] && self.0.holds_of(filter, &documents[at])
        };
        let numbers = 0..u32::try_from(documents.len()).ok()?;
        let filters = plan.filters().into_iter();
        let holding =
            filters.map(|filter| numbers.clone().filter(|at| holds(filter, *at)).collect());
        let (holding, count) = (holding.collect(), stream.events.len());
        Some(Read { documents, times, moments, holding, count })
    }

    fn alerts_of(&self, plan: &Plan, read: &Read, look: Look) -> Option<bool> {
        let hits: Vec<Vec<u32>> = read
            .holding
            .iter()
            .zip(plan.reaches())
            .map(|(own, reach)| {
                own.iter().copied().filter(|at| read.sees(*at as usize, reach, look)).collect()
            })
            .collect();
        let (documents, moments) = (read.documents.as_slice(), read.moments.as_slice());
        let events = Events { documents, columns: self.0.columns(), moments };
        let scope = Scope { window: look.window, size: MAX_ALERTS };
        Some(!detect(plan, &hits, events, scope).ok()?.is_empty())
    }

    /// The first stream on which `yes` alerts and `no` does not.
    pub(super) fn apart(
        &self,
        yes: (&Plan, &Sight),
        no: (&Plan, &Sight),
        streams: impl Iterator<Item = Stream>,
    ) -> Option<Vec<Value>> {
        let mut streams = streams.take(MAX_STREAMS);
        let found = streams.find(|stream| {
            self.alerts(yes.0, stream, yes.1) == Some(true)
                && self.alerts(no.0, stream, no.1) == Some(false)
        })?;
        Some(found.into_events())
    }
}

impl Read {
    fn sees(&self, at: usize, reach: Reach, look: Look) -> bool {
        let within = |window: harness_detect::window::Window| match &self.times[at] {
            Time::Unstated => true,
            Time::At(times) => times.iter().any(|time| window.contains(*time)),
            Time::Barred => false,
        };
        match reach {
            Reach::Indicators => at >= self.count,
            Reach::Window => at < self.count && within(look.window),
            Reach::History => at < self.count && within(look.history),
        }
    }

    /// Which events lie in the window, and which in the history.
    fn seen(&self, look: Look) -> Vec<(bool, bool)> {
        let both = |at| (self.sees(at, Reach::Window, look), self.sees(at, Reach::History, look));
        (0..self.count).map(both).collect()
    }
}
