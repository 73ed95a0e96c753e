//! Groups of events over the runs of a rule: their alerts, counted.

use std::collections::BTreeMap;

use super::composite::{By, Slots};
use super::schedule::{self, Need, Run, Slot};
use super::{Found, Ground, Sample, Stop, Work};
use harness_detect::Events;
use harness_detect::sequence::key::KeyValue;
use harness_detect::terms::{field_values, key_text};
use harness_model::document::{Columns, Document};
use harness_predicate::plan::TermField;
use harness_rule::model::{Duration, Rule};
use harness_source::limits;

/// The most slots of time, of whatever groups, that are held at once.
const HELD: usize = limits::BACKTEST_HELD.most;

/// The most groups that one event is in.
const COMBINATIONS: usize = limits::BACKTEST_WAYS.most;

/// The runs of a rule, and what they raise.
pub(super) struct Tally {
    pub(super) found: Found,
    /// The alerts that no suppression takes in.
    pub(super) left: u64,
    /// The length of a slot, in milliseconds.
    pub(super) width: i64,
    runs: Vec<Run>,
    pub(super) need: Need,
    from: i64,
    samples: usize,
}

impl Tally {
    /// With the runs of the rule and without alerts.
    pub(super) fn new(ground: Ground<'_>, work: &Work<'_>, need: Need) -> Result<Self, Stop> {
        let request = ground.request;
        let runs = schedule::runs(&work.clock, request.from, request.to)?;
        let width = schedule::slot(&work.clock, &runs, request.from);
        let (from, samples) = (request.from, request.samples);
        Ok(Self { found: Found::default(), left: 0, width, runs, need, from, samples })
    }

    /// With runs that are known, and slots of single moments.
    pub(super) fn over(runs: Vec<Run>, need: Need, samples: usize) -> Self {
        Self { found: Found::default(), left: 0, width: 1, runs, need, from: 0, samples }
    }

    /// Fails where events may lie in no window, and alerts of their own would
    /// have to be counted.
    pub(super) fn sees_all(&self) -> Result<(), Stop> {
        if schedule::has_gaps(&self.runs) {
            return Err(Stop::Unsupported("its runs do not see every event".to_owned()));
        }
        Ok(())
    }

    /// The slot that a moment lies in.
    pub(super) fn slot(&self, time: i64) -> i64 {
        self.from + (time - self.from).div_euclid(self.width) * self.width
    }

    /// Counts the alerts of a group, whose slots are in order of time.
    pub(super) fn group(&mut self, key: &[String], slots: &[Slot]) {
        let Self { found, left, runs, need, samples, .. } = self;
        schedule::alerts(runs, slots, *need, &mut |raised| {
            found.add(Some(raised.newest));
            *left += u64::from(!raised.suppressed);
            let (time, count) = (Some(raised.newest), raised.count);
            keep(found, Sample { events: Vec::new(), time, key: key.to_vec(), count }, *samples);
        });
    }

    /// Whether a group raises something, whatever values it has.
    fn is_loud(&self, slots: &[Slot]) -> bool {
        let mut loud = false;
        let need = Need { values: None, ..self.need };
        schedule::alerts(&self.runs, slots, need, &mut |_| loud = true);
        loud
    }

    /// Counts the groups that the cluster tells; `counted` is the field whose
    /// values are told apart.
    pub(super) fn take(&mut self, slots: &Slots<'_>, counted: Option<&str>) -> Result<(), Stop> {
        let mut late = Held::default();
        for by in slots.times().into_iter().filter(|by| *by == By::Fallback) {
            slots.each(by, &mut |key, slot| late.add(key, slot))?;
        }
        let mut loud = Held::default();
        let mut one = |tally: &mut Self, key: Vec<String>, mut own: Vec<Slot>| {
            if let Some(others) = late.groups.remove(&key) {
                own.extend(others);
                own = merged(own);
            }
            if counted.is_none() {
                tally.group(&key, &own);
            } else if tally.is_loud(&own) {
                return own.into_iter().try_for_each(|slot| loud.add(key.clone(), slot));
            }
            Ok(())
        };
        let mut current: Option<(Vec<String>, Vec<Slot>)> = None;
        slots.each(By::First, &mut |key, slot| {
            match &mut current {
                Some((known, own)) if *known == key => own.push(slot),
                _ => {
                    if let Some((key, own)) = current.replace((key, vec![slot])) {
                        one(self, key, own)?;
                    }
                }
            }
            match &current {
                Some((_, own)) if own.len() > HELD => Err(too_many()),
                _ => Ok(()),
            }
        })?;
        if let Some((key, own)) = current {
            one(self, key, own)?;
        }
        let rest: Vec<Vec<String>> = late.groups.keys().cloned().collect();
        let Some(counted) = counted else {
            late.groups.iter().for_each(|(key, own)| self.group(key, own));
            return Ok(());
        };
        for key in rest {
            let own = late.groups.remove(&key).unwrap_or_default();
            if self.is_loud(&own) {
                own.into_iter().try_for_each(|slot| loud.add(key.clone(), slot))?;
            }
        }
        for by in slots.times() {
            slots.values(by, counted, &mut |key, at, value| loud.value(key, at, value))?;
        }
        loud.groups.iter().for_each(|(key, own)| self.group(key, own));
        Ok(())
    }

