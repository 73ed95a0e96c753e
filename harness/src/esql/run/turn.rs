//! One row that a step takes otherwise than its conditions say: what coverage
//! asks to learn whether a condition decides.

use std::sync::Arc;

use crate::esql::column::Builder;
use crate::esql::eval::Machine;
use crate::esql::plan::Step;
use crate::esql::value::Value;

/// One row that a step takes otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The step, by its number in the plan.
    pub step: usize,
    /// The row, by its number among those that the step is given.
    pub row: usize,
    /// What becomes of it.
    pub change: Change,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `WHERE` keeps it, or does not.
    Keep(bool),
    /// An aggregate, by its number, counts it, or does not.
    Count(usize, bool),
    /// A pattern gives these values, by its outputs.
    Outputs(Vec<Vec<Value>>),
}

impl Machine<'_> {
    pub(super) fn turn_kept(&self, kept: &mut [bool]) {
        if let Some(Turn { row, change: Change::Keep(keep), .. }) = self.turn
            && let Some(slot) = kept.get_mut(*row)
        {
            *slot = *keep;
        }
    }

    pub(super) fn turn_counted(&self, aggregate: usize, counted: &mut [bool]) {
        if let Some(Turn { row, change: Change::Count(number, count), .. }) = self.turn
            && *number == aggregate
            && let Some(slot) = counted.get_mut(*row)
        {
            *slot = *count;
        }
    }

    pub(super) fn turn_outputs(&mut self, step: &Step) {
        let Some(Turn { row: turned, change: Change::Outputs(lists), .. }) = self.turn else {
            return;
        };
        for (register, list) in step.pattern_outputs().into_iter().zip(lists) {
            let column = self.register(register);
            let mut builder = Builder::new(column.ty, self.len);
            for row in 0..self.len {
                if row == *turned {
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
