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
mod model;
pub mod projects;
mod trial;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use roaring::RoaringBitmap;

use harness_cluster::{
    Cluster,
    client::Client,
    corpus::{Corpus, Group},
};
use harness_compile::program::RuleProgram;
use harness_engine::embedded::Embedded;
use harness_engine::{Engine, EngineError};
use harness_model::document::{Columns, Document, Ingest};
use harness_model::event::Event;
use harness_model::schema::Field;
use harness_predicate::Predicate;

pub use alerts::Alerts;
use alerts::{group, tuple};
use model::listed;
pub use model::{Case, Disagreement, Expected, Outcome, Sequence, Suite, Trace};
use trial::Trial;

/// The newest moment that recorded documents know of, and when their queries
/// run: 2026-01-01.
const NOW: i64 = 1_767_225_600_000;

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
        .flat_map(|case| case.compiled.as_ref().map_or_else(|_| Vec::new(), RuleProgram::filters))
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
