//! Tunings as people make them, of the rules of this repository: each answer is known by
//! hand, every event that is told is run as a case under both versions, and so are all
//! cases of the rule.

use std::path::Path;

use harness_model::event::Event;
use harness_rule::tree::{Loaded, RuleTree};
use harness_runner::case::{Case, CaseTree, Options, Polarity};
use harness_runner::run::{Project, Session};
use serde_json::Value;

use super::super::Change::{self, Both, Narrower, Same, Unknown, Wider};
use super::super::{RuleChange, between};

/// Of a rule: what is replaced by what, and what becomes of it. `Unknown` are those of which
/// the search for events knows too little: objects of nested fields, several scripts on one
/// field, lists that are counted, terms that a wider condition cannot have known.
type Tuning = (&'static str, &'static str, &'static str, Change);

/// Exclusions added and taken away.
const EXCLUSIONS: [Tuning; 10] = [
    (
        "aws/audit_trail_weakened",
        "(AWSService or AssumedRole)",
        "(AWSService or AssumedRole or Directory)",
        Narrower,
    ),
    ("aws/audit_trail_weakened", " and not \"192.168.0.0/16\"", "", Wider),
    (
        "linux/shell_connects_out",
        "  not process.args:(--version and -c)",
        "  not process.args:(--version and -c) and not process.parent.name:php-fpm8",
        Narrower,
    ),
    (
        "windows/account_asked_about_itself",
        "whoami.exe",
        "whoami.exe and not user.name:svc_inventory",
        Narrower,
    ),
    (
        "okta/factors_reset_by_contractor",
        " and not okta.outcome.result:(\"SKIPPED\" or \"FAILURE\")",
        "",
        Wider,
    ),
    ("linux/ssh_keys_changed", "OR \"cloud-init\")", "OR \"cloud-init\" OR chef-client)", Narrower),
    (
        "windows/download_by_system_tool",
        "!= \"ccmexec.exe\"",
        "not in (\"ccmexec.exe\", \"sccm.exe\")",
        Narrower,
    ),
    (
        "windows/command_line_hides_itself",
        "\"*\\\\npm\\\\*\"",
        "(\"*\\\\npm\\\\*\", \"*\\\\yarn\\\\*\")",
        Narrower,
    ),
    (
        "linux/large_upload_to_the_internet",
        "in (\"restic\", \"rclone\")",
        "in (\"restic\", \"rclone\", \"borg\")",
        Narrower,
    ),
    ("macos/document_that_runs", " and\n  not file.Ext.header_bytes == \"00000000\"", "", Wider),
];

/// Lists extended and cut, wildcards and numbers moved.
const LISTS: [Tuning; 10] = [
    (
        "linux/shell_connects_out",
        "(bash or dash or sh or *zsh)",
        "(bash or dash or sh or *zsh or ksh)",
        Wider,
    ),
    (
        "linux/shell_connects_out",
        "(bash or dash or sh or *zsh)",
        "(bash or dash or sh or zsh)",
        Narrower,
    ),
    ("azure/disk_image_by_mail", "vhd*)", "vhd or vhdx)", Unknown),
    ("azure/disk_image_by_mail", "file.size > 1024", "file.size > 4096", Unknown),
    ("windows/old_signed_driver_written", "file.size <= 10485760", "file.size <= 20971520", Wider),
    ("windows/old_signed_driver_written", "\"2015-07-29\"", "\"2014-07-29\"", Narrower),
    (
        "kubernetes/pod_shares_the_host",
        "(create or update or patch)",
        "(create or patch or delete)",
        Both,
    ),
    ("gcp/bucket_made_public", "buckets/*", "buckets/public-*", Narrower),
    (
        "windows/download_by_system_tool",
        "\"certreq.exe\")",
        "\"certreq.exe\", \"curl.exe\")",
        Wider,
    ),
    (
        "macos/document_that_runs",
        "(\"doc\", \"docx\", \"xls\", \"xlsx\")",
        "(\"doc\", \"docx\", \"odt\")",
        Unknown,
    ),
];

/// Other words for the same, and fields swapped.
const WORDS: [Tuning; 10] = [
    (
        "aws/execution_via_system_manager",
        "event.dataset:aws.cloudtrail",
        "event.dataset:\"aws.cloudtrail\"",
        Same,
    ),
    (
        "aws/audit_trail_weakened",
        "(DeleteTrail or StopLogging or UpdateTrail or PutEventSelectors)",
        "(PutEventSelectors or StopLogging or UpdateTrail or DeleteTrail)",
        Same,
    ),
    (
        "linux/shell_connects_out",
        "destination.port > 1023 and destination.port < 49152",
        "destination.port >= 1024 and destination.port <= 49151",
        Same,
    ),
    (
        "windows/account_asked_about_itself",
        "event.category:process and event.type:start",
        "not (not event.category:process or not event.type:start)",
        Same,
    ),
    ("linux/audit_stays_off", "\"systemctl\", \"service\"", "\"service\", \"systemctl\"", Same),
    ("windows/download_by_system_tool", "process.name in~ (", "process.name : (", Same),
    (
        "windows/memory_dumped_packed_and_sent",
        "source.bytes >= 1048576",
        "source.bytes > 1048575",
        Same,
    ),
    (
        "aws/execution_via_system_manager",
        "event.action:SendCommand",
        "event.code:SendCommand",
        Both,
    ),
    ("linux/root_login_over_ssh", "user.name:root", "user.id:0", Both),
    (
        "gcp/service_account_key_made",
        "event.outcome:success",
        "event.outcome:(success or failure)",
        Wider,
    ),
];

/// Sequences, groups, histories, indicators and pipelines.
const TYPES: [Tuning; 16] = [
    ("linux/password_guessed", "maxspan=2m", "maxspan=5m", Wider),
    (
        "linux/password_guessed",
        "\"logged-on\") and event.outcome == \"success\"",
        "\"logged-on\", \"login\") and event.outcome == \"success\"",
        Wider,
    ),
    ("windows/document_opens_a_channel", "\"mshta.exe\", ", "", Narrower),
    ("windows/document_opens_a_channel", "by host.id, process.entity_id", "by host.id", Wider),
    (
        "windows/memory_dumped_packed_and_sent",
        "(\"zip\", \"7z\", \"rar\")",
        "(\"zip\", \"7z\", \"rar\", \"gz\")",
        Wider,
    ),
    ("gcp/secrets_read_in_a_burst", "value = 5", "value = 6", Narrower),
    (
        "gcp/secrets_read_in_a_burst",
        "event.outcome:success",
        "event.outcome:(success or failure)",
        Wider,
    ),
    ("linux/hosts_swept_by_one_address", "value = 4", "value = 3", Wider),
    ("linux/relay_tool_used_in_a_new_way", "(ncat or socat)", "(ncat or socat or chisel)", Unknown),
    (
        "threat/listed_address_contacted",
        "event.category:network and",
        "event.category:network and not source.ip:192.0.2.1 and",
        Narrower,
    ),
    ("aws/account_explored", "\"ListUsers\", ", "", Narrower),
    (
        "azure/passwords_tried_on_many_accounts",
        "(50126, 50053, 50055)",
        "(50055, 50126, 50053)",
        Same,
    ),
    (
        "linux/program_started_from_memory",
        "(\"podman\", \"runc\", \"systemd\")",
        "(\"podman\", \"runc\", \"systemd\", \"crun\")",
        Narrower,
    ),
    ("kubernetes/role_with_two_powers", "powers >= 2", "powers >= 3", Narrower),
    (
        "kubernetes/role_with_two_powers",
        "(\"create\", \"update\", \"patch\")",
        "(\"create\", \"update\")",
        Narrower,
    ),
    ("azure/passwords_tried_on_many_accounts", "accounts >= 5", "accounts >= 6", Narrower),
];

fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let folders = harness_runner::config::folders(&root).expect("a configuration");
    harness_runner::config::open(&folders).expect("a project")
}

