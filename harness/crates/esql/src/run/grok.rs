//! `GROK`.

use std::sync::Arc;

use crate::column::Builder;
use crate::eval::{Machine, RUN_TIME};
use crate::expr::{Register, Typed};
use crate::grok::Grok;
use crate::types::Type;
use crate::value::Value;
use harness_source::diagnostic::Diagnostic;

/// Takes each value apart by the first pattern that matches it.
pub(super) fn grok(
    machine: &mut Machine<'_>,
    input: &Typed,
    groks: &[Arc<Grok>],
    outputs: &[(String, Type, Register)],
) -> Result<(), Diagnostic> {
    let column = machine.eval(input)?;
    // Where each output of each pattern goes.
    let places: Vec<Vec<usize>> = groks
        .iter()
        .map(|grok| {
            let names = grok.outputs().iter();
            names
                .filter_map(|output| outputs.iter().position(|(name, ..)| *name == output.name))
                .collect()
        })
        .collect();
    let mut builders: Vec<_> =
        outputs.iter().map(|(_, ty, _)| Builder::new(*ty, machine.len)).collect();
    for row in 0..machine.len {
        for value in column.values(row) {
            for (grok, places) in groks.iter().zip(&places) {
                let mut lists: Vec<Vec<Value>> = vec![Vec::new(); grok.outputs().len()];
                let matched = grok.apply(value.str(), &mut lists);
                let matched =
                    matched.map_err(|why| Diagnostic::error(RUN_TIME, why, input.span))?;
                if !matched {
                    continue;
                }
                for (place, list) in places.iter().zip(lists) {
                    for value in &list {
                        builders[*place].value(value.as_ref());
                    }
                }
                break;
            }
        }
        builders.iter_mut().for_each(Builder::end_row);
    }
    for ((_, _, register), builder) in outputs.iter().zip(builders) {
        machine.registers[*register] = Some(Arc::new(builder.finish()));
    }
    Ok(())
}
