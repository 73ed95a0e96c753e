//! Rules on files of events, in one pass, whatever their length.
//!
//! Blocks of the files (`input`) go to the threads in order; each makes rows of the
//! events, asks the streaming engine (`scan`) and keeps the events that some rule
//! takes. They are given to the rules in the order of the files, so that the outcome
//! is the same on any number of threads; each rule keeps what its type needs
//! (`state`).

mod blind;
mod input;
mod moments;
mod request;
mod rule;
mod runs;
mod scan;
mod seen;
mod state;
mod text;
mod top;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use harness_model::event::Event;
use harness_model::events::Origin;
use harness_model::schema::{Home, Schema};
use harness_rule::exception::ExceptionTree;
use harness_rule::tree::Loaded;
use harness_runner::run::home;
use rayon::prelude::*;
use serde_json::Value;

pub use input::Input;
pub use request::{Progress, Request, Sizes};

use super::model::Source;
use super::{Backtest, Outcome, Overlap, RuleBacktest, Stop, told as told_of};
use harness_source::limits;
use input::Blocks;
use rule::Prepared;
use scan::{Scanned, Setting, scan};

/// Runs rules on files.
pub fn run(
    request: &Request,
    rules: &[Loaded],
    exceptions: &ExceptionTree,
    schema: &Schema,
    progress: &(dyn Fn(Progress) + Sync),
    interrupted: &AtomicBool,
) -> Backtest {
    let started = Instant::now();
    let mut blocks = Blocks::new(request.inputs.clone(), request.sizes.block);
    let mut schema = schema.clone();
    let origins: Vec<Option<Origin>> = request.inputs.iter().map(Input::origin).collect();
    let sample =
        look_ahead(&mut blocks, &origins, rules, &mut schema, request.sizes.ahead, interrupted);
    let mut outcomes: Vec<Option<Outcome>> = rules.iter().map(|_| None).collect();
    let now = request.to.unwrap_or(sample.newest);
    let all: Vec<usize> = (0..rules.len()).collect();
    let mut prepared = compile(&all, rules, (&schema, exceptions), &|_| now, &mut outcomes);
    let may_repeat = !sample.is_whole && !request.inputs.contains(&Input::Stdin);
    prepared.iter_mut().for_each(|rule| rule.is_collecting = may_repeat && rule.is_threat());
    let setting = Setting { request, schema: &schema, origins: &origins, progress, interrupted };
    let mut scanned = scan(&mut blocks, &prepared, setting);
    let mut seen: Vec<(Option<u64>, Vec<String>)> = vec![Default::default(); rules.len()];
    for (at, rule) in prepared.iter().enumerate() {
        seen[rule.at] = (Some(scanned.seen[at]), std::mem::take(&mut scanned.missing[at]));
    }
    let overlap = overlap(&prepared, rules, &scanned);
    let mut again = Vec::new();
    let mut times = vec![now; rules.len()];
    for (rule, newest) in prepared.iter().zip(&scanned.newest_of) {
        times[rule.at] = request.to.or(*newest).unwrap_or(now);
        // What depends on the time of the last event was run with a guess.
        if rule.asks_for_time && times[rule.at] != now {
            again.push(rule.at);
        }
    }
    // A field that nothing knew has a type from its first value on.
    let mut later = schema.clone();
    for (field, value, index) in &scanned.watched {
        let home = index.as_deref().map_or(sample.home, Home::of);
        let mut source = serde_json::Map::new();
        source.insert(field.to_string(), value.clone());
        later.observe(&Value::Object(source), home);
    }
    let met = |rule: &&Prepared<'_>| {
        rule.unknown.iter().any(|name| scanned.watched.iter().any(|(field, ..)| field == name))
    };
    again.extend(prepared.iter().filter(met).map(|rule| rule.at));
    again.extend(tell(&prepared, &mut scanned, &mut outcomes));
    again.sort_unstable();
    again.dedup();
    if !again.is_empty() {
        if request.inputs.contains(&Input::Stdin) {
            let reason = "it depends on the last event or on a field that comes late, and standard \
                          input is read once: store it as a file";
            let refused = || Some(Outcome::Unsupported(reason.to_owned()));
            again.iter().for_each(|at| outcomes[*at] = refused());
        } else if !interrupted.load(Ordering::Relaxed) {
            let at = |rule: usize| times[rule];
            let late = compile(&again, rules, (&later, exceptions), &at, &mut outcomes);
            let mut blocks = Blocks::new(request.inputs.clone(), request.sizes.block);
            let setting = Setting { schema: &later, ..setting };
            let mut scanned = scan(&mut blocks, &late, setting);
            tell(&late, &mut scanned, &mut outcomes);
        }
    }
    let unread = blocks.unread.iter().map(|one| (one.input, one.line, one.reason.clone()));
    let mut broken: Vec<(usize, usize, String)> = scanned.broken.told;
    broken.extend(unread);
    broken.sort();
    let names = &request.names;
    let broken_lines = broken.into_iter().map(|(input, line, reason)| {
        let name = names.get(input).map_or("", String::as_str);
        if line == 0 { format!("{name}: {reason}") } else { format!("{name}:{line}: {reason}") }
    });
    let told = rules.iter().zip(outcomes).zip(seen);
    let told = told.map(|((loaded, outcome), (seen, missing))| {
        let told = told_of(loaded, outcome);
        let missing = if told.alerts() == Some(0) { missing } else { Vec::new() };
        RuleBacktest { seen, missing, ..told }
    });
    let mut all: Vec<RuleBacktest> = told.collect();
    all.sort_by(|a, b| b.alerts().cmp(&a.alerts()).then_with(|| a.key.cmp(&b.key)));
    let to = request.to.or(scanned.newest.map(|newest| newest.saturating_add(1)));
    Backtest {
        request: super::Request {
            index: request.names.join(", "),
            from: request.from.or(scanned.oldest).unwrap_or(0),
            to: to.unwrap_or(0),
            samples: request.samples,
            batch: 1,
        },
        indices: request.inputs.len(),
        notes: scanned.are_more_pairs.then(|| limits::BACKTEST_PAIRS.told()).into_iter().collect(),
        rules: all,
        overlap,
        source: Source::Files {
            events: scanned.events,
            bytes: scanned.bytes,
            millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            broken: scanned.broken.count + blocks.unread.len() as u64,
            broken_lines: broken_lines.collect(),
            is_partial: interrupted.load(Ordering::Relaxed),
        },
    }
}

