//! Readers of suite files, told apart by content.
//!
//! Every form refuses unknown keys and cases without a verdict: a suite that is
//! cut short is an error with its place, never a silent pass.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Case, Expected, Suite, esql_spec};
use crate::compile::{Context, Now, dsl, eql, kql, query_string, rule};
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::ir::Part;
use crate::ir::plan::Plan;
use crate::query;
use crate::query::dsl::{Operator, QueryString, parse as parse_dsl};
use crate::rule::model::Rule;
use crate::schema::{Base, Schema};
use crate::span::Span;

/// What a file holds.
pub enum Content {
    /// Suites to judge.
    Suites(Vec<Suite>),
    /// ES|QL queries over datasets beside the file.
    Pipelines(Vec<esql_spec::Case>),
    /// Cases of a kind that is not judged yet: how many, and why.
    Unsupported(usize, String),
}

/// Live suites: settings, mappings, documents, cases by language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Live {
    #[expect(dead_code, reason = "who recorded the verdicts; for readers")]
    engine: String,
    suites: Vec<LiveSuite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LiveSuite {
    suite: String,
    #[serde(default)]
    settings: Value,
    mappings: Value,
    docs: Vec<Value>,
    cases: Vec<LiveCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LiveCase {
    kql: Option<String>,
    lucene: Option<String>,
    eql: Option<String>,
    dsl: Option<Value>,
    hits: Option<Vec<String>>,
    error: Option<String>,
}

/// One production rule a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    rule_id: String,
    kql: Option<String>,
    eql: Option<String>,
    #[serde(default)]
    filters: Vec<Value>,
    #[serde(default)]
    settings: Value,
    mappings: Value,
    docs: Vec<Value>,
    hits: Option<Vec<usize>>,
    stages: Option<Vec<Stage>>,
}

/// Suites with a flat mapping.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlatSuite {
    suite: String,
    mapping: BTreeMap<String, String>,
    docs: Vec<Value>,
    cases: Vec<FlatCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlatCase {
    query: String,
    hits: Option<Vec<String>>,
    error: Option<String>,
}

/// Documents generated from one rule's query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generated {
    rule_id: String,
    #[expect(dead_code, reason = "the rule is found by its id")]
    path: String,
    #[serde(rename = "type")]
    #[expect(dead_code, reason = "the rule says so itself")]
    rule_type: String,
    status: String,
    #[expect(dead_code, reason = "for readers")]
    note: String,
    branches: Vec<Vec<Value>>,
}

type Read<T> = Result<T, Diagnostic>;

/// Reads one file; `rules` are those of generated documents, by id.
///
/// # Errors
///
/// What keeps the file from being judged, with its place.
pub fn read(text: &str, rules: &BTreeMap<String, Rule>) -> Read<Content> {
    let start = text.trim_start();
    let first_line = start.lines().next().unwrap_or_default();
    let line: Option<Value> = serde_json::from_str(first_line).ok();
    let is = |value: &Option<Value>, keys: &[&str]| {
        value.as_ref().is_some_and(|value| keys.iter().all(|key| value.get(key).is_some()))
    };
    if is(&line, &["rule_id", "branches"]) {
        return generated(typed(text)?, rules);
    }
    if is(&line, &["rule_id", "docs"]) {
        return recorded(text);
    }
    if !start.starts_with(['{', '[']) {
        return esql_spec::parse(text).map(Content::Pipelines);
    }
    let whole: Value = typed(text)?;
    if is(&Some(whole.clone()), &["rule_id", "branches"]) {
        return generated(typed(text)?, rules);
    }
    if whole.get("inline_cases").is_some() {
        let cases = whole["inline_cases"].as_array().map_or(0, Vec::len);
        return Ok(Content::Unsupported(cases, "new_terms rules are not built yet".to_owned()));
    }
    if let Some(first) = whole.as_array().and_then(|list| list.first()) {
        if first.get("mapping").is_some() {
            return flat(typed(text)?);
        }
        let cases = whole.as_array().map_or(0, Vec::len);
        if first.get("expected_event_ids").is_some()
            || first.is_array()
            || first.get("index").is_some()
        {
            return Ok(Content::Unsupported(
                cases,
                "this form of EQL suite is not read yet".to_owned(),
            ));
        }
    }
    if whole.get("suites").is_some() {
        let cases = whole["suites"].as_array().into_iter().flatten();
        let mut cases =
            cases.flat_map(|suite| suite["cases"].as_array().into_iter().flatten()).peekable();
        let kind = match cases.peek() {
            Some(case) if case.get("sequences").is_some() => return streams(typed(text)?),
            Some(case) if case.get("threshold").is_some() || case.get("new_terms").is_some() => {
                Some("threshold and new_terms rules are not built yet")
            }
            Some(_) | None => None,
        };
        return match kind {
            Some(reason) => Ok(Content::Unsupported(cases.count(), reason.to_owned())),
            None => live(typed(text)?),
        };
    }
    Err(error("the file is of no known suite format: see docs/conformance.md"))
}

fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("suite-format", message, Span::default())
}

fn typed<T: serde::de::DeserializeOwned>(text: &str) -> Read<T> {
    serde_json::from_str(text).map_err(|found| {
        let lines: usize =
            text.split_inclusive('\n').take(found.line().saturating_sub(1)).map(str::len).sum();
        let at = (lines + found.column().saturating_sub(1)).min(text.len());
        Diagnostic::error("suite-format", found.to_string(), Span::new(at, at))
    })
}

fn schema(mappings: &Value, settings: &Value, events: &[Event]) -> Read<Schema> {
    let mut schema = Schema::new(Base::Empty);
    schema.add_mapping(mappings, settings).map_err(|errors| {
        let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
        error(format!("the mapping cannot be read: {}", messages.join("; ")))
    })?;
    events.iter().for_each(|event| schema.observe(&event.source));
    Ok(schema)
}

fn events(documents: Vec<Value>) -> Read<Vec<Event>> {
    let read = |(position, value)| {
        Event::from_json(value, position)
            .map_err(|found| error(format!("document {position}: {found}")))
    };
    (1..).zip(documents).map(read).collect()
}

fn context(schema: &Schema) -> Context<'_> {
    // The newest moment that recorded documents know of.
    Context { schema, part: Part::Query, now: Now::at(1_767_225_600_000) }
}

type Compiled = Result<Plan, Vec<Diagnostic>>;

fn compile_kql(text: &str, schema: &Schema) -> Compiled {
    dsl::compile(&kql::to_dsl(&query::kql::parse(text)?, schema)?, context(schema))
        .map(Plan::Filter)
}

fn compile_lucene(text: &str, schema: &Schema) -> Compiled {
    let query = QueryString {
        query: text.to_owned(),
        fields: Vec::new(),
        default_operator: Operator::Or,
        analyze_wildcard: true,
        lenient: false,
    };
    query_string::compile(&query, None, context(schema)).map(Plan::Filter)
}

fn compile_dsl(json: &Value, schema: &Schema) -> Compiled {
    dsl::compile(&parse_dsl::parse(json, Span::default())?, context(schema)).map(Plan::Filter)
}

fn compile_eql(text: &str, schema: &Schema) -> Compiled {
    let query = query::eql::parse(text)?;
    eql::compile(&query, context(schema), &eql::Options::default()).map(Plan::Eql)
}

fn live(live: Live) -> Read<Content> {
    let suites = live.suites.into_iter().map(live_suite).collect::<Read<_>>()?;
    Ok(Content::Suites(suites))
}

fn live_suite(suite: LiveSuite) -> Read<Suite> {
    let events = events(suite.docs)?;
    let schema = schema(&suite.mappings, &suite.settings, &events)
        .map_err(|found| error(format!("suite {}: {found}", suite.suite)))?;
    let cases = suite.cases.into_iter().enumerate().map(|(number, case)| {
        live_case(number, case, &schema, events.len())
            .map_err(|found| error(format!("suite {}, case {number}: {found}", suite.suite)))
    });
    let cases = cases.collect::<Read<_>>()?;
    Ok(Suite { name: suite.suite, schema, events, tiebreaker: None, size: SIZE, cases })
}

