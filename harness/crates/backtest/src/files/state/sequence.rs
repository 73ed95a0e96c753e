//! Sequences, and single events of which a query keeps the first or last.
//!
//! No run sees events that lie further apart than its window is long, so a sequence is
//! never longer. What lies further back than that from where the events have come to is
//! matched and given up, round by round, so that memory does not grow with the files.

use super::store::{MOST, Store};
use crate::files::request::Request;
use crate::files::rule::Prepared;
use crate::files::seen::{End, Seen};
use crate::{Found, Sample, Stop};
use harness_detect::eql::{self, Matcher};
use harness_detect::terms::key_text;
use harness_detect::{Detection, Events};
use harness_model::document::Columns;
use harness_predicate::plan::{EqlPlan, EqlSearch, Plan};

/// The events that take part.
pub(in crate::files) struct Sequence {
    store: Store,
    /// By filter.
    hits: Vec<Vec<u32>>,
    /// How much later than others an event may come, in milliseconds.
    lateness: i64,
    rounds: Option<Rounds>,
    /// How many events wait before a round, and when the next is.
    round: usize,
    next: usize,
    found: Found,
    samples: usize,
}

/// Where the events have come to.
struct Rounds {
    /// How long a sequence may be, in milliseconds.
    span: i64,
    newest: i64,
    /// Sequences that end by then were told.
    told: i64,
}

impl Sequence {
    pub(super) fn new(rule: &Prepared<'_>, columns: &Columns, request: &Request) -> Self {
        let rounds = span(rule).map(|span| Rounds { span, newest: i64::MIN, told: i64::MIN });
        Self {
            store: Store::of(rule.program.keys().into_iter(), columns),
            hits: vec![Vec::new(); rule.filters().len()],
            lateness: request.lateness,
            rounds,
            round: request.sizes.round,
            next: request.sizes.round,
            found: Found::default(),
            samples: request.samples,
        }
    }

    pub(super) fn take(&mut self, rule: &Prepared<'_>, seen: &Seen<'_>) -> Result<(), Stop> {
        if let (Some(rounds), Some(time)) = (&mut self.rounds, seen.time()) {
            // Its sequences were told without it.
            if time <= rounds.told {
                self.found.late += 1;
                return Ok(());
            }
            rounds.newest = rounds.newest.max(time);
        }
        let number = self.store.add(rule, seen)?;
        for filter in seen.filters {
            self.hits[*filter].push(number);
        }
        if self.store.documents.len() >= self.next {
            self.round(rule, seen.columns)?;
        }
        Ok(())
    }

    /// How many events it keeps.
    pub(super) fn events(&self) -> usize {
        self.store.documents.len()
    }

    /// Tells the sequences that no event to come may change, and gives up events that no
    /// sequence to come may have.
    fn round(&mut self, rule: &Prepared<'_>, columns: &Columns) -> Result<(), Stop> {
        let Some(Rounds { span, newest, told }) = self.rounds else { return Ok(()) };
        // Events of the same moment may follow.
        let to = newest.saturating_sub(self.lateness).saturating_sub(1);
        if to > told {
            self.tell(rule, columns, (told, to))?;
            let kept = self.store.retain(to.saturating_sub(span));
            for hits in &mut self.hits {
                hits.retain_mut(|hit| {
                    let number = kept[*hit as usize];
                    *hit = number.unwrap_or_default();
                    number.is_some()
                });
            }
            if let Some(rounds) = &mut self.rounds {
                rounds.told = to;
            }
        }
        self.next = self.store.documents.len() + self.round;
        Ok(())
    }

    /// Tells the sequences that end after one moment, and by another.
    fn tell(
        &mut self,
        rule: &Prepared<'_>,
        columns: &Columns,
        (after, by): (i64, i64),
    ) -> Result<(), Stop> {
        let Some(Plan::Eql(plan)) = rule.program.plan() else { return Ok(()) };
        let Store { documents, moments, times, places, .. } = &self.store;
        let events = Events { documents, columns, moments };
        let span = length(rule);
        let detections =
            eql::find(&within(plan, span, rule), &self.hits, events, MOST, Matcher::Machine)
                .map_err(|error| Stop::Unsupported(error.to_string()))?;
        for Detection { stages, key, .. } in detections {
            let own: Vec<usize> = stages.iter().flatten().map(|at| *at as usize).collect();
            let at = || own.iter().filter_map(|at| times[*at]);
            let (first, last) = (at().min(), at().max());
            let is_told = last.is_some_and(|last| last <= after || last > by);
            let is_long = first.zip(last).is_some_and(|(first, last)| last.abs_diff(first) > span);
            if is_told || is_long {
                continue;
            }
            self.found.add(last);
            if self.found.samples.len() < self.samples {
                let events: Vec<_> = own.iter().map(|at| (*places[*at]).clone()).collect();
                let key = key.iter().map(|value| key_text(value.as_ref()).to_string()).collect();
                let count = events.len() as u64;
                self.found.samples.push(Sample { events, time: last, key, count });
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, rule: &Prepared<'_>, end: End<'_>) -> Result<Found, Stop> {
        self.store.date(end.runs.newest);
        let told = self.rounds.as_ref().map_or(i64::MIN, |rounds| rounds.told);
        self.tell(rule, end.columns, (told, i64::MAX))?;
        Ok(self.found)
    }
}

/// How long the sequences of a rule may be, in milliseconds, where nothing but their
/// length decides on how far back events matter.
fn span(rule: &Prepared<'_>) -> Option<i64> {
    let Some(Plan::Eql(EqlPlan { search: EqlSearch::Sequence { stages, until, .. }, limits })) =
        rule.program.plan()
    else {
        return None;
    };
    let is_plain = until.is_none() && limits.is_empty() && is_bounded(rule);
    if !is_plain || stages.iter().any(|stage| stage.missing) {
        return None;
    }
    i64::try_from(length(rule)).ok()
}

/// Where windows that begin with a day, a week, a month or a year are longest: the last
/// moment of 2023, a Sunday.
const LONGEST_WINDOW: i64 = 1_704_067_199_999;

/// How long the window of a rule may be, in milliseconds.
fn length(rule: &Prepared<'_>) -> u64 {
    let window = rule.clock.window(LONGEST_WINDOW);
    window.to.abs_diff(window.from)
}

/// Whether the time that orders events is that of the window.
fn is_bounded(rule: &Prepared<'_>) -> bool {
    rule.clock.field() == rule.rule.eql.order()
}

/// The plan without sequences that are longer than a window, as far as its matcher can
/// tell: where it bounds an absence, the time span says more than how long it may be.
fn within(plan: &EqlPlan, window_ms: u64, rule: &Prepared<'_>) -> EqlPlan {
    let mut plan = plan.clone();
    if let EqlSearch::Sequence { stages, maxspan_ms, .. } = &mut plan.search
        && stages.iter().all(|stage| !stage.missing)
        && is_bounded(rule)
    {
        *maxspan_ms = Some(maxspan_ms.map_or(window_ms, |own| own.min(window_ms)));
    }
    plan
}
