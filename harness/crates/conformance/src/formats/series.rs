//! Series of abstract sequences: events drawn by stage, one letter and a number each.
//!
//! Each case becomes a stream of documents and a query over them: an event's
//! number is its time, and it matches the stages whose lines name it.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::json;

use super::{Content, Read, SIZE, compile_eql, error, events, place, schema, typed};
use crate::{Case, Expected, Sequence, Suite};
use harness_compile::eql::Options;
use harness_compile::program::RuleProgram;
use harness_source::diagnostic::Diagnostic;

/// Name, events by stage, sequences in order.
type Series = (String, Vec<String>, Vec<String>);

/// Name, query, documents, verdict.
type Drafted = (String, String, Range<usize>, Expected);

/// One event as drawn: `A1`, or `key|A1`.
struct Drawn<'a> {
    key: Option<&'a str>,
    name: &'a str,
    number: i64,
}

/// Events by number and name: the key and the stages of each.
type ByPlace<'a> = BTreeMap<(i64, &'a str), (Option<&'a str>, Vec<usize>)>;

impl<'a> Drawn<'a> {
    fn read(token: &'a str) -> Option<Self> {
        let (key, name) = match token.split_once('|') {
            Some((key, name)) => (Some(key), name),
            None => (None, token),
        };
        let number = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let number = (number.len() < name.len()).then(|| number.parse().ok())?;
        number.map(|number| Self { key, name, number })
    }
}

pub(super) fn read(text: &str) -> Read<Content> {
    let series: Vec<Series> = typed(text)?;
    let mut all = Vec::new();
    let mut cases: Vec<Drafted> = Vec::new();
    for (name, stages, sequences) in series {
        let place = |what: String| Diagnostic {
            span: place(text, &name),
            ..error(format!("series {name}: {what}"))
        };
        let mut drawn: ByPlace<'_> = BTreeMap::new();
        for (stage, line) in stages.iter().enumerate() {
            for token in line.split_whitespace() {
                let event = Drawn::read(token)
                    .ok_or_else(|| place(format!("`{token}` is no letter and number")))?;
                let known = drawn.entry((event.number, event.name)).or_default();
                known.0 = event.key;
                known.1.push(stage);
            }
        }
        let keyed = drawn.values().any(|(key, _)| key.is_some());
        let expected = sequences.iter().map(|sequence| {
            let tokens: Vec<_> = sequence.split_whitespace().map(Drawn::read).collect();
            let known = |e: &Option<Drawn<'_>>| {
                e.as_ref().is_some_and(|e| drawn.contains_key(&(e.number, e.name)))
            };
            if tokens.len() != stages.len() || !tokens.iter().all(known) {
                return Err(place(format!("`{sequence}` is no event for each stage")));
            }
            let keys = tokens.first().and_then(|first| first.as_ref()?.key);
            let ids = tokens.iter().map(|event| event.as_ref().map(|e| e.name.to_owned()));
            Ok(Sequence {
                keys: Some(keys.into_iter().map(str::to_owned).collect()),
                events: ids.collect(),
            })
        });
        let expected = Expected::Sequences(vec![expected.collect::<Read<_>>()?]);
        let documents = drawn.iter().map(|((number, name), (key, stages))| {
            json!({
                "_id": name,
                "_source": { "@timestamp": number, "key": key, "stage": stages },
            })
        });
        let start = all.len();
        all.extend(events(documents.collect())?);
        let by = if keyed { "by key " } else { "" };
        let filters = (0..stages.len()).map(|stage| format!("[any where stage == {stage}]"));
        let query = format!("sequence {by}{}", filters.collect::<Vec<_>>().join(" "));
        cases.push((name.clone(), query, start..all.len(), expected));
    }
    let mapping = json!({ "properties": {
        "@timestamp": { "type": "date" },
        "key": { "type": "keyword" },
        "stage": { "type": "long" },
    } });
    let schema = schema(&mapping, &json!({}), &all)?;
    let case = |(name, query, documents, expected): Drafted| Case {
        compiled: compile_eql(&query, &schema, &Options::default()).map(RuleProgram::Conditions),
        name,
        query,
        documents,
        expected,
    };
    Ok(Content::Suites(vec![Suite {
        name: "series".to_owned(),
        cases: cases.into_iter().map(case).collect(),
        schema,
        events: all,
        tiebreaker: None,
        size: SIZE,
    }]))
}
