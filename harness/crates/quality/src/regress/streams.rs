//! Streams of events that may tell two versions apart, to be judged.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use harness_detect::window::Window;
use harness_model::event::Event;
use harness_model::value::format_date;
use harness_predicate::plan::{NewTermsPlan, Stage, TermField, ThreatPlan, ThresholdPlan};
use serde_json::{Value, json};

use super::judge::Stream;
use super::sight::Sight;
use crate::compare::Answer;
use crate::moment::NOW;
use crate::synthesis::fields;

/// The most events of a stream.
const MAX_EVENTS: u64 = 2_000;
/// The time between two events, in milliseconds.
const STEP: i64 = 1_000;

/// How the events of several stages follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// In their order, within so many milliseconds where that is stated.
    Within(Option<u64>),
    /// In any order.
    Any,
}

impl Order {
    /// Whether all that is in this order is in the other.
    pub(super) fn lies_in(self, other: Self) -> bool {
        match (self, other) {
            (Self::Within(_), Self::Any | Self::Within(None)) | (Self::Any, Self::Any) => true,
            (Self::Within(Some(own)), Self::Within(Some(other))) => own <= other,
            (Self::Within(None), Self::Within(Some(_))) | (Self::Any, Self::Within(_)) => false,
        }
    }

    fn span(self) -> Option<u64> {
        match self {
            Self::Within(span) => span,
            Self::Any => None,
        }
    }
}

/// So many steps before the run.
fn before(steps: u64) -> i64 {
    NOW - STEP * i64::try_from(steps.max(1)).unwrap_or(1)
}

/// The event at a time.
fn at(source: &Value, time: i64) -> Value {
    let mut source = source.clone();
    fields::set(&mut source, "@timestamp", vec![json!(format_date(time))]);
    source
}

fn stated(source: &Value, field: &str) -> Option<Value> {
    let nested = || source.pointer(&format!("/{}", field.replace('.', "/")));
    source.get(field).or_else(nested).cloned()
}

fn has(source: &Value, field: &str) -> bool {
    stated(source, field).is_some()
}

/// The event with a value for a field, where it has none.
fn with(source: &mut Value, field: &str, values: &[Value]) {
    if !has(source, field) {
        fields::set(source, field, values.to_vec());
    }
}

/// The event with another value than the other events have; the first keeps its own.
fn nth(source: &mut Value, field: &str, n: u64) {
    if n == 0 {
        with(source, field, &[value(field, 0)]);
    } else {
        let own = stated(source, field).and_then(|own| beside(&own, n));
        fields::set(source, field, vec![own.unwrap_or_else(|| value(field, n))]);
    }
}

