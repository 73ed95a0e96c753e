//! `cargo xtask bench`: how fast rules are loaded, compiled, indexed and run.
//!
//! The measurements: the rules on the documents generated for each, read from
//! disk; coverage and mutants on the same documents; the rules on synthetic
//! events, indexed once, against a loop of the reference evaluator over a sample
//! of them; sequences over a long stream; and a pipeline over many rows. With
//! `--engine`, the rules on the same events on a cluster, and nothing else; with
//! `--files`, backtests of files, and nothing else.
//! The events are the same on every run.

mod cluster;
mod files;
mod measured;
mod pipeline;
mod sequences;
mod synthetic;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use harness::files::read;
use harness::rule::model::Rule;
use harness::rule::names::Language;
use harness::rule::tree;
use harness_conformance::formats::{self, Around, Content};
use harness_conformance::{Outcome, judge};
use serde::Serialize;

use self::sequences::Sequences;
use self::synthetic::Synthetic;
use crate::args::BenchArgs;
use harness_cli::args::Format;
use harness_cli::exit::Exit;

/// All figures of a run.
#[derive(Serialize)]
struct Figures {
    rules: usize,
    load_seconds: f64,
    generated: Option<Generated>,
    measured: Option<measured::Measured>,
    synthetic: Synthetic,
    pipeline: pipeline::Pipeline,
    sequences: Sequences,
}

/// Rules on the documents made for each.
#[derive(Serialize)]
struct Generated {
    rules: usize,
    events: usize,
    branches: usize,
    agree: usize,
    read_and_compile_seconds: f64,
    index_and_query_seconds: f64,
}

/// Measures and prints.
pub(crate) fn run(args: &BenchArgs) -> io::Result<Exit> {
    if args.files {
        let figures = files::measure(args)?;
        return told(args, &figures, &files::print);
    }
    let started = Instant::now();
    let loaded = tree::load_tree(&args.rules).rules;
    if let Some(figures) = cluster::measure(args, &loaded)? {
        return told(args, &figures, &cluster::print);
    }
    let parsed = loaded.iter().filter_map(|loaded| loaded.rule.clone());
    let judged = |rule: &Rule| {
        matches!(rule.language, Some(Language::Kuery | Language::Lucene | Language::Eql))
            && rule.query.is_some()
    };
    let rules: BTreeMap<String, Rule> =
        parsed.filter(judged).map(|rule| (rule.rule_id.value.clone(), rule)).collect();
    let load_seconds = started.elapsed().as_secs_f64();
    if rules.is_empty() {
        return Ok(Exit::NothingRan);
    }
    let generated =
        args.generated.as_deref().map(|folder| generated(folder, &rules)).transpose()?;
    let measured = args
        .generated
        .as_deref()
        .map(|folder| measured::measure(folder, &loaded, &rules))
        .transpose()?;
    let synthetic = synthetic::synthetic(args, &rules)?;
    let sequences = sequences::measure(args.candidates)?;
    let mut random = synthetic::Random(0x2545_f491_4f6c_dd1d);
    let pipeline = pipeline::measure(&mut |limit| random.below(limit))?;
    let figures = Figures {
        rules: rules.len(),
        load_seconds,
        generated,
        measured,
        synthetic,
        sequences,
        pipeline,
    };
    told(args, &figures, &human)
}

/// Prints figures in the form that is asked for.
fn told<T: Serialize>(
    args: &BenchArgs,
    figures: &T,
    print: &dyn Fn(&T, &mut dyn Write) -> io::Result<()>,
) -> io::Result<Exit> {
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, figures)?;
            writeln!(out)?;
        }
        Format::Human => print(figures, &mut out)?,
    }
    Ok(Exit::Ok)
}

fn human(figures: &Figures, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} rules loaded in {:.3} s", figures.rules, figures.load_seconds)?;
    if let Some(found) = &figures.generated {
        let total =
            figures.load_seconds + found.read_and_compile_seconds + found.index_and_query_seconds;
        writeln!(out, "\ngenerated documents: {} rules, {} events", found.rules, found.events)?;
        writeln!(out, "  read and compile  {:>8.3} s", found.read_and_compile_seconds)?;
        writeln!(out, "  index and query   {:>8.3} s", found.index_and_query_seconds)?;
        writeln!(out, "  in all            {total:>8.3} s, loading included")?;
        writeln!(out, "  {} of {} branches raise their rule", found.agree, found.branches)?;
    }
    if let Some(found) = &figures.measured {
        measured::print(found, out)?;
    }
    let found = &figures.synthetic;
    writeln!(out, "\nsynthetic events: {} rules, {} events", found.rules, found.events)?;
    writeln!(out, "  compile           {:>8.3} s", found.compile_seconds)?;
    writeln!(out, "  type              {:>8.3} s", found.type_seconds)?;
    writeln!(out, "  index             {:>8.3} s", found.index_seconds)?;
    writeln!(out, "  query             {:>8.3} s, {} hits", found.query_seconds, found.hits)?;
    writeln!(
        out,
        "  indexing          {:>8.0} events/s, typing included",
        found.events_per_second
    )?;
    let millions = |rate: f64| rate / 1e6;
    writeln!(
        out,
        "  querying          {:>8.1} million rule·events/s",
        millions(found.rule_events_per_second)
    )?;
    writeln!(
        out,
        "  naive loop        {:>8.1} million rule·events/s: {:.0} times slower",
        millions(found.naive_rule_events_per_second),
        found.ratio
    )?;
    let eql = &found.eql;
    writeln!(
        out,
        "  EQL scripts       {} of {} leaves of {} rules ({:.1}%) are residual",
        eql.residual,
        eql.leaves,
        eql.rules,
        100.0 * eql.fraction
    )?;
    writeln!(out, "\nsequences of three stages, joined by key, within a span")?;
    let sequences = &figures.sequences;
    for found in [&sequences.few, &sequences.many] {
        writeln!(
            out,
            "  {:>9} events, {:>7} keys  {:>8.3} s, {:>6.0} ns an event, {} found",
            found.events, found.keys, found.seconds, found.nanoseconds_per_event, found.found
        )?;
    }
    writeln!(out, "  ten times the events take {:.1} times the time an event", sequences.ratio)?;
    pipeline::print(&figures.pipeline, out)
}

/// Every rule on the documents of its file, if it has one.
fn generated(folder: &Path, rules: &BTreeMap<String, Rule>) -> io::Result<Generated> {
    let started = Instant::now();
    let mut suites = Vec::new();
    for id in rules.keys() {
        let path = folder.join(format!("{id}.json"));
        if !path.exists() {
            continue;
        }
        let text = read(&path).map_err(|found| io::Error::other(found.to_string()))?;
        let read = formats::read(&text, Around { rules, folder });
        match read.map_err(|found| io::Error::other(found.to_string()))? {
            Content::Suites(own) => suites.extend(own),
            Content::Pipelines(_) | Content::Queries(_) | Content::Unsupported(..) => {}
        }
    }
    let read = started.elapsed();
    let events = suites.iter().map(|suite| suite.events.len()).sum();
    let branches = suites.iter().map(|suite| suite.cases.len()).sum();
    let judged = judge(suites).map_err(io::Error::other)?;
    let outcomes = judged.iter().flat_map(|judged| &judged.outcomes);
    Ok(Generated {
        rules: judged.len(),
        events,
        branches,
        agree: outcomes.filter(|outcome| **outcome == Outcome::Agree).count(),
        read_and_compile_seconds: read.as_secs_f64(),
        index_and_query_seconds: started.elapsed().saturating_sub(read).as_secs_f64(),
    })
}
