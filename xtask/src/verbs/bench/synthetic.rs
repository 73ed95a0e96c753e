//! Rules on synthetic events, indexed once, against a loop of the evaluator.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Instant;

use harness::compile::program::RuleProgram;
use harness::compile::rule::compile_base;
use harness::document::{Columns, Document, Ingest};
use harness::engine::Engine;
use harness::engine::embedded::Embedded;
use harness::event::Event;
use harness::ir::eval::eval;
use harness::ir::{Predicate, Test};
use harness::rule::model::Rule;
use harness::rule::names::Language;
use harness::schema::{Base, Home, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::BenchArgs;

/// Rules on synthetic events.
#[derive(Serialize)]
pub(super) struct Synthetic {
    pub(super) rules: usize,
    pub(super) events: usize,
    pub(super) hits: u64,
    pub(super) compile_seconds: f64,
    pub(super) type_seconds: f64,
    pub(super) index_seconds: f64,
    pub(super) query_seconds: f64,
    pub(super) events_per_second: f64,
    pub(super) rule_events_per_second: f64,
    pub(super) naive_rule_events_per_second: f64,
    pub(super) ratio: f64,
    pub(super) eql: Scripts,
}

/// How many leaves of the EQL rules the index answers, and how many are
/// residual: scripts, which the evaluator decides on what the index leaves over.
#[derive(Default, Serialize)]
pub(super) struct Scripts {
    pub(super) rules: usize,
    pub(super) leaves: usize,
    pub(super) residual: usize,
    pub(super) fraction: f64,
}

fn leaves(plans: &[(Option<Language>, RuleProgram)]) -> Scripts {
    let mut found = Scripts::default();
    for (_, plan) in plans.iter().filter(|(language, _)| *language == Some(Language::Eql)) {
        found.rules += 1;
        for filter in plan.filters() {
            filter.leaves(&mut |leaf| {
                found.leaves += 1;
                found.residual += usize::from(matches!(leaf.test, Test::Script(_)));
            });
        }
    }
    found.fraction = pairs(1, found.residual) / pairs(1, found.leaves).max(1.0);
    found
}

pub(super) fn synthetic(args: &BenchArgs, rules: &BTreeMap<String, Rule>) -> io::Result<Synthetic> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let events: Vec<Event> = (1..=args.events)
        .map(|position| Event::from_json(event(&mut random), position))
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;

    let started = Instant::now();
    let mut schema = Schema::new(Base::Embedded);
    events.iter().take(1_000).for_each(|event| schema.observe(&event.source, Home::Index));
    let plan = |rule: &Rule| Some((rule.language, compile_base(rule, &schema, 0).ok()?));
    let plans: Vec<(Option<Language>, RuleProgram)> = rules.values().filter_map(plan).collect();
    let predicates: Vec<Predicate> =
        plans.iter().flat_map(|(_, plan)| plan.filters()).cloned().collect();
    let compiled = started.elapsed();

    let mut names = BTreeSet::new();
    for predicate in &predicates {
        predicate.leaves(&mut |leaf| {
            names.extend(leaf.columns().into_iter().map(|column| column.name.clone()));
        });
    }
    let fields: Vec<_> = names.iter().filter_map(|name| schema.field(name)).collect();
    let mut columns = Columns::default();
    let ingest = Ingest::new(&schema, &fields, &mut columns);
    let documents: Vec<Document> =
        events.iter().map(|event| ingest.document(event, &mut Vec::new())).collect();
    let typed = started.elapsed();
    let engine = Embedded::new(&documents, &columns).map_err(io::Error::other)?;
    let indexed = started.elapsed();
    let asked: Vec<&Predicate> = predicates.iter().collect();
    let answers = engine.select(&asked).map_err(io::Error::other)?;
    let queried = started.elapsed();

    let sample = &documents[..args.sample.min(documents.len())];
    let naive = Instant::now();
    for (predicate, hits) in predicates.iter().zip(&answers) {
        for (number, document) in (0..).zip(sample) {
            if eval(predicate, document, &columns) != hits.contains(number) {
                return Err(io::Error::other("the engine and the evaluator differ"));
            }
        }
    }
    let naive = naive.elapsed().as_secs_f64();
    let rate = |events: usize, seconds: f64| pairs(predicates.len(), events) / seconds;
    let query_seconds = queried.saturating_sub(indexed).as_secs_f64();
    let fast = rate(documents.len(), query_seconds);
    let slow = rate(sample.len(), naive);
    Ok(Synthetic {
        rules: predicates.len(),
        events: documents.len(),
        hits: answers.iter().fold(0, |sum, hits| sum + hits.len()),
        compile_seconds: compiled.as_secs_f64(),
        type_seconds: typed.saturating_sub(compiled).as_secs_f64(),
        index_seconds: indexed.saturating_sub(typed).as_secs_f64(),
        query_seconds,
        events_per_second: pairs(1, documents.len())
            / indexed.saturating_sub(compiled).as_secs_f64(),
        rule_events_per_second: fast,
        naive_rule_events_per_second: slow,
        ratio: fast / slow,
        eql: leaves(&plans),
    })
}

