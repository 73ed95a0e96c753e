//! Reads Elasticsearch mapping JSON into a [`Schema`].
//!
//! Accepts what `GET index/_mapping` shows below `mappings` and the analysis part
//! of the index settings. What changes a verdict is obeyed, or the field concerned
//! is refused: a rule that reads it is unsupported, others are not touched.

mod parameter;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::dynamic::{Mode, Template};
use super::{Access, Field, FieldType, Schema};
use crate::value::Resolution;
use crate::value::{DEFAULT_DATE_FORMAT, FloatType, IntegerType};

pub(super) use super::analysis::Analysis;
pub(super) use super::texts::strings;
use harness_source::limits;
use parameter::flag;

/// What of a mapping cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct MappingError {
    /// Dotted path inside the mapping or the settings.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

/// How deep objects of a mapping may nest (Elasticsearch's own limit is 20).
const MAX_DEPTH: usize = limits::MAPPING_DEPTH.most;

/// Types that not all queries know, here or at all.
const SPECIAL: &[&str] = &[
    "aggregate_metric_double",
    "annotated_text",
    "binary",
    "completion",
    "counted_keyword",
    "date_range",
    "dense_vector",
    "double_range",
    "exponential_histogram",
    "float_range",
    "geo_point",
    "geo_shape",
    "histogram",
    "icu_collation_keyword",
    "integer_range",
    "ip_range",
    "join",
    "long_range",
    "murmur3",
    "pattern_text",
    "percolator",
    "point",
    "rank_feature",
    "rank_features",
    "rank_vectors",
    "search_as_you_type",
    "semantic_text",
    "shape",
    "sparse_vector",
    "token_count",
    "unsigned_long",
];

impl Schema {
    /// Adds the fields of an Elasticsearch mapping, with the normalizers and
    /// analyzers of `settings`; later fields replace earlier ones. Gives the parts
    /// that cannot be read: rules that read such a field are unsupported.
    ///
    /// # Errors
    ///
    /// A mapping that is malformed.
    pub fn add_mapping(
        &mut self,
        mapping: &Value,
        settings: &Value,
    ) -> Result<Vec<MappingError>, Vec<MappingError>> {
        // As in Elasticsearch, unless the mapping says otherwise.
        self.dynamic.enable();
        self.dynamic.analysis = Analysis::read(settings);
        let mut reader = Reader::new(self);
        match mapping {
            Value::Object(mapping) => reader.mapping(mapping),
            other => reader.error("mappings", format!("expected an object, found {other}")),
        }
        if reader.errors.is_empty() { Ok(reader.refused) } else { Err(reader.errors) }
    }

    /// Adds one field as a template of dynamic mapping has it.
    pub(super) fn define(&mut self, name: &str, definition: &Map<String, Value>) {
        let nested = self.nested_around(name);
        let place = Place { object: "", nested: nested.as_ref(), depth: 0, refused: None };
        // A template that says nothing readable refuses its fields.
        Reader::new(self).property(name, definition, place);
    }
}

struct Reader<'a> {
    schema: &'a mut Schema,
    errors: Vec<MappingError>,
    refused: Vec<MappingError>,
}

