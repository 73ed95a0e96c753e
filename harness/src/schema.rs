//! Field → type: what Elasticsearch's mapping would say.
//!
//! A [`Schema`] answers three questions: which type a field has, which fields
//! a wildcard name stands for, and which columns a source value feeds.

pub mod mapping;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Included, Unbounded};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::analysis::{Analyzer, Normalizer};
use crate::effort;
use crate::event::flatten;
use crate::ir::{Column, Kind};
use crate::lookup::Tables;
use crate::pattern::Case;
use crate::pattern::glob::Glob;
use crate::value;

/// The type of a field, with the settings that change a verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    /// Whole strings.
    Keyword {
        /// Values of more UTF-16 units than this are not indexed.
        ignore_above: Option<usize>,
        /// Applied to values and to queries.
        normalizer: Normalizer,
    },
    /// One value for a whole index.
    ConstantKeyword {
        /// The value, where the mapping names it.
        value: Option<String>,
    },
    /// Whole strings of any length.
    Wildcard {
        /// Values of more UTF-16 units than this are not indexed.
        ignore_above: Option<usize>,
    },
    /// Analyzed text.
    Text {
        /// How values and queries become tokens.
        analyzer: Analyzer,
    },
    /// Analyzed text by the standard analyzer, without scores.
    MatchOnlyText,
    /// An integer type.
    Integer(IntegerType),
    /// A floating-point type.
    Float(FloatType),
    /// `true` or `false`.
    Boolean,
    /// A moment, in milliseconds.
    Date {
        /// The mapping's `format`, alternatives separated by `||`.
        format: Arc<str>,
    },
    /// An IPv4 or IPv6 address.
    Ip,
    /// Every leaf below is a keyword `root.key`.
    Flattened {
        /// Values of more UTF-16 units than this are not indexed.
        ignore_above: Option<usize>,
    },
    /// A software version; compared as text for equality.
    Version,
    /// A container without values of its own.
    Object,
    /// A container whose objects are matched one by one.
    Nested,
    /// A type that the harness does not query; the mapping's name of it.
    Other(Arc<str>),
}

/// The integer types, by range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerType {
    /// 64 bits.
    Long,
    /// 32 bits.
    Integer,
    /// 16 bits.
    Short,
    /// 8 bits.
    Byte,
}

/// The floating-point types.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FloatType {
    /// 64 bits.
    Double,
    /// 32 bits.
    Float,
    /// 16 bits.
    Half,
    /// A 64-bit integer after multiplication by this factor.
    Scaled(f64),
}

/// The format of a date field whose mapping names none.
pub const DEFAULT_DATE_FORMAT: &str = "strict_date_optional_time||epoch_millis";

impl FieldType {
    /// A plain keyword.
    pub const KEYWORD: Self = Self::Keyword { ignore_above: None, normalizer: Normalizer::None };

    /// How values of this type are stored; `None` for containers and types that are not queried.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Keyword { .. }
            | Self::ConstantKeyword { .. }
            | Self::Wildcard { .. }
            | Self::Flattened { .. }
            | Self::Version => Some(Kind::Keyword),
            Self::Text { .. } | Self::MatchOnlyText => Some(Kind::Text),
            Self::Integer(_) | Self::Boolean | Self::Date { .. } => Some(Kind::Long),
            Self::Float(_) => Some(Kind::Double),
            Self::Ip => Some(Kind::Ip),
            Self::Object | Self::Nested | Self::Other(_) => None,
        }
    }
}

/// One mapped field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The full dotted name; aliases resolved, `root.key` for a key of a flattened field.
    pub name: Arc<str>,
    /// Its type.
    pub ty: FieldType,
    /// The field whose source values it takes: itself, or the parent of a multi-field.
    pub source: Arc<str>,
    /// The innermost `nested` field above it.
    pub nested: Option<Arc<str>>,
    /// Stands in for an explicit `null`, as text.
    pub null_value: Option<Arc<str>>,
}

