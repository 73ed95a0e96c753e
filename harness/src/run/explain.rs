//! Why a case failed: the clauses in the way, or the ones that let it through.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Case;
use crate::document::{Columns, Document};
use crate::event::Event;
use crate::index_pattern;
use crate::ir::eval::eval;
use crate::ir::explain::{flips, support};
use crate::ir::{Leaf, Origin, Predicate};
use crate::verdict::Verdict;

/// The most events of one case that are explained.
const MAX_EVENTS: usize = 5;

/// Why one event did or did not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The event's id.
    pub event: String,
    /// The index that the rule's patterns keep it from, if they do.
    pub unseen_index: Option<String>,
    /// The clauses to look at, in query order.
    pub clauses: Vec<Clause>,
}

/// One clause on one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Where the rule states it.
    pub origin: Origin,
    /// The clause in words.
    pub clause: String,
    /// The truth that it has.
    pub holds: bool,
    /// The field.
    pub field: String,
    /// The field's values in the event, as JSON.
    pub found: Vec<String>,
}

/// Explains a verdict that is not a pass.
pub(super) fn explain(
    verdict: &Verdict,
    case: &Case,
    plan: &Predicate,
    patterns: &[String],
    documents: &[Document],
    columns: &Columns,
    sources: &BTreeMap<Arc<str>, Arc<str>>,
) -> Vec<Explanation> {
    let wanted = match verdict {
        Verdict::Pass => return Vec::new(),
        Verdict::Missed => true,
        Verdict::Noisy => false,
        Verdict::Count { expected, found } => expected > found,
    };
    let events = case.events.iter().zip(documents);
    let outcome = |event: &Event, document: &Document| {
        index_pattern::sees(patterns, event.index.as_deref()) && eval(plan, document, columns)
    };
    events
        .filter(|(event, document)| outcome(event, document) != wanted)
        .take(MAX_EVENTS)
        .map(|(event, document)| {
            let seen = index_pattern::sees(patterns, event.index.as_deref());
            let clauses = if wanted {
                let flips = flips(plan, document, columns, true).unwrap_or_default();
                flips
                    .into_iter()
                    .map(|flip| clause(flip.leaf, !flip.needed, event, sources))
                    .collect()
            } else {
                let support = support(plan, document, columns);
                support
                    .into_iter()
                    .map(|(leaf, holds)| clause(leaf, holds, event, sources))
                    .collect()
            };
            let unseen_index = event.index.clone().filter(|_| !seen);
            Explanation { event: event.id.clone(), unseen_index, clauses }
        })
        .collect()
}

fn clause(
    leaf: &Leaf,
    holds: bool,
    event: &Event,
    sources: &BTreeMap<Arc<str>, Arc<str>>,
) -> Clause {
    let field = sources.get(&leaf.column.name).unwrap_or(&leaf.column.name);
    Clause {
        origin: leaf.origin,
        clause: leaf.to_string(),
        holds,
        field: field.to_string(),
        found: event.values(field).into_iter().map(ToString::to_string).collect(),
    }
}
