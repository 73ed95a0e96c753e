//! The input of the matcher: hits in order, grouped by join key.

use super::key::{Interner, Key, KeyValue, Product, TooMany};
use super::{Error, Spec};

/// The events that the filters of a sequence match.
#[derive(Clone, Copy, Debug)]
pub struct Hits<'a> {
    /// Per stage, ascending and without duplicates.
    pub stages: &'a [Vec<u32>],
    /// Those of `until`; empty without one.
    pub until: &'a [u32],
}

/// Which filter of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filter {
    /// That of a stage, counted without runs.
    Stage(usize),
    /// `until`.
    Until,
}

/// When an event happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Nanoseconds beyond them, where the timestamp counts those.
    pub nanos: u32,
    /// Decides between equal timestamps: ascending, absent ones last, then by event number.
    pub tiebreaker: Option<i64>,
}

/// Nanoseconds in a millisecond.
pub(super) const MILLI: u32 = 1_000_000;

impl Moment {
    /// A moment in whole milliseconds.
    pub fn new(timestamp_ms: i64, tiebreaker: Option<i64>) -> Self {
        Self { timestamp_ms, nanos: 0, tiebreaker }
    }

    /// Nanoseconds since 1970.
    pub(super) fn timestamp_ns(self) -> i128 {
        i128::from(self.timestamp_ms) * i128::from(MILLI) + i128::from(self.nanos)
    }
}

/// What the matcher has to know of events.
pub trait Source {
    /// When an event happened. Events without a timestamp must not be hits.
    /// Samples do not ask.
    fn moment(&self, event: u32) -> Moment;

    /// Appends the values of a filter's `term`-th join field, in any order; none is a null.
    fn values(&self, filter: Filter, event: u32, term: usize, values: &mut Vec<KeyValue>);
}

/// Hits in order, grouped by join key.
#[derive(Debug)]
pub struct Stream {
    /// By position in the order of events.
    events: Vec<u32>,
    /// In nanoseconds, by position, ascending.
    timestamps: Vec<i128>,
    keys: Vec<Key>,
    /// Hits by key, then by position, then from the last stage to the first, `until` at the end.
    hits: Vec<Hit>,
    /// Where the hits of each key start, and the end.
    starts: Vec<usize>,
    /// Per stage: hits, and how many of them lack a mandatory key.
    counts: Vec<Count>,
}

/// How many events a stage's filter matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub hits: usize,
    /// Those that lack a mandatory join key and so take no part.
    pub keyless: usize,
}

/// One event that one filter matches under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// The place of the event in the order of events.
    pub(super) position: u32,
    stage: u32,
}

/// Stands for `until` in [`Hit::stage`].
const UNTIL: u32 = u32::MAX;

impl Hit {
    /// The filter.
    pub(super) fn filter(self) -> Filter {
        if self.stage == UNTIL { Filter::Until } else { Filter::Stage(self.stage as usize) }
    }
}

impl Stream {
    /// Orders hits and looks up their keys.
    pub fn build(spec: &Spec, hits: Hits<'_>, source: &impl Source) -> Result<Self, Error> {
        if hits.stages.len() != spec.stages.len() {
            return Err(Error::StageCount { hits: hits.stages.len(), stages: spec.stages.len() });
        }
        super::layout::Layout::new(spec)?;
        let until = if spec.until { hits.until } else { &[] };
        let order = Order::new(hits.stages.iter().map(Vec::as_slice).chain([until]), source);
        let slots = order.by_position(hits.stages, until);

        let mut counts: Vec<Count> =
            hits.stages.iter().map(|hits| Count { hits: hits.len(), keyless: 0 }).collect();
        let mut keyed = Vec::with_capacity(slots.len());
        let mut reader = KeyReader::new(source, &spec.optional);
        for hit in slots {
            let event = order.events[hit.position as usize];
            let ids =
                reader.keys(hit.filter(), event).map_err(|TooMany| Error::TooManyKeys(event))?;
            keyed.extend(ids.iter().map(|&id| (id, hit)));
            if let (true, Filter::Stage(stage)) = (ids.is_empty(), hit.filter()) {
                counts[stage].keyless += 1;
            }
        }
        let keys = reader.into_keys();
        let (starts, hits) = group(&keyed, keys.len(), |(key, hit)| (*key as usize, *hit));
        Ok(Self { events: order.events, timestamps: order.timestamps, keys, hits, starts, counts })
    }

    /// How many distinct keys there are.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// How many hits there are, once per key.
    pub fn hit_count(&self) -> usize {
        self.hits.len()
    }

    pub(super) fn counts(&self) -> &[Count] {
        &self.counts
    }

    pub(super) fn key(&self, key: usize) -> &Key {
        &self.keys[key]
    }

    pub(super) fn hits(&self, key: usize) -> &[Hit] {
        &self.hits[self.starts[key]..self.starts[key + 1]]
    }

    pub(super) fn event(&self, position: u32) -> u32 {
        self.events[position as usize]
    }