/// How many pairs of a rule and an event there are.
pub(super) fn pairs(rules: usize, events: usize) -> f64 {
    let exact = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    exact(rules) * exact(events)
}

/// A generator of numbers, the same on every run (xorshift).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let at = self.below(choices.len() as u64);
        usize::try_from(at).ok().and_then(|at| choices.get(at)).copied().unwrap_or_default()
    }
}

const PROGRAMS: [&str; 16] = [
    "bash",
    "cmd.exe",
    "curl",
    "explorer.exe",
    "java",
    "kubelet",
    "launchd",
    "osascript",
    "powershell.exe",
    "python3",
    "rundll32.exe",
    "sh",
    "sshd",
    "svchost.exe",
    "systemd",
    "wget",
];
const SERVICES: [&str; 6] = ["ec2", "iam", "kms", "s3", "ssm", "sts"];
const CALLS: [&str; 8] = [
    "AssumeRole",
    "CreateUser",
    "DeleteTrail",
    "DescribeInstances",
    "GetObject",
    "PutObject",
    "SendCommand",
    "StopLogging",
];

/// One event: of a process, of a connection, of a file, or of a cloud's audit log.
pub(super) fn event(random: &mut Random) -> Value {
    let time = format!(
        "2026-01-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        1 + random.below(28),
        random.below(24),
        random.below(60),
        random.below(60),
        random.below(1_000)
    );
    let user = format!("user{}", random.below(500));
    let host = format!("host-{}", random.below(2_000));
    let address = |random: &mut Random| format!("10.{}.{}.7", random.below(200), random.below(200));
    let outcome = random.pick(&["failure", "success", "success", "success", "unknown"]);
    if random.below(4) == 0 {
        let (service, call) = (random.pick(&SERVICES), random.pick(&CALLS));
        return json!({
            "@timestamp": time,
            "event": {
                "action": call, "category": ["iam"], "dataset": "aws.cloudtrail", "kind": "event",
                "outcome": outcome, "provider": format!("{service}.amazonaws.com"),
            },
            "data_stream": { "dataset": "aws.cloudtrail", "namespace": "default", "type": "logs" },
            "cloud": { "account": { "id": format!("{:012}", random.below(50)) } },
            "source": { "ip": address(random) },
            "user": { "name": user },
            "user_agent": { "original": random.pick(&["aws-cli/2.15", "Boto3/1.34", "console"]) },
        });
    }
    let (name, parent) = (random.pick(&PROGRAMS), random.pick(&PROGRAMS));
    let folder = random.pick(&["/usr/bin", "/tmp", "C:\\Windows\\System32", "C:\\Users\\Public"]);
    let argument = format!("--job={}", random.below(100_000));
    let mut event = json!({
        "@timestamp": time,
        "event": { "kind": "event", "outcome": outcome, "module": "endpoint" },
        "host": { "name": host, "os": { "type": random.pick(&["linux", "macos", "windows"]) } },
        "process": {
            "args": [name, argument], "args_count": 2, "name": name,
            "command_line": format!("{name} {argument}"),
            "executable": format!("{folder}/{name}"),
            "parent": { "name": parent, "executable": format!("{folder}/{parent}") },
            "pid": random.below(65_536),
        },
        "user": { "name": user, "id": random.pick(&["0", "1000", "S-1-5-18"]) },
    });
    let (category, kind, action, more) = match random.below(3) {
        0 => ("process", "start", "exec", Value::Null),
        1 => {
            let port = random.below(65_536);
            let (from, to) = (address(random), address(random));
            let ends =
                json!({ "source": { "ip": from }, "destination": { "ip": to, "port": port } });
            ("network", "connection", "connection_attempted", ends)
        }
        _ => {
            let file = format!("report{}.{}", random.below(10_000), random.pick(&["docx", "so"]));
            let file = json!({ "file": { "name": file, "path": format!("{folder}/{file}") } });
            ("file", "creation", "creation", file)
        }
    };
    event["event"]["category"] = json!([category]);
    event["event"]["type"] = json!([kind]);
    event["event"]["action"] = json!(action);
    event["event"]["dataset"] = json!(format!("endpoint.events.{category}"));
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    event
}
