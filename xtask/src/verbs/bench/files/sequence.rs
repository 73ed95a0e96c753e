//! One sequence rule over many events, each a candidate, under many keys.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::child::float;
use super::{Bench, logs};
use crate::verbs::bench::synthetic::Random;

/// What it took.
#[derive(Serialize)]
pub(super) struct Sequence {
    events: u64,
    keys: u64,
    alerts: u64,
    seconds: f64,
    nanoseconds_per_event: f64,
    peak_megabytes: f64,
}

/// A rule on three events of one key.
const RULE: &str = "[rule]\nauthor = [\"bench\"]\nname = \"Sequence\"\ndescription = \"Three steps\"\n\
    risk_score = 1\nrule_id = \"5ff1a1f0-0000-4000-8000-000000000001\"\nseverity = \"low\"\n\
    type = \"eql\"\nlanguage = \"eql\"\nindex = [\"logs-*\"]\nquery = '''\n\
    sequence by host.id with maxspan=10m\n  [any where event.action == \"a\"]\n  \
    [any where event.action == \"b\"]\n  [any where event.action == \"c\"]\n'''\n";

/// Measures so many events, a millisecond apart, with a tenth as many keys.
pub(super) fn measure(bench: &Bench<'_>, events: u64) -> io::Result<Sequence> {
    let rules = bench.folder.join("sequence");
    fs::create_dir_all(&rules)?;
    fs::write(rules.join("sequence.toml"), RULE)?;
    let path = bench.folder.join("sequence.ndjson");
    let mut file = BufWriter::new(File::create(&path)?);
    let keys = (events / 10).max(1);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for number in 0..events {
        let action = ["a", "b", "c"][usize::try_from(random.below(3)).unwrap_or(0)];
        writeln!(
            file,
            "{{\"@timestamp\":\"{}\",\"data_stream\":{{\"type\":\"logs\",\"dataset\":\"bench\"}},\
             \"event\":{{\"action\":\"{action}\"}},\"host\":{{\"id\":\"h{}\"}}}}",
            logs::time(number),
            random.below(keys)
        )?;
    }
    file.flush()?;
    let (cost, _) = bench.cost(&rules, &[&path], 1)?;
    fs::remove_file(&path)?;
    Ok(Sequence {
        events,
        keys,
        alerts: cost.alerts,
        seconds: cost.processor,
        nanoseconds_per_event: cost.processor * 1e9 / float(events.max(1)),
        peak_megabytes: cost.peak_megabytes,
    })
}

/// Says it in words.
pub(super) fn print(one: &Sequence, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "a sequence of three: {} events, {} keys, {} alerts, {:.2} s, {:.0} ns an event, {:.0} MB",
        one.events,
        one.keys,
        one.alerts,
        one.seconds,
        one.nanoseconds_per_event,
        one.peak_megabytes
    )
}