/// The n-th value after one that a condition may ask for.
fn beside(own: &Value, n: u64) -> Option<Value> {
    match own {
        Value::Number(number) => number.as_u64().map(|number| json!(number.saturating_add(n))),
        Value::String(text) => match text.parse::<Ipv4Addr>() {
            Ok(address) => {
                let next = u32::from(address).wrapping_add(u32::try_from(n).ok()?);
                Some(json!(Ipv4Addr::from(next).to_string()))
            }
            Err(_) => Some(json!(format!("{text}-{}", n + 1))),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Values of one field: the n-th one in the forms that types take.
fn value(field: &str, n: u64) -> Value {
    let last = field.rsplit('.').next().unwrap_or(field);
    if last == "ip" || last == "address" {
        return json!(format!("192.0.2.{}", 1 + n % 250));
    }
    if ["port", "pid", "bytes", "code"].contains(&last) {
        return json!(1_000 + n);
    }
    json!(format!("{last}-{}", n + 1))
}

/// One event, just before the run.
pub(super) fn alone(event: &Value) -> Stream {
    Stream::of(vec![at(event, NOW - STEP)])
}

/// The event with a value for each of some fields.
pub(super) fn filled(event: &Value, names: &[&str]) -> Value {
    let mut event = event.clone();
    for name in names {
        with(&mut event, name, &[value(name, 0)]);
    }
    event
}

/// An event just before the run, and the same an hour before the window, or just after the
/// history has begun.
pub(super) fn again(event: &Value, from: i64) -> Stream {
    let earlier = if from < NOW - 86_400_000 { from + 1 } else { from.saturating_sub(3_600_000) };
    Stream::of(vec![at(event, earlier), at(event, NOW - STEP)])
}

/// The stream at times that only one of two versions sees.
pub(super) fn placed(stream: &Stream, own: &Sight, other: &Sight) -> Vec<Stream> {
    let time = |event: &Value| {
        let event = Event::from_json(event.clone(), 1).ok();
        event.and_then(|event| event.timestamp()).unwrap_or(NOW - STEP)
    };
    let times: Vec<i64> = stream.events.iter().map(time).collect();
    let (Some(first), Some(last)) = (times.first().copied(), times.last().copied()) else {
        return Vec::new();
    };
    let (mine, theirs) = (own.now().window, other.now().window);
    let moved = |by: i64| times.iter().map(|time| time + by).collect::<Vec<i64>>();
    // The first event when the window begins, the others as they are.
    let spread = |by: i64| {
        let mut all = moved(by);
        all[0] = all[0].min(mine.from.saturating_add(1 + by));
        all
    };
    let before = -own.clock.interval_ms();
    let mut all = vec![times.clone(), spread(0), spread(before)];
    all.extend(
        [theirs.from.saturating_sub(1 + last), mine.from.saturating_add(1 - first)].map(moved),
    );
    let field = own.needed_time();
    let placed = |times: Vec<i64>| {
        let events = stream.events.iter().zip(times).map(|(event, time)| {
            let mut event = at(event, time);
            if let Some(field) = field {
                fields::set(&mut event, field, vec![json!(format_date(time))]);
            }
            event
        });
        Stream { events: events.collect(), indicators: stream.indicators.clone() }
    };
    all.into_iter().map(placed).collect()
}

/// Groups of events of which `own` may alert and `other` may not.
pub(super) fn groups(
    beyond: &Answer,
    both: Option<&Value>,
    own: &ThresholdPlan,
    other: &ThresholdPlan,
) -> Vec<Stream> {
    let mut streams = Vec::new();
    let least = own.cardinality.as_ref().map_or(1, |(_, least)| *least);
    let count = own.count.max(least);
    if count > MAX_EVENTS {
        return streams;
    }
    let named: BTreeSet<&str> = own.fields.iter().map(|field| &*field.field).collect();
    let extra: Vec<&TermField> =
        other.fields.iter().filter(|field| !named.contains(&*field.field)).collect();
    for base in beyond.event().into_iter().chain(both) {
        for spread in [true, false] {
            for distinct in [least, count] {
                let events = (0..count).map(|n| {
                    let mut source = base.clone();
                    for field in &own.fields {
                        with(&mut source, &field.field, &[value(&field.field, 0)]);
                    }
                    for field in extra.iter().filter(|_| spread) {
                        nth(&mut source, &field.field, n);
                    }
                    let counted = [&own.cardinality, &other.cardinality];
                    for (field, _) in counted.into_iter().flatten() {
                        nth(&mut source, &field.field, n % distinct);
                    }
                    at(&source, before(count - n))
                });
                streams.push(Stream::of(events.collect()));
            }
        }
        // Few events with all values in one field.
        if let Some((field, least)) = own.cardinality.as_ref().filter(|_| own.count < count) {
            let mut source = base.clone();
            for field in &own.fields {
                with(&mut source, &field.field, &[value(&field.field, 0)]);
            }
            let values: Vec<Value> = (0..*least).map(|n| value(&field.field, n)).collect();
            fields::set(&mut source, &field.field, values);
            let events = (0..own.count).map(|n| at(&source, before(n)));
            streams.push(Stream::of(events.collect()));
        }
    }
    streams
}

/// Events that are new to `own` and may be known to `other`: those that `own` alone catches
/// and those that both do, after such as are in the history of one or the other.
pub(super) fn first_seen(
    [beyond, within]: [&Answer; 2],
    both: Option<&Value>,
    own: &NewTermsPlan,
    other: &NewTermsPlan,
    window: Window,
) -> Vec<Stream> {
    let mut streams = Vec::new();
    let names = |plan: &NewTermsPlan| -> BTreeSet<String> {
        plan.fields.iter().map(|field| field.field.to_string()).collect()
    };
    let (mine, theirs) = (names(own), names(other));
    // The fields that only one of both watches have their n-th value.
    let filled = |source: &Value, of_own: u64, of_other: u64| {
        let mut source = source.clone();
        for field in mine.union(&theirs) {
            let n = match (mine.contains(field), theirs.contains(field)) {
                (true, false) => of_own,
                (false, true) => of_other,
                (true, true) | (false, false) => 0,
            };
            with(&mut source, field, &[value(field, 0)]);
            if n > 0 {
                nth(&mut source, field, n);
            }
        }
        source
    };
    let now = NOW - STEP;
    let before = window.from.saturating_sub(3_600_000);
    let bases: Vec<&Value> = beyond.event().into_iter().chain(both).collect();
    for base in &bases {
        streams.push(Stream::of(vec![at(&filled(base, 0, 0), now)]));
        for earlier in bases.iter().copied().chain(within.event()) {
            for (of_own, of_other) in [(0, 0), (0, 1), (1, 0)] {
                let earlier = at(&filled(earlier, of_own, of_other), before);
                streams.push(Stream::of(vec![earlier, at(&filled(base, 0, 0), now)]));
            }
        }
        // Without what only the other one watches, there is nothing for it to see.
        let mut bare = (*base).clone();
        for field in &mine {
            with(&mut bare, field, &[value(field, 0)]);
        }
        streams.push(Stream::of(vec![at(&bare, now)]));
    }
    streams
}

/// Events with indicators, of which the plan may alert.
pub(super) fn indicated(
    beyond: [&Answer; 2],
    both: [Option<&Value>; 2],
    plan: &ThreatPlan,
) -> Vec<Stream> {
    let [events, indicators] = beyond;
    let first = events.event().into_iter().chain(both[0]);
    let first: Vec<&Value> = first.collect();
    let second: Vec<&Value> = indicators.event().into_iter().chain(both[1]).collect();
    let mut streams = Vec::new();
    for own in &first {
        for other in &second {
            for group in &plan.groups {
                let (mut own, mut other) = ((*own).clone(), (*other).clone());
                for (n, entry) in (0..).zip(group) {
                    let shared = value(&entry.field.field, n);
                    with(&mut own, &entry.field.field, std::slice::from_ref(&shared));
                    let theirs =
                        if entry.negate { value(&entry.field.field, n + 9) } else { shared };
                    with(&mut other, &entry.value.field, &[theirs]);
                }
                streams.push(Stream {
                    events: vec![at(&own, NOW - STEP)],
                    indicators: vec![at(&other, NOW - 86_400_000)],
                });
            }
        }
    }
    streams
}

/// Events of stages in order, `own` in one way and `other` in another.
pub(super) fn ordered(
    sets: &[Vec<Option<Value>>],
    stages: &[Stage],
    own: Order,
    other: Order,
    until: Option<&Value>,
) -> Vec<Stream> {
    let mut streams = Vec::new();
    let mut spans: Vec<Option<u64>> = vec![None, own.span()];
    spans.extend(other.span().map(|span| Some(span.saturating_add(1_000))));
    for set in sets {
        for span in &spans {
            for joined in [true, false] {
                for ended in [false, true] {
                    if ended && until.is_none() {
                        continue;
                    }
                    let events = stream(set, stages, *span, joined, until.filter(|_| ended));
                    streams.extend(events.map(Stream::of));
                }
            }
        }
    }
    streams
}

/// The value of a join key: that of the first stage whose event has one.
fn shared(set: &[Option<Value>], stages: &[Stage], at: usize) -> Value {
    let keys = || stages.iter().filter_map(|stage| stage.keys.get(at));
    let stated = set.iter().zip(stages).find_map(|(event, stage)| {
        let field = &stage.keys.get(at)?.field;
        let event = Event::from_json(event.clone()?, 1).ok()?;
        event.first(field).cloned()
    });
    let first = keys().next().map_or("", |key| &*key.field);
    stated.unwrap_or_else(|| value(first, 0))
}

/// An event for each stage that wants one, runs counted; the last one `span`
/// milliseconds after the first. Where keys are not `joined`, only the first is shared.
fn stream(
    set: &[Option<Value>],
    stages: &[Stage],
    span: Option<u64>,
    joined: bool,
    until: Option<&Value>,
) -> Option<Vec<Value>> {
    let mut sources: Vec<Value> = Vec::new();
    let last = stages.iter().rposition(|stage| !stage.missing)?;
    for (number, (stage, event)) in stages.iter().zip(set).enumerate() {
        if stage.missing {
            continue;
        }
        for _ in 0..stage.runs {
            let mut source = event.clone()?;
            for (at, key) in stage.keys.iter().enumerate() {
                let shared = shared(set, stages, at);
                if joined || at == 0 {
                    fields::set(&mut source, &key.field, vec![shared]);
                } else {
                    nth(&mut source, &key.field, number as u64);
                }
            }
            sources.push(source);
        }
        if let Some(until) = until.filter(|_| number + 1 == last) {
            let mut source = until.clone();
            for (at, key) in stage.keys.iter().enumerate() {
                fields::set(&mut source, &key.field, vec![shared(set, stages, at)]);
            }
            sources.push(source);
        }
    }
    let count = i64::try_from(sources.len()).ok()?;
    let span = span.and_then(|span| i64::try_from(span).ok());
    let end = NOW - STEP;
    let start = end.saturating_sub(span.unwrap_or(count * STEP));
    let times = (0..count).map(|n| if n + 1 == count { end } else { start + n });
    Some(sources.iter().zip(times).map(|(source, time)| at(source, time)).collect())
}