impl Field {
    /// The column that holds the field's values.
    pub fn column(&self) -> Option<Column> {
        Some(Column { name: self.name.clone(), kind: self.ty.kind()? })
    }
}

/// What to make of fields that nobody mapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// Only what was added explicitly.
    #[default]
    Empty,
    /// The embedded table of ECS and Elastic integrations.
    Embedded,
}

/// All fields of a set of indices.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    base: Base,
    /// Explicit and observed fields by name.
    fields: BTreeMap<Arc<str>, Arc<Field>>,
    /// `alias` fields: name → path.
    aliases: BTreeMap<Arc<str>, Arc<str>>,
    /// Whether a field without a mapping takes a type from its first value.
    dynamic: bool,
    /// Fields that took it so.
    guessed: BTreeSet<Arc<str>>,
    /// What a field is to EQL and ES|QL that none of these knows.
    pub unmapped: Unmapped,
    /// Tables beside the indices.
    pub lookups: Tables,
    /// What to say of such a field.
    pub unknown_fields: UnknownFields,
    /// Names that are right although nothing else knows them.
    pub vouched: Vec<Glob>,
}

/// What to say of a field that nothing knows.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownFields {
    /// A warning.
    #[default]
    Warn,
    /// An error.
    Error,
    /// Nothing.
    Allow,
}

/// What a field without a mapping is to EQL.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Unmapped {
    /// A field that no event has, whether it is marked with `?` or not.
    #[default]
    Missing,
    /// As Elasticsearch has it for indices without the field: with `?` the
    /// constant null, which takes its surroundings with it, else an error.
    Strict,
}

impl Schema {
    /// A schema over `base` without fields of its own. With the embedded base,
    /// unmapped fields are typed by the first value observed.
    pub fn new(base: Base) -> Self {
        Self { base, dynamic: base == Base::Embedded, ..Self::default() }
    }

    /// Adds or replaces one field.
    pub fn insert(&mut self, field: Field) {
        self.fields.insert(field.name.clone(), Arc::new(field));
    }

    /// The field of that exact name, aliases resolved; a key below a
    /// `flattened` field is a field of its own.
    pub fn field(&self, name: &str) -> Option<Arc<Field>> {
        let name = self.aliases.get(name).map_or(name, |path| path);
        if let Some(field) = self.fields.get(name) {
            return Some(field.clone());
        }
        if let Some(meta) = metadata_field(name) {
            return Some(Arc::new(meta));
        }
        if let Some(field) = self.base_field(name) {
            return Some(Arc::new(field));
        }
        self.below_flattened(name).map(Arc::new)
    }

    /// The names that a field pattern stands for (`*` crosses dots), in order:
    /// mapped fields, and of the embedded table those seen in events.
    pub fn matching(&self, pattern: &Glob) -> Vec<Arc<str>> {
        let names = self.names_matching(pattern);
        // Each becomes a condition.
        if effort::spend(names.len() * STEPS_OF_A_FIELD) { names } else { Vec::new() }
    }

    fn names_matching(&self, pattern: &Glob) -> Vec<Arc<str>> {
        let names = self.fields.keys().chain(self.aliases.keys());
        let mut names: Vec<_> =
            names.filter(|name| pattern.matches(name, Case::Sensitive)).cloned().collect();
        names.sort();
        names
    }

    /// All mapped fields that hold values, in order of their names.
    pub fn fields(&self) -> impl Iterator<Item = &Arc<Field>> {
        self.fields.values().filter(|field| field.ty.kind().is_some())
    }

    /// Fields below an object, in order of their names.
    pub fn below(&self, object: &str) -> Vec<Arc<Field>> {
        let prefix = format!("{object}.");
        let own = self.fields.range::<str, _>((Included(prefix.as_str()), Unbounded));
        own.take_while(|(name, _)| name.starts_with(&prefix))
            .map(|(_, field)| field.clone())
            .collect()
    }

