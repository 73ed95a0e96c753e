//! Errors as data: what is wrong, where, and what would help.
//!
//! Every stage that reads user input returns diagnostics; rendering them is
//! the business of `report` and `xtask`.

use crate::span::{Span, shorten};

/// The longest message, in characters.
const MAX_MESSAGE: usize = 2_000;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; the input is used as it is.
    Warning,
    /// Valid for Elasticsearch, but this harness cannot judge it faithfully.
    Unsupported,
    /// Elasticsearch or Kibana would reject the input.
    Error,
}

/// One finding about one source text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable kebab-case name of the kind of finding, such as `kql-syntax`.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where, in the text that the producing function was given.
    pub span: Span,
    /// What the user can do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error that Elasticsearch or Kibana would raise as well.
    pub fn error(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Error, code, message.into(), span)
    }

    /// Something valid that the harness refuses to judge.
    pub fn unsupported(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Unsupported, code, message.into(), span)
    }

    /// A finding that changes no verdict.
    pub fn warning(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Warning, code, message.into(), span)
    }

    fn new(severity: Severity, code: &'static str, message: String, span: Span) -> Self {
        // A message may quote what a file holds, however long that is.
        let message =
            if message.len() > MAX_MESSAGE { shorten(&message, MAX_MESSAGE) } else { message };
        Self { severity, code, message, span, help: None }
    }

    /// The same finding with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
