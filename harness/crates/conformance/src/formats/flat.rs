//! KQL suites with a flat mapping.

use harness_compile::program::RuleProgram;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Content, Read, SIZE, compile_kql, events, schema, verdict};
use crate::{Case, Suite};

/// Suites with a flat mapping.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlatSuite {
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

pub(super) fn flat(suites: Vec<FlatSuite>) -> Read<Content> {
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
                compiled: compile_kql(&case.query, &schema).map(RuleProgram::Conditions),
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