fn tuned(loaded: &Loaded, from: &str, to: &str) -> Loaded {
    assert!(loaded.text.contains(from), "{}: {from}", loaded.key);
    let text = loaded.text.replacen(from, to, 1);
    let (rule, diagnostics) = harness_rule::parse(&text);
    assert!(rule.is_some(), "{}: {diagnostics:?}", loaded.key);
    Loaded { text: text.into(), rule, diagnostics, ..loaded.clone() }
}

/// How many alerts a rule raises on lists of events.
fn alerts(project: &Project, loaded: &Loaded, lists: &[Vec<Value>]) -> Vec<usize> {
    let case = |(number, events): (usize, &Vec<Value>)| {
        let events = (1..).zip(events).map(|(at, event)| Event::from_json(event.clone(), at));
        Case {
            path: format!("{}/positive/{number:03}.json", loaded.key),
            name: format!("{number:03}"),
            polarity: Polarity::Positive,
            events: events.collect::<Result<_, _>>().expect("events"),
            options: Options::default(),
        }
    };
    let cases: Vec<Case> = lists.iter().enumerate().map(case).collect();
    let rules = RuleTree { rules: vec![loaded.clone()], ..RuleTree::default() };
    let cases = CaseTree { rules: [(loaded.key.clone(), cases)].into(), ..CaseTree::default() };
    let session = Session::open(Project { rules, cases, ..project.clone() });
    let run = session.judge(&session.hits().expect("hits"));
    let rule = run.rules.first().expect("the rule");
    assert!(rule.cases.len() == lists.len(), "{}: {:?}", loaded.key, rule.problems);
    rule.cases.iter().map(|case| case.alerts.len()).collect()
}

