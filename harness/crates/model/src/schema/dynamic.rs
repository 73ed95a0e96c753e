//! How an index types fields that nobody mapped.
//!
//! Elasticsearch looks at a value, then at the templates of the index, then takes
//! the default of that kind of value (docs/semantics.md, "Fields without a
//! mapping"). Data streams come with templates and defaults of their own,
//! [`DATA_STREAM`].

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value, json};

use super::mapping::{Analysis, strings};
use super::{Access, FieldType};
use crate::value::{self, DateFormat, Resolution};
use crate::value::{FloatType, IntegerType};
use harness_text::analysis::{Analyzer, Normalizer};
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;
use harness_text::pattern::java_regex::JavaRegex;

/// Where an event lives, as far as the types of its unmapped fields go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Home {
    /// An index without templates.
    #[default]
    Index,
    /// A data stream of logs, metrics or traces.
    DataStream,
}

impl Home {
    /// Where the events of an index live, or of the indices of a pattern.
    pub fn of(index: &str) -> Self {
        // After the name of a remote cluster, and that of a backing index.
        let name = index.rsplit_once(':').map_or(index, |(_, name)| name);
        let name = name.strip_prefix(".ds-").unwrap_or(name);
        let streams = ["logs-", "metrics-", "traces-"];
        if streams.iter().any(|kind| name.starts_with(kind)) {
            Self::DataStream
        } else {
            Self::Index
        }
    }

    /// Where the events of a rule live that do not say so: in a data stream, where one
    /// of its patterns names such.
    pub fn of_patterns<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        let streams = patterns.into_iter().any(|pattern| Self::of(pattern) == Self::DataStream);
        if streams { Self::DataStream } else { Self::Index }
    }
}

/// What an object makes of fields that its mapping does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// They are mapped.
    Mapped,
    /// They become runtime fields.
    Runtime,
    /// They are not indexed; `strict` refuses the document as well.
    Ignored,
}

