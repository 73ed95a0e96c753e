//! Constants at planning time.

use std::sync::Arc;

use super::budget::Budget;
use super::column::{Column, Layout};
use super::eval::Machine;
use super::expr::Typed;
use super::search::NoSearch;
use super::source::Source;
use super::value::Value;

/// One row without fields.
struct OneRow;

impl Source for OneRow {
    fn rows(&self) -> usize {
        1
    }

    fn column(&self, _name: &str) -> Option<Arc<Column>> {
        None
    }
}

/// The values of an expression that is the same in every row, or `None` when
/// it is not, or fails.
pub(super) fn fold(typed: &Typed) -> Option<Arc<Column>> {
    if !typed.is_constant() {
        return None;
    }
    let mut machine = Machine::new(&[], 0, &OneRow, &NoSearch, 0);
    machine.budget = Budget::of_constants();
    let column = machine.eval(typed).ok()?;
    let values: Vec<Value> = column.values(0).map(super::value::Ref::to_value).collect();
    let constant = Column::constant(column.ty, &values, 1);
    debug_assert_eq!(constant.layout, Layout::Constant);
    Some(Arc::new(constant))
}

/// The one value of a constant expression.
pub fn fold_value(typed: &Typed) -> Option<Value> {
    let column = fold(typed)?;
    let value = column.first(0)?.to_value();
    (column.range(0).len() == 1).then_some(value)
}
