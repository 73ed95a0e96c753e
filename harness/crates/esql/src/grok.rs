//! `GROK`: strings taken apart by named regular expressions.
//!
//! `%{NAME:column:type}` stands for an expression of the bank and captures;
//! `(?<column>…)` captures as well. A pattern searches, it need not match the
//! whole string (docs/semantics.md, "ES|QL, GROK").

mod bank;
#[cfg(test)]
mod tests;

use super::regex::{Dialect, Regex, RegexError};
use super::types::Type;
use super::value::Value;
use harness_source::limits;
use harness_source::span::shorten;

/// How many references a pattern may expand to.
const MAX_REFERENCES: usize = limits::GROK_REFERENCES.most;
/// The greatest length of the expression.
const MAX_LENGTH: usize = limits::GROK_LENGTH.most;

/// How much of a pattern a message shows, in characters.
const MAX_SHOWN: usize = 1_000;

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrokError {
    /// Elasticsearch refuses it too.
    #[error("{0}")]
    Invalid(String),
    /// The harness cannot run it.
    #[error("{0}")]
    Unsupported(String),
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Grok {
    regex: Regex,
    outputs: Vec<Output>,
}

/// One output column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: Type,
    /// The groups that feed it.
    groups: Vec<usize>,
}

impl Grok {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// What Elasticsearch refuses, and what no automaton runs.
    pub fn new(pattern: &str) -> Result<Self, GrokError> {
        let shown = shorten(pattern, MAX_SHOWN);
        let invalid =
            |why: &str| GrokError::Invalid(format!("Invalid pattern [{shown}] for grok: {why}"));
        let source = expand(pattern).map_err(|why| invalid(&why))?;
        let regex = Regex::new(&source, Dialect::Oniguruma).map_err(|error| match error {
            RegexError::Syntax(why) => invalid(&why),
            RegexError::Unsupported(_) => {
                GrokError::Unsupported(format!("the grok pattern [{shown}]: {error}"))
            }
        })?;
        let outputs = outputs(&regex, &shown)?;
        Ok(Self { regex, outputs })
    }

    /// The output columns, by name.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Adds the values that a text gives to the lists of the outputs.
    ///
    /// Returns whether the text matches.
    ///
    /// # Errors
    ///
    /// A captured number that is none, and a search of too many steps.
    pub fn apply(&self, text: &str, values: &mut [Vec<Value>]) -> Result<bool, String> {
        let found = self.regex.captures_at(text, 0).map_err(|error| error.to_string())?;
        let Some(groups) = found else { return Ok(false) };
        for (output, list) in self.outputs.iter().zip(values) {
            for group in &output.groups {
                if let Some(Some((start, end))) = groups.get(*group) {
                    list.push(typed(&text[*start..*end], output.ty)?);
                }
            }
        }
        Ok(true)
    }
}

fn typed(text: &str, ty: Type) -> Result<Value, String> {
    let error = || format!("For input string: \"{text}\"");
    Ok(match ty {
        Type::Integer => Value::Int(text.parse().map_err(|_| error())?),
        Type::Long => Value::Long(text.parse().map_err(|_| error())?),
        Type::Double => Value::Double(super::convert::java_number(text).ok_or_else(error)?),
        Type::Boolean => Value::Bool(text.eq_ignore_ascii_case("true")),
        _ => Value::Str(text.to_owned()),
    })
}

/// A name of a group in two or three parts: pattern, column, type.
fn outputs(regex: &Regex, shown: &str) -> Result<Vec<Output>, GrokError> {
    let mut outputs: Vec<(Output, &str)> = Vec::new();
    for (full, group) in regex.names() {
        let parts: Vec<_> = full.split(':').collect();
        let (name, ty) = match parts.as_slice() {
            [_, name, ty] => (*name, *ty),
            [_, name] => (*name, ""),
            _ => (full.as_str(), ""),
        };
        let ty = match ty {
            "int" => Type::Integer,
            "long" => Type::Long,
            "float" | "double" => Type::Double,
            "boolean" => Type::Boolean,
            _ => Type::Keyword,
        };
        match outputs.iter_mut().find(|(output, _)| output.name == name) {
            Some((output, known)) if *known == full => output.groups.push(*group),
            Some(_) => {
                return Err(GrokError::Invalid(format!(
                    "Invalid GROK pattern [{shown}]: the attribute [{name}] is defined multiple times with different types"
                )));
            }
            None => {
                outputs.push((Output { name: name.to_owned(), ty, groups: vec![*group] }, full));
            }
        }
    }
    let mut outputs: Vec<_> = outputs.into_iter().map(|(output, _)| output).collect();
    outputs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(outputs)
}

/// Replaces every `%{…}` by its expression, from left to right.
fn expand(pattern: &str) -> Result<String, String> {
    let mut out = String::new();
    // What is still to be read, the next piece last.
    let mut pending = vec![pattern.to_owned()];
    let mut references = 0;
    if pattern.len() > MAX_LENGTH {
        return Err("the pattern is too large".to_owned());
    }
    while let Some(text) = pending.pop() {
        let Some((start, reference, end)) = next_reference(&text) else {
            out.push_str(&text);
            continue;
        };
        references += 1;
        if references > MAX_REFERENCES || out.len() > MAX_LENGTH {
            return Err("the pattern is too large".to_owned());
        }
        out.push_str(&text[..start]);
        let (name, capture) = match reference.split_once(':') {
            Some((name, _)) => (name, true),
            None => (reference, false),
        };
        let Some(definition) = bank::definition(name) else {
            return Err(format!("Unable to find pattern [{name}] in Grok's pattern dictionary"));
        };
        pending.push(text[end..].to_owned());
        pending.push(")".to_owned());
        pending.push(definition.to_owned());
        if capture {
            out.push_str("(?<");
            out.push_str(reference);
            out.push('>');
        } else {
            out.push_str("(?:");
        }
    }
    Ok(out)
}

/// The first `%{NAME}` or `%{NAME:column:type}`: its start, its inside, its end.
fn next_reference(text: &str) -> Option<(usize, &str, usize)> {
    let mut from = 0;
    while let Some(start) = text[from..].find("%{").map(|at| from + at) {
        let body = &text[start + 2..];
        let end = body.find('}')?;
        let inside = &body[..end];
        let (name, column) = inside.split_once(':').unwrap_or((inside, "x"));
        let is_name =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let is_column = !column.is_empty()
            && column.bytes().all(|b| b.is_ascii_alphanumeric() || b"@[]_:.-".contains(&b));
        if is_name && is_column {
            return Some((start, inside, start + 2 + end + 1));
        }
        from = start + 2;
    }
    None
}
