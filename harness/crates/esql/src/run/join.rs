//! `LOOKUP JOIN` and `ENRICH`.

use std::collections::HashMap;
use std::sync::Arc;

use super::{MAX_ROWS, too_many_rows};
use crate::column::{Builder, Cell, Column, NO_ROW};
use crate::eval::Machine;
use crate::expr::MULTI_VALUE;
use crate::functions::key;
use crate::plan::{Join, Step};
use crate::types::Type;
use crate::value::Ref;
use crate::warning::Treated;
use harness_source::diagnostic::Diagnostic;

/// The rows of a table by the values of its keys.
type Index = HashMap<Vec<Vec<u8>>, Vec<u32>>;

/// A key as bytes that are the same for equal values of both sides.
fn bytes(value: Ref<'_>, own: Type, left: Type, right: Type) -> Vec<u8> {
    if left.is_numeric() && right.is_numeric() {
        let doubles = left == Type::Double || right == Type::Double;
        return if doubles { key(Ref::Double(value.double())) } else { key(value) };
    }
    if left.same_kind(right) { key(value) } else { value.text(own).into_bytes() }
}

/// Adds the columns of a table.
pub(super) fn join(machine: &mut Machine<'_>, join: &Join, step: &Step) -> Result<(), Diagnostic> {
    if join.collect {
        enrich(machine, join);
        return Ok(());
    }
    lookup(machine, join, step)
}

fn index(join: &Join, many: bool) -> Index {
    let mut index = Index::new();
    for (row, number) in (0..join.table.rows).zip(0_u32..) {
        let mut found = vec![Vec::new()];
        for key in &join.keys {
            let column = &join.table.columns[key.right];
            let values = column.values(row);
            // A list matches one of its values where rows are collected.
            let values: Vec<_> = if many || values.clone().count() == 1 {
                values.map(|value| bytes(value, column.ty, key.ty, column.ty)).collect()
            } else {
                Vec::new()
            };
            found = found
                .into_iter()
                .flat_map(|before: Vec<Vec<u8>>| {
                    values
                        .iter()
                        .map(move |value| [&before[..], std::slice::from_ref(value)].concat())
                })
                .collect();
        }
        for key in found {
            index.entry(key).or_default().push(number);
        }
    }
    index
}

/// One row for each match, and one with nulls where there is none.
fn lookup(machine: &mut Machine<'_>, join: &Join, step: &Step) -> Result<(), Diagnostic> {
    let index = index(join, false);
    let columns: Vec<Arc<Column>> =
        join.keys.iter().map(|key| machine.register(key.left)).collect();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (number, row) in (0_u32..).zip(0..machine.len) {
        let mut wanted = Some(Vec::with_capacity(columns.len()));
        for (key, column) in join.keys.iter().zip(&columns) {
            match column.cell(row) {
                Cell::Null => wanted = None,
                Cell::One(value) => {
                    let right = join.table.columns[key.right].ty;
                    let value = bytes(value, key.ty, key.ty, right);
                    wanted.iter_mut().for_each(|wanted| wanted.push(value.clone()));
                }
                Cell::Many => {
                    let cause = format!("java.lang.IllegalArgumentException: {MULTI_VALUE}");
                    machine.warn(row, step.span, Treated::Null, &cause);
                    wanted = None;
                }
            }
        }
        let matches = wanted.and_then(|wanted| index.get(&wanted)).map_or(&[][..], Vec::as_slice);
        if matches.is_empty() {
            left.push(number);
            right.push(NO_ROW);
        }
        for place in matches {
            left.push(number);
            right.push(*place);
        }
        if left.len() > MAX_ROWS {
            return Err(too_many_rows(step.span));
        }
    }
    machine.select(&left, &step.live);
    for (place, register) in &join.outputs {
        let column = join.table.columns[*place].gather_some(&right);
        machine.registers[*register] = Some(Arc::new(column));
    }
    Ok(())
}

/// The values of all matches in one row.
fn enrich(machine: &mut Machine<'_>, join: &Join) {
    let index = index(join, true);
    let Some(key) = join.keys.first() else { return };
    let column = machine.register(key.left);
    let right = join.table.columns[key.right].ty;
    let mut matches: Vec<Vec<u32>> = Vec::with_capacity(machine.len);
    for row in 0..machine.len {
        let values = column.values(row).map(|value| vec![bytes(value, key.ty, key.ty, right)]);
        let mut found: Vec<u32> =
            values.filter_map(|value| index.get(&value)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        matches.push(found);
    }
    for (place, register) in &join.outputs {
        let column = &join.table.columns[*place];
        let mut builder = Builder::new(column.ty, machine.len);
        for found in &matches {
            found
                .iter()
                .flat_map(|row| column.values(*row as usize))
                .for_each(|value| builder.value(value));
            builder.end_row();
        }
        machine.registers[*register] = Some(Arc::new(builder.finish()));
    }
}