/// Where a field stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Dotted name of the object around it; empty at the root.
    object: &'a str,
    nested: Option<&'a Arc<str>>,
    depth: usize,
    /// Why nothing of the object around it can be read.
    refused: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn new(schema: &'a mut Schema) -> Self {
        Self { schema, errors: Vec::new(), refused: Vec::new() }
    }

    fn error(&mut self, path: &str, message: impl Into<String>) {
        self.errors.push(MappingError { path: path.to_owned(), message: message.into() });
    }

    /// Notes what cannot be read.
    fn refuse(&mut self, path: &str, message: impl Into<String>) {
        self.refused.push(MappingError { path: path.to_owned(), message: message.into() });
    }

    fn mapping(&mut self, mapping: &Map<String, Value>) {
        let root = Place { object: "", nested: None, depth: 0, refused: None };
        if let Some(properties) = mapping.get("properties") {
            self.properties(properties, root);
        }
        for (key, value) in mapping {
            match key.as_str() {
                "dynamic" => self.mode("", value),
                "date_detection" => {
                    self.schema.dynamic.date_detection = Some(flag(mapping, key, true));
                }
                "numeric_detection" => {
                    self.schema.dynamic.numeric_detection = flag(mapping, key, false);
                }
                "dynamic_date_formats" => {
                    let formats = strings(value).into_iter().map(Arc::from).collect();
                    self.schema.dynamic.date_formats = Some(formats);
                }
                "dynamic_templates" => self.templates(value),
                "runtime" => self.runtime(value),
                "enabled" if !flag(mapping, key, true) => {
                    self.schema.disabled.insert("".into());
                }
                "properties"
                | "enabled"
                | "subobjects"
                | "_source"
                | "_meta"
                | "_routing"
                | "_size"
                | "_field_names"
                | "_data_stream_timestamp"
                | "_tier"
                | "_doc_count" => {}
                other => self.refuse(other, "is not a key of a mapping that the harness knows"),
            }
        }
    }

    /// `dynamic` of an object.
    fn mode(&mut self, object: &str, value: &Value) {
        match Mode::read(value) {
            Some(mode) => self.schema.dynamic.set(object, mode),
            None => self.refuse(object, format!("`dynamic: {value}` is not a mode")),
        }
    }

    fn templates(&mut self, value: &Value) {
        for entry in value.as_array().into_iter().flatten().filter_map(Value::as_object) {
            for (name, definition) in entry {
                match Template::read(definition) {
                    Ok(template) => self.schema.dynamic.add(template),
                    Err(message) => self.refuse(&format!("dynamic_templates.{name}"), message),
                }
            }
        }
    }

    /// Fields that are read from documents when a query asks.
    fn runtime(&mut self, value: &Value) {
        let Value::Object(fields) = value else {
            return self.error("runtime", "is not an object");
        };
        for (name, definition) in fields {
            let Some(definition) = definition.as_object() else {
                self.error(name, "a runtime field is an object");
                continue;
            };
            let place = Place { object: "", nested: None, depth: 0, refused: None };
            let type_name = definition.get("type").and_then(Value::as_str).unwrap_or_default();
            match type_name {
                "keyword" | "long" | "double" | "date" | "ip" | "boolean" | "geo_point" => {
                    self.property(name, definition, place);
                    if let Some(field) = self.schema.fields.get_mut(name.as_str()) {
                        Arc::make_mut(field).access = Access::Runtime;
                    }
                }
                other => {
                    let message = format!("runtime fields of the type `{other}` are not supported");
                    self.refused_field(&name.as_str().into(), place, message);
                }
            }
        }
    }

    fn properties(&mut self, properties: &Value, place: Place<'_>) {
        let Value::Object(properties) = properties else {
            return self.error(place.object, "`properties` is not an object");
        };
        if place.depth > MAX_DEPTH {
            return self.error(place.object, "the mapping nests too deeply");
        }
        for (key, definition) in properties {
            let name = if place.object.is_empty() {
                key.clone()
            } else {
                format!("{}.{key}", place.object)
            };
            match definition {
                Value::Object(definition) => self.property(&name, definition, place),
                other => self.error(&name, format!("expected an object, found {other}")),
            }
        }
    }

    fn property(&mut self, name: &str, definition: &Map<String, Value>, place: Place<'_>) {
        let type_name = match definition.get("type") {
            None => "object",
            Some(Value::String(name)) => name,
            Some(other) => return self.error(name, format!("the type is not a name: {other}")),
        };
        if type_name == "alias" {
            return match definition.get("path").and_then(Value::as_str) {
                Some(path) => {
                    self.schema.aliases.insert(name.into(), path.into());
                }
                None => self.error(name, "an alias needs a `path`"),
            };
        }
        let name: Arc<str> = name.into();
        let read = match place.refused {
            Some(reason) => Err(reason.to_owned()),
            None if place.nested.is_some() && definition.contains_key("copy_to") => {
                Err("`copy_to` out of nested objects is not supported".to_owned())
            }
            None => self.field_type(type_name, definition),
        };
        let (ty, reason) = match read {
            Ok(ty) => (ty, None),
            Err(reason) => (FieldType::Refused(reason.as_str().into()), Some(reason)),
        };
        if type_name == "passthrough" {
            let priority = definition.get("priority").and_then(Value::as_i64).unwrap_or(0);
            self.schema.add_passthrough(priority, &name);
        }
        if let Some(dynamic) = definition.get("dynamic") {
            self.mode(&name, dynamic);
        }
        if type_name == "object" && !flag(definition, "enabled", true) {
            self.schema.disabled.insert(name.clone());
        }
        for target in strings(definition.get("copy_to").unwrap_or(&Value::Null)) {
            self.schema.add_copy(&name, target.into());
        }
        if let Some(properties) = definition.get("properties") {
            let nested = if type_name == "nested" { Some(&name) } else { place.nested };
            let refused = reason.as_deref();
            let place = Place { object: &name, nested, depth: place.depth + 1, refused };
            self.properties(properties, place);
        }
        self.multi_fields(&name, definition, place);
        match reason {
            // Of all in a refused object, the object is told.
            Some(reason) if place.refused.is_none() => self.refused_field(&name, place, reason),
            Some(_) | None => self.insert(&name, &name, ty, definition, place),
        }
    }

    /// Adds a field that rules cannot read, and says why.
    fn refused_field(&mut self, name: &Arc<str>, place: Place<'_>, reason: String) {
        let ty = FieldType::Refused(reason.as_str().into());
        let nested = place.nested.cloned();
        self.schema.insert(Field { nested, ..Field::plain(name, ty) });
        self.refuse(name, reason);
    }

    fn insert(
        &mut self,
        name: &Arc<str>,
        source: &Arc<str>,
        ty: FieldType,
        definition: &Map<String, Value>,
        place: Place<'_>,
    ) {
        let type_name = definition.get("type").and_then(Value::as_str).unwrap_or("object");
        self.schema.insert(Field {
            source: source.clone(),
            nested: place.nested.cloned(),
            null_value: definition.get("null_value").map(plain_text),
            access: access(type_name, definition),
            split_queries: flag(definition, "split_queries_on_whitespace", false),
            ..Field::plain(name, ty)
        });
    }

    fn multi_fields(
        &mut self,
        parent: &Arc<str>,
        definition: &Map<String, Value>,
        place: Place<'_>,
    ) {
        let Some(Value::Object(fields)) = definition.get("fields") else { return };
        for (key, definition) in fields {
            let name: Arc<str> = format!("{parent}.{key}").into();
            let Some(definition) = definition.as_object() else {
                self.error(&name, "a multi-field is an object");
                continue;
            };
            let type_name = definition.get("type").and_then(Value::as_str).unwrap_or_default();
            match self.field_type(type_name, definition) {
                Ok(ty) => self.insert(&name, parent, ty, definition, place),
                Err(reason) => self.refused_field(&name, place, reason),
            }
        }
    }

    fn field_type(&self, name: &str, definition: &Map<String, Value>) -> Result<FieldType, String> {
        if SPECIAL.contains(&name) {
            let format = definition.get("format").and_then(Value::as_str);
            return Ok(FieldType::special(name, format.unwrap_or(DEFAULT_DATE_FORMAT)));
        }
        if let Some(reason) = parameter::refusal(name, definition) {
            return Err(reason);
        }
        let analysis = &self.schema.dynamic.analysis;
        let ignore_above = match definition.get("ignore_above") {
            None => None,
            Some(value) => Some(
                value
                    .as_u64()
                    .and_then(|value| usize::try_from(value).ok())
                    .ok_or_else(|| format!("`ignore_above` is not a length: {value}"))?,
            ),
        };
        Ok(match name {
            "keyword" => {
                let normalizer = analysis.normalizer(definition)?;
                FieldType::Keyword { ignore_above, normalizer }
            }
            "constant_keyword" => FieldType::ConstantKeyword {
                value: definition.get("value").map(|v| plain_text(v).to_string()),
            },
            "wildcard" => FieldType::Wildcard { ignore_above },
            "text" => FieldType::Text { analyzer: analysis.analyzer(definition, "analyzer")? },
            "match_only_text" => FieldType::MatchOnlyText,
            "long" => FieldType::Integer(IntegerType::Long),
            "integer" => FieldType::Integer(IntegerType::Integer),
            "short" => FieldType::Integer(IntegerType::Short),
            "byte" => FieldType::Integer(IntegerType::Byte),
            "double" => FieldType::Float(FloatType::Double),
            "float" => FieldType::Float(FloatType::Float),
            "half_float" => FieldType::Float(FloatType::Half),
            "scaled_float" => FieldType::Float(FloatType::Scaled(
                definition.get("scaling_factor").and_then(Value::as_f64).unwrap_or(1000.0),
            )),
            "boolean" => FieldType::Boolean,
            "date" | "date_nanos" => FieldType::Date {
                format: definition
                    .get("format")
                    .and_then(Value::as_str)
                    .unwrap_or(DEFAULT_DATE_FORMAT)
                    .into(),
                resolution: match name {
                    "date_nanos" => Resolution::Nanos,
                    _ => Resolution::Millis,
                },
            },
            "ip" => FieldType::Ip,
            "flattened" | "flat_object" => FieldType::Flattened { ignore_above },
            "version" => FieldType::Version,
            "object" | "passthrough" => FieldType::Object,
            "nested" => FieldType::Nested,
            other => return Err(format!("`{other}` is not a field type that the harness knows")),
        })
    }
}

/// Where queries find the values of a field of that type.
fn access(type_name: &str, definition: &Map<String, Value>) -> Access {
    let indexed = flag(definition, "index", true);
    match type_name {
        "text" if !indexed => Access::Source,
        "text" | "match_only_text" | "wildcard" | "constant_keyword" | "object" | "nested" => {
            Access::Full
        }
        "binary" if !flag(definition, "doc_values", false) => Access::Source,
        _ => match (indexed, flag(definition, "doc_values", true)) {
            (true, true) => Access::Full,
            (false, true) => Access::Values,
            (true, false) => Access::Indexed,
            (false, false) => Access::Source,
        },
    }
}

/// A scalar as its text, without the quotes of a string.
fn plain_text(value: &Value) -> Arc<str> {
    match value {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}
