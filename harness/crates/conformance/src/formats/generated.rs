//! Documents generated from the query of one rule.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Content, Read, SIZE, error, events, home};
use crate::NOW;
use crate::{Case, Expected, Suite};
use harness_compile::rule;
use harness_model::schema::{Base, Schema};
use harness_rule::model::Rule;

/// Documents generated from one rule's query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Generated {
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

pub(super) fn generated(file: Generated, rules: &BTreeMap<String, Rule>) -> Read<Content> {
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
    events.iter().for_each(|event| schema.observe(&event.source, home(event)));
    let query = rule.query.as_ref().map_or_else(String::new, |query| query.text.clone());
    let compiled = rule::compile_base(rule, &schema, NOW);
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
