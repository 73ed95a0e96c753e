//! Runs plans: table in, table out, one step after the other.

mod accumulate;
mod bounds;
mod branch;
mod dissect;
mod expand;
mod grok;
mod groups;
mod join;
mod pick;
mod sort;
mod stats;
#[cfg(test)]
mod tests;
mod trace;
mod turn;

use std::sync::Arc;

use super::column::{Builder, Column};
use super::eval::{Machine, Origin, Saved};
use super::plan::{Output, Plan, Step, StepKind};
use super::search::SearchFunctions;
use super::source::{Fields, Source};
use super::types::Type;
use super::value::Ref;
use super::warning::Warnings;
use harness_source::diagnostic::Diagnostic;
use harness_source::effort;

pub use super::eval::Truth;
pub use bounds::MAX_ROWS;
use bounds::too_many_rows;
pub use trace::{GroupTrace, Joined, Shape, StepTrace, TestTrace};
pub use turn::{Change, Turn};

/// The answer of a model to a prompt.
pub type Answer<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How to run a plan.
#[derive(Clone, Default)]
pub struct RunOptions<'a> {
    /// The moment of the run, in milliseconds since 1970.
    pub now: i64,
    /// The rows of the source that take part, in order; all when absent.
    pub rows: Option<Vec<u32>>,
    /// Answers `COMPLETION`.
    pub completion: Option<Answer<'a>>,
    /// Keeps what each condition said of each row, and which rows of the
    /// source each row is made of: for explanations and coverage.
    pub trace: bool,
    /// Keeps the rows before each step, from which [`run_turned`] goes on.
    pub save: bool,
    /// Rows that a step takes otherwise than it would: for coverage.
    pub turn: Option<&'a Turn>,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Table {
    /// The number of rows.
    pub rows: usize,
    /// Columns in order, but for those of `all_fields_but`.
    pub columns: Vec<TableColumn>,
    /// Columns that stand where a field of the source stood.
    pub replaced: Vec<TableColumn>,
    /// When present: before the columns come all fields of the source in
    /// ascending order of name, but for these.
    pub all_fields_but: Option<Vec<Arc<str>>>,
    /// The row of the source behind each row; absent when rows were made.
    pub origin: Option<Vec<u32>>,
    /// What went wrong on the way.
    pub warnings: Warnings,
    /// What each step of the plan did, in the order of [`Plan::all_steps`].
    pub trace: Vec<StepTrace>,
    /// The rows of the source behind each row, ascending; empty when not traced.
    pub lineage: Vec<Vec<u32>>,
    /// The rows before each step; none where a run did not save them, or has queries
    /// inside its query.
    saved: Vec<Saved>,
}

/// A column of a result.
#[derive(Clone, Debug)]
pub struct TableColumn {
    /// The name.
    pub name: Arc<str>,
    /// The type.
    pub ty: Type,
    /// The values.
    pub column: Arc<Column>,
}

impl Table {
    /// The rows of the source behind each row that a step was given; empty where
    /// that is not known.
    pub fn given(&self, step: usize) -> &[Vec<u32>] {
        let before = self.trace.get(step).and_then(|step| self.trace.get(step.before?));
        before.map_or(&[], |before| before.lineage.as_slice())
    }

    /// A column by its name; fields of the source are read from it.
    pub fn column(
        &self,
        name: &str,
        fields: &dyn Fields,
        source: &dyn Source,
    ) -> Option<TableColumn> {
        let own =
            self.columns.iter().rev().chain(&self.replaced).find(|column| &*column.name == name);
        if let Some(column) = own {
            return Some(column.clone());
        }
        let hidden = self.all_fields_but.as_ref()?;
        if hidden.binary_search_by(|known| (**known).cmp(name)).is_ok() {
            return None;
        }
        let ty = fields.field(name)?.ty;
        let column = match (source.column(name), &self.origin) {
            (Some(column), Some(rows)) => column.gather_some(rows).with_type(ty),
            _ => Column::null(ty, self.rows),
        };
        Some(TableColumn { name: name.into(), ty, column: Arc::new(column) })
    }

