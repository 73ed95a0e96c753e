//! The cluster engine against a real node: it equals the embedded engine and
//! the reference evaluator, and leaves nothing behind.
//!
//! Needs a node: `HARNESS_CLUSTER=http://127.0.0.1:19200`.
#![expect(clippy::print_stderr, reason = "figures of a run")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::node;
use crate::shared;
use crate::support::random::{document, documents, predicate, schema};
use harness::cluster::Cluster;
use harness::cluster::corpus::{Corpus, Group};
use harness::cluster::index::{Index, sweep};
use harness::cluster::session::corpus;
use harness::config;
use harness::document::Columns;
use harness::engine::Engine;
use harness::engine::embedded::Embedded;
use harness::event::Event;
use harness::files;
use harness::ir::Predicate;
use harness::ir::eval::eval;
use harness::rule::model::Rule;
use harness::rule::tree;
use harness::run::Session;
use harness_conformance::formats::{self, Around, Content};
use harness_conformance::{Outcome, Suite, exceptions, judge_on};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::{Value, json};

const PREDICATES: usize = 125;
const DOCUMENTS: usize = 30;

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn the_cluster_equals_the_embedded_engine_and_the_evaluator() {
    let client = node::client();
    let wanted = std::env::var("HARNESS_CLUSTER_CASES").ok();
    let wanted: usize = wanted.map_or(5000, |text| text.parse().expect("a number"));
    let cases = u32::try_from(wanted.div_ceil(PREDICATES)).expect("fewer cases");
    let config =
        Config { cases, failure_persistence: None, max_shrink_time: 20_000, ..Config::default() };
    let schema = schema();
    let fields: Vec<_> = schema.fields().map(Arc::clone).collect();
    let (judged, held) = (Cell::new(0_usize), Cell::new(0_usize));
    let (beside, whole) = (Cell::new(0_usize), Cell::new(0_usize));
    let strategy = (vec(document(), 1..DOCUMENTS), vec(predicate(), PREDICATES));
    let outcome = TestRunner::new(config).run(&strategy, |(sources, predicates)| {
        let mut columns = Columns::default();
        let documents = documents(&schema, sources.clone(), &mut columns);
        let events: Vec<Event> = sources
            .iter()
            .map(|source| Event::from_json(source.clone(), 1).expect("an object"))
            .collect();
        let events: Vec<&Event> = events.iter().collect();
        let groups = vec![Group::new(&schema, &fields, &events, 0)];
        let corpus = Corpus { documents: &documents, columns: &columns, groups };
        let cluster = Cluster::new(&client, &corpus).expect("an index");
        beside.set(beside.get() + cluster.beside());
        whole.set(whole.get() + documents.len());
        let embedded = Embedded::new(&documents, &columns).expect("an index");
        let asked: Vec<&Predicate> = predicates.iter().collect();
        let answers = cluster.select(&asked).expect("answers");
        let others = embedded.select(&asked).expect("answers");
        for (predicate, (hits, others)) in predicates.iter().zip(answers.iter().zip(others)) {
            prop_assert_eq!(
                hits,
                &others,
                "the engines differ on\n{:.2000}",
                predicate.to_string()
            );
            for (number, document) in (0..).zip(&documents) {
                prop_assert_eq!(
                    hits.contains(number),
                    eval(predicate, document, &columns),
                    "the cluster and the evaluator differ on\n{:.2000}of {:.2000}",
                    predicate.to_string(),
                    sources[number as usize].to_string()
                );
            }
            judged.set(judged.get() + 1);
            held.set(held.get() + usize::from(!hits.is_empty()));
        }
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, _) | TestError::Abort(reason)) => panic!("{reason}"),
    }
    let (judged, held) = (judged.get(), held.get());
    eprintln!(
        "{judged} predicates agree, {held} of them hold; {} of {} documents lay beside the index",
        beside.get(),
        whole.get()
    );
    assert!(judged >= wanted, "{judged} predicates");
    assert!(held * 5 > judged, "only {held} of {judged} hold on a document");
    assert!(beside.get() * 2 < whole.get(), "the index holds most documents");
}

