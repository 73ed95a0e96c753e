//! Conditions on single events: each is an alert.

use super::suppressed::Suppressed;
use crate::files::rule::Prepared;
use crate::files::seen::{End, Seen};
use crate::files::top::Top;
use crate::{Found, Sample};

/// The alerts so far.
pub(in crate::files) struct Single {
    found: Found,
    suppressed: Option<Suppressed>,
    top: Top,
    samples: usize,
}

impl Single {
    pub(super) fn new(rule: &Prepared<'_>, samples: usize) -> Self {
        let (found, top) = (Found::default(), Top::new(rule.rule));
        Self { found, suppressed: Suppressed::of(rule), top, samples }
    }

    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) {
        let time = seen.time();
        self.found.add(time);
        if let Some(event) = seen.event {
            self.top.add(event);
        }
        if let Some(suppressed) = &mut self.suppressed {
            suppressed.take(rule, seen);
        }
        if self.found.samples.len() < self.samples {
            let events = vec![(**seen.place).clone()];
            self.found.samples.push(Sample { events, time, key: Vec::new(), count: 1 });
        }
    }

    /// How many moments of groups it keeps.
    pub(super) fn slots(&self) -> usize {
        self.suppressed.as_ref().map_or(0, Suppressed::slots)
    }

    pub(super) fn finish(self, rule: &Prepared<'_>, end: End<'_>) -> Found {
        let after_suppression = self.suppressed.and_then(|own| own.left(rule, end));
        let bounds = self.top.bound.into_iter().collect();
        Found { after_suppression, top: self.top.told(), bounds, ..self.found }
    }
}
