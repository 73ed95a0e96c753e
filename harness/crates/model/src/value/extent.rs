//! Extents: what range fields hold, from one end to the other, both inside. An
//! `unsigned_long` is an extent of one number.
//!
//! A column keeps an extent as text, `5..9`, with `*` where it is open; a test maps
//! both ends to places on one scale of 128 bits and asks whether they meet its own.

use serde_json::Value;

use super::{Bounds, DateFormat, ValueError, float_range, integer_range, ip_interval, ip_range};
use super::{FloatType, IntegerType, Interval};
use super::{ip_text, parse_ip};

/// What the ends of an extent are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scale {
    /// 64-bit integers.
    Integer,
    /// The same without sign.
    Unsigned,
    /// 64-bit floats.
    Float,
    /// Milliseconds since 1970.
    Date,
    /// Addresses.
    Ip,
}

/// Puts negative numbers before positive ones.
const SIGN: u64 = 1 << 63;

impl Scale {
    /// Where an end stands; `None` for text that is no such.
    fn place(self, text: &str) -> Option<u128> {
        Some(match self {
            Self::Integer | Self::Date => integer_place(text.parse().ok()?),
            Self::Unsigned => text.parse::<u64>().ok()?.into(),
            Self::Float => float_place(text.parse().ok()?),
            Self::Ip => parse_ip(text).ok()?,
        })
    }

    /// The text of an end.
    fn text(self, place: u128) -> String {
        let bits = u64::try_from(place).unwrap_or(u64::MAX);
        match self {
            Self::Integer | Self::Date => (bits ^ SIGN).cast_signed().to_string(),
            Self::Unsigned => bits.to_string(),
            Self::Float => {
                let bits = if bits & SIGN == 0 { !bits } else { bits ^ SIGN };
                f64::from_bits(bits).to_string()
            }
            Self::Ip => ip_text(place),
        }
    }

    /// The lowest and the highest place.
    fn all(self) -> Interval<u128> {
        match self {
            Self::Integer | Self::Unsigned | Self::Date => {
                Interval { low: 0, high: u64::MAX.into() }
            }
            Self::Float => {
                Interval { low: float_place(f64::NEG_INFINITY), high: float_place(f64::INFINITY) }
            }
            Self::Ip => Interval { low: 0, high: u128::MAX },
        }
    }

    /// The extent as text.
    pub fn show(self, extent: Interval<u128>) -> String {
        let all = self.all();
        let end = |place: u128, open: u128| {
            if place == open { "*".to_owned() } else { self.text(place) }
        };
        if extent.low == extent.high {
            return self.text(extent.low);
        }
        format!("{}..{}", end(extent.low, all.low), end(extent.high, all.high))
    }

    /// The extent that a text stands for.
    pub fn read(self, text: &str) -> Option<Interval<u128>> {
        let all = self.all();
        let Some((low, high)) = text.split_once("..") else {
            let place = self.place(text)?;
            return Some(Interval { low: place, high: place });
        };
        let end = |text: &str, open: u128| if text == "*" { Some(open) } else { self.place(text) };
        Some(Interval { low: end(low, all.low)?, high: end(high, all.high)? })
    }

    /// The extent of a document, as text.
    ///
    /// # Errors
    ///
    /// What is no extent, and one that ends before it begins.
    pub fn from_json(self, value: &Value, dates: Option<&DateFormat>) -> Result<String, String> {
        let extent = match value {
            Value::Object(parts) => {
                let (mut low, mut high) = (None, None);
                for (key, value) in parts {
                    let end = if value.is_null() { None } else { Some(self.end(value, dates)?) };
                    match key.as_str() {
                        "gte" => low = end.map(|end| (end, true)),
                        "gt" => low = end.map(|end| (end, false)),
                        "lte" => high = end.map(|end| (end, true)),
                        "lt" => high = end.map(|end| (end, false)),
                        other => return Err(format!("`{other}` is no end of a range")),
                    }
                }
                self.asked((low, high)).map_err(|error| error.to_string())?
            }
            Value::String(text) if self == Self::Ip => {
                ip_interval(text).map_err(|error| error.to_string())?
            }
            Value::String(_) | Value::Number(_) if self == Self::Unsigned => {
                let found = unsigned_term(&self.end(value, dates)?);
                found
                    .map_err(|error| error.to_string())?
                    .ok_or("it is no whole number from 0 on")?
            }
            _ => return Err("a range is an object with its ends".to_owned()),
        };
        if extent.low > extent.high {
            return Err("it ends before it begins".to_owned());
        }
        Ok(self.show(extent))
    }

