//! One pass over the blocks: threads make rows of events and ask the engine; the
//! rules take what concerns them in the order of the files.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use super::input::{Block, Blocks, Form, may_be_action};
use super::moments::{TimeFields, Times, moments};
use super::request::{Progress, Request};
use super::rule::Prepared;
use super::runs::Runs;
use super::seen::{End, Seen};
use super::state::State;
use super::text::pieces;
use crate::{Found, Stop};
use harness_detect::window::{Clock, Window};
use harness_engine::stream::layout::Layout;
use harness_engine::stream::program::Program;
use harness_engine::stream::reader::{FIRST_CAPTURES, Reader};
use harness_model::document::{Columns, Document, Ingest};
use harness_model::event::Event;
use harness_model::events::{Opener, Origin, values};
use harness_model::schema::Schema;
use harness_predicate::eval::eval;
use harness_predicate::plan::{Plan, Reach};
use harness_predicate::{Column, Predicate};
use harness_source::diagnostic::Diagnostic;
use serde_json::Value;

/// What every pass has.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) request: &'a Request,
    pub(super) schema: &'a Schema,
    /// By input: the data stream that its path names.
    pub(super) origins: &'a [Option<Origin>],
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
    pub(super) interrupted: &'a AtomicBool,
}

/// What a pass gives.
pub(super) struct Scanned {
    /// By rule.
    pub(super) found: Vec<Result<Found, Stop>>,
    pub(super) events: u64,
    /// Unpacked.
    pub(super) bytes: u64,
    pub(super) broken: Broken,
    pub(super) oldest: Option<i64>,
    pub(super) newest: Option<i64>,
    /// By rule: the newest event by its timestamp fields.
    pub(super) newest_of: Vec<Option<i64>>,
    /// By rule: how many events lie in its indices.
    pub(super) seen: Vec<u64>,
    /// By two rules of single events: on how many events both alert.
    pub(super) pairs: BTreeMap<(usize, usize), u64>,
    /// Fields that rules name and nothing knew: the first value, and the index of that.
    pub(super) watched: Vec<(Arc<str>, Value, Option<String>)>,
}

/// What is no event.
#[derive(Default)]
pub(super) struct Broken {
    pub(super) count: u64,
    /// The first of them, as input, line and reason.
    pub(super) told: Vec<(usize, usize, String)>,
}

/// The most pairs of rules that are counted, and the most others that one event pairs a
/// rule with.
const PAIRS: usize = 100_000;
const MOST_PAIRED: usize = 64;

/// How many broken lines are told.
const TOLD: usize = 20;

/// What the threads share.
struct Ground<'a> {
    program: Program,
    columns: Columns,
    ingest: Ingest,
    predicates: Vec<Predicate>,
    /// By predicate: the rule, by position, and which of its filters it is.
    owners: Vec<(usize, usize)>,
    rules: &'a [Prepared<'a>],
    /// The different ways of rules to tell when an event happened.
    clocks: Vec<&'a Clock>,
    /// By rule: its way.
    clock_of: Vec<usize>,
    times: TimeFields,
    /// The fields that rules name and nothing knows.
    watched: Vec<Arc<str>>,
    names: &'a [String],
    /// By input: the data stream that its path names.
    origins: &'a [Option<Origin>],
    /// How many of the inputs, from the first on, hold nothing but indicators.
    indicators: usize,
}

/// What one thread has for itself.
struct Worker<'a> {
    ground: &'a Ground<'a>,
    reader: Reader<'a>,
    times: Times,
    /// By index: whether each predicate concerns its events.
    concerns: HashMap<Option<String>, Vec<bool>>,
    /// The same of events in files of indicators.
    of_indicators: HashMap<Option<String>, Vec<bool>>,
}

/// What a thread found in a block.
struct Chunk {
    number: usize,
    input: usize,
    events: u64,
    /// By index.
    seen: BTreeMap<Option<String>, u64>,
    bytes: u64,
    broken: Vec<(usize, String)>,
    candidates: Vec<Candidate>,
    /// By clock: the time of the newest event.
    newest: Vec<Option<i64>>,
    oldest: Option<i64>,
    /// By watched field: its first value, and the index of that.
    watched: BTreeMap<usize, (Value, Option<String>)>,
}

impl Chunk {
    /// Takes note of the first value of a field that nothing knows.
    fn watch(&mut self, field: usize, value: Value, index: Option<&String>) {
        if !value.is_null() {
            self.watched.entry(field).or_insert_with(|| (value, index.cloned()));
        }
    }

    /// Counts an event of an index.
    fn count(&mut self, index: Option<&String>) {
        self.events += 1;
        if let Some(count) = self.seen.get_mut(&index.cloned()) {
            *count += 1;
        } else {
            self.seen.insert(index.cloned(), 1);
        }
    }
}

