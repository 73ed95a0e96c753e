//! What the readers of all forms share.

use harness_compile::{Context, Now, dsl, eql, rule};
use harness_model::event::Event;
use harness_model::schema::{Base, Home, Schema};
use harness_predicate::Part;
use harness_predicate::plan::Plan;
use harness_query as query;
use harness_query::dsl::parse as parse_dsl;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use serde_json::Value;

use crate::{Expected, NOW, Suite, esql_spec};

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

pub(super) type Read<T> = Result<T, Diagnostic>;

pub(super) fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("suite-format", message, Span::default())
}

pub(super) fn typed<T: serde::de::DeserializeOwned>(text: &str) -> Read<T> {
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
pub(super) fn place(text: &str, name: &str) -> Span {
    let quoted = Value::from(name).to_string();
    text.find(&quoted).map_or_else(Span::default, |at| Span::new(at, at + quoted.len()))
}

pub(super) fn schema(mappings: &Value, settings: &Value, events: &[Event]) -> Read<Schema> {
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
pub(super) fn home(event: &Event) -> Home {
    event.index.as_deref().map(Home::of).unwrap_or_default()
}

pub(super) fn events(documents: Vec<Value>) -> Read<Vec<Event>> {
    let read = |(position, value)| {
        Event::from_json(value, position)
            .map_err(|found| error(format!("document {position}: {found}")))
    };
    (1..).zip(documents).map(read).collect()
}

pub(super) fn context(schema: &Schema) -> Context<'_> {
    Context { schema, part: Part::Query, now: Now::at(NOW) }
}

pub(super) type Compiled = Result<Plan, Vec<Diagnostic>>;

pub(super) fn compile_kql(text: &str, schema: &Schema) -> Compiled {
    rule::compile_kql(text, context(schema)).map(Plan::Filter)
}

pub(super) fn compile_lucene(text: &str, schema: &Schema) -> Compiled {
    rule::compile_lucene(text, context(schema)).map(Plan::Filter)
}

pub(super) fn compile_dsl(json: &Value, schema: &Schema) -> Compiled {
    dsl::compile(&parse_dsl::parse(json, Span::default())?, context(schema)).map(Plan::Filter)
}

pub(super) fn compile_eql(text: &str, schema: &Schema, options: &eql::Options<'_>) -> Compiled {
    eql::compile(&query::eql::parse(text)?, context(schema), options).map(Plan::Eql)
}

pub(super) fn verdict(hits: Option<Vec<String>>, refused: Option<String>) -> Read<Expected> {
    match (hits, refused) {
        (Some(hits), None) => Ok(Expected::Hits(hits.into_iter().collect())),
        (None, Some(reason)) => Ok(Expected::Error(reason)),
        (None, None) | (Some(_), Some(_)) => Err(error("a case has either `hits` or an `error`")),
    }
}

/// How many sequences a search returns where the suite does not say.
pub(super) const SIZE: usize = 1000;