/// Compiles rules, each for a run at its time; puts down those that do not run.
fn compile<'a>(
    which: &[usize],
    rules: &'a [Loaded],
    (schema, exceptions): (&Schema, &ExceptionTree),
    now: &(dyn Fn(usize) -> i64 + Sync),
    outcomes: &mut [Option<Outcome>],
) -> Vec<Prepared<'a>> {
    let compiled: Vec<(usize, Result<Prepared<'_>, Outcome>)> = which
        .par_iter()
        .map(|at| (*at, Prepared::new(*at, &rules[*at], schema, exceptions, now(*at))))
        .collect();
    let mut prepared = Vec::new();
    for (at, compiled) in compiled {
        match compiled {
            Ok(one) => prepared.push(one),
            Err(outcome) => outcomes[at] = Some(outcome),
        }
    }
    prepared
}

/// Puts down how rules came out; which of them have to read the events once more.
fn tell(
    rules: &[Prepared<'_>],
    scanned: &mut Scanned,
    outcomes: &mut [Option<Outcome>],
) -> Vec<usize> {
    let mut again = Vec::new();
    for (rule, found) in rules.iter().zip(std::mem::take(&mut scanned.found)) {
        outcomes[rule.at] = Some(match found {
            Ok(found) => Outcome::Ran(found),
            Err(Stop::Unsupported(reason)) => Outcome::Unsupported(reason),
            Err(Stop::Cluster(error)) => Outcome::Unsupported(error.to_string()),
            Err(Stop::Again) => {
                again.push(rule.at);
                Outcome::Unsupported("the run ended before its events were read".to_owned())
            }
        });
    }
    again
}

/// How many pairs of rules are told.
const OVERLAPS: usize = 100;

/// The rules that alert on the same events.
fn overlap(prepared: &[Prepared<'_>], rules: &[Loaded], scanned: &Scanned) -> Vec<Overlap> {
    let key = |at: usize| prepared.get(at).map_or_else(String::new, |one| rules[one.at].key());
    let mut all: Vec<Overlap> = scanned
        .pairs
        .iter()
        .map(|((a, b), events)| Overlap { rules: (key(*a), key(*b)), events: *events })
        .collect();
    all.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.rules.cmp(&b.rules)));
    all.truncate(OVERLAPS);
    all
}

/// What the first events say.
struct Sample {
    newest: i64,
    /// Where events live that do not say so.
    home: Home,
    /// Whether these are all events.
    is_whole: bool,
}

/// Looks at the first events: which fields there are that nobody mapped, and when the
/// newest of them happened.
fn look_ahead(
    blocks: &mut Blocks,
    origins: &[Option<Origin>],
    rules: &[Loaded],
    schema: &mut Schema,
    ahead: usize,
    interrupted: &AtomicBool,
) -> Sample {
    let mut read = Vec::new();
    let (mut bytes, mut is_whole) = (0, false);
    while bytes < ahead && !interrupted.load(Ordering::Relaxed) {
        let Some(block) = blocks.next() else {
            is_whole = true;
            break;
        };
        bytes += block.bytes.len();
        read.push(block);
    }
    let homes = rules.iter().filter_map(|loaded| loaded.rule.as_ref()).map(home::of_rule);
    let home = if homes.into_iter().any(|home| home == Home::DataStream) {
        Home::DataStream
    } else {
        Home::Index
    };
    let mut newest = 0;
    for block in &read {
        let origin = origins.get(block.input).and_then(Option::as_ref);
        scan::each_event(block, origin, &mut |event: &Event| {
            let home = event.index.as_deref().map_or(home, Home::of);
            schema.observe(&event.source, home);
            newest = newest.max(event.timestamp().unwrap_or(0));
        });
    }
    blocks.put_back(read);
    if !is_whole {
        // Logs are mostly in order: the last events are the newest.
        for block in blocks.tails() {
            let origin = origins.get(block.input).and_then(Option::as_ref);
            scan::each_event(&block, origin, &mut |event: &Event| {
                newest = newest.max(event.timestamp().unwrap_or(0));
            });
        }
    }
    Sample { newest, home, is_whole }
}
