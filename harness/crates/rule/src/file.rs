//! The rules of a file, whatever its format and however many they are.

use std::borrow::Cow;

use crate::data::{self, Placed};
use crate::document;
use crate::kind::{Foreign, Kind, kind};
use crate::model::Rule;
use crate::read::{Node, Sink};
use crate::table::Table;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::span::Span;

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Each rule, or why it is none.
    pub(crate) rules: Vec<Outcome>,
    /// Whether the file is one that holds several rules, though there may be one only.
    pub(crate) is_export: bool,
    /// Whether there are exception lists or items.
    pub(crate) has_exceptions: bool,
    /// Rules that are not judged.
    pub(crate) foreign: Vec<&'static Foreign>,
    /// Whether something is nothing that is known here.
    pub(crate) is_unknown: bool,
}

/// A rule, or at least one error.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) rule: Option<Rule>,
    /// The title, also of a broken one.
    pub(crate) name: Option<String>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Outcome {
    fn failed(diagnostics: Vec<Diagnostic>) -> Self {
        Self { rule: None, name: None, diagnostics }
    }
}

/// Reads a file; a path without an ending is that of a TOML text. Where it is a guess that
/// there are rules, what is none is nothing wrong.
pub(crate) fn contents(path: &str, text: &str, is_guess: bool) -> Contents {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    let mut contents = Contents {
        is_export: matches!(ending.as_str(), "ndjson" | "jsonl"),
        ..Contents::default()
    };
    if text.trim().is_empty() {
        let error = Diagnostic::error("rule-empty", "the file is empty", Span::new(0, text.len()));
        contents.rules.push(Outcome::failed(vec![error]));
        return contents;
    }
    let (values, errors) = data::format(path, text).values(text);
    let is_toml = !is_guess && matches!(ending.as_str(), "" | "toml");
    // A file of another format may be anything.
    if !errors.is_empty() && (is_toml || text.contains("rule_id")) {
        contents.rules.push(Outcome::failed(errors));
    } else if !errors.is_empty() {
        contents.is_unknown = true;
    }
    let mut all: Vec<&Placed> = Vec::new();
    for value in &values {
        let page = value.get("data").filter(|_| value.get("total").is_some());
        match value.items().or_else(|| page.and_then(Placed::items)) {
            Some(items) => {
                contents.is_export = true;
                all.extend(items);
            }
            None => all.push(value),
        }
    }
    for value in all {
        match kind(value) {
            Kind::Filed(value) => contents.rules.push(filed(value, text)),
            Kind::Flat(value) => contents.rules.push(flat(value, text)),
            Kind::Exceptions => contents.has_exceptions = true,
            Kind::Aside => {}
            Kind::Foreign(foreign) => contents.foreign.push(foreign),
            // What is no rule in a folder of rules is one that went wrong.
            Kind::Unknown if is_toml => contents.rules.push(filed(value, text)),
            Kind::Unknown => contents.is_unknown = true,
        }
    }
    contents.is_export |= contents.rules.len() > 1;
    contents
}

fn filed(value: &Placed, text: &str) -> Outcome {
    let name = value.get("rule").and_then(|rule| rule.get("name"));
    outcome(name, |sink| Table::root(value, text, sink).and_then(document::read_document))
}

fn flat(value: &Placed, text: &str) -> Outcome {
    outcome(value.get("name"), |sink| {
        let path = "rule".to_owned();
        document::read_flat(Node { value: &value.data, span: value.span, path, text, sink })
    })
}

fn outcome(name: Option<&Placed>, read: impl FnOnce(&Sink) -> Option<Rule>) -> Outcome {
    let sink = Sink::default();
    let rule = read(&sink);
    let diagnostics = sink.into_diagnostics();
    let failed = diagnostics.iter().any(|found| found.severity == Severity::Error);
    let name = name.and_then(Placed::text).map(str::to_owned);
    Outcome { rule: rule.filter(|_| !failed), name, diagnostics }
}

/// A name as part of a path: letters and digits, and `_` between.
pub(crate) fn slug(name: &str) -> Cow<'static, str> {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("_").to_lowercase();
    if slug.is_empty() { "rule".into() } else { slug.into() }
}
