//! Numbers of documents and of queries.

use serde_json::Value;

use super::{Bounds, Interval, ValueError};

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

/// A float as Java's `Double.toString` prints it.
pub fn java_double(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&size) || !value.is_finite() {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => text,
    }
}

impl IntegerType {
    /// What values of queries may be: the small types query as `integer`.
    fn query_range(self) -> Interval<i64> {
        match self {
            Self::Long => Self::Long.range(),
            Self::Integer | Self::Short | Self::Byte => Self::Integer.range(),
        }
    }

    fn range(self) -> Interval<i64> {
        match self {
            Self::Long => Interval { low: i64::MIN, high: i64::MAX },
            Self::Integer => Interval { low: i32::MIN.into(), high: i32::MAX.into() },
            Self::Short => Interval { low: i16::MIN.into(), high: i16::MAX.into() },
            Self::Byte => Interval { low: i8::MIN.into(), high: i8::MAX.into() },
        }
    }
}

/// A decimal number, cut at the point.
#[derive(Clone, Copy)]
struct Decimal {
    /// The integral part, toward zero; saturated when `beyond`.
    whole: i64,
    /// Whether something follows the point.
    fraction: bool,
    negative: bool,
    /// Whether the number does not fit 64 bits.
    beyond: bool,
}

/// Reads a number without loss where it is a plain integer.
fn decimal(text: &str) -> Result<Decimal, ValueError> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(Decimal { whole, fraction: false, negative: whole < 0, beyond: false });
    }
    let value = double(text)?;
    let negative = value < 0.0;
    let digits = text.trim_start_matches(['+', '-']);
    let plain = digits.split_once('.').filter(|(whole, rest)| {
        rest.bytes().all(|b| b.is_ascii_digit()) && whole.bytes().all(|b| b.is_ascii_digit())
    });
    if let Some((whole, rest)) = plain {
        let sign = if negative { "-" } else { "" };
        let whole = if whole.is_empty() { "0" } else { whole };
        if let Ok(whole) = format!("{sign}{whole}").parse::<i64>() {
            let fraction = rest.bytes().any(|byte| byte != b'0');
            return Ok(Decimal { whole, fraction, negative, beyond: false });
        }
    }
    // 2^63 as a float is exact; the cast below saturates beyond it.
    let beyond = !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    #[expect(clippy::cast_possible_truncation, reason = "saturating, and `beyond` says so")]
    let whole = value.trunc() as i64;
    Ok(Decimal { whole, fraction: value.fract() != 0.0, negative, beyond })
}

/// A number as Java's `Double.parseDouble` reads it.
fn double(text: &str) -> Result<f64, ValueError> {
    let error = || ValueError::NotANumber(text.to_owned());
    let trimmed = text.trim();
    let digits = trimmed
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    // Java takes a type suffix.
    let trimmed = trimmed.strip_suffix(['d', 'D', 'f', 'F']).filter(|_| !digits).unwrap_or(trimmed);
    if !trimmed.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'))
    {
        return Err(error());
    }
    trimmed.parse().map_err(|_| error())
}

/// A document's integer: `5.9` is 5, `"5"` is 5.
///
/// # Errors
///
/// What is no number, or does not fit the type.
pub fn long_from_json(value: &Value, ty: IntegerType) -> Result<i64, ValueError> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => return Err(ValueError::NotANumber(other.to_string())),
    };
    let number = decimal(&text)?;
    if number.beyond || !ty.range().contains(number.whole) {
        return Err(ValueError::OutOfRange(text));
    }
    Ok(number.whole)
}

/// A document's float, rounded to what the type stores.
///
/// # Errors
///
/// What is no finite number of the type.
pub fn double_from_json(value: &Value, ty: FloatType) -> Result<f64, ValueError> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(double(text)?),
        _ => None,
    };
    let number = number.ok_or_else(|| ValueError::NotANumber(value.to_string()))?;
    let stored = ty.stored(number);
    if stored.is_finite() { Ok(stored) } else { Err(ValueError::OutOfRange(value.to_string())) }
}

impl FloatType {
    /// The nearest value that the type holds.
    fn stored(self, value: f64) -> f64 {
        match self {
            Self::Double => value,
            #[expect(clippy::cast_possible_truncation, reason = "rounding is the point")]
            Self::Float => f64::from(value as f32),
            Self::Half => half(value),
            // Java's Math.round: half up.
            Self::Scaled(factor) => (value * factor + 0.5).floor() / factor,
        }
    }
}

/// Rounds to the nearest half-precision float, ties to even.
fn half(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let exponent = value.abs().log2().floor().max(-14.0);
    let unit = (exponent - 10.0).exp2();
    let rounded = (value / unit).round_ties_even() * unit;
    if rounded.abs() > 65504.0 { f64::INFINITY.copysign(value) } else { rounded }
}

/// A `term` on an integer field: `5.0` is 5; `5.5` and what the type cannot
/// hold match nothing.
///
/// # Errors
///
/// What is no number.
pub fn integer_term(text: &str, ty: IntegerType) -> Result<Option<Interval<i64>>, ValueError> {
    let number = decimal(text)?;
    if number.fraction {
        return Ok(None);
    }
    if number.beyond || !ty.query_range().contains(number.whole) {
        return Err(ValueError::OutOfRange(text.to_owned()));
    }
    Ok(Some(Interval { low: number.whole, high: number.whole }))
}

