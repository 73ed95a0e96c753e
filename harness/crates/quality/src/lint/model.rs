//! Findings, as data for renderers.

use std::sync::Arc;

use harness_source::files::Problem;
use harness_source::span::{Span, line_column};
use serde_json::Value;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth a thought; the rule may well be meant so.
    Note,
    /// The rule most likely does not do what it says.
    Warning,
    /// The rule cannot work as it is.
    Error,
}

impl Level {
    /// All levels, the worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong with a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its kind.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The rule's key; empty where it is about no rule.
    pub rule: String,
    /// The file as it opens from the current folder.
    pub path: String,
    /// The file's text, which spans point into.
    pub text: Arc<str>,
    /// Where.
    pub span: Span,
    /// What is wrong and why, in one sentence: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// An event that shows it, as the reference evaluator judged it.
    pub evidence: Option<Value>,
    /// The change that mends it.
    pub fix: Option<Fix>,
}

/// A change of a rule file that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// Whether it keeps what the rule alerts on.
    pub safety: Safety,
    /// The changes, in the order of their places.
    pub edits: Vec<Edit>,
}

/// Whether a fix keeps what the rule alerts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// It does.
    Safe,
    /// It changes what the rule alerts on, as its author most likely meant.
    Unsafe,
}

impl Safety {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// Another text in one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The place.
    pub span: Span,
    /// What stands there then.
    pub text: String,
}

impl Finding {
    /// Its line and column, from one.
    pub fn place(&self) -> (usize, usize) {
        line_column(&self.text, self.span.start)
    }

    /// The same as a diagnostic with its file.
    pub fn problem(&self) -> Problem {
        use harness_source::diagnostic::{Diagnostic, Severity};
        let mut diagnostic = Diagnostic::warning(self.code, self.message.clone(), self.span);
        diagnostic.severity = match self.level {
            Level::Error => Severity::Error,
            Level::Warning | Level::Note => Severity::Warning,
        };
        diagnostic.help.clone_from(&self.help);
        Problem { path: self.path.clone(), diagnostic, text: self.text.clone() }
    }
}
