//! Detection rules in the formats that Elastic has: text → [`Rule`].
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

mod data;
mod document;
pub mod exception;
mod file;
mod kind;
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

use crate::file::Outcome;
use crate::model::Rule;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

pub use data::yaml;
pub use part::Part;

/// Parses the text of a file with one rule: the rule, or at least one error.
pub fn parse(text: &str) -> (Option<Rule>, Vec<Diagnostic>) {
    let mut rules = file::contents("", text, false).rules.into_iter();
    match (rules.next(), rules.next()) {
        (Some(Outcome { rule, diagnostics, .. }), None) => (rule, diagnostics),
        (found, _) => {
            let message =
                if found.is_some() { "there are several rules" } else { "there is no rule" };
            (None, vec![Diagnostic::error("rule-none", message, Span::new(0, text.len()))])
        }
    }
}

#[cfg(test)]
mod tests;