    /// All columns in order.
    pub fn all_columns(&self, fields: &dyn Fields, source: &dyn Source) -> Vec<TableColumn> {
        let own = |name: &str| self.columns.iter().any(|column| &*column.name == name);
        let open = self.all_fields_but.is_some();
        let names: &[Arc<str>] = if open { fields.names() } else { &[] };
        let from_source = names.iter().filter(|name| !own(name));
        let from_source = from_source.filter_map(|name| self.column(name, fields, source));
        from_source.chain(self.columns.iter().cloned()).collect()
    }
}

/// Runs a plan over the rows of a source.
///
/// # Errors
///
/// The first error that ends the query.
pub fn run(
    plan: &Plan,
    source: &dyn Source,
    search: &dyn SearchFunctions,
    options: &RunOptions<'_>,
) -> Result<Table, Diagnostic> {
    let mut machine = Machine::new(&plan.fields, plan.registers, source, search, options.now);
    machine.warnings = plan.warnings.clone();
    if let Some(rows) = &options.rows {
        let total = machine.len;
        let rows: Vec<_> = rows.iter().copied().filter(|row| (*row as usize) < total).collect();
        machine.len = rows.len();
        machine.origin = Origin::Rows(rows);
    }
    if options.trace {
        machine.trace_rows();
    }
    if plan.is_nested() {
        machine.begun = Some(Arc::new(machine.state()));
    } else if options.save {
        machine.saved = Some(Vec::with_capacity(plan.steps.len()));
    }
    take_all(&mut machine, &plan.steps, None, options)?;
    Ok(table(machine, &plan.output))
}

/// Runs a plan once more with rows that a step takes otherwise: from that step on, where
/// `base` saved the rows before it. What conditions say before it, and in it, stays.
///
/// # Errors
///
/// As [`run`].
pub fn run_turned(
    plan: &Plan,
    source: &dyn Source,
    search: &dyn SearchFunctions,
    options: &RunOptions<'_>,
    base: &Table,
) -> Result<Table, Diagnostic> {
    let at = options.turn.map_or(usize::MAX, |turn| turn.step);
    let (Some(Saved { state, kept }), Some(steps)) = (base.saved.get(at), plan.steps.get(at..))
    else {
        return run(plan, source, search, options);
    };
    effort::spend(state.len);
    let mut machine = Machine::new(&plan.fields, plan.registers, source, search, options.now);
    machine.set_state(state.clone());
    machine.kept.clone_from(kept);
    machine.trace = vec![StepTrace::default(); at];
    take_all(&mut machine, steps, None, options)?;
    Ok(table(machine, &plan.output))
}

/// Takes rows through steps; `before` is the step whose rows they are.
fn take_all<'a>(
    machine: &mut Machine<'a>,
    steps: &[Step],
    mut before: Option<usize>,
    options: &RunOptions<'a>,
) -> Result<(), Diagnostic> {
    for step in steps {
        let (at, rows_in) = (machine.trace.len(), machine.len);
        machine.save();
        machine.trace.push(StepTrace::default());
        machine.turn = options.turn.filter(|turn| turn.step == at);
        machine.test_step(step);
        take(machine, step, before, options)?;
        machine.turn_outputs(step);
        machine.test_patterns(step);
        machine.trace[at] = StepTrace {
            span: step.span,
            before,
            rows_in,
            rows_out: machine.len,
            tests: std::mem::take(&mut machine.tests),
            lineage: machine.lineage.clone().unwrap_or_default(),
            groups: machine.groups.take(),
        };
        before = Some(at);
    }
    Ok(())
}

