//! Fields out of what people have: answers of Elasticsearch about mappings and templates,
//! packages of integrations, schemas of detection-rules, ECS and beats.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::mapping;
use harness_model::index_pattern::stream_of;
use harness_model::schema::{Base, Schema};
use harness_source::diagnostic::Diagnostic;
use harness_source::files::{self, Problem};
use harness_source::span::Span;

/// How deep fields may nest.
const MAX_DEPTH: usize = 30;

/// The mappings of files and folders, by where they are from.
#[derive(Debug, Default)]
pub struct Imported {
    /// By name: `{"mappings": {"properties": …}}` each.
    pub mappings: Map<String, Value>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Imported {
    /// As the text of a mapping file.
    pub fn text(&self) -> String {
        format!("{:#}\n", Value::Object(self.mappings.clone()))
    }

    /// How many fields there are.
    pub fn fields(&self) -> usize {
        let properties = self.mappings.values().filter_map(|one| one["mappings"].get("properties"));
        properties.map(|all| count(all, MAX_DEPTH)).sum()
    }

    /// Adds a file, or the `fields/*.yml` below a folder.
    pub fn add(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.file(path);
        }
        let patterns = ["**/fields/*.yml", "fields/*.yml", "*.yml"];
        let found = files::find(path, &patterns, &mut self.problems);
        if found.is_empty() {
            self.fault(path, "there is no fields/*.yml below the folder");
        }
        for file in found {
            self.file(&file.path);
        }
    }

    /// Adds what a cluster answers to `GET pattern/_mapping`: of a data stream, the mapping
    /// of its newest index.
    pub fn add_answer(&mut self, answer: Value) {
        let Value::Object(indices) = answer else { return };
        // Their numbers have leading zeros, and dates stand before them.
        let mut indices: Vec<(String, Value)> = indices.into_iter().collect();
        indices.sort_by(|a, b| a.0.cmp(&b.0));
        for (index, mapping) in indices {
            let name = stream_of(&index).unwrap_or(&index).to_owned();
            self.mappings.extend(mappings(&name, mapping, MAX_DEPTH).into_iter().flatten());
        }
    }

    fn fault(&mut self, path: &Path, message: &str) {
        let error = Diagnostic::error("schema", message, Span::default());
        let help = "mappings and templates of Elasticsearch, fields.yml of packages, schemas of \
                    detection-rules, ECS and beats are read";
        self.problems.push(Problem::with_path(files::shown(path), error.with_help(help)));
    }

    fn file(&mut self, path: &Path) {
        let text = match files::read(path) {
            Ok(text) => text,
            Err(found) => {
                return self.problems.push(Problem::with_path(files::shown(path), found));
            }
        };
        let value = match path.extension().unwrap_or_default().to_string_lossy().as_ref() {
            "yml" | "yaml" => {
                harness_rule::yaml(&text).ok().and_then(|values| values.into_iter().next())
            }
            "csv" => ecs_table(&text),
            _ => serde_json::from_str(&text).ok(),
        };
        let name = files::shown(path);
        let found = value.and_then(|value| mappings(&name, value, MAX_DEPTH));
        match found.filter(has_types) {
            Some(found) => self.mappings.extend(found),
            None => self.fault(path, "the file says nothing of fields"),
        }
    }
}

/// Whether any field of mappings has a type that there is: other files have texts in places
/// of types, too.
fn has_types(found: &Map<String, Value>) -> bool {
    let mut schema = Schema::new(Base::Empty);
    let refused = mapping::add(&mut schema, "", &Value::Object(found.clone())).len();
    let properties = found.values().filter_map(|one| one["mappings"].get("properties"));
    properties.map(|all| count(all, MAX_DEPTH)).sum::<usize>() > refused
}

/// The table of fields that ECS publishes, as types by name.
fn ecs_table(text: &str) -> Option<Value> {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<&str>>());
    let head = lines.next()?;
    let column = |name: &str| head.iter().position(|cell| *cell == name);
    let (field, kind) = (column("Field")?, column("Type")?);
    let rows = lines.filter_map(|row| Some(((*row.get(field)?).to_owned(), json!(row.get(kind)?))));
    Some(Value::Object(rows.collect()))
}

fn count(properties: &Value, depth: usize) -> usize {
    let Some(depth) = depth.checked_sub(1) else { return 0 };
    let fields = properties.as_object().into_iter().flat_map(|all| all.values());
    let own = |field: &Value| {
        let inner = ["properties", "fields"].iter().filter_map(|key| field.get(key));
        usize::from(field.get("type").is_some()) + inner.map(|all| count(all, depth)).sum::<usize>()
    };
    fields.map(own).sum()
}

