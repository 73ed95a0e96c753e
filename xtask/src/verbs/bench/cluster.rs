//! Rules on the events of a cluster: sent by our own client, counted by batches of
//! searches, by one search a rule, and by the embedded engine; and the memory of
//! a sequence whose candidates are all events.
//!
//! Among the synthetic events are generated documents, where a folder of them is
//! given: so most rules find something.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::backtest::{Outcome, Request, run};
use harness::cluster::client::Client;
use harness::cluster::index::{BULK_REQUESTS, Index};
use harness::cluster::product::Version;
use harness::compile::program::RuleProgram;
use harness::compile::rule::compile_base;
use harness::document::{Columns, Document, Ingest};
use harness::engine::embedded::Embedded;
use harness::engine::{Engine, EngineError};
use harness::event::{Event, flatten};
use harness::exception::ExceptionTree;
use harness::files;
use harness::ir::Predicate;
use harness::ir::plan::{EqlSearch, Plan};
use harness::rule::model::Rule;
use harness::rule::names::RuleType;
use harness::rule::tree::Loaded;
use harness::schema::{Base, Schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::synthetic::{Random, event, pairs};
use crate::args::BenchArgs;
use harness_cli::engine::cluster;

/// How many rules are run at most.
const RULES: usize = 300;

/// One event in so many is a generated document.
const GENERATED: u64 = 20;

/// How many rules are asked about at a time.
const BATCH: usize = 50;

/// The month of the events, in milliseconds since 1970.
const MONTH: (i64, i64) = (1_767_225_600_000, 1_769_904_000_000);

/// All events are candidates of the first stage.
const SEQUENCE: &str = r#"
[metadata]
maturity = "production"
[rule]
author = ["bench"]
name = "Any Event before a Deleted Trail"
description = "A rule of a measurement"
risk_score = 21
rule_id = "0f0ad6a5-3d3c-4d43-8d8a-1b1f0a3a9c11"
severity = "low"
type = "eql"
language = "eql"
index = ["harness-*"]
query = '''sequence by user.name with maxspan=1m
  [any where event.kind == "event"] [any where event.action == "DeleteTrail"]'''
"#;

/// Figures of a cluster.
#[derive(Serialize)]
pub(super) struct Figures {
    cluster: String,
    events: usize,
    rules: usize,
    bulk_seconds: f64,
    bulk_events_per_second: f64,
    bulk_megabytes_per_second: f64,
    /// The same with one request at a time, on a tenth of the events.
    one_request_events_per_second: f64,
    batches_seconds: f64,
    single_seconds: f64,
    /// How many times longer one search a rule takes.
    single_ratio: f64,
    embedded_index_seconds: f64,
    embedded_query_seconds: f64,
    /// How many times longer the batches take than the queries of the embedded engine.
    embedded_ratio: f64,
    /// Rules that ran on the cluster.
    ran: usize,
    /// Rules that raise as many alerts on both.
    agree: usize,
    /// Rules that raise some.
    alerting: usize,
    alerts: u64,
    sequence: Sequence,
}

/// One rule of sequences, in a process of its own.
#[derive(Serialize)]
struct Sequence {
    seconds: f64,
    found: u64,
    /// The most memory that the process had, in megabytes; none where the system does not tell.
    peak_megabytes: Option<f64>,
}

/// A rule that is run, and its condition for the embedded engine.
struct Chosen {
    loaded: Loaded,
    condition: Predicate,
}

/// Measures on the cluster of the arguments; `None` where they name none.
pub(super) fn measure(args: &BenchArgs, loaded: &[Loaded]) -> io::Result<Option<Figures>> {
    let Some(client) = cluster::connect(&args.engine).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let failed = |error| io::Error::other(EngineError::from(error));
    cluster::sweep(&client).map_err(failed)?;
    let version = Version::ask(&client).map_err(failed)?;
    let events = Events { generated: generated(args.generated.as_deref(), loaded)? };
    let mapping = mapping(loaded, &events);
    let mut schema = Schema::new(Base::Empty);
    schema.add_mapping(&mapping, &Value::Null).map_err(|errors| {
        io::Error::other(errors.first().map_or("", |error| &error.message).to_owned())
    })?;
    let chosen = choose(loaded, &schema, args.generated.as_deref());
    let fill = |count: usize, requests: usize| -> io::Result<(Index, f64)> {
        let index = Index::create(&client, |meta| settings(&mapping, meta)).map_err(failed)?;
        let started = Instant::now();
        index.fill_by(requests, events.first(count).enumerate()).map_err(failed)?;
        Ok((index, started.elapsed().as_secs_f64()))
    };
    tell!("sending {} events", args.events);
    let tenth = args.events / 10;
    // A node that has just been started is slow: what it takes first does not count.
    drop(fill(tenth, BULK_REQUESTS)?);
    let (small, one_seconds) = fill(tenth, 1)?;
    drop(small);
    let (index, bulk_seconds) = fill(args.events, BULK_REQUESTS)?;
    let bytes: usize = events.first(tenth).map(|event| event.to_string().len()).sum();
    tell!("asking about {} rules", chosen.len());
    let (batches, found) = backtest(&client, index.name(), BATCH, &chosen)?;
    let (single, again) = backtest(&client, index.name(), 1, &chosen)?;
    if found != again {
        return Err(io::Error::other("one search a rule finds something else"));
    }
    tell!("the embedded engine");
    let (embedded_index, embedded_query, counts) =
        embedded(events.first(args.events), &chosen, &schema)?;
    for (one, (found, hits)) in chosen.iter().zip(found.iter().zip(&counts)) {
        if found.is_some() && found != hits {
            let key = one.loaded.key();
            tell!("{key} differs: {found:?} on the cluster, {hits:?} embedded");
        }
    }
    tell!("a sequence of {} candidates", args.events);
    let sequence = sequence(args, index.name())?;
    let rate = |events: usize, seconds: f64| pairs(1, events) / seconds;
    let bulk = rate(args.events, bulk_seconds);
    Ok(Some(Figures {
        cluster: version.to_string(),
        events: args.events,
        rules: chosen.len(),
        bulk_seconds,
        bulk_events_per_second: bulk,
        bulk_megabytes_per_second: bulk * rate(bytes, 1e6) / pairs(1, tenth.max(1)),
        one_request_events_per_second: rate(tenth, one_seconds),
        batches_seconds: batches,
        single_seconds: single,
        single_ratio: single / batches,
        embedded_index_seconds: embedded_index,
        embedded_query_seconds: embedded_query,
        embedded_ratio: batches / embedded_query,
        agree: found.iter().zip(&counts).filter(|(a, b)| a == b).count(),
        ran: found.iter().flatten().count(),
        alerting: found.iter().flatten().filter(|alerts| **alerts > 0).count(),
        alerts: found.iter().flatten().sum(),
        sequence,
    }))
}

/// The events, the same each time.
struct Events {
    generated: Vec<Value>,
}

impl Events {
    fn first(&self, count: usize) -> impl Iterator<Item = Value> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut documents = self.generated.iter().cycle();
        let next = move || {
            let synthetic = event(&mut random);
            let document = if random.below(GENERATED) == 0 { documents.next() } else { None };
            let Some(document) = document else { return synthetic };
            let mut document = document.clone();
            for time in ["@timestamp", "event.ingested"] {
                document[time] = synthetic["@timestamp"].clone();
            }
            document
        };
        std::iter::repeat_with(next).take(count)
    }
}

