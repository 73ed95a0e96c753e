//! How far the step is that the process is at, for whoever shows it to a person.

use std::sync::atomic::{AtomicUsize, Ordering};

static ALL: AtomicUsize = AtomicUsize::new(0);
static DONE: AtomicUsize = AtomicUsize::new(0);

/// Begins a step over so many rules.
pub fn begin(all: usize) {
    DONE.store(0, Ordering::Relaxed);
    ALL.store(all, Ordering::Relaxed);
}

/// One of them is done.
pub fn tick() {
    DONE.fetch_add(1, Ordering::Relaxed);
}

/// How many are done, and of how many; both 0 where nothing has begun.
pub fn seen() -> (usize, usize) {
    let all = ALL.load(Ordering::Relaxed);
    (DONE.load(Ordering::Relaxed).min(all), all)
}
