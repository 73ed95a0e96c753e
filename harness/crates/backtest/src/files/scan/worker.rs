//! What a thread does: rows of the events of a block, and which predicates hold of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::input::Block;
use super::super::moments::{Stamps, Times};
use super::super::rule::Reads;
use super::super::seen::Place;
use super::ground::Ground;
use super::pieces::{each_piece, events};
use harness_engine::stream::Answer;
use harness_engine::stream::layout::Layout;
use harness_engine::stream::reader::{FIRST_CAPTURES, IndexId, Reader, Row};
use harness_model::document::Document;
use harness_model::event::Event;
use harness_predicate::eval::eval;
use serde_json::Value;

/// What one thread has for itself.
pub(super) struct Worker<'a> {
    ground: &'a Ground<'a>,
    reader: Reader<'a>,
    times: Times,
    /// By index: whether each predicate concerns its events.
    concerns: Vec<Option<Vec<bool>>>,
    /// The same of events in files of indicators.
    of_indicators: Vec<Option<Vec<bool>>>,
    /// By index: how many events of the block it has.
    seen: Vec<u64>,
    /// By column: whether some event so far has a value in it.
    present: Vec<bool>,
}

/// How many different indices are known at once.
const INDICES: usize = 4_096;

/// What a thread found in a block.
pub(super) struct Chunk {
    pub(super) number: usize,
    pub(super) input: usize,
    pub(super) events: u64,
    /// By index.
    pub(super) seen: BTreeMap<Option<Arc<str>>, u64>,
    /// By column: whether some event of this block or of one before it on the same thread
    /// has a value in it.
    pub(super) present: Vec<bool>,
    pub(super) bytes: u64,
    pub(super) broken: Vec<(usize, String)>,
    pub(super) candidates: Vec<Candidate>,
    /// By clock: the time of the newest event.
    pub(super) newest: Vec<Option<i64>>,
    pub(super) oldest: Option<i64>,
    /// By watched field: its first value, and the index of that.
    pub(super) watched: BTreeMap<usize, (Value, Option<String>)>,
}

impl Chunk {
    /// Takes note of the first value of a field that nothing knows.
    fn watch(&mut self, field: usize, value: Value, index: Option<&str>) {
        if !value.is_null() {
            self.watched.entry(field).or_insert_with(|| (value, index.map(str::to_owned)));
        }
    }

    /// Takes note of when an event happened by a clock: its first and its last moment.
    fn happened(&mut self, clock: usize, when: Option<(i64, i64)>) {
        let Some((oldest, newest)) = when else { return };
        if let Some(own) = self.newest.get_mut(clock) {
            *own = (*own).max(Some(newest));
        }
        self.oldest = Some(self.oldest.map_or(oldest, |own| own.min(oldest)));
    }
}

/// An event that some predicate holds of: all of it, or the part that their rules read.
pub(super) struct Candidate {
    /// All of it, or what queries read; none where nobody reads more than keys.
    pub(super) event: Option<Event>,
    /// Its moments, where they are known from the row.
    pub(super) stamps: Option<Stamps>,
    /// All columns, or those of keys.
    pub(super) document: Document,
    pub(super) place: Place,
    pub(super) predicates: Vec<u32>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(ground: &'a Ground<'a>, layout: &'a Layout<'a>) -> Self {
        Self {
            ground,
            reader: Reader::new(layout),
            times: Times::new(&ground.times),
            concerns: Vec::new(),
            of_indicators: Vec::new(),
            seen: Vec::new(),
            present: vec![false; ground.columns.list().len()],
        }
    }

