//! Mapping files over the embedded table of fields.

use std::path::Path;

use serde_json::{Map, Value, json};

use harness_model::schema::Schema;
use harness_model::schema::mapping::MappingError;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::files::{self, Problem};
use harness_source::span::Span;

/// Adds a mapping file: `{"mappings": …, "settings": …}`, the same by index as
/// `GET index/_mapping` shows it, the bare mapping, or the types of fields by index
/// pattern as detection-rules has them. What cannot be read is told: as a warning where
/// it concerns single fields.
pub(super) fn overlay(schema: &mut Schema, path: &Path) -> Vec<Problem> {
    match read(path) {
        Ok((name, value)) => add(schema, &name, &value),
        Err(problem) => vec![problem],
    }
}

/// Adds the fields of a file that are not known yet; nothing of it is an error.
pub(super) fn fill(schema: &mut Schema, path: &Path) -> Vec<Problem> {
    let mut problems = match read(path) {
        Ok((name, value)) => match by_pattern(&value, &|field| schema.field(field).is_none()) {
            Some(mapping) => add(schema, &name, &mapping),
            None => Vec::new(),
        },
        Err(problem) => vec![problem],
    };
    for problem in &mut problems {
        problem.diagnostic.severity = Severity::Warning;
    }
    problems
}

fn read(path: &Path) -> Result<(String, Value), Problem> {
    let name = files::shown(path);
    let text = files::read(path).map_err(|found| Problem::with_path(&name, found))?;
    match serde_json::from_str(&text) {
        Ok(value) => Ok((name, value)),
        Err(error) => {
            let message = format!("not JSON: {error}");
            let error = Diagnostic::error("mapping", message, Span::default());
            Err(Problem::with_path(name, error))
        }
    }
}

/// Adds what a mapping file holds; what of it cannot be read.
pub(super) fn add(schema: &mut Schema, name: &str, file: &Value) -> Vec<Problem> {
    let problem = |error: &MappingError| {
        let error = Diagnostic::error("mapping", error.to_string(), Span::default());
        Problem::with_path(name, error)
    };
    let refused = |error: &MappingError| {
        let help = "rules that read it are unsupported, others are not touched";
        let warning = Diagnostic::warning("mapping", error.to_string(), Span::default());
        Problem::with_path(name, warning.with_help(help))
    };
    let by_pattern = by_pattern(file, &|_| true);
    let mut problems = Vec::new();
    for part in by_pattern.as_ref().map_or_else(|| mappings(file), |mapping| vec![mapping]) {
        let mapping = part.get("mappings").unwrap_or(part);
        let settings = part.get("settings").unwrap_or(&Value::Null);
        match schema.add_mapping(mapping, settings) {
            Ok(parts) => problems.extend(parts.iter().map(refused)),
            Err(errors) => problems.extend(errors.iter().map(problem)),
        }
    }
    problems
}

/// The mappings of a file: one, or one of each index.
fn mappings(file: &Value) -> Vec<&Value> {
    let by_index = file.as_object().filter(|parts| {
        !parts.is_empty() && parts.values().all(|part| part.get("mappings").is_some())
    });
    by_index.map_or_else(|| vec![file], |parts| parts.values().collect())
}

/// How deep the names of fields may nest.
const MAX_DEPTH: usize = 20;

/// `{"logs-*": {"a.b": "keyword"}}` as a mapping of the fields that are wanted; `None`
/// for files of another form.
fn by_pattern(file: &Value, is_wanted: &dyn Fn(&str) -> bool) -> Option<Value> {
    let patterns = file.as_object().filter(|patterns| !patterns.is_empty())?;
    let mut fields: Vec<(String, &str)> = Vec::new();
    for (pattern, types) in patterns {
        let is_mapping = |key: &str| types.get(key).is_some_and(Value::is_object);
        if ["properties", "mappings", "template"].contains(&pattern.as_str())
            || is_mapping("properties")
            || is_mapping("mappings")
        {
            return None;
        }
        flat(types, &mut String::new(), MAX_DEPTH, &mut fields)?;
    }
    fields.sort();
    fields.dedup_by(|a, b| a.0 == b.0);
    let mut properties = Map::new();
    for (name, kind) in fields.iter().filter(|(name, _)| is_wanted(name)) {
        insert(&mut properties, name, kind);
    }
    Some(json!({"properties": properties}))
}

