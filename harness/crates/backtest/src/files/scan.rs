//! One pass over the blocks: threads make rows of events and ask the engine
//! ([`worker`]); the rules take what concerns them in the order of the files
//! ([`merger`]).

mod ground;
mod merger;
mod model;
mod pieces;
mod worker;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use super::input::Blocks;
use super::rule::Prepared;
use ground::Ground;
use harness_engine::stream::layout::Layout;
use merger::Merger;
pub(super) use model::{Scanned, Setting};
pub(super) use pieces::each_event;
use worker::{Chunk, Worker};

/// Runs rules over all blocks.
pub(super) fn scan(blocks: &mut Blocks, rules: &[Prepared<'_>], setting: Setting<'_>) -> Scanned {
    let ground = Ground::new(rules, setting);
    let captures: Vec<&str> = ground.captures.iter().map(AsRef::as_ref).collect();
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
