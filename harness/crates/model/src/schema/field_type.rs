//! The types of fields, with the settings that change a verdict.

use std::sync::Arc;

use crate::column::Kind;
use crate::value::{FloatType, IntegerType, Resolution, Scale};
use harness_text::analysis::{Analyzer, Normalizer};

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
    /// A moment.
    Date {
        /// The mapping's `format`, alternatives separated by `||`.
        format: Arc<str>,
        /// What it is counted in.
        resolution: Resolution,
    },
    /// An IPv4 or IPv6 address.
    Ip,
    /// Every leaf below is a value of it, and a keyword `root.key`.
    Flattened {
        /// Values of more UTF-16 units than this are not indexed.
        ignore_above: Option<usize>,
    },
    /// A key of a `flattened` field.
    FlattenedKey {
        /// Values of more UTF-16 units than this are not indexed.
        ignore_above: Option<usize>,
        /// The `flattened` field.
        root: Arc<str>,
    },
    /// A software version; compared as text for equality.
    Version,
    /// A container without values of its own.
    Object,
    /// A container whose objects are matched one by one.
    Nested,
    /// 64 bits without sign.
    Unsigned,
    /// From one number, moment or address to another.
    Range {
        /// The mapping's name of the type.
        name: Arc<str>,
        /// What its ends are.
        scale: Scale,
        /// The mapping's `format` of ends that are dates.
        format: Arc<str>,
    },
    /// A point or a shape, which queries ask for by their own means; the mapping's name.
    Geometry(Arc<str>),
    /// A type that the harness does not query; the mapping's name of it.
    Other(Arc<str>),
    /// A field whose mapping asks for what the harness does not do; what that is.
    Refused(Arc<str>),
}

impl FieldType {
    /// A type that some queries only know, by the mapping's name; `format` is that of
    /// dates.
    pub fn special(name: &str, format: &str) -> Self {
        let range = |scale| Self::Range { name: name.into(), scale, format: format.into() };
        match name {
            "unsigned_long" => Self::Unsigned,
            "integer_range" | "long_range" => range(Scale::Integer),
            "float_range" | "double_range" => range(Scale::Float),
            "date_range" => range(Scale::Date),
            "ip_range" => range(Scale::Ip),
            "geo_point" | "geo_shape" | "point" | "shape" => Self::Geometry(name.into()),
            other => Self::Other(other.into()),
        }
    }

    /// A plain keyword.
    pub const KEYWORD: Self = Self::Keyword { ignore_above: None, normalizer: Normalizer::None };

    /// How values of this type are stored; `None` for containers and types that are not queried.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Keyword { .. }
            | Self::ConstantKeyword { .. }
            | Self::Wildcard { .. }
            | Self::Flattened { .. }
            | Self::FlattenedKey { .. }
            | Self::Unsigned
            | Self::Range { .. }
            | Self::Geometry(_)
            | Self::Version => Some(Kind::Keyword),
            Self::Text { .. } | Self::MatchOnlyText => Some(Kind::Text),
            Self::Integer(_) | Self::Boolean | Self::Date { .. } => Some(Kind::Long),
            Self::Float(_) => Some(Kind::Double),
            Self::Ip => Some(Kind::Ip),
            Self::Object | Self::Nested | Self::Other(_) | Self::Refused(_) => None,
        }
    }
}

impl FieldType {
    /// The analyzer of a text type.
    pub fn analyzer(&self) -> Option<&Analyzer> {
        match self {
            Self::Text { analyzer } => Some(analyzer),
            Self::MatchOnlyText => Some(&Analyzer::Standard),
            Self::Keyword { .. }
            | Self::ConstantKeyword { .. }
            | Self::Wildcard { .. }
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Boolean
            | Self::Date { .. }
            | Self::Ip
            | Self::Flattened { .. }
            | Self::FlattenedKey { .. }
            | Self::Version
            | Self::Object
            | Self::Nested
            | Self::Unsigned
            | Self::Range { .. }
            | Self::Geometry(_)
            | Self::Other(_)
            | Self::Refused(_) => None,
        }
    }

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
            Self::Date { resolution: Resolution::Millis, .. } => "date",
            Self::Date { resolution: Resolution::Nanos, .. } => "date_nanos",
            Self::Ip => "ip",
            Self::Flattened { .. } | Self::FlattenedKey { .. } => "flattened",
            Self::Version => "version",
            Self::Object => "object",
            Self::Nested => "nested",
            Self::Unsigned => "unsigned_long",
            Self::Range { name, .. } | Self::Geometry(name) | Self::Other(name) => name,
            Self::Refused(_) => "unreadable",
        }
    }
}

/// Where queries, groups and scripts find the values of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// In the index or in doc values; groups and scripts in the latter.
    #[default]
    Full,
    /// In the index only: there are no doc values for groups and scripts.
    Indexed,
    /// In doc values only: the index has none of them.
    Values,
    /// In documents, which a runtime field reads for every query.
    Runtime,
    /// Nowhere: only what reads documents knows the values.
    Source,
}

impl Access {
    /// Whether groups and scripts find the values.
    pub fn has_doc_values(self) -> bool {
        match self {
            Self::Full | Self::Values | Self::Runtime => true,
            Self::Indexed | Self::Source => false,
        }
    }
}
