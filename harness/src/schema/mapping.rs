//! Reads Elasticsearch mapping JSON into a [`Schema`].
//!
//! Accepts what `GET index/_mapping` shows below `mappings` (`properties`,
//! multi-fields, `flattened`, `nested`, aliases) and the analysis part of the
//! index settings. Settings that change a verdict and are not known are errors.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{DEFAULT_DATE_FORMAT, Field, FieldType, FloatType, IntegerType, Schema};
use crate::analysis::{Analyzer, Normalizer};

/// A mapping that cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct MappingError {
    /// Dotted path inside the mapping or the settings.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

/// How deep objects of a mapping may nest (Elasticsearch's own limit is 20).
const MAX_DEPTH: usize = 64;

impl Schema {
    /// Adds the fields of an Elasticsearch mapping, with the normalizers and
    /// analyzers of `settings`; later fields replace earlier ones.
    ///
    /// # Errors
    ///
    /// Every part of the mapping that is malformed or of an unknown type.
    pub fn add_mapping(
        &mut self,
        mapping: &Value,
        settings: &Value,
    ) -> Result<(), Vec<MappingError>> {
        let mut errors = Vec::new();
        let analysis = Analysis::read(settings, &mut errors);
        // As in Elasticsearch, unless the mapping says otherwise.
        self.dynamic = true;
        let mut reader = Reader { schema: self, analysis, errors };
        match mapping {
            Value::Object(mapping) => reader.mapping(mapping),
            other => reader.error("mappings", format!("expected an object, found {other}")),
        }
        if reader.errors.is_empty() { Ok(()) } else { Err(reader.errors) }
    }
}

/// The named parts of `settings.analysis`.
#[derive(Default)]
struct Analysis {
    normalizers: BTreeMap<String, Normalizer>,
    analyzers: BTreeMap<String, Analyzer>,
}

impl Analysis {
    fn read(settings: &Value, errors: &mut Vec<MappingError>) -> Self {
        let mut analysis = Self::default();
        let root = settings.get("index").unwrap_or(settings);
        let Some(Value::Object(parts)) = root.get("analysis") else { return analysis };
        for (kind, entries) in parts {
            let entries = entries.as_object().into_iter().flatten();
            for (name, definition) in entries {
                let read = match kind.as_str() {
                    "normalizer" => normalizer(definition).map(|normalizer| {
                        analysis.normalizers.insert(name.clone(), normalizer);
                    }),
                    "analyzer" => analyzer(definition).map(|analyzer| {
                        analysis.analyzers.insert(name.clone(), analyzer);
                    }),
                    other => Err(format!("`{other}` is not supported")),
                };
                if let Err(message) = read {
                    errors.push(MappingError {
                        path: format!("settings.analysis.{kind}.{name}"),
                        message,
                    });
                }
            }
        }
        analysis
    }
}

fn normalizer(definition: &Value) -> Result<Normalizer, String> {
    let filters = definition.get("filter").cloned().unwrap_or_default();
    let filters = match filters {
        Value::String(name) => vec![Value::String(name)],
        Value::Array(names) => names,
        _ => Vec::new(),
    };
    match filters.as_slice() {
        [] => Ok(Normalizer::None),
        [Value::String(name)] if name == "lowercase" => Ok(Normalizer::Lowercase),
        other => Err(format!("filters {} are not supported", Value::from(other.to_vec()))),
    }
}

fn analyzer(definition: &Value) -> Result<Analyzer, String> {
    match definition.get("type").and_then(Value::as_str) {
        Some("pattern") => {
            let pattern = definition.get("pattern").and_then(Value::as_str).unwrap_or("\\W+");
            let lowercase = definition.get("lowercase").and_then(Value::as_bool).unwrap_or(true);
            Analyzer::pattern(pattern, lowercase)
        }
        Some(name) => Analyzer::by_name(name)
            .ok_or_else(|| format!("analyzer type `{name}` is not supported")),
        None => Err("the analyzer has no type".to_owned()),
    }
}

/// The keys of a field that change no verdict of ours.
const HARMLESS: &[&str] = &[
    "type",
    "fields",
    "properties",
    "ignore_above",
    "normalizer",
    "analyzer",
    "value",
    "format",
    "null_value",
    "scaling_factor",
    "path",
    "doc_values",
    "norms",
    "eager_global_ordinals",
    "index_options",
    "ignore_malformed",
    "coerce",
    "store",
    "meta",
    "time_series_dimension",
    "time_series_metric",
    "depth_limit",
    "split_queries_on_whitespace",
    "fielddata",
    "boost",
    "similarity",
    "term_vector",
    "position_increment_gap",
    "synthetic_source_keep",
    "dynamic",
    "enabled",
    "subobjects",
    "search_analyzer",
    "include_in_parent",
    "include_in_root",
    "index",
    "locale",
    "copy_to",
    "unit",
    "metrics",
    "default_metric",
    "index_prefixes",
    "index_phrases",
];

