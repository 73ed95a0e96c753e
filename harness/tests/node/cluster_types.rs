//! Field types against Elasticsearch itself: each suite is an index with that
//! mapping, every clause is asked of it, and its answers are what the embedded
//! engine, the reference evaluator and the cluster engine have to give.
//!
//! Needs a node of Elasticsearch 9, whose answers the harness gives:
//! `HARNESS_CLUSTER=http://127.0.0.1:19200`.
#![expect(clippy::print_stderr, reason = "figures of a run")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::node;
use crate::shared;
use crate::support::clauses;
use harness::cluster::Cluster;
use harness::cluster::client::Client;
use harness::cluster::product::{Product, Version};
use harness::cluster::session::corpus;
use harness::config;
use harness::run::Session;
use harness_conformance::formats::{self, Around, Content};
use harness_conformance::{Judged, Outcome, judge, judge_on};
use serde_json::{Value, json};

/// A node of the version whose answers are asked for.
fn node() -> (Arc<Client>, String) {
    let (client, address) = (node::client(), node::address());
    let version = Version::ask(&client).expect("a product that we know");
    let is_wanted = (version.product, version.major) == (Product::Elasticsearch, 9);
    assert!(is_wanted, "not asked of {version}: these are answers of Elasticsearch 9");
    (client, address)
}

/// Adds to every clause of a suite what the node answers.
fn answered(address: &str, suite: &mut Value) {
    let name = "types-of-fields";
    let send = |method: &str, path: &str, body: &str| {
        let (status, body) = node::ask(address, method, path, body);
        assert!(status < 300, "{method} {path}: {body:.500}");
        serde_json::from_str::<Value>(&body)
            .unwrap_or_else(|error| panic!("{error} of {body:.500}"))
    };
    node::ask(address, "DELETE", name, "");
    send("PUT", name, &json!({ "mappings": suite["mappings"] }).to_string());
    // One by one: the first value of a field decides its type.
    for document in suite["docs"].as_array().expect("documents") {
        let id = document["_id"].as_str().expect("an id");
        send("PUT", &format!("{name}/_doc/{id}"), &document["_source"].to_string());
    }
    send("POST", &format!("{name}/_refresh"), "");
    let cases = suite["cases"].as_array_mut().expect("cases");
    let mut body = String::new();
    for case in &*cases {
        let query = match case.get("dsl") {
            Some(dsl) => dsl.clone(),
            None => json!({ "query_string": { "query": case["lucene"] } }),
        };
        let _ = writeln!(body, "{{}}\n{}", json!({ "size": 100, "query": query }));
    }
    let answer = send("POST", &format!("{name}/_msearch"), &body);
    let answers = answer["responses"].as_array().expect("answers");
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter_mut().zip(answers) {
        match answer.pointer("/error/root_cause/0/reason") {
            Some(reason) => case["error"] = reason.clone(),
            None => {
                let hits = answer["hits"]["hits"].as_array().expect("hits");
                case["hits"] = hits.iter().map(|hit| hit["_id"].clone()).collect();
            }
        }
    }
    node::ask(address, "DELETE", name, "");
}

/// Every case has to agree; how many there are.
fn agree(engine: &str, judged: &[Judged]) -> usize {
    let cases = judged
        .iter()
        .flat_map(|it| it.suite.cases.iter().zip(&it.outcomes).map(move |of| (&it.suite.name, of)));
    let differ: Vec<String> = cases
        .clone()
        .filter(|(_, (_, outcome))| **outcome != Outcome::Agree)
        .map(|(suite, (case, outcome))| format!("{suite}: {}\n{outcome:#?}", case.query))
        .collect();
    assert!(differ.is_empty(), "{engine}, {} differ:\n{}", differ.len(), differ.join("\n"));
    cases.count()
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn fields_are_queried_as_elasticsearch_does() {
    let (client, address) = node();
    let mut suites = clauses::suites();
    suites.iter_mut().for_each(|suite| answered(&address, suite));
    let text = json!({ "engine": "this node", "suites": suites }).to_string();
    let read = || {
        let around = Around { rules: &BTreeMap::new(), folder: Path::new(".") };
        match formats::read(&text, around).expect("suites") {
            Content::Suites(suites) => suites,
            _ => panic!("the text holds suites"),
        }
    };
    let cases = agree("embedded", &judge(read()).expect("answers"));
    assert_eq!(cases, agree("cluster", &judge_on(&client, read()).expect("answers")));
    eprintln!("{cases} clauses are answered as by the node itself");
    assert!(cases > 2500, "only {cases} clauses");
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn small_projects_get_the_same_on_both_engines() {
    let (client, _) = node();
    let shared = shared::folder("findings/projects");
    let mut folders: Vec<_> = std::fs::read_dir(shared.join("findings/projects"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    let mut answers = 0;
    for folder in &folders {
        let project = config::open(&config::folders(folder).expect("folders")).expect("a project");
        let session = Session::open(project);
        let embedded = session.hits().expect("answers");
        let cluster = Cluster::new(&client, &corpus(&session)).expect("an index");
        let comparison = session.compare(&embedded, &session.ask(&cluster).expect("answers"));
        assert_eq!(comparison.differences, [], "{}", folder.display());
        answers += comparison.answers;
    }
    eprintln!("{} projects, {answers} answers agree", folders.len());
    assert!(answers > 100, "only {answers} answers");
}
