//! Backtests against a real node: an index of events as they come, rules of
//! every kind, and what they should find.
//!
//! Needs a node: `HARNESS_CLUSTER=http://127.0.0.1:19200`; without it each test
//! says that it is skipped.
#![cfg(feature = "cluster")]

#[path = "support/node.rs"]
mod node;

use std::fmt::Write as _;

use harness::backtest::{Backtest, Outcome, Request, run};
use harness::exception::ExceptionTree;
use harness::rule::parse;
use harness::rule::tree::Loaded;
use serde_json::{Value, json};

/// Midnight of 2026-01-01.
const START: i64 = 1_767_225_600_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// An index of a test, deleted when dropped.
struct Events {
    address: String,
    name: String,
}

impl Drop for Events {
    fn drop(&mut self) {
        node::ask(&self.address, "DELETE", &self.name, "");
    }
}

/// Makes an index of documents with times, in milliseconds after [`START`].
fn index(address: &str, name: &str, documents: &[(i64, Value)]) -> Events {
    node::ask(address, "DELETE", name, "");
    let keyword = json!({ "type": "keyword" });
    let mapping = json!({ "mappings": { "properties": {
        "@timestamp": { "type": "date" },
        "event": { "properties": {
            "action": keyword, "sequence": { "type": "long" }, "ingested": { "type": "date" },
        } },
        "host": { "properties": { "id": keyword } },
        "user": { "properties": { "name": keyword } },
        "process": { "properties": {
            "name": keyword,
            "args": keyword,
            "pid": { "type": "long" },
            "command_line": { "type": "text" },
        } },
        "source": { "properties": { "ip": { "type": "ip" } } },
        "threat": { "properties": { "indicator": { "properties": { "ip": keyword } } } },
    } } });
    let (status, body) = node::ask(address, "PUT", name, &mapping.to_string());
    assert_eq!(status, 200, "{body}");
    let mut lines = String::new();
    for (id, (at, document)) in documents.iter().enumerate() {
        let mut document = document.clone();
        document["@timestamp"] = json!(START + at);
        let _ = writeln!(lines, "{{\"index\":{{\"_id\":\"e{id}\"}}}}\n{document}");
    }
    let (status, body) = node::ask(address, "POST", &format!("{name}/_bulk?refresh=true"), &lines);
    assert!(status == 200 && body.contains("\"errors\":false"), "{body:.500}");
    Events { address: address.to_owned(), name: name.to_owned() }
}

/// A rule of these keys, looking at `backtest-*`.
fn rule(key: &str, more: &str) -> Loaded {
    let text = format!(
        r#"
[metadata]
maturity = "production"
[rule]
author = ["tests"]
name = "Test {key}"
description = "A rule of a test"
risk_score = 21
rule_id = "9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01"
severity = "low"
index = ["backtest-*"]
{more}
"#
    );
    let (rule, diagnostics) = parse(&text);
    assert!(rule.is_some(), "{key}: {diagnostics:?}");
    Loaded { path: format!("{key}.toml"), text, rule, diagnostics }
}

fn outcome(backtest: &Backtest, key: &str) -> Outcome {
    let found = backtest.rules.iter().find(|rule| rule.key == key);
    found.unwrap_or_else(|| panic!("{key} is not there")).outcome.clone()
}

