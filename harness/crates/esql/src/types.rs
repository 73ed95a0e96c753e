//! The types of columns.

use std::fmt::{self, Display, Formatter};

/// The type of a column or an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Of `null` alone; fits everywhere.
    Null,
    /// `boolean`
    Boolean,
    /// 32 bits: `integer`, `short`, `byte`.
    Integer,
    /// 64 bits: `long`.
    Long,
    /// 64 bits without sign.
    UnsignedLong,
    /// 64-bit floats: `double`, `float`, `half_float`, `scaled_float`.
    Double,
    /// Strings: `keyword`, `wildcard`, `constant_keyword`.
    Keyword,
    /// Strings that an index analyzes.
    Text,
    /// Addresses.
    Ip,
    /// Software versions.
    Version,
    /// Moments, in milliseconds.
    Date,
    /// Moments, in nanoseconds.
    DateNanos,
    /// Points on the globe.
    GeoPoint,
    /// Calendar amounts of time: days and longer.
    Period,
    /// Exact amounts of time: hours and shorter.
    Duration,
    /// `_source`: JSON text.
    Source,
    /// A field type that ES|QL does not read: null wherever it may stand.
    Unsupported,
}

impl Type {
    /// The name in output and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::UnsignedLong => "unsigned_long",
            Self::Double => "double",
            Self::Keyword => "keyword",
            Self::Text => "text",
            Self::Ip => "ip",
            Self::Version => "version",
            Self::Date => "datetime",
            Self::DateNanos => "date_nanos",
            Self::GeoPoint => "geo_point",
            Self::Period => "date_period",
            Self::Duration => "time_duration",
            Self::Source => "_source",
            Self::Unsupported => "unsupported",
        }
    }

    /// The type of a cast or a conversion by its name or alias.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "boolean" | "bool" => Self::Boolean,
            "integer" | "int" => Self::Integer,
            "long" => Self::Long,
            "unsigned_long" | "ul" | "ulong" => Self::UnsignedLong,
            "double" => Self::Double,
            "keyword" | "string" | "text" => Self::Keyword,
            "ip" => Self::Ip,
            "version" | "ver" => Self::Version,
            "datetime" | "date" | "dt" => Self::Date,
            "date_nanos" => Self::DateNanos,
            "geo_point" | "geopoint" => Self::GeoPoint,
            "date_period" | "dateperiod" => Self::Period,
            "time_duration" | "timeduration" => Self::Duration,
            _ => return None,
        })
    }

    /// Whether it is `keyword` or `text`.
    pub fn is_string(self) -> bool {
        matches!(self, Self::Keyword | Self::Text)
    }

    /// Whether it is a number.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Long | Self::UnsignedLong | Self::Double)
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Integer | Self::Long | Self::UnsignedLong)
    }

    /// Whether it is a moment.
    pub fn is_date(self) -> bool {
        matches!(self, Self::Date | Self::DateNanos)
    }

    /// Whether it is an amount of time.
    pub fn is_amount(self) -> bool {
        matches!(self, Self::Period | Self::Duration)
    }

    /// The type that a function returns for it: `text` becomes `keyword`.
    #[must_use]
    pub fn without_text(self) -> Self {
        if self == Self::Text { Self::Keyword } else { self }
    }

    /// Whether values of both may stand in one list or be compared as equals.
    pub fn same_kind(self, other: Self) -> bool {
        self.without_text() == other.without_text()
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