/// An event that some predicate holds of.
struct Candidate {
    event: Event,
    document: Document,
    place: (String, String),
    predicates: Vec<u32>,
}

/// Runs rules over all blocks.
pub(super) fn scan(blocks: &mut Blocks, rules: &[Prepared<'_>], setting: Setting<'_>) -> Scanned {
    let ground = Ground::new(rules, setting);
    let watched = ground.watched.iter().map(|name| &**name);
    let captures = FIRST_CAPTURES.into_iter().chain(ground.times.names()).chain(watched);
    let captures: Vec<&str> = captures.collect();
    let layout = Layout::new(&ground.program, &ground.ingest, &captures);
    let taken = blocks.taken.clone();
    let mut merger = Merger::new(&ground, rules, setting, taken);
    let shared = Mutex::new(blocks);
    let threads = setting.request.threads.max(1);
    thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel::<Chunk>(threads * 2);
        for _ in 0..threads {
            let (send, shared, ground, layout) = (send.clone(), &shared, &ground, &layout);
            scope.spawn(move || {
                let mut worker = Worker::new(ground, layout);
                while !setting.interrupted.load(Ordering::Relaxed) {
                    let block = shared.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(block) = block else { break };
                    if send.send(worker.chunk(&block)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        // Blocks are handed out in order, so few wait for one before them.
        let mut waiting: BTreeMap<usize, Chunk> = BTreeMap::new();
        let mut next = 0;
        for chunk in receive {
            waiting.insert(chunk.number, chunk);
            while let Some(chunk) = waiting.remove(&next) {
                merger.take(chunk);
                next += 1;
            }
        }
        waiting.into_values().for_each(|chunk| merger.take(chunk));
    });
    merger.finish()
}

impl<'a> Ground<'a> {
    fn new(rules: &'a [Prepared<'a>], setting: Setting<'a>) -> Self {
        let mut predicates = Vec::new();
        let mut owners = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            for (filter, predicate) in rule.asked() {
                predicates.push(predicate);
                owners.push((at, filter));
            }
        }
        let mut wanted: Vec<&Column> = rules.iter().flat_map(Prepared::columns).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let fields: Vec<_> =
            wanted.iter().filter_map(|column| setting.schema.field(&column.name)).collect();
        let mut columns = Columns::default();
        let ingest = Ingest::new(setting.schema, &fields, &mut columns);
        let mut clocks: Vec<&Clock> = Vec::new();
        let clock_of = rules.iter().map(|rule| {
            let same = |clock: &&Clock| {
                clock.field() == rule.clock.field() && clock.fallback() == rule.clock.fallback()
            };
            clocks.iter().position(same).unwrap_or_else(|| {
                clocks.push(&rule.clock);
                clocks.len() - 1
            })
        });
        let clock_of = clock_of.collect();
        let program = Program::new(&predicates.iter().collect::<Vec<_>>(), &columns);
        let times = TimeFields::new(&clocks);
        let mut watched: Vec<Arc<str>> =
            rules.iter().flat_map(|rule| rule.unknown.clone()).collect();
        watched.sort_unstable();
        watched.dedup();
        // What is captured already is known to every index.
        watched.retain(|name| {
            !FIRST_CAPTURES.contains(&&**name) && times.names().all(|own| own != &**name)
        });
        let (names, origins) = (&setting.request.names, setting.origins);
        Self {
            program,
            columns,
            ingest,
            predicates,
            owners,
            rules,
            clocks,
            clock_of,
            times,
            watched,
            names,
            origins,
            indicators: setting.request.indicators,
        }
    }

    /// By predicate: whether its rule looks at events of an index for it.
    fn concerns(&self, index: Option<&str>, is_indicator: bool) -> Vec<bool> {
        let sees = |(rule, filter): &(usize, usize)| {
            let rule = &self.rules[*rule];
            let reach = rule.reach(*filter);
            (!is_indicator || reach == Reach::Indicators) && rule.sees(index, reach)
        };
        self.owners.iter().map(sees).collect()
    }

    /// Whether an input holds nothing but indicators.
    fn is_indicator(&self, input: usize) -> bool {
        input < self.indicators
    }
}

impl<'a> Worker<'a> {
    fn new(ground: &'a Ground<'a>, layout: &'a Layout<'a>) -> Self {
        let times = Times::new(&ground.times);
        let (concerns, of_indicators) = (HashMap::new(), HashMap::new());
        Self { ground, reader: Reader::new(layout), times, concerns, of_indicators }
    }

    /// Makes rows of a block and asks which predicates hold of each.
    fn chunk(&mut self, block: &Block) -> Chunk {
        let mut chunk = Chunk {
            number: block.number,
            input: block.input,
            events: 0,
            seen: BTreeMap::new(),
            bytes: block.bytes.len() as u64,
            broken: Vec::new(),
            candidates: Vec::new(),
            newest: vec![None; self.ground.clocks.len()],
            oldest: None,
            watched: BTreeMap::new(),
        };
        let name = self.ground.names.get(block.input).map_or("", String::as_str);
        let origin = self.ground.origins.get(block.input).and_then(Option::as_ref);
        each_piece(block, &mut |line, piece| {
            let Ok(text) = std::str::from_utf8(piece) else {
                chunk.broken.push((line, "it is not UTF-8".to_owned()));
                return;
            };
            if origin.is_none() && self.is_passed_over(text, &mut chunk) {
                return;
            }
            match events(text, origin) {
                Ok(events) => {
                    for event in events {
                        self.event(event, (name, line), &mut chunk);
                    }
                }
                Err(reason) => chunk.broken.push((line, reason)),
            }
        });
        chunk
    }

    /// Whether a text is one event that concerns no rule; then it was counted.
    fn is_passed_over(&mut self, text: &str, chunk: &mut Chunk) -> bool {
        let Some(row) = self.reader.read(text) else { return false };
        if !(row.answer.sure.is_empty() && row.answer.open.is_empty()) {
            let ground = self.ground;
            let is_indicator = ground.is_indicator(chunk.input);
            let known = if is_indicator { &mut self.of_indicators } else { &mut self.concerns };
            let concerns = match known.get(&row.index) {
                Some(concerns) => concerns,
                None => {
                    let concerns = ground.concerns(row.index.as_deref(), is_indicator);
                    known.entry(row.index.clone()).or_insert(concerns)
                }
            };
            let mut all = row.answer.sure.iter().chain(&row.answer.open);
            if all.any(|predicate| concerns[*predicate as usize]) {
                return false;
            }
        }
        chunk.count(row.index.as_ref());
        self.times.clear();
        self.reader.captured(&mut |number, scalar| {
            let Some(field) = number.checked_sub(FIRST_CAPTURES.len()) else { return };
            match field.checked_sub(self.ground.times.names().count()) {
                None => self.times.add(&self.ground.times, field, scalar),
                Some(field) => chunk.watch(field, scalar.value(), row.index.as_ref()),
            }
        });
        for (at, newest) in chunk.newest.iter_mut().enumerate() {
            let own = self.times.of_clock(&self.ground.times, at);
            *newest = (*newest).max(own.map(|(_, newest)| newest));
            chunk.oldest =
                [chunk.oldest, own.map(|(oldest, _)| oldest)].into_iter().flatten().min();
        }
        true
    }

    fn event(&mut self, mut event: Event, (name, line): (&str, usize), chunk: &mut Chunk) {
        let ground = self.ground;
        chunk.count(event.index.as_ref());
        if event.id.starts_with('#') {
            event.id = format!("{name}:{line}");
        }
        for (field, name) in ground.watched.iter().enumerate() {
            if let Some(value) = event.first(name) {
                chunk.watch(field, value.clone(), event.index.as_ref());
            }
        }
        for (clock, newest) in ground.clocks.iter().zip(&mut chunk.newest) {
            let times = clock.times(&event);
            *newest = (*newest).max(times.iter().copied().max());
            let oldest = times.iter().copied().min();
            chunk.oldest = [chunk.oldest, oldest].into_iter().flatten().min();
        }
        let document = ground.ingest.document(&event, &mut Vec::new());
        let answer = self.reader.matcher().document(&document);
        let open = answer.open.iter().copied().filter(|predicate| {
            eval(&ground.predicates[*predicate as usize], &document, &ground.columns)
        });
        let mut predicates: Vec<u32> = answer.sure.iter().copied().chain(open).collect();
        if predicates.is_empty() {
            return;
        }
        predicates.sort_unstable();
        let place = (event.index.clone().unwrap_or_default(), event.id.clone());
        chunk.candidates.push(Candidate { event, document, place, predicates });
    }
}

/// Visits the pieces of a block that may be events, with their lines.
fn each_piece(block: &Block, visit: &mut dyn FnMut(usize, &[u8])) {
    let bytes = &block.bytes;
    match block.form {
        Form::Lines => {
            let mut action: Option<(usize, usize)> = None;
            let mut start = 0;
            for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
                if line.trim_ascii().is_empty() && start + line.len() < bytes.len() {
                    // It parts no action from its document.
                    start += line.len();
                    continue;
                }
                let (from, at) = action.take().unwrap_or((start, block.line + number));
                start += line.len();
                if may_be_action(line) && from == start - line.len() && start < bytes.len() {
                    action = Some((from, at));
                } else if !bytes[from..start].trim_ascii().is_empty() {
                    visit(at, &bytes[from..start]);
                }
            }
        }
        Form::Values => {
            let (mut line, mut before) = (block.line, 0);
            for piece in pieces(bytes) {
                line += memchr::memchr_iter(b'\n', &bytes[before..piece.start]).count();
                before = piece.start;
                visit(line, &bytes[piece]);
            }
        }
    }
}

/// The events of a piece of a file, or why it is none.
fn events(text: &str, origin: Option<&Origin>) -> Result<Vec<Event>, String> {
    let message = |found: Diagnostic| found.message;
    let mut opener = Opener::new(origin.cloned());
    let mut events = Vec::new();
    for (value, span) in values(text).map_err(message)? {
        for value in opener.open(value, span).map_err(message)? {
            let event = Event::from_json(value, events.len() + 1);
            events.push(event.map_err(|error| error.to_string())?);
        }
    }
    opener.end().map_err(message)?;
    Ok(events)
}

/// Visits the events of a block.
pub(super) fn each_event(block: &Block, origin: Option<&Origin>, visit: &mut dyn FnMut(&Event)) {
    each_piece(block, &mut |_, piece| {
        let text = std::str::from_utf8(piece).unwrap_or_default();
        events(text, origin).into_iter().flatten().for_each(|event| visit(&event));
    });
}

/// Gives the rules what concerns them, in order.
struct Merger<'a> {
    ground: &'a Ground<'a>,
    rules: &'a [Prepared<'a>],
    setting: Setting<'a>,
    states: Vec<Result<State, Stop>>,
    /// For each rule the indices that were asked about, and whether it sees them.
    sees: HashMap<(usize, Reach), HashMap<Option<String>, bool>>,
    newest: Vec<Option<i64>>,
    /// By index: how many events there are.
    seen: BTreeMap<Option<String>, u64>,
    /// By two rules of single events: on how many events both alert.
    pairs: BTreeMap<(usize, usize), u64>,
    /// By watched field: its first value, and the index of that.
    watched: BTreeMap<usize, (Value, Option<String>)>,
    /// Whether some record of an anomaly job was there.
    records: bool,
    /// The bytes that were read, packed as they are.
    taken: Arc<AtomicU64>,
    scanned: Scanned,
}

