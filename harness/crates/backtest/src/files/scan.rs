//! One pass over the blocks: threads make rows of events and ask the engine
//! ([`worker`]); the rules take what concerns them in the order of the files
//! ([`merger`]).

mod ground;
mod merger;
mod pieces;
mod worker;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use super::input::Blocks;
use super::request::{Progress, Request};
use super::rule::Prepared;
use crate::{Found, Stop};
use ground::Ground;
use harness_engine::stream::layout::Layout;
use harness_engine::stream::reader::FIRST_CAPTURES;
use harness_model::events::Origin;
use harness_model::schema::Schema;
use merger::Merger;
pub(super) use pieces::each_event;
use serde_json::Value;
use worker::{Chunk, Worker};

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
    /// By rule: the fields that its conditions need and no event has.
    pub(super) missing: Vec<Vec<String>>,
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
