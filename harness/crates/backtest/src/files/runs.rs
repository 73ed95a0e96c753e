//! The runs of a rule over files: the last at the newest event, each other an
//! interval before the next, as `test --schedule` has them.
//!
//! There may be millions; each is found from the moment that it has to see.

use crate::schedule::Run;
use harness_detect::window::Clock;

/// The runs of a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs<'a> {
    clock: &'a Clock,
    /// When the last one is.
    pub(super) newest: i64,
}

impl<'a> Runs<'a> {
    pub(super) fn new(clock: &'a Clock, newest: i64) -> Self {
        Self { clock, newest }
    }

    /// The run so many intervals before the last.
    fn back(self, steps: i64) -> Run {
        let now = self.newest.saturating_sub(steps.saturating_mul(self.clock.interval_ms()));
        let window = self.clock.window(now);
        Run { now, from: window.from, to: window.to.saturating_add(1) }
    }

    /// The last run.
    pub(super) fn last(self) -> Run {
        self.back(0)
    }

    /// The first run whose window holds a moment; `None` where no window does.
    pub(super) fn first_seeing(self, time: i64) -> Option<Run> {
        let run = self.first(|run| run.to > time)?;
        (run.from <= time).then_some(run)
    }

    /// The first run whose window begins after a moment.
    pub(super) fn first_without(self, time: i64) -> Option<Run> {
        self.first(|run| run.from > time)
    }

    /// All runs that see something of these moments, which ascend; `None` where those
    /// are more than `most`.
    pub(super) fn all_seeing(self, times: &[i64], most: usize) -> Option<Vec<Run>> {
        let mut runs: Vec<Run> = Vec::new();
        // How many intervals before the last run those are that were not looked at.
        let mut open = i64::MAX;
        for time in times {
            let Some(first) = self.first_steps(|run| run.to > *time) else { continue };
            let mut steps = first.min(open);
            while steps >= 0 && self.back(steps).from <= *time {
                if runs.len() == most {
                    return None;
                }
                runs.push(self.back(steps));
                steps -= 1;
                open = steps;
            }
        }
        Some(runs)
    }

    /// All runs from the first that sees a moment on; `None` where they are more than `most`.
    pub(super) fn since(self, time: i64, most: usize) -> Option<Vec<Run>> {
        let first = self.first_steps(|run| run.to > time).unwrap_or(0);
        let few = usize::try_from(first).is_ok_and(|steps| steps < most);
        few.then(|| (0..=first).rev().map(|steps| self.back(steps)).collect())
    }

    /// The first run that `late` says is late enough, which holds of all after one that is.
    fn first(self, late: impl Fn(Run) -> bool) -> Option<Run> {
        self.first_steps(late).map(|steps| self.back(steps))
    }

    /// How many intervals before the last run that is.
    fn first_steps(self, late: impl Fn(Run) -> bool) -> Option<i64> {
        if !late(self.last()) {
            return None;
        }
        let (mut is_late, mut step) = (0, 1_i64);
        while late(self.back(is_late + step)) {
            is_late += step;
            step = step.saturating_mul(2);
            // Before all dates.
            if step > MOST_STEPS {
                return Some(is_late);
            }
        }
        let mut is_early = is_late + step;
        while is_early - is_late > 1 {
            let middle = is_late + (is_early - is_late) / 2;
            if late(self.back(middle)) {
                is_late = middle;
            } else {
                is_early = middle;
            }
        }
        Some(is_late)
    }

    /// The runs that see something for the first time, ascending.
    pub(super) fn seeing(self, times: impl Iterator<Item = i64>) -> Vec<Run> {
        let mut runs: Vec<Run> = times.filter_map(|time| self.first_seeing(time)).collect();
        runs.sort_unstable_by_key(|run| run.now);
        runs.dedup();
        runs
    }

    /// Those, and the ones that no longer see something, ascending.
    pub(super) fn changing(self, times: &[i64]) -> Vec<Run> {
        let seeing = times.iter().filter_map(|time| self.first_seeing(*time));
        let without = times.iter().filter_map(|time| self.first_without(*time));
        let mut runs: Vec<Run> = seeing.chain(without).collect();
        runs.sort_unstable_by_key(|run| run.now);
        runs.dedup();
        runs
    }
}

/// More intervals than there are between any two dates.
const MOST_STEPS: i64 = 1 << 50;

#[cfg(test)]
mod tests {
    use super::*;
    use harness_rule::parse;

    fn clock(more: &str) -> Clock {
        let text = format!(
            "[rule]\nauthor = [\"t\"]\nname = \"n\"\ndescription = \"d\"\nrisk_score = 1\n\
             rule_id = \"9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01\"\nseverity = \"low\"\n\
             type = \"query\"\nlanguage = \"kuery\"\nquery = \"a:1\"\n{more}"
        );
        let (rule, found) = parse(&text);
        Clock::new(&rule.unwrap_or_else(|| panic!("{found:?}"))).expect("a clock")
    }

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_moment_is_seen_first_by_the_earliest_run_that_holds_it() {
        let clock = clock("");
        let newest = 1_000 * MINUTE;
        let runs = Runs::new(&clock, newest);
        for (before, now) in [(0, 0), (4, 0), (5, 5), (6, 5), (600, 600), (601, 600)] {
            let run = runs.first_seeing(newest - before * MINUTE).map(|run| run.now);
            assert_eq!(run, Some(newest - now * MINUTE), "{before} minutes before");
        }
        assert_eq!(runs.first_seeing(newest + 1), None, "after the last run");
        let run = runs.first_without(newest - 12 * MINUTE).map(|run| run.now);
        assert_eq!(run, Some(newest - 5 * MINUTE));
        assert_eq!(runs.first_without(newest - 2 * MINUTE), None);
        let times = [newest - 601 * MINUTE, newest - 600 * MINUTE, newest - 10 * MINUTE];
        let all = runs.all_seeing(&times, 9).expect("few");
        let all: Vec<i64> = all.iter().map(|run| (newest - run.now) / MINUTE).collect();
        assert_eq!(all, [600, 595, 10, 5]);
        assert_eq!(runs.all_seeing(&times, 3), None);
        assert_eq!(runs.since(newest - 12 * MINUTE, 9).expect("few").len(), 3);
    }

    #[test]
    fn what_lies_between_windows_is_not_seen() {
        let clock = clock("from = \"now-2m\"\ninterval = \"10m\"\n");
        let runs = Runs::new(&clock, 0);
        assert_eq!(runs.first_seeing(-5 * MINUTE), None);
        assert_eq!(runs.first_seeing(-11 * MINUTE).map(|run| run.now), Some(-10 * MINUTE));
    }
}
