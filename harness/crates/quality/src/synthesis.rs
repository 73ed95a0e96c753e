//! The search for events: which event makes two conditions differ, and which
//! smallest change of an event turns a condition.
//!
//! A condition becomes a function of its leaves ([`encode`]), as a decision
//! diagram ([`bdd`]) or, where that grows too large, as demands ([`sat`]);
//! [`implications`] are the facts that tie leaves. [`candidates`] makes values of
//! leaves; the reference evaluator has the last word on every event.

pub(crate) mod bdd;
pub(crate) mod candidates;
pub(crate) mod counterfactual;
pub(crate) mod distance;
pub(crate) mod encode;
pub(crate) mod events;
pub(crate) mod fields;
pub(crate) mod implications;
pub(crate) mod origins;
pub(crate) mod pipeline_variants;
pub(crate) mod reachability;
pub(crate) mod regexp;
pub(crate) mod sat;
pub(crate) mod search;
pub(crate) mod tokens;
pub(crate) mod unknown;