/// Suites by patterns, and which file each is of.
fn suites(shared: &Path, patterns: &[&str]) -> (Vec<Suite>, Vec<String>) {
    let rules = tree::load_tree(&shared.join("corpus/rules")).rules;
    let rules = rules.into_iter().filter_map(|loaded| loaded.rule);
    let rules: BTreeMap<String, Rule> =
        rules.map(|rule| (rule.rule_id.value.clone(), rule)).collect();
    let (mut suites, mut origins) = (Vec::new(), Vec::new());
    for file in files::find(&shared.join("conformance"), patterns, &mut Vec::new()) {
        let text = files::read(&file.path).expect("a readable suite");
        let folder = file.path.parent().expect("a folder");
        let content = formats::read(&text, Around { rules: &rules, folder });
        if let Content::Suites(own) = content.expect("a suite") {
            origins.extend(own.iter().map(|_| file.relative.clone()));
            suites.extend(own);
        }
    }
    (suites, origins)
}

/// Judges all suites that match on the cluster; how many cases agreed.
fn check(patterns: &[&str]) -> usize {
    let client = node::client();
    let shared = shared::folder("conformance");
    let started = Instant::now();
    let (suites, origins) = suites(&shared, patterns);
    let mut agree = 0;
    for (judged, path) in judge_on(&client, suites).expect("answers").iter().zip(origins) {
        for (case, outcome) in judged.suite.cases.iter().zip(&judged.outcomes) {
            let argued = exceptions::find(&path, &judged.suite.name, &case.name).is_some();
            match outcome {
                Outcome::Agree => agree += 1,
                Outcome::Unsupported(_) => {}
                Outcome::Disagree(found) => assert!(
                    argued,
                    "{path} {} {}: {}\n{found:#?}",
                    judged.suite.name, case.name, case.query
                ),
            }
        }
    }
    eprintln!("{patterns:?}: {agree} cases agree, {} ms", started.elapsed().as_millis());
    agree
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn recorded_verdicts_are_those_of_the_cluster() {
    let agree = check(&["live/*.json", "live/*.ndjson"]);
    assert!(agree > 3000, "only {agree} cases");
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn generated_documents_raise_their_rules_on_the_cluster() {
    let agree = check(&["generated/*.json"]);
    assert!(agree > 800, "only {agree} cases");
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn the_rules_of_the_repository_agree() {
    let client = node::client();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = config::folders(&root).expect("a configuration");
    let project = config::open(&folders).expect("a project");
    let session = Session::open(project);
    let embedded = session.hits().expect("answers");
    let cluster = Cluster::new(&client, &corpus(&session)).expect("an index");
    let hits = session.ask(&cluster).expect("answers");
    let comparison = session.compare(&embedded, &hits);
    eprintln!("{} filters, {} answers agree", comparison.filters, comparison.answers);
    assert_eq!(comparison.differences, []);
    assert!(comparison.filters > 50 && comparison.answers > 10_000, "{comparison:?}");
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn indices_go_with_their_run() {
    let (client, address) = (node::client(), node::address());
    let mapping = |meta: &Value| json!({ "mappings": { "_meta": meta } });
    let index = Index::create(&client, mapping).expect("an index");
    let (own, status) =
        (index.name().to_owned(), |name: &str| node::ask(&address, "HEAD", name, "").0);
    assert_eq!(status(&own), 200);

    // Of a killed run, and of nobody that we know.
    let dead = json!({ "mappings": { "_meta": { "harness": {
        "host": "elsewhere", "process": 1, "started": "1", "created": 1,
    } } } });
    for (name, body) in [("harness-dead-0", dead.to_string()), ("harness-other", "{}".to_owned())] {
        node::ask(&address, "DELETE", name, "");
        assert_eq!(node::ask(&address, "PUT", name, &body).0, 200, "{name}");
    }
    let removed = sweep(&client).expect("an answer");
    assert!(removed.contains(&"harness-dead-0".to_owned()), "{removed:?}");
    assert_eq!(status("harness-dead-0"), 404);
    assert_eq!(status("harness-other"), 200, "nothing says that it is ours");
    assert_eq!(status(&own), 200, "its run still runs");
    node::ask(&address, "DELETE", "harness-other", "");
    drop(index);
    assert_eq!(status(&own), 404);
}
