//! Scenarios made for the production rules over many events: enough events and
//! one too few, a fresh term and a known one, an indicator and another.
//!
//! Needs the shared material: `HARNESS_SHARED`, or `../shared` beside the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::shared;
use harness::case::{self, Case, CaseTree, Options, Polarity};
use harness::detect::window::Clock;
use harness::exception::ExceptionTree;
use harness::explain;
use harness::rule::model::Rule;
use harness::rule::names::RuleType;
use harness::rule::tree::{self, RuleTree};
use harness::run::{CaseRun, Project};
use harness::schema::{Base, FieldType, Schema};
use harness::value::format_date;
use harness::verdict::Status;
use serde_json::{Value, json};

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// When every rule runs.
const NOW: i64 = 1_767_225_600_000;

/// Rules whose query restrains the field that they count, and values that it takes.
const COUNTED: &[(&str, &str)] = &[("discovery_suspicious_proc_enumeration", "/proc/{n}/cmdline")];

/// Removes a field, however its name is split over objects.
fn remove(value: &mut Value, field: &str) {
    if let Some(object) = value.as_object_mut() {
        object.remove(field);
        for (key, inner) in object {
            if let Some(rest) = field.strip_prefix(key.as_str()).and_then(|r| r.strip_prefix('.')) {
                remove(inner, rest);
            }
        }
    }
}

fn set(document: &mut Value, field: &str, value: Value) {
    remove(document, field);
    document.as_object_mut().expect("an object").insert(field.to_owned(), value);
}

/// The first value of a field.
fn get(document: &Value, field: &str) -> Option<Value> {
    let event = case::parse(&document.to_string()).expect("an event");
    event[0].values(field).into_iter().find(|value| !value.is_null()).cloned()
}

fn at(document: &Value, millis: i64) -> Value {
    let mut document = document.clone();
    set(&mut document, "@timestamp", json!(format_date(millis)));
    set(&mut document, "event.ingested", json!(format_date(millis)));
    document
}

/// The n-th value of a field's type.
fn value(schema: &Schema, field: &str, n: u64) -> Value {
    match schema.field(field).map(|field| field.ty.clone()) {
        Some(FieldType::Ip) => json!(format!("10.9.{}.{}", n / 250, n % 250)),
        Some(FieldType::Integer(_) | FieldType::Float(_)) => json!(n),
        Some(FieldType::Boolean) => json!(n.is_multiple_of(2)),
        Some(FieldType::Date { .. }) => json!(format_date(n.try_into().expect("a small number"))),
        _ => json!(format!("value-{n}")),
    }
}

/// The document with one value of each of these fields.
fn with_fields<'a>(
    base: &Value,
    schema: &Schema,
    fields: impl IntoIterator<Item = &'a str>,
) -> Value {
    let mut document = base.clone();
    for field in fields {
        let own = get(base, field).unwrap_or_else(|| value(schema, field, 1));
        set(&mut document, field, own);
    }
    document
}