fn alerts(backtest: &Backtest, key: &str) -> u64 {
    match outcome(backtest, key) {
        Outcome::Ran(found) => found.alerts,
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "events, rules and what they find are one table")]
fn every_kind_of_rule_finds_what_is_there() {
    let (Some(client), Some(address)) = (node::client(), node::address()) else { return };
    let login = |user: &str, host: &str| json!({ "event": { "action": "login" }, "user": { "name": user }, "host": { "id": host } });
    let start = |name: &str, host: &str, args: Value| {
        json!({ "event": { "action": "start" }, "process": { "name": name, "args": args },
                "host": { "id": host } })
    };
    let from = |ip: &str| json!({ "event": { "action": "connect" }, "source": { "ip": ip } });
    let events = [
        // Before the period: known to the history of new terms.
        (-2 * DAY, login("old", "h1")),
        (0, login("old", "h1")),
        (MINUTE, login("new", "h1")),
        (2 * MINUTE, login("new", "h1")),
        (3 * MINUTE, start("sh", "h1", json!(["sh", "-c", "id"]))),
        // The same on another host, but in the wrong order and too late.
        (4 * MINUTE, start("sh", "h2", json!(["sh"]))),
        (5 * MINUTE, login("new", "h2")),
        (DAY, login("new", "h3")),
        (DAY + 30 * MINUTE, start("sh", "h3", json!(["sh", "-c"]))),
        (DAY + MINUTE, from("198.51.100.24")),
        (DAY + 2 * MINUTE, from("203.0.113.9")),
        (DAY + 3 * MINUTE, from("192.0.2.1")),
        // After the period.
        (3 * DAY, login("later", "h9")),
    ];
    let indicators = [
        (0, json!({ "threat": { "indicator": { "ip": "198.51.100.24" } } })),
        (0, json!({ "threat": { "indicator": { "ip": "203.0.113.0/24" } } })),
        (0, json!({ "threat": { "indicator": { "ip": "no address" } } })),
    ];
    let _events = index(&address, "backtest-events", &events);
    let _indicators = index(&address, "indicators-of-backtest", &indicators);
    let kql = |query: &str| format!("type = \"query\"\nlanguage = \"kuery\"\nquery = '{query}'\n");
    let eql = |query: &str| format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''{query}'''\n");
    let sequence = "sequence by host.id with maxspan=10m
        [any where event.action == \"login\"] [any where event.action == \"start\"]";
    let rules = vec![
        rule("kql", &kql("event.action : login")),
        rule("silent", &kql("event.action : logout")),
        rule("eql", &eql("any where event.action == \"start\" and host.id like \"h*\"")),
        rule(
            "script",
            &eql(
                "any where length(process.args) > 0 and process.args == \"-c\" and length(process.name) == 2",
            ),
        ),
        rule("sequence", &eql(sequence)),
        rule(
            "threshold",
            "type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'event.action : login'\n\
              from = \"now-1d\"\n[rule.threshold]\nfield = [\"user.name\"]\nvalue = 2\n",
        ),
        rule(
            "new_terms",
            "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = 'event.action : login'\n\
              [rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\"]\n\
              [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n",
        ),
        rule(
            "threat",
            "type = \"threat_match\"\nlanguage = \"kuery\"\nquery = 'event.action : connect'\n\
              threat_index = [\"indicators-of-backtest\"]\nthreat_query = '*:*'\n\
              threat_language = \"kuery\"\nthreat_indicator_path = \"threat.indicator\"\n\
              [[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"source.ip\"\n\
              type = \"mapping\"\nvalue = \"threat.indicator.ip\"\n",
        ),
        rule(
            "no_indicators",
            "type = \"threat_match\"\nlanguage = \"kuery\"\nquery = 'event.action : connect'\n\
              threat_index = [\"no-such-indicators-*\"]\nthreat_query = '*:*'\n\
              threat_language = \"kuery\"\nthreat_indicator_path = \"threat.indicator\"\n\
              [[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"source.ip\"\n\
              type = \"mapping\"\nvalue = \"threat.indicator.ip\"\n",
        ),
        rule(
            "esql",
            "type = \"esql\"\nlanguage = \"esql\"\nquery = 'from backtest-* metadata _id, _version, _index | where event.action == \"login\"'\n",
        ),
    ];
    let mut rules = rules;
    for key in ["kql", "new_terms", "threshold"] {
        let mut late = rules.iter().find(|rule| rule.key() == key).expect("a rule").clone();
        late.path = format!("{key}_ingested.toml");
        if let Some(rule) = &mut late.rule {
            rule.timestamp_override = Some("event.ingested".to_owned());
        }
        rules.push(late);
    }
    let request = Request {
        index: "backtest-*".to_owned(),
        from: START,
        to: START + 2 * DAY,
        samples: 2,
        batch: 2,
    };
    let backtest = run(&client, &request, &rules, &ExceptionTree::default(), &|_| {});
    let backtest = backtest.expect("answers");
    // Of the six logins one lies before and one after the period.
    assert_eq!(alerts(&backtest, "kql"), 5);
    assert_eq!(alerts(&backtest, "silent"), 0);
    assert_eq!(alerts(&backtest, "eql"), 3);
    // `-c` is an argument twice; the script is decided here.
    assert_eq!(alerts(&backtest, "script"), 2);
    // On h1 only: on h2 the order is wrong, on h3 the time is too long.
    assert_eq!(alerts(&backtest, "sequence"), 1);
    // `new` twice or more on the first day, once on the second.
    assert_eq!(alerts(&backtest, "threshold"), 1);
    assert_eq!(alerts(&backtest, "new_terms"), 1);
    // One address, one of a network.
    assert_eq!(alerts(&backtest, "threat"), 2);
    assert_eq!(alerts(&backtest, "no_indicators"), 0);
    // No event says when it was ingested: all count by their own time.
    assert_eq!(alerts(&backtest, "kql_ingested"), 5);
    assert_eq!(alerts(&backtest, "new_terms_ingested"), 1);
    let Outcome::Unsupported(reason) = outcome(&backtest, "threshold_ingested") else {
        panic!("{:?}", outcome(&backtest, "threshold_ingested"))
    };
    assert!(reason.contains("no event.ingested"), "{reason}");
    assert!(matches!(outcome(&backtest, "esql"), Outcome::Unsupported(_)));

    let Outcome::Ran(found) = outcome(&backtest, "kql") else { unreachable!("it ran") };
    let days: Vec<(&str, u64)> =
        found.days.iter().map(|(day, alerts)| (day.as_str(), *alerts)).collect();
    assert_eq!(days, [("2026-01-01", 4), ("2026-01-02", 1)]);
    let newest = found.samples[0].events[0].clone();
    assert_eq!(newest, ("backtest-events".to_owned(), "e7".to_owned()));
    let Outcome::Ran(found) = outcome(&backtest, "sequence") else { unreachable!("it ran") };
    let ids: Vec<&str> = found.samples[0].events.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!((ids, found.samples[0].key.clone()), (vec!["e3", "e4"], vec!["h1".to_owned()]));
    let Outcome::Ran(found) = outcome(&backtest, "new_terms") else { unreachable!("it ran") };
    assert_eq!(found.samples[0].key, ["new"]);
    // The noisiest comes first.
    assert_eq!(backtest.rules[0].key, "kql");
    assert_eq!(backtest.rules[1].key, "kql_ingested");
}

#[test]
fn indices_that_differ_are_told() {
    let (Some(client), Some(address)) = (node::client(), node::address()) else { return };
    let _one = index(&address, "differing-a", &[(0, json!({ "user": { "name": "a" } }))]);
    let other = "differing-b";
    node::ask(&address, "DELETE", other, "");
    let mapping = json!({ "mappings": { "properties": {
        "@timestamp": { "type": "date" },
        "user": { "properties": { "name": { "type": "text" } } },
    } } });
    assert_eq!(node::ask(&address, "PUT", other, &mapping.to_string()).0, 200);
    let _other = Events { address, name: other.to_owned() };
    let kql = |query: &str| format!("type = \"query\"\nlanguage = \"kuery\"\nquery = '{query}'\n");
    let mut elsewhere = rule("elsewhere", &kql("event.action : x"));
    if let Some(rule) = &mut elsewhere.rule {
        rule.index = vec!["logs-*".to_owned()];
    }
    let mut differs = rule("differs", &kql("user.name : a"));
    if let Some(rule) = &mut differs.rule {
        rule.index = vec!["differing-*".to_owned()];
    }
    let rules = vec![differs, elsewhere];
    let request = Request {
        index: "differing-*".to_owned(),
        from: START,
        to: START + DAY,
        samples: 1,
        batch: 50,
    };
    let backtest = run(&client, &request, &rules, &ExceptionTree::default(), &|_| {});
    let backtest = backtest.expect("answers");
    let Outcome::Unsupported(reason) = outcome(&backtest, "differs") else {
        panic!("{:?}", outcome(&backtest, "differs"))
    };
    assert_eq!(reason, "`user.name` is keyword and text in different indices");
    assert_eq!(outcome(&backtest, "elsewhere"), Outcome::NoIndex);
    let missing = Request { index: "no-such-index".to_owned(), ..request };
    let error = run(&client, &missing, &rules, &ExceptionTree::default(), &|_| {});
    assert!(error.is_err(), "there is no such index");
}
