//! `MV_EXPAND`.

use std::sync::Arc;

use super::{MAX_ROWS, too_many_rows};
use crate::column::Builder;
use crate::eval::Machine;
use crate::expr::Register;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// One row per value, in order; one with null where there is none.
pub(super) fn expand(
    machine: &mut Machine<'_>,
    from: Register,
    to: Register,
    live: &[bool],
    span: Span,
) -> Result<(), Diagnostic> {
    let column = machine.register(from);
    let rows: usize = (0..machine.len).map(|row| column.range(row).len().max(1)).sum();
    if rows > MAX_ROWS {
        return Err(too_many_rows(span));
    }
    // The lists of the other columns are repeated in every row.
    let repeated = |row: usize| {
        let columns = machine.registers.iter().zip(live).filter(|(_, live)| **live);
        let columns = columns.filter_map(|(column, _)| column.as_ref());
        let values: usize = columns.map(|column| column.range_in_rows(row)).sum();
        values.saturating_mul(column.range(row).len().max(1))
    };
    let values = (0..machine.len).map(repeated).fold(0, usize::saturating_add);
    machine.budget.spend_values(values, span)?;
    let mut origin = Vec::with_capacity(rows);
    let mut builder = Builder::new(column.ty, rows);
    for (row, number) in (0..machine.len).zip(0_u32..) {
        if column.range(row).is_empty() {
            origin.push(number);
            builder.end_row();
        }
        for value in column.values(row) {
            origin.push(number);
            builder.one(value);
        }
    }
    machine.select(&origin, live);
    machine.registers[to] = Some(Arc::new(builder.finish()));
    Ok(())
}
