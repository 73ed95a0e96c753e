//! EQL cases over shared data: queries and the events that they find, in order.
//!
//! The data of an index is a file of its name beside the cases; what its fields
//! are is a fact of those suites, kept in `eql_data.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Content, Read, SIZE, compile_eql, error, events, place, schema, typed};
use crate::{Case, Expected, Sequence, Suite};
use harness_compile::eql::Options;
use harness_compile::program::RuleProgram;
use harness_model::event::Event;
use harness_model::schema::Unmapped;
use harness_predicate::plan::{EqlSearch, Plan};
use harness_source::diagnostic::Diagnostic;
use harness_source::files;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EqlCase {
    suite: String,
    index: String,
    name: String,
    query: String,
    expected_event_ids: Vec<Value>,
    join_keys: Option<Vec<Value>>,
}

/// What is known of an index.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    id: String,
    tiebreaker: Option<String>,
    category: String,
    mappings: Value,
}

static INDICES: LazyLock<BTreeMap<String, Index>> =
    LazyLock::new(|| serde_json::from_str(include_str!("eql_data.json")).expect("a test reads it"));

/// Whether cases may range over the index.
pub(super) fn is_index(name: &str) -> bool {
    INDICES.keys().flat_map(|names| names.split(',')).any(|index| index == name)
}

/// An index's events, its schema's facts and the ids that its events have.
struct Data {
    index: &'static Index,
    events: Vec<Event>,
    ids: BTreeSet<String>,
}

pub(super) fn read(text: &str, folder: &Path) -> Read<Content> {
    let cases: Vec<EqlCase> = typed(text)?;
    let mut data: BTreeMap<String, Data> = BTreeMap::new();
    let mut suites: Vec<Suite> = Vec::new();
    for case in cases {
        let placed = |found: Diagnostic| Diagnostic {
            message: format!("case {}: {}", case.name, found.message),
            span: place(text, &case.name),
            ..found
        };
        if !data.contains_key(&case.index) {
            data.insert(case.index.clone(), load(&case.index, folder).map_err(placed)?);
        }
        let Some(data) = data.get(&case.index) else { continue };
        let position = suites.iter().position(|suite| suite.name == case.suite);
        let suite = match position {
            Some(position) => &mut suites[position],
            None => {
                suites.push(suite(&case, data).map_err(placed)?);
                let last = suites.len() - 1;
                &mut suites[last]
            }
        };
        let options = Options { category_field: &data.index.category, unmapped: Unmapped::Strict };
        let compiled = compile_eql(&case.query, &suite.schema, &options);
        let stages = compiled.as_ref().map_or(1, stages);
        let expected = expected(&case, stages, &data.ids).map_err(placed)?;
        let documents = 0..suite.events.len();
        suite.cases.push(Case {
            name: case.name,
            query: case.query,
            compiled: compiled.map(RuleProgram::Conditions),
            documents,
            expected,
        });
    }
    Ok(Content::Suites(suites))
}

fn suite(case: &EqlCase, data: &Data) -> Read<Suite> {
    Ok(Suite {
        name: case.suite.clone(),
        schema: schema(&data.index.mappings, &Value::Null, &data.events)?,
        events: data.events.clone(),
        tiebreaker: data.index.tiebreaker.clone(),
        size: SIZE,
        cases: Vec::new(),
    })
}

/// Reads the data of an index, or of several named with commas.
fn load(name: &str, folder: &Path) -> Read<Data> {
    let index = INDICES
        .get(name)
        .ok_or_else(|| error(format!("no mapping is known for the index `{name}`")))?;
    let mut documents = Vec::new();
    for file in name.split(',') {
        let file_name = format!("{file}.ndjson");
        let text = files::read(&folder.join(&file_name))
            .map_err(|found| error(format!("{file_name}: {found}")))?;
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let broken = |what: String| error(format!("{file_name}, line {number}: {what}"));
            let source: Value =
                serde_json::from_str(line).map_err(|found| broken(found.to_string()))?;
            let id = source.get(&index.id).and_then(Value::as_i64);
            let id = id.ok_or_else(|| broken(format!("no number in `{}`", index.id)))?;
            documents.push(json!({ "_id": id.to_string(), "_index": file, "_source": source }));
        }
    }
    let events = events(documents)?;
    let ids = events.iter().map(|event| event.id.clone()).collect();
    Ok(Data { index, events, ids })
}

/// How many events one result has.
fn stages(plan: &Plan) -> usize {
    let Plan::Eql(plan) = plan else { return 1 };
    match &plan.search {
        EqlSearch::Events(_) => 1,
        EqlSearch::Sequence { stages, .. } => {
            stages.iter().map(|stage| stage.runs.max(1) as usize).sum()
        }
        EqlSearch::Sample { stages } => stages.len(),
    }
}

/// The recorded ids, cut into results of `stages` events each; lists of ids are
/// alternatives.
fn expected(case: &EqlCase, stages: usize, known: &BTreeSet<String>) -> Read<Expected> {
    let alternatives: Vec<&[Value]> = match case.expected_event_ids.first() {
        Some(Value::Array(_)) => {
            let lists = case.expected_event_ids.iter().map(|list| list.as_array());
            let lists: Option<Vec<_>> = lists.map(|list| list.map(Vec::as_slice)).collect();
            lists.ok_or_else(|| error("ids beside lists of ids"))?
        }
        _ => vec![&case.expected_event_ids],
    };
    let lists = alternatives.into_iter().map(|ids| {
        let count = ids.len() / stages;
        if ids.len() % stages != 0 {
            return Err(error(format!("{} ids are no results of {stages} events", ids.len())));
        }
        let keys = keys(case.join_keys.as_deref(), count)?;
        let results = ids.chunks(stages).zip(keys);
        results
            .map(|(ids, keys)| {
                let events = ids.iter().map(|id| event(id, known)).collect::<Read<_>>()?;
                Ok(Sequence { keys, events })
            })
            .collect()
    });
    Ok(Expected::Sequences(lists.collect::<Read<_>>()?))
}

/// The id of one event; `-1` stands for a missing one.
fn event(id: &Value, known: &BTreeSet<String>) -> Read<Option<String>> {
    match id.as_i64() {
        Some(-1) => Ok(None),
        Some(number) if known.contains(&number.to_string()) => Ok(Some(number.to_string())),
        Some(_) | None => Err(error(format!("event {id} is not in the data"))),
    }
}

/// The join keys of each of `count` results, where they were recorded.
fn keys(recorded: Option<&[Value]>, count: usize) -> Read<Vec<Option<Vec<String>>>> {
    let Some(recorded) = recorded.filter(|_| count > 0) else { return Ok(vec![None; count]) };
    if recorded.len() % count != 0 {
        return Err(error(format!("{} join keys for {count} results", recorded.len())));
    }
    if recorded.is_empty() {
        return Ok(vec![Some(Vec::new()); count]);
    }
    let plain = |key: &Value| key.as_str().map_or_else(|| key.to_string(), str::to_owned);
    let of_each = recorded.chunks(recorded.len() / count);
    Ok(of_each.map(|keys| Some(keys.iter().map(plain).collect())).collect())
}
