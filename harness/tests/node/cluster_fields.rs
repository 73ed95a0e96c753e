//! Backtests without the privilege to see mappings: a server between the harness
//! and a real node refuses them, and rules find what they find with it.
//!
//! Needs a node: `HARNESS_CLUSTER=http://127.0.0.1:19200`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::node;
use crate::support::data::{self, eql, index, kql};
use harness::backtest::{Backtest, Outcome, Request, run};
use harness::cluster::client::{Client, Options};
use harness::exception::ExceptionTree;
use harness::rule::tree::Loaded;
use serde_json::{Value, json};

/// Midnight of 2026-01-01.
const START: i64 = 1_767_225_600_000;
const DAY: i64 = 86_400_000;

/// A server that hands requests on to a node, but refuses some paths with 403;
/// its address and what it refused.
fn guard(node: &str, refused: &'static [&'static str]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let node = node.to_owned();
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = log.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            hand_on(stream, &node, refused, &seen);
        }
    });
    (address, log)
}

/// One request, and its answer; afterwards the connection is closed.
fn hand_on(stream: TcpStream, node: &str, refused: &[&str], seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).expect("a request");
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).expect("a header") == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, answer) = if refused.iter().any(|name| path.contains(name)) {
        seen.lock().expect("a log").push(path.to_owned());
        let error = json!({ "error": { "type": "security_exception", "reason": "not allowed" } });
        (403, error.to_string())
    } else {
        let body = String::from_utf8_lossy(&body);
        node::ask(node, method, path.trim_start_matches('/'), &body)
    };
    let mut stream = stream;
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{answer}",
        answer.len()
    );
}

fn rules() -> Vec<Loaded> {
    let rule = |key: &str, more: &str| data::rule(key, "fields-*", more);
    vec![
        rule("keyword", &kql("event.action : login and not user.name : root")),
        rule("number", &kql("process.pid > 100")),
        rule("address", &kql("source.ip : \"198.51.100.0/24\"")),
        rule("text", &kql("message : (cat and hat)")),
        rule("nested", &kql("res : { id : a and n > 1 }")),
        rule("differs", &kql("mixed : 1")),
        rule("unmapped", &kql("no.such.field : 1")),
        rule(
            "sequence",
            &eql("sequence by host.id with maxspan=10m [any where event.action == \"login\"] \
                  [any where event.action == \"start\"]"),
        ),
        rule(
            "threshold",
            "type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'event.action : login'\n\
             from = \"now-1d\"\n[rule.threshold]\nfield = [\"user.name\"]\nvalue = 2\n",
        ),
        rule(
            "threat",
            "type = \"threat_match\"\nlanguage = \"kuery\"\nquery = 'source.ip : *'\n\
             threat_index = [\"indicators-of-fields\"]\nthreat_query = '*:*'\n\
             threat_language = \"kuery\"\nthreat_indicator_path = \"threat.indicator\"\n\
             [[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"source.ip\"\n\
             type = \"mapping\"\nvalue = \"threat.indicator.ip\"\n",
        ),
    ]
}

/// The outcome of each rule.
fn outcomes(backtest: Backtest) -> BTreeMap<String, Outcome> {
    backtest.rules.into_iter().map(|rule| (rule.key, rule.outcome)).collect()
}

fn alerts(outcomes: &BTreeMap<String, Outcome>, key: &str) -> Option<u64> {
    match &outcomes[key] {
        Outcome::Ran(found) => Some(found.alerts),
        Outcome::NoIndex | Outcome::Unsupported(_) | Outcome::Invalid(_) => None,
    }
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn without_mappings_rules_find_the_same() {
    let (client, address) = (node::client(), node::address());
    let keyword = json!({ "type": "keyword" });
    let properties = |mixed: &str| {
        json!({
            "@timestamp": { "type": "date" },
            "event": { "properties": { "action": keyword } },
            "host": { "properties": { "id": keyword } },
            "user": { "properties": { "name": keyword } },
            "process": { "properties": { "pid": { "type": "long" } } },
            "source": { "properties": { "ip": { "type": "ip" } } },
            "message": { "type": "text" },
            "res": { "type": "nested", "properties": { "id": keyword, "n": { "type": "long" } } },
            "mixed": { "type": mixed },
        })
    };
    let at = |minute: i64, mut event: Value| {
        event["@timestamp"] = json!(START + minute * 60_000);
        event
    };
    let login = |user: &str| json!({ "event": { "action": "login" }, "user": { "name": user }, "host": { "id": "h1" } });
    let events = [
        at(0, login("root")),
        at(1, login("eve")),
        at(2, login("eve")),
        at(
            3,
            json!({ "event": { "action": "start" }, "host": { "id": "h1" }, "process": { "pid": 101 } }),
        ),
        at(4, json!({ "source": { "ip": "198.51.100.7" }, "process": { "pid": 100 } })),
        at(5, json!({ "source": { "ip": "203.0.113.7" }, "message": "The cat, in a hat" })),
        at(6, json!({ "res": [{ "id": "a", "n": 2 }], "mixed": 1 })),
        at(7, json!({ "res": [{ "id": "a", "n": 1 }, { "id": "b", "n": 2 }] })),
    ];
    let _one = index(&address, "fields-one", &properties("long"), &events);
    let _other = index(&address, "fields-other", &properties("keyword"), &[]);
    let indicator = json!({ "threat": { "properties": { "indicator": { "properties": {
        "ip": { "type": "ip" },
    } } } } });
    let values = [json!({ "threat": { "indicator": { "ip": "203.0.113.7" } } })];
    let _indicators = index(&address, "indicators-of-fields", &indicator, &values);

    let request = Request {
        index: "fields-*".to_owned(),
        from: START,
        to: START + DAY,
        samples: 2,
        batch: 50,
    };
    let exceptions = ExceptionTree::default();
    let seen = run(&client, &request, &rules(), &exceptions, &|_| {}).expect("answers");
    assert_eq!(seen.notes, Vec::<String>::new());
    let (guarded, refused) = guard(&address, &["_mapping", "_settings"]);
    let client = Client::new(&Options::new(&guarded)).expect("an address");
    let unseen = run(&client, &request, &rules(), &exceptions, &|_| {}).expect("answers");
    assert!(!refused.lock().expect("a log").is_empty(), "mappings were asked for");
    assert_eq!(unseen.notes.len(), 1, "{:?}", unseen.notes);
    assert!(unseen.notes[0].contains("view_index_metadata"), "{:?}", unseen.notes);
    assert_eq!(unseen.indices, 2);

    let (seen, unseen) = (outcomes(seen), outcomes(unseen));
    let found = [
        ("keyword", 2),
        ("number", 1),
        ("address", 1),
        ("text", 1),
        ("nested", 1),
        ("unmapped", 0),
        ("sequence", 1),
        ("threshold", 1),
        ("threat", 1),
    ];
    for (key, wanted) in found {
        assert_eq!(alerts(&seen, key), Some(wanted), "{key}: {:?}", seen[key]);
    }
    for outcomes in [&seen, &unseen] {
        let Outcome::Unsupported(reason) = &outcomes["differs"] else {
            panic!("{:?}", outcomes["differs"])
        };
        assert!(reason.contains("in different indices"), "{reason}");
    }
    for (key, _) in found {
        assert_eq!(unseen[key], seen[key], "{key}");
    }
}
