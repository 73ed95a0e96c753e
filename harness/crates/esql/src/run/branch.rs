//! Queries inside a query: the branches of `FORK`, those of `FROM`, and the
//! one that `IN` looks into.

use std::collections::HashSet;
use std::sync::Arc;

use super::bounds::{MAX_ROWS, too_many_rows};
use crate::column::{Builder, Cell, Column, NO_ROW};
use crate::eval::{Machine, Origin, State, Truth, truths};
use crate::expr::{MULTI_VALUE, Register, Typed};
use crate::functions::key;
use crate::plan::{Branch, Step};
use crate::trace::MAX_LINEAGE;
use crate::value::Ref;
use crate::warning::Treated;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// Takes rows through steps; the number is that of the step whose rows they are.
pub(super) type Take<'t, 'a> =
    &'t dyn Fn(&mut Machine<'a>, &[Step], Option<usize>) -> Result<(), Diagnostic>;

/// The rows that a branch left.
struct Part {
    len: usize,
    origin: Origin,
    lineage: Option<Vec<Vec<u32>>>,
    columns: Vec<Arc<Column>>,
}

/// The rows of all branches, one after the other; they are given all rows of the
/// source `anew`, or those of the step `before`.
pub(super) fn union<'a>(
    machine: &mut Machine<'a>,
    branches: &[Branch],
    (anew, given): (bool, Option<usize>),
    span: Span,
    take: Take<'_, 'a>,
) -> Result<(), Diagnostic> {
    let before = machine.state();
    let mut parts = Vec::with_capacity(branches.len());
    let mut total = 0_usize;
    for branch in branches {
        if !anew {
            machine.set_state(before.clone());
        }
        begin(machine, anew);
        take(machine, &branch.steps, given)?;
        let columns = branch.columns.iter().map(|(from, ..)| match from {
            Some(register) => machine.register(*register),
            None => Arc::new(Column::null(crate::types::Type::Null, machine.len)),
        });
        let columns = columns.collect();
        let State { len, origin, lineage, .. } = machine.state();
        // Fields of the source are no columns of a branch that lacks them.
        let origin = if branch.shows_source { origin } else { Origin::None };
        total = total.saturating_add(len);
        if total > MAX_ROWS {
            return Err(too_many_rows(span));
        }
        parts.push(Part { len, origin, lineage, columns });
    }
    machine.registers.fill(None);
    machine.len = total;
    machine.origin = origins(&parts);
    machine.lineage = lineages(&mut parts);
    let Some(first) = branches.first() else { return Ok(()) };
    for (place, (_, register, ty)) in first.columns.iter().enumerate() {
        let mut builder = Builder::new(*ty, total);
        for part in &parts {
            for row in 0..part.len {
                builder.copy(&part.columns[place], row);
            }
        }
        machine.registers[*register] = Some(Arc::new(builder.finish()));
    }
    Ok(())
}

/// Begins with all rows of the source.
fn begin(machine: &mut Machine<'_>, anew: bool) {
    if let (true, Some(begun)) = (anew, machine.begun.clone()) {
        machine.set_state((*begun).clone());
    }
}

fn origins(parts: &[Part]) -> Origin {
    if parts.iter().all(|part| matches!(part.origin, Origin::None)) {
        return Origin::None;
    }
    let rows = parts.iter().flat_map(|part| match &part.origin {
        Origin::All => (0_u32..).take(part.len).collect(),
        Origin::Rows(rows) => rows.clone(),
        Origin::None => vec![NO_ROW; part.len],
    });
    Origin::Rows(rows.collect())
}

fn lineages(parts: &mut [Part]) -> Option<Vec<Vec<u32>>> {
    let lists = parts.iter_mut().map(|part| part.lineage.take()).collect::<Option<Vec<_>>>()?;
    let all: Vec<Vec<u32>> = lists.into_iter().flatten().collect();
    let named: usize = all.iter().map(Vec::len).sum();
    (named <= MAX_LINEAGE).then_some(all)
}

/// Whether values are among those of the one column of a query, three-valued:
/// a null among them leaves open what is not found.
pub(super) fn member<'a>(
    machine: &mut Machine<'a>,
    value: &Typed,
    branch: &Branch,
    output: Register,
    take: Take<'_, 'a>,
) -> Result<(), Diagnostic> {
    let before = machine.state();
    begin(machine, true);
    take(machine, &branch.steps, None)?;
    let Some((Some(register), ..)) = branch.columns.first() else { return Ok(()) };
    let choices = machine.register(*register);
    let wide = |one: Ref<'_>| match one {
        Ref::Double(_) => true,
        _ => branch.as_doubles,
    };
    let number = |one: Ref<'_>| {
        if wide(one) { key(Ref::Double(one.double())) } else { key(one) }
    };
    let (mut known, mut null) = (HashSet::new(), false);
    for row in 0..machine.len {
        match choices.cell(row) {
            Cell::Null => null = true,
            Cell::One(choice) => {
                known.insert(number(choice));
            }
            // A list is equal to no single value.
            Cell::Many => {}
        }
    }
    machine.set_state(before);
    let values = machine.eval(value)?;
    let mut found = Vec::with_capacity(machine.len);
    for row in 0..machine.len {
        found.push(match values.cell(row) {
            Cell::Null => Truth::Null,
            Cell::One(one) if known.contains(&number(one)) => Truth::True,
            Cell::One(_) if null => Truth::Null,
            Cell::One(_) => Truth::False,
            Cell::Many => {
                let cause = format!("java.lang.IllegalArgumentException: {MULTI_VALUE}");
                machine.warn(row, value.span, Treated::Null, &cause);
                Truth::Null
            }
        });
    }
    machine.registers[output] = Some(Arc::new(truths(&found)));
    Ok(())
}
