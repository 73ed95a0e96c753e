//! JSON texts: one value or many, whatever stands between them.
//!
//! A key that is stated twice in one object is an error, as Elasticsearch has it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

use super::raw;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// All values of a text, each with its place.
///
/// # Errors
///
/// What is not JSON, and an object that states a key twice.
pub fn values(text: &str) -> Result<Vec<(Value, Span)>, Diagnostic> {
    let mut values = Vec::new();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Once>();
    loop {
        let start = stream.byte_offset();
        match stream.next() {
            None => return Ok(values),
            Some(Err(error)) => {
                let form = values.is_empty().then(|| raw::form(text)).flatten();
                return Err(match form {
                    Some((name, help)) => {
                        let message = format!("the file is {name}, not JSON");
                        Diagnostic::error("not-json", message, Span::default()).with_help(help)
                    }
                    None => fault(text, &error),
                });
            }
            Some(Ok(Once(value))) => {
                let end = stream.byte_offset();
                let blank = text.get(start..end).map_or(0, |it| it.len() - it.trim_start().len());
                values.push((value, Span::new(start + blank, end)));
            }
        }
    }
}

fn fault(text: &str, error: &serde_json::Error) -> Diagnostic {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let line_start: usize = lines.map(str::len).sum();
    let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    let span = Span::new(at, at);
    match error.classify() {
        Category::Data => Diagnostic::error("duplicate-key", message, span)
            .with_help("Elasticsearch refuses such a document"),
        Category::Syntax if IS_SURROGATE.iter().any(|told| message.starts_with(told)) => {
            let message = "half of a surrogate pair, which is no character, is not read";
            Diagnostic::error("lone-surrogate", message, span).with_help(
                "Elasticsearch takes such a document and indexes U+FFFD in its place: state \\ufffd",
            )
        }
        Category::Io | Category::Syntax | Category::Eof => {
            Diagnostic::error("json-syntax", format!("not JSON: {message}"), span)
        }
    }
}

/// How the parser tells of an escape such as `\ud800` without its other half.
const IS_SURROGATE: [&str; 2] =
    ["lone leading surrogate in hex escape", "unexpected end of hex escape"];

/// A value in which each object states each key once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Once(value)) = access.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` is stated twice")));
            }
            let Once(value) = access.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_follow_each_other_with_anything_blank_between() {
        for text in [
            "{\"a\":1}{\"a\":2}",
            "{\"a\":1}\n{\"a\":2}\n",
            "\r\n{\"a\":1}\r\n\r\n{\"a\":2}",
            "{\n\"a\": 1\n}\n{\n\"a\": 2\n}",
            "{\"a\":1}\r{\"a\":2}\r",
        ] {
            let found = values(text).expect("JSON");
            let found: Vec<_> = found
                .iter()
                .map(|(value, span)| (value["a"].as_i64(), &span.of(text)[..1]))
                .collect();
            assert_eq!(found, [(Some(1), "{"), (Some(2), "{")], "{text:?}");
        }
        assert_eq!(values(" \n").expect("nothing").len(), 0);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        for (text, code, message, at) in [
            ("{\"a\":1}\n{\"a\" 2}", "json-syntax", "not JSON: expected `:`", 13),
            ("{\"a\":NaN}", "json-syntax", "not JSON: expected value", 5),
            ("{\"a\":1,\"a\":2}", "duplicate-key", "the key `a` is stated twice", 9),
            ("{\"b\":{\"a\":{},\"a\":{}}}", "duplicate-key", "the key `a` is stated twice", 15),
            (r#"{"a":"\u12"}"#, "json-syntax", "not JSON: invalid escape", 11),
        ] {
            let found = values(text).expect_err("a fault");
            assert_eq!(
                (found.code, &*found.message, found.span.start),
                (code, message, at),
                "{text}"
            );
        }
    }

    /// Elasticsearch takes them, which the message says; pairs are characters.
    #[test]
    fn halves_of_surrogate_pairs_are_told_as_such() {
        for text in [r#"{"a":"\ud800"}"#, r#"{"a":"\udc00x"}"#, r#"["\ud800\u0041"]"#] {
            let found = values(text).expect_err("a fault");
            assert_eq!(found.code, "lone-surrogate", "{text}");
            assert!(found.help.is_some_and(|help| help.contains("U+FFFD")), "{text}");
        }
        assert_eq!(values(r#""\ud83d\ude00""#).expect("a character")[0].0, "\u{1f600}");
    }

    #[test]
    fn numbers_are_those_of_json() {
        let text = "[-1, 18446744073709551615, 1.5, 1e400]";
        assert!(values(text).is_err(), "1e400 is out of range");
        let (value, _) = values("[-1, 18446744073709551615, 1.5]").expect("JSON").remove(0);
        assert_eq!(value.to_string(), "[-1,18446744073709551615,1.5]");
    }
}
