//! The yardstick: values of every line by sonic-rs, thrown away, in a program of its own
//! that is built on first use (`xtask/yardstick`).

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::child::{self, Cost};

/// How fast lines become values.
#[derive(Serialize)]
pub(super) struct Pace {
    pub(super) threads: usize,
    /// By processor time.
    pub(super) events_per_second: f64,
    pub(super) events_per_wall_second: f64,
}

/// The folder of the program.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/yardstick");

/// Reads a file of so many events on so many threads.
pub(super) fn pace(path: &Path, events: u64, threads: usize) -> io::Result<Pace> {
    let built = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--locked", "--manifest-path"])
        .arg(format!("{FOLDER}/Cargo.toml"))
        .args(["--target-dir", &format!("{FOLDER}/target")])
        .status()?;
    if !built.success() {
        return Err(io::Error::other("xtask/yardstick does not build"));
    }
    let mut command = Command::new(format!("{FOLDER}/target/release/yardstick"));
    command.arg(path).arg(threads.to_string()).stdout(Stdio::null());
    let Cost { processor, wall, .. } = child::watch(command.spawn()?)?;
    let events = child::float(events);
    Ok(Pace {
        threads,
        events_per_second: events / processor.max(0.001),
        events_per_wall_second: events / wall.max(0.001),
    })
}