/// Collects names and types; `None` where there is something else.
fn flat<'a>(
    types: &'a Value,
    path: &mut String,
    depth: usize,
    into: &mut Vec<(String, &'a str)>,
) -> Option<()> {
    match types {
        Value::String(kind) if !path.is_empty() => into.push((path.clone(), kind)),
        Value::Object(inner) => {
            let depth = depth.checked_sub(1)?;
            for (name, types) in inner {
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                flat(types, path, depth, into)?;
                path.truncate(length);
            }
        }
        _ => return None,
    }
    Some(())
}

/// Adds a field at its path; one below a field that has a type is a multi-field of it.
pub(super) fn insert(properties: &mut Map<String, Value>, path: &str, kind: &str) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let entry = properties.entry(first).or_insert_with(|| json!({}));
    let Some(object) = entry.as_object_mut() else { return };
    match rest {
        None => {
            object.insert("type".to_owned(), kind.into());
            if kind == "scaled_float" {
                object.insert("scaling_factor".to_owned(), 1000.into());
            }
        }
        Some(rest) => {
            let key = if object.contains_key("type") { "fields" } else { "properties" };
            let inner = object.entry(key).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut()
                && (key == "properties" || !rest.contains('.'))
            {
                insert(inner, rest, kind);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use harness_model::schema::Base;

    use super::*;

    #[test]
    fn mapping_files_have_several_forms() {
        let mapping = json!({"properties": {"a": {"type": "keyword"}}});
        let other = json!({"properties": {"b": {"type": "ip"}}});
        for file in [
            mapping.clone(),
            json!({"mappings": mapping, "settings": {}}),
            json!({"logs-x": {"mappings": mapping}, "logs-y": {"mappings": other}}),
            json!({"logs-*": {"a": "keyword"}}),
        ] {
            let mut schema = Schema::new(Base::Empty);
            assert!(add(&mut schema, "m.json", &file).is_empty(), "{file}");
            assert!(schema.field("a").is_some(), "{file}");
            assert_eq!(schema.field("b").is_some(), file.get("logs-y").is_some());
        }
    }

    #[test]
    fn types_by_pattern_are_a_mapping() {
        let file = json!({
            "logs-*": {"a.b": "keyword", "a.b.text": "text", "c": {"d": "long"}},
            "winlogbeat-*": {"a.b": "keyword"},
        });
        let mut schema = Schema::new(Base::Empty);
        assert_eq!(add(&mut schema, "m.json", &file), []);
        for field in ["a.b", "a.b.text", "c.d"] {
            assert!(schema.field(field).is_some(), "{field}");
        }
    }

    #[test]
    fn what_of_a_mapping_is_not_obeyed_is_told() {
        let found = |file: &Value| -> Vec<(Severity, String)> {
            let problems = add(&mut Schema::new(Base::Empty), "m.json", file);
            let told = |problem: Problem| {
                (problem.diagnostic.severity, problem.diagnostic.message.clone())
            };
            problems.into_iter().map(told).collect()
        };
        let odd = json!({"properties": {"a": {"type": "long", "coerce": false}}});
        let message = "a: `coerce: false` is not supported".to_owned();
        assert_eq!(found(&odd), [(Severity::Warning, message)]);
        let broken = json!({"properties": {"a": 5}});
        let message = "a: expected an object, found 5".to_owned();
        assert_eq!(found(&broken), [(Severity::Error, message)]);
    }
}
