//! Sequences written as text: `A1` is an event of filter `A` at 1 ms.

mod property;
mod table;

use super::key::{Key, KeyValue};
use super::stream::{Filter, Hits, Moment, Source, Stream};
use super::{Error, Limit, Match, Presence, Spec, Stage, find, slow};

/// Events and the filters that they match.
#[derive(Clone, Debug, Default)]
pub(super) struct Fixture {
    pub(super) spec: Option<Spec>,
    pub(super) events: Vec<Event>,
    pub(super) stages: Vec<Vec<u32>>,
    pub(super) until: Vec<u32>,
}

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) moment: Moment,
    /// Values per term, for stages of even and of odd number; `until` is even.
    pub(super) keys: [Vec<Vec<KeyValue>>; 2],
}

impl Source for Fixture {
    fn moment(&self, event: u32) -> Moment {
        self.events[event as usize].moment
    }

    fn values(&self, filter: Filter, event: u32, term: usize, values: &mut Vec<KeyValue>) {
        let odd = matches!(filter, Filter::Stage(stage) if stage % 2 == 1);
        values.extend(self.events[event as usize].keys[usize::from(odd)][term].iter().cloned());
    }
}

impl Fixture {
    pub(super) fn spec(&self) -> &Spec {
        self.spec.as_ref().expect("fixtures have a specification")
    }

    pub(super) fn hits(&self) -> Hits<'_> {
        Hits { stages: &self.stages, until: &self.until }
    }

    pub(super) fn stream(&self) -> Result<Stream, Error> {
        Stream::build(self.spec(), self.hits(), self)
    }

    pub(super) fn fast(&self) -> Result<Vec<Match>, Error> {
        find(self.spec(), &self.stream()?)
    }

    pub(super) fn slow(&self) -> Result<Vec<Match>, Error> {
        slow::find(self.spec(), self.hits(), self)
    }

    /// Reads a query such as `A !M B*2 / until U / span 5 / by k / by k? / tail 1`
    /// and events such as `x,y|AB1.7`: key values, filters, time, tiebreaker.
    pub(super) fn parse(query: &str, events: &str) -> Self {
        let mut parts = query.split('/').map(str::trim);
        let (mut stages, mut filters, mut until_filter) = (Vec::new(), Vec::new(), None);
        for token in parts.next().expect("split gives a part").split_whitespace() {
            let (token, runs) = token.split_once('*').unwrap_or((token, "1"));
            let filter = token.trim_start_matches('!');
            let presence = if filter == token { Presence::Present } else { Presence::Missing };
            stages.push(Stage { presence, runs: runs.parse().expect("runs") });
            filters.push(filter);
        }
        let (mut maxspan_ms, mut optional, mut limits) = (None, Vec::new(), Vec::new());
        for part in parts {
            match part.split_once(' ').expect("a word and a value") {
                ("until", filter) => until_filter = Some(filter),
                ("span", span) => maxspan_ms = Some(span.parse().expect("span")),
                ("by", field) => optional.push(field.ends_with('?')),
                ("head", count) => limits.push(Limit::Head(count.parse().expect("count"))),
                ("tail", count) => limits.push(Limit::Tail(count.parse().expect("count"))),
                other => panic!("unknown part {other:?}"),
            }
        }
        let terms = optional.len();
        let events: Vec<Event> =
            events.split_whitespace().map(|token| Event::parse(token, terms)).collect();
        let matching = |filter: &str| {
            (0..)
                .zip(&events)
                .filter(|(_, event)| event.name.contains(filter))
                .map(|(number, _)| number)
                .collect()
        };
        Self {
            stages: filters.iter().map(|filter| matching(filter)).collect(),
            until: until_filter.map(matching).unwrap_or_default(),
            spec: Some(Spec {
                stages,
                until: until_filter.is_some(),
                maxspan_ms,
                optional,
                limits,
            }),
            events,
        }
    }

    /// Writes matches such as `x: A1 - B2; y: A3 - B4`.
    pub(super) fn print(&self, matches: &[Match]) -> String {
        let name =
            |event: &Option<u32>| event.map_or("-", |event| &self.events[event as usize].name);
        let print = |found: &Match| {
            let events: Vec<&str> = found.stages.iter().map(name).collect();
            format!("{}{}", print_key(&found.key), events.join(" "))
        };
        matches.iter().map(print).collect::<Vec<_>>().join("; ")
    }
}

fn print_key(key: &Key) -> String {
    let value = |value: &Option<KeyValue>| match value {
        Some(KeyValue::Text(text)) => text.to_string(),
        other => format!("{other:?}"),
    };
    let values: Vec<String> = key.iter().map(value).collect();
    if values.is_empty() { String::new() } else { format!("{}: ", values.join(",")) }
}

impl Event {
    fn parse(token: &str, terms: usize) -> Self {
        let (keys, name) = token.split_once('|').unwrap_or(("", token));
        let (letters_and_time, tiebreaker) = name.split_once('.').unwrap_or((name, ""));
        let time = letters_and_time.trim_start_matches(char::is_alphabetic);
        let moment = Moment::new(time.parse().expect("time"), tiebreaker.parse().ok());
        let values: Vec<KeyValue> = keys
            .split(',')
            .filter(|value| !value.is_empty())
            .map(|value| KeyValue::Text(value.into()))
            .collect();
        let keys = vec![values; terms];
        Self { name: name.into(), moment, keys: [keys.clone(), keys] }
    }
}
