//! What people have around their events: answers of Elasticsearch and Kibana are
//! opened, and what is no document of an index is refused by its name.
//!
//! An object with `@timestamp` or `_source` is an event, whatever else it holds.

use serde_json::{Map, Value};

use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// How many answers may lie in one another.
const MAX_DEPTH: usize = 8;

/// What Elasticsearch says of a hit beside its document.
const ABOUT_HITS: [&str; 16] = [
    "_ignored",
    "_primary_term",
    "_routing",
    "_score",
    "_seq_no",
    "_type",
    "_version",
    "fields",
    "found",
    "highlight",
    "ignored_field_values",
    "inner_hits",
    "matched_queries",
    "missing",
    "result",
    "sort",
];

/// The documents and hits among the values of a file.
pub(super) fn documents(values: Vec<(Value, Span)>) -> Result<Vec<(Value, Span)>, Diagnostic> {
    let mut found = Vec::new();
    let mut action: Option<(Map<String, Value>, Span)> = None;
    for (value, span) in values {
        let opened = match (action.take(), value) {
            (Some((mut hit, _)), value) => {
                hit.insert("_source".to_owned(), value);
                Ok(vec![Value::Object(hit)])
            }
            (None, Value::Object(object)) if is_action(&object) => match hit_of(object) {
                Ok(hit) => {
                    action = Some((hit, span));
                    continue;
                }
                Err(refused) => Err(refused),
            },
            (None, Value::Array(values)) => {
                values.into_iter().try_fold(Vec::new(), |mut all, value| {
                    all.extend(open(value, MAX_DEPTH)?);
                    Ok(all)
                })
            }
            (None, value) => open(value, MAX_DEPTH),
        };
        let opened = opened.map_err(|Refused { what, help }| {
            Diagnostic::error("no-document", what, Span::new(span.start, span.start))
                .with_help(help)
        })?;
        found.extend(opened.into_iter().map(|value| (value, span)));
    }
    match action {
        Some((_, span)) => {
            let message = "the action of a bulk request has no document after it";
            Err(Diagnostic::error("no-document", message, span))
        }
        None => Ok(found),
    }
}

/// Why something is no event.
#[derive(Debug)]
struct Refused {
    what: String,
    help: &'static str,
}

fn refused<T>(what: impl Into<String>, help: &'static str) -> Result<T, Refused> {
    Err(Refused { what: what.into(), help })
}

/// Whether it is an action line of a bulk request.
fn is_action(object: &Map<String, Value>) -> bool {
    let mut entries = object.iter();
    let (Some((key, Value::Object(about))), None) = (entries.next(), entries.next()) else {
        return false;
    };
    let known = |key: &String| {
        key.starts_with('_')
            || matches!(
                key.as_str(),
                "routing" | "pipeline" | "require_alias" | "require_data_stream" | "op_type"
            )
    };
    matches!(key.as_str(), "index" | "create" | "update" | "delete") && about.keys().all(known)
}

/// The id and the index that an action gives its document.
fn hit_of(object: Map<String, Value>) -> Result<Map<String, Value>, Refused> {
    let mut hit = Map::new();
    for (key, about) in object {
        if !matches!(key.as_str(), "index" | "create") {
            return refused(
                format!("the bulk request has an action `{key}`, which states no whole document"),
                "keep the actions `index` and `create`",
            );
        }
        if let Value::Object(about) = about {
            hit.extend(about.into_iter().filter(|(key, _)| key == "_id" || key == "_index"));
        }
    }
    Ok(hit)
}

/// The documents and hits in a value; what is none of these stays as it is.
fn open(value: Value, depth: usize) -> Result<Vec<Value>, Refused> {
    let Value::Object(mut object) = value else { return Ok(vec![value]) };
    if object.contains_key("_source") || object.contains_key("@timestamp") {
        return Ok(vec![Value::Object(object)]);
    }
    let Some(depth) = depth.checked_sub(1) else {
        return refused("the answers lie too deep in one another", "store the hits themselves");
    };
    if let Some(inner) = take_answer(&mut object) {
        let opened: Result<Vec<_>, _> = inner.into_iter().map(|value| open(value, depth)).collect();
        let found = distinct(opened?.concat());
        return if found.is_empty() {
            refused("the answer of the search has no hits", "search anew, or delete the file")
        } else {
            Ok(found)
        };
    }
    match foreign(&object) {
        Some(refused) => Err(refused),
        None => Ok(vec![Value::Object(object)]),
    }
}

/// The same hit may be in several sequences.
fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for value in values {
        let named = value.get("_id").is_some();
        if !named || seen.insert(value.to_string()) {
            found.push(value);
        }
    }
    found
}

