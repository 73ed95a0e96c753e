//! How a condition came out on an event.

use serde::Serialize;

use harness_quality::explain;

#[derive(Serialize)]
pub(super) struct Mark<'a> {
    pub(super) truth: &'static str,
    /// Of clauses on events alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decides: Option<bool>,
    pub(super) found: Vec<Found<'a>>,
}

pub(super) fn mark(mark: &explain::Mark) -> Mark<'_> {
    let found = mark.found.iter().map(|(field, values)| Found { field, values });
    Mark { truth: mark.truth.name(), decides: Some(mark.decides), found: found.collect() }
}

#[derive(Serialize)]
pub(super) struct Found<'a> {
    pub(super) field: &'a str,
    pub(super) values: &'a [String],
}