    /// The text of an end of a document.
    fn end(self, value: &Value, dates: Option<&DateFormat>) -> Result<String, String> {
        match (self, value) {
            (Self::Date, value) => {
                let dates = dates.ok_or("its date format is not supported")?;
                let millis = dates.from_json(value).map_err(|error| error.to_string())?;
                Ok(millis.to_string())
            }
            (_, Value::String(text)) => Ok(text.clone()),
            (_, Value::Number(number)) => Ok(number.to_string()),
            (_, other) => Err(format!("{other} is no end of a range")),
        }
    }

    /// What a query asks for; ends of dates are milliseconds.
    ///
    /// # Errors
    ///
    /// Ends that are none on this scale.
    pub fn asked(self, bounds: Bounds) -> Result<Interval<u128>, ValueError> {
        Ok(match self {
            Self::Integer | Self::Date => {
                let Interval { low, high } = integer_range(bounds, IntegerType::Long)?;
                Interval { low: integer_place(low), high: integer_place(high) }
            }
            Self::Unsigned => unsigned_range(bounds)?,
            Self::Float => {
                let Interval { low, high } = float_range(bounds, FloatType::Double)?;
                Interval { low: float_place(low), high: float_place(high) }
            }
            Self::Ip => ip_range(bounds)?,
        })
    }

    /// The places of moments in milliseconds.
    pub fn moments(low: i64, high: i64) -> Interval<u128> {
        Interval { low: integer_place(low), high: integer_place(high) }
    }
}

fn integer_place(value: i64) -> u128 {
    (value.cast_unsigned() ^ SIGN).into()
}

fn float_place(value: f64) -> u128 {
    let bits = value.to_bits();
    (if bits & SIGN == 0 { bits ^ SIGN } else { !bits }).into()
}

/// What a query for one `unsigned_long` asks for; `None` where no value is equal.
///
/// # Errors
///
/// What is no number.
pub fn unsigned_term(text: &str) -> Result<Option<Interval<u128>>, ValueError> {
    let (floor, fraction) = whole(text)?;
    let place = u64::try_from(floor).ok().filter(|_| !fraction).map(u128::from);
    Ok(place.map(|place| Interval { low: place, high: place }))
}

fn unsigned_range((low, high): Bounds) -> Result<Interval<u128>, ValueError> {
    let low = match low {
        None => 0,
        Some((text, inside)) => {
            let (floor, fraction) = whole(&text)?;
            if inside && !fraction { floor } else { floor + 1 }
        }
    };
    let high = match high {
        None => i128::from(u64::MAX),
        Some((text, inside)) => {
            let (floor, fraction) = whole(&text)?;
            if inside || fraction { floor } else { floor - 1 }
        }
    };
    match (u128::try_from(low.max(0)), u128::try_from(high.min(u64::MAX.into()))) {
        (Ok(low), Ok(high)) => Ok(Interval { low, high }),
        _ => Ok(Interval { low: 1, high: 0 }),
    }
}

