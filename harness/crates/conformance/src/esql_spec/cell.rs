//! Cells of a `csv-spec` file as values, and their comparison.

use harness_esql::convert::{convert, java_number};
use harness_esql::types::Type;
use harness_esql::value::{Ref, Value};

/// A type by the names and abbreviations of the suites.
pub(super) fn type_named(name: &str) -> Option<Type> {
    Some(match name.to_ascii_lowercase().as_str() {
        // ES|QL widens the smaller numbers.
        "i" | "byte" | "short" => Type::Integer,
        "l" => Type::Long,
        "d" | "float" | "half_float" | "scaled_float" => Type::Double,
        "s" | "k" => Type::Keyword,
        "v" => Type::Version,
        "n" | "null" => Type::Null,
        "text" | "txt" => Type::Text,
        other => return Type::by_name(other),
    })
}

/// The values of a cell; none for null.
pub(super) fn values(cell: &str, ty: Type) -> Result<Vec<Value>, String> {
    if cell == "null" {
        return Ok(Vec::new());
    }
    let list = cell.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match list {
        Some(inside) => items(inside).iter().map(|item| value(item, ty)).collect(),
        None => Ok(vec![value(cell, ty)?]),
    }
}

/// Splits at commas outside quotes.
fn items(inside: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut quoted = false;
    for c in inside.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        if c == ',' && !quoted {
            items.push(String::new());
        } else if let Some(item) = items.last_mut() {
            item.push(c);
        }
    }
    items.iter().map(|item| item.trim().to_owned()).collect()
}

fn value(text: &str, ty: Type) -> Result<Value, String> {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let text = quoted.map_or_else(|| text.to_owned(), |inside| inside.replace("\"\"", "\""));
    let wrong = || format!("`{text}` is no {ty}");
    match ty {
        Type::Keyword | Type::Text | Type::Version | Type::Source => Ok(Value::Str(text)),
        Type::Double => java_number(&text).map(Value::Double).ok_or_else(wrong),
        Type::DateNanos => nanos(&text).map(Value::Long).ok_or_else(wrong),
        Type::Ip => convert(Ref::Str(text.replace("::0", "::").as_str()), Type::Keyword, ty)
            .ok()
            .flatten()
            .ok_or_else(wrong),
        _ => convert(Ref::Str(&text), Type::Keyword, ty).ok().flatten().ok_or_else(wrong),
    }
}

/// Nanoseconds since 1970 of a date with up to nine decimals.
fn nanos(text: &str) -> Option<i64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let decimals: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let zone = match rest.get(decimals.len()..).unwrap_or_default() {
        "" => "Z",
        zone => zone,
    };
    let whole = if whole.ends_with('Z') { whole.to_owned() } else { format!("{whole}{zone}") };
    let millis = convert(Ref::Str(&whole), Type::Keyword, Type::Date).ok()??;
    let below: i64 = format!("{decimals:0<9}").get(..9)?.parse().ok()?;
    millis.as_ref().long().checked_mul(1_000_000)?.checked_add(below)
}

/// Whether two lists of values are the same.
pub(super) fn same(expected: &[Value], found: &[Value]) -> bool {
    expected.len() == found.len() && expected.iter().zip(found).all(|(a, b)| same_value(a, b))
}

fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // The suites were computed with other orders of summation.
        (Value::Double(a), Value::Double(b)) => {
            a.total_cmp(b).is_eq() || (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
        }
        (a, b) => a == b,
    }
}

/// Values as a cell shows them.
pub(super) fn show(values: &[Value], ty: Type) -> String {
    let texts: Vec<_> = values.iter().map(|value| value.as_ref().text(ty)).collect();
    match texts.as_slice() {
        [] => "null".to_owned(),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}