fn live_case(number: usize, case: LiveCase, schema: &Schema, documents: usize) -> Read<Case> {
    let expected = verdict(case.hits, case.error)?;
    let (query, compiled) = match (case.kql, case.lucene, case.eql, case.dsl) {
        // The DSL beside a KQL query is Kibana's translation of it.
        (Some(kql), None, None, _) => (kql.clone(), compile_kql(&kql, schema)),
        (None, Some(lucene), None, None) => (lucene.clone(), compile_lucene(&lucene, schema)),
        (None, None, Some(eql), None) => (eql.clone(), compile_eql(&eql, schema)),
        (None, None, None, Some(dsl)) => (dsl.to_string(), compile_dsl(&dsl, schema)),
        _ => return Err(error("a case has one of `kql`, `lucene`, `eql` and `dsl`")),
    };
    Ok(Case { name: format!("#{number}"), query, compiled, documents: 0..documents, expected })
}

fn verdict(hits: Option<Vec<String>>, refused: Option<String>) -> Read<Expected> {
    match (hits, refused) {
        (Some(hits), None) => Ok(Expected::Hits(hits.into_iter().collect())),
        (None, Some(reason)) => Ok(Expected::Error(reason)),
        (None, None) | (Some(_), Some(_)) => Err(error("a case has either `hits` or an `error`")),
    }
}

fn recorded(text: &str) -> Read<Content> {
    let mut suites = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        if !line.trim().is_empty() {
            let mut suite = typed(line).and_then(recorded_rule);
            if let Err(found) = &mut suite {
                found.span = Span::new(start + found.span.start, start + found.span.end);
            }
            suites.push(suite?);
        }
        start = end;
    }
    Ok(Content::Suites(suites))
}

fn recorded_rule(rule: Recorded) -> Read<Suite> {
    let count = rule.docs.len();
    let documents = rule
        .docs
        .into_iter()
        .enumerate()
        .map(|(number, source)| json!({ "_id": number.to_string(), "_source": source }));
    let events = events(documents.collect())?;
    let schema = schema(&rule.mappings, &rule.settings, &events)?;
    let expect = |hits: &[usize]| match hits.iter().find(|hit| **hit >= count) {
        Some(beyond) => Err(error(format!("hit {beyond} is no document"))),
        None => Ok(Expected::Hits(hits.iter().map(ToString::to_string).collect())),
    };
    let case = |name: String, query: &str, compiled, hits: &[usize]| {
        let expected = expect(hits)?;
        Ok(Case { name, query: query.to_owned(), compiled, documents: 0..count, expected })
    };
    let id = rule.rule_id;
    let cases = match (rule.kql, rule.eql, rule.hits, rule.stages) {
        (Some(kql), None, Some(hits), None) => {
            let mut compiled = compile_kql(&kql, &schema);
            for filter in &rule.filters {
                let filter = rule::compile_filter(filter, context(&schema));
                compiled = compiled.and_then(|plan| Ok(plan.restrict(&filter?)));
            }
            vec![case(id.clone(), &kql, compiled, &hits)?]
        }
        (None, Some(eql), None, Some(stages)) => {
            let plan = compile_eql(&eql, &schema);
            let filters = plan.map(|plan| plan.filters().into_iter().cloned().collect::<Vec<_>>());
            let stage = |recorded: &Stage| {
                let filter = filters.clone().and_then(|filters| {
                    let missing =
                        || Diagnostic::error("suite-format", "no such stage", Span::default());
                    filters.get(recorded.stage).cloned().ok_or_else(|| vec![missing()])
                });
                let name = format!("{id} stage {}", recorded.stage);
                case(name, &eql, filter.map(Plan::Filter), &recorded.hits)
            };
            stages.iter().map(stage).collect::<Read<_>>()?
        }
        _ => return Err(error("a rule has `kql` and `hits`, or `eql` and `stages`")),
    };
    Ok(Suite { name: id, schema, events, tiebreaker: None, size: SIZE, cases })
}

/// The hits of one stage of a recorded EQL rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    stage: usize,
    hits: Vec<usize>,
}

