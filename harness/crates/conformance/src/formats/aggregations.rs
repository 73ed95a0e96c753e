//! Threshold and new-terms rules over the documents of a suite.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Content, Read, SIZE, compile_kql, error, events, place, schema};
use crate::{Alerts, Case, Expected, Suite, group, tuple};
use harness_compile::program::RuleProgram;
use harness_compile::rule_type;
use harness_detect::window::Window;
use harness_model::schema::Schema;
use harness_model::value::{DateFormat, Rounding};
use harness_predicate::Predicate;
use harness_predicate::plan::Plan;
use harness_rule::located::Located;
use harness_rule::model::{Cardinality, NewTerms, Threshold};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aggregations {
    #[expect(dead_code, reason = "who recorded the verdicts; for readers")]
    engine: String,
    suites: Vec<RawSuite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSuite {
    suite: String,
    #[serde(default)]
    settings: Value,
    mappings: Value,
    docs: Vec<Value>,
    cases: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    query: String,
    threshold: Option<RawThreshold>,
    buckets: Option<Vec<Bucket>>,
    new_terms: Option<RawNewTerms>,
    new: Option<Vec<Vec<Value>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreshold {
    field: Vec<String>,
    value: u64,
    #[serde(default)]
    cardinality: Vec<RawCardinality>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCardinality {
    field: String,
    value: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bucket {
    key: Map<String, Value>,
    count: u64,
    cardinality: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNewTerms {
    fields: Vec<String>,
    history_start: String,
    from: String,
    to: String,
}

pub(super) fn aggregations(file: Aggregations, text: &str) -> Read<Content> {
    let suites = file.suites.into_iter().map(|raw| {
        let span = place(text, &raw.suite);
        suite(raw).map_err(|found| Diagnostic { span, ..found })
    });
    let suites = suites.collect::<Read<_>>()?;
    Ok(Content::Suites(suites))
}

fn suite(raw: RawSuite) -> Read<Suite> {
    let name = raw.suite;
    let events = events(raw.docs).map_err(|found| error(format!("suite {name}: {found}")))?;
    let schema = schema(&raw.mappings, &raw.settings, &events)
        .map_err(|found| error(format!("suite {name}: {found}")))?;
    let cases = raw.cases.into_iter().enumerate().map(|(number, raw)| {
        let (compiled, alerts) = match (raw.threshold, raw.buckets, raw.new_terms, raw.new) {
            (Some(threshold), Some(buckets), None, None) => {
                counted(&threshold, &buckets, &raw.query, &schema)
            }
            (None, None, Some(new_terms), Some(new)) => {
                watched(&new_terms, &new, &raw.query, &schema)
            }
            _ => Err("a case has `threshold` and `buckets`, or `new_terms` and `new`".to_owned()),
        }
        .map_err(|found| error(format!("suite {name}, case {number}: {found}")))?;
        Ok(Case {
            name: format!("#{number}"),
            query: raw.query,
            compiled: compiled.map(RuleProgram::Conditions),
            documents: 0..events.len(),
            expected: Expected::Alerts(alerts),
        })
    });
    let cases = cases.collect::<Read<_>>()?;
    Ok(Suite { name, schema, events, tiebreaker: None, size: SIZE, cases })
}

type Judgeable = Result<(Result<Plan, Vec<Diagnostic>>, Alerts), String>;

fn counted(raw: &RawThreshold, buckets: &[Bucket], query: &str, schema: &Schema) -> Judgeable {
    if raw.cardinality.len() > 1 {
        return Err("a threshold counts the values of one field".to_owned());
    }
    let counted = |raw: &RawCardinality| Cardinality { field: name(&raw.field), value: raw.value };
    let threshold = Threshold {
        fields: raw.field.iter().map(|field| name(field)).collect(),
        value: raw.value,
        cardinality: raw.cardinality.iter().map(counted).collect(),
    };
    let mut alerts = Vec::new();
    for bucket in buckets {
        let values: Option<Vec<&Value>> =
            raw.field.iter().map(|field| bucket.key.get(field)).collect();
        let values = values.filter(|values| values.len() == bucket.key.len());
        let values = values.ok_or("a bucket's key has other fields than its threshold")?;
        if bucket.cardinality.is_some() == raw.cardinality.is_empty() {
            return Err("a bucket has a `cardinality` where its threshold has one".to_owned());
        }
        alerts.push(group(&plain(values), bucket.count, bucket.cardinality));
    }
    let compiled =
        filter(query, schema).and_then(|filter| rule_type::threshold(filter, &threshold, schema));
    alerts.sort();
    Ok((compiled, Alerts { window: Window::ALWAYS, history: Window::ALWAYS, alerts }))
}

fn watched(raw: &RawNewTerms, new: &[Vec<Value>], query: &str, schema: &Schema) -> Judgeable {
    let format = DateFormat::parse(harness_model::value::DEFAULT_DATE_FORMAT);
    let date = |text: &str| {
        let format = format.as_ref().map_err(ToString::to_string)?;
        format.resolve(text, 0, Rounding::Down, None).map_err(|found| found.to_string())
    };
    let window = Window { from: date(&raw.from)?, to: date(&raw.to)? };
    let history = Window { from: date(&raw.history_start)?, to: window.to };
    let (compiled, alerts) = terms(&raw.fields, new, query, schema)?;
    Ok((compiled, Alerts { window, history, alerts }))
}

type Terms = Result<(Result<Plan, Vec<Diagnostic>>, Vec<String>), String>;

/// The plan for new combinations of `fields`, and those recorded.
pub(super) fn terms(fields: &[String], new: &[Vec<Value>], query: &str, schema: &Schema) -> Terms {
    if new.iter().any(|values| values.len() != fields.len()) {
        return Err("a combination has one value for each field".to_owned());
    }
    let new_terms = NewTerms {
        fields: fields.iter().map(|field| name(field)).collect(),
        history_window_start: Located::default(),
    };
    let compiled =
        filter(query, schema).and_then(|filter| rule_type::new_terms(filter, &new_terms, schema));
    let mut alerts: Vec<String> = new.iter().map(|values| tuple(&plain(values))).collect();
    alerts.sort();
    Ok((compiled, alerts))
}

fn filter(query: &str, schema: &Schema) -> Result<Predicate, Vec<Diagnostic>> {
    let plan = compile_kql(query, schema)?;
    // KQL has one condition.
    Ok(Predicate::and(plan.filters().into_iter().cloned()))
}

fn name(field: &str) -> Located<String> {
    Located { value: field.to_owned(), span: Span::default() }
}

/// Values as our keys print them.
fn plain<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests;