    /// Whether mapped fields lie below a name, other than its multi-fields.
    pub fn is_object(&self, name: &str) -> bool {
        let own = |field: &Arc<Field>| field.source == field.name && !self.is_guessed(&field.name);
        let prefix = format!("{name}.");
        self.below(name).iter().any(own)
            || self.base == Base::Embedded
                && table::below(&prefix).any(|entry| entry.multi_field_of().is_none())
    }

    /// Takes note of the fields that an event has: those of the embedded table
    /// become visible to field patterns, unmapped ones get the type that
    /// Elasticsearch's dynamic mapping gives their first value.
    pub fn observe(&mut self, source: &Value) {
        let mut seen = Vec::new();
        flatten(source, &mut |path, value| {
            if !value.is_null() && !self.fields.contains_key(path) {
                seen.push((Arc::<str>::from(path), dynamic_type(value)));
            }
        });
        for (path, dynamic) in seen {
            self.observe_field(&path, dynamic);
        }
    }

    fn observe_field(&mut self, path: &Arc<str>, dynamic: FieldType) {
        if self.fields.contains_key(path) {
            return;
        }
        if let Some(field) = self.field(path) {
            self.fields.insert(path.clone(), field);
            return self.observe_multi_fields(path);
        }
        if !self.dynamic {
            return;
        }
        let nested = self.nested_around(path);
        if matches!(dynamic, FieldType::Text { .. }) {
            let name = format!("{path}.keyword").into();
            let ty = FieldType::Keyword { ignore_above: Some(256), normalizer: Normalizer::None };
            let (source, nested) = (path.clone(), nested.clone());
            self.insert(Field { name, ty, source, nested, null_value: None });
        }
        self.insert(Field { nested, ..Field::plain(path, dynamic) });
        self.guessed.insert(path.clone());
    }

    /// Whether the fields of the embedded table are mapped, too.
    pub fn has_embedded_fields(&self) -> bool {
        self.base == Base::Embedded
    }

    /// Whether some mapping, the embedded table or an event has a field of that
    /// name, or one below it, or leaves open which there are.
    pub fn knows(&self, name: &str) -> bool {
        let prefix = format!("{name}.");
        let embedded = || {
            self.base == Base::Embedded
                && (table::below(&prefix).next().is_some() || table::is_open(name))
        };
        self.field(name).is_some() || !self.below(name).is_empty() || embedded()
    }

    /// Whether the project says that a name is right.
    pub fn is_vouched(&self, name: &str) -> bool {
        self.vouched.iter().any(|pattern| pattern.matches(name, Case::Sensitive))
    }

    /// Whether the indices may have a field of that name although nothing here
    /// knows it: not where the switch `unmapped` or a mapping's `dynamic` says
    /// that all fields are known, nor for objects and what lies in nested ones.
    pub fn may_have(&self, name: &str) -> bool {
        let guesses = self.dynamic && self.unmapped == Unmapped::Missing;
        guesses && self.nested_around(name).is_none() && !self.knows(name)
    }

    /// Whether there are fields that nobody mapped.
    pub fn has_guessed_fields(&self) -> bool {
        !self.guessed.is_empty()
    }

    /// Whether nobody mapped a field, so that its first value decided.
    pub fn is_guessed(&self, name: &str) -> bool {
        self.guessed.contains(name)
    }

    /// The innermost nested field above a name.
    pub fn nested_around(&self, name: &str) -> Option<Arc<str>> {
        ancestors(name).find_map(|object| {
            let nested = match (self.fields.get(object), self.base) {
                (Some(field), _) => field.ty == FieldType::Nested,
                (None, Base::Empty) => false,
                (None, Base::Embedded) => table::is_nested(object),
            };
            nested.then(|| object.into())
        })
    }

    /// Whether `name` is a `flattened` field itself, not a key of one.
    pub fn is_flattened_root(&self, name: &str) -> bool {
        let field = self.fields.get(name).map(|field| Field::clone(field));
        field
            .or_else(|| self.base_field(name))
            .is_some_and(|field| matches!(field.ty, FieldType::Flattened { .. }))
    }

