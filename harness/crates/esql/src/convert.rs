//! Conversions of one value: `TO_X(v)`, `v::x`, and the casts of literals.

use super::expr::{Failure, Outcome};
use super::time;
use super::types::Type;
use super::value::{Point, Ref, Value};
use harness_model::value::{java_double, parse_ip};

/// Whether values of one type can become another at all.
pub fn is_convertible(from: Type, to: Type) -> bool {
    use Type as T;
    if from == T::Null || from.same_kind(to) {
        return true;
    }
    match to {
        T::Keyword | T::Text => {
            !matches!(from, T::Source | T::Unsupported | T::Period | T::Duration)
        }
        T::Boolean => from.is_numeric() || from.is_string(),
        T::Integer | T::Long => {
            from.is_numeric() || from.is_string() || from == T::Boolean || from.is_date()
        }
        T::UnsignedLong => {
            from.is_numeric() || from.is_string() || from == T::Boolean || from == T::Date
        }
        T::Double => from.is_numeric() || from.is_string() || from == T::Boolean || from == T::Date,
        T::Date | T::DateNanos => from.is_numeric() || from.is_string() || from.is_date(),
        T::Ip | T::Version | T::GeoPoint | T::Period | T::Duration => from.is_string(),
        T::Null | T::Source | T::Unsupported => false,
    }
}

/// A value as one of another type; the types are [`is_convertible`].
///
/// # Errors
///
/// A value that has no counterpart, with Elasticsearch's words.
pub fn convert(value: Ref<'_>, from: Type, to: Type) -> Outcome {
    let converted = match to {
        Type::Keyword | Type::Text => Value::Str(value.text(from)),
        Type::Boolean => Value::Bool(match value {
            Ref::Bool(value) => value,
            Ref::Str(text) => text.eq_ignore_ascii_case("true"),
            Ref::ULong(value) => value != 0,
            other => other.double() != 0.0,
        }),
        Type::Integer => to_integer(value)?,
        Type::Long => Value::Long(to_long(value)?),
        Type::UnsignedLong => to_unsigned(value)?,
        Type::Double => Value::Double(match value {
            Ref::Bool(value) => f64::from(u8::from(value)),
            Ref::Str(text) => {
                java_number(text).filter(|n| n.is_finite()).ok_or_else(|| not_a_number(text))?
            }
            other => other.double(),
        }),
        Type::Date => to_date(value, from)?,
        Type::DateNanos => Value::Long(to_nanos(value, from)?),
        Type::Ip => match value {
            Ref::Ip(address) => Value::Ip(address),
            other => Value::Ip(parse_ip(other.str()).map_err(|_| {
                Failure::illegal(format!("'{}' is not an IP string literal.", other.str()))
            })?),
        },
        Type::Version | Type::Source => Value::Str(value.str().to_owned()),
        Type::GeoPoint => match value {
            Ref::Point(point) => Value::Point(point),
            other => Value::Point(parse_point(other.str()).ok_or_else(|| {
                Failure::illegal(format!("Failed to parse WKT: {}", other.str()))
            })?),
        },
        Type::Period | Type::Duration => match value {
            Ref::Amount(amount) => Value::Amount(amount),
            other => Value::Amount(time::parse_amount(other.str()).ok_or_else(|| {
                Failure::Fatal(format!("Cannot parse [{}] to {}", other.str(), to))
            })?),
        },
        Type::Null | Type::Unsupported => return Ok(None),
    };
    Ok(Some(converted))
}

const ARGUMENT: &str = "org.elasticsearch.xpack.esql.core.InvalidArgumentException";

fn not_a_number(text: &str) -> Failure {
    Failure::Warning(format!("{ARGUMENT}: Cannot parse number [{text}]"))
}

/// The warning of a number beyond a type.
pub fn out_of_range(number: &str, ty: Type) -> Failure {
    Failure::Warning(format!("{ARGUMENT}: [{number}] out of [{ty}] range"))
}

fn to_integer(value: Ref<'_>) -> Result<Value, Failure> {
    let fail = |text: String| out_of_range(&text, Type::Integer);
    let (low, high) = (f64::from(i32::MIN), f64::from(i32::MAX));
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
    let rounded = |number: f64| {
        (low..=high).contains(&number).then(|| (number + 0.5).floor().min(high) as i32)
    };
    Ok(Value::Int(match value {
        Ref::Int(value) => value,
        Ref::Bool(value) => i32::from(value),
        Ref::Double(number) => rounded(number).ok_or_else(|| fail(java_double(number)))?,
        Ref::Str(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => java_number(text).and_then(rounded).ok_or_else(|| not_a_number(text))?,
        },
        Ref::ULong(value) => i32::try_from(value).map_err(|_| fail(value.to_string()))?,
        other => i32::try_from(other.long()).map_err(|_| fail(other.long().to_string()))?,
    }))
}

fn to_long(value: Ref<'_>) -> Result<i64, Failure> {
    Ok(match value {
        Ref::Bool(value) => i64::from(value),
        Ref::Double(number) => {
            round_long(number).ok_or_else(|| out_of_range(&java_double(number), Type::Long))?
        }
        Ref::Str(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => java_number(text).and_then(round_long).ok_or_else(|| not_a_number(text))?,
        },
        Ref::ULong(value) => {
            i64::try_from(value).map_err(|_| out_of_range(&value.to_string(), Type::Long))?
        }
        other => other.long(),
    })
}

