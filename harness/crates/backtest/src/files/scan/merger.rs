//! What the rules take: events that concern them, in the order of the files.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::blind::missing;
use super::super::moments::{moments, stamped};
use super::super::request::{Progress, Request};
use super::super::rule::Prepared;
use super::super::runs::Runs;
use super::super::seen::{End, Seen};
use super::super::state::State;
use super::ground::Ground;
use super::model::{Broken, Scanned, Setting};
use super::worker::{Candidate, Chunk};
use crate::Stop;
use harness_detect::window::Window;
use harness_model::event::Event;
use harness_model::index_pattern;
use harness_predicate::eval::eval;
use harness_predicate::plan::Reach;
use harness_predicate::{Column, Predicate};
use harness_source::limits;
use serde_json::Value;

/// The most pairs of rules that are counted, and the most others that one event pairs a
/// rule with.
const PAIRS: usize = limits::BACKTEST_PAIRS.most;
const MOST_PAIRED: usize = 64;

/// How many broken lines are told.
const TOLD: usize = 20;

/// Gives the rules what concerns them, in order.
pub(super) struct Merger<'a> {
    ground: &'a Ground<'a>,
    rules: &'a [Prepared<'a>],
    setting: Setting<'a>,
    states: Vec<Result<State, Stop>>,
    /// For each rule the indices that were asked about, and whether it sees them.
    sees: HashMap<(usize, Reach), HashMap<Option<String>, bool>>,
    newest: Vec<Option<i64>>,
    /// By index: how many events there are.
    seen: BTreeMap<Option<Arc<str>>, u64>,
    /// By two rules of single events: on how many events both alert.
    pairs: BTreeMap<(usize, usize), u64>,
    /// By watched field: its first value, and the index of that.
    watched: BTreeMap<usize, (Value, Option<String>)>,
    /// By column: whether some event has a value in it.
    present: Vec<bool>,
    /// Whether some record of an anomaly job was there.
    records: bool,
    /// The bytes that were read, packed as they are.
    taken: Arc<AtomicU64>,
    scanned: Scanned,
}

