//! Conditions of a pipeline, tested on many events at once.

use crate::synthesis::origins::Origins;
use harness_esql::column::Column;
use harness_esql::expr::Typed;
use harness_esql::plan::{Output, OutputColumn, Plan, Step, StepKind};
use harness_model::event::Event;
use harness_runner::run::{Flow, Program};
use std::sync::Arc;

/// A pipeline cut off before a step, with expressions that are computed there in each
/// row; no row is dropped before.
pub(super) struct Bench<'a> {
    flow: &'a Flow<'a>,
    program: &'a Program,
    case: usize,
    plan: Plan,
}

/// What the expressions are in the rows of each event.
pub(super) struct Rows {
    /// By expression, over all rows.
    pub(super) columns: Vec<Arc<Column>>,
    /// By event: its rows.
    pub(super) of: Vec<Vec<usize>>,
}

impl<'a> Bench<'a> {
    /// Before the n-th step; `None` where rows do not come of single events there.
    pub(super) fn new(
        flow: &'a Flow<'a>,
        program: &'a Program,
        case: usize,
        until: usize,
        expressions: &[Typed],
    ) -> Option<Self> {
        let own = &program.pipeline()?.plan;
        let first = own.registers;
        let registers = first + expressions.len();
        let kept = own.steps.get(..until)?.iter().filter_map(|step| {
            let kind = match &step.kind {
                StepKind::From
                | StepKind::Eval(_)
                | StepKind::Dissect { .. }
                | StepKind::Grok { .. }
                | StepKind::Expand { .. }
                | StepKind::Join(_)
                | StepKind::Completion { .. } => Some(step.kind.clone()),
                StepKind::Filter(_)
                | StepKind::InlineStats(_)
                | StepKind::Sort(_)
                | StepKind::Limit(_)
                | StepKind::LimitBy { .. }
                | StepKind::Sample(_)
                | StepKind::Indices(_) => return None,
                StepKind::Row(_)
                | StepKind::Stats(_)
                | StepKind::Union { .. }
                | StepKind::Member { .. } => None,
            };
            Some(kind.map(|kind| Step { kind, span: step.span, live: vec![true; registers] }))
        });
        let mut steps = kept.collect::<Option<Vec<Step>>>()?;
        let values = expressions.iter().enumerate();
        let values = values.map(|(at, typed)| (first + at, typed.clone())).collect();
        let span = own.steps.first()?.span;
        steps.push(Step { kind: StepKind::Eval(values), span, live: vec![true; registers] });
        let columns = expressions.iter().enumerate().map(|(at, typed)| OutputColumn {
            name: format!("{at}").into(),
            ty: typed.ty,
            register: first + at,
        });
        let output = Output { columns: columns.collect(), ..Output::default() };
        let plan = Plan { registers, steps, output, ..own.clone() };
        Some(Self { flow, program, case, plan })
    }

    /// The expressions on events; `None` where one fails.
    pub(super) fn rows(&self, events: &[Event]) -> Option<Rows> {
        let table = self.flow.through(self.program, &self.plan, self.case, events)?;
        let mut of = vec![Vec::new(); events.len()];
        for (row, event) in table.origin?.into_iter().enumerate() {
            of.get_mut(event as usize)?.push(row);
        }
        let columns = table.columns.into_iter().map(|column| column.column).collect();
        Some(Rows { columns, of })
    }
}

/// The number of the first step that makes other rows than events are; of the whole
/// pipeline where none does.
pub(super) fn grouping(plan: &Plan) -> usize {
    let groups = |step: &Step| matches!(step.kind, StepKind::Stats(_));
    plan.steps.iter().position(groups).unwrap_or(plan.steps.len())
}

/// The conditions that each row has to fulfil before a step, but for those on what
/// `INLINE STATS` counts: with the numbers of their steps.
pub(super) fn conditions<'p>(
    plan: &'p Plan,
    origins: &Origins<'_>,
    until: usize,
) -> Vec<(usize, &'p Typed)> {
    let steps = plan.steps.iter().enumerate().take(until);
    let conditions = steps.filter_map(|(at, step)| match &step.kind {
        StepKind::Filter(condition) => Some((at, condition)),
        _ => None,
    });
    conditions.filter(|(_, condition)| origins.aggregates(condition).is_empty()).collect()
}
