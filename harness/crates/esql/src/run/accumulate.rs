//! Aggregates: the values of each group to one result.

mod extreme;
mod input;
mod number;
mod set;

use std::sync::Arc;

use super::groups::Groups;
use crate::column::{Column, Data, Layout};
use crate::eval::Machine;
use crate::plan::{AggregateCall, AggregateKind};
use crate::types::Type;
pub(super) use input::Input;
use input::optional;

/// The column of results, one per group.
pub(super) fn accumulate(
    machine: &mut Machine<'_>,
    call: &AggregateCall,
    args: &[Arc<Column>],
    groups: &Groups,
    mask: Option<&[bool]>,
    constant: bool,
) -> Column {
    let input = Input { args, groups, mask };
    let is_null = args.first().is_some_and(|column| column.ty == Type::Null);
    match call.kind {
        AggregateKind::Count => count(&input),
        AggregateKind::CountDistinct => set::count_distinct(&input),
        _ if is_null && call.ty == Type::Null => Column::null(Type::Null, groups.count),
        AggregateKind::Min => extreme::extreme(&input, call.ty, false),
        AggregateKind::Max => extreme::extreme(&input, call.ty, true),
        AggregateKind::Sum => {
            let (column, overflowed) = number::sum(&input, call.ty, constant);
            if overflowed {
                machine.warnings.failure(
                    call.span,
                    crate::warning::Treated::Null,
                    &format!("java.lang.ArithmeticException: {} overflow", call.ty),
                );
            }
            column
        }
        AggregateKind::Avg => number::avg(&input),
        AggregateKind::Percentile(share) => number::percentile(&input, share),
        AggregateKind::MedianAbsoluteDeviation => number::median_absolute_deviation(&input),
        AggregateKind::StdDev => number::variance(&input, f64::sqrt),
        AggregateKind::Variance => number::variance(&input, |variance| variance),
        AggregateKind::WeightedAvg => number::weighted_avg(&input),
        AggregateKind::Values => set::values(&input, call.ty),
        AggregateKind::Top { count, descending } => {
            extreme::top(&input, call.ty, count, descending)
        }
        AggregateKind::First => extreme::first(&input, call.ty, false),
        AggregateKind::Last => extreme::first(&input, call.ty, true),
        AggregateKind::Present => present(&input, true),
        AggregateKind::Absent => present(&input, false),
    }
}

fn count(input: &Input<'_>) -> Column {
    let mut counts = vec![0_i64; input.groups.count];
    match input.args.first() {
        None => input.groups.each(input.mask, |_, group| counts[group] += 1),
        Some(column) if column.layout == Layout::Flat => {
            input.groups.each(input.mask, |_, group| counts[group] += 1);
        }
        Some(column) => input.groups.each(input.mask, |row, group| {
            counts[group] += i64::try_from(column.range(row).len()).unwrap_or(0);
        }),
    }
    Column { ty: Type::Long, len: counts.len(), data: Data::Long(counts), layout: Layout::Flat }
}

fn present(input: &Input<'_>, wanted: bool) -> Column {
    let mut found = vec![false; input.groups.count];
    input.each_value(|group, _| found[group] = true);
    Column::booleans(found.into_iter().map(|found| found == wanted).collect())
}
