//! Values unlike one.

use serde_json::{Value, json};

use harness_text::pattern::glob::{Glob, GlobPart};

/// Text for a pattern, with a number in the place of its first wildcard.
pub(super) fn filled(glob: &Glob, n: usize) -> String {
    let number = (n + 2).to_string();
    let first = glob.parts().iter().position(|part| *part == GlobPart::Many);
    let parts = glob.parts().iter().enumerate().map(|(at, part)| match part {
        GlobPart::Literal(text) => text.as_str(),
        GlobPart::One => "1",
        GlobPart::Many if Some(at) == first => &number,
        GlobPart::Many => "example",
    });
    parts.collect()
}

/// Values unlike one: of its kind, and with `n` many to choose from.
pub(super) fn others(own: Option<&Value>, n: usize) -> Vec<Value> {
    let number = n + 2;
    match own {
        Some(Value::Number(value)) => {
            let next = i64::try_from(number).ok();
            let next = value.as_i64().zip(next).and_then(|(own, more)| own.checked_add(more));
            next.map(Value::from).into_iter().collect()
        }
        Some(Value::Bool(value)) => vec![json!(!value)],
        Some(Value::String(text)) => {
            let address = text.parse::<std::net::IpAddr>().is_ok();
            let octets = (number / 250, number % 250 + 1);
            let mut values = Vec::new();
            if let Some((net, last)) = text.rsplit_once('.').filter(|_| address)
                && let Ok(last) = last.parse::<usize>()
            {
                values.push(json!(format!("{net}.{}", (last + n + 1) % 255)));
            }
            if address {
                values.push(json!(format!("198.51.{}.{}", 100 + octets.0, octets.1)));
            }
            values.push(json!(format!("{text}-{number}")));
            values.push(json!(format!("{number}-{text}")));
            values.push(json!(format!("{text}{number}")));
            values.push(json!(format!("example-{number}")));
            values.push(json!(i64::try_from(number).unwrap_or(2)));
            values
        }
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => vec![json!("another")],
    }
}
