//! Backtests as processes of their own: their processor time and the most memory that
//! they hold, as the system tells while they run.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a run took and found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) processor: f64,
    pub(super) wall: f64,
    pub(super) peak_megabytes: f64,
    pub(super) events: u64,
    pub(super) alerts: u64,
    /// The rules that ran.
    pub(super) rules: u64,
}

/// How often a process is looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// The ticks of the clock by which Linux counts processor time.
const TICKS: f64 = 100.0;

/// Runs rules over files.
pub(super) fn backtest(
    folder: &Path,
    rules: &Path,
    events: &[&Path],
    threads: usize,
) -> io::Result<Cost> {
    let report = folder.join("report.json");
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("backtest").args(events).arg("--rules").arg(rules).arg("--root").arg(folder);
    command.args(["--format", "json", "--no-progress", "--samples", "1", "--threads"]);
    command.arg(threads.to_string()).arg("--out").arg(&report);
    let mut cost = watch(command.stdout(Stdio::null()).spawn()?)?;
    let report: Value = serde_json::from_slice(&fs::read(&report)?)?;
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    (cost.events, cost.alerts) = (number("/events"), number("/summary/alerts"));
    cost.rules = number("/summary/noisy") + number("/summary/silent");
    Ok(cost)
}

/// The processor time of unpacking a file and throwing it away.
pub(super) fn zcat(path: &Path) -> io::Result<f64> {
    let child = Command::new("zcat").arg(path).stdout(Stdio::null()).spawn();
    Ok(watch(child?)?.processor)
}

/// Waits for a process and looks at it meanwhile.
pub(super) fn watch(mut child: Child) -> io::Result<Cost> {
    let started = Instant::now();
    let about = format!("/proc/{}", child.id());
    let mut cost = Cost::default();
    loop {
        // A process that has ended has no memory any more, but its times still.
        if let Some(peak) = peak(&about) {
            cost.peak_megabytes = peak;
        }
        if let Some(seconds) = processor(&about) {
            cost.processor = seconds;
        }
        if child.try_wait()?.is_some() {
            cost.wall = started.elapsed().as_secs_f64();
            return Ok(cost);
        }
        thread::sleep(PAUSE);
    }
}

/// The most memory that a process has held, in megabytes.
fn peak(about: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("{about}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// The processor seconds of a process so far.
fn processor(about: &str) -> Option<f64> {
    let stat = fs::read_to_string(format!("{about}/stat")).ok()?;
    // The name, which may hold anything, ends with the last parenthesis.
    let rest = stat.rsplit_once(')')?.1;
    let ticks = |at: usize| rest.split_ascii_whitespace().nth(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

/// A count as it is, as far as there are so many.
pub(super) fn float(count: u64) -> f64 {
    super::super::synthetic::pairs(1, usize::try_from(count).unwrap_or(usize::MAX))
}
