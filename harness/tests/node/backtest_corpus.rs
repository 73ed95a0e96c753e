//! A whole corpus of rules on a real node, filled with generated documents: each
//! rule finds what the embedded engine finds in the same documents.
//!
//! Needs a node and the corpus: `HARNESS_CLUSTER` and `HARNESS_SHARED`.
#![expect(clippy::print_stdout, reason = "figures of a run")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::node;
use crate::shared;
use harness::backtest::target::Target;
use harness::backtest::{Outcome, Request, run};
use harness::case::{Case, CaseTree, Options, Polarity};
use harness::compile::program::RuleProgram;
use harness::compile::rule::compile_rule;
use harness::event::Event;
use harness::exception::ExceptionTree;
use harness::rule::located::Located;
use harness::rule::tree::{Loaded, RuleTree, load_tree};
use harness::run::{Project, Session};
use harness::schema::{Base, FieldType, Schema};
use harness::value::{FloatType, IntegerType};
use serde_json::{Value, json};

/// Midnight of 2026-01-01.
const START: i64 = 1_767_225_600_000;
const DAY: i64 = 86_400_000;

/// What all indices of this test begin with.
const PREFIX: &str = "corpus-";

/// How many there are.
const INDICES: i64 = 4;

/// The most columns of a rule that are mapped for it.
const MOST: usize = 200;

/// A document and its index.
struct Document {
    index: String,
    source: Value,
}

/// The documents, a second apart.
fn documents(shared: &Path) -> Vec<Document> {
    let mut sources: Vec<Value> = Vec::new();
    for path in files(&shared.join("conformance/generated"), "json") {
        let text = fs::read_to_string(path).expect("a file");
        let generated: Value = serde_json::from_str(&text).expect("JSON");
        let branches = generated["branches"].as_array().into_iter().flatten();
        sources.extend(branches.flat_map(|branch| branch.as_array().cloned().unwrap_or_default()));
    }
    (0..)
        .zip(sources)
        .map(|(second, mut source)| {
            source["@timestamp"] = json!(START + second * 1_000);
            Document { index: format!("{PREFIX}{}", second % INDICES), source }
        })
        .collect()
}

fn files(folder: &Path, extension: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|own| own == extension));
    paths.sort();
    paths
}

/// The names of all leaves of a document.
fn leaves(value: &Value, path: &str, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(value, &path, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, names)),
        _ => drop(names.insert(path.to_owned())),
    }
}

fn mapped(ty: &FieldType) -> Option<Value> {
    let name = match ty {
        FieldType::Keyword { ignore_above: Some(most), .. } => {
            return Some(json!({ "type": "keyword", "ignore_above": most }));
        }
        // A bare node knows few types.
        FieldType::Keyword { .. }
        | FieldType::ConstantKeyword { .. }
        | FieldType::Wildcard { .. }
        | FieldType::Version => "keyword",
        FieldType::Text { .. } | FieldType::MatchOnlyText => "text",
        FieldType::Integer(IntegerType::Long) => "long",
        FieldType::Integer(_) => "integer",
        FieldType::Float(FloatType::Float) => "float",
        FieldType::Float(_) => "double",
        FieldType::Boolean => "boolean",
        FieldType::Date { .. } => "date",
        FieldType::Ip => "ip",
        FieldType::Flattened { .. }
        | FieldType::FlattenedKey { .. }
        | FieldType::Unsigned
        | FieldType::Range { .. }
        | FieldType::Geometry(_)
        | FieldType::Object
        | FieldType::Nested
        | FieldType::Other(_)
        | FieldType::Refused(_) => return None,
    };
    Some(json!({ "type": name }))
}

