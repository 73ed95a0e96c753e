//! Single values, borrowed from a column or owned.

use std::cmp::Ordering;

pub use super::amount::Amount;
use super::time;
use super::types::Type;
use harness_model::value::{ip_text, java_double};
use harness_text::pattern::version;

/// A point: longitude and latitude in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Longitude.
    pub x: f64,
    /// Latitude.
    pub y: f64,
}

/// One value in a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ref<'a> {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i32),
    /// A long, or a moment.
    Long(i64),
    /// An unsigned long.
    ULong(u64),
    /// A double.
    Double(f64),
    /// A keyword, text, version or source.
    Str(&'a str),
    /// An address, IPv4 mapped into IPv6.
    Ip(u128),
    /// A point.
    Point(Point),
    /// An amount of time.
    Amount(Amount),
}

/// One value on its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i32),
    /// A long, or a moment.
    Long(i64),
    /// An unsigned long.
    ULong(u64),
    /// A double.
    Double(f64),
    /// A keyword, text, version or source.
    Str(String),
    /// An address, IPv4 mapped into IPv6.
    Ip(u128),
    /// A point.
    Point(Point),
    /// An amount of time.
    Amount(Amount),
}

impl Value {
    /// The value, borrowed.
    pub fn as_ref(&self) -> Ref<'_> {
        match self {
            Self::Bool(value) => Ref::Bool(*value),
            Self::Int(value) => Ref::Int(*value),
            Self::Long(value) => Ref::Long(*value),
            Self::ULong(value) => Ref::ULong(*value),
            Self::Double(value) => Ref::Double(*value),
            Self::Str(value) => Ref::Str(value),
            Self::Ip(value) => Ref::Ip(*value),
            Self::Point(value) => Ref::Point(*value),
            Self::Amount(value) => Ref::Amount(*value),
        }
    }
}

impl<'a> Ref<'a> {
    /// An owned copy.
    pub fn to_value(self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Long(value) => Value::Long(value),
            Self::ULong(value) => Value::ULong(value),
            Self::Double(value) => Value::Double(value),
            Self::Str(value) => Value::Str(value.to_owned()),
            Self::Ip(value) => Value::Ip(value),
            Self::Point(value) => Value::Point(value),
            Self::Amount(value) => Value::Amount(value),
        }
    }

    /// A string, `""` for anything else.
    pub fn str(self) -> &'a str {
        if let Self::Str(value) = self { value } else { "" }
    }

    /// A whole number that fits 64 bits with sign, 0 for anything else.
    pub fn long(self) -> i64 {
        match self {
            Self::Int(value) => value.into(),
            Self::Long(value) => value,
            Self::ULong(value) => i64::try_from(value).unwrap_or(i64::MAX),
            Self::Bool(_)
            | Self::Double(_)
            | Self::Str(_)
            | Self::Ip(_)
            | Self::Point(_)
            | Self::Amount(_) => 0,
        }
    }

    /// Any number as a double, 0 for anything else.
    #[expect(clippy::cast_precision_loss, reason = "Elasticsearch widens longs so")]
    pub fn double(self) -> f64 {
        match self {
            Self::Int(value) => value.into(),
            Self::Long(value) => value as f64,
            Self::ULong(value) => value as f64,
            Self::Double(value) => value,
            Self::Bool(_) | Self::Str(_) | Self::Ip(_) | Self::Point(_) | Self::Amount(_) => 0.0,
        }
    }

    /// Whether it is the boolean `true`.
    pub fn is_true(self) -> bool {
        self == Self::Bool(true)
    }

    /// The order of two values of one type, or of two numbers.
    pub fn compare(self, other: Ref<'_>, ty: Type) -> Ordering {
        match (self, other) {
            (Self::Str(a), Ref::Str(b)) if ty == Type::Version => version::compare(a, b),
            (Self::Str(a), Ref::Str(b)) => a.cmp(b),
            (Self::Bool(a), Ref::Bool(b)) => a.cmp(&b),
            (Self::Int(a), Ref::Int(b)) => a.cmp(&b),
            (Self::Long(a), Ref::Long(b)) => a.cmp(&b),
            (Self::ULong(a), Ref::ULong(b)) => a.cmp(&b),
            (Self::Ip(a), Ref::Ip(b)) => a.cmp(&b),
            (Self::Double(_), _) | (_, Ref::Double(_)) => {
                let (a, b) = (self.double(), other.double());
                a.partial_cmp(&b).unwrap_or_else(|| a.total_cmp(&b))
            }
            (Self::Point(a), Ref::Point(b)) => a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)),
            _ => self.wide().cmp(&other.wide()),
        }
    }

    fn wide(self) -> i128 {
        match self {
            Self::ULong(value) => value.into(),
            other => other.long().into(),
        }
    }

    /// The value as `TO_STRING` writes it.
    pub fn text(self, ty: Type) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Long(value) => match ty {
                Type::Date => time::format_millis(value),
                Type::DateNanos => time::format_nanos(value),
                _ => value.to_string(),
            },
            Self::ULong(value) => value.to_string(),
            Self::Double(value) => java_double(value),
            Self::Str(value) => value.to_owned(),
            Self::Ip(value) => ip_text(value),
            Self::Point(Point { x, y }) => {
                format!("POINT ({} {})", java_double(x), java_double(y))
            }
            Self::Amount(Amount::Period { months, days }) => format!("P{months}M{days}D"),
            Self::Amount(Amount::Duration { millis }) => format!("PT{millis}MS"),
        }
    }
}
