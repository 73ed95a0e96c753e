//! Indices of our own: made, filled, deleted; leftovers of killed runs found.
//!
//! A name is `harness-<run>-<number>`, and the mapping's `_meta` says which
//! process made it. Nothing else is ever written to or deleted.

use std::borrow::Borrow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::client::{Client, Content, reason};
use super::error::ClusterError;

/// What every name of ours begins with.
pub const PREFIX: &str = "harness-";

/// An index of another machine is a leftover after so long.
const ABANDONED: Duration = Duration::from_hours(6);

/// The most bytes and documents of one bulk request.
const BULK_BYTES: usize = 4 << 20;
const BULK_DOCUMENTS: usize = 2000;

/// How many bulk requests are under way at a time.
pub const BULK_REQUESTS: usize = 4;

/// How often documents are sent that a busy cluster turned down.
const BULK_ATTEMPTS: u32 = 6;

/// Which process made an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Tells machines, and their restarts, apart.
    host: String,
    process: u32,
    /// When the process started, in a unit of the machine.
    started: String,
}

impl Maker {
    /// This process.
    pub fn this() -> Self {
        let process = std::process::id();
        Self { host: host(), process, started: started(process).unwrap_or_default() }
    }

    /// Whether the process is gone: known on its own machine only.
    fn is_gone(&self) -> Option<bool> {
        (self.host == host() && !self.host.is_empty())
            .then(|| started(self.process).as_ref() != Some(&self.started))
    }
}

fn host() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    // Containers of one machine share its boot, but not their processes.
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    if boot.is_empty() { boot } else { format!("{} {}", boot.trim(), namespace.display()) }
}

