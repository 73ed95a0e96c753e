//! Least and greatest values, and values of the first and last rows.

use super::{Input, optional};
use crate::column::{Builder, Column, Data, Layout};
use crate::types::Type;
use crate::value::Ref;

pub(super) fn extreme(input: &Input<'_>, ty: Type, greatest: bool) -> Column {
    if let Some(column) = input.args.first()
        && let (Data::Long(values), Layout::Flat) = (&column.data, &column.layout)
    {
        let mut best: Vec<Option<i64>> = vec![None; input.groups.count];
        input.groups.each(input.mask, |row, group| {
            let value = values[row];
            let slot = &mut best[group];
            *slot = Some(match *slot {
                None => value,
                Some(known) if greatest => known.max(value),
                Some(known) => known.min(value),
            });
        });
        return optional(ty, best.into_iter().map(|value| value.map(Ref::Long)));
    }
    let mut best: Vec<Option<Ref<'_>>> = vec![None; input.groups.count];
    input.each_value(|group, value| {
        let better = best[group].is_none_or(|known| {
            let order = value.compare(known, ty);
            if greatest { order.is_gt() } else { order.is_lt() }
        });
        if better {
            best[group] = Some(value);
        }
    });
    optional(ty, best.into_iter())
}

pub(super) fn top(input: &Input<'_>, ty: Type, count: usize, descending: bool) -> Column {
    let mut lists: Vec<Vec<Ref<'_>>> = vec![Vec::new(); input.groups.count];
    let order = |a: &Ref<'_>, b: &Ref<'_>| {
        let order = a.compare(*b, ty);
        if descending { order.reverse() } else { order }
    };
    input.each_value(|group, value| {
        let list = &mut lists[group];
        list.push(value);
        // Now and then what cannot be among the first is dropped.
        if list.len() >= count.saturating_mul(2).saturating_add(1024) {
            list.sort_by(order);
            list.truncate(count);
        }
    });
    let mut builder = Builder::new(ty, lists.len());
    for mut list in lists {
        list.sort_by(order);
        list.into_iter().take(count).for_each(|value| builder.value(value));
        builder.end_row();
    }
    builder.finish()
}

/// The values of the row whose second column is least, or greatest; a row
/// without one counts only where there is no other.
pub(super) fn first(input: &Input<'_>, ty: Type, last: bool) -> Column {
    let [values, order] = input.args else { return Column::null(ty, input.groups.count) };
    let mut best: Vec<Option<(usize, Option<i64>)>> = vec![None; input.groups.count];
    input.groups.each(input.mask, |row, group| {
        let keys = order.values(row).map(Ref::long);
        let key = if last { keys.max() } else { keys.min() };
        let better = match (best[group], key) {
            (None, _) => true,
            (Some((_, None)), key) => key.is_some(),
            (Some((_, Some(_))), None) => false,
            (Some((_, Some(known))), Some(key)) => {
                if last {
                    key > known
                } else {
                    key < known
                }
            }
        };
        if better {
            best[group] = Some((row, key));
        }
    });
    let mut builder = Builder::new(ty, best.len());
    for row in best {
        match row {
            Some((row, _)) => builder.copy(values, row),
            None => builder.end_row(),
        }
    }
    builder.finish()
}