    /// Counts groups that were held.
    pub(super) fn take_held(&mut self, held: Held) {
        for (key, own) in held.groups {
            self.group(&key, &merged(own));
        }
    }
}

/// How long an alert of a rule takes in what else its group finds, in milliseconds.
pub(super) fn open_ms(rule: &Rule) -> Option<i64> {
    rule.alert_suppression.as_ref().and_then(|one| one.duration).map(Duration::millis)
}

/// Groups in memory, by key.
#[derive(Default)]
pub(super) struct Held {
    groups: BTreeMap<Vec<String>, Vec<Slot>>,
    slots: usize,
    numbers: BTreeMap<String, u32>,
}

impl Held {
    pub(super) fn add(&mut self, key: Vec<String>, slot: Slot) -> Result<(), Stop> {
        let own = self.groups.entry(key).or_default();
        // Events of one slot come one after the other, where they come in order.
        if let Some(last) = own.last_mut().filter(|last| last.at == slot.at) {
            last.count += slot.count;
            last.newest = last.newest.max(slot.newest);
            for value in slot.values {
                if !last.values.contains(&value) {
                    last.values.push(value);
                    self.slots += 1;
                }
            }
        } else {
            own.push(slot);
            self.slots += 1;
        }
        if self.slots > HELD { Err(too_many()) } else { Ok(()) }
    }

    /// How many slots there are.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// The moments of all slots.
    pub(super) fn times(&self) -> impl Iterator<Item = i64> {
        self.groups.values().flatten().map(|slot| slot.at)
    }

    /// The number of a value.
    pub(super) fn number(&mut self, value: String) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(value).or_insert(next)
    }

    /// Adds a value to a slot of a group, where that is here.
    fn value(&mut self, key: &[String], at: i64, value: String) -> Result<(), Stop> {
        if !self.groups.contains_key(key) {
            return Ok(());
        }
        let number = self.number(value);
        let own = self.groups.get_mut(key).map_or(&mut [][..], Vec::as_mut_slice);
        let place = own.binary_search_by_key(&at, |slot| slot.at);
        if let Some(slot) = place.ok().and_then(|place| own.get_mut(place))
            && !slot.values.contains(&number)
        {
            slot.values.push(number);
            self.slots += 1;
        }
        if self.slots > HELD { Err(too_many()) } else { Ok(()) }
    }
}

/// Slots in order of time, once each.
fn merged(mut slots: Vec<Slot>) -> Vec<Slot> {
    slots.sort_by_key(|slot| slot.at);
    let mut all: Vec<Slot> = Vec::with_capacity(slots.len());
    for slot in slots {
        match all.last_mut().filter(|last| last.at == slot.at) {
            Some(last) => {
                last.count += slot.count;
                last.newest = last.newest.max(slot.newest);
                last.values.extend(slot.values);
                last.values.sort_unstable();
                last.values.dedup();
            }
            None => all.push(slot),
        }
    }
    all
}

fn too_many() -> Stop {
    Stop::Unsupported(format!("its groups have more than {HELD} slots of time between them"))
}

/// Keeps the largest groups.
pub(super) fn keep(found: &mut Found, sample: Sample, most: usize) {
    let full = found.samples.len() >= most;
    if full && found.samples.last().is_none_or(|last| last.count > sample.count) {
        return;
    }
    found.samples.push(sample);
    found.samples.sort_by(|a, b| {
        b.count.cmp(&a.count).then_with(|| (a.time, &a.key).cmp(&(b.time, &b.key)))
    });
    found.samples.truncate(most);
}

/// The values of fields in one event, a list each; numbers as often as stated.
pub(super) fn values(
    fields: &[TermField],
    document: &Document,
    columns: &Columns,
) -> Vec<Vec<KeyValue>> {
    let events = Events { documents: std::slice::from_ref(document), columns, moments: &[] };
    fields.iter().map(|field| field_values(events, field, 0)).collect()
}

/// The groups that an event is in: one value of each field, in all ways.
pub(super) fn combinations(values: &[Vec<KeyValue>]) -> Result<Vec<Vec<String>>, Stop> {
    let ways = values.iter().try_fold(1_usize, |ways, own| ways.checked_mul(own.len()));
    if ways.is_none_or(|ways| ways > COMBINATIONS) {
        let reason = format!("an event has more than {COMBINATIONS} combinations of values");
        return Err(Stop::Unsupported(reason));
    }
    let mut keys: Vec<Vec<String>> = vec![Vec::new()];
    for own in values {
        let texts: Vec<String> =
            own.iter().map(|value| key_text(Some(value)).to_string()).collect();
        let longer = |key: &Vec<String>| {
            let key = key.clone();
            let with = move |text: &String| key.iter().chain([text]).cloned().collect();
            texts.iter().map(with).collect::<Vec<Vec<String>>>()
        };
        keys = keys.iter().flat_map(longer).collect();
    }
    Ok(keys)
}
