//! Sequences and samples in order; and each way in which they are none.

use serde_json::Value;

use super::super::name::{MAX_NAME, slug};
use super::super::seed::MOMENT;
use super::Maker;
use harness_model::event::Event;
use harness_predicate::plan::Stage;

/// How much later than `maxspan` is too late, in milliseconds.
const LATE: i64 = 1_000;
/// The most events of a sequence that is made.
const MAX_ROWS: usize = 500;

/// What the events of a sequence are made of.
struct Rows<'s> {
    /// Each stage, with an event that fulfils it.
    stages: Vec<(&'s Stage, Event)>,
    /// An event that ends it.
    ending: Option<Event>,
    /// The time between two events, in milliseconds.
    step: i64,
}

impl Rows<'_> {
    /// The stages that events are of, in order: all, or without one, or with a run less.
    fn places(&self, skipped: Option<usize>, less: Option<usize>) -> Vec<usize> {
        let numbered = self.stages.iter().enumerate();
        let present = numbered.filter(|(at, (stage, _))| !stage.missing && skipped != Some(*at));
        let runs = present.flat_map(|(at, (stage, _))| {
            let runs = (stage.runs as usize).saturating_sub(usize::from(less == Some(at)));
            std::iter::repeat_n(at, runs)
        });
        runs.take(MAX_ROWS).collect()
    }
}

