//! The runs of a rule over a period, and what a group of events raises in them.
//!
//! A rule runs every `interval` and looks back; its windows overlap, and a group
//! alerts again only on events that are newer than its last alert
//! (docs/semantics.md, "Consecutive runs"). A run is taken to begin just before
//! its moment: its window begins at its first moment and ends before its last.

use std::collections::HashMap;

use super::Stop;
use harness_detect::window::Clock;
use harness_source::limits;

/// The most runs of a rule: two years of a run each minute.
const RUNS: usize = limits::BACKTEST_RUNS.most;

/// One run: it looks at what is not before `from`, and before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// When it is.
    pub(super) now: i64,
    /// The first moment of its window.
    pub(super) from: i64,
    /// The moment after the last.
    pub(super) to: i64,
}

/// The runs that see a period: each `interval` from its first moment on, up to
/// the one that sees its last moment. Windows are cut where they leave the period.
pub(super) fn runs(clock: &Clock, from: i64, to: i64) -> Result<Vec<Run>, Stop> {
    let mut runs = Vec::new();
    let mut now = from;
    for _ in 0..RUNS {
        now = now.saturating_add(clock.interval_ms());
        let window = clock.window(now);
        let run = Run { now, from: window.from.max(from), to: window.to.min(to) };
        if run.from < run.to {
            runs.push(run);
        }
        if window.to >= to || window.from >= to {
            if runs.is_empty() {
                let reason = "none of its runs looks at the period".to_owned();
                return Err(Stop::Unsupported(reason));
            }
            return Ok(runs);
        }
    }
    Err(Stop::Unsupported(format!("it runs more than {RUNS} times in the period")))
}

/// Whether there is time between windows that no run looks at.
pub(super) fn has_gaps(runs: &[Run]) -> bool {
    runs.windows(2).any(|pair| pair[0].to < pair[1].from)
}

/// How often an event may be read again, all together.
const READINGS: usize = limits::BACKTEST_READINGS.most;

/// What runs whose windows overlap have read.
#[derive(Default)]
pub(super) struct Readings(usize);

impl Readings {
    /// Adds the events of one run; fails beyond a bound.
    pub(super) fn add(&mut self, events: usize) -> Result<(), Stop> {
        self.0 = self.0.saturating_add(events);
        if self.0 > READINGS {
            let reason = format!("its windows overlap so far that {READINGS} events would be read");
            return Err(Stop::Unsupported(reason));
        }
        Ok(())
    }
}

/// The longest slots of time that no window of a run cuts, in milliseconds.
///
/// They begin at `from`; the ends of the period cut nothing, since there is
/// nothing beyond them.
pub(super) fn slot(clock: &Clock, runs: &[Run], from: i64) -> i64 {
    let edges = runs.iter().flat_map(|run| {
        let window = clock.window(run.now);
        [window.from, window.to]
    });
    let width = edges.fold(0, |width, edge| gcd(width, edge.abs_diff(from)));
    i64::try_from(width).unwrap_or(i64::MAX).max(1)
}

fn gcd(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The events of one group in one slot of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    /// Where the slot begins.
    pub(super) at: i64,
    /// How many events there are.
    pub(super) count: u64,
    /// When the newest happened.
    pub(super) newest: i64,
    /// The numbers of their values in the field that is counted.
    pub(super) values: Vec<u32>,
}

/// What a group needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// How many events.
    pub(super) count: u64,
    /// How many distinct values.
    pub(super) values: Option<u64>,
    /// How long an alert takes in what else its group finds, in milliseconds.
    pub(super) open_ms: Option<i64>,
}

/// An alert of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raised {
    /// The events that it stands for.
    pub(super) count: u64,
    /// When the newest happened.
    pub(super) newest: i64,
    /// Whether an alert before it was still open.
    pub(super) suppressed: bool,
}

/// Visits the alerts of one group over all runs; `slots` are in order of time.
///
/// Only a run that sees a slot for the first time can raise an alert: what other
/// runs see is a part of what the run before saw.
pub(super) fn alerts(runs: &[Run], slots: &[Slot], need: Need, raise: &mut dyn FnMut(Raised)) {
    let mut window = Window::default();
    let (mut first, mut next) = (0, 0);
    let mut raised: Option<i64> = None;
    while let Some(slot) = slots.get(next) {
        let at = runs.partition_point(|run| run.to <= slot.at);
        let Some(run) = runs.get(at) else { return };
        while let Some(slot) = slots.get(next).filter(|slot| slot.at < run.to) {
            window.add(slot);
            next += 1;
        }
        while let Some(slot) = slots.get(first).filter(|slot| first < next && slot.at < run.from) {
            window.take(slot);
            first += 1;
        }
        let values = u64::try_from(window.values.len()).unwrap_or(u64::MAX);
        if window.count < need.count.max(1) || need.values.is_some_and(|need| values < need) {
            continue;
        }
        let newest = slots[first..next].iter().map(|slot| slot.newest).max().unwrap_or(slot.at);
        let open = need.open_ms.zip(raised);
        let suppressed = open.is_some_and(|(open, raised)| run.now.saturating_sub(raised) <= open);
        if !suppressed {
            raised = Some(run.now);
        }
        raise(Raised { count: window.count, newest, suppressed });
        // What it tells is told.
        (window, first) = (Window::default(), next);
    }
}

/// The slots of a group that a run sees, summed up.
#[derive(Default)]
struct Window {
    count: u64,
    values: HashMap<u32, u32>,
}

impl Window {
    fn add(&mut self, slot: &Slot) {
        self.count += slot.count;
        for value in &slot.values {
            *self.values.entry(*value).or_default() += 1;
        }
    }

    fn take(&mut self, slot: &Slot) {
        self.count -= slot.count;
        for value in &slot.values {
            if let Some(slots) = self.values.get_mut(value) {
                *slots -= 1;
                if *slots == 0 {
                    self.values.remove(value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
