//! Backtests against a real node: an index of events as they come, rules of
//! every kind, and what they should find.
//!
//! Needs a node: `HARNESS_CLUSTER=http://127.0.0.1:19200`.
#![expect(clippy::print_stdout, reason = "figures of a run")]

use std::collections::BTreeMap;

use crate::node;
use crate::support::data::{self, Events, eql, kql};
use harness::backtest::{Backtest, Found, Outcome, Request, run};
use harness::case::{Case, CaseTree, Options, Polarity};
use harness::event::Event;
use harness::exception::ExceptionTree;
use harness::rule::located::Located;
use harness::rule::tree::{Loaded, RuleTree};
use harness::run::{Project, Schedule, Session};
use harness::schema::{Base, Schema};
use serde_json::{Value, json};

/// Midnight of 2026-01-01.
const START: i64 = 1_767_225_600_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// Makes an index of documents with times, in milliseconds after [`START`].
fn index(address: &str, name: &'static str, documents: &[(i64, Value)]) -> Events {
    let documents: Vec<Value> = documents.iter().map(timed).collect();
    data::index(address, name, &properties(), &documents)
}

/// A document with its time.
fn timed((at, document): &(i64, Value)) -> Value {
    let mut document = document.clone();
    document["@timestamp"] = json!(START + at);
    document
}

/// The fields of all indices.
fn properties() -> Value {
    let keyword = json!({ "type": "keyword" });
    json!({
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
    })
}