struct Reader<'a> {
    schema: &'a mut Schema,
    analysis: Analysis,
    errors: Vec<MappingError>,
}

/// Where a field stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Dotted name of the object around it; empty at the root.
    object: &'a str,
    nested: Option<&'a Arc<str>>,
    depth: usize,
}

impl Reader<'_> {
    fn error(&mut self, path: &str, message: impl Into<String>) {
        self.errors.push(MappingError { path: path.to_owned(), message: message.into() });
    }

    fn mapping(&mut self, mapping: &Map<String, Value>) {
        for (key, value) in mapping {
            match key.as_str() {
                "properties" => {
                    self.properties(value, Place { object: "", nested: None, depth: 0 });
                }
                "dynamic" => self.schema.dynamic = value == &Value::Bool(true) || value == "true",
                "_source"
                | "_meta"
                | "date_detection"
                | "_data_stream_timestamp"
                | "dynamic_templates"
                | "_routing"
                | "numeric_detection" => {}
                other => self.error(other, "is not a key of a mapping"),
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
        if let Some(key) = definition.keys().find(|key| !HARMLESS.contains(&key.as_str())) {
            return self.error(name, format!("`{key}` is not a known mapping parameter"));
        }
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
        let ty = match self.field_type(type_name, definition) {
            Ok(ty) => ty,
            Err(message) => return self.error(name, message),
        };
        let name: Arc<str> = name.into();
        let inner = if ty == FieldType::Nested { Some(&name) } else { place.nested };
        if let Some(properties) = definition.get("properties") {
            let place = Place { object: &name, nested: inner, depth: place.depth + 1 };
            self.properties(properties, place);
        }
        self.multi_fields(&name, definition, place);
        self.schema.insert(Field {
            source: name.clone(),
            ty,
            nested: place.nested.cloned(),
            null_value: definition.get("null_value").map(plain_text),
            name,
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
            let name = format!("{parent}.{key}");
            let Some(definition) = definition.as_object() else {
                self.error(&name, "a multi-field is an object");
                continue;
            };
            let type_name = definition.get("type").and_then(Value::as_str).unwrap_or_default();
            match self.field_type(type_name, definition) {
                Ok(ty) => self.schema.insert(Field {
                    name: name.into(),
                    ty,
                    source: parent.clone(),
                    nested: place.nested.cloned(),
                    null_value: definition.get("null_value").map(plain_text),
                }),
                Err(message) => self.error(&name, message),
            }
        }
    }

    fn field_type(&self, name: &str, definition: &Map<String, Value>) -> Result<FieldType, String> {
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
                FieldType::Keyword { ignore_above, normalizer: self.normalizer(definition)? }
            }
            "constant_keyword" => FieldType::ConstantKeyword {
                value: definition.get("value").map(|v| plain_text(v).to_string()),
            },
            "wildcard" => FieldType::Wildcard { ignore_above },
            "text" => FieldType::Text { analyzer: self.analyzer(definition)? },
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
            },
            "ip" => FieldType::Ip,
            "flattened" | "flat_object" => FieldType::Flattened { ignore_above },
            "version" => FieldType::Version,
            "object" => FieldType::Object,
            "nested" => FieldType::Nested,
            "geo_point"
            | "geo_shape"
            | "binary"
            | "histogram"
            | "ip_range"
            | "date_range"
            | "long_range"
            | "integer_range"
            | "unsigned_long"
            | "aggregate_metric_double" => FieldType::Other(name.into()),
            other => return Err(format!("`{other}` is not a known field type")),
        })
    }

    fn normalizer(&self, definition: &Map<String, Value>) -> Result<Normalizer, String> {
        match definition.get("normalizer").and_then(Value::as_str) {
            None => Ok(Normalizer::None),
            Some(name) => match self.analysis.normalizers.get(name) {
                Some(normalizer) => Ok(*normalizer),
                None if name == "lowercase" => Ok(Normalizer::Lowercase),
                None => Err(format!("normalizer `{name}` is not defined in the settings")),
            },
        }
    }

    fn analyzer(&self, definition: &Map<String, Value>) -> Result<Analyzer, String> {
        match definition.get("analyzer").and_then(Value::as_str) {
            None => Ok(Analyzer::Standard),
            Some(name) => self
                .analysis
                .analyzers
                .get(name)
                .cloned()
                .or_else(|| Analyzer::by_name(name))
                .ok_or_else(|| format!("analyzer `{name}` is not defined in the settings")),
        }
    }
}

/// A scalar as its text, without the quotes of a string.
fn plain_text(value: &Value) -> Arc<str> {
    match value {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}