/// A mapping of these fields, by what the embedded table says of them.
fn mapping(names: &BTreeSet<String>) -> Value {
    let schema = Schema::new(Base::Embedded);
    let mut root = json!({ "properties": {} });
    for name in names {
        let Some(field) = schema.field(name) else { continue };
        let Some(ty) = mapped(&field.ty) else { continue };
        if name.starts_with('_') {
            continue;
        }
        let (path, multi) = match name.strip_prefix(&format!("{}.", field.source)) {
            Some(rest) if *field.source != **name => (field.source.to_string(), Some(rest)),
            _ => (name.clone(), None),
        };
        let mut node = &mut root;
        let mut at = String::new();
        let parts: Vec<&str> = path.split('.').collect();
        let mut fits = true;
        for (depth, part) in parts.iter().enumerate() {
            at = if at.is_empty() { (*part).to_owned() } else { format!("{at}.{part}") };
            // A field with values of its own has none below it.
            if node.get("type").is_some_and(|ty| ty != "nested") {
                fits = false;
                break;
            }
            let below = node.as_object_mut().expect("an object");
            let below = below.entry("properties").or_insert_with(|| json!({}));
            let below = below.as_object_mut().expect("an object");
            node = below.entry(*part).or_insert_with(|| json!({}));
            if depth + 1 < parts.len() && field.nested.as_deref() == Some(&*at) {
                node["type"] = json!("nested");
            }
        }
        if !fits || node.get("properties").is_some() {
            continue;
        }
        match multi {
            Some(rest) if node.get("type").is_some() => node["fields"][rest] = ty.clone(),
            Some(_) => {}
            None => node["type"] = ty["type"].clone(),
        }
        if let (Some(most), None) = (ty.get("ignore_above"), multi) {
            node["ignore_above"] = most.clone();
        }
    }
    // Containers of fields that were left out.
    prune(&mut root);
    json!({
        "dynamic_templates": [{ "texts": {
            "match_mapping_type": "string", "mapping": { "type": "keyword", "ignore_above": 1024 },
        } }],
        "properties": root["properties"],
    })
}

fn prune(node: &mut Value) {
    let Some(below) = node.get_mut("properties").and_then(Value::as_object_mut) else { return };
    below.values_mut().for_each(prune);
    below.retain(|_, field| field.as_object().is_some_and(|field| !field.is_empty()));
}

/// Rules that run once over all documents, without limits.
fn rules(folder: &Path) -> Vec<Loaded> {
    let mut rules = load_tree(folder).rules;
    for rule in rules.iter_mut().filter_map(|loaded| loaded.rule.as_mut()) {
        let located = |text: &str| Some(Located { value: text.to_owned(), ..Located::default() });
        (rule.from, rule.to, rule.interval) = (located("now-1d"), None, located("1d"));
        rule.max_signals = Some(10_000_000);
        rule.alert_suppression = None;
        rule.exceptions_list.clear();
        rule.index = vec![format!("{PREFIX}*")];
        // The documents of a query are those of the test.
        if let Some(query) =
            rule.query.as_mut().filter(|_| rule.language.is_some_and(|it| it.to_string() == "esql"))
        {
            query.text = moved(&query.text);
        }
        if let Some(new_terms) = &mut rule.new_terms {
            "now-7d".clone_into(&mut new_terms.history_window_start.value);
        }
    }
    rules
}

/// A query that reads the indices of this test.
fn moved(text: &str) -> String {
    let lower = text.to_lowercase();
    let Some(from) = lower.find("from") else { return text.to_owned() };
    let rest = &lower[from + 4..];
    let end =
        ["metadata", "|"].iter().filter_map(|word| rest.find(word)).min().unwrap_or(rest.len());
    format!("{} {PREFIX}* {}", &text[..from + 4], &text[from + 4 + end..])
}

/// Deletes the indices when dropped.
struct Indices(String);

impl Drop for Indices {
    fn drop(&mut self) {
        node::ask(&self.0, "DELETE", &format!("{PREFIX}*"), "");
    }
}

/// Fills the node; the documents that it took.
fn fill(address: &str, documents: Vec<Document>, mapping: &Value) -> Vec<Event> {
    let settings = json!({
        "index.mapping.total_fields.limit": 20_000, "number_of_replicas": 0, "number_of_shards": 1,
    });
    let body = json!({ "settings": settings, "mappings": mapping }).to_string();
    let indices: BTreeSet<&str> = documents.iter().map(|it| it.index.as_str()).collect();
    for index in &indices {
        let (status, answer) = node::ask(address, "PUT", index, &body);
        assert_eq!(status, 200, "{answer:.500}");
    }
    let mut taken = Vec::new();
    let numbered: Vec<(usize, Document)> = documents.into_iter().enumerate().collect();
    for part in numbered.chunks(1000) {
        let mut lines = String::new();
        for (id, document) in part {
            let place = json!({ "index": { "_index": document.index, "_id": format!("e{id}") } });
            let _ = writeln!(lines, "{place}\n{}", document.source);
        }
        let (status, answer) = node::ask(address, "POST", "_bulk?refresh=true", &lines);
        assert_eq!(status, 200, "{answer:.500}");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let items = answer["items"].as_array().expect("items");
        for ((id, document), item) in part.iter().zip(items) {
            if item["index"]["error"].is_null() {
                let hit = json!({
                    "_id": format!("e{id}"), "_index": document.index, "_source": document.source,
                });
                let event = Event::from_json(hit, 1).expect("an event");
                // What is not in the document is not on the cluster.
                taken.push(Event { index_stated: false, ..event });
            }
        }
    }
    taken
}

