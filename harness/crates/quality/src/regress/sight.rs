//! What a version sees: when it runs, and which indices it reads.

use harness_detect::window::{Clock, Window};
use harness_model::event::Event;
use harness_model::index_pattern::sees;
use harness_rule::model::Rule;

use crate::moment::NOW;
use harness_source::limits;

/// How many runs are looked at; those that see the same events are one.
const MAX_RUNS: i64 = 400;
const _: () =
    assert!(MAX_RUNS.unsigned_abs() == limits::REGRESS_RUNS.most as u64, "the table has it");

/// What a version sees.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    pub(super) clock: Clock,
    pub(super) patterns: Vec<String>,
    /// Whether the run at one moment stands for all: the other version runs at the same times.
    is_one: bool,
}

/// What one run sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) window: Window,
    pub(super) history: Window,
}

impl Sight {
    /// What two versions see.
    pub(super) fn of([old, new]: [(&Rule, &Clock); 2]) -> [Self; 2] {
        let sight = |(rule, clock): (&Rule, &Clock), is_one| Self {
            clock: clock.clone(),
            patterns: rule.patterns().to_vec(),
            is_one,
        };
        let [mut was, mut is] = [sight(old, false), sight(new, false)];
        let is_one = was.looks_like(&is);
        (was.is_one, is.is_one) = (is_one, is_one);
        [was, is]
    }

    pub(super) fn now(&self) -> Look {
        self.at(NOW)
    }

    fn at(&self, now: i64) -> Look {
        Look { window: self.clock.window(now), history: self.clock.history(now) }
    }

    /// The runs that see what happened since a time, the last first.
    pub(super) fn looks(&self, since: i64) -> impl Iterator<Item = Look> {
        let count = if self.is_one { 1 } else { MAX_RUNS };
        let runs = (0..count).map(|n| self.at(NOW - n * self.clock.interval_ms()));
        let is_first = |n: usize| n == 0;
        runs.enumerate()
            .take_while(move |(n, look)| is_first(*n) || look.window.to >= since)
            .map(|(_, look)| look)
    }

    /// Whether an event lies in the indices.
    pub(super) fn reads(&self, event: &Event) -> bool {
        !event.index_stated || sees(&self.patterns, event.index.as_deref())
    }

    /// Whether both run at the same times, and look as far.
    fn looks_like(&self, other: &Self) -> bool {
        self.now() == other.now()
            && self.clock.interval_ms() == other.clock.interval_ms()
            && self.reads_time_of(other)
    }

    /// Whether both take the time of an event from the same fields.
    fn reads_time_of(&self, other: &Self) -> bool {
        let fields =
            |own: &Self| (own.clock.field().to_owned(), own.clock.fallback().map(str::to_owned));
        fields(self) == fields(other)
    }

    /// The field without which an event is not seen at all.
    pub(super) fn needed_time(&self) -> Option<&str> {
        let field = self.clock.field();
        (field != "@timestamp" && self.clock.fallback().is_none()).then_some(field)
    }

    /// Whether all that one run sees, one run of the other sees as well, where both begin
    /// together.
    pub(super) fn lies_in(&self, other: &Self) -> bool {
        let (own, theirs) = (self.now().window, other.now().window);
        self.reads_time_of(other)
            && own.to == theirs.to
            && own.from >= theirs.from
            && self.clock.interval_ms() % other.clock.interval_ms() == 0
    }

    /// Whether each event that some run sees, some run of the other sees as well.
    pub(super) fn is_covered_by(&self, other: &Self) -> bool {
        let needs = other.needed_time();
        let is_told = needs.is_none() || needs == self.needed_time();
        is_told && (other.gap() <= 0 || other.gap() <= self.gap() || self.lies_in(other))
    }

    /// Whether some run sees all of what takes so long, whenever it happens.
    pub(super) fn holds(&self, span_ms: Option<u64>) -> bool {
        let span = span_ms.and_then(|span| i64::try_from(span).ok());
        self.needed_time().is_none() && span.is_some_and(|span| self.gap() <= span.saturating_neg())
    }

    /// How much time between two runs no run looks at.
    fn gap(&self) -> i64 {
        let window = self.now().window;
        let length = i64::try_from(window.to.abs_diff(window.from)).unwrap_or(i64::MAX);
        self.clock.interval_ms().saturating_sub(length)
    }
}
