//! Typed reading of values in their places, with all findings collected.
//!
//! [`Read`] turns a [`Node`] (a value in its place) into data. A [`Table`](crate::table::Table)
//! remembers which keys were asked for; [`Table::finish`] warns about the rest.

use std::cell::RefCell;

use serde_json::Value;

use crate::data::{Data, Placed};
use crate::names::Named;
use crate::suggest::suggest;
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// Findings beyond this many per file are only counted.
const MAX_DIAGNOSTICS: usize = limits::RULE_FINDINGS.most;

/// Collects the findings of one text.
#[derive(Debug, Default)]
pub(super) struct Sink {
    found: RefCell<Vec<Diagnostic>>,
    dropped: RefCell<Option<(usize, Diagnostic)>>,
}

impl Sink {
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        let mut found = self.found.borrow_mut();
        if found.len() < MAX_DIAGNOSTICS {
            found.push(diagnostic);
            return;
        }
        let mut dropped = self.dropped.borrow_mut();
        match dropped.as_mut() {
            None => *dropped = Some((1, diagnostic)),
            Some((count, worst)) => {
                *count += 1;
                worst.severity = worst.severity.max(diagnostic.severity);
            }
        }
    }

    /// Whether findings are only counted from here on.
    pub(super) fn is_full(&self) -> bool {
        self.found.borrow().len() >= MAX_DIAGNOSTICS
    }

    /// All findings by position; the ones beyond the limit as one.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|diagnostic| diagnostic.span);
        if let Some((count, mut last)) = self.dropped.into_inner() {
            last.code = "rule-findings-omitted";
            last.message = format!("{count} more findings are not listed");
            last.help = None;
            found.push(last);
        }
        found
    }
}

/// A value in its place.
pub(super) struct Node<'a> {
    pub(super) value: &'a Data,
    pub(super) span: Span,
    /// The dotted path, for messages.
    pub(super) path: String,
    pub(super) text: &'a str,
    pub(super) sink: &'a Sink,
}

/// Data that a value can hold.
pub(super) trait Read: Sized {
    /// The data, or `None` after a report.
    fn read(node: Node<'_>) -> Option<Self>;
}

impl<'a> Node<'a> {
    pub(super) fn child(&self, value: &'a Placed, path: String) -> Self {
        Self { value: &value.data, span: value.span, path, text: self.text, sink: self.sink }
    }

    /// Reports that the value is of another type, and gives nothing.
    pub(super) fn mismatch<T>(&self, expected: &str) -> Option<T> {
        let found = self.value.kind();
        let article = if found.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        self.error(
            "rule-value-type",
            format!("`{}` is {article} {found}, expected {expected}", self.path),
        );
        None
    }

    pub(super) fn error(&self, code: &'static str, message: String) {
        self.sink.report(Diagnostic::error(code, message, self.span));
    }
}

impl Read for String {
    fn read(node: Node<'_>) -> Option<Self> {
        let Data::Text(text) = node.value else { return node.mismatch("a string") };
        Some(text.clone())
    }
}

impl Read for bool {
    fn read(node: Node<'_>) -> Option<Self> {
        let Data::Bool(value) = node.value else { return node.mismatch("a boolean") };
        Some(*value)
    }
}

impl Read for i64 {
    fn read(node: Node<'_>) -> Option<Self> {
        let Data::Integer(integer) = node.value else {
            return node.mismatch("an integer");
        };
        if integer.is_none() {
            node.error("rule-value-range", format!("`{}` does not fit 64 bits", node.path));
        }
        *integer
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(node: Node<'_>) -> Option<Self> {
        let Data::Array(array) = node.value else {
            return node.mismatch("an array");
        };
        // All elements are read before the first failure counts, so that all are reported.
        let items: Vec<Option<T>> =
            array.iter().map(|item| T::read(node.child(item, node.path.clone()))).collect();
        items.into_iter().collect()
    }
}

/// A value, or an array of them.
pub(super) struct OneOrMany<T = String>(pub(super) Vec<T>);

impl<T: Read> Read for OneOrMany<T> {
    fn read(node: Node<'_>) -> Option<Self> {
        if matches!(node.value, Data::Array(_)) {
            Vec::read(node).map(Self)
        } else {
            Some(Self(vec![T::read(node)?]))
        }
    }
}

impl<T: Named> Read for T {
    fn read(node: Node<'_>) -> Option<Self> {
        let Data::Text(word) = node.value else {
            return node.mismatch("a string");
        };
        let found = T::ALL.iter().find(|variant| variant.name() == word.as_str());
        if found.is_none() {
            let names: Vec<&str> = T::ALL.iter().map(|variant| variant.name()).collect();
            let message = format!("unknown `{}` {word:?}", node.path);
            let help = suggest(word, names.iter().copied())
                .unwrap_or_else(|| format!("one of {}", names.join(", ")));
            let error = Diagnostic::error("rule-value-unknown", message, node.span);
            node.sink.report(error.with_help(help));
        }
        found.copied()
    }
}

impl Read for Value {
    fn read(node: Node<'_>) -> Option<Self> {
        // The formats limit the depth, and with it this recursion.
        Some(match node.value {
            Data::Null => Self::Null,
            Data::Text(text) | Data::Moment(text) => Self::from(text.as_str()),
            Data::Bool(value) => Self::from(*value),
            Data::Integer(_) => Self::from(i64::read(node)?),
            Data::Float(number) if number.is_finite() => Self::from(*number),
            Data::Float(_) => return node.mismatch("a finite number"),
            Data::Array(_) => Self::Array(Vec::read(node)?),
            Data::Table(entries) => {
                let mut object = serde_json::Map::new();
                for (key, entry) in entries {
                    let path = format!("{}.{key}", node.path);
                    object.insert(key.clone(), Self::read(node.child(&entry.value, path))?);
                }
                Self::Object(object)
            }
        })
    }
}
