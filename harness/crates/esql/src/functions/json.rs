//! `JSON_EXTRACT`: one value of a JSON text by its path.

use serde::de::IgnoredAny;

use super::string::text;
use super::{Binder, Bound, Function};
use crate::expr::{Failure, Outcome};
use crate::types::Type;
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] =
    &[Function { names: &["json_extract"], bind: json_extract }];

fn json_extract(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.expect(0, |ty| ty.is_string() || ty == Type::Source, "string or _source", None)?;
    b.string(1)?;
    let constant = b.constant_text(1).map(|path| parse_path(&path));
    Ok(Bound::single(Type::Keyword, move |args| {
        let path = args[1].str();
        let parsed;
        let steps = match &constant {
            Some(steps) => steps,
            None => {
                parsed = parse_path(path);
                &parsed
            }
        };
        match steps {
            Some(steps) => extract(args[0].str(), steps, path),
            None => Err(Failure::illegal(format!("invalid path [{path}]"))),
        }
    }))
}

/// One step into a value.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

fn parse_path(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = match path.strip_prefix('$') {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', '[']) => rest,
        _ => path,
    };
    let mut first = rest.len() == path.len();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            if let Some(quote) = inside.chars().next().filter(|c| matches!(c, '\'' | '"')) {
                let (key, behind) = inside[1..].split_once(quote)?;
                rest = behind.strip_prefix(']')?;
                steps.push(Step::Key(key.to_owned()));
            } else {
                let (index, behind) = inside.split_once(']')?;
                rest = behind;
                steps.push(Step::Index(index.parse().ok()?));
            }
        } else {
            rest = if first { rest } else { rest.strip_prefix('.')? };
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let key = &rest[..end];
            if key.is_empty() || key.contains('*') {
                return None;
            }
            steps.push(Step::Key(key.to_owned()));
            rest = &rest[end..];
        }
        first = false;
    }
    Some(steps)
}

fn invalid() -> Failure {
    Failure::illegal("invalid JSON input")
}

/// The length of the value that a text begins with.
fn value_length(text: &str) -> Result<usize, Failure> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => Ok(values.byte_offset()),
        _ => Err(invalid()),
    }
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

/// The value of a key that a text begins with, and the text after it.
fn string(text: &str) -> Result<(String, &str), Failure> {
    let length = value_length(text)?;
    let value = serde_json::from_str(&text[..length]).map_err(|_| invalid())?;
    Ok((value, &text[length..]))
}

fn extract(source: &str, steps: &[Step], path: &str) -> Outcome {
    let missing = || Failure::illegal(format!("path [{path}] does not exist"));
    let mut at = skip_blanks(source);
    if at.is_empty() {
        return Err(invalid());
    }
    for step in steps {
        at = match (step, at.chars().next()) {
            (Step::Key(key), Some('{')) => member(&at[1..], key)?.ok_or_else(missing)?,
            (Step::Index(index), Some('[')) => element(&at[1..], *index)?.ok_or_else(missing)?,
            _ => {
                value_length(at)?;
                return Err(missing());
            }
        };
    }
    let raw = &at[..value_length(at)?];
    match raw.trim_start() {
        "null" => Ok(None),
        quoted if quoted.starts_with('"') => text(string(quoted)?.0),
        other => text(other),
    }
}

/// The text from the value of a key on, inside an object.
fn member<'a>(mut at: &'a str, wanted: &str) -> Result<Option<&'a str>, Failure> {
    at = skip_blanks(at);
    if at.starts_with('}') {
        return Ok(None);
    }
    loop {
        if !at.starts_with('"') {
            return Err(invalid());
        }
        let (key, behind) = string(at)?;
        let value = skip_blanks(skip_blanks(behind).strip_prefix(':').ok_or_else(invalid)?);
        if key == wanted {
            return Ok(Some(value));
        }
        at = skip_blanks(&value[value_length(value)?..]);
        match at.strip_prefix(',') {
            Some(behind) => at = skip_blanks(behind),
            None if at.starts_with('}') => return Ok(None),
            None => return Err(invalid()),
        }
    }
}

/// The text from an element on, inside an array.
fn element(mut at: &str, index: usize) -> Result<Option<&str>, Failure> {
    at = skip_blanks(at);
    if at.starts_with(']') {
        return Ok(None);
    }
    let mut left = index;
    loop {
        if left == 0 {
            return Ok(Some(at));
        }
        at = skip_blanks(&at[value_length(at)?..]);
        match at.strip_prefix(',') {
            Some(behind) => at = skip_blanks(behind),
            None if at.starts_with(']') => return Ok(None),
            None => return Err(invalid()),
        }
        left -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_values() {
        let json = r#" {"a":{"b":[1, {"c":"x\n"}]},"d.e":1.50,"n":null,"t":true,"a":2} "#;
        for (path, expected) in [
            ("a.b[1].c", Ok(Some("x\n"))),
            ("$.a.b[0]", Ok(Some("1"))),
            ("['d.e']", Ok(Some("1.50"))),
            ("$[\"d.e\"]", Ok(Some("1.50"))),
            ("a.b", Ok(Some(r#"[1, {"c":"x\n"}]"#))),
            ("n", Ok(None)),
            ("t", Ok(Some("true"))),
            ("a.b[2]", Err("does not exist")),
            ("d.e", Err("does not exist")),
            ("t.x", Err("does not exist")),
            ("a.*", Err("invalid path")),
            ("a..b", Err("invalid path")),
            ("a.b[-1]", Err("invalid path")),
        ] {
            let outcome = match parse_path(path) {
                Some(steps) => extract(json, &steps, path),
                None => Err(Failure::illegal("invalid path")),
            };
            match (outcome, expected) {
                (Ok(value), Ok(expected)) => {
                    assert_eq!(
                        value,
                        expected.map(|text| crate::value::Value::Str(text.to_owned())),
                        "{path}"
                    );
                }
                (Err(Failure::Warning(cause)), Err(part)) => {
                    assert!(cause.contains(part), "{path}: {cause}");
                }
                (outcome, _) => panic!("{path}: {outcome:?}"),
            }
        }
        for bad in ["", "{", "{\"a\" 1}", "[1", "{a:1}", &"[".repeat(1000)] {
            assert!(extract(bad, &[Step::Key("x".into())], "x").is_err(), "{bad}");
        }
    }
}
