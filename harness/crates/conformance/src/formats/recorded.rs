//! Production rules on recorded documents, one rule a line.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Content, Read, SIZE, compile_eql, compile_kql, context, error, events, schema, typed};
use crate::{Case, Expected, Suite};
use harness_compile::eql::Options;
use harness_compile::program::RuleProgram;
use harness_compile::rule;
use harness_predicate::plan::Plan;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

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

pub(super) fn recorded(text: &str) -> Read<Content> {
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
    let case = |name: String, query: &str, plan: Result<Plan, _>, hits: &[usize]| {
        let expected = expect(hits)?;
        let compiled = plan.map(RuleProgram::Conditions);
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
            let plan = compile_eql(&eql, &schema, &Options::default());
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