/// The rule's documents, where one is enough to raise it.
fn documents(folder: &Path, loaded: &Loaded) -> io::Result<Vec<Value>> {
    let Some(rule) = loaded.rule.as_ref().filter(|rule| is_single(rule)) else {
        return Ok(Vec::new());
    };
    let path = folder.join(format!("{}.json", rule.rule_id.value));
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = files::read(&path).map_err(|found| io::Error::other(found.to_string()))?;
    let file: Value = serde_json::from_str(&text)?;
    let branches = file["branches"].as_array().into_iter().flatten();
    let alone = branches.filter_map(Value::as_array).filter(|branch| branch.len() == 1);
    Ok(alone.flatten().filter(|document| document.is_object()).cloned().collect())
}

fn generated(folder: Option<&Path>, loaded: &[Loaded]) -> io::Result<Vec<Value>> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let all: Vec<Vec<Value>> =
        loaded.iter().map(|one| documents(folder, one)).collect::<io::Result<_>>()?;
    Ok(all.concat())
}

/// Whether each event that it finds is an alert.
fn is_single(rule: &Rule) -> bool {
    matches!(rule.rule_type, RuleType::Query | RuleType::Eql)
}

/// The fields of the events and of the rules, as an index of logs maps them.
fn mapping(loaded: &[Loaded], events: &Events) -> Value {
    let schema = Schema::new(Base::Embedded);
    let mut names = BTreeSet::new();
    for event in events.first(1000) {
        flatten(&event, &mut |name, _| names.extend([name.to_owned()]));
    }
    for rule in loaded.iter().filter_map(|loaded| loaded.rule.as_ref()) {
        let Ok(program) = compile_base(rule, &schema, 0) else { continue };
        names.extend(program.columns().iter().map(|column| column.name.to_string()));
    }
    let mut properties = Map::new();
    for name in &names {
        let Some(field) = schema.field(name) else { continue };
        let ty = match field.ty.name() {
            "wildcard" | "constant_keyword" | "version" => "keyword",
            "match_only_text" => "text",
            other => other,
        };
        let inner = name.match_indices('.').any(|(dot, _)| names.contains(&name[..dot]));
        let plain = matches!(ty, "keyword" | "text" | "ip" | "date" | "boolean" | "long" | "float");
        // Objects, nested ones, and fields of fields are left out.
        if plain && !inner && field.nested.is_none() && !name.starts_with('_') {
            properties.insert(name.clone(), json!({ "type": ty }));
        }
    }
    properties.insert("@timestamp".to_owned(), json!({ "type": "date" }));
    json!({ "dynamic": false, "properties": properties })
}

