//! `DISSECT`.

use std::sync::Arc;

use crate::column::Builder;
use crate::dissect::Dissect;
use crate::eval::Machine;
use crate::expr::{Register, Typed};
use crate::types::Type;
use crate::value::Ref;
use harness_source::diagnostic::Diagnostic;

/// Takes each value apart; values that do not match are left out.
pub(super) fn dissect(
    machine: &mut Machine<'_>,
    input: &Typed,
    dissect: &Dissect,
    outputs: &[Register],
) -> Result<(), Diagnostic> {
    let column = machine.eval(input)?;
    let mut builders: Vec<_> =
        outputs.iter().map(|_| Builder::new(Type::Keyword, machine.len)).collect();
    for row in 0..machine.len {
        for parts in column.values(row).filter_map(|value| dissect.apply(value.str())) {
            for (builder, part) in builders.iter_mut().zip(&parts) {
                builder.value(Ref::Str(part));
            }
        }
        builders.iter_mut().for_each(Builder::end_row);
    }
    for (register, builder) in outputs.iter().zip(builders) {
        machine.registers[*register] = Some(Arc::new(builder.finish()));
    }
    Ok(())
}