/// A rule of these keys, looking at `backtest-*`.
fn rule(key: &str, more: &str) -> Loaded {
    data::rule(key, "backtest-*", more)
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

/// A rule of every kind, and some of them by when an event was ingested.
fn every_kind() -> Vec<Loaded> {
    let sequence = "sequence by host.id with maxspan=10m
        [any where event.action == \"login\"] [any where event.action == \"start\"]";
    let mut rules = vec![
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
            "no_column",
            "type = \"esql\"\nlanguage = \"esql\"\nquery = 'from backtest-* metadata _id, _version, _index | where no.such == \"x\"'\n",
        ),
        rule(
            "esql",
            "type = \"esql\"\nlanguage = \"esql\"\nquery = 'from backtest-* metadata _id, _version, _index | where event.action == \"login\"'\n",
        ),
    ];
    for key in ["kql", "new_terms", "threshold"] {
        let mut late = rules.iter().find(|rule| rule.key() == key).expect("a rule").clone();
        (late.key, late.path) = (format!("{key}_ingested"), format!("{key}_ingested.toml"));
        if let Some(rule) = &mut late.rule {
            rule.timestamp_override =
                Some(Located { value: "event.ingested".to_owned(), ..Located::default() });
        }
        rules.push(late);
    }
    rules
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn every_kind_of_rule_finds_what_is_there() {
    let (client, address) = (node::client(), node::address());
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
    let rules = every_kind();
    let request = Request {
        // Other tests have indices of their own.
        index: "backtest-events*".to_owned(),
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
    // `new` twice in the first five minutes; that after them, and that a day later.
    assert_eq!(alerts(&backtest, "threshold"), 2);
    assert_eq!(alerts(&backtest, "new_terms"), 1);
    // One address, one of a network.
    assert_eq!(alerts(&backtest, "threat"), 2);
    assert_eq!(alerts(&backtest, "no_indicators"), 0);
    // No event says when it was ingested: all count by their own time.
    assert_eq!(alerts(&backtest, "kql_ingested"), 5);
    assert_eq!(alerts(&backtest, "new_terms_ingested"), 1);
    assert_eq!(alerts(&backtest, "threshold_ingested"), 2);
    assert_eq!(alerts(&backtest, "esql"), 5);
    let Outcome::Unsupported(reason) = outcome(&backtest, "no_column") else {
        panic!("{:?}", outcome(&backtest, "no_column"))
    };
    assert!(reason.contains("Unknown column [no.such]"), "{reason}");

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
    let keys: Vec<&str> = backtest.rules.iter().map(|rule| rule.key.as_str()).collect();
    assert_eq!(keys[..3], ["esql", "kql", "kql_ingested"]);
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn indices_that_differ_are_told() {
    let (client, address) = (node::client(), node::address());
    let _one = index(&address, "differing-a", &[(0, json!({ "user": { "name": "a" } }))]);
    let other = json!({
        "@timestamp": { "type": "date" },
        "user": { "properties": { "name": { "type": "text" } } },
    });
    let _other = data::index(&address, "differing-b", &other, &[]);
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

/// What the embedded engine says of rules that run again and again until `to`,
/// all events being one case of each.
fn embedded(rules: &[Loaded], documents: &[(i64, Value)], to: i64) -> BTreeMap<String, Schedule> {
    let event = |(id, document): (usize, &(i64, Value))| {
        let hit = json!({
            "_id": format!("e{id}"), "_index": "backtest-runs", "_source": timed(document),
        });
        Event::from_json(hit, 1).expect("an event")
    };
    let events: Vec<Event> = documents.iter().enumerate().map(event).collect();
    let case = |rule: &Loaded| Case {
        path: format!("{}/positive/all.json", rule.key()),
        name: "all".to_owned(),
        polarity: Polarity::Positive,
        events: events.clone(),
        options: Options { now: Some(to), ..Options::default() },
    };
    let cases = rules.iter().map(|rule| (rule.key(), vec![case(rule)])).collect();
    let mut schema = Schema::new(Base::Empty);
    schema.add_mapping(&json!({ "properties": properties() }), &Value::Null).expect("a mapping");
    let project = Project {
        rules: RuleTree { rules: rules.to_vec(), ..RuleTree::default() },
        cases: CaseTree { rules: cases, ..CaseTree::default() },
        exceptions: ExceptionTree::default(),
        schema,
        problems: Vec::new(),
    };
    let session = Session::open(project);
    let hits = session.hits().expect("answers");
    let mut run = session.judge(&hits);
    session.schedule(&hits, &mut run).into_iter().map(|one| (one.rule.clone(), one)).collect()
}

/// How many alerts consecutive runs raise, those of rows that are raised again as well.
fn raised(schedule: &Schedule) -> u64 {
    let again: usize = schedule.repeated.iter().map(|(_, times)| times - 1).sum();
    (schedule.alerts + again) as u64
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % sides
    }

    fn time(&mut self, sides: u64) -> i64 {
        i64::try_from(self.roll(sides)).expect("a small number")
    }

    fn pick(&mut self, texts: &[&'static str]) -> &'static str {
        texts[usize::try_from(self.roll(texts.len() as u64)).expect("a small number")]
    }
}

/// A day of events in bursts, none at the edge of a window.
fn bursts(seed: u64) -> Vec<(i64, Value)> {
    let mut dice = Dice(seed);
    let mut events = Vec::new();
    for _ in 0..40 {
        let start = dice.time(24 * 60 - 40) * MINUTE;
        let user = dice.pick(&["ann", "bob", "eve"]);
        for _ in 0..=dice.roll(8) {
            let at = start + dice.time(30) * MINUTE + 1_000 + dice.time(58_000);
            let mut event = json!({
                "event": {
                    "action": dice.pick(&["login", "start", "stop"]), "sequence": dice.roll(100),
                },
                "host": { "id": dice.pick(&["h0", "h1", "h2"]) },
                "process": { "name": "sh", "args": ["sh", "-c"], "pid": dice.roll(4) },
            });
            match dice.roll(8) {
                0 => {}
                1 => event["user"] = json!({ "name": [user, "all"] }),
                _ => event["user"] = json!({ "name": user }),
            }
            if dice.roll(3) == 0 {
                event["event"]["ingested"] = json!(START + at + 60);
            }
            events.push((at, event));
        }
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

const TIMES: [(&str, &str); 5] = [
    ("short", "from = \"now-9m\"\ninterval = \"5m\"\n"),
    ("hour", "from = \"now-1h\"\ninterval = \"5m\"\n"),
    ("apart", "from = \"now-20m\"\ninterval = \"20m\"\n"),
    ("gaps", "from = \"now-10m\"\ninterval = \"1h\"\n"),
    (
        "override",
        "from = \"now-30m\"\ninterval = \"10m\"\ntimestamp_override = \"event.ingested\"\n",
    ),
];

/// Conditions that the cluster decides, and that the evaluator does.
const QUERIES: [(&str, &str); 2] = [
    ("exact", "event.action : login"),
    ("read", "event.action : login and _index : backtest-runs"),
];

const GROUPINGS: [(&str, &str); 4] = [
    ("one", "group_by = [\"user.name\"]\nmissing_fields_strategy = \"suppress\"\n"),
    ("alone", "group_by = [\"user.name\"]\nmissing_fields_strategy = \"doNotSuppress\"\n"),
    (
        "open",
        "group_by = [\"user.name\", \"host.id\"]\nmissing_fields_strategy = \"suppress\"\n\
         duration = { value = 1, unit = \"h\" }\n",
    ),
    ("unknown", "group_by = [\"no.such\", \"host.id\"]\n"),
];

/// Pipelines of every kind, after their `FROM`.
const PIPELINES: [(&str, &str); 9] = [
    ("rows", "where event.action == \"login\" and process.pid > 1 | keep _id, user.name"),
    (
        "expand",
        "where event.action == \"login\" | mv_expand user.name | where user.name == \"all\"",
    ),
    ("dissect", "eval t = concat(host.id, \"-x\") | dissect t \"%{a}-%{b}\" | where a == \"h1\""),
    ("search", "where kql(\"event.action : l*\") and host.id == \"h2\""),
    ("sorted", "where event.action == \"stop\" | sort event.sequence desc, _id | limit 2"),
    ("now", "where @timestamp > now() - 4 minutes and event.action == \"start\""),
    (
        "by",
        "where event.action == \"login\" | stats c = count(*), h = count_distinct(host.id) by \
         user.name | where c >= 2",
    ),
    ("all", "where event.action == \"start\" | stats c = count(*) | where c >= 4"),
    ("none", "where event.action == \"stop\" | stats c = count(*) | where c == 0"),
];

/// Rules that look back over their interval, and what suppresses their alerts.
fn overlapping() -> Vec<Loaded> {
    let mut rules = Vec::new();
    let mut add = |key: String, more: String| {
        rules.push(rule(&key, &format!("max_signals = 10000\n{more}")));
    };
    let typed = |ty: &str, language: &str, query: &str| {
        format!("type = \"{ty}\"\nlanguage = \"{language}\"\nquery = '''{query}'''\n")
    };
    for (name, times) in TIMES {
        for (kind, query) in QUERIES {
            let base = format!("{}{times}", typed("threshold", "kuery", query));
            let threshold = |fields: &str, value: u8| {
                format!("{base}[rule.threshold]\nfield = [{fields}]\nvalue = {value}\n")
            };
            add(format!("threshold_{name}_{kind}"), threshold("\"user.name\"", 3));
            add(format!("threshold_all_{name}_{kind}"), threshold("", 5));
            let two = threshold("\"user.name\", \"host.id\"", 2);
            let open = "[rule.alert_suppression]\nduration = { value = 30, unit = \"m\" }\n";
            add(format!("threshold_open_{name}_{kind}"), format!("{two}{open}"));
            // Runs that do not overlap: of others the embedded engine does not
            // count the values anew.
            if matches!(name, "apart" | "gaps") {
                let one = threshold("\"user.name\"", 2);
                let values = "[[rule.threshold.cardinality]]\nfield = \"host.id\"\nvalue = 2\n";
                add(format!("threshold_values_{name}_{kind}"), format!("{one}{values}"));
            }
            for (grouping, suppression) in GROUPINGS {
                let base = format!("{}{times}", typed("query", "kuery", query));
                let suppression = format!("[rule.alert_suppression]\n{suppression}");
                add(format!("suppressed_{grouping}_{name}_{kind}"), format!("{base}{suppression}"));
            }
        }
        for (grouping, suppression) in GROUPINGS {
            let base = typed("eql", "eql", "any where event.action == \"login\"");
            add(
                format!("suppressed_eql_{grouping}_{name}"),
                format!("{base}{times}[rule.alert_suppression]\n{suppression}"),
            );
        }
        let sample = "sample by user.name, host.id
            [any where event.action == \"login\"] [any where event.action == \"start\"]
            [any where event.action == \"stop\" and length(process.name) == 2]";
        add(format!("sample_{name}"), format!("{}{times}", typed("eql", "eql", sample)));
        for (kind, commands) in PIPELINES {
            let query = format!("from backtest-* metadata _id, _version, _index | {commands}");
            add(format!("esql_{kind}_{name}"), format!("{}{times}", typed("esql", "esql", &query)));
        }
    }
    rules
}

fn found(backtest: &Backtest, key: &str) -> Found {
    match outcome(backtest, key) {
        Outcome::Ran(found) => found,
        other => panic!("{key}: {other:?}"),
    }
}

/// How many runs of `esql_none` see no event that stops.
fn without_stop(events: &[(i64, Value)], key: &str) -> u64 {
    let (window, interval) = match key.rsplit('_').next() {
        Some("short") => (9, 5),
        Some("hour") => (60, 5),
        Some("apart") => (20, 20),
        Some("gaps") => (10, 60),
        _ => (30, 10),
    };
    let late = key.ends_with("override");
    let stops: Vec<i64> = events
        .iter()
        .filter(|(_, event)| event["event"]["action"] == "stop")
        .map(|(at, event)| match event["event"]["ingested"].as_i64() {
            Some(ingested) if late => ingested - START,
            _ => *at,
        })
        .collect();
    let runs = (1..=DAY / MINUTE / interval).map(|run| run * interval * MINUTE);
    let silent =
        runs.filter(|now| !stops.iter().any(|at| (now - window * MINUTE..*now).contains(at)));
    silent.count() as u64
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn events_of_one_moment_are_neither_lost_nor_told_twice() {
    let (client, address) = (node::client(), node::address());
    // More of one moment than a page may hold, and some before and after.
    let event = || json!({ "event": { "action": "login" }, "process": { "name": "sh" } });
    let mut events: Vec<(i64, Value)> = Vec::new();
    for (at, count) in [(0, 1500), (MINUTE, 12_000), (2 * MINUTE, 1500), (3 * MINUTE, 1)] {
        events.extend((0..count).map(|_| (at, event())));
    }
    let _events = index(&address, "backtest-moments", &events);
    let script = "type = \"eql\"\nlanguage = \"eql\"\n\
                  query = 'any where event.action == \"login\" and length(process.name) == 2'\n";
    let pipeline = "type = \"esql\"\nlanguage = \"esql\"\n\
                    query = 'from backtest-* metadata _id | where event.action == \"login\"'\n";
    let rules = vec![rule("script", script), rule("pipeline", pipeline)];
    for (to, wanted) in [(DAY, 15_001), (MINUTE, 1500)] {
        let request = Request {
            index: "backtest-moments".to_owned(),
            from: START,
            to: START + to,
            samples: 1,
            batch: 50,
        };
        let backtest = run(&client, &request, &rules, &ExceptionTree::default(), &|_| {});
        let backtest = backtest.expect("answers");
        assert_eq!(alerts(&backtest, "script"), wanted);
        assert_eq!(alerts(&backtest, "pipeline"), wanted);
    }
    // Other tests of this file may have views of their own for a moment.
    let open = || {
        let (_, body) = node::ask(&address, "GET", "_nodes/stats/indices/search", "");
        let stats: Value = serde_json::from_str(&body).unwrap_or_default();
        let nodes = stats["nodes"].as_object().expect("nodes").values();
        nodes
            .map(|node| node["indices"]["search"]["open_contexts"].as_u64().unwrap_or(0))
            .sum::<u64>()
    };
    let closed = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        open() == 0
    });
    assert!(closed, "{} views are left open", open());
}

#[test]
#[ignore = "needs HARNESS_CLUSTER"]
fn runs_raise_what_the_embedded_engine_raises() {
    let (client, address) = (node::client(), node::address());
    let request = Request {
        index: "backtest-runs*".to_owned(),
        from: START,
        to: START + DAY,
        samples: 3,
        batch: 50,
    };
    let (mut compared, mut loud, mut suppressed) = (0, 0, 0);
    let mut differ = Vec::new();
    for seed in 1..=2 {
        let events = bursts(seed);
        let _events = index(&address, "backtest-runs", &events);
        let rules = overlapping();
        let started = std::time::Instant::now();
        let backtest = run(&client, &request, &rules, &ExceptionTree::default(), &|_| {});
        let backtest = backtest.expect("answers");
        let asked = started.elapsed();
        let started = std::time::Instant::now();
        let expected = embedded(&rules, &events, START + DAY);
        println!("{} rules: {asked:?}, embedded {:?}", rules.len(), started.elapsed());
        for rule in &rules {
            let key = rule.key();
            let found = found(&backtest, &key);
            let known = expected.get(&key).unwrap_or_else(|| panic!("{key} was not judged"));
            let days: u64 = found.days.values().sum();
            assert_eq!(days, found.alerts, "{key}: each alert has a day");
            let own = known.alerts as u64;
            if key.starts_with("esql_none") {
                // The embedded engine leaves out runs that see no event.
                assert_eq!(found.alerts, without_stop(&events, &key), "{key}");
                continue;
            }
            let single = ["rows", "expand", "dissect", "search"];
            if single.iter().any(|kind| key == format!("esql_{kind}_gaps")) {
                assert!(
                    found.alerts > own,
                    "{key}: single rows count, whether or not a run sees them"
                );
                continue;
            }
            let wanted = if key.contains("alone_gaps") {
                (found.alerts, None)
            } else if key.starts_with("suppressed_") {
                // Single events count once, whether or not a run sees them.
                (found.alerts, Some(own))
            } else if key.starts_with("threshold_open") {
                (own + known.suppressed as u64, Some(own))
            } else {
                (raised(known), None)
            };
            compared += 1;
            loud += usize::from(found.alerts > 0);
            suppressed += usize::from(found.after_suppression.is_some_and(|it| it < found.alerts));
            if (found.alerts, found.after_suppression) != wanted {
                let own = (found.alerts, found.after_suppression);
                differ.push(format!("{seed} {key}: {own:?}, embedded {wanted:?} {known:?}"));
            }
        }
    }
    assert!(differ.is_empty(), "{} of {compared}:\n{}", differ.len(), differ.join("\n"));
    // Else it would compare silence.
    assert!(loud * 10 > compared * 8 && suppressed > 10, "{loud} of {compared}, {suppressed}");
}
