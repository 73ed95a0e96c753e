//! What the commands of a pipeline make of a case.

use serde::Serialize;

use super::{Mark, mark};
use crate::coverage_json::{Place, place};
use harness_quality::explain::{Apart, RowGroup, RowMark, Seen, StepView};

#[derive(Serialize)]
pub(super) struct Step<'a> {
    place: Place,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inside: Option<&'a str>,
    rows_in: usize,
    rows_out: usize,
    clauses: Vec<OfRows<'a>>,
    keys: &'a [String],
    group_count: usize,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct OfRows<'a> {
    clause: usize,
    #[serde(rename = "true")]
    holds: usize,
    #[serde(rename = "false")]
    fails: usize,
    unknown: usize,
    rows: Vec<OfRow<'a>>,
}

#[derive(Serialize)]
struct OfRow<'a> {
    events: &'a [String],
    #[serde(flatten)]
    mark: Mark<'a>,
    compared: Option<Sides<'a>>,
}

#[derive(Serialize)]
struct Sides<'a> {
    value: &'a str,
    bound: &'a str,
    above: f64,
}

#[derive(Serialize)]
struct Group<'a> {
    key: &'a [String],
    rows: usize,
    events: &'a [String],
}

pub(super) fn step(step: &StepView) -> Step<'_> {
    Step {
        place: place(step.origin),
        text: &step.text,
        inside: step.inside.as_deref(),
        rows_in: step.rows_in,
        rows_out: step.rows_out,
        clauses: step.clauses.iter().map(seen).collect(),
        keys: &step.keys,
        group_count: step.count,
        groups: step.groups.iter().map(group).collect(),
    }
}

fn seen(seen: &Seen) -> OfRows<'_> {
    OfRows {
        clause: seen.clause,
        holds: seen.holds,
        fails: seen.fails,
        unknown: seen.unknown,
        rows: seen.rows.iter().map(row).collect(),
    }
}

fn row(row: &RowMark) -> OfRow<'_> {
    let mark = Mark { decides: None, ..mark(&row.mark) };
    OfRow { events: &row.events, mark, compared: row.apart.as_ref().map(compared) }
}

fn compared(apart: &Apart) -> Sides<'_> {
    Sides { value: &apart.value, bound: &apart.bound, above: apart.by }
}

fn group(group: &RowGroup) -> Group<'_> {
    Group { key: &group.key, rows: group.rows, events: &group.events }
}
