//! Backtests of files: the rules of this repository find in the events of their own
//! cases what `test` finds there, on blocks of any size and any number of threads; and
//! rules of every type find what there is in a file of events.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use harness::backtest::files::{self, Input, Request, Sizes};
use harness::backtest::{Backtest, Found, Outcome, Source};
use harness::config;
use harness::exception::ExceptionTree;
use harness::rule::parse;
use harness::rule::tree::Loaded;
use harness::run::{CaseRun, Project, run};
use harness::schema::{Base, Schema};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Midnight of 2026-01-01.
const START: i64 = 1_767_225_600_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn project() -> Project {
    let folders = config::folders(&root()).expect("a configuration");
    config::open(&folders).expect("a project")
}

/// What is asked of some files.
fn request(inputs: Vec<PathBuf>, threads: usize, sizes: Sizes) -> Request {
    let names = inputs.iter().map(|path| path.display().to_string()).collect();
    let inputs = inputs.into_iter().map(Input::File).collect();
    let (from, to, indicators, samples, lateness) = (None, None, 0, 3, 0);
    Request { inputs, names, from, to, indicators, samples, lateness, threads, sizes }
}

/// A backtest of some files.
fn backtest(
    project: &Project,
    rules: &[Loaded],
    inputs: Vec<PathBuf>,
    (threads, block): (usize, usize),
) -> Backtest {
    let request = request(inputs, threads, Sizes { block, ..Sizes::default() });
    let quiet = AtomicBool::new(false);
    files::run(&request, rules, &project.exceptions, &project.schema, &|_| {}, &quiet)
}

/// The same with rules that need no project.
fn bare(request: &Request, rules: &[Loaded]) -> Backtest {
    let (exceptions, schema) = (ExceptionTree::default(), Schema::new(Base::Embedded));
    files::run(request, rules, &exceptions, &schema, &|_| {}, &AtomicBool::new(false))
}

/// The alerts of the only rule after its suppression, or why there are none.
fn alerts(backtest: &Backtest) -> Result<u64, String> {
    match &backtest.rules[0].outcome {
        Outcome::Ran(found) => Ok(found.after_suppression.unwrap_or(found.alerts)),
        Outcome::NoIndex => Err("no index".to_owned()),
        Outcome::Unsupported(reason) | Outcome::Invalid(reason) => Err(reason.clone()),
    }
}

fn found<'a>(backtest: &'a Backtest, key: &str) -> &'a Found {
    let rule = backtest.rules.iter().find(|rule| rule.key == key);
    match &rule.unwrap_or_else(|| panic!("{key} is not there")).outcome {
        Outcome::Ran(found) => found,
        other => panic!("{key}: {other:?}"),
    }
}

/// Whether a case states nothing beside its events: no exceptions, moment or answers of
/// its own, and no event outside the window, which another run would see.
fn is_of_its_file(case: &CaseRun) -> bool {
    let options = &case.case.options;
    options.exceptions.is_none()
        && options.now.is_none()
        && options.completion.is_none()
        && options.outside.is_none()
}

#[test]
fn the_rules_of_this_repository_find_in_their_cases_what_test_finds() {
    let tested = run(project()).expect("a run");
    let project = project();
    let mut judged = 0;
    let mut differ = Vec::new();
    for (loaded, tested) in project.rules.rules.iter().zip(&tested.rules) {
        assert_eq!(loaded.key(), tested.key);
        for case in tested.cases.iter().filter(|case| is_of_its_file(case)) {
            let path = PathBuf::from(&case.case.path);
            let path = if path.exists() { path } else { root().join(&case.case.path) };
            let expected = case.alerts.len() as u64;
            for shape in [(1, 1 << 20), (2, 64), (3, 700)] {
                let rules = std::slice::from_ref(loaded);
                let found = alerts(&backtest(&project, rules, vec![path.clone()], shape));
                // Without the records of a job there is nothing to say of a rule on them.
                let learning = tested.rule_type == "machine_learning" && expected == 0;
                let same = found == Ok(expected) || learning && found.is_err();
                judged += 1;
                if !same {
                    differ.push(format!("{}: {found:?} for {expected} {shape:?}", case.case.path));
                }
            }
        }
    }
    assert!(judged > 100, "only {judged}");
    assert!(differ.is_empty(), "{} of {judged}:\n{}", differ.len(), differ.join("\n"));
}