impl Maker<'_> {
    pub(super) fn sequence(
        &mut self,
        stages: &[Stage],
        until: Option<&Stage>,
        maxspan: Option<u64>,
        is_ordered: bool,
    ) {
        let span = maxspan.and_then(|span| i64::try_from(span).ok());
        let Some(rows) = self.rows(stages, until, span) else { return };
        let whole = rows.places(None, None);
        let Some(positive) = self.timed(&rows, &whole) else { return };
        let name = if is_ordered { "in_order" } else { "all_events" };
        self.raises(name, Some(positive.clone()));
        if let (Some(span), true) = (span, positive.len() > 1) {
            self.raises("at_the_end_of_maxspan", self.spread(&positive, span));
            let (late, name) = if span >= LATE {
                (LATE, "one_second_too_late")
            } else {
                (1, "one_millisecond_too_late")
            };
            self.passes(name, self.spread(&positive, span + late));
        }
        for (at, stage) in stages.iter().enumerate() {
            if stage.missing {
                let events = self.with_missing(&positive, &rows, at);
                self.passes(&format!("with_event_{}", at + 1), events);
                continue;
            }
            if whole.len() > 1 {
                let events = self.timed(&rows, &rows.places(Some(at), None));
                self.passes(&format!("no_event_{}", at + 1), events);
            }
            if stage.runs > 1 {
                let events = self.timed(&rows, &rows.places(None, Some(at)));
                self.passes(&format!("one_event_{}_too_few", at + 1), events);
            }
        }
        if is_ordered {
            self.disordered(&rows, &whole);
        }
        self.keyed(&rows, &whole, &positive);
        if let Some(ending) = &rows.ending {
            self.passes("ended_before", self.ended(&positive, ending, rows.step));
        }
    }

    /// An event for each stage, joined.
    fn rows<'s>(
        &self,
        stages: &'s [Stage],
        until: Option<&'s Stage>,
        span: Option<i64>,
    ) -> Option<Rows<'s>> {
        let all = stages.iter().chain(until).enumerate();
        let made = all.map(|(at, stage)| Some((stage, self.event(at, &|_| true)?)));
        let mut made = made.collect::<Option<Vec<(&Stage, Event)>>>()?;
        self.join(&mut made)?;
        let ending = until.and_then(|_| made.pop()).map(|(_, event)| event);
        let count: usize = stages.iter().map(|stage| stage.runs as usize).sum();
        let mut step = self.step(count + 2);
        if let Some(span) = span {
            step = step.min(span / (i64::try_from(count).unwrap_or(1) + 2)).max(1);
        }
        Some(Rows { stages: made, ending, step })
    }

    /// The events of stages one after the other, the last at the usual moment.
    fn timed(&self, rows: &Rows<'_>, places: &[usize]) -> Option<Vec<Event>> {
        let count = i64::try_from(places.len()).ok()?;
        let numbered = (0_i64..).zip(places);
        let events = numbered.map(|(n, at)| {
            let (_, event) = rows.stages.get(*at)?;
            self.at(event, MOMENT - (count - 1 - n) * rows.step)
        });
        events.collect()
    }

    /// The events with so much time between the first and the last.
    fn spread(&self, events: &[Event], span: i64) -> Option<Vec<Event>> {
        let last = events.len().checked_sub(1)?;
        let numbered = events.iter().enumerate();
        let spread = numbered.map(|(n, event)| {
            let after = i64::try_from(n).ok()?.min(span);
            if n == last { Some(event.clone()) } else { self.at(event, MOMENT - span + after) }
        });
        spread.collect()
    }

    /// The events with two neighbours of unlike stages changed about.
    fn disordered(&mut self, rows: &Rows<'_>, whole: &[usize]) {
        for pair in 1..whole.len() {
            if whole[pair - 1] != whole[pair] {
                let mut swapped = whole.to_vec();
                swapped.swap(pair - 1, pair);
                self.passes("in_wrong_order", self.timed(rows, &swapped));
            }
        }
    }

    /// The events with another value in a key of the last.
    fn keyed(&mut self, rows: &Rows<'_>, whole: &[usize], positive: &[Event]) {
        let Some((stage, _)) = whole.last().and_then(|at| rows.stages.get(*at)) else { return };
        for key in &stage.keys {
            let mut events = positive.to_vec();
            let other = events.last().and_then(|own| self.other(own, &key.field, 0, &stage.filter));
            let events = other.zip(events.pop()).map(|(other, _)| {
                events.push(other);
                events
            });
            self.passes(&slug(&format!("another_{}", key.field), MAX_NAME), events);
        }
    }

    /// The events with one that ends the sequence before the last.
    fn ended(&self, positive: &[Event], ending: &Event, step: i64) -> Option<Vec<Event>> {
        let last = positive.len().checked_sub(1).filter(|last| *last > 0)?;
        let time = positive.get(last)?.timestamp()? - (step / 2).max(1);
        let mut events = positive.to_vec();
        events.insert(last, self.at(ending, time)?);
        Some(events)
    }

    /// The events of a sequence, and one that it must not have.
    fn with_missing(&self, positive: &[Event], rows: &Rows<'_>, at: usize) -> Option<Vec<Event>> {
        let before = rows.stages.get(..at)?.iter().filter(|(stage, _)| !stage.missing);
        let before: usize = before.map(|(stage, _)| stage.runs as usize).sum();
        let half = (rows.step / 2).max(1);
        let time = match before.checked_sub(1) {
            Some(before) => positive.get(before)?.timestamp()? + half,
            None => positive.first()?.timestamp()? - half,
        };
        let mut events = positive.to_vec();
        events.insert(before.min(events.len()), self.at(&rows.stages.get(at)?.1, time)?);
        Some(events)
    }

    /// Gives the join keys of events one value each.
    fn join(&self, all: &mut [(&Stage, Event)]) -> Option<()> {
        let keys = all.first().map_or(0, |(stage, _)| stage.keys.len());
        for key in 0..keys {
            let own = all
                .iter()
                .filter_map(|(stage, event)| event.first(&stage.keys.get(key)?.field).cloned());
            let mut values: Vec<Value> = own.collect();
            let usual = all.iter().filter_map(|(stage, _)| stage.keys.get(key));
            values.extend(
                usual.flat_map(|key| self.context.any_value(&key.field, key.column.as_ref())),
            );
            let joined = values.iter().find_map(|value| {
                let set = all.iter().map(|(stage, event)| {
                    let key = stage.keys.get(key)?;
                    let single = self.set(event, &key.field, value, &stage.filter);
                    let event =
                        single.or_else(|| self.added(event, &key.field, value, &stage.filter))?;
                    (key.optional || self.has(&event, key.column.as_ref())).then_some(event)
                });
                set.collect::<Option<Vec<Event>>>()
            });
            for ((_, event), joined) in all.iter_mut().zip(joined?) {
                *event = joined;
            }
        }
        Some(())
    }
}