/// Holds what is told against runs of both versions; what is wrong.
fn check(project: &Project, (key, from, to, expected): Tuning) -> Option<String> {
    let old = project.rules.rules.iter().find(|loaded| loaded.key == key).expect(key);
    let new = tuned(old, from, to);
    let told: RuleChange = between(old, &new, &project.exceptions, &project.schema);
    let wrong = |what: &str| Some(format!("{key}: {from} → {to}: {what}"));
    if told.change != expected {
        return wrong(&format!("{:?}, {:?}, {:?}", told.change, told.reason, told.notes));
    }
    for (example, yes, no) in [(&told.gained, &new, old), (&told.lost, old, &new)] {
        let Some(example) = example else { continue };
        let lists = [example.events.clone()];
        let (yes, no) = (alerts(project, yes, &lists), alerts(project, no, &lists));
        if yes[0] == 0 || no[0] > 0 {
            return wrong(&format!("{yes:?} {no:?} of {:?}", example.events));
        }
    }
    // The cases of the rule say nothing else.
    let cases = project.cases.rules.get(key).into_iter().flatten();
    let plain = cases.filter(|case| case.options == Options::default());
    let source = |event: &Event| match &event.index {
        Some(index) => serde_json::json!({"_index": index, "_source": *event.source}),
        None => Value::clone(&event.source),
    };
    let lists: Vec<Vec<Value>> =
        plain.map(|case| case.events.iter().map(source).collect()).collect();
    let (before, after) = (alerts(project, old, &lists), alerts(project, &new, &lists));
    let mut pairs = before.iter().zip(&after);
    let holds = match expected {
        Same => before == after,
        Narrower => pairs.all(|(before, after)| after <= before),
        Wider => pairs.all(|(before, after)| before <= after),
        Both | Unknown | Change::Added | Change::Removed => true,
    };
    if holds { None } else { wrong(&format!("cases: {before:?}, {after:?}")) }
}

#[track_caller]
fn all(tunings: &[Tuning]) {
    let project = project();
    let wrong: Vec<String> = tunings.iter().filter_map(|one| check(&project, *one)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn exclusions() {
    all(&EXCLUSIONS);
}

#[test]
fn lists_and_bounds() {
    all(&LISTS);
}

#[test]
fn words_and_fields() {
    all(&WORDS);
}

#[test]
fn rules_of_several_events() {
    all(&TYPES);
}
