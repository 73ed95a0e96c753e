//! What people have around their events: answers of Elasticsearch and Kibana are
//! opened, and what is no document of an index is refused by its name.
//!
//! An object with `@timestamp` or `_source` is an event, whatever else it holds.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::origin::Origin;
use super::raw;
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// How many answers may lie in one another.
const MAX_DEPTH: usize = limits::ANSWER_DEPTH.most;

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

/// Opens the values of a file, one after the other.
#[derive(Debug, Default)]
pub struct Opener {
    origin: Option<Origin>,
    /// What the last line, an action of a bulk request, says of the next.
    action: Option<(Map<String, Value>, Span)>,
}

impl Opener {
    /// For a file whose documents come from there.
    pub fn new(origin: Option<Origin>) -> Self {
        Self { origin, action: None }
    }

    /// The documents and hits that a value holds: none for the action of a bulk
    /// request, which tells of the value after it.
    ///
    /// # Errors
    ///
    /// What it is instead of an event.
    pub fn open(&mut self, value: Value, span: Span) -> Result<Vec<Value>, Diagnostic> {
        let at = |Refused { what, help }| {
            Diagnostic::error("no-document", what, Span::new(span.start, span.start))
                .with_help(help)
        };
        match (self.action.take(), value) {
            (Some((mut hit, _)), value) => {
                hit.insert("_source".to_owned(), value);
                Ok(vec![Value::Object(hit)])
            }
            (None, Value::Object(object)) if is_action(&object) => {
                self.action = Some((hit_of(object).map_err(at)?, span));
                Ok(Vec::new())
            }
            (None, Value::Array(values)) => {
                let opened = values.into_iter().map(|value| self.open_one(value));
                opened.collect::<Result<Vec<_>, _>>().map(|found| found.concat()).map_err(at)
            }
            (None, value) => self.open_one(value).map_err(at),
        }
    }

    /// That the file ends here.
    ///
    /// # Errors
    ///
    /// The action of a bulk request that nothing follows.
    pub fn end(self) -> Result<(), Diagnostic> {
        let Some((_, span)) = self.action else { return Ok(()) };
        let message = "the action of a bulk request has no document after it";
        Err(Diagnostic::error("no-document", message, span))
    }

    fn open_one(&self, value: Value) -> Result<Vec<Value>, Refused> {
        let found = open(value, self.origin.as_ref(), MAX_DEPTH)?;
        let Some(Origin { index }) = &self.origin else { return Ok(found) };
        let lies_there = |value: Value| match value {
            Value::Object(object) if !object.contains_key("_source") => {
                json!({"_index": index, "_source": object})
            }
            other => other,
        };
        Ok(found.into_iter().map(lies_there).collect())
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
fn open(value: Value, origin: Option<&Origin>, depth: usize) -> Result<Vec<Value>, Refused> {
    let Value::Object(mut object) = value else { return Ok(vec![value]) };
    if let Some(name) = raw::kind(&object) {
        return refused(format!("the file is a raw log of {name}"), PIPELINE);
    }
    if let Some(source) = object.get_mut("_source") {
        // Some exports write the document as a text.
        let text = source.as_str().filter(|text| text.trim_start().starts_with('{'));
        let parsed = text.and_then(|text| serde_json::from_str(text).ok());
        if let Some(parsed) = parsed {
            *source = parsed;
        }
        return Ok(vec![Value::Object(object)]);
    }
    if object.contains_key("@timestamp") {
        return Ok(vec![Value::Object(object)]);
    }
    let is_hit = object.contains_key("_index") || object.contains_key("_id");
    if is_hit && let Some(Value::Object(fields)) = object.get_mut("fields") {
        let source = document_of(std::mem::take(fields));
        object.insert("_source".to_owned(), Value::Object(source));
        return Ok(vec![Value::Object(object)]);
    }
    let Some(depth) = depth.checked_sub(1) else {
        return refused("the answers lie too deep in one another", "store the hits themselves");
    };
    if let Some(inner) = take_answer(&mut object).or_else(|| take_package(&mut object, origin)) {
        let opened = inner.into_iter().map(|value| open(value, origin, depth));
        let opened: Result<Vec<_>, _> = opened.collect();
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

/// The document that the `fields` of a hit were taken from; a name below another is a
/// multi-field of it, which no document states.
fn document_of(fields: Map<String, Value>) -> Map<String, Value> {
    let names: BTreeSet<String> = fields.keys().cloned().collect();
    let is_stated = |name: &str| {
        let mut dots = name.match_indices('.').map(|(at, _)| &name[..at]);
        !dots.any(|above| names.contains(above))
    };
    fields.into_iter().filter(|(name, _)| is_stated(name)).collect()
}

/// The documents of a pipeline test of elastic-package, where it is known in which
/// index they lie; what the pipeline drops is null.
fn take_package(object: &mut Map<String, Value>, origin: Option<&Origin>) -> Option<Vec<Value>> {
    let stated = |document: &Value| {
        document.get("data_stream.dataset").is_some()
            || document.get("data_stream").is_some_and(|it| it.get("dataset").is_some())
    };
    let known = |document: &Value| document.is_null() || origin.is_some() || stated(document);
    // The input of a pipeline is a document only where it has what pipelines make.
    let made = |document: &Value| document.get("@timestamp").is_some() && known(document);
    let alone = object.keys().all(|key| key == "events" || key == "_config");
    if object.get("expected").is_some_and(|all| each(all, known)) {
        let mut documents = take_array(object, "expected")?;
        documents.retain(|document| !document.is_null());
        Some(documents)
    } else if alone && object.get("events").is_some_and(|all| each(all, made)) {
        take_array(object, "events")
    } else {
        None
    }
}

/// The same hit may be in several sequences.
fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut seen = BTreeSet::new();
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