    pub(super) fn timestamp(&self, position: u32) -> i128 {
        self.timestamps[position as usize]
    }

    /// The position of the earliest hit of a stage, over all keys.
    pub(super) fn earliest(&self, stage: usize) -> Option<u32> {
        let of_stage = |hit: &&Hit| hit.filter() == Filter::Stage(stage);
        self.hits.iter().filter(of_stage).map(|hit| hit.position).min()
    }
}

/// Reads and numbers the join keys of events.
pub(crate) struct KeyReader<'a, S> {
    source: &'a S,
    optional: &'a [bool],
    interner: Interner,
    product: Product,
    values: Vec<KeyValue>,
    ids: Vec<u32>,
}

impl<'a, S: Source> KeyReader<'a, S> {
    /// A reader of as many terms as `optional` has.
    pub(crate) fn new(source: &'a S, optional: &'a [bool]) -> Self {
        let (interner, product) = (Interner::default(), Product::default());
        Self { source, optional, interner, product, values: Vec::new(), ids: Vec::new() }
    }

    /// The numbers of one event's keys; none when it lacks a mandatory one.
    pub(crate) fn keys(&mut self, filter: Filter, event: u32) -> Result<&[u32], TooMany> {
        self.ids.clear();
        self.product.reset(self.optional.len());
        for (term, &optional) in self.optional.iter().enumerate() {
            self.source.values(filter, event, term, &mut self.values);
            if self.values.is_empty() && !optional {
                return Ok(&self.ids);
            }
            self.product.set(term, &mut self.values);
        }
        self.product.each(|key| self.ids.push(self.interner.intern(key)))?;
        Ok(&self.ids)
    }

    /// All keys by number.
    pub(crate) fn into_keys(self) -> Vec<Key> {
        self.interner.into_keys()
    }
}

/// All events that take part, in the order of a sequence.
struct Order {
    events: Vec<u32>,
    timestamps: Vec<i128>,
    /// All events ascending by number, with their positions.
    positions: Vec<(u32, u32)>,
}

impl Order {
    fn new<'a>(hits: impl Iterator<Item = &'a [u32]>, source: &impl Source) -> Self {
        let mut numbers: Vec<u32> = hits.flatten().copied().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let place = |&event: &u32| {
            let moment = source.moment(event);
            let tiebreaker = moment.tiebreaker;
            (moment.timestamp_ns(), tiebreaker.is_none(), tiebreaker, event)
        };
        let mut ordered: Vec<_> = numbers.iter().map(place).collect();
        ordered.sort_unstable();
        let events: Vec<u32> = ordered.iter().map(|&(.., event)| event).collect();
        let mut positions: Vec<(u32, u32)> = events.iter().copied().zip(0..).collect();
        positions.sort_unstable();
        Self {
            events,
            timestamps: ordered.iter().map(|&(timestamp, ..)| timestamp).collect(),
            positions,
        }
    }

    /// All hits by position, then from the last stage to the first, `until` at the end.
    fn by_position(&self, stages: &[Vec<u32>], until: &[u32]) -> Vec<Hit> {
        let mut named: Vec<(u32, &[u32])> = (0..).zip(stages.iter().map(Vec::as_slice)).collect();
        named.reverse();
        named.push((UNTIL, until));
        let mut hits = Vec::with_capacity(named.iter().map(|(_, events)| events.len()).sum());
        for (stage, events) in named {
            debug_assert!(events.is_sorted_by(|left, right| left < right), "hits ascend");
            let mut rest = self.positions.as_slice();
            for &event in events {
                rest = skip_to(rest, event);
                if let Some(&(_, position)) = rest.first() {
                    hits.push(Hit { position, stage });
                }
            }
        }
        group(&hits, self.events.len(), |hit| (hit.position as usize, *hit)).1
    }
}

/// The ascending list from `event` on; near events are found fast.
fn skip_to(list: &[(u32, u32)], event: u32) -> &[(u32, u32)] {
    let mut reach = 1;
    while list.get(reach).is_some_and(|&(other, _)| other < event) {
        reach *= 2;
    }
    let near = &list[..list.len().min(reach + 1)];
    &list[near.partition_point(|&(other, _)| other < event)..]
}

/// Sorts items into `count` groups and keeps their order inside; where each group starts, and the items.
pub(crate) fn group<T, U: Copy>(
    items: &[T],
    count: usize,
    split: impl Fn(&T) -> (usize, U),
) -> (Vec<usize>, Vec<U>) {
    let mut starts = vec![0; count + 1];
    for item in items {
        starts[split(item).0 + 1] += 1;
    }
    for index in 0..count {
        starts[index + 1] += starts[index];
    }
    let Some(first) = items.first() else {
        return (starts, Vec::new());
    };
    let mut next = starts.clone();
    let mut sorted = vec![split(first).1; items.len()];
    for item in items {
        let (group, value) = split(item);
        sorted[next[group]] = value;
        next[group] += 1;
    }
    (starts, sorted)
}