fn settings(mapping: &Value, meta: &Value) -> Value {
    let mut mapping = mapping.clone();
    mapping["_meta"] = meta.clone();
    json!({
        "settings": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            "refresh_interval": "-1",
            "mapping.total_fields.limit": 100_000,
        },
        "mappings": mapping,
    })
}

/// Rules of single events: evenly of those that have documents in `folder`, or of all.
fn choose(loaded: &[Loaded], schema: &Schema, folder: Option<&Path>) -> Vec<Chosen> {
    let mut all = Vec::new();
    for one in loaded {
        let mut loaded = one.clone();
        let Some(rule) = loaded.rule.as_mut().filter(|rule| is_single(rule)) else { continue };
        let path = folder.map(|folder| folder.join(format!("{}.json", rule.rule_id.value)));
        if path.is_some_and(|path| !path.exists()) {
            continue;
        }
        rule.index = vec!["harness-*".to_owned()];
        rule.exceptions_list.clear();
        let Ok(RuleProgram::Conditions(plan)) = compile_base(rule, schema, MONTH.1) else {
            continue;
        };
        let single = match &plan {
            Plan::Filter(_) => true,
            Plan::Eql(plan) => matches!(plan.search, EqlSearch::Events(_)),
            Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => false,
        };
        if let Some(condition) = plan.filters().first().copied().cloned().filter(|_| single) {
            all.push(Chosen { loaded, condition });
        }
    }
    let step = (all.len() / RULES).max(1);
    all.into_iter().step_by(step).take(RULES).collect()
}

/// Events as documents with the columns that rules read; adds what that took.
fn typed(
    events: impl Iterator<Item = Value>,
    chosen: &[Chosen],
    schema: &Schema,
    typing: &mut Duration,
) -> io::Result<(Vec<Document>, Columns)> {
    let mut names = BTreeSet::new();
    for one in chosen {
        one.condition.leaves(&mut |leaf| {
            names.extend(leaf.columns().into_iter().map(|column| column.name.clone()));
        });
    }
    let fields: Vec<_> = names.iter().filter_map(|name| schema.field(name)).collect();
    let mut columns = Columns::default();
    let ingest = Ingest::new(schema, &fields, &mut columns);
    let mut documents = Vec::new();
    for (position, source) in events.enumerate() {
        let event = Event::from_json(source, position + 1).map_err(io::Error::other)?;
        let started = Instant::now();
        documents.push(ingest.document(&event, &mut Vec::new()));
        *typing += started.elapsed();
    }
    Ok((documents, columns))
}

/// How long the rules take, and how many alerts each has; `None` where it did not run.
fn backtest(
    client: &Arc<Client>,
    index: &str,
    batch: usize,
    chosen: &[Chosen],
) -> io::Result<(f64, Vec<Option<u64>>)> {
    let (from, to) = MONTH;
    let request = Request { index: index.to_owned(), from, to, samples: 3, batch };
    let rules: Vec<Loaded> = chosen.iter().map(|one| one.loaded.clone()).collect();
    let started = Instant::now();
    let found = run(client, &request, &rules, &ExceptionTree::default(), &|_| {})
        .map_err(|error| io::Error::other(EngineError::from(error)))?;
    let seconds = started.elapsed().as_secs_f64();
    let alerts = |one: &Loaded| {
        let key = one.key();
        let found = found.rules.iter().find(|rule| rule.key == key)?;
        match &found.outcome {
            Outcome::Ran(found) => Some(found.alerts),
            Outcome::Unsupported(reason) | Outcome::Invalid(reason) => {
                let reason = harness::report::printable(reason, harness::report::Lines::Escape);
                tell!("{key} did not run: {reason}");
                None
            }
            Outcome::NoIndex => None,
        }
    };
    Ok((seconds, rules.iter().map(alerts).collect()))
}