impl Mode {
    /// Reads a mapping's `dynamic`.
    pub(super) fn read(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(true) => Self::Mapped,
            Value::Bool(false) => Self::Ignored,
            Value::String(text) => match text.as_str() {
                "true" => Self::Mapped,
                "runtime" => Self::Runtime,
                "false" | "strict" | "false_allow_templates" | "strict_allow_templates" => {
                    Self::Ignored
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// The rules of an index.
#[derive(Clone, Debug, Default)]
pub(super) struct Dynamic {
    /// By object, the root's under the empty name; nothing is mapped without one.
    modes: BTreeMap<Arc<str>, Mode>,
    templates: Vec<Template>,
    /// Whether strings that look like dates are dates; by the event's home where unstated.
    pub(super) date_detection: Option<bool>,
    /// Whether strings that look like numbers are numbers.
    pub(super) numeric_detection: bool,
    /// The formats of such dates; those of Elasticsearch where unstated.
    pub(super) date_formats: Option<Vec<Arc<str>>>,
    /// What templates may name.
    pub(super) analysis: Analysis,
}

/// What dynamic mapping makes of a value.
#[derive(Debug)]
pub(super) enum Made {
    /// A field of this definition.
    Defined(Map<String, Value>),
    /// A field of this type, with a keyword beside it where it is text.
    Plain(FieldType),
}

impl Dynamic {
    /// Maps fields that nobody mapped, unless the root says otherwise.
    pub(super) fn enable(&mut self) {
        self.set("", Mode::Mapped);
    }

    pub(super) fn set(&mut self, object: &str, mode: Mode) {
        self.modes.insert(object.into(), mode);
    }

    pub(super) fn add(&mut self, template: Template) {
        self.templates.push(template);
    }

    /// Whether the root maps fields that nobody mapped.
    pub(super) fn is_on(&self) -> bool {
        self.modes.get("").is_some_and(|mode| *mode != Mode::Ignored)
    }

    /// What becomes of a field: the innermost object that says so decides.
    fn mode(&self, path: &str) -> Mode {
        let around = path.rmatch_indices('.').map(|(dot, _)| &path[..dot]).chain([""]);
        let mut stated = around.filter_map(|object| self.modes.get(object));
        stated.next().copied().unwrap_or(Mode::Ignored)
    }

    /// What becomes of a value that is no object; `None` where nothing does.
    pub(super) fn leaf(&self, path: &str, value: &Value, home: Home) -> Option<Made> {
        let mode = self.mode(path);
        if mode == Mode::Ignored {
            return None;
        }
        let (kind, ty) = self.detect(value, home)?;
        let template = self.template(path, kind, home);
        Some(match (template, mode, kind) {
            (Some(template), _, _) => Made::Defined(template.definition(path, kind)),
            (None, Mode::Runtime, Kind::String) => Made::Plain(FieldType::KEYWORD),
            (None, Mode::Runtime, Kind::Double) => Made::Plain(FieldType::Float(FloatType::Double)),
            (None, _, _) => Made::Plain(ty),
        })
    }

    /// Where queries find the values of a field that no template makes.
    pub(super) fn access(&self, path: &str) -> Access {
        match self.mode(path) {
            Mode::Runtime => Access::Runtime,
            Mode::Mapped | Mode::Ignored => Access::Full,
        }
    }

    /// What becomes of an object, where a template says so.
    pub(super) fn object(&self, path: &str, home: Home) -> Option<Map<String, Value>> {
        if self.mode(path) == Mode::Ignored {
            return None;
        }
        let definition = self.template(path, Kind::Object, home)?.definition(path, Kind::Object);
        let holds_objects = definition.get("type").and_then(Value::as_str).is_some_and(|ty| {
            matches!(ty, "flattened" | "nested" | "geo_point" | "geo_shape" | "passthrough")
        });
        (holds_objects || definition.contains_key("properties")).then_some(definition)
    }

    /// The first template that fits, of the index and then of its home.
    fn template(&self, path: &str, kind: Kind, home: Home) -> Option<&Template> {
        let stream: &[Template] = match home {
            Home::DataStream => &DATA_STREAM,
            Home::Index => &[],
        };
        self.templates.iter().chain(stream).find(|template| template.fits(path, kind))
    }

    /// The kind of a value, and the type that it gets where no template says otherwise.
    fn detect(&self, value: &Value, home: Home) -> Option<(Kind, FieldType)> {
        let long = (Kind::Long, FieldType::Integer(IntegerType::Long));
        let double = (Kind::Double, FieldType::Float(FloatType::Float));
        Some(match value {
            Value::Bool(_) => (Kind::Boolean, FieldType::Boolean),
            Value::Number(number) if number.is_f64() => double,
            Value::Number(_) => long,
            Value::String(text) => {
                if self.numeric_detection && text.parse::<i64>().is_ok() {
                    long
                } else if self.numeric_detection && text.parse::<f64>().is_ok() {
                    double
                } else if let Some(format) = self.date_format(text, home) {
                    (Kind::Date, FieldType::Date { format, resolution: Resolution::Millis })
                } else {
                    (Kind::String, FieldType::Text { analyzer: Analyzer::Standard })
                }
            }
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        })
    }

    /// The format of a date that a string looks like.
    fn date_format(&self, text: &str, home: Home) -> Option<Arc<str>> {
        if !self.date_detection.unwrap_or(home == Home::Index) {
            return None;
        }
        match &self.date_formats {
            None => value::dynamic_date_format(text).map(Arc::from),
            // A number is no date, whatever the formats.
            Some(_) if text.parse::<f64>().is_ok() => None,
            Some(formats) => {
                let reads = |format: &&Arc<str>| {
                    let format = DateFormat::parse(format).ok();
                    format.is_some_and(|format| format.from_json(&Value::from(text)).is_ok())
                };
                formats.iter().find(reads).cloned()
            }
        }
    }
}

/// The kind of a value, as `match_mapping_type` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Long,
    Double,
    String,
    Date,
    Object,
}

impl Kind {
    /// Its name, and that of the type it gets.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Boolean => ("boolean", "boolean"),
            Self::Long => ("long", "long"),
            Self::Double => ("double", "float"),
            Self::String => ("string", "text"),
            Self::Date => ("date", "date"),
            Self::Object => ("object", "object"),
        }
    }
}

/// One of `dynamic_templates`: which fields, and their definition.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// Kinds of values; any where none is stated.
    kinds: Vec<String>,
    other_kinds: Vec<String>,
    /// On the last part of a name.
    name: Vec<Matcher>,
    other_name: Vec<Matcher>,
    /// On the whole of it.
    path: Vec<Matcher>,
    other_path: Vec<Matcher>,
    definition: Map<String, Value>,
}