/// What an answer of Elasticsearch or Kibana holds; `None` for other objects,
/// which stay as they are.
fn take_answer(object: &mut Map<String, Value>) -> Option<Vec<Value>> {
    // `hits` of a search or of EQL, or the object after that name alone.
    if let Some(Value::Object(hits)) = object.get_mut("hits") {
        return take_hits(hits);
    }
    if object.get("hits").is_some_and(are_hits) {
        return take_array(object, "hits");
    }
    // Of Kibana's inspector, and of an asynchronous search.
    let asynchronous = object.contains_key("is_running") || object.contains_key("is_partial");
    for (key, fits) in [("rawResponse", true), ("response", asynchronous)] {
        if fits && object.get(key).is_some_and(Value::is_object) {
            return object.remove(key).map(|inner| vec![inner]);
        }
    }
    let answers = |value: &Value| value.get("hits").is_some() || value.get("error").is_some();
    if object.get("responses").is_some_and(|all| each(all, answers)) {
        return take_array(object, "responses");
    }
    // Of a request for several documents, and of a simulated pipeline.
    let document = |value: &Value| {
        ["_source", "found", "doc", "error"].iter().any(|key| value.get(key).is_some())
    };
    if object.get("docs").is_some_and(|all| each(all, document)) {
        return take_array(object, "docs");
    }
    if object.get("doc").is_some_and(|doc| doc.get("_source").is_some()) {
        return object.remove("doc").map(|inner| vec![inner]);
    }
    None
}

fn take_hits(hits: &mut Map<String, Value>) -> Option<Vec<Value>> {
    let objects = |key: &str| hits.get(key).is_some_and(|all| each(all, Value::is_object));
    if objects("hits") {
        take_array(hits, "hits")
    } else if objects("events") {
        take_array(hits, "events")
    } else if objects("sequences") {
        let sequences = take_array(hits, "sequences")?;
        let events = sequences.into_iter().map(|mut sequence| {
            sequence.as_object_mut().and_then(|one| take_array(one, "events")).unwrap_or_default()
        });
        Some(events.flatten().collect())
    } else {
        None
    }
}

fn take_array(object: &mut Map<String, Value>, key: &str) -> Option<Vec<Value>> {
    match object.remove(key) {
        Some(Value::Array(values)) => Some(values),
        _ => None,
    }
}

/// Whether it is an array of nothing but such values.
fn each(value: &Value, fits: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|values| values.iter().all(fits))
}

fn are_hits(value: &Value) -> bool {
    let hit = |value: &Value| value.get("_source").is_some() || value.get("_index").is_some();
    value.as_array().is_some_and(|values| !values.is_empty()) && each(value, hit)
}

const HITS: &str = "search for the documents themselves and store the answer, or its hits";
const PIPELINE: &str = "rules read what the ingest pipeline makes of it: store documents in ECS, \
                        as a search finds them";

/// What an object is that no search over an index would find.
fn foreign(object: &Map<String, Value>) -> Option<Refused> {
    let has = |key: &str| object.contains_key(key);
    let array = |key: &str| object.get(key).is_some_and(Value::is_array);
    let all = |key: &str, inner: &str| {
        let values = object.get(key).and_then(Value::as_array);
        values.is_some_and(|them| !them.is_empty() && them.iter().all(|it| it.get(inner).is_some()))
    };
    let (what, help) = if array("columns") && (array("values") || array("rows")) {
        ("an answer of ES|QL or SQL holds rows, not documents".to_owned(), HITS)
    } else if array("expected") {
        let help = "store each document of `expected`, with `data_stream.dataset` or as a hit with \
                    its `_index`: the file does not say in which index they lie";
        ("the file is an expectation of a pipeline test of elastic-package".to_owned(), help)
    } else if all("Records", "eventName") || all("Events", "CloudTrailEvent") {
        ("the file is a raw log of AWS CloudTrail".to_owned(), PIPELINE)
    } else if object.get("Event").is_some_and(|event| event.get("System").is_some()) {
        ("the file is a raw event of the Windows event log".to_owned(), PIPELINE)
    } else if array("events") && object.keys().all(|key| key == "events" || key == "_config") {
        ("the file is the input of a pipeline test of elastic-package".to_owned(), PIPELINE)
    } else if has("error") && has("status") && object.len() == 2 {
        ("the file is an error of Elasticsearch, not an answer".to_owned(), HITS)
    } else if has("_id") && object.get("found") == Some(&Value::Bool(false)) {
        ("the document was not found".to_owned(), HITS)
    } else if (has("_index") || has("_id")) && is_bare_hit(object) {
        let help = "ask for `_source` as well: rules read it and not the `fields` of a hit";
        ("the hit has no `_source`".to_owned(), help)
    } else {
        let path = object.iter().find_map(|(key, value)| inside(key, value, 3))?;
        (format!("the events lie inside `{path}`"), "store what it holds, each as a document")
    };
    Some(Refused { what, help })
}

/// Whether nothing is left of a hit without what it says about itself.
fn is_bare_hit(object: &Map<String, Value>) -> bool {
    let own = |key: &String| key == "_index" || key == "_id" || ABOUT_HITS.contains(&key.as_str());
    object.contains_key("fields") && !object.contains_key("@timestamp") || object.keys().all(own)
}

/// The path to an event that lies in a value.
fn inside(path: &str, value: &Value, depth: usize) -> Option<String> {
    let event = |value: &Value| {
        value.get("@timestamp").is_some()
            || value.get("_source").is_some() && value.get("_index").is_some()
    };
    match value {
        Value::Array(values) => values.first().is_some_and(event).then(|| path.to_owned()),
        Value::Object(_) if event(value) => Some(path.to_owned()),
        Value::Object(object) => {
            let depth = depth.checked_sub(1)?;
            object.iter().find_map(|(key, value)| inside(&format!("{path}.{key}"), value, depth))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests;
