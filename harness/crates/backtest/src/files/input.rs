//! Files of events in blocks of whole lines or values, in the order of the files.
//!
//! A file is told apart by what it holds: packed by gzip or zstd, one value a line, or
//! values over several lines, in an array or not. Blocks are cut where no value is.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::text::Scanner;
use harness_model::events::Origin;
use harness_source::files::unpacked;
use harness_source::limits;

/// Where events are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl Input {
    /// The data stream that the path of a file names.
    pub(super) fn origin(&self) -> Option<Origin> {
        match self {
            Self::File(path) => Origin::of(path),
            Self::Stdin => None,
        }
    }
}

/// Some events as they stand in a file.
#[derive(Debug)]
pub(super) struct Block {
    /// Its place among all blocks.
    pub(super) number: usize,
    /// The input, by position.
    pub(super) input: usize,
    /// The line that it begins with, from 1.
    pub(super) line: usize,
    pub(super) form: Form,
    pub(super) bytes: Vec<u8>,
}

/// How the values of a file stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One or more whole values a line.
    Lines,
    /// Over several lines, one after the other or in an array.
    Values,
}

/// What of an input could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) input: usize,
    /// The line on which it begins; 0 for all of it.
    pub(super) line: usize,
    pub(super) reason: String,
}

/// The blocks of all inputs, one after the other.
pub(super) struct Blocks {
    inputs: Vec<Input>,
    /// How long a block should be, in bytes.
    size: usize,
    next: usize,
    number: usize,
    open: Option<Open>,
    /// What went wrong so far.
    pub(super) unread: Vec<Unread>,
    /// How many bytes were read, packed as they are.
    pub(super) taken: Arc<AtomicU64>,
    /// Blocks that were read ahead.
    ahead: VecDeque<Block>,
}

/// An input that is being read.
struct Open {
    input: usize,
    form: Form,
    reader: Box<dyn Read + Send>,
    /// What belongs to the next block.
    carry: Vec<u8>,
    line: usize,
    scanner: Scanner,
    is_done: bool,
}

/// The longest value, beyond which a file is not read on.
fn longest() -> usize {
    limits::EVENT_BYTES.now()
}

impl Blocks {
    pub(super) fn new(inputs: Vec<Input>, size: usize) -> Self {
        Self {
            inputs,
            size: size.max(1),
            next: 0,
            number: 0,
            open: None,
            unread: Vec::new(),
            taken: Arc::default(),
            ahead: VecDeque::new(),
        }
    }

    /// Gives a block back, to be the next again.
    pub(super) fn put_back(&mut self, blocks: Vec<Block>) {
        blocks.into_iter().rev().for_each(|block| self.ahead.push_front(block));
    }

    /// The next block; `None` at the end of the last input.
    pub(super) fn next(&mut self) -> Option<Block> {
        if let Some(block) = self.ahead.pop_front() {
            return Some(block);
        }
        loop {
            if self.open.is_none() {
                let at = self.next;
                let input = self.inputs.get(at)?.clone();
                self.next += 1;
                match self.open(at, &input) {
                    Ok(open) => self.open = Some(open),
                    Err(error) => {
                        let reason = format!("cannot be read: {error}");
                        self.unread.push(Unread { input: at, line: 0, reason });
                        continue;
                    }
                }
            }
            let open = self.open.as_mut()?;
            let line = open.line;
            match open.block(self.size) {
                Ok(Some((bytes, line))) => {
                    let (input, form) = (open.input, open.form);
                    let block = Block { number: self.number, input, line, form, bytes };
                    self.number += 1;
                    return Some(block);
                }
                Ok(None) => self.open = None,
                Err(error) => {
                    let reason = format!("cannot be read on: {error}");
                    self.unread.push(Unread { input: open.input, line, reason });
                    // What was read before is whole all the same.
                    let rest = std::mem::take(&mut open.carry);
                    let (input, form) = (open.input, open.form);
                    self.open = None;
                    if !rest.is_empty() {
                        let block = Block { number: self.number, input, line, form, bytes: rest };
                        self.number += 1;
                        return Some(block);
                    }
                }
            }
        }
    }

    /// The last lines of files that are not packed, as far as they can be read.
    pub(super) fn tails(&self) -> Vec<Block> {
        let inputs = self.inputs.iter().enumerate();
        inputs.filter_map(|(at, input)| tail(at, input).ok().flatten()).collect()
    }