/// A `range` on an integer field; bounds may be decimals.
///
/// # Errors
///
/// A bound that is no number, or beyond the type.
pub fn integer_range((low, high): Bounds, ty: IntegerType) -> Result<Interval<i64>, ValueError> {
    let all = ty.query_range();
    let read = |text: &str| {
        let number = decimal(text)?;
        if number.beyond || !all.contains(number.whole) {
            return Err(ValueError::OutOfRange(text.to_owned()));
        }
        Ok(number)
    };
    // Decimals are cut toward zero: up for negative numbers, down for others.
    let low = match low {
        None => Some(all.low),
        Some((text, inside)) => {
            let number = read(&text)?;
            let next = if number.fraction { !number.negative } else { !inside };
            if next { number.whole.checked_add(1) } else { Some(number.whole) }
        }
    };
    let high = match high {
        None => Some(all.high),
        Some((text, inside)) => {
            let number = read(&text)?;
            let previous = if number.fraction { number.negative } else { !inside };
            if previous { number.whole.checked_sub(1) } else { Some(number.whole) }
        }
    };
    let empty = Interval { low: 1, high: 0 };
    Ok(low.zip(high).map_or(empty, |(low, high)| Interval { low, high }))
}

/// A `term` on a float field: the value as the type would store it.
///
/// # Errors
///
/// What is no number.
pub fn float_term(text: &str, ty: FloatType) -> Result<Interval<f64>, ValueError> {
    let value = ty.stored(double(text)?);
    Ok(Interval { low: value, high: value })
}

/// A `range` on a float field.
///
/// # Errors
///
/// A bound that is no number.
pub fn float_range((low, high): Bounds, ty: FloatType) -> Result<Interval<f64>, ValueError> {
    let stored = |value: f64| match ty {
        FloatType::Double | FloatType::Scaled(_) => value,
        FloatType::Float | FloatType::Half => ty.stored(value),
    };
    let low = match low {
        None => f64::NEG_INFINITY,
        Some((text, true)) => stored(double(&text)?),
        Some((text, false)) => stored(double(&text)?).next_up(),
    };
    let high = match high {
        None => f64::INFINITY,
        Some((text, true)) => stored(double(&text)?),
        Some((text, false)) => stored(double(&text)?).next_down(),
    };
    Ok(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_cut_to_integers() {
        let long = |value| long_from_json(&value, IntegerType::Long);
        assert_eq!(long(json!(5.9)), Ok(5));
        assert_eq!(long(json!(-5.9)), Ok(-5));
        assert_eq!(long(json!("5")), Ok(5));
        assert_eq!(long(json!(9_007_199_254_740_993_i64)), Ok(9_007_199_254_740_993));
        assert!(long(json!(u64::MAX)).is_err());
        assert!(long(json!("x")).is_err());
        assert!(long(json!(true)).is_err());
        assert!(long_from_json(&json!(128), IntegerType::Byte).is_err());
    }

    #[test]
    fn terms_match_integers_only_when_integral() {
        let term = |text| integer_term(text, IntegerType::Long);
        assert_eq!(term("5.0"), Ok(Some(Interval { low: 5, high: 5 })));
        assert_eq!(term("5.5"), Ok(None));
        assert_eq!(term("1e3"), Ok(Some(Interval { low: 1000, high: 1000 })));
        assert!(term("abc").is_err());
        assert!(term("").is_err());
        assert!(term("1e30").is_err());
    }

    #[test]
    fn ranges_take_decimals_exactly() {
        let bound = |text: &str, inside| Some((text.to_owned(), inside));
        for (low, high, expected) in [
            (bound("4.5", false), None, (5, i64::MAX)),
            (bound("4.5", true), None, (5, i64::MAX)),
            (bound("-4.5", true), None, (-4, i64::MAX)),
            (bound("4", false), None, (5, i64::MAX)),
            (None, bound("4.5", false), (i64::MIN, 4)),
            (None, bound("-4.5", true), (i64::MIN, -5)),
            (None, bound("4", false), (i64::MIN, 3)),
            (bound("9007199254740993", true), None, (9_007_199_254_740_993, i64::MAX)),
        ] {
            let interval = integer_range((low, high), IntegerType::Long).expect("numbers");
            assert_eq!((interval.low, interval.high), expected);
        }
        assert!(integer_range((bound("1e30", true), None), IntegerType::Long).is_err());
        assert!(integer_range((None, bound("2147483648", true)), IntegerType::Byte).is_err());
        let none = integer_range((bound("9223372036854775807", false), None), IntegerType::Long);
        assert!(none.is_ok_and(|none| none.low > none.high));
    }

    #[test]
    fn halves_and_floats_round() {
        assert_eq!(double_from_json(&json!(0.1), FloatType::Float), Ok(f64::from(0.1_f32)));
        assert_eq!(double_from_json(&json!(2049), FloatType::Half), Ok(2048.0));
        assert!(double_from_json(&json!(70000), FloatType::Half).is_err());
        assert_eq!(double_from_json(&json!(1.2345), FloatType::Scaled(100.0)), Ok(1.23));
    }
}
