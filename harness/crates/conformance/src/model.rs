//! Suites of recorded cases, and what the judge says of them.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use harness_compile::program::RuleProgram;
use harness_detect::window::Window;
use harness_model::event::Event;
use harness_model::schema::Schema;
use harness_source::diagnostic::Diagnostic;

/// Cases over one set of documents.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its name in the file.
    pub name: String,
    /// The fields.
    pub schema: Schema,
    /// The documents.
    pub events: Vec<Event>,
    /// The field that decides between events of one moment.
    pub tiebreaker: Option<String>,
    /// How many sequences are returned.
    pub size: usize,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One query with its recorded verdict.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name or number.
    pub name: String,
    /// The query as recorded.
    pub query: String,
    /// What it asks for here.
    pub compiled: Result<RuleProgram, Vec<Diagnostic>>,
    /// Which of the suite's documents it ranges over.
    pub documents: Range<usize>,
    /// The recorded verdict.
    pub expected: Expected,
}

/// A recorded verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// These documents, by id.
    Hits(BTreeSet<String>),
    /// At least one document, for each filter of a sequence.
    Any,
    /// One of these lists of sequences, in order.
    Sequences(Vec<Vec<Sequence>>),
    /// These alerts of a rule over many events.
    Alerts(Alerts),
    /// The engine refused the query, and why.
    Error(String),
}

/// A recorded sequence or sample, or a single event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The join keys, where they were recorded.
    pub keys: Option<Vec<String>>,
    /// Ids by stage, runs counted; `None` at a missing stage.
    pub events: Vec<Option<String>>,
}

impl Sequence {
    /// Whether `found` is this one.
    pub(super) fn is(&self, found: &Self) -> bool {
        self.events == found.events && (self.keys.is_none() || self.keys == found.keys)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.events.iter().map(|id| id.as_deref().unwrap_or("-")).collect();
        match &self.keys {
            Some(keys) if !keys.is_empty() => write!(f, "{}: {}", keys.join(", "), ids.join(" ")),
            _ => write!(f, "{}", ids.join(" ")),
        }
    }
}

/// A list of sequences for people.
pub(super) fn listed(sequences: &[Sequence]) -> String {
    let listed: Vec<_> = sequences.iter().map(ToString::to_string).collect();
    format!("[{}]", listed.join("; "))
}

/// How one case came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As recorded.
    Agree,
    /// Not judged, and why.
    Unsupported(String),
    /// Not as recorded.
    Disagree(Box<Disagreement>),
}

impl Outcome {
    /// A difference without a document to show for it.
    pub(super) fn differs(expected: impl Into<String>, got: impl Into<String>) -> Self {
        let (expected, got) = (expected.into(), got.into());
        Self::Disagree(Box::new(Disagreement { expected, got, trace: None }))
    }
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The recorded verdict.
    pub expected: String,
    /// Ours.
    pub got: String,
    /// The first document judged otherwise, its JSON, and our clauses on it.
    pub trace: Option<Trace>,
}

/// Our clauses on a document that is judged otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The document's JSON.
    pub document: String,
    /// Each clause that decides, with its truth.
    pub clauses: Vec<(String, bool)>,
}

/// Recorded alerts, and when the rule looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// The rule's window.
    pub window: Window,
    /// The window and the history before it.
    pub history: Window,
    /// As [`group`](crate::alerts::group) or [`tuple`](crate::alerts::tuple) prints them, in byte order.
    pub alerts: Vec<String>,
}
