//! Scalars as Elasticsearch reads them: numbers, booleans, addresses, dates.
//!
//! Documents and queries differ: a document's `""` is `false`, a query's is an
//! error (docs/semantics.md, "Values").

mod date;
mod extent;
mod interval;
mod number;

use std::net::{IpAddr, Ipv6Addr};

use serde_json::Value;

pub use date::{
    DEFAULT_DATE_FORMAT, DateError, DateFormat, Resolution, Rounding, dynamic_date_format,
    format_date, format_nanos, span_text,
};
pub use extent::{Scale, unsigned_term};
pub use interval::Interval;
pub use number::{
    FloatType, IntegerType, double_from_json, float_range, float_term, integer_range, integer_term,
    java_double, long_from_json,
};

/// A value that does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not a number.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// A number beyond the type.
    #[error("`{0}` is out of range")]
    OutOfRange(String),
    /// Not a boolean.
    #[error("`{0}` is not a boolean: only `true` and `false` are")]
    NotABoolean(String),
    /// Not an address.
    #[error("`{0}` is not an IP address")]
    NotAnAddress(String),
    /// Not a network.
    #[error("`{0}` is not a CIDR network")]
    NotANetwork(String),
}

/// Bounds of a range as text, with whether they are inside.
pub type Bounds = (Option<(String, bool)>, Option<(String, bool)>);

/// A scalar as a keyword field indexes it: `5.0` is `"5.0"`, `1e3` is `"1000.0"`.
pub fn keyword_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) if number.is_f64() => number.as_f64().map(java_double),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A document's boolean: `true`, `"true"`, `false`, `"false"`, `""`.
///
/// # Errors
///
/// Anything else.
pub fn boolean_from_json(value: &Value) -> Result<bool, ValueError> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" || text.is_empty() => Ok(false),
        other => Err(ValueError::NotABoolean(other.to_string())),
    }
}

/// A query's boolean: `true` or `false`.
///
/// # Errors
///
/// Anything else, `""` included.
pub fn boolean_from_query(text: &str) -> Result<bool, ValueError> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(ValueError::NotABoolean(other.to_owned())),
    }
}

/// An address as a 128-bit number, IPv4 mapped into IPv6.
///
/// # Errors
///
/// Anything that is not one address.
pub fn parse_ip(text: &str) -> Result<u128, ValueError> {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => Ok(u128::from(address.to_ipv6_mapped())),
        Ok(IpAddr::V6(address)) => Ok(u128::from(address)),
        Err(_) => Err(ValueError::NotAnAddress(text.to_owned())),
    }
}

/// One address, or all of a CIDR network.
///
/// # Errors
///
/// Anything else.
pub fn ip_interval(text: &str) -> Result<Interval<u128>, ValueError> {
    let Some((address, length)) = text.split_once('/') else {
        let address = parse_ip(text)?;
        return Ok(Interval { low: address, high: address });
    };
    let error = || ValueError::NotANetwork(text.to_owned());
    let address: IpAddr = address.parse().map_err(|_| error())?;
    let length: u32 = length.parse().map_err(|_| error())?;
    let (bits, free) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_ipv6_mapped()), 32_u32.checked_sub(length)),
        IpAddr::V6(v6) => (u128::from(v6), 128_u32.checked_sub(length)),
    };
    let free = free.ok_or_else(error)?;
    let mask = 1_u128.checked_shl(free).map_or(u128::MAX, |bit| bit - 1);
    Ok(Interval { low: bits & !mask, high: bits | mask })
}

/// A range of addresses.
///
/// # Errors
///
/// A bound that is not one address; a network is none.
pub fn ip_range((low, high): Bounds) -> Result<Interval<u128>, ValueError> {
    let empty = Interval { low: 1, high: 0 };
    let low = match low {
        None => 0,
        Some((text, true)) => parse_ip(&text)?,
        Some((text, false)) => match parse_ip(&text)?.checked_add(1) {
            Some(address) => address,
            None => return Ok(empty),
        },
    };
    let high = match high {
        None => u128::MAX,
        Some((text, true)) => parse_ip(&text)?,
        Some((text, false)) => match parse_ip(&text)?.checked_sub(1) {
            Some(address) => address,
            None => return Ok(empty),
        },
    };
    Ok(Interval { low, high })
}

/// An address as people write it: IPv4 where it is one.
pub fn ip_text(address: u128) -> String {
    let address = Ipv6Addr::from(address);
    address.to_ipv4_mapped().map_or_else(|| address.to_string(), |v4| v4.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keywords_are_what_java_prints() {
        for (value, expected) in [
            (json!(true), Some("true")),
            (json!(5), Some("5")),
            (json!(5.0), Some("5.0")),
            (json!(1e3), Some("1000.0")),
            (json!(1e7), Some("1.0E7")),
            (json!(1.5e-5), Some("1.5E-5")),
            (json!(0.001), Some("0.001")),
            (json!(-0.0), Some("-0.0")),
            (json!("x"), Some("x")),
            (json!(null), None),
            (json!([1]), None),
        ] {
            assert_eq!(keyword_text(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn networks_are_intervals() {
        let check = |network: &str, low: &str, high: &str| {
            let interval = ip_interval(network).expect("a network");
            assert_eq!((ip_text(interval.low), ip_text(interval.high)), (low.into(), high.into()));
        };
        check("10.0.0.0/8", "10.0.0.0", "10.255.255.255");
        check("10.1.2.3", "10.1.2.3", "10.1.2.3");
        check("192.168.1.7/31", "192.168.1.6", "192.168.1.7");
        check("fe80::/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        for bad in ["10.0.0.0/33", "::/129", "x/8", "10.0.0.0/", "10.0.0.0/-1", ""] {
            assert!(ip_interval(bad).is_err(), "{bad}");
        }
        let all = ip_interval("::/0").expect("a network");
        assert_eq!((all.low, all.high), (0, u128::MAX));
    }

    #[test]
    fn an_empty_string_is_false_in_a_document_only() {
        assert_eq!(boolean_from_json(&json!("")), Ok(false));
        assert!(boolean_from_query("").is_err());
        assert!(boolean_from_json(&json!(1)).is_err());
        assert!(boolean_from_query("True").is_err());
    }
}