    fn observe_multi_fields(&mut self, parent: &Arc<str>) {
        if self.base == Base::Embedded {
            for entry in table::multi_fields(parent) {
                let field = Field::from(entry);
                let nested = self.nested_around(&field.name);
                self.insert(Field { nested, ..field });
            }
        }
    }

    fn base_field(&self, name: &str) -> Option<Field> {
        match self.base {
            Base::Empty => None,
            Base::Embedded => table::field(name).map(|entry| {
                let field = Field::from(entry);
                Field { nested: self.nested_around(&field.name), ..field }
            }),
        }
    }

    /// A key of a `flattened` field: the innermost ancestor decides.
    fn below_flattened(&self, name: &str) -> Option<Field> {
        ancestors(name).find_map(|root| {
            let mapped = self.fields.get(root).map(|field| Field::clone(field));
            let field = mapped.or_else(|| self.base_field(root))?;
            matches!(field.ty, FieldType::Flattened { .. }).then(|| Field {
                name: name.into(),
                source: name.into(),
                ..field
            })
        })
    }
}

/// The names above a field, the innermost first; no mapping nests deeper than
/// they go.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    let dots: Vec<usize> = name.match_indices('.').map(|(dot, _)| dot).take(MAX_LEVELS).collect();
    dots.into_iter().rev().map(move |dot| &name[..dot])
}

/// How many steps a field counts that a pattern stands for.
const STEPS_OF_A_FIELD: usize = 50;

/// How many names there may be above a field.
const MAX_LEVELS: usize = 200;

impl Field {
    /// A field that is its own source, outside nested objects.
    pub fn plain(name: &str, ty: FieldType) -> Self {
        let name: Arc<str> = name.into();
        Self { source: name.clone(), name, ty, nested: None, null_value: None }
    }
}

impl From<table::Entry> for Field {
    fn from(entry: table::Entry) -> Self {
        let name: Arc<str> = entry.name.as_str().into();
        let source = entry.multi_field_of().map_or_else(|| name.clone(), Arc::from);
        Self { name, source, nested: None, null_value: None, ty: entry.ty }
    }
}

impl FieldType {
    /// The mapping's name of the type.
    pub fn name(&self) -> &str {
        match self {
            Self::Keyword { .. } => "keyword",
            Self::ConstantKeyword { .. } => "constant_keyword",
            Self::Wildcard { .. } => "wildcard",
            Self::Text { .. } => "text",
            Self::MatchOnlyText => "match_only_text",
            Self::Integer(IntegerType::Long) => "long",
            Self::Integer(IntegerType::Integer) => "integer",
            Self::Integer(IntegerType::Short) => "short",
            Self::Integer(IntegerType::Byte) => "byte",
            Self::Float(FloatType::Double) => "double",
            Self::Float(FloatType::Float) => "float",
            Self::Float(FloatType::Half) => "half_float",
            Self::Float(FloatType::Scaled(_)) => "scaled_float",
            Self::Boolean => "boolean",
            Self::Date { .. } => "date",
            Self::Ip => "ip",
            Self::Flattened { .. } => "flattened",
            Self::Version => "version",
            Self::Object => "object",
            Self::Nested => "nested",
            Self::Other(name) => name,
        }
    }
}

/// The fields that every index has.
fn metadata_field(name: &str) -> Option<Field> {
    matches!(name, "_id" | "_index").then(|| Field::plain(name, FieldType::KEYWORD))
}

/// Elasticsearch's dynamic mapping of a JSON value, with date detection.
fn dynamic_type(value: &Value) -> FieldType {
    match value {
        Value::Bool(_) => FieldType::Boolean,
        Value::Number(number) if number.is_f64() => FieldType::Float(FloatType::Float),
        Value::Number(_) => FieldType::Integer(IntegerType::Long),
        Value::String(text) if value::is_dynamic_date(text) => {
            FieldType::Date { format: DEFAULT_DATE_FORMAT.into() }
        }
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => {
            FieldType::Text { analyzer: Analyzer::Standard }
        }
    }
}