impl<'a> Merger<'a> {
    pub(super) fn new(
        ground: &'a Ground<'a>,
        rules: &'a [Prepared<'a>],
        setting: Setting<'a>,
        taken: Arc<AtomicU64>,
    ) -> Self {
        let request = setting.request;
        Self {
            ground,
            rules,
            setting,
            states: rules.iter().map(|rule| State::new(rule, &ground.columns, request)).collect(),
            sees: HashMap::new(),
            newest: vec![None; ground.clocks.len()],
            seen: BTreeMap::new(),
            pairs: BTreeMap::new(),
            watched: BTreeMap::new(),
            present: Vec::new(),
            records: false,
            taken,
            scanned: Scanned {
                found: Vec::new(),
                events: 0,
                bytes: 0,
                broken: Broken::default(),
                oldest: None,
                newest: None,
                newest_of: Vec::new(),
                seen: Vec::new(),
                missing: Vec::new(),
                pairs: BTreeMap::new(),
                are_more_pairs: false,
                watched: Vec::new(),
            },
        }
    }

    pub(super) fn take(&mut self, chunk: Chunk) {
        self.scanned.events += chunk.events;
        self.scanned.bytes += chunk.bytes;
        for (line, reason) in chunk.broken {
            self.scanned.broken.count += 1;
            if self.scanned.broken.told.len() < TOLD {
                self.scanned.broken.told.push((chunk.input, line, reason));
            }
        }
        self.scanned.oldest = [self.scanned.oldest, chunk.oldest].into_iter().flatten().min();
        for (newest, own) in self.newest.iter_mut().zip(&chunk.newest) {
            *newest = (*newest).max(*own);
        }
        for (field, first) in chunk.watched {
            self.watched.entry(field).or_insert(first);
        }
        let is_indicator = self.ground.is_indicator(chunk.input);
        if !is_indicator {
            for (index, count) in chunk.seen {
                *self.seen.entry(index).or_default() += count;
            }
        }
        for candidate in &chunk.candidates {
            self.candidate(candidate, is_indicator);
        }
        self.present.resize(self.present.len().max(chunk.present.len()), false);
        for (own, other) in self.present.iter_mut().zip(chunk.present) {
            *own |= other;
        }
        self.bound();
        let (bytes, events) = (self.taken.load(Ordering::Relaxed), self.scanned.events);
        (self.setting.progress)(Progress { bytes, events });
    }

    /// Gives up the rules that keep most, until all of them keep no more than they may.
    fn bound(&mut self) {
        let most = self.setting.request.sizes.kept;
        let held = |state: &Result<State, Stop>| state.as_ref().map_or(0, State::held);
        let mut all: usize = self.states.iter().map(held).sum();
        while all > most {
            let Some(largest) = self.states.iter_mut().max_by_key(|state| held(state)) else {
                return;
            };
            all -= held(largest);
            let reason = format!(
                "the rules keep more than {} MB of what they have seen, and this one most of it",
                most >> 20
            );
            *largest = Err(Stop::Unsupported(reason));
        }
    }

    fn candidate(&mut self, candidate: &Candidate, is_indicator: bool) {
        let Candidate { event, stamps, document, place, predicates } = candidate;
        let event = event.as_ref();
        let owners = &self.ground.owners;
        let mut alerting: Vec<usize> = Vec::new();
        let mut times: Vec<Option<Option<Vec<i64>>>> = vec![None; self.ground.clocks.len()];
        for own in predicates.chunk_by(|a, b| owners[*a as usize].0 == owners[*b as usize].0) {
            let (at, _) = owners[own[0] as usize];
            let rule = &self.rules[at];
            self.records |= rule.is_learning();
            if self.states[at].is_err() {
                continue;
            }
            let clock = self.ground.clock_of[at];
            let when = times[clock].get_or_insert_with(|| match (stamps, event) {
                (Some(stamps), _) => stamped(&self.ground.times, clock, stamps),
                (None, Some(event)) => moments(self.ground.clocks[clock], event),
                (None, None) => None,
            });
            let reaches = rule.program.reaches();
            let mut filters: Vec<usize> = own
                .iter()
                .map(|predicate| owners[*predicate as usize].1)
                .filter(|filter| {
                    let reach = reaches[*filter];
                    (!is_indicator || reach == Reach::Indicators)
                        && in_time(rule, self.setting.request, reach, when.as_deref())
                        // Those of rows are asked of rules that see them.
                        && (stamps.is_some()
                            || event.is_some_and(|event| sees(&mut self.sees, (at, rule, reach), event)))
                })
                .collect();
            let holds = |condition: &Predicate| eval(condition, document, &self.ground.columns);
            if filters.is_empty() || event.is_some_and(|event| rule.bars(event, &holds)) {
                continue;
            }
            if let Some(plan) = rule.program.documents() {
                // One condition stood for the first and the last of them.
                let between = plan.searches.iter().zip(1..);
                let between = between.filter(|(own, _)| holds(own)).map(|(_, filter)| filter);
                let last = plan.searches.len() + 1;
                filters = std::iter::once(0).chain(between).chain([last]).collect();
            }
            let ordered = stamps.as_ref().and_then(|all| *all.get(self.ground.order_of[at])?);
            let seen = Seen {
                event,
                ordered,
                document,
                columns: &self.ground.columns,
                place,
                times: when.as_deref().unwrap_or_default(),
                filters: &filters,
            };
            if let Ok(state) = &mut self.states[at] {
                if state.is_single() {
                    alerting.push(at);
                }
                if let Err(stop) = state.take(rule, &seen) {
                    self.states[at] = Err(stop);
                }
            }
        }
        self.scanned.are_more_pairs |= alerting.len() > MOST_PAIRED + 1;
        for (position, first) in alerting.iter().enumerate() {
            for second in alerting.iter().skip(position + 1).take(MOST_PAIRED) {
                let pair = (*first, *second);
                if self.pairs.len() < PAIRS || self.pairs.contains_key(&pair) {
                    *self.pairs.entry(pair).or_default() += 1;
                } else {
                    self.scanned.are_more_pairs = true;
                }
            }
        }
    }

    pub(super) fn finish(mut self) -> Scanned {
        let request = self.setting.request;
        // Most rules share their patterns with others.
        let mut seen_by: HashMap<&[String], u64> = HashMap::new();
        for (at, (rule, state)) in self.rules.iter().zip(self.states).enumerate() {
            let newest = self.newest[self.ground.clock_of[at]];
            self.scanned.newest_of.push(newest);
            let patterns = rule.patterns(Reach::Window);
            let seen = seen_by.entry(patterns).or_insert_with(|| {
                let own = self.seen.iter();
                let own = own.filter(|(index, _)| index_pattern::sees(patterns, index.as_deref()));
                own.map(|(_, count)| *count).sum()
            });
            self.scanned.seen.push(*seen);
            let has = |column: &Column| {
                let column = self.ground.columns.id(column);
                column.is_some_and(|column| self.present.get(column) == Some(&true))
            };
            self.scanned.missing.push(missing(&rule.program, &has));
            let newest = request.to.map(|to| to.saturating_sub(1)).or(newest).unwrap_or(0);
            let end = End {
                columns: &self.ground.columns,
                runs: Runs::new(&rule.clock, newest),
                oldest: self.scanned.oldest.unwrap_or(newest),
                from: request.from,
                samples: request.samples,
            };
            self.scanned.found.push(match state {
                Ok(_) if rule.is_learning() && !self.records => {
                    Err(Stop::Unsupported(NO_RECORDS.to_owned()))
                }
                Ok(state) => state.finish(rule, end),
                Err(stop) => Err(stop),
            });
        }
        let name = |(field, (value, index)): (usize, (Value, Option<String>))| {
            (self.ground.watched[field].clone(), value, index)
        };
        self.scanned.watched = self.watched.into_iter().map(name).collect();
        self.scanned.pairs = self.pairs;
        self.scanned.newest = self.newest.iter().copied().flatten().max();
        self.scanned
    }
}

/// Why rules on anomalies do not run where there are none.
const NO_RECORDS: &str = "it reads what anomaly jobs recorded, and the files hold no such records";

/// Whether an event of these times counts for a filter of that reach.
fn in_time(rule: &Prepared<'_>, request: &Request, reach: Reach, times: Option<&[i64]>) -> bool {
    let from = match reach {
        Reach::Indicators => return true,
        Reach::Window => request.from,
        Reach::History => request.from.map(|from| rule.clock.history(from).from.min(from)),
    };
    let Some(times) = times else { return false };
    let to = request.to.map_or(i64::MAX, |to| to.saturating_sub(1));
    let period = Window { from: from.unwrap_or(i64::MIN), to };
    times.is_empty() || times.iter().any(|time| period.contains(*time))
}

/// Whether a filter may match an event of its index.
fn sees(
    known: &mut HashMap<(usize, Reach), HashMap<Option<String>, bool>>,
    (at, rule, reach): (usize, &Prepared<'_>, Reach),
    event: &Event,
) -> bool {
    let known = known.entry((at, reach)).or_default();
    if let Some(sees) = known.get(&event.index) {
        return *sees;
    }
    let sees = rule.sees(event.index.as_deref(), reach);
    known.insert(event.index.clone(), sees);
    sees
}
