//! The drafts that stay whatever else shows the same, since a reader looks for them.

use harness_runner::case::{Case, Polarity};

/// What is asked for: by what a case expects, and its name.
pub(super) struct Asked(Vec<(Polarity, String)>);

impl Asked {
    pub(super) fn new<'a>(drafts: impl Iterator<Item = &'a Case>) -> Self {
        Self(drafts.map(|case| (case.polarity, case.name.clone())).collect())
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Which of them a case is that turned out as this; one of the rule's own may be
    /// one, too.
    pub(super) fn met(&self, case: &Case, polarity: Polarity) -> Vec<bool> {
        let is = |(own, name): &(Polarity, String)| {
            *own == polarity && case.polarity == polarity && *name == case.name
        };
        self.0.iter().map(is).collect()
    }
}