/// A folder of a test, deleted when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("backtest-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    /// A file of documents, one a line, with these times after [`START`].
    fn file(&self, name: &str, documents: &[(i64, Value)]) -> PathBuf {
        let line = |(at, document): &(i64, Value)| {
            let mut document = document.clone();
            document["@timestamp"] = json!(START + at);
            document.to_string() + "\n"
        };
        let path = self.0.join(name);
        fs::write(&path, documents.iter().map(line).collect::<String>()).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn what_is_no_event_is_counted_and_told_by_its_line() {
    let folder = Folder::new("mixed");
    let file = folder.0.join("mixed.ndjson");
    let text = "{\"@timestamp\":\"2026-01-01T00:00:00Z\",\"a\":1}\n\n{\"a\":\n\
                {\"@timestamp\":\"2026-01-01T00:00:01Z\"} {\"a\":2}\nnonsense\n\
                {\"a\":1,\"a\":2}\n{\"@timestamp\"";
    fs::write(&file, text).expect("a file");
    let project = project();
    for shape in [(1, 1 << 20), (2, 16)] {
        let inputs = vec![file.clone(), folder.0.join("none")];
        let found = backtest(&project, &[], inputs, shape);
        let Source::Files { events, broken, broken_lines, .. } = &found.source else {
            panic!("files")
        };
        assert_eq!((*events, *broken), (3, 5), "{broken_lines:?}");
        let lines = broken_lines.iter().filter_map(|line| line.split("mixed.ndjson:").nth(1));
        let numbers: Vec<&str> = lines.filter_map(|line| line.split(':').next()).collect();
        assert_eq!(numbers, ["3", "5", "6", "7"], "{broken_lines:?}");
        assert!(broken_lines.iter().any(|line| line.contains("none: cannot be read")));
    }
}

/// The keys of a KQL rule.
fn kql(query: &str) -> String {
    format!("type = \"query\"\nlanguage = \"kuery\"\nquery = '{query}'\n")
}

/// The keys of an EQL rule.
fn eql(query: &str) -> String {
    format!("type = \"eql\"\nlanguage = \"eql\"\nquery = '''{query}'''\n")
}

/// A rule of these keys of `[rule]`, looking at `backtest-*`.
fn rule(key: &str, more: &str) -> Loaded {
    let text = format!(
        "[rule]\nauthor = [\"tests\"]\nname = \"Test {key}\"\ndescription = \"A rule of a test\"\n\
         risk_score = 21\nrule_id = \"9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01\"\nseverity = \"low\"\n\
         index = [\"backtest-*\"]\n{more}\n"
    );
    let (rule, diagnostics) = parse(&text);
    assert!(rule.is_some(), "{key}: {diagnostics:?}");
    let path = format!("{key}.toml");
    let (file, key) = (path.clone(), key.to_owned());
    Loaded { path, key, file, text: text.into(), rule, diagnostics }
}

/// Rules of every type, looking at `backtest-*`.
fn every_type() -> Vec<Loaded> {
    let sequence = "sequence by host.id with maxspan=5m
        [any where event.action == \"login\"] [any where event.action == \"start\"]";
    let sample = "sample by host.id
        [any where event.action == \"login\"] [any where event.action == \"start\"]";
    let threat = "type = \"threat_match\"\nlanguage = \"kuery\"\nquery = 'event.action : connect'\n\
         threat_index = [\"logs-ti_*\"]\nthreat_query = '*:*'\n\
         threat_language = \"kuery\"\nthreat_indicator_path = \"threat.indicator\"\n\
         [[rule.threat_mapping]]\n[[rule.threat_mapping.entries]]\nfield = \"source.ip\"\n\
         type = \"mapping\"\nvalue = \"threat.indicator.ip\"\n";
    let esql = |more: &str| {
        format!(
            "type = \"esql\"\nlanguage = \"esql\"\nfrom = \"now-1h\"\ninterval = \"1h\"\n\
             query = 'from backtest-* metadata _id, _version, _index | {more}'\n"
        )
    };
    let all = [
        ("kql", kql("event.action : login")),
        ("silent", kql("event.action : logout")),
        ("script", eql("any where length(process.args) > 0 and process.args == \"-c\"")),
        ("sequence", eql(sequence)),
        ("sample", format!("{}from = \"now-30m\"\ninterval = \"30m\"\n", eql(sample))),
        (
            "threshold",
            "type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'event.action : login'\n\
             from = \"now-1d\"\n[rule.threshold]\nfield = [\"user.name\"]\nvalue = 2\n"
                .to_owned(),
        ),
        (
            "new_terms",
            "type = \"new_terms\"\nlanguage = \"kuery\"\nquery = 'event.action : login'\n\
             from = \"now-1d\"\n[rule.new_terms]\nfield = \"new_terms_fields\"\n\
             value = [\"user.name\"]\n[[rule.new_terms.history_window_start]]\n\
             field = \"history_window_start\"\nvalue = \"now-7d\"\n"
                .to_owned(),
        ),
        ("threat", threat.to_owned()),
        ("rows", esql("where event.action == \"login\"")),
        ("stats", esql("where event.action == \"login\" | stats c = count(*) by user.name")),
    ];
    all.iter().map(|(key, more)| rule(key, more)).collect()
}

#[test]
fn every_type_of_rule_finds_what_is_there() {
    let folder = Folder::new("types");
    let lies = |index: &str, mut document: Value| {
        document["data_stream"] = json!({ "type": "logs", "dataset": index });
        document
    };
    let hit = |document: Value| {
        let (kind, dataset) = ("backtest", "events");
        let mut document = document;
        document["data_stream"] = json!({ "type": kind, "dataset": dataset });
        document
    };
    let login = |user: &str, host: &str| {
        hit(
            json!({ "event": { "action": "login" }, "user": { "name": user }, "host": { "id": host } }),
        )
    };
    let start = |host: &str, args: Value| {
        hit(
            json!({ "event": { "action": "start" }, "process": { "args": args }, "host": { "id": host } }),
        )
    };
    let from = |ip: &str| hit(json!({ "event.action": "connect", "source": { "ip": ip } }));
    let events = [
        // The history of new terms.
        (-2 * DAY, login("old", "h0")),
        (0, login("old", "h1")),
        (MINUTE, login("new", "h1")),
        (2 * MINUTE, login("new", "h1")),
        (3 * MINUTE, start("h1", json!(["sh", "-c", "id"]))),
        // The same on another host in the wrong order, and on a third too late.
        (4 * MINUTE, start("h2", json!(["sh"]))),
        (5 * MINUTE, login("new", "h2")),
        (10 * MINUTE, login("new", "h3")),
        (25 * MINUTE, start("h3", json!(["sh", "-c"]))),
        (26 * MINUTE, from("198.51.100.24")),
        (27 * MINUTE, from("203.0.113.9")),
        (28 * MINUTE, from("192.0.2.1")),
        (29 * MINUTE, lies("elsewhere", json!({ "event": { "action": "login" } }))),
    ];
    let indicators = [
        (0, lies("ti_x", json!({ "threat": { "indicator": { "ip": "198.51.100.24" } } }))),
        (0, lies("ti_x", json!({ "threat": { "indicator": { "ip": "203.0.113.0/24" } } }))),
        (0, lies("ti_x", json!({ "threat": { "indicator": { "ip": "no address" } } }))),
    ];
    let events = folder.file("events.ndjson", &events);
    let indicators = folder.file("indicators.ndjson", &indicators);
    let rules = every_type();
    for (threads, block, ahead) in [(1, 1 << 20, 1 << 20), (3, 100, 1 << 20), (2, 300, 400)] {
        let sizes = Sizes { block, ahead, round: 2, ..Sizes::default() };
        let mut request = request(vec![indicators.clone(), events.clone()], threads, sizes);
        request.indicators = 1;
        request.lateness = 0;
        let backtest = bare(&request, &rules);
        let count = |key: &str| found(&backtest, key).alerts;
        assert_eq!(count("kql"), 6);
        assert_eq!(count("silent"), 0);
        assert_eq!(count("script"), 2);
        assert_eq!(count("sequence"), 1, "on h1 only");
        assert_eq!(count("sample"), 3, "in any order, within half an hour");
        // `new` twice in one run, and twice again in a later; `old` two days apart.
        assert_eq!(count("threshold"), 2);
        // What the data do not reach back for is judged in the last run only.
        assert_eq!(count("new_terms"), 1, "`new`");
        assert_eq!(count("threat"), 1, "a field of addresses holds no network");
        assert_eq!(count("rows"), 6);
        // `old` two days ago, and the two users in the hour of the last run.
        assert_eq!(count("stats"), 3);
        let kql = found(&backtest, "kql");
        assert_eq!(kql.extent, Some((START - 2 * DAY, START + 10 * MINUTE)));
        assert_eq!(kql.days.len(), 2);
        let users = kql.top.iter().find(|(field, _)| field == "user.name");
        assert!(users.is_none_or(|(_, users)| users[0] == ("new".to_owned(), 4)), "{:?}", kql.top);
        let seen = backtest.rules.iter().map(|rule| rule.seen).max();
        assert_eq!(seen, Some(Some(12)), "one event lies elsewhere");
    }
    // From a moment on, what lies before it is history.
    let mut request = request(vec![indicators, events], 1, Sizes::default());
    (request.indicators, request.from) = (1, Some(START));
    let backtest = bare(&request, &rules);
    assert_eq!(found(&backtest, "kql").alerts, 5);
    assert_eq!(found(&backtest, "new_terms").alerts, 1);
}

/// A field that no mapping knows counts from its first value on, however late.
#[test]
fn a_field_that_comes_late_has_the_type_of_its_first_value() {
    let folder = Folder::new("late");
    let mut events: Vec<(i64, Value)> =
        (0..50).map(|at| (at * 1_000, json!({ "event": { "action": "x" } }))).collect();
    events.push((60_000, json!({ "my_own": { "level": 7 } })));
    events.push((61_000, json!({ "my_own": { "level": "8" } })));
    let file = folder.file("events.ndjson", &events);
    let rules = [rule("late", &kql("my_own.level > 6"))];
    for (threads, block, ahead) in [(1, 1 << 20, 1 << 20), (2, 200, 200)] {
        let request = request(
            vec![file.clone()],
            threads,
            Sizes { block, ahead, round: 10, ..Sizes::default() },
        );
        assert_eq!(found(&bare(&request, &rules), "late").alerts, 2, "{threads}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is given up between rounds changes nothing, and neither do blocks or threads.
    #[test]
    fn rounds_blocks_and_threads_change_no_alert(
        steps in vec((0_i64..90, 0_u8..3, 0_u8..3), 1..120),
        (round, block, threads) in (1_usize..20, 50_usize..2_000, 1_usize..4),
    ) {
        let folder = Folder::new("rounds");
        let mut at = 0;
        let events: Vec<(i64, Value)> = steps
            .iter()
            .map(|(seconds, host, action)| {
                at += seconds * 1_000;
                let action = ["a", "b", "c"].get(usize::from(*action)).copied();
                let host = format!("h{host}");
                (at, json!({ "host": { "id": host }, "event": { "action": action } }))
            })
            .collect();
        let file = folder.file("events.ndjson", &events);
        let sequence = |more: &str| {
            eql(&format!(
                "sequence by host.id with maxspan=2m [any where event.action == \"a\"] \
                 [any where event.action == \"b\"] {more}"
            ))
        };
        let threshold = "type = \"threshold\"\nlanguage = \"kuery\"\nquery = 'event.action : a'\n\
            [rule.threshold]\nfield = [\"host.id\"]\nvalue = 3\n";
        let rules = [
            rule("two", &sequence("")),
            rule("three", &sequence("[any where event.action == \"c\"]")),
            rule("until", &sequence("until [any where event.action == \"c\"]")),
            rule("threshold", threshold),
        ];
        let whole = bare(&request(vec![file.clone()], 1, Sizes::default()), &rules);
        let sizes = Sizes { block, round, ..Sizes::default() };
        let parts = bare(&request(vec![file], threads, sizes), &rules);
        for key in ["two", "three", "until", "threshold"] {
            prop_assert_eq!(found(&whole, key), found(&parts, key), "{}", key);
        }
    }
}