/// The whole number at or below a number, and whether there is more to it.
fn whole(text: &str) -> Result<(i128, bool), ValueError> {
    let error = || ValueError::NotANumber(text.to_owned());
    if let Ok(exact) = text.parse::<i64>() {
        return Ok((exact.into(), false));
    }
    if let Ok(exact) = text.parse::<u64>() {
        return Ok((exact.into(), false));
    }
    let number: f64 = text.parse().map_err(|_| error())?;
    if !number.is_finite() {
        return Err(error());
    }
    // Beyond 64 bits only the side counts.
    let floor = number.floor().clamp(-1e30, 1e30);
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of fewer than 128 bits")]
    let floor_bits = floor as i128;
    Ok((floor_bits, number.fract() != 0.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::DEFAULT_DATE_FORMAT;

    #[test]
    fn documents_state_extents() {
        let dates = DateFormat::parse(DEFAULT_DATE_FORMAT).ok();
        for (scale, value, expected) in [
            (Scale::Integer, json!({"gte": 5, "lte": 9}), Ok("5..9")),
            (Scale::Integer, json!({"gt": 5, "lt": "9"}), Ok("6..8")),
            (Scale::Integer, json!({"gte": -5}), Ok("-5..*")),
            (Scale::Integer, json!({"lt": 0, "gte": null}), Ok("*..-1")),
            (Scale::Integer, json!({"gt": 5, "lt": 6}), Err("it ends before it begins")),
            (Scale::Integer, json!({"from": 5}), Err("`from` is no end of a range")),
            (Scale::Integer, json!(5), Err("a range is an object with its ends")),
            (Scale::Float, json!({"gte": -0.5, "lte": 2.25}), Ok("-0.5..2.25")),
            (Scale::Ip, json!("10.1.0.0/16"), Ok("10.1.0.0..10.1.255.255")),
            (Scale::Ip, json!({"gte": "10.0.0.1", "lt": "10.0.0.9"}), Ok("10.0.0.1..10.0.0.8")),
            (Scale::Ip, json!("x"), Err("`x` is not an IP address")),
            (Scale::Date, json!({"gte": "1970-01-01", "lt": "1970-01-01T00:00:01Z"}), Ok("0..999")),
            (Scale::Unsigned, json!(u64::MAX), Ok("18446744073709551615")),
            (Scale::Unsigned, json!("7"), Ok("7")),
            (Scale::Unsigned, json!(-1), Err("it is no whole number from 0 on")),
        ] {
            let found = scale.from_json(&value, dates.as_ref());
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{value}");
        }
    }

    #[test]
    fn extents_survive_as_text() {
        for (scale, text) in [
            (Scale::Integer, "-9223372036854775808..3"),
            (Scale::Integer, "-3..-1"),
            (Scale::Unsigned, "5"),
            (Scale::Float, "-1.5..*"),
            (Scale::Float, "0.1..2"),
            (Scale::Date, "*..*"),
            (Scale::Ip, "::1..ffff::"),
        ] {
            let extent = scale.read(text).expect("an extent");
            assert!(extent.low <= extent.high, "{text}");
            let shown = scale.show(extent);
            assert_eq!(scale.read(&shown), Some(extent), "{text} as {shown}");
        }
        let order =
            ["-2", "-1.5", "-0.1", "0", "0.1", "1.5", "1e300"].map(|t| Scale::Float.place(t));
        assert!(order.is_sorted() && order.iter().all(Option::is_some));
        assert_eq!(Scale::Ip.read("x"), None);
    }

    #[test]
    fn unsigned_numbers_are_asked_exactly() {
        let range = |low: Option<&str>, high: Option<&str>| {
            let bound = |text: Option<&str>| text.map(|text| (text.to_owned(), false));
            let Interval { low, high } =
                unsigned_range((bound(low), bound(high))).expect("numbers");
            (low, high)
        };
        let most = u128::from(u64::MAX);
        assert_eq!(range(Some("5"), None), (6, most));
        assert_eq!(range(Some("4.5"), Some("9.5")), (5, 9));
        assert_eq!(range(Some("-3"), Some("3")), (0, 2));
        assert_eq!(range(None, Some("-1")), (1, 0));
        assert_eq!(range(Some("9223372036854775807"), None), (1 << 63, most));
        let term = |text: &str| unsigned_term(text).expect("a number").map(|at| at.low);
        assert_eq!(term("18446744073709551615"), Some(most));
        assert_eq!((term("5.0"), term("5.5"), term("-1")), (Some(5), None, None));
        assert!(unsigned_term("x").is_err() && unsigned_term("NaN").is_err());
    }
}
