//! The events of a session, as a cluster takes them.

use super::{Session, wanted};
use crate::engine::cluster::corpus::{Corpus, Group};
use crate::event::Event;

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
}
