//! Three-valued truth.

use crate::column::{Column, Data, Layout};
use crate::types::Type;

/// Three-valued truth, one entry per row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does not hold.
    False,
    /// It holds.
    True,
    /// Nothing can be said.
    Null,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// A boolean column of truths.
pub(super) fn truths(values: &[Truth]) -> Column {
    let mut data = Vec::with_capacity(values.len());
    if values.contains(&Truth::Null) {
        let mut offsets = Vec::with_capacity(values.len() + 1);
        let mut end = 0_u32;
        offsets.push(end);
        for value in values {
            if *value != Truth::Null {
                data.push(*value == Truth::True);
                end += 1;
            }
            offsets.push(end);
        }
        let data = Data::Bool(data);
        return Column {
            ty: Type::Boolean,
            len: values.len(),
            data,
            layout: Layout::Lists(offsets),
        };
    }
    data.extend(values.iter().map(|value| *value == Truth::True));
    Column::booleans(data)
}
