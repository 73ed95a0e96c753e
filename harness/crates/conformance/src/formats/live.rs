//! Live suites: settings, mappings, documents, cases by language.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Content, Read, SIZE, compile_dsl, compile_eql, compile_kql, compile_lucene, error, events,
    schema, verdict,
};
use crate::{Case, Suite};
use harness_compile::eql::Options;
use harness_compile::program::RuleProgram;
use harness_model::schema::Schema;

/// Live suites: settings, mappings, documents, cases by language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Live {
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

pub(super) fn live(live: Live) -> Read<Content> {
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
        (None, None, Some(eql), None) => {
            (eql.clone(), compile_eql(&eql, schema, &Options::default()))
        }
        (None, None, None, Some(dsl)) => (dsl.to_string(), compile_dsl(&dsl, schema)),
        _ => return Err(error("a case has one of `kql`, `lucene`, `eql` and `dsl`")),
    };
    let compiled = compiled.map(RuleProgram::Conditions);
    Ok(Case { name: format!("#{number}"), query, compiled, documents: 0..documents, expected })
}