/// Sequences over a small stream for each case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Streams {
    #[expect(dead_code, reason = "who recorded the verdicts; for readers")]
    engine: String,
    suites: Vec<StreamSuite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamSuite {
    suite: String,
    #[serde(default)]
    settings: Value,
    mappings: Value,
    options: StreamOptions,
    cases: Vec<StreamCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamOptions {
    tiebreaker_field: Option<String>,
    size: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamCase {
    eql: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for readers")]
    tags: Vec<String>,
    docs: Vec<Value>,
    sequences: Vec<RecordedSequence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedSequence {
    join_keys: Vec<Value>,
    events: Vec<Option<String>>,
}

fn streams(streams: Streams) -> Read<Content> {
    let suites = streams.suites.into_iter().map(stream_suite).collect::<Read<_>>()?;
    Ok(Content::Suites(suites))
}

fn stream_suite(suite: StreamSuite) -> Read<Suite> {
    let mut all = Vec::new();
    let mut cases = Vec::new();
    for case in suite.cases {
        let start = all.len();
        all.extend(events(case.docs)?);
        cases.push((case.eql, case.sequences, start..all.len()));
    }
    let schema = schema(&suite.mappings, &suite.settings, &all)?;
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let cases = cases.into_iter().enumerate().map(|(number, (eql, sequences, documents))| {
        let sequence =
            |found: RecordedSequence| (found.join_keys.iter().map(plain).collect(), found.events);
        Case {
            name: format!("#{number}"),
            compiled: compile_eql(&eql, &schema),
            query: eql,
            documents,
            expected: Expected::Sequences(sequences.into_iter().map(sequence).collect()),
        }
    });
    Ok(Suite {
        name: suite.suite,
        cases: cases.collect(),
        schema,
        events: all,
        tiebreaker: suite.options.tiebreaker_field,
        size: suite.options.size,
    })
}

/// How many sequences a search returns where the suite does not say.
const SIZE: usize = 1000;

fn flat(suites: Vec<FlatSuite>) -> Read<Content> {
    let suites = suites.into_iter().map(|suite| {
        let types: BTreeSet<(&String, &String)> = suite.mapping.iter().collect();
        let mut root = Map::new();
        for (name, ty) in types {
            place(&mut root, name, ty);
        }
        let events = events(suite.docs)?;
        let schema = schema(&json!({ "properties": root }), &Value::Null, &events)?;
        let cases = suite.cases.into_iter().enumerate().map(|(number, case)| {
            Ok(Case {
                name: format!("#{number}"),
                compiled: compile_kql(&case.query, &schema),
                query: case.query,
                documents: 0..events.len(),
                expected: verdict(case.hits, case.error)?,
            })
        });
        let cases = cases.collect::<Read<_>>()?;
        Ok(Suite { name: suite.suite, schema, events, tiebreaker: None, size: SIZE, cases })
    });
    Ok(Content::Suites(suites.collect::<Read<_>>()?))
}

/// Puts a dotted name into a tree of `properties`.
fn place(properties: &mut Map<String, Value>, name: &str, ty: &str) {
    match name.split_once('.') {
        None => {
            let field = properties.entry(name).or_insert_with(|| json!({}));
            if let Some(field) = field.as_object_mut() {
                field.insert("type".to_owned(), ty.into());
            }
        }
        Some((head, rest)) => {
            let object = properties.entry(head).or_insert_with(|| json!({}));
            let inner = object
                .as_object_mut()
                .map(|object| object.entry("properties").or_insert_with(|| json!({})));
            if let Some(Value::Object(inner)) = inner {
                place(inner, rest, ty);
            }
        }
    }
}

fn generated(file: Generated, rules: &BTreeMap<String, Rule>) -> Read<Content> {
    let Some(rule) = rules.get(&file.rule_id) else {
        let help = "name their folder with --rules DIR";
        return Err(error(format!("there is no rule with the id {}", file.rule_id)).with_help(help));
    };
    let mut schema = Schema::new(Base::Embedded);
    let mut all = Vec::new();
    let mut ranges = Vec::new();
    for branch in file.branches {
        let start = all.len();
        all.extend(branch);
        ranges.push(start..all.len());
    }
    let events = events(all)?;
    events.iter().for_each(|event| schema.observe(&event.source));
    let query = rule.query.as_ref().map_or_else(String::new, |query| query.text.clone());
    let compiled = rule::compile_base(rule, &schema, 1_767_225_600_000);
    let cases = ranges.into_iter().enumerate().map(|(number, documents)| Case {
        name: format!("branch {number} ({})", file.status),
        query: query.clone(),
        compiled: compiled.clone(),
        documents,
        expected: Expected::Any,
    });
    Ok(Content::Suites(vec![Suite {
        name: file.rule_id.clone(),
        schema,
        events,
        tiebreaker: None,
        size: SIZE,
        cases: cases.collect(),
    }]))
}
