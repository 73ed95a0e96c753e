//! `STATS` and `INLINE STATS`.

use std::sync::Arc;

use super::accumulate::accumulate;
use super::groups::Groups;
use crate::column::Column;
use crate::eval::{Machine, Origin, Truth};
use crate::expr::Register;
use crate::fold::fold;
use crate::plan::Grouping;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// The columns of the groups, and the groups themselves.
struct Grouped {
    groups: Groups,
    columns: Vec<(Register, Arc<Column>)>,
}

fn group(
    machine: &mut Machine<'_>,
    grouping: &Grouping,
    span: Span,
) -> Result<Grouped, Diagnostic> {
    machine.fill(&grouping.before)?;
    let keys: Vec<_> = grouping.keys.iter().map(|(row, ..)| machine.register(*row)).collect();
    let groups = if keys.is_empty() {
        Groups::one(machine.len)
    } else {
        Groups::by(&keys, machine.len, span)?
    };
    let mut columns = Vec::new();
    for (index, (key, (_, register, ty))) in keys.iter().zip(&grouping.keys).enumerate() {
        columns.push((*register, Arc::new(groups.key(index, key).with_type(*ty))));
    }
    machine.trace_groups(columns.iter().map(|(_, column)| column.clone()).collect(), &groups);
    for (number, call) in grouping.aggregates.iter().enumerate() {
        let args = call.args.iter().map(|arg| machine.eval(arg)).collect::<Result<Vec<_>, _>>()?;
        let mask = match &call.filter {
            None => None,
            Some(filter) => {
                machine.test(filter);
                let truth = machine.truth(filter)?;
                let mut counted: Vec<bool> =
                    truth.into_iter().map(|truth| truth == Truth::True).collect();
                machine.turn_counted(number, &mut counted);
                Some(counted)
            }
        };
        let constant =
            call.args.first().is_some_and(|arg| fold(arg).is_some_and(|c| !c.data.is_empty()));
        let column = accumulate(machine, call, &args, &groups, mask.as_deref(), constant);
        columns.push((call.output, Arc::new(column)));
    }
    Ok(Grouped { groups, columns })
}

/// One row per group.
pub(super) fn stats(
    machine: &mut Machine<'_>,
    grouping: &Grouping,
    span: Span,
) -> Result<(), Diagnostic> {
    let Grouped { groups, columns } = group(machine, grouping, span)?;
    machine.group_lineage(groups.count, |visit| groups.each(None, visit));
    machine.registers.fill(None);
    machine.len = groups.count;
    machine.origin = Origin::None;
    for (register, column) in columns {
        machine.registers[register] = Some(column);
    }
    machine.fill(&grouping.after)
}

/// All rows, each with the values of its group.
pub(super) fn inline_stats(
    machine: &mut Machine<'_>,
    grouping: &Grouping,
    span: Span,
) -> Result<(), Diagnostic> {
    let Grouped { groups, columns } = group(machine, grouping, span)?;
    let Some(of_rows) = groups.of_rows() else {
        return Err(Diagnostic::unsupported(
            "esql-unsupported",
            "INLINE STATS with a list among its keys",
            span,
        )
        .with_help("MV_EXPAND the key first"));
    };
    let rows = std::mem::take(&mut machine.registers);
    let (len, origin) = (machine.len, std::mem::replace(&mut machine.origin, Origin::None));
    let lineage = machine.lineage.take();
    machine.registers = vec![None; rows.len()];
    machine.len = groups.count;
    for (register, column) in columns {
        machine.registers[register] = Some(column);
    }
    machine.fill(&grouping.after)?;
    let per_group = std::mem::replace(&mut machine.registers, rows);
    (machine.len, machine.origin, machine.lineage) = (len, origin, lineage);
    for (slot, column) in machine.registers.iter_mut().zip(per_group) {
        if let Some(column) = column {
            *slot = Some(Arc::new(column.gather(&of_rows)));
        }
    }
    Ok(())
}