/// The mappings in a value, by name.
fn mappings(name: &str, value: Value, depth: usize) -> Option<Map<String, Value>> {
    let depth = depth.checked_sub(1)?;
    let one = |mapping: Value| Map::from_iter([(name.to_owned(), json!({"mappings": mapping}))]);
    let all = |parts: Vec<(String, Value)>| {
        let mut found = Map::new();
        for (key, value) in parts {
            for (mut name, mapping) in mappings(&key, value, depth).into_iter().flatten() {
                // Several packages have an `audit`.
                while found.contains_key(&name) {
                    name = format!("{key}.{name}");
                }
                found.insert(name, mapping);
            }
        }
        (!found.is_empty()).then_some(found)
    };
    match value {
        // fields.yml of a package.
        Value::Array(fields) => {
            let mut properties = Map::new();
            package(&fields, "", depth, &mut properties);
            (!properties.is_empty()).then(|| one(json!({"properties": properties})))
        }
        Value::Object(mut object) => {
            if object.get("properties").is_some_and(Value::is_object) {
                return Some(one(Value::Object(object)));
            }
            if let Some(properties) = by_full_name(&object).or_else(|| capabilities(&object)) {
                return Some(one(json!({"properties": properties})));
            }
            for key in ["mappings", "template", "index_template", "component_template"] {
                if object.get(key).is_some_and(Value::is_object) {
                    return mappings(name, object.remove(key)?, depth);
                }
            }
            for key in ["index_templates", "component_templates"] {
                if let Some(Value::Array(templates)) = object.remove(key) {
                    let named = |template: Value| {
                        let name = template.get("name").and_then(Value::as_str).unwrap_or(name);
                        (name.to_owned(), template)
                    };
                    return all(templates.into_iter().map(named).collect());
                }
            }
            // Flat ECS: a description of each field by its full name.
            let described = |field: &Value| field.get("type").is_some_and(Value::is_string);
            if !object.is_empty() && object.values().all(described) {
                let mut properties = Map::new();
                for (path, field) in &object {
                    mapping::insert(
                        &mut properties,
                        path,
                        field["type"].as_str().unwrap_or("keyword"),
                    );
                }
                return Some(one(json!({"properties": properties})));
            }
            // Types by pattern, or below packages, versions and data streams.
            let typed = |field: &Value| field.is_string();
            if !object.is_empty() && object.values().all(typed) {
                let mut properties = Map::new();
                for (path, kind) in &object {
                    mapping::insert(&mut properties, path, kind.as_str().unwrap_or("keyword"));
                }
                return Some(one(json!({"properties": properties})));
            }
            let mut parts: Vec<(String, Value)> = object.into_iter().collect();
            // Of several versions the newest.
            if parts.iter().all(|(key, _)| is_version(key)) {
                parts.sort_by_key(|(key, _)| version(key));
                parts =
                    parts.pop().into_iter().map(|(_, value)| (name.to_owned(), value)).collect();
            }
            all(parts)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The fields of an answer of `_mapping/field`: each by its full name.
fn by_full_name(object: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut properties = Map::new();
    for field in object.values() {
        let path = field.get("full_name")?.as_str()?;
        let kind = field.get("mapping")?.as_object()?.values().next()?.get("type");
        if let Some(kind) = kind.and_then(Value::as_str) {
            mapping::insert(&mut properties, path, kind);
        }
    }
    (!properties.is_empty()).then_some(properties)
}

/// The fields of an answer of `_field_caps` that have one type in all indices.
fn capabilities(object: &Map<String, Value>) -> Option<Map<String, Value>> {
    object.get("indices")?.as_array()?;
    let mut properties = Map::new();
    for (path, types) in object.get("fields")?.as_object()? {
        let types = types.as_object()?;
        let is_own = |about: &Value| about.get("metadata_field") != Some(&Value::Bool(true));
        if let (Some((kind, about)), 1) = (types.iter().next(), types.len())
            && is_own(about)
            && kind != "object"
        {
            mapping::insert(&mut properties, path, kind);
        }
    }
    (!properties.is_empty()).then_some(properties)
}

fn is_version(key: &str) -> bool {
    key.split('.').count() >= 2 && version(key).is_some()
}

/// The numbers of a version.
fn version(key: &str) -> Option<Vec<u64>> {
    let plain = key.split(['-', '+']).next()?;
    plain.split('.').map(|part| part.parse().ok()).collect()
}

/// Adds fields of a package as it declares them.
fn package(fields: &[Value], prefix: &str, depth: usize, into: &mut Map<String, Value>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for field in fields {
        let text = |key: &str| field.get(key).and_then(Value::as_str);
        let Some(name) = text("name") else {
            // Beats have groups that are no part of the names.
            if let Some(inner) = field.get("fields").and_then(Value::as_array) {
                package(inner, prefix, depth, into);
            }
            continue;
        };
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let inner = field.get("fields").and_then(Value::as_array);
        let kind = text("type");
        match (inner, kind) {
            (Some(inner), kind) => {
                if kind == Some("nested") {
                    mapping::insert(into, &path, "nested");
                }
                package(inner, &path, depth, into);
            }
            // Fields of ECS are known by their names.
            (None, None) if text("external").is_some() => {}
            (None, Some("group" | "object" | "array" | "alias")) => {}
            (None, kind) => {
                mapping::insert(into, &path, kind.unwrap_or("keyword"));
                for inner in
                    field.get("multi_fields").and_then(Value::as_array).into_iter().flatten()
                {
                    let named = |key: &str| inner.get(key).and_then(Value::as_str);
                    if let (Some(name), Some(kind)) = (named("name"), named("type")) {
                        mapping::insert(into, &format!("{path}.{name}"), kind);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a file of that content knows a field.
    fn knows(value: Value, field: &str) -> bool {
        let Some(found) = mappings("m", value, MAX_DEPTH) else { return false };
        let mut schema = Schema::new(Base::Empty);
        assert_eq!(mapping::add(&mut schema, "m", &Value::Object(found)), []);
        schema.field(field).is_some()
    }

    #[test]
    fn fields_are_found_in_what_people_have() {
        let mapping = json!({"properties": {"a": {"properties": {"b": {"type": "keyword"}}}}});
        for value in [
            mapping.clone(),
            json!({"logs-x": {"mappings": mapping}}),
            json!({"template": {"settings": {}, "mappings": mapping}}),
            json!({"index_templates": [
                {"name": "t", "index_template": {"template": {"mappings": mapping}}}
            ]}),
            json!({"component_templates": [
                {"name": "t", "component_template": {"template": {"mappings": mapping}}}
            ]}),
            json!({"winlogbeat-*": {"a.b": "keyword"}, "logs-*": {"c": "long"}}),
            json!({"aws": {"2.9.0": {"cloudtrail": {"x": "long"}}, "2.10.0": {"cloudtrail": {"a.b": "keyword"}}}}),
            json!({"a.b": {"flat_name": "a.b", "type": "keyword"}}),
            json!([{"name": "a", "type": "group", "fields": [{"name": "b", "type": "keyword"}]}]),
            json!({"logs-x": {"mappings": {"a.b": {"full_name": "a.b", "mapping": {"b": {"type": "keyword"}}}}}}),
            json!({"indices": ["x"], "fields": {
                "a": {"object": {"metadata_field": false}}, "a.b": {"keyword": {"metadata_field": false}}
            }}),
            json!({"folders": {"beat": {"folders": {"_meta": {"files": {"fields.yml": [
                {"key": "k", "title": "K", "fields": [{"name": "a.b", "type": "keyword"}]}
            ]}}}}}}),
            json!({"okta": {"1.0.0": {"audit": {"x": "long"}}}, "zoom": {"1.0.0": {"audit": {"a.b": "keyword"}}}}),
            ecs_table("ECS_Version,Indexed,Field_Set,Field,Type\n9,true,a,a.b,keyword\n")
                .expect("a table"),
            json!([{"name": "a.b", "type": "match_only_text", "multi_fields": [{"name": "t", "type": "keyword"}]}]),
        ] {
            assert!(knows(value.clone(), "a.b"), "{value}");
        }
        for value in [
            json!({}),
            json!([]),
            json!({"a": 1}),
            json!("x"),
            json!([{"name": "@timestamp", "external": "ecs"}]),
        ] {
            assert!(mappings("m", value.clone(), MAX_DEPTH).is_none(), "{value}");
        }
        // Texts where types would be, and types that there are not.
        for value in [
            json!({"8.14.0": {"beats": "8.14.0", "ecs": "8.11.0"}}),
            json!({"properties": {"a": {"type": "banana"}}}),
        ] {
            let found = mappings("m", value.clone(), MAX_DEPTH);
            assert!(!found.is_some_and(|found| has_types(&found)), "{value}");
        }
    }
}