impl<'a> Merger<'a> {
    fn new(
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
                pairs: BTreeMap::new(),
                watched: Vec::new(),
            },
        }
    }

    fn take(&mut self, chunk: Chunk) {
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
        let (bytes, events) = (self.taken.load(Ordering::Relaxed), self.scanned.events);
        (self.setting.progress)(Progress { bytes, events });
    }

    fn candidate(&mut self, candidate: &Candidate, is_indicator: bool) {
        let Candidate { event, document, place, predicates } = candidate;
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
            let when =
                times[clock].get_or_insert_with(|| moments(self.ground.clocks[clock], event));
            let reaches = rule.plan.reaches();
            let mut filters: Vec<usize> = own
                .iter()
                .map(|predicate| owners[*predicate as usize].1)
                .filter(|filter| {
                    let reach = reaches[*filter];
                    (!is_indicator || reach == Reach::Indicators)
                        && in_time(rule, self.setting.request, reach, when.as_deref())
                        && sees(&mut self.sees, (at, rule, reach), event)
                })
                .collect();
            let holds = |condition: &Predicate| eval(condition, document, &self.ground.columns);
            if filters.is_empty() || rule.bars(event, &holds) {
                continue;
            }
            if let Plan::Pipeline(_) = rule.plan {
                // One condition stood for all of them.
                let all = rule.filters().into_iter().enumerate();
                filters = all.filter(|(_, own)| holds(own)).map(|(filter, _)| filter).collect();
            }
            let seen = Seen {
                event,
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
        for (position, first) in alerting.iter().enumerate() {
            for second in alerting.iter().skip(position + 1).take(MOST_PAIRED) {
                if self.pairs.len() < PAIRS || self.pairs.contains_key(&(*first, *second)) {
                    *self.pairs.entry((*first, *second)).or_default() += 1;
                }
            }
        }
    }

    fn finish(mut self) -> Scanned {
        let request = self.setting.request;
        for (at, (rule, state)) in self.rules.iter().zip(self.states).enumerate() {
            let newest = self.newest[self.ground.clock_of[at]];
            self.scanned.newest_of.push(newest);
            let seen = |(index, count): (&Option<String>, &u64)| {
                rule.sees(index.as_deref(), Reach::Window).then_some(*count)
            };
            self.scanned.seen.push(self.seen.iter().filter_map(seen).sum());
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