    fn open(&self, at: usize, input: &Input) -> io::Result<Open> {
        let raw: Box<dyn Read + Send> = match input {
            Input::File(path) => {
                let file = File::open(path)?;
                if file.metadata()?.is_dir() {
                    return Err(io::Error::other("it is a folder"));
                }
                Box::new(file)
            }
            Input::Stdin => Box::new(io::stdin()),
        };
        let raw =
            BufReader::with_capacity(1 << 18, Counted { inner: raw, taken: self.taken.clone() });
        let mut reader = unpacked(raw)?;
        let mut carry = Vec::new();
        fill(&mut reader, &mut carry, FIRST)?;
        if carry.starts_with(b"\xef\xbb\xbf") {
            carry.drain(..3);
        }
        if carry.starts_with(&[0xff, 0xfe]) || carry.starts_with(&[0xfe, 0xff]) {
            return Err(io::Error::other("it is UTF-16: store it as UTF-8"));
        }
        let form = form(&carry);
        let (line, scanner) = (1, Scanner::default());
        Ok(Open { input: at, form, reader, carry, line, scanner, is_done: false })
    }
}

/// How much of a file is looked at to see what it is.
const FIRST: usize = 1 << 18;

fn form(start: &[u8]) -> Form {
    let blank = start.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let text = &start[blank..];
    if text.first() != Some(&b'{') {
        return Form::Values;
    }
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let mut scanner = Scanner::default();
    scanner.feed(&text[..end]);
    // A line that is longer than what is looked at is a value of its own.
    if scanner.is_between() || end == text.len() { Form::Lines } else { Form::Values }
}

/// The last lines of a file.
fn tail(input: usize, from: &Input) -> io::Result<Option<Block>> {
    let Input::File(path) = from else { return Ok(None) };
    let mut file = File::open(path)?;
    let mut first = [0];
    // Packed files begin with no character of JSON.
    if file.read(&mut first)? == 0 || !(first[0].is_ascii_graphic() || first[0] == b'\n') {
        return Ok(None);
    }
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(FIRST as u64)))?;
    let mut bytes = Vec::new();
    file.take(FIRST as u64).read_to_end(&mut bytes)?;
    if length > FIRST as u64 {
        // The first of them is cut.
        let Some(end) = memchr::memchr(b'\n', &bytes) else { return Ok(None) };
        bytes.drain(..=end);
    }
    Ok(Some(Block { number: 0, input, line: 0, form: Form::Lines, bytes }))
}

/// Reads until so many bytes are there, or the end.
fn fill(reader: &mut dyn Read, into: &mut Vec<u8>, most: usize) -> io::Result<bool> {
    let wanted = most.saturating_sub(into.len());
    let read = reader.take(wanted as u64).read_to_end(into)?;
    Ok(read < wanted)
}

/// Counts what is read.
struct Counted {
    inner: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Open {
    /// The next block with its first line, cut where no value is.
    fn block(&mut self, size: usize) -> io::Result<Option<(Vec<u8>, usize)>> {
        let mut wanted = size;
        loop {
            if !self.is_done {
                self.is_done = fill(&mut self.reader, &mut self.carry, wanted)?;
            }
            if self.carry.is_empty() {
                return Ok(None);
            }
            let end = if self.is_done { Some(self.carry.len()) } else { self.cut() };
            if let Some(end) = end {
                let rest = self.carry.split_off(end);
                let bytes = std::mem::replace(&mut self.carry, rest);
                let line = self.line;
                self.line += memchr::memchr_iter(b'\n', &bytes).count();
                return Ok(Some((bytes, line)));
            }
            if self.carry.len() > longest().max(size) {
                let reason = format!("a value has more than {} bytes, the limit", longest());
                return Err(io::Error::other(reason));
            }
            wanted = self.carry.len() + size;
        }
    }

    /// Where the last whole value ends.
    fn cut(&mut self) -> Option<usize> {
        match self.form {
            Form::Lines => {
                let end = memchr::memrchr(b'\n', &self.carry)? + 1;
                // An action of a bulk request goes with the line after it.
                let before = memchr::memrchr(b'\n', &self.carry[..end - 1]).map_or(0, |at| at + 1);
                let end = if may_be_action(&self.carry[before..end]) { before } else { end };
                (end > 0).then_some(end)
            }
            Form::Values => {
                let mut scanner = self.scanner.clone();
                let end = scanner.feed(&self.carry)?;
                self.scanner = Scanner::default();
                Some(end)
            }
        }
    }
}

/// Whether a line may be the action of a bulk request.
pub(super) fn may_be_action(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let Some(key) = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else { return false };
    let actions: [&[u8]; 4] = [b"\"index\"", b"\"create\"", b"\"update\"", b"\"delete\""];
    actions.iter().any(|action| key.starts_with(action))
}
