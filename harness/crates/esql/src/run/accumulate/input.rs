//! What an aggregate takes.

use std::sync::Arc;

use crate::column::{Builder, Column};
use crate::run::groups::Groups;
use crate::types::Type;
use crate::value::Ref;

/// What an aggregate works on.
pub(crate) struct Input<'a> {
    pub(crate) args: &'a [Arc<Column>],
    pub(crate) groups: &'a Groups,
    /// The rows that count; all when absent.
    pub(crate) mask: Option<&'a [bool]>,
}

impl<'a> Input<'a> {
    /// Calls `visit` on every group and value of the first column.
    pub(crate) fn each_value(&self, mut visit: impl FnMut(usize, Ref<'a>)) {
        let Some(column) = self.args.first() else { return };
        self.groups.each(self.mask, |row, group| {
            for value in column.values(row) {
                visit(group, value);
            }
        });
    }
}

/// A column of optional values, one per group.
pub(super) fn optional<'a>(
    ty: Type,
    values: impl ExactSizeIterator<Item = Option<Ref<'a>>>,
) -> Column {
    let mut builder = Builder::new(ty, values.len());
    for value in values {
        builder.optional(value);
    }
    builder.finish()
}
