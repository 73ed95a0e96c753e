//! Detection rules in the Elastic TOML format: text → [`Rule`].
//!
//! Reads everything that the format and Kibana's schema know, and judges it by
//! itself: types, ranges, keys that a rule type needs. It reads no query and no
//! date math; that is the business of `compile` and `detect`.
//!
//! # Invariants
//!
//! - A file either gives a rule or at least one error, never both.
//! - All findings of a file are reported at once, in the order of their positions.
//! - No key is dropped silently: what is not understood is a warning.

mod document;
pub mod exception;
pub mod located;
pub mod model;
pub mod names;
mod part;
mod parts;
mod read;
mod suggest;
mod table;
pub mod threat;
pub mod tree;

use toml::de::{DeTable, DeValue};

use crate::model::Rule;
use crate::read::Sink;
use crate::table::Table;
use harness_source::diagnostic::{Diagnostic, Severity};
use harness_source::span::Span;

pub use part::Part;

/// Parses a rule file: the rule, or at least one error.
pub fn parse(text: &str) -> (Option<Rule>, Vec<Diagnostic>) {
    let sink = Sink::default();
    if text.trim().is_empty() {
        sink.report(Diagnostic::error("rule-empty", "the file is empty", Span::new(0, text.len())));
        return (None, sink.into_diagnostics());
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let range = error.span().unwrap_or_default();
            let span = Span::new(range.start, range.end);
            sink.report(Diagnostic::error("toml-syntax", error.message(), span));
        }
        // What the parser recovered may miss keys that the text has.
        return (None, sink.into_diagnostics());
    }
    let document = DeValue::Table(document.into_inner());
    let rule = Table::root(&document, text, &sink).and_then(document::read_document);
    let diagnostics = sink.into_diagnostics();
    let failed = diagnostics.iter().any(|found| found.severity == Severity::Error);
    (rule.filter(|_| !failed), diagnostics)
}

#[cfg(test)]
mod tests;