/// When a process started, in ticks since the machine did; `None` when there is none.
fn started(process: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if state == "Z" { None } else { fields.nth(18).map(str::to_owned) }
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// An index of this run, deleted when dropped.
#[derive(Debug)]
pub struct Index {
    client: Arc<Client>,
    name: String,
}

impl Index {
    /// Makes an index; `body` gives its settings and mapping from what says
    /// whose it is.
    ///
    /// # Errors
    ///
    /// When the cluster does not make it.
    pub fn create(
        client: &Arc<Client>,
        body: impl FnOnce(&Value) -> Value,
    ) -> Result<Self, ClusterError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let maker = Maker::this();
        let created = now_ms();
        let name = format!("{PREFIX}{created:x}{:x}-{number}", maker.process);
        let meta = json!({ "harness": {
            "host": maker.host,
            "process": maker.process,
            "started": maker.started,
            "created": created,
        } });
        // Deleted from here on, whether or not the answer arrives.
        let index = Self { client: client.clone(), name };
        // A node may go once there is a copy elsewhere; without one, it is begun all the same.
        let path = format!("{}?wait_for_active_shards=all&timeout=10s", index.name);
        match client.put(&path, &body(&meta)) {
            // Made by an attempt whose answer was lost: nobody else uses the name.
            Err(ClusterError::Refused { status: 400, reason, .. })
                if reason.starts_with("resource_already_exists_exception") => {}
            outcome => drop(outcome?),
        }
        Ok(index)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends documents; each is numbered by its place.
    ///
    /// Some requests are under way at a time: while the cluster takes one, the next
    /// are written.
    ///
    /// # Errors
    ///
    /// When the cluster does not take all of them.
    pub fn fill<D: Borrow<Value>>(
        &self,
        documents: impl Iterator<Item = (usize, D)>,
    ) -> Result<(), ClusterError> {
        self.fill_by(BULK_REQUESTS, documents)
    }

    /// The same by so many requests at a time.
    ///
    /// # Errors
    ///
    /// As [`Index::fill`].
    pub fn fill_by<D: Borrow<Value>>(
        &self,
        requests: usize,
        documents: impl Iterator<Item = (usize, D)>,
    ) -> Result<(), ClusterError> {
        std::thread::scope(|scope| {
            // Without a buffer: a batch is made when somebody can take it.
            let (sender, receiver) = sync_channel::<Batch>(0);
            let receiver = Arc::new(Mutex::new(receiver));
            let send = |receiver: Arc<Mutex<Receiver<Batch>>>| {
                let next = || receiver.lock().ok().and_then(|receiver| receiver.recv().ok());
                while let Some(batch) = next() {
                    self.bulk(batch)?;
                }
                Ok(())
            };
            let start = |_| {
                let receiver = receiver.clone();
                scope.spawn(move || send(receiver))
            };
            let senders: Vec<_> = (0..requests).map(start).collect();
            // When the last of them has failed, nobody receives, and none is sent.
            drop(receiver);
            for batch in batches(documents) {
                if senders.iter().any(ScopedJoinHandle::is_finished) || sender.send(batch).is_err()
                {
                    break;
                }
            }
            drop(sender);
            let lost = || ClusterError::Incomplete("documents were not sent".to_owned());
            senders.into_iter().try_for_each(|it| it.join().unwrap_or_else(|_| Err(lost())))
        })?;
        self.client.post(&format!("{}/_refresh", self.name), Content::Nothing).map(drop)
    }

    /// Sends a batch until every document of it is in.
    fn bulk(&self, mut batch: Batch) -> Result<(), ClusterError> {
        let path = format!("{}/_bulk", self.name);
        let mut pause = Duration::from_millis(200);
        for attempt in 1.. {
            let mut lines = Vec::new();
            for (id, document) in &batch {
                lines.extend_from_slice(format!("{{\"index\":{{\"_id\":\"{id}\"}}}}\n").as_bytes());
                lines.extend_from_slice(document);
                lines.push(b'\n');
            }
            let answer = self.client.post(&path, Content::Lines(&lines))?;
            let items = answer.get("items").and_then(Value::as_array);
            let Some(items) = items.filter(|items| items.len() == batch.len()) else {
                let message = "not every document of a bulk request was answered".to_owned();
                return Err(ClusterError::Incomplete(message));
            };
            let mut again = Vec::new();
            for (sent, item) in batch.into_iter().zip(items) {
                let item = item.get("index").unwrap_or(&Value::Null);
                match item.get("status").and_then(Value::as_u64) {
                    Some(200..300) => {}
                    Some(429 | 503) => again.push(sent),
                    status => {
                        return Err(ClusterError::Refused {
                            request: format!("document {}", sent.0),
                            status: status.and_then(|it| u16::try_from(it).ok()).unwrap_or(0),
                            reason: item.get("error").map(reason).unwrap_or_default(),
                        });
                    }
                }
            }
            if again.is_empty() {
                return Ok(());
            }
            if attempt == BULK_ATTEMPTS {
                return Err(ClusterError::Overloaded { status: 429, attempts: attempt });
            }
            batch = again;
            self.client.wait(pause)?;
            pause *= 2;
        }
        Ok(())
    }
}

/// Documents of one request, with their numbers.
type Batch = Vec<(usize, Vec<u8>)>;

/// Documents in batches that are neither too long nor too many.
fn batches<D: Borrow<Value>>(
    mut documents: impl Iterator<Item = (usize, D)>,
) -> impl Iterator<Item = Batch> {
    std::iter::from_fn(move || {
        let (mut batch, mut bytes) = (Batch::new(), 0);
        while batch.len() < BULK_DOCUMENTS && bytes <= BULK_BYTES {
            let Some((id, document)) = documents.next() else { break };
            let text = document.borrow().to_string().into_bytes();
            bytes += text.len();
            batch.push((id, text));
        }
        (!batch.is_empty()).then_some(batch)
    })
}

impl Drop for Index {
    fn drop(&mut self) {
        // What cannot be deleted now is found by the next run.
        let path = format!("{}?ignore_unavailable=true", self.name);
        let _ = self.client.delete(&path, Content::Nothing);
    }
}

/// Deletes the indices that killed runs left behind; their names.
///
/// # Errors
///
/// When the cluster does not answer.
pub fn sweep(client: &Client) -> Result<Vec<String>, ClusterError> {
    let found = client.get(&format!("{PREFIX}*/_mapping?filter_path=*.mappings._meta.harness"))?;
    let mut removed = Vec::new();
    for (name, mapping) in found.as_object().into_iter().flatten() {
        let meta = mapping.pointer("/mappings/_meta/harness");
        if name.starts_with(PREFIX) && meta.is_some_and(is_leftover) {
            client.delete(&format!("{name}?ignore_unavailable=true"), Content::Nothing)?;
            removed.push(name.clone());
        }
    }
    removed.sort();
    Ok(removed)
}

/// Whether whoever made an index has gone.
fn is_leftover(meta: &Value) -> bool {
    let text = |key: &str| meta.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |key: &str| meta.get(key).and_then(Value::as_u64).unwrap_or_default();
    let process = u32::try_from(number("process")).unwrap_or(0);
    let maker = Maker { host: text("host"), process, started: text("started") };
    let age = || Duration::from_millis(now_ms().saturating_sub(number("created")));
    maker.is_gone().unwrap_or_else(|| age() > ABANDONED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_of_processes_that_are_gone() {
        let meta = |host: &str, process: u32, started: &str, created: u64| json!({ "host": host, "process": process, "started": started, "created": created });
        let this = Maker::this();
        let (now, old) = (now_ms(), now_ms() - 7 * 3_600_000);
        assert!(!is_leftover(&meta(&this.host, this.process, &this.started, old)), "it runs");
        assert!(
            is_leftover(&meta(&this.host, this.process, "1", now)),
            "its number was given again"
        );
        assert!(is_leftover(&meta(&this.host, u32::MAX, "1", now)), "no such process");
        assert!(!is_leftover(&meta("elsewhere", 1, "1", now)), "of another machine, and young");
        assert!(is_leftover(&meta("elsewhere", 1, "1", old)), "of another machine, and old");
    }
}
