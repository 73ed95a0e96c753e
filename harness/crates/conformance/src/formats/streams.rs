//! Sequences over a small stream of events for each case.

use serde::Deserialize;
use serde_json::Value;

use super::{Content, Read, compile_eql, events, schema};
use crate::{Case, Expected, Sequence, Suite};
use harness_compile::eql::Options;
use harness_compile::program::RuleProgram;

/// Sequences over a small stream for each case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Streams {
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

pub(super) fn streams(streams: Streams) -> Read<Content> {
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
        let sequence = |found: RecordedSequence| Sequence {
            keys: Some(found.join_keys.iter().map(plain).collect()),
            events: found.events,
        };
        Case {
            name: format!("#{number}"),
            compiled: compile_eql(&eql, &schema, &Options::default()).map(RuleProgram::Conditions),
            query: eql,
            documents,
            expected: Expected::Sequences(vec![sequences.into_iter().map(sequence).collect()]),
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