/// How many alerts a rule raises on the embedded engine; `None` where it is not judged.
fn embedded(rule: &Loaded, events: &[Event], schema: &Schema) -> Option<u64> {
    let case = Case {
        path: format!("{}/positive/all.json", rule.key()),
        name: "all".to_owned(),
        polarity: Polarity::Positive,
        events: events.to_vec(),
        options: Options { now: Some(START + DAY), ..Options::default() },
    };
    let project = Project {
        rules: RuleTree { rules: vec![rule.clone()], ..RuleTree::default() },
        cases: CaseTree {
            rules: BTreeMap::from([(rule.key(), vec![case])]),
            ..CaseTree::default()
        },
        exceptions: ExceptionTree::default(),
        schema: schema.clone(),
        problems: Vec::new(),
    };
    let session = Session::open(project);
    let run = session.judge(&session.hits().expect("answers"));
    run.rules.first()?.cases.first().map(|case| case.alerts.len() as u64)
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn the_corpus_finds_what_the_embedded_engine_finds() {
    let shared = shared::folder("conformance/generated");
    let (client, address) = (node::client(), node::address());
    let rules = rules(&shared.join("corpus/rules"));
    let documents = documents(&shared);
    let mut names = BTreeSet::new();
    documents.iter().for_each(|document| leaves(&document.source, "", &mut names));
    let embedded_table = Schema::new(Base::Embedded);
    for rule in rules.iter().filter_map(|loaded| loaded.rule.as_ref()) {
        let compiled = compile_rule(rule, &embedded_table, START);
        // A text without a field asks all of the table.
        let small = |program: &&RuleProgram| program.columns().len() < MOST;
        if let Some(program) = compiled.program.as_ref().filter(small) {
            names.extend(program.columns().iter().map(|column| column.name.to_string()));
        }
        if let Some(pipeline) = compiled.pipeline().filter(|it| it.fields.len() < MOST) {
            names.extend(pipeline.fields.iter().map(|field| field.name.to_string()));
        }
    }
    println!("{} documents, {} fields", documents.len(), names.len());
    node::ask(&address, "DELETE", &format!("{PREFIX}*"), "");
    let _indices = Indices(address.clone());
    let all = documents.len();
    let events = fill(&address, documents, &mapping(&names));
    println!("the node took {} of {all} documents", events.len());
    let request = Request {
        index: format!("{PREFIX}*"),
        from: START,
        to: START + DAY,
        samples: 3,
        batch: 50,
    };
    let started = Instant::now();
    let backtest = run(&client, &request, &rules, &ExceptionTree::default(), &|_| {});
    let backtest = backtest.expect("answers");
    println!("{} rules in {:?}", rules.len(), started.elapsed());
    let schema = Target::read(&client, &request.index).expect("a mapping").schema;
    let mut by_kind: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut differ = Vec::new();
    for found in &backtest.rules {
        let rule = rules.iter().find(|rule| rule.key() == found.key).expect("a rule");
        let counts = by_kind.entry(found.rule_type.clone()).or_default();
        match &found.outcome {
            Outcome::Ran(own) => {
                counts.0 += 1;
                counts.1 += usize::from(own.alerts > 0);
                let known = embedded(rule, &events, &schema);
                if known != Some(own.alerts) {
                    differ.push(format!("{}: {}, embedded {known:?}", found.key, own.alerts));
                }
            }
            Outcome::Unsupported(reason) | Outcome::Invalid(reason) => {
                counts.2 += 1;
                reasons.entry(reason.clone()).or_default().push(found.key.clone());
            }
            Outcome::NoIndex => panic!("{}: all rules read the indices of this test", found.key),
        }
    }
    for (kind, (ran, loud, not)) in &by_kind {
        println!("{kind}: {ran} ran, {loud} of them with alerts, {not} did not");
    }
    for (reason, keys) in &reasons {
        println!("{} rules, {}: {reason}", keys.len(), keys[0]);
    }
    let ran: usize = by_kind.values().map(|(ran, ..)| ran).sum();
    let loud: usize = by_kind.values().map(|(_, loud, _)| loud).sum();
    println!(
        "{ran} rules compared in {:?}, {loud} with alerts, {} differ",
        started.elapsed(),
        differ.len()
    );
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(ran > 900 && loud > 700, "{ran} ran, {loud} with alerts");
}
