//! The plain event that a rule's cases start from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::choice::Seed;
use super::index;
use super::suggest::Context;
use super::verify::ByRule;
use crate::synthesis::events::with_all;
use crate::synthesis::{fields, unknown};
use harness_model::event::Event;
use harness_model::schema::table;
use harness_model::value::format_date;
use harness_predicate::Test;
use harness_predicate::plan::{EqlSearch, Plan, TermField};
use harness_rule::model::Rule;
use harness_rule::names::RuleType;
use harness_rule::tree::RuleTree;
use harness_runner::case::{Case, Options, Polarity};
use harness_runner::run::{RuleRun, RuleUnderTest, Session, Subject};
use harness_source::diagnostic::Severity;
use harness_text::pattern::Case as Letters;
use harness_text::pattern::glob::Glob;

/// When the newest event of a case happens: 2026-01-05 10:15, a Monday.
pub(super) const MOMENT: i64 = 1_767_608_100_000;

/// The plain events of all rules.
pub(super) fn all(session: &Session, standing: &[RuleRun], rules: &RuleTree) -> ByRule {
    let under_test = session.rules_under_test();
    let loaded =
        rules.rules.iter().filter_map(|loaded| Some((loaded.key(), loaded.rule.as_ref()?)));
    let loaded: BTreeMap<String, &Rule> = loaded.collect();
    let mut seeds = ByRule::new();
    for (run, rule_under_test) in standing.iter().zip(&under_test) {
        let subject = rule_under_test.as_ref().and_then(RuleUnderTest::conditions);
        let Some(rule) = loaded.get(&run.key) else { continue };
        let mut event = plain(rule);
        let mut found = BTreeMap::new();
        for plan in subject.iter().flat_map(|subject| subject.plans()) {
            absent(plan, &mut |name, test| note(&mut found, name, test));
        }
        if subject.is_none() {
            for name in named_unknown(run) {
                found.entry(name).or_insert_with(|| json!("example"));
            }
        }
        for (name, value) in found {
            if !name.contains('*') {
                fields::set(Arc::make_mut(&mut event.source), &name, vec![value]);
            } else if let Some(field) = stood_for(&name, subject) {
                // Patterns stand for fields that some event has.
                let values = context(rule, Seed::default()).any_value(&field, None);
                let values = values.into_iter().take(1).collect();
                fields::set(Arc::make_mut(&mut event.source), &field, values);
            }
        }
        let case = Case {
            path: format!("{}/negative/plain.json", run.key),
            name: "plain".to_owned(),
            polarity: Polarity::Negative,
            events: vec![event],
            options: Options::default(),
        };
        seeds.insert(run.key.clone(), vec![case]);
    }
    seeds
}

/// Gives the plain events of ES|QL rules the fields that only their full-text functions
/// name, where nothing knows them.
pub(super) fn searched(session: &Session, seeds: &mut ByRule) {
    for rule in session.rules_under_test().iter().flatten() {
        let RuleUnderTest::Pipeline(flow) = rule else { continue };
        let own = seeds.get_mut(&flow.key()).and_then(|own| own.first_mut()?.events.first_mut());
        let (Some(event), Ok(program)) = (own, flow.program(flow.text())) else { continue };
        let mut found = BTreeMap::new();
        for search in program.documents().iter().flat_map(|plan| &plan.searches) {
            unknown::of_filter(search, &mut |name, test| note(&mut found, name, Some(test)));
        }
        for (name, value) in found {
            if !name.contains('*') && event.first(&name).is_none() {
                fields::set(Arc::make_mut(&mut event.source), &name, vec![value]);
            }
        }
    }
}

/// Takes note of a field, with a value of the type that a test asks for.
fn note(found: &mut BTreeMap<String, Value>, name: &str, test: Option<&Test>) {
    let value = || test.map_or_else(|| json!("example"), |test| unknown::value_of(test, MOMENT));
    found.entry(name.to_owned()).or_insert_with(value);
}

/// A case that shows what a reader looks for, before all are judged together.
pub(super) fn draft(key: &str, polarity: Polarity, name: &str, events: Vec<Event>) -> Case {
    let path = format!("{key}/draft/{name}.json");
    Case { path, name: name.to_owned(), polarity, events, options: Options::default() }
}