fn take<'a>(
    machine: &mut Machine<'a>,
    step: &Step,
    before: Option<usize>,
    options: &RunOptions<'a>,
) -> Result<(), Diagnostic> {
    let again = |machine: &mut Machine<'a>, steps: &[Step], before: Option<usize>| {
        take_all(machine, steps, before, options)
    };
    match &step.kind {
        StepKind::From => {}
        StepKind::Row(columns) => {
            machine.len = 1;
            machine.origin = Origin::None;
            machine.lineage = machine.lineage.take().map(|_| vec![Vec::new()]);
            machine.fill(columns)?;
        }
        StepKind::Eval(columns) => machine.fill(columns)?,
        StepKind::Filter(condition) => {
            let mut kept: Vec<bool> = match machine.kept.take() {
                Some(kept) => kept,
                None => machine.truth(condition)?.iter().map(|it| *it == Truth::True).collect(),
            };
            if let Some(saved) = machine.saved.as_mut().and_then(|all| all.last_mut()) {
                saved.kept = Some(kept.clone());
            }
            machine.turn_kept(&mut kept);
            let kept = (0_u32..).zip(kept).filter(|(_, kept)| *kept).map(|(row, _)| row);
            let kept: Vec<u32> = kept.collect();
            if kept.len() < machine.len {
                machine.select(&kept, &step.live);
            }
        }
        StepKind::Limit(count) => {
            if *count < machine.len {
                let kept: Vec<u32> = (0_u32..).take(*count).collect();
                machine.select(&kept, &step.live);
            }
        }
        StepKind::LimitBy { count, keys } => pick::first_of_each(machine, *count, keys, step)?,
        StepKind::Sample(share) => pick::sample(machine, *share, step),
        StepKind::Indices(patterns) => pick::indices(machine, patterns, step),
        StepKind::Join(join) => join::join(machine, join, step)?,
        StepKind::Union { branches, anew } => {
            let before = before.filter(|_| !*anew);
            branch::union(machine, branches, (*anew, before), step.span, &again)?;
        }
        StepKind::Member { value, branch, output } => {
            branch::member(machine, value, branch, *output, &again)?;
        }
        StepKind::Sort(keys) => sort::sort(machine, keys, &step.live)?,
        StepKind::Stats(grouping) => stats::stats(machine, grouping, step.span)?,
        StepKind::InlineStats(grouping) => stats::inline_stats(machine, grouping, step.span)?,
        StepKind::Expand { from, to } => {
            expand::expand(machine, *from, *to, &step.live, step.span)?;
        }
        StepKind::Dissect { input, dissect, outputs } => {
            dissect::dissect(machine, input, dissect, outputs)?;
        }
        StepKind::Grok { input, groks, outputs } => grok::grok(machine, input, groks, outputs)?,
        StepKind::Completion { prompt, output } => {
            let prompts = machine.eval(prompt)?;
            let mut builder = Builder::new(Type::Keyword, machine.len);
            for row in 0..machine.len {
                let prompt = prompts.first(row).map(Ref::str);
                let answer = prompt.zip(options.completion).and_then(|(text, answer)| answer(text));
                builder.optional(answer.as_deref().map(Ref::Str));
            }
            machine.registers[*output] = Some(Arc::new(builder.finish()));
        }
    }
    Ok(())
}

fn table(mut machine: Machine<'_>, output: &Output) -> Table {
    let mut read = |columns: &[super::plan::OutputColumn]| {
        columns
            .iter()
            .map(|column| {
                let values = machine.register(column.register);
                let typed = if values.ty == column.ty {
                    values
                } else if values.data.is_empty() {
                    Arc::new(Column::null(column.ty, values.len))
                } else {
                    Arc::new((*values).clone().with_type(column.ty))
                };
                TableColumn { name: column.name.clone(), ty: column.ty, column: typed }
            })
            .collect::<Vec<_>>()
    };
    let columns = read(&output.columns);
    let replaced = read(&output.replaced);
    let origin = match machine.origin {
        Origin::All => Some((0..u32::try_from(machine.len).unwrap_or(u32::MAX)).collect()),
        Origin::Rows(rows) => Some(rows),
        Origin::None => None,
    };
    Table {
        rows: machine.len,
        columns,
        replaced,
        all_fields_but: output.all_fields_but.clone(),
        origin,
        warnings: machine.warnings,
        trace: machine.trace,
        lineage: machine.lineage.unwrap_or_default(),
        saved: machine.saved.unwrap_or_default(),
    }
}