/// How long the embedded engine takes to type and index, and to ask; the hits.
fn embedded(
    events: impl Iterator<Item = Value>,
    chosen: &[Chosen],
    schema: &Schema,
) -> io::Result<(f64, f64, Vec<Option<u64>>)> {
    let mut typing = Duration::ZERO;
    let (documents, columns) = typed(events, chosen, schema, &mut typing)?;
    let started = Instant::now();
    let engine = Embedded::new(&documents, &columns).map_err(io::Error::other)?;
    let indexed = started.elapsed();
    let asked: Vec<&Predicate> = chosen.iter().map(|one| &one.condition).collect();
    let answers = engine.select(&asked).map_err(io::Error::other)?;
    let asked = started.elapsed().saturating_sub(indexed);
    let counts = answers.iter().map(|hits| Some(hits.len())).collect();
    Ok(((typing + indexed).as_secs_f64(), asked.as_secs_f64(), counts))
}

/// The sequence in a process of its own, whose memory is watched.
fn sequence(args: &BenchArgs, index: &str) -> io::Result<Sequence> {
    let folder = std::env::temp_dir().join(format!("harness-bench-{}", std::process::id()));
    fs::create_dir_all(folder.join("rules"))?;
    fs::write(folder.join("rules/sequence.toml"), SEQUENCE)?;
    let outcome = watched(args, index, &folder);
    fs::remove_dir_all(&folder)?;
    outcome
}

fn watched(args: &BenchArgs, index: &str, folder: &Path) -> io::Result<Sequence> {
    let address = args.engine.engine.as_ref().map_or("", |engine| engine.0.as_str());
    let out = folder.join("out.json");
    let started = Instant::now();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["backtest", "--no-progress", "--format", "json", "--engine", address]);
    command.args(["--engine-timeout", "600"]);
    command.args(["--index", index, "--from", "2026-01-01", "--to", "2026-02-01", "--root"]);
    let mut child = command.arg(folder).arg("--out").arg(&out).stdin(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    let ended = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: Option<f64> =
            line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = kilobytes.map(|kilobytes| kilobytes / 1024.0).or(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let seconds = started.elapsed().as_secs_f64();
    if !ended.success() {
        return Err(io::Error::other("the backtest of the sequence failed"));
    }
    let found: Value = serde_json::from_str(&fs::read_to_string(&out)?)?;
    let found = found.pointer("/rules/0/alerts").and_then(Value::as_u64);
    let found = found.ok_or_else(|| io::Error::other("the sequence did not run"))?;
    Ok(Sequence { seconds, found, peak_megabytes: peak })
}

/// Says it in words.
pub(super) fn print(found: &Figures, out: &mut dyn Write) -> io::Result<()> {
    let Figures { cluster, events, rules, ran, agree, alerting, alerts, sequence, .. } = found;
    writeln!(out, "{cluster}: {rules} rules on {events} synthetic events")?;
    writeln!(
        out,
        "  bulk              {:>8.3} s, {:.0} events/s, {:.1} MB/s; {:.0} events/s one request at \
         a time",
        found.bulk_seconds,
        found.bulk_events_per_second,
        found.bulk_megabytes_per_second,
        found.one_request_events_per_second
    )?;
    writeln!(out, "  batches of {BATCH}     {:>8.3} s, {alerts} alerts", found.batches_seconds)?;
    writeln!(
        out,
        "  one search a rule {:>8.3} s: {:.2} times as long",
        found.single_seconds, found.single_ratio
    )?;
    writeln!(
        out,
        "  embedded engine   {:>8.3} s, and {:.3} s to type and index: the batches take {:.1} times \
         as long",
        found.embedded_query_seconds, found.embedded_index_seconds, found.embedded_ratio
    )?;
    writeln!(
        out,
        "  {ran} of {rules} rules ran, {alerting} of them find something, {agree} the same on both"
    )?;
    let peak = sequence.peak_megabytes;
    let peak = peak.map_or_else(|| "unknown".to_owned(), |peak| format!("{peak:.0} MB"));
    writeln!(
        out,
        "  sequence          {:>8.3} s, {events} candidates, {} found; at most {peak} of memory",
        sequence.seconds, sequence.found
    )
}
