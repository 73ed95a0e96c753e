//! Cases for ES|QL pipelines.

use super::Made;
use harness_runner::case::Case;
use harness_runner::run::Flow;

/// Drafts for a rule whose last case is its plain event.
pub(super) fn drafts(_flow: &Flow<'_>) -> Vec<Case> {
    Vec::new()
}

/// Cases for a rule; the first `kept` are its own, the others drafts.
pub(super) fn grow(_flow: &Flow<'_>, _kept: usize) -> Vec<Made> {
    Vec::new()
}