#[derive(Clone, Debug)]
enum Matcher {
    Simple(Glob),
    Regex(JavaRegex),
}

impl Matcher {
    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Simple(glob) => glob.matches(text, Case::Sensitive),
            Self::Regex(regex) => regex.matches(text),
        }
    }
}

impl Template {
    /// Reads a template; an error says what of it is not supported.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(parts) = value else { return Err("is not an object".to_owned()) };
        let known = [
            "match_mapping_type",
            "unmatch_mapping_type",
            "match",
            "unmatch",
            "path_match",
            "path_unmatch",
            "match_pattern",
            "mapping",
            "runtime",
        ];
        if let Some(key) = parts.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("`{key}` is not a part of a template that the harness knows"));
        }
        let definition = parts.get("mapping").or_else(|| parts.get("runtime"));
        let Some(definition) = definition.and_then(Value::as_object).cloned() else {
            return Err("has no `mapping`".to_owned());
        };
        let texts = |key: &str| strings(parts.get(key).unwrap_or(&Value::Null));
        let kinds = |key: &str| {
            let kinds = texts(key).into_iter().filter(|kind| *kind != "*");
            kinds.map(str::to_owned).collect::<Vec<_>>()
        };
        let regex = parts.get("match_pattern").and_then(Value::as_str) == Some("regex");
        let matchers = |key: &str, regex: bool| -> Result<Vec<Matcher>, String> {
            let matcher = |text: &str| {
                if regex {
                    let pattern = JavaRegex::parse(text, Case::Sensitive);
                    pattern.map(Matcher::Regex).map_err(|error| format!("`{key}`: {error}"))
                } else {
                    Ok(Matcher::Simple(Glob::simple(text)))
                }
            };
            texts(key).into_iter().map(matcher).collect()
        };
        Ok(Self {
            kinds: kinds("match_mapping_type"),
            other_kinds: kinds("unmatch_mapping_type"),
            name: matchers("match", regex)?,
            other_name: matchers("unmatch", regex)?,
            path: matchers("path_match", false)?,
            other_path: matchers("path_unmatch", false)?,
            definition,
        })
    }

    fn fits(&self, path: &str, kind: Kind) -> bool {
        let name = path.rsplit_once('.').map_or(path, |(_, name)| name);
        let (kind, _) = kind.names();
        let any = |matchers: &[Matcher], text: &str| matchers.iter().any(|m| m.matches(text));
        let some = |matchers: &[Matcher], text: &str| matchers.is_empty() || any(matchers, text);
        (self.kinds.is_empty() || self.kinds.iter().any(|own| own == kind))
            && !self.other_kinds.iter().any(|other| other == kind)
            && some(&self.name, name)
            && some(&self.path, path)
            && !any(&self.other_name, name)
            && !any(&self.other_path, path)
    }

    /// The definition of one field: `{name}` and `{dynamic_type}` are filled in.
    fn definition(&self, path: &str, kind: Kind) -> Map<String, Value> {
        let name = path.rsplit_once('.').map_or(path, |(_, name)| name);
        let (_, ty) = kind.names();
        let fill = |text: &str| text.replace("{name}", name).replace("{dynamic_type}", ty);
        let mut definition = filled(&self.definition, &fill, MAX_DEPTH);
        definition.entry("type").or_insert_with(|| ty.into());
        definition
    }
}

/// How deep the definition of a template is filled in.
const MAX_DEPTH: usize = 8;

fn filled(
    definition: &Map<String, Value>,
    fill: &dyn Fn(&str) -> String,
    depth: usize,
) -> Map<String, Value> {
    let value = |value: &Value| match value {
        Value::String(text) => Value::String(fill(text)),
        Value::Object(inner) if depth > 0 => Value::Object(filled(inner, fill, depth - 1)),
        other => other.clone(),
    };
    definition.iter().map(|(key, inner)| (key.clone(), value(inner))).collect()
}