/// Events by case; the number of alerts that each has to raise.
type Scenario = Vec<(&'static str, Vec<Value>, usize)>;

fn threshold(key: &str, rule: &Rule, base: &Value, schema: &Schema) -> Scenario {
    let threshold = rule.threshold.as_ref().expect("a threshold");
    let document = with_fields(base, schema, threshold.fields.iter().map(|f| f.as_str()));
    let counted = threshold.cardinality.first();
    let enough = threshold.value.max(counted.map_or(0, |counted| counted.value));
    let events = |count: u64| {
        let copy = |n: u64| {
            let mut copy = at(&document, NOW - i64::try_from(n).expect("a small number") * 10);
            if let Some(counted) = counted {
                let own = COUNTED.iter().find(|(name, _)| key.ends_with(name));
                let own = own.map(|(_, text)| json!(text.replace("{n}", &n.to_string())));
                let own = own.unwrap_or_else(|| value(schema, &counted.field, n));
                set(&mut copy, &counted.field, own);
            }
            copy
        };
        (0..count).map(copy).collect::<Vec<_>>()
    };
    let mut scenario = vec![("enough", events(enough), 1)];
    if enough > 1 {
        scenario.push(("too_few", events(enough - 1), 0));
    }
    scenario
}

fn new_terms(_: &str, rule: &Rule, base: &Value, schema: &Schema) -> Scenario {
    let fields = &rule.new_terms.as_ref().expect("new terms").fields;
    let document = with_fields(base, schema, fields.iter().map(|field| field.as_str()));
    let clock = Clock::new(rule).expect("a rule with a window");
    let (from, start) = (clock.window(NOW).from, clock.history(NOW).from);
    let fresh = at(&document, NOW);
    vec![
        ("fresh", vec![fresh.clone()], 1),
        ("fresh_twice", vec![fresh.clone(), at(&document, from + 1)], 1),
        ("known_at_from", vec![at(&document, from), fresh.clone()], 0),
        ("known_at_the_start", vec![at(&document, start), fresh.clone()], 0),
        ("forgotten", vec![at(&document, start - 1), fresh], 1),
    ]
}

fn threat(_: &str, rule: &Rule, base: &Value, schema: &Schema) -> Scenario {
    let threat = rule.threat_match.as_ref().expect("indicators");
    let entry = &threat.mapping[0].entries[0];
    let event = at(&with_fields(base, schema, [entry.field.as_str()]), NOW);
    let same = get(&event, &entry.field).expect("was set");
    let indicator = |value: Value, age: i64| {
        json!({"_index": "logs-ti_test.feed-default", "_source": {
            "@timestamp": format_date(NOW - age), "event.module": "ti_test",
            "event.category": "threat", "event.kind": "enrichment", "event.type": "indicator",
            entry.value.as_str(): value
        }})
    };
    let other = value(schema, &entry.value, 77);
    vec![
        ("shared", vec![event.clone(), indicator(same.clone(), DAY)], 1),
        ("another_value", vec![event.clone(), indicator(other, DAY)], 0),
        ("expired", vec![event.clone(), indicator(same, 32 * DAY)], 0),
        ("no_indicator", vec![event], 0),
    ]
}

/// A document that the rule's query matches.
fn generated(shared: &Path, id: &str) -> Option<Value> {
    let text = fs::read_to_string(shared.join(format!("conformance/generated/{id}.json"))).ok()?;
    let file: Value = serde_json::from_str(&text).expect("JSON");
    Some(file["branches"][0][0].clone())
}

#[test]
#[ignore = "needs HARNESS_SHARED"]
#[expect(clippy::print_stderr, reason = "counts are shown")]
fn production_rules_over_many_events_alert_once_or_not() {
    let shared = shared::folder("conformance/generated");
    let schema = Schema::new(Base::Embedded);
    let mut rules = Vec::new();
    let mut cases = CaseTree::default();
    let mut expected: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let (mut all, mut without) = (BTreeMap::new(), 0);
    for loaded in tree::load_tree(&shared.join("corpus")).rules {
        let Some(rule) = &loaded.rule else { continue };
        let make = match rule.rule_type {
            RuleType::Threshold => threshold,
            RuleType::NewTerms => new_terms,
            RuleType::ThreatMatch => threat,
            _ => continue,
        };
        *all.entry(rule.rule_type.to_string()).or_insert(0) += 1;
        let key = loaded.key();
        let base = generated(&shared, &rule.rule_id.value);
        without += usize::from(base.is_none());
        if let Some(base) = base {
            for (name, events, alerts) in make(&key, rule, &base, &schema) {
                let events = case::parse(&Value::from(events).to_string()).expect("events");
                let options = Options { now: Some(NOW), ..Options::default() };
                let (path, name) = (format!("{key}/positive/{name}.json"), name.to_owned());
                expected.entry(key.clone()).or_default().insert(name.clone(), alerts);
                let polarity = Polarity::Positive;
                let case = Case { path, name, polarity, events, options };
                cases.rules.entry(key.clone()).or_default().push(case);
            }
        }
        rules.push(loaded);
    }
    let project = Project {
        rules: RuleTree { rules, ..RuleTree::default() },
        cases,
        exceptions: ExceptionTree::default(),
        schema,
        problems: Vec::new(),
    };
    let run = explain::run(project).expect("the engine runs");
    let (mut wrong, mut judged, mut unfitting) = (Vec::new(), BTreeMap::new(), Vec::new());
    for rule in &run.rules {
        if matches!(rule.status, Status::Invalid | Status::Unsupported) {
            wrong.push(format!("{}: {:?}", rule.key, rule.problems[0].diagnostic));
            continue;
        }
        let mut right = true;
        // A document may hold a value that the field of the data stream cannot.
        let unfit = |case: &CaseRun| case.warnings.iter().any(|it| it.code == "malformed-value");
        if rule.cases.iter().any(unfit) {
            unfitting.push(rule.key.clone());
            continue;
        }
        for case in &rule.cases {
            let (found, alerts) = (case.alerts.len(), expected[&rule.key][&case.case.name]);
            right &= found == alerts;
            if found != alerts {
                let why: Vec<_> =
                    case.explanations.iter().take(2).map(|e| format!("{e:?}")).collect();
                let name = &case.case.name;
                wrong.push(format!(
                    "{} {name}: {found} alerts for {alerts}: {}\n    {:?}\n    {}",
                    rule.key,
                    why.join("\n    "),
                    case.warnings.first(),
                    case.case.events[0].source
                ));
            }
        }
        if !rule.cases.is_empty() && right {
            let counts = judged.entry(rule.rule_type.clone()).or_insert((0, 0));
            counts.0 += 1;
            counts.1 += rule.cases.len();
        }
    }
    eprintln!("rules compiled {all:?}; without a document {without}; rules and cases {judged:?}");
    let judged: usize = judged.values().map(|(rules, _)| rules).sum();
    assert!(judged > 140, "only {judged} rules have a scenario");
    assert!(unfitting.len() < 5, "documents do not fit: {unfitting:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
