//! What suppression leaves of the alerts of single events.

use crate::files::rule::Prepared;
use crate::files::seen::{End, Seen};
use crate::schedule::{Need, Slot};
use crate::suppress::{groups_missing, keys};
use crate::tally::{self, Held, Tally};

/// The groups of a rule with suppression.
#[derive(Default)]
pub(super) struct Suppressed {
    held: Held,
    /// Those of events without a time.
    undated: Vec<Vec<String>>,
    alone: u64,
    /// Whether there were too many.
    is_lost: bool,
}

impl Suppressed {
    /// Where the rule suppresses.
    pub(super) fn of(rule: &Prepared<'_>) -> Option<Self> {
        groups_missing(rule.rule, &rule.grouping).map(|_| Self::default())
    }

    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) {
        let values = tally::values(&rule.grouping, seen.document, seen.columns);
        let missing = groups_missing(rule.rule, &rule.grouping) == Some(true);
        match keys(&rule.program, values, missing) {
            Ok(None) => self.alone += 1,
            Ok(Some(keys)) => keys.into_iter().for_each(|key| self.key(key, seen.time())),
            Err(_) => self.is_lost = true,
        }
    }

    /// How many moments of groups are kept.
    pub(super) fn slots(&self) -> usize {
        self.held.slots()
    }

    /// Takes an event of a group.
    pub(super) fn key(&mut self, key: Vec<String>, time: Option<i64>) {
        let Some(at) = time else {
            self.undated.push(key);
            return;
        };
        let slot = Slot { at, count: 1, newest: at, values: Vec::new() };
        self.is_lost |= self.held.add(key, slot).is_err();
    }

    /// Takes an event that is in no group.
    pub(super) fn alone(&mut self) {
        self.alone += 1;
    }

    /// The alerts that are left; `None` where that was too much to keep.
    pub(super) fn left(mut self, rule: &Prepared<'_>, end: End<'_>) -> Option<u64> {
        for key in std::mem::take(&mut self.undated) {
            self.key(key, Some(end.runs.newest));
        }
        if self.is_lost {
            return None;
        }
        let need = Need { count: 1, values: None, open_ms: tally::open_ms(rule.rule) };
        let runs = end.runs.seeing(self.held.times());
        let mut tally = Tally::over(runs, need, 0);
        tally.take_held(self.held);
        Some(tally.left + self.alone)
    }
}
