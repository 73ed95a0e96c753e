//! Backtests of files: how fast a rule set reads logs, against how fast the same bytes
//! become values of the fastest reader, and how much memory that takes.
//!
//! Each backtest is a process of its own, as people start it. What it takes before the
//! first event, which is mostly compiling, is measured by a run over one event and left
//! out of the rates. Rates are of processor time, which other processes hardly change.

mod child;
mod logs;
mod sequence;
mod values;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::args::BenchArgs;
use child::Cost;
use values::Pace;

/// What was measured.
#[derive(Serialize)]
pub(super) struct Files {
    logs: Vec<Log>,
    packed: Packed,
    sequences: Vec<sequence::Sequence>,
}

/// Some events, and what rules take to read them.
#[derive(Serialize)]
struct Log {
    name: &'static str,
    events: u64,
    bytes: u64,
    /// Values by sonic-rs and nothing else, on one thread and on two.
    values: Vec<Pace>,
    runs: Vec<Run>,
}

/// One rule set over some events.
#[derive(Serialize)]
struct Run {
    rules: u64,
    events: u64,
    threads: usize,
    alerts: u64,
    /// Processor seconds before the first event.
    compile_seconds: f64,
    /// Processor and wall seconds from the first event on.
    seconds: f64,
    wall_seconds: f64,
    events_per_second: f64,
    rule_events_per_second: f64,
    /// The rate against that of values, in processor time on one thread.
    of_values: f64,
    peak_megabytes: f64,
}

/// The same events packed by gzip.
#[derive(Serialize)]
struct Packed {
    zcat_seconds: f64,
    /// Processor seconds of a run over the packed file, and over the plain one.
    seconds: f64,
    plain_seconds: f64,
}

/// Measures, in a folder of its own that is removed afterwards.
pub(super) fn measure(args: &BenchArgs) -> io::Result<Files> {
    let folder = std::env::temp_dir().join(format!("harness-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let found = measure_in(args, &folder);
    fs::remove_dir_all(&folder)?;
    found
}

fn measure_in(args: &BenchArgs, folder: &Path) -> io::Result<Files> {
    let one = folder.join("one.ndjson");
    logs::write(&one, 1)?;
    let plain = folder.join("logs.ndjson");
    logs::write(&plain, args.events as u64)?;
    let bench = Bench { folder, one: &one };
    let all = rules_of(&args.rules)?;
    let mut synthetic = Log::new("CloudTrail and processes", &plain, args.events as u64)?;
    for threads in [1, 2] {
        synthetic.run(&bench, (&args.rules, all.len()), (&plain, 1), threads)?;
    }
    for few in [100, 500] {
        if few < all.len() {
            let rules = bench.some(&all, few)?;
            synthetic.run(&bench, (&rules, few), (&plain, 1), 1)?;
        }
    }
    let tenth = folder.join("tenth.ndjson");
    logs::write(&tenth, args.events as u64 / 10)?;
    synthetic.run(&bench, (&args.rules, all.len()), (&tenth, 1), 1)?;
    synthetic.run(&bench, (&args.rules, all.len()), (&plain, 10), 1)?;
    let mut logs = vec![synthetic];
    let packed = packed(&bench, &args.rules, &plain, &logs[0])?;
    fs::remove_file(&plain)?;
    if let Some(samples) = &args.diverse {
        let path = folder.join("diverse.ndjson");
        let events = logs::write_diverse(&path, samples, args.events as u64)?;
        let mut diverse = Log::new("diverse", &path, events)?;
        for threads in [1, 2] {
            diverse.run(&bench, (&args.rules, all.len()), (&path, 1), threads)?;
        }
        logs.push(diverse);
        fs::remove_file(&path)?;
    }
    let few = sequence::measure(&bench, args.candidates as u64 / 10)?;
    let sequences = vec![few, sequence::measure(&bench, args.candidates as u64)?];
    Ok(Files { logs, packed, sequences })
}

/// Where things are, and the file of one event.
struct Bench<'a> {
    folder: &'a Path,
    one: &'a Path,
}

impl Bench<'_> {
    /// What rules take over a file, beyond what they take over one event; and that.
    fn cost(&self, rules: &Path, events: &[&Path], threads: usize) -> io::Result<(Cost, Cost)> {
        let before = child::backtest(self.folder, rules, &[self.one], threads)?;
        let all = child::backtest(self.folder, rules, events, threads)?;
        let cost = Cost {
            processor: (all.processor - before.processor).max(0.001),
            wall: (all.wall - before.wall).max(0.001),
            ..all
        };
        Ok((cost, before))
    }

    /// A folder with some of the rules, from all over.
    fn some(&self, all: &[PathBuf], few: usize) -> io::Result<PathBuf> {
        let folder = self.folder.join(format!("rules-{few}"));
        fs::create_dir_all(&folder)?;
        for number in 0..few {
            if let Some(path) = all.get(number * all.len() / few) {
                fs::copy(path, folder.join(format!("{number}.toml")))?;
            }
        }
        Ok(folder)
    }
}

