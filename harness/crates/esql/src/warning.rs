//! Warnings of a run: collected, never printed.

use std::collections::BTreeMap;

use harness_source::diagnostic::Diagnostic;
use harness_source::span::{Span, line_column};

/// How many different causes are kept per place, as in Elasticsearch.
const MAX_CAUSES: usize = 20;

/// What a failed evaluation became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treated {
    /// `treating result as null`
    Null,
    /// `treating result as false`
    False,
}

/// Warnings by their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    failures: BTreeMap<(Span, Treated), Vec<String>>,
    notes: Vec<(Span, String)>,
}

impl Warnings {
    /// Records that the expression at a place failed in some row.
    pub fn failure(&mut self, span: Span, treated: Treated, cause: &str) {
        let causes = self.failures.entry((span, treated)).or_default();
        if causes.len() < MAX_CAUSES && !causes.iter().any(|known| known == cause) {
            causes.push(cause.to_owned());
        }
    }

    /// Records a remark about the whole query.
    pub fn note(&mut self, span: Span, text: impl Into<String>) {
        self.notes.push((span, text.into()));
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.failures.is_empty() && self.notes.is_empty()
    }

    /// The lines that Elasticsearch would send.
    pub fn lines(&self, text: &str) -> Vec<String> {
        let place = |span: Span| {
            let (line, column) = line_column(text, span.start);
            format!("Line {line}:{column}")
        };
        let notes = self.notes.iter().map(|(span, note)| {
            if *span == Span::default() {
                note.clone()
            } else {
                format!("{}: {note}", place(*span))
            }
        });
        let failures = self.failures.iter().flat_map(|((span, treated), causes)| {
            let result = match treated {
                Treated::Null => "null",
                Treated::False => "false",
            };
            let head = format!(
                "{}: evaluation of [{}] failed, treating result as {result}. Only first {MAX_CAUSES} failures recorded.",
                place(*span),
                span.of(text),
            );
            std::iter::once(head)
                .chain(causes.iter().map(move |cause| format!("{}: {cause}", place(*span))))
        });
        notes.chain(failures).collect()
    }

    /// The warnings as findings.
    pub fn diagnostics(&self, text: &str) -> Vec<Diagnostic> {
        let notes = self
            .notes
            .iter()
            .map(|(span, note)| Diagnostic::warning("esql-note", note.clone(), *span));
        let failures = self.failures.iter().map(|((span, treated), causes)| {
            let result = match treated {
                Treated::Null => "null",
                Treated::False => "false",
            };
            let message = format!(
                "evaluation of [{}] failed, treating result as {result}: {}",
                span.of(text),
                causes.join("; ")
            );
            Diagnostic::warning("esql-evaluation", message, *span)
        });
        notes.chain(failures).collect()
    }

    /// Adds the warnings of another run.
    pub fn extend(&mut self, other: &Self) {
        for ((span, treated), causes) in &other.failures {
            for cause in causes {
                self.failure(*span, *treated, cause);
            }
        }
        self.notes.extend(other.notes.iter().cloned());
    }
}
