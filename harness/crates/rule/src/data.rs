//! The values of a rule's file in their places, whatever format it is written in.

mod json;
mod place;
mod toml;
mod value;
mod yaml;

use serde_json::Value;

use harness_source::diagnostic::Diagnostic;
use value::Format;

pub(crate) use place::Places;
pub(crate) use value::{Data, Entries, Placed};

/// The format of a file: told by its content, where that leaves no doubt, else by its
/// ending; TOML by default.
pub(crate) fn format(path: &str, text: &str) -> &'static dyn Format {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    // JSON is YAML as well.
    if matches!(ending.as_deref(), Some("yaml" | "yml")) {
        return &yaml::Yaml;
    }
    let start = text.trim_start();
    let inner = start.strip_prefix('[').map(str::trim_start);
    if start.starts_with('{') || inner.is_some_and(|inner| inner.starts_with('{')) {
        return &json::Json;
    }
    match ending.as_deref() {
        Some("json" | "ndjson" | "jsonl") => &json::Json,
        Some(_) | None => &toml::Toml,
    }
}

/// The documents of a YAML text, as JSON.
///
/// # Errors
///
/// The first thing that is not YAML.
pub fn yaml(text: &str) -> Result<Vec<Value>, Diagnostic> {
    let (values, errors) = yaml::Yaml.values(text);
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(values.iter().map(Placed::to_json).collect()),
    }
}

#[cfg(test)]
mod tests;
