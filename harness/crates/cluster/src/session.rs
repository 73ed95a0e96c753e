//! The events of a session, as a cluster takes them.

use super::Cluster;
use super::corpus::{Corpus, Group};
use harness_engine::EngineError;
use harness_runner::run::{Hits, Session};

/// All events of all cases, in the order of the documents.
pub fn corpus(session: &Session) -> Corpus<'_> {
    let (documents, columns) = session.documents();
    let group = Group::new(session.schema(), &session.fields(), &session.events(), 0);
    Corpus { documents, columns, groups: vec![group] }
}

/// Asks a cluster, which holds the events of `session`, for what each rule
/// matches among the events of its own cases: all that verdicts need.
///
/// # Errors
///
/// When the cluster does not answer.
pub fn ask_own(session: &Session, cluster: &Cluster<'_>) -> Result<Hits, EngineError> {
    let rules = session.filters();
    let asked = rules
        .iter()
        .flat_map(|(filters, own)| filters.iter().map(move |filter| (*filter, own.clone())));
    let mut hits = cluster.select_within(&asked.collect::<Vec<_>>())?.into_iter();
    Ok(rules.iter().map(|(own, _)| hits.by_ref().take(own.len()).collect()).collect())
}
