//! `SORT`: stable, so that ties keep their order.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::column::Column;
use crate::eval::Machine;
use crate::plan::SortKey;
use crate::value::Ref;
use harness_source::diagnostic::Diagnostic;

/// Orders the rows.
pub(super) fn sort(
    machine: &mut Machine<'_>,
    keys: &[SortKey],
    live: &[bool],
) -> Result<(), Diagnostic> {
    let mut columns: Vec<(&SortKey, Arc<Column>)> = Vec::with_capacity(keys.len());
    for key in keys {
        columns.push((key, machine.eval(&key.expr)?));
    }
    let mut rows: Vec<u32> = (0_u32..).take(machine.len).collect();
    rows.sort_by(|a, b| {
        let orders =
            columns.iter().map(|(key, column)| compare(key, column, *a as usize, *b as usize));
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    machine.select(&rows, live);
    Ok(())
}

fn compare(key: &SortKey, column: &Column, a: usize, b: usize) -> Ordering {
    let value = |row| extreme(column, row, key.descending);
    match (value(a), value(b)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) if key.nulls_first => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) if key.nulls_first => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => {
            let order = a.compare(b, column.ty);
            if key.descending { order.reverse() } else { order }
        }
    }
}

/// The value that a list sorts by: the least, or for `DESC` the greatest.
fn extreme(column: &Column, row: usize, greatest: bool) -> Option<Ref<'_>> {
    column.values(row).reduce(|best, value| {
        let order = value.compare(best, column.ty);
        if (greatest && order.is_gt()) || (!greatest && order.is_lt()) { value } else { best }
    })
}