/// What data streams of logs, metrics and traces make of fields: the conventions
/// of ECS by name, then every string a keyword.
static DATA_STREAM: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let with_text = |ty: &str| json!({"type": ty, "fields": {"text": {"type": "match_only_text"}}});
    let values = |part: &str, names: &[&str], mapping: Value| json!({part: names, "unmatch_mapping_type": "object", "mapping": mapping});
    let source_only = |ty: &str| json!({"type": ty, "index": false, "doc_values": false});
    let templates = [
        values("match", &["@timestamp"], json!({"type": "date"})),
        values("path_match", &["message", "*.message"], json!({"type": "match_only_text"})),
        values(
            "path_match",
            &["*event.original", "*gen_ai.agent.description"],
            source_only("keyword"),
        ),
        values("path_match", &["*.x509.public_key_exponent"], source_only("long")),
        json!({
            "path_match": ["ip", "*.ip", "*_ip"],
            "match_mapping_type": "string",
            "mapping": {"type": "ip"},
        }),
        values(
            "path_match",
            &["*.io.text", "*.message_id", "*registry.data.strings", "*url.path"],
            json!({"type": "wildcard"}),
        ),
        values(
            "path_match",
            &["*.body.content", "*url.full", "*url.original"],
            with_text("wildcard"),
        ),
        values("match", &["*command_line", "*stack_trace"], with_text("wildcard")),
        values(
            "path_match",
            &[
                "*.title",
                "*.executable",
                "*.name",
                "*.working_directory",
                "*.full_name",
                "*file.path",
                "*file.target_path",
                "*os.full",
                "email.subject",
                "vulnerability.description",
                "user_agent.original",
            ],
            with_text("keyword"),
        ),
        values(
            "path_match",
            &[
                "*.timestamp",
                "*_timestamp",
                "*.not_after",
                "*.not_before",
                "*.accessed",
                "created",
                "*.created",
                "*.installed",
                "*.creation_date",
                "*.ctime",
                "*.mtime",
                "ingested",
                "*.ingested",
                "*.start",
                "*.end",
                "*.indicator.first_seen",
                "*.indicator.last_seen",
                "*.indicator.modified_at",
                "*threat.enrichments.matched.occurred",
            ],
            json!({"type": "date"}),
        ),
        json!({
            "path_match": ["*.score.*", "*_score*"],
            "path_unmatch": "*.version",
            "unmatch_mapping_type": "object",
            "mapping": {"type": "float"},
        }),
        json!({
            "path_match": "*.usage",
            "match_mapping_type": ["double", "long", "string"],
            "mapping": {"type": "scaled_float", "scaling_factor": 1000},
        }),
        json!({"path_match": "*.geo.location", "mapping": {"type": "geo_point"}}),
        json!({
            "path_match": ["*structured_data", "*exports", "*imports"],
            "match_mapping_type": "object",
            "mapping": {"type": "flattened"},
        }),
        json!({"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 1024}}),
    ];
    templates.iter().filter_map(|template| Template::read(template).ok()).collect()
});

/// The keyword that dynamic mapping sets beside a text.
pub(super) const KEYWORD_BESIDE: FieldType =
    FieldType::Keyword { ignore_above: Some(256), normalizer: Normalizer::None };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_of_data_streams_is_read() {
        assert_eq!(DATA_STREAM.len(), 15);
    }

    #[test]
    fn homes_are_told_by_the_name() {
        for (index, home) in [
            ("logs-acme.audit-default", Home::DataStream),
            (".ds-logs-acme.audit-default-2026.01.05-000001", Home::DataStream),
            ("remote:metrics-*", Home::DataStream),
            ("traces-apm-x", Home::DataStream),
            ("filebeat-9.0.0", Home::Index),
            ("mylogs-x", Home::Index),
            ("logs", Home::Index),
            ("*", Home::Index),
        ] {
            assert_eq!(Home::of(index), home, "{index}");
        }
        assert_eq!(Home::of_patterns(["auditbeat-*", "logs-*"]), Home::DataStream);
        assert_eq!(Home::of_patterns(["auditbeat-*"]), Home::Index);
    }
}