    /// Makes rows of a block and asks which predicates hold of each.
    pub(super) fn chunk(&mut self, block: &Block) -> Chunk {
        if self.reader.indices() > INDICES {
            self.reader.forget_indices();
            self.concerns.clear();
            self.of_indicators.clear();
        }
        let mut chunk = Chunk {
            number: block.number,
            input: block.input,
            events: 0,
            seen: BTreeMap::new(),
            present: Vec::new(),
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
            let row = if origin.is_none() { self.reader.read(text) } else { None };
            if row.as_ref().is_some_and(|row| self.is_done(row, text, (name, line), &mut chunk)) {
                return;
            }
            match events(text, origin) {
                Ok(events) => {
                    let row = row.filter(|_| events.len() == 1);
                    for event in events {
                        let answer = row.as_ref().map(|row| row.answer.clone());
                        self.event(event, answer, (name, line), &mut chunk);
                    }
                }
                Err(reason) => chunk.broken.push((line, reason)),
            }
        });
        for (index, count) in self.seen.drain(..).enumerate().filter(|(_, count)| *count > 0) {
            chunk.events += count;
            chunk.seen.insert(self.reader.index_name(index).cloned(), count);
        }
        self.reader.present(&mut self.present);
        chunk.present.clone_from(&self.present);
        chunk
    }

    /// Counts an event of an index.
    fn count(&mut self, index: IndexId) {
        *slot(&mut self.seen, index) += 1;
    }

    /// Whether no more than a row has to be known of an event, and the fields of queries;
    /// then it was counted.
    fn is_done(&mut self, row: &Row, text: &str, place: (&str, usize), chunk: &mut Chunk) -> bool {
        let ground = self.ground;
        self.times.clear();
        let stamps = ground.times.names().len();
        let Self { reader, times, .. } = self;
        reader.captured(&mut |number, scalar| {
            if let Some(field) = number.checked_sub(FIRST_CAPTURES.len()).filter(|it| *it < stamps)
            {
                times.add(&ground.times, field, scalar);
            }
        });
        let predicates = self.concerned(row, chunk.input);
        if !predicates.is_empty() {
            let Some(candidate) = self.candidate(row, text, place, predicates) else {
                return false;
            };
            chunk.candidates.push(candidate);
        }
        self.count(row.index);
        if !ground.watched.is_empty() {
            let index = self.reader.index_name(row.index).cloned();
            let before = FIRST_CAPTURES.len() + stamps;
            self.reader.captured(&mut |number, scalar| {
                let field = number.checked_sub(before).filter(|it| *it < ground.watched.len());
                if let Some(field) = field {
                    chunk.watch(field, scalar.value(), index.as_deref());
                }
            });
        }
        for clock in 0..ground.clocks.len() {
            chunk.happened(clock, self.times.of_clock(&ground.times, clock));
        }
        true
    }

    /// An event that predicates hold of, where no more has to be known of it than keys and
    /// fields of queries.
    fn candidate(
        &mut self,
        row: &Row,
        text: &str,
        (name, line): (&str, usize),
        predicates: Vec<u32>,
    ) -> Option<Candidate> {
        let ground = self.ground;
        // Whether an open one holds, only the whole event tells.
        let is_sure = predicates.iter().all(|one| row.answer.sure.binary_search(one).is_ok());
        let reads = predicates.iter().map(|one| ground.reads[*one as usize]).max();
        if !row.is_plain || !is_sure || reads == Some(Reads::Event) {
            return None;
        }
        let stamps = self.times.single()?;
        let index = self.reader.index_name(row.index).map(ToString::to_string);
        let id = format!("{name}:{line}");
        let event = if reads == Some(Reads::Fields) {
            let source = Arc::new(ground.fields.read(text)?);
            Some(Event { id: id.clone(), index: index.clone(), index_stated: false, source })
        } else {
            None
        };
        let place = Arc::new((index.unwrap_or_default(), id));
        let mut keys = Vec::new();
        self.reader.captured(&mut |number, scalar| {
            if ground.is_key[number] {
                keys.push((&*ground.captures[number], scalar.value()));
            }
        });
        let document = ground.keys.gathered(keys);
        Some(Candidate { event, stamps: Some(stamps), document, place, predicates })
    }

    /// The predicates that hold of a row or may, and whose rules look at its index.
    fn concerned(&mut self, row: &Row, input: usize) -> Vec<u32> {
        if row.answer.sure.is_empty() && row.answer.open.is_empty() {
            return Vec::new();
        }
        let ground = self.ground;
        let is_indicator = ground.is_indicator(input);
        let known = if is_indicator { &mut self.of_indicators } else { &mut self.concerns };
        let name = self.reader.index_name(row.index);
        let concerns = slot(known, row.index)
            .get_or_insert_with(|| ground.concerns(name.map(AsRef::as_ref), is_indicator));
        let all = row.answer.sure.iter().chain(&row.answer.open).copied();
        let mut found: Vec<u32> = all.filter(|predicate| concerns[*predicate as usize]).collect();
        found.sort_unstable();
        found
    }

    /// Takes a whole event; `answer` is what is known of it.
    fn event(
        &mut self,
        mut event: Event,
        answer: Option<Arc<Answer>>,
        (name, line): (&str, usize),
        chunk: &mut Chunk,
    ) {
        let ground = self.ground;
        let index = self.reader.index(event.index.as_deref());
        self.count(index);
        if event.id.starts_with('#') {
            event.id = format!("{name}:{line}");
        }
        for (field, name) in ground.watched.iter().enumerate() {
            if let Some(value) = event.first(name) {
                chunk.watch(field, value.clone(), event.index.as_deref());
            }
        }
        for (number, clock) in ground.clocks.iter().enumerate() {
            let times = clock.times(&event);
            let oldest = times.iter().copied().min();
            chunk.happened(number, oldest.zip(times.iter().copied().max()));
        }
        let document = ground.ingest.document(&event, &mut Vec::new());
        for (column, _) in document.rows.iter().flat_map(|row| &row.cells) {
            self.present[*column] = true;
        }
        let answer = answer.unwrap_or_else(|| self.reader.matcher().document(&document));
        let open = answer.open.iter().copied().filter(|predicate| {
            eval(&ground.predicates[*predicate as usize], &document, &ground.columns)
        });
        let mut predicates: Vec<u32> = answer.sure.iter().copied().chain(open).collect();
        if predicates.is_empty() {
            return;
        }
        predicates.sort_unstable();
        let place = Arc::new((event.index.clone().unwrap_or_default(), event.id.clone()));
        let event = Some(event);
        chunk.candidates.push(Candidate { event, stamps: None, document, place, predicates });
    }
}

/// What belongs to a number; made where it was not there.
fn slot<T: Default + Clone>(all: &mut Vec<T>, number: usize) -> &mut T {
    if number >= all.len() {
        all.resize(number + 1, T::default());
    }
    &mut all[number]
}