impl Log {
    fn new(name: &'static str, path: &Path, events: u64) -> io::Result<Self> {
        let values = vec![values::pace(path, events, 1)?, values::pace(path, events, 2)?];
        let bytes = fs::metadata(path)?.len();
        Ok(Self { name, events, bytes, values, runs: Vec::new() })
    }

    /// Runs rules over a file, so many times on end.
    fn run(
        &mut self,
        bench: &Bench<'_>,
        (rules, count): (&Path, usize),
        (path, times): (&Path, usize),
        threads: usize,
    ) -> io::Result<()> {
        let (cost, before) = bench.cost(rules, &vec![path; times], threads)?;
        let rate = child::float(cost.events) / cost.processor;
        self.runs.push(Run {
            rules: count as u64,
            events: cost.events,
            threads,
            alerts: cost.alerts,
            compile_seconds: before.processor,
            seconds: cost.processor,
            wall_seconds: cost.wall,
            events_per_second: rate,
            rule_events_per_second: rate * child::float(cost.rules),
            of_values: rate / self.values.first().map_or(1.0, |pace| pace.events_per_second),
            peak_megabytes: cost.peak_megabytes,
        });
        Ok(())
    }
}

/// The rule files of a folder.
fn rules_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|own| own == "toml") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn packed(bench: &Bench<'_>, rules: &Path, plain: &Path, log: &Log) -> io::Result<Packed> {
    let path = bench.folder.join("logs.ndjson.gz");
    let mut encoder = GzEncoder::new(BufWriter::new(File::create(&path)?), Compression::default());
    io::copy(&mut File::open(plain)?, &mut encoder)?;
    encoder.finish()?.flush()?;
    let zcat = child::zcat(&path)?;
    let (cost, _) = bench.cost(rules, &[&path], 1)?;
    fs::remove_file(&path)?;
    let plain_seconds = log.runs.first().map_or(0.0, |run| run.seconds);
    Ok(Packed { zcat_seconds: zcat, seconds: cost.processor, plain_seconds })
}

/// Says it in words.
pub(super) fn print(found: &Files, out: &mut dyn Write) -> io::Result<()> {
    for log in &found.logs {
        let size = child::float(log.bytes) / child::float(log.events.max(1));
        writeln!(out, "\n{}: {} events of {size:.0} bytes", log.name, log.events)?;
        for pace in &log.values {
            writeln!(
                out,
                "  values alone, {} threads   {:>8.0} events/s of processor time, {:>8.0} of wall",
                pace.threads, pace.events_per_second, pace.events_per_wall_second
            )?;
        }
        writeln!(
            out,
            "  {:>5} {:>9} {:>7} {:>9} {:>9} {:>8} {:>8} {:>9} {:>10} {:>7} {:>7}",
            "rules",
            "events",
            "threads",
            "alerts",
            "compile s",
            "cpu s",
            "wall s",
            "events/s",
            "rule·ev/s",
            "values",
            "peak MB"
        )?;
        for run in &log.runs {
            writeln!(
                out,
                "  {:>5} {:>9} {:>7} {:>9} {:>9.2} {:>8.2} {:>8.2} {:>9.0} {:>9.0}M {:>7.2} {:>7.0}",
                run.rules,
                run.events,
                run.threads,
                run.alerts,
                run.compile_seconds,
                run.seconds,
                run.wall_seconds,
                run.events_per_second,
                run.rule_events_per_second / 1e6,
                run.of_values,
                run.peak_megabytes
            )?;
        }
    }
    let Packed { zcat_seconds, seconds, plain_seconds } = &found.packed;
    writeln!(
        out,
        "\ngzip: {seconds:.2} s where the plain file takes {plain_seconds:.2} s and zcat \
         {zcat_seconds:.2} s of processor time"
    )?;
    for one in &found.sequences {
        sequence::print(one, out)?;
    }
    Ok(())
}
