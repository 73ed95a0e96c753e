//! Combinations of values that no event of the history before them has.
//!
//! A combination is kept as the stretches of time in which it was never away for
//! longer than half a history: whether a history knows it can be read off their ends.

use std::collections::BTreeMap;

use crate::files::rule::Prepared;
use crate::files::seen::{End, Place, Seen};
use crate::tally;
use crate::{Found, Sample, Stop};
use harness_predicate::plan::Plan;
use harness_source::limits;

/// The most combinations of values, and stretches of time of theirs, that are held.
const HELD: usize = limits::BACKTEST_HELD.most;

/// The combinations so far.
#[derive(Default)]
pub(in crate::files) struct NewTerms {
    terms: BTreeMap<Vec<String>, Vec<Stretch>>,
    undated: Vec<(Vec<String>, Place)>,
    held: usize,
}

/// Where a combination was seen without a long pause.
#[derive(Clone, Debug)]
struct Stretch {
    from: i64,
    to: i64,
    count: u64,
    first: Place,
}

impl NewTerms {
    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) -> Result<(), Stop> {
        let Some(Plan::NewTerms(plan)) = rule.program.plan() else { return Ok(()) };
        let values = tally::values(&plan.fields, seen.document, seen.columns);
        for key in tally::combinations(&values)? {
            match seen.time() {
                Some(time) => self.add(rule, key, time, seen.place)?,
                None => self.undated.push((key, seen.place.clone())),
            }
        }
        Ok(())
    }

    /// How many stretches of time it keeps.
    pub(super) fn stretches(&self) -> usize {
        self.held
    }

    fn add(
        &mut self,
        rule: &Prepared<'_>,
        key: Vec<String>,
        time: i64,
        place: &Place,
    ) -> Result<(), Stop> {
        let history = rule.clock.history(time).from;
        let pause = rule.clock.window(time).from.saturating_sub(history).max(0) / 2;
        let own = self.terms.entry(key).or_default();
        let at = own.partition_point(|stretch| stretch.to.saturating_add(pause) < time);
        match own.get_mut(at) {
            Some(stretch) if stretch.from.saturating_sub(pause) <= time => {
                stretch.count += 1;
                stretch.to = stretch.to.max(time);
                if time < stretch.from {
                    (stretch.from, stretch.first) = (time, place.clone());
                }
                // What was two stretches may be one now.
                while at + 1 < own.len() && own[at].to.saturating_add(pause) >= own[at + 1].from {
                    let next = own.remove(at + 1);
                    own[at].to = own[at].to.max(next.to);
                    own[at].count += next.count;
                    self.held -= 1;
                }
            }
            Some(_) | None => {
                own.insert(at, Stretch { from: time, to: time, count: 1, first: place.clone() });
                self.held += 1;
            }
        }
        if self.held > HELD {
            let reason = format!("it has more than {HELD} combinations of values");
            return Err(Stop::Unsupported(reason));
        }
        Ok(())
    }

    pub(super) fn finish(mut self, rule: &Prepared<'_>, end: End<'_>) -> Result<Found, Stop> {
        for (key, place) in std::mem::take(&mut self.undated) {
            self.add(rule, key, end.runs.newest, &place)?;
        }
        let mut found = Found::default();
        for (key, stretches) in self.terms {
            let mut before: Option<i64> = None;
            for stretch in stretches {
                if is_new(rule, end, before, stretch.from) {
                    found.add(Some(stretch.from));
                    let (time, key) = (Some(stretch.from), key.clone());
                    let events = vec![(*stretch.first).clone()];
                    let sample = Sample { events, time, key, count: stretch.count };
                    tally::keep(&mut found, sample, end.samples);
                }
                before = Some(stretch.to);
            }
        }
        Ok(found)
    }
}

/// Whether a combination is new at a moment, that was seen last `before` it.
fn is_new(rule: &Prepared<'_>, end: End<'_>, before: Option<i64>, time: i64) -> bool {
    if let Some(from) = end.from {
        let history = rule.clock.history(from).from.min(from);
        return time >= from && before.is_none_or(|before| before < history);
    }
    let last = end.runs.last();
    let in_last = time > last.from && time < last.to;
    let run = if in_last { Some(last) } else { end.runs.first_seeing(time) };
    let Some(run) = run else { return false };
    let history = rule.clock.history(run.now).from;
    // Where the data do not reach back far enough, only the last run is judged.
    let reaches = in_last || history >= end.oldest;
    reaches && time > run.from && before.is_none_or(|before| before < history)
}
