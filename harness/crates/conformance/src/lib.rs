//! Agreement with recorded verdicts of a real engine.
//!
//! [`formats`] reads suite files of every known form into [`Suite`]s;
//! [`judge`] compiles each case, asks the indexed engine and the reference
//! evaluator, and compares both with what was recorded; [`projects`] judges
//! folders of small projects. The forms are described in docs/conformance.md.

mod alerts;
pub mod esql_spec;
pub mod exceptions;
pub mod formats;
pub mod projects;
mod trial;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use roaring::RoaringBitmap;

use harness_cluster::{
    Cluster,
    client::Client,
    corpus::{Corpus, Group},
};
use harness_engine::embedded::Embedded;
use harness_engine::{Engine, EngineError};
use harness_model::document::{Columns, Document, Ingest};
use harness_model::event::Event;
use harness_model::schema::{Field, Schema};
use harness_predicate::Predicate;
use harness_predicate::plan::Plan;
use harness_source::diagnostic::Diagnostic;

pub use alerts::Alerts;
use alerts::{group, tuple};
use trial::Trial;

/// The newest moment that recorded documents know of, and when their queries
/// run: 2026-01-01.
const NOW: i64 = 1_767_225_600_000;

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
    pub compiled: Result<Plan, Vec<Diagnostic>>,
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
    fn is(&self, found: &Self) -> bool {
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
fn listed(sequences: &[Sequence]) -> String {
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
    fn differs(expected: impl Into<String>, got: impl Into<String>) -> Self {
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
    judge_by(suites, |all, predicates| {
        Embedded::new(all.documents, all.columns)?.select(predicates)
    })
}

/// Judges all suites over one index of a cluster.
///
/// # Errors
///
/// When the cluster does not answer.
pub fn judge_on(client: &Arc<Client>, suites: Vec<Suite>) -> Result<Vec<Judged>, EngineError> {
    judge_by(suites, |all, predicates| {
        let mut start = 0;
        let group = |suite: &Suite| {
            let events: Vec<&Event> = suite.events.iter().collect();
            let group = Group::new(&suite.schema, &fields(suite), &events, start);
            start += events.len();
            group
        };
        let groups = all.suites.iter().map(group).collect();
        let corpus = Corpus { documents: all.documents, columns: all.columns, groups };
        let mut start = 0;
        let mut asked = Vec::with_capacity(predicates.len());
        let mut rest = predicates.iter();
        for suite in all.suites {
            let end = start + u32::try_from(suite.events.len()).unwrap_or(u32::MAX);
            asked.extend(rest.by_ref().take(filters(suite)).map(|it| (*it, start..end)));
            start = end;
        }
        Cluster::new(client, &corpus)?.select_within(&asked)
    })
}

/// The documents of all suites.
struct All<'a> {
    documents: &'a [Document],
    columns: &'a Columns,
    suites: &'a [Suite],
}

/// Judges all suites by the hits that an engine gives.
fn judge_by(
    suites: Vec<Suite>,
    select: impl FnOnce(&All<'_>, &[&Predicate]) -> Result<Vec<RoaringBitmap>, EngineError>,
) -> Result<Vec<Judged>, EngineError> {
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
    let predicates: Vec<&Predicate> = suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .flat_map(|case| case.compiled.as_ref().map_or_else(|_| Vec::new(), Plan::filters))
        .collect();
    let all = All { documents: &documents, columns: &columns, suites: &suites };
    let mut hits = select(&all, &predicates)?.into_iter();
    let mut base = 0;
    let mut work = Vec::new();
    for suite in suites {
        let filters = |case: &Case| case.compiled.as_ref().map_or(0, |plan| plan.filters().len());
        let own: Vec<Vec<RoaringBitmap>> =
            suite.cases.iter().map(|case| hits.by_ref().take(filters(case)).collect()).collect();
        let start = base;
        base += suite.events.len();
        work.push((suite, own, start));
    }
    Ok(work
        .into_par_iter()
        .map(|(suite, hits, start)| {
            let cases = suite.cases.iter().zip(hits);
            let documents = &documents[start..start + suite.events.len()];
            let outcomes = cases
                .map(|(case, hits)| {
                    let hit = |hits: &RoaringBitmap, at: usize| {
                        u32::try_from(start + at).is_ok_and(|at| hits.contains(at))
                    };
                    let own = case.documents.clone();
                    let hits =
                        hits.iter().map(|hits| own.clone().filter(|at| hit(hits, *at)).collect());
                    Trial { case, suite: &suite, documents, columns: &columns }
                        .judge(&hits.collect::<Vec<_>>())
                })
                .collect();
            Judged { suite, outcomes }
        })
        .collect())
}

/// How many filters the cases of a suite have.
fn filters(suite: &Suite) -> usize {
    let plans = suite.cases.iter().filter_map(|case| case.compiled.as_ref().ok());
    plans.map(|plan| plan.filters().len()).sum()
}

/// Prepares the columns that a suite's cases test.
fn ingest(suite: &Suite, columns: &mut Columns) -> Ingest {
    Ingest::new(&suite.schema, &fields(suite), columns)
}

/// The fields that a suite's cases test.
fn fields(suite: &Suite) -> Vec<Arc<Field>> {
    let mut names = BTreeSet::new();
    for plan in suite.cases.iter().filter_map(|case| case.compiled.as_ref().ok()) {
        names.extend(plan.columns().into_iter().map(|column| column.name.clone()));
    }
    names.iter().filter_map(|name| suite.schema.field(name)).collect()
}
