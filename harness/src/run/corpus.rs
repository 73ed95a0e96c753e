//! The events of a session, as a cluster takes them.

use std::ops::Range;

use super::work::Work;
use super::{Hits, Session, wanted};
use crate::engine::EngineError;
use crate::engine::cluster::Cluster;
use crate::engine::cluster::corpus::{Corpus, Group};
use crate::event::Event;
use crate::ir::Predicate;

impl Session {
    /// All events of all cases, in the order of the documents.
    pub fn corpus(&self) -> Corpus<'_> {
        let fields = wanted(&self.work, &self.schema);
        let cases = self.work.iter().flat_map(|work| &work.cases);
        let events: Vec<&Event> = cases.flat_map(|case| &case.events).collect();
        Corpus {
            documents: &self.fixtures.documents,
            columns: &self.fixtures.columns,
            groups: vec![Group::new(&self.schema, &fields, &events, 0)],
        }
    }

    /// Asks a cluster, which holds this session's events, for what each rule
    /// matches among the events of its own cases: all that verdicts need.
    ///
    /// # Errors
    ///
    /// When the cluster does not answer.
    pub fn ask_own(&self, cluster: &Cluster<'_>) -> Result<Hits, EngineError> {
        let filters: Vec<Vec<&Predicate>> = self.work.iter().map(Work::filters).collect();
        let ranges = self.fixtures.ranges.iter().map(|cases| own(cases));
        let asked = filters.iter().zip(ranges).flat_map(|(filters, range)| {
            filters.iter().map(move |filter| (*filter, range.clone()))
        });
        let mut hits = cluster.select_within(&asked.collect::<Vec<_>>())?.into_iter();
        Ok(filters.iter().map(|own| hits.by_ref().take(own.len()).collect()).collect())
    }
}

/// The documents of all cases of a rule; they follow one another.
fn own(cases: &[Range<u32>]) -> Range<u32> {
    let start = cases.first().map_or(0, |range| range.start);
    start..cases.last().map_or(start, |range| range.end)
}
