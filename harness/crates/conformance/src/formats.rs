//! Readers of suite files, told apart by content.
//!
//! Every form refuses unknown keys and cases without a verdict: a suite that is
//! cut short is an error with its place, never a silent pass.

mod aggregations;
mod eql_cases;
mod flat;
mod generated;
mod live;
mod new_terms;
mod recorded;
mod series;
mod streams;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{Expected, NOW, Suite, esql_spec};
use harness_compile::{Context, Now, dsl, eql, rule};
use harness_model::event::Event;
use harness_model::schema::{Base, Home, Schema};
use harness_predicate::Part;
use harness_predicate::plan::Plan;
use harness_query as query;
use harness_query::dsl::parse as parse_dsl;
use harness_rule::model::Rule;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// What a suite file refers to.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The rules of generated documents, by id.
    pub rules: &'a BTreeMap<String, Rule>,
    /// The folder of the file, with the data that its cases name.
    pub folder: &'a Path,
}

/// What a file holds.
pub enum Content {
    /// Suites to judge.
    Suites(Vec<Suite>),
    /// ES|QL queries over datasets beside the file.
    Pipelines(Vec<esql_spec::Case>),
    /// ES|QL queries that are accepted or rejected.
    Queries(Vec<esql_spec::accept::Query>),
    /// Cases of a kind that is not judged yet: how many, and why.
    Unsupported(usize, String),
}

/// Whether a file of this name is the data of suites beside it, and no suite.
pub fn is_data(file_name: &str) -> bool {
    file_name.strip_suffix(".ndjson").is_some_and(|index| {
        esql_spec::Datasets::INDICES.contains(&index) || eql_cases::is_index(index)
    })
}

type Read<T> = Result<T, Diagnostic>;

/// Reads one file.
///
/// # Errors
///
/// What keeps the file from being judged, with its place.
pub fn read(text: &str, around: Around<'_>) -> Read<Content> {
    let start = text.trim_start();
    let first_line = start.lines().next().unwrap_or_default();
    let line: Option<Value> = serde_json::from_str(first_line).ok();
    let is = |value: &Value, keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());
    if let Some(line) = line {
        if is(&line, &["rule_id", "branches"]) {
            return generated::generated(typed(text)?, around.rules);
        }
        if is(&line, &["rule_id", "docs"]) {
            return recorded::recorded(text);
        }
    }
    if !start.starts_with(['{', '[']) {
        return esql_spec::parse(text).map(Content::Pipelines);
    }
    let whole: Value = typed(text)?;
    if is(&whole, &["rule_id", "branches"]) {
        return generated::generated(typed(text)?, around.rules);
    }
    if whole.get("reject").is_some() || whole.get("accept").is_some() {
        let lists: esql_spec::accept::Lists = typed(text)?;
        let queries: Vec<esql_spec::accept::Query> = lists.into();
        if queries.is_empty() {
            return Err(error("the file holds no query"));
        }
        return Ok(Content::Queries(queries));
    }
    if whole.get("inline_cases").is_some() {
        return new_terms::new_terms(typed(text)?, text);
    }
    if let Some(first) = whole.as_array().and_then(|list| list.first()) {
        if first.get("mapping").is_some() {
            return flat::flat(typed(text)?);
        }
        if first.get("expected_event_ids").is_some() || first.get("index").is_some() {
            return eql_cases::read(text, around.folder);
        }
        if first.is_array() {
            return series::read(text);
        }
    }
    if whole.get("suites").is_some() {
        let cases = whole["suites"].as_array().into_iter().flatten();
        let mut cases =
            cases.flat_map(|suite| suite["cases"].as_array().into_iter().flatten()).peekable();
        return match cases.peek() {
            Some(case) if case.get("sequences").is_some() => streams::streams(typed(text)?),
            Some(case) if case.get("threshold").is_some() || case.get("new_terms").is_some() => {
                aggregations::aggregations(typed(text)?, text)
            }
            Some(_) | None => live::live(typed(text)?),
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
        let mut at = (lines + found.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        Diagnostic::error("suite-format", found.to_string(), Span::new(at, at))
    })
}

/// Where a case of this name stands in the file.
fn place(text: &str, name: &str) -> Span {
    let quoted = Value::from(name).to_string();
    text.find(&quoted).map_or_else(Span::default, |at| Span::new(at, at + quoted.len()))
}

fn schema(mappings: &Value, settings: &Value, events: &[Event]) -> Read<Schema> {
    let mut schema = Schema::new(Base::Empty);
    // Cases on fields that cannot be read are unsupported, one by one.
    schema.add_mapping(mappings, settings).map_err(|errors| {
        let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
        error(format!("the mapping cannot be read: {}", messages.join("; ")))
    })?;
    events.iter().for_each(|event| schema.observe(&event.source, Home::Index));
    Ok(schema)
}

/// Where an event lives; in an index without templates where it does not say so.
fn home(event: &Event) -> Home {
    event.index.as_deref().map(Home::of).unwrap_or_default()
}

fn events(documents: Vec<Value>) -> Read<Vec<Event>> {
    let read = |(position, value)| {
        Event::from_json(value, position)
            .map_err(|found| error(format!("document {position}: {found}")))
    };
    (1..).zip(documents).map(read).collect()
}

fn context(schema: &Schema) -> Context<'_> {
    Context { schema, part: Part::Query, now: Now::at(NOW) }
}

type Compiled = Result<Plan, Vec<Diagnostic>>;

fn compile_kql(text: &str, schema: &Schema) -> Compiled {
    rule::compile_kql(text, context(schema)).map(Plan::Filter)
}

fn compile_lucene(text: &str, schema: &Schema) -> Compiled {
    rule::compile_lucene(text, context(schema)).map(Plan::Filter)
}

fn compile_dsl(json: &Value, schema: &Schema) -> Compiled {
    dsl::compile(&parse_dsl::parse(json, Span::default())?, context(schema)).map(Plan::Filter)
}

fn compile_eql(text: &str, schema: &Schema, options: &eql::Options<'_>) -> Compiled {
    eql::compile(&query::eql::parse(text)?, context(schema), options).map(Plan::Eql)
}

fn verdict(hits: Option<Vec<String>>, refused: Option<String>) -> Read<Expected> {
    match (hits, refused) {
        (Some(hits), None) => Ok(Expected::Hits(hits.into_iter().collect())),
        (None, Some(reason)) => Ok(Expected::Error(reason)),
        (None, None) | (Some(_), Some(_)) => Err(error("a case has either `hits` or an `error`")),
    }
}

/// How many sequences a search returns where the suite does not say.
const SIZE: usize = 1000;
