//! Exception items to predicates, by way of the Query DSL as in Kibana
//! (docs/semantics.md, "Exceptions").

use serde_json::{Value, json};

use super::{Context, dsl};
use crate::diagnostic::Diagnostic;
use crate::exception::{Entry, ExceptionTree, Item, Test};
use crate::ir::Predicate;
use crate::query::dsl::parse as parse_dsl;
use crate::span::Span;

/// The condition under which an item keeps an event from its rule.
///
/// # Errors
///
/// Clauses that do not fit their fields, and value lists that are not there.
pub fn compile(
    item: &Item,
    tree: &ExceptionTree,
    context: Context<'_>,
) -> Result<Predicate, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut all: Vec<Value> =
        item.entries.iter().filter_map(|entry| clause(entry, "", tree, &mut errors)).collect();
    if !item.os_types.is_empty() {
        let systems = item.os_types.iter().flat_map(|os| {
            ["host.os.type", "host.os.name.caseless"].map(|field| phrase(field, os))
        });
        all.push(any(systems.collect()));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let query = parse_dsl::parse(&json!({"bool": {"filter": all}}), Span::default())?;
    dsl::compile(&query, context)
}

/// The clause of an entry whose field stands behind `prefix`; `None` after an error.
fn clause(
    entry: &Entry,
    prefix: &str,
    tree: &ExceptionTree,
    errors: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let field = format!("{prefix}{}", entry.field);
    let clause = match &entry.test {
        Test::Match(value) => phrase(&field, value),
        Test::MatchAny(values) => any(values.iter().map(|value| phrase(&field, value)).collect()),
        Test::Wildcard(pattern) => json!({"wildcard": {field: {"value": pattern}}}),
        Test::Exists => json!({"exists": {"field": field}}),
        Test::List { id, kind } => match list(&field, id, kind, tree) {
            Ok(clause) => clause,
            Err(reason) => {
                errors.push(Diagnostic::unsupported("exception-list", reason, Span::default()));
                return None;
            }
        },
        Test::Nested(entries) => {
            let within = format!("{field}.");
            let inner: Vec<Value> =
                entries.iter().filter_map(|entry| clause(entry, &within, tree, errors)).collect();
            json!({"nested": {"path": field, "query": {"bool": {"filter": inner}}}})
        }
    };
    Some(if entry.excluded { json!({"bool": {"must_not": [clause]}}) } else { clause })
}

fn phrase(field: &str, value: &str) -> Value {
    json!({"match_phrase": {field: value}})
}

fn any(clauses: Vec<Value>) -> Value {
    json!({"bool": {"should": clauses, "minimum_should_match": 1}})
}

/// One of the values of a value list.
fn list(field: &str, id: &str, kind: &str, tree: &ExceptionTree) -> Result<Value, String> {
    let Some(values) = tree.values.get(id) else {
        return Err(format!("the value list `{id}` is not in exceptions/lists/{id}.txt"));
    };
    match kind {
        "keyword" | "ip" => Ok(json!({"terms": {field: values}})),
        "ip_range" => {
            let range = |value: &String| match value.split_once('-') {
                Some((low, high)) => json!({"range": {field: {"gte": low, "lte": high}}}),
                None => json!({"term": {field: {"value": value}}}),
            };
            Ok(any(values.iter().map(range).collect()))
        }
        "text" => {
            let words =
                |value: &String| json!({"match": {field: {"query": value, "operator": "and"}}});
            Ok(any(values.iter().map(words).collect()))
        }
        _ => Err(format!("the value list `{id}` is of type `{kind}`")),
    }
}