/// The fields of a plan that nothing knows, with what is asked of them.
fn absent(plan: &Plan, see: &mut dyn FnMut(&str, Option<&Test>)) {
    unknown::of_filters(plan, &mut |name, test| see(name, Some(test)));
    for term in terms(plan).iter().filter(|term| term.column.is_none()) {
        see(&term.field, None);
    }
    let Plan::Eql(eql) = plan else { return };
    if let EqlSearch::Sequence { stages, .. } | EqlSearch::Sample { stages } = &eql.search {
        for key in stages.iter().flat_map(|stage| &stage.keys).filter(|key| key.column.is_none()) {
            see(&key.field, None);
        }
    }
}

/// The fields of which a rule type looks at the values.
fn terms(plan: &Plan) -> Vec<&TermField> {
    match plan {
        Plan::Threshold(plan) => {
            plan.fields.iter().chain(plan.cardinality.iter().map(|(field, _)| field)).collect()
        }
        Plan::NewTerms(plan) => plan.fields.iter().collect(),
        Plan::Threat(plan) => {
            let entries = plan.groups.iter().flatten();
            entries.flat_map(|entry| [&entry.field, &entry.value]).collect()
        }
        Plan::Filter(_) | Plan::Eql(_) => Vec::new(),
    }
}

/// A field that a pattern for names stands for: one that the rule names, else one of ECS.
fn stood_for(pattern: &str, subject: Option<&Subject<'_>>) -> Option<String> {
    let glob = Glob::simple(pattern);
    let fits = |name: &str| !name.contains('*') && glob.matches(name, Letters::Sensitive);
    let plans = || subject.into_iter().flat_map(Subject::plans);
    let read = plans().flat_map(Plan::columns).map(|column| column.name.to_string());
    let named = plans().flat_map(terms).map(|term| term.field.to_string());
    let mut own = named.chain(read).filter(|name| fits(name));
    own.next().or_else(|| {
        let start = pattern.split('*').next().filter(|start| !start.is_empty())?;
        let mut all = table::below(start).filter(|entry| entry.multi_field_of().is_none());
        all.find(|entry| fits(&entry.name)).map(|entry| entry.name)
    })
}

/// The unknown columns for which a query is refused, read where they stand.
fn named_unknown(run: &RuleRun) -> BTreeSet<String> {
    // Those of full-text functions are warnings: see [`searched`].
    let unknown = run.problems.iter().filter(|problem| {
        problem.diagnostic.code == "unknown-field"
            && problem.diagnostic.severity != Severity::Warning
    });
    let names = unknown.filter_map(|problem| {
        let span = problem.diagnostic.span;
        let name = problem.text.get(span.start..span.end)?.trim_matches('`');
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '-');
        (!name.is_empty() && name.chars().all(plain)).then(|| name.to_owned())
    });
    names.collect()
}

/// An event as the rule's data streams hold them, with nothing special about it.
pub(super) fn plain(rule: &Rule) -> Event {
    let mut source = Value::Object(Map::new());
    let mut set = |field: &str, value: Value| fields::set(&mut source, field, vec![value]);
    for field in time_fields(rule) {
        set(&field, json!(format_date(MOMENT)));
    }
    let index = match rule.rule_type {
        RuleType::MachineLearning => Some(".ml-anomalies-shared".to_owned()),
        _ => index::of(rule),
    };
    if let Some(learning) = &rule.machine_learning {
        set("result_type", json!("record"));
        set("timestamp", json!(format_date(MOMENT)));
        set("record_score", json!(learning.anomaly_threshold));
        if let Some(job) = learning.job_ids.first() {
            set("job_id", json!(job));
        }
    }
    let index_stated = index.is_some();
    Event { id: "#1".to_owned(), index, index_stated, source: Arc::new(source) }
}

/// What values of a rule's events have in common.
pub(crate) fn context(rule: &Rule, choice: Seed) -> Context {
    Context::new(rule, index::of(rule).as_deref(), choice)
}

/// The event at another time, in these fields.
pub(super) fn at(event: &Event, fields: &[String], millis: i64) -> Option<Event> {
    with_all(event, fields.iter().map(|field| (field, vec![json!(format_date(millis))])))
}

/// The fields that say when an event of a rule happened.
pub(super) fn time_fields(rule: &Rule) -> Vec<String> {
    let stated = rule.timestamp_override.iter().chain(&rule.eql.timestamp);
    let mut fields = vec!["@timestamp".to_owned()];
    fields.extend(stated.map(|field| field.as_str().to_owned()));
    fields
}
