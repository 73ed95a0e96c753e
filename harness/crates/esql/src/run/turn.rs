//! Rows that a step takes otherwise than its conditions say: what coverage
//! asks to learn whether a condition decides.

use std::sync::Arc;

use crate::column::Builder;
use crate::eval::Machine;
use crate::plan::Step;
pub use crate::turn::{Change, Turn};

impl Machine<'_> {
    pub(super) fn turn_kept(&self, kept: &mut [bool]) {
        if let Some(Turn { rows, change: Change::Keep(keep), .. }) = self.turn {
            turn(kept, rows, *keep);
        }
    }

    pub(super) fn turn_counted(&self, aggregate: usize, counted: &mut [bool]) {
        if let Some(Turn { rows, change: Change::Count(number, count), .. }) = self.turn
            && *number == aggregate
        {
            turn(counted, rows, *count);
        }
    }

    pub(super) fn turn_outputs(&mut self, step: &Step) {
        let Some(Turn { rows, change: Change::Outputs(lists), .. }) = self.turn else {
            return;
        };
        for (register, list) in step.pattern_outputs().into_iter().zip(lists) {
            let column = self.register(register);
            let mut builder = Builder::new(column.ty, self.len);
            for row in 0..self.len {
                if rows.contains(&row) {
                    list.iter().for_each(|value| builder.value(value.as_ref()));
                } else {
                    column.values(row).for_each(|value| builder.value(value));
                }
                builder.end_row();
            }
            self.registers[register] = Some(Arc::new(builder.finish()));
        }
    }
}

fn turn(slots: &mut [bool], rows: &[usize], to: bool) {
    for row in rows {
        if let Some(slot) = slots.get_mut(*row) {
            *slot = to;
        }
    }
}
