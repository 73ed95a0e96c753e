//! Sums, means and percentiles.

use super::{Input, optional};
use crate::column::{Column, Data, Layout};
use crate::functions::Compensated;
use crate::types::Type;
use crate::value::Ref;

/// The sum, and whether some group went beyond the type: that one is null.
pub(super) fn sum(input: &Input<'_>, ty: Type, constant: bool) -> (Column, bool) {
    let count = input.groups.count;
    // The sum of a constant is its value times the rows, of which there may be none.
    let mut seen = vec![constant; count];
    let mut overflowed = false;
    let column = match ty {
        Type::Double => {
            let mut sums = vec![Compensated::default(); count];
            input.each_value(|group, value| {
                sums[group].add(value.double());
                seen[group] = true;
            });
            let values =
                sums.iter().zip(&seen).map(|(sum, seen)| seen.then_some(Ref::Double(sum.value)));
            optional(ty, values)
        }
        Type::UnsignedLong => {
            let mut sums = vec![Some(0_u64); count];
            input.each_value(|group, value| {
                if let Ref::ULong(value) = value {
                    sums[group] = sums[group].and_then(|sum| sum.checked_add(value));
                    seen[group] = true;
                }
            });
            overflowed = sums.contains(&None);
            let values =
                sums.iter().zip(&seen).map(|(sum, seen)| sum.filter(|_| *seen).map(Ref::ULong));
            optional(ty, values)
        }
        _ => {
            let mut sums = vec![Some(0_i64); count];
            let mut add = |group: usize, value: i64| {
                sums[group] = sums[group].and_then(|sum| sum.checked_add(value));
                seen[group] = true;
            };
            match input.args.first().map(|column| (&column.data, &column.layout)) {
                Some((Data::Int(values), Layout::Flat)) => {
                    input.groups.each(input.mask, |row, group| add(group, values[row].into()));
                }
                Some((Data::Long(values), Layout::Flat)) => {
                    input.groups.each(input.mask, |row, group| add(group, values[row]));
                }
                _ => input.each_value(|group, value| add(group, value.long())),
            }
            overflowed = sums.contains(&None);
            let values =
                sums.iter().zip(&seen).map(|(sum, seen)| sum.filter(|_| *seen).map(Ref::Long));
            optional(ty, values)
        }
    };
    (column, overflowed)
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^52")]
pub(super) fn avg(input: &Input<'_>) -> Column {
    let mut sums = vec![(Compensated::default(), 0_u64); input.groups.count];
    input.each_value(|group, value| {
        sums[group].0.add(value.double());
        sums[group].1 += 1;
    });
    let means = sums
        .iter()
        .map(|(sum, count)| (*count > 0).then(|| Ref::Double(sum.value / *count as f64)));
    optional(Type::Double, means)
}

pub(super) fn weighted_avg(input: &Input<'_>) -> Column {
    let mut sums =
        vec![(Compensated::default(), Compensated::default(), false); input.groups.count];
    let [values, weights] = input.args else {
        return Column::null(Type::Double, input.groups.count);
    };
    input.groups.each(input.mask, |row, group| {
        if let (Some(value), Some(weight)) = (values.first(row), weights.first(row)) {
            sums[group].0.add(value.double() * weight.double());
            sums[group].1.add(weight.double());
            sums[group].2 = true;
        }
    });
    let means = sums.iter().map(|(sum, weight, seen)| {
        (*seen && weight.value != 0.0).then(|| Ref::Double(sum.value / weight.value))
    });
    optional(Type::Double, means)
}

/// All values of each group as doubles.
fn lists(input: &Input<'_>) -> Vec<Vec<f64>> {
    let mut lists = vec![Vec::new(); input.groups.count];
    input.each_value(|group, value| lists[group].push(value.double()));
    lists
}

pub(super) fn percentile(input: &Input<'_>, share: f64) -> Column {
    let mut lists = lists(input);
    let values = lists.iter_mut().map(|list| quantile(list, share).map(Ref::Double));
    optional(Type::Double, values)
}

/// The value at a share of the sorted values, between its neighbours; of a
/// share that is none there is no value.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the place lies between 0 and the length"
)]
fn quantile(list: &mut [f64], share: f64) -> Option<f64> {
    if !(0.0..=100.0).contains(&share) {
        return None;
    }
    list.sort_by(f64::total_cmp);
    let last = list.len().checked_sub(1)?;
    let place = share / 100.0 * last as f64;
    let (below, above) = (list.get(place.floor() as usize)?, list.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}

pub(super) fn median_absolute_deviation(input: &Input<'_>) -> Column {
    let mut lists = lists(input);
    let values = lists.iter_mut().map(|list| {
        let median = quantile(list, 50.0)?;
        list.iter_mut().for_each(|value| *value = (*value - median).abs());
        quantile(list, 50.0).map(Ref::Double)
    });
    optional(Type::Double, values)
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^52")]
pub(super) fn variance(input: &Input<'_>, of: fn(f64) -> f64) -> Column {
    // Welford's running mean and sum of squares.
    let mut states = vec![(0_u64, 0.0_f64, 0.0_f64); input.groups.count];
    input.each_value(|group, value| {
        let (count, mean, squares) = &mut states[group];
        *count += 1;
        let delta = value.double() - *mean;
        *mean += delta / *count as f64;
        *squares += delta * (value.double() - *mean);
    });
    let deviations = states
        .iter()
        .map(|(count, _, squares)| (*count > 0).then(|| Ref::Double(of(squares / *count as f64))));
    optional(Type::Double, deviations)
}
