//! Field → type: what Elasticsearch's mapping would say.
//!
//! A [`Schema`] answers three questions: which type a field has, which fields
//! a wildcard name stands for, and which columns a source value feeds.

pub mod mapping;
pub mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::{Analyzer, Normalizer};
use crate::ir::{Column, Kind};

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
    pub const KEYWORD: Self = Self::Keyword {
        ignore_above: None,
        normalizer: Normalizer::None,
    };

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
        Some(Column {
            name: self.name.clone(),
            kind: self.ty.kind()?,
        })
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
    /// Explicit fields by name, aliases resolved.
    fields: BTreeMap<Arc<str>, Arc<Field>>,
    /// `alias` fields: name → path.
    aliases: BTreeMap<Arc<str>, Arc<str>>,
}

impl Schema {
    /// A schema over `base` without fields of its own.
    pub fn new(base: Base) -> Self {
        Self {
            base,
            ..Self::default()
        }
    }
}
