//! Samples: the candidates of all terms with their join keys, our own matcher in
//! the window of each run.
//!
//! As sequences, samples of one key do not see those of another: many candidates
//! are taken in parts by the hash of their keys.

use std::collections::HashSet;
use std::ops::Range;

use super::schedule::{self, Readings};
use super::sequence::{Candidates, PART, Table};
use super::{Found, Ground, Sample, Stop, Work};
use harness_detect::eql::optional;
use harness_detect::sample::{self, Spec};
use harness_detect::sequence::key::Key;
use harness_detect::terms::key_text;
use harness_predicate::plan::Stage;
use harness_source::limits;

/// The most samples that are told apart.
const ALERTS: usize = limits::BACKTEST_ALERTS.most;

/// Runs a rule of a sample.
pub(super) fn run(ground: Ground<'_>, work: &Work<'_>, stages: &[Stage]) -> Result<Found, Stop> {
    let request = Candidates::new(ground, work, stages.iter().collect(), true)?;
    let runs = schedule::runs(&work.clock, ground.request.from, ground.request.to)?;
    let parts = request.count()?.div_ceil(PART).max(1);
    let spec = Spec { optional: optional(stages), per_key: 1, size: usize::MAX };
    let mut found = Found::default();
    let mut readings = Readings::default();
    for part in 0..parts {
        let table = request.read(part, parts)?;
        let candidates = Ordered::new(&table);
        let mut told: HashSet<(Key, Vec<u32>)> = HashSet::new();
        let mut last = 0..0;
        for run in &runs {
            let own = candidates.within(run.from, run.to);
            // The same events have the same samples.
            if own == last {
                continue;
            }
            readings.add(own.len())?;
            let hits = candidates.hits(own.clone());
            last = own;
            if hits.iter().any(Vec::is_empty) {
                continue;
            }
            let samples = sample::find(&spec, &hits, &table)
                .map_err(|error| Stop::Unsupported(error.to_string()))?;
            for one in samples {
                if !told.insert((one.key.clone(), one.events.clone())) {
                    continue;
                }
                if told.len() > ALERTS {
                    let reason = format!("it finds more than {ALERTS} samples");
                    return Err(Stop::Unsupported(reason));
                }
                let time = one.events.iter().filter_map(|at| table.times.get(*at as usize)).max();
                found.add(time.copied());
                if found.samples.len() < ground.request.samples {
                    let events: Vec<(String, String)> =
                        one.events.iter().map(|at| (String::new(), table.number(*at))).collect();
                    let key = one.key.iter().map(|value| key_text(value.as_ref()).to_string());
                    let (key, count) = (key.collect(), events.len() as u64);
                    found.samples.push(Sample { time: time.copied(), key, count, events });
                }
            }
        }
    }
    if !found.samples.is_empty() {
        request.name(&mut found)?;
    }
    Ok(found)
}

/// Candidates in order of the time that counts for windows.
struct Ordered<'a> {
    table: &'a Table,
    /// Their numbers.
    order: Vec<u32>,
    /// By number: the terms that each fits, a bit each.
    terms: Vec<u16>,
}

impl<'a> Ordered<'a> {
    fn new(table: &'a Table) -> Self {
        let mut order: Vec<u32> =
            (0..table.times.len()).filter_map(|at| u32::try_from(at).ok()).collect();
        order.sort_by_key(|at| table.times.get(*at as usize));
        let mut terms = vec![0; table.times.len()];
        for (term, hits) in table.hits.iter().enumerate() {
            for hit in hits {
                if let Some(own) = terms.get_mut(*hit as usize) {
                    // A query has sixteen terms at most.
                    *own |= 1_u16.checked_shl(u32::try_from(term).unwrap_or(16)).unwrap_or(0);
                }
            }
        }
        Self { table, order, terms }
    }

    fn within(&self, from: i64, to: i64) -> Range<usize> {
        let before = |end: i64| {
            let time = |at: &u32| self.table.times.get(*at as usize).copied();
            self.order.partition_point(|at| time(at) < Some(end))
        };
        before(from)..before(to)
    }

    /// What each term fits, in the order of the stream.
    fn hits(&self, own: Range<usize>) -> Vec<Vec<u32>> {
        let mut hits: Vec<Vec<u32>> = self.table.hits.iter().map(|_| Vec::new()).collect();
        for at in self.order.get(own).unwrap_or_default() {
            let terms = self.terms.get(*at as usize).copied().unwrap_or_default();
            for (term, hits) in hits.iter_mut().enumerate() {
                if (terms >> term) & 1 == 1 {
                    hits.push(*at);
                }
            }
        }
        hits.iter_mut().for_each(|hits| hits.sort_unstable());
        hits
    }
}
