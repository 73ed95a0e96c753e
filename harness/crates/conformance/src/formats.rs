//! Readers of suite files, told apart by content.
//!
//! Every form refuses unknown keys and cases without a verdict: a suite that is
//! cut short is an error with its place, never a silent pass.

mod aggregations;
mod content;
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

use super::esql_spec;
pub use content::Content;
use content::{
    Read, SIZE, compile_dsl, compile_eql, compile_kql, compile_lucene, context, error, events,
    home, place, schema, typed, verdict,
};
use harness_rule::model::Rule;

/// What a suite file refers to.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The rules of generated documents, by id.
    pub rules: &'a BTreeMap<String, Rule>,
    /// The folder of the file, with the data that its cases name.
    pub folder: &'a Path,
}

/// Whether a file of this name is the data of suites beside it, and no suite.
pub fn is_data(file_name: &str) -> bool {
    file_name.strip_suffix(".ndjson").is_some_and(|index| {
        esql_spec::Datasets::INDICES.contains(&index) || eql_cases::is_index(index)
    })
}

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