/// A double rounded half up, when it is a long.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "casts saturate, as Java's do"
)]
pub fn round_long(number: f64) -> Option<i64> {
    let fits = number >= i64::MIN as f64 && number <= i64::MAX as f64;
    fits.then(|| (number + 0.5).floor() as i64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the range is checked before"
)]
fn to_unsigned(value: Ref<'_>) -> Result<Value, Failure> {
    let fail = |text: String| out_of_range(&text, Type::UnsignedLong);
    let rounded =
        |number: f64| (number >= 0.0 && number < u64::MAX as f64).then(|| number.round() as u64);
    Ok(Value::ULong(match value {
        Ref::ULong(value) => value,
        Ref::Bool(value) => u64::from(value),
        Ref::Double(number) => rounded(number).ok_or_else(|| fail(java_double(number)))?,
        Ref::Str(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => java_number(text).and_then(rounded).ok_or_else(|| not_a_number(text))?,
        },
        other => u64::try_from(other.long()).map_err(|_| fail(other.long().to_string()))?,
    }))
}

fn to_date(value: Ref<'_>, from: Type) -> Result<Value, Failure> {
    Ok(Value::Long(match (value, from) {
        (Ref::Str(text), _) => time::parse_iso(text).map_err(Failure::illegal)?,
        (Ref::Long(nanos), Type::DateNanos) => nanos.div_euclid(1_000_000),
        (other, _) => to_long(other)?,
    }))
}

/// Nanoseconds since 1970; there are none before, and none beyond 64 bits.
fn to_nanos(value: Ref<'_>, from: Type) -> Result<i64, Failure> {
    let nanos = match (value, from) {
        (Ref::Str(text), _) => time::parse_iso_nanos(text).map_err(Failure::illegal)?,
        (Ref::Long(nanos), Type::DateNanos) => i128::from(nanos),
        (Ref::Long(millis), Type::Date) => i128::from(millis) * 1_000_000,
        (other, _) => i128::from(to_long(other)?),
    };
    if nanos < 0 {
        return Err(Failure::illegal("Nanosecond dates before 1970 are not supported."));
    }
    i64::try_from(nanos)
        .map_err(|_| Failure::illegal("Nanosecond dates after 2262 are not supported."))
}

/// A number as Java's `Double.parseDouble` reads it, hexadecimal ones excepted.
pub fn java_number(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c <= ' ');
    let unsigned = text.trim_start_matches(['+', '-']);
    if unsigned == "NaN" || unsigned == "Infinity" {
        return text.parse().ok();
    }
    let number = match text.strip_suffix(['d', 'D', 'f', 'F']) {
        Some(number) if number.ends_with(|c: char| c.is_ascii_digit() || c == '.') => number,
        _ => text,
    };
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if plain { number.parse().ok() } else { None }
}

/// A point in WKT: `POINT (lon lat)`.
fn parse_point(text: &str) -> Option<Point> {
    let text = text.trim();
    let name = text.get(..5)?;
    if !name.eq_ignore_ascii_case("point") {
        return None;
    }
    let inside = text[5..].trim().strip_prefix('(')?.strip_suffix(')')?;
    let mut numbers = inside.split_whitespace();
    let (x, y) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    numbers.next().is_none().then_some(Point { x, y })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Converts a string or reports what went wrong.
    fn check(text: &str, to: Type, expected: Result<Value, &str>) {
        match (convert(Ref::Str(text), Type::Keyword, to), expected) {
            (Ok(Some(value)), Ok(expected)) => assert_eq!(value, expected, "{text}"),
            (Err(Failure::Warning(cause)), Err(part)) => assert!(cause.contains(part), "{cause}"),
            (outcome, expected) => panic!("{text}: {outcome:?}, not {expected:?}"),
        }
    }

    #[test]
    fn strings_become_values() {
        check("2147483646.2", Type::Integer, Ok(Value::Int(2_147_483_646)));
        check("2147483647.2", Type::Integer, Err("Cannot parse number [2147483647.2]"));
        check("-1.5", Type::Long, Ok(Value::Long(-1)));
        check("1e3", Type::Long, Ok(Value::Long(1000)));
        check("inf", Type::Double, Err("Cannot parse number"));
        check(" 1.5f", Type::Double, Ok(Value::Double(1.5)));
        check("TRUE", Type::Boolean, Ok(Value::Bool(true)));
        check("yes", Type::Boolean, Ok(Value::Bool(false)));
        check("1.1.1.01", Type::Ip, Err("'1.1.1.01' is not an IP string literal."));
        check("10.0.0.0/8", Type::Ip, Err("is not an IP"));
        check("POINT(1.5 -2)", Type::GeoPoint, Ok(Value::Point(Point { x: 1.5, y: -2.0 })));
        check("1985-01-01", Type::Date, Ok(Value::Long(473_385_600_000)));
        check("18446744073709551615", Type::UnsignedLong, Ok(Value::ULong(u64::MAX)));
    }

    #[test]
    fn numbers_round_half_up_and_know_their_range() {
        let long = |number| convert(Ref::Double(number), Type::Double, Type::Long);
        assert_eq!(long(2.5), Ok(Some(Value::Long(3))));
        assert_eq!(long(-2.5), Ok(Some(Value::Long(-2))));
        assert!(long(1e19).is_err());
        assert!(long(f64::NAN).is_err());
        let int = convert(Ref::Long(1 << 40), Type::Long, Type::Integer);
        assert!(
            matches!(int, Err(Failure::Warning(cause)) if cause.contains("out of [integer] range"))
        );
    }
}
