//! Agreement with recorded verdicts of a real engine.
//!
//! [`formats`] reads suite files of every known form into [`Suite`]s;
//! [`judge`] compiles each case, asks the indexed engine and the reference
//! evaluator, and compares both with what was recorded. The forms are described
//! in docs/conformance.md.

pub mod exceptions;
pub mod formats;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Severity};
use crate::document::{Columns, Document, Ingest};
use crate::engine::embedded::Embedded;
use crate::engine::{Engine, EngineError};
use crate::event::Event;
use crate::ir::Predicate;
use crate::ir::eval::eval;
use crate::ir::explain::support;
use crate::schema::{Field, Schema};

/// Cases over one set of documents.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its name in the file.
    pub name: String,
    /// The fields.
    pub schema: Schema,
    /// The documents.
    pub events: Vec<Event>,
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
    pub compiled: Result<Predicate, Vec<Diagnostic>>,
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
    /// At least one document.
    Any,
    /// The engine refused the query, and why.
    Error(String),
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

/// The outcomes of a suite's cases, in their order.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The suite.
    pub suite: Suite,
    /// One for each case.
    pub outcomes: Vec<Outcome>,
}

/// Judges all suites over one index.
///
/// # Errors
///
/// When the engine fails.
pub fn judge(suites: Vec<Suite>) -> Result<Vec<Judged>, EngineError> {
    let mut columns = Columns::default();
    let ingests: Vec<Ingest> = suites.iter().map(|suite| ingest(suite, &mut columns)).collect();
    let documents: Vec<Vec<Document>> = suites
        .par_iter()
        .zip(&ingests)
        .map(|(suite, ingest)| {
            // Values that do not fit are left out, as under `ignore_malformed`.
            let document = |event| ingest.document(event, &mut Vec::new());
            suite.events.iter().map(document).collect()
        })
        .collect();
    let documents: Vec<Document> = documents.into_iter().flatten().collect();
    let engine = Embedded::new(&documents, &columns)?;
    let none = Predicate::Const(false);
    let predicates: Vec<&Predicate> = suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .map(|case| case.compiled.as_ref().unwrap_or(&none))
        .collect();
    let hits = engine.select(&predicates)?;
    let mut hits = hits.iter();
    let mut base = 0;
    let mut work = Vec::new();
    for suite in suites {
        let own: Vec<_> = hits.by_ref().take(suite.cases.len()).collect();
        let start = base;
        base += suite.events.len();
        work.push((suite, own, start));
    }
    Ok(work
        .into_par_iter()
        .map(|(suite, hits, start)| {
            let cases = suite.cases.iter().zip(hits);
            let outcomes = cases
                .map(|(case, hits)| {
                    let hit =
                        |at: usize| u32::try_from(start + at).is_ok_and(|at| hits.contains(at));
                    compare(
                        case,
                        &suite,
                        &documents[start..start + suite.events.len()],
                        &columns,
                        &hit,
                    )
                })
                .collect();
            Judged { suite, outcomes }
        })
        .collect())
}

/// Prepares the columns that a suite's cases test.
fn ingest(suite: &Suite, columns: &mut Columns) -> Ingest {
    let mut names = BTreeSet::new();
    for predicate in suite.cases.iter().filter_map(|case| case.compiled.as_ref().ok()) {
        predicate.leaves(&mut |leaf| {
            names.insert(leaf.column.name.clone());
        });
    }
    let fields: Vec<Arc<Field>> =
        names.iter().filter_map(|name| suite.schema.field(name)).collect();
    Ingest::new(&suite.schema, &fields, columns)
}

fn compare(
    case: &Case,
    suite: &Suite,
    documents: &[Document],
    columns: &Columns,
    hit: &dyn Fn(usize) -> bool,
) -> Outcome {
    let predicate = match (&case.compiled, &case.expected) {
        (Ok(predicate), _) => predicate,
        (Err(errors), expected) => return refused(errors, expected),
    };
    for at in case.documents.clone() {
        if eval(predicate, &documents[at], columns) != hit(at) {
            let got =
                format!("the engine and the reference evaluator differ on {}", suite.events[at].id);
            return disagree(
                &case.expected,
                got,
                Some(trace(predicate, at, suite, documents, columns)),
            );
        }
    }
    let ids = case.documents.clone().filter(|at| hit(*at)).map(|at| suite.events[at].id.clone());
    let ids: BTreeSet<String> = ids.collect();
    match &case.expected {
        Expected::Any if !ids.is_empty() => Outcome::Agree,
        Expected::Any => {
            let first = case.documents.clone().next();
            let trace = first.map(|at| trace(predicate, at, suite, documents, columns));
            disagree(&case.expected, "no hit".to_owned(), trace)
        }
        Expected::Error(_) => disagree(&case.expected, format!("{} hits", ids.len()), None),
        Expected::Hits(expected) if *expected == ids => Outcome::Agree,
        Expected::Hits(expected) => {
            let differs = |at: &usize| {
                let id = &suite.events[*at].id;
                expected.contains(id) != ids.contains(id)
            };
            let first = case.documents.clone().find(differs);
            let trace = first.map(|at| trace(predicate, at, suite, documents, columns));
            let missing: Vec<_> = expected.difference(&ids).map(String::as_str).collect();
            let extra: Vec<_> = ids.difference(expected).map(String::as_str).collect();
            let got = format!(
                "{} hits, without [{}], with [{}]",
                ids.len(),
                missing.join(" "),
                extra.join(" ")
            );
            disagree(&case.expected, got, trace)
        }
    }
}

fn refused(errors: &[Diagnostic], expected: &Expected) -> Outcome {
    let unsupported = errors.iter().find(|error| error.severity == Severity::Unsupported);
    match (unsupported, expected) {
        (Some(reason), _) => Outcome::Unsupported(reason.message.clone()),
        (None, Expected::Error(_)) => Outcome::Agree,
        (None, Expected::Any | Expected::Hits(_)) => {
            let message = errors.first().map_or("", |error| &error.message);
            disagree(expected, format!("error: {message}"), None)
        }
    }
}

fn disagree(expected: &Expected, got: String, trace: Option<Trace>) -> Outcome {
    let expected = match expected {
        Expected::Any => "at least one hit".to_owned(),
        Expected::Error(reason) => format!("error: {reason}"),
        Expected::Hits(ids) => {
            let ids: Vec<_> = ids.iter().map(String::as_str).collect();
            format!("{} hits [{}]", ids.len(), ids.join(" "))
        }
    };
    Outcome::Disagree(Box::new(Disagreement { expected, got, trace }))
}

fn trace(
    predicate: &Predicate,
    at: usize,
    suite: &Suite,
    documents: &[Document],
    columns: &Columns,
) -> Trace {
    let clauses = support(predicate, &documents[at], columns).into_iter();
    Trace {
        document: suite.events[at].source.to_string(),
        clauses: clauses.map(|(leaf, holds)| (leaf.to_string(), holds)).collect(),
    }
}
