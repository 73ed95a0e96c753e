//! Evaluates typed expressions over the rows of a table, column by column.
//!
//! Null and list rules are applied here, once: functions see single values or
//! whole lists, as their kernel asks for.

mod arithmetic;
mod compare;
mod logic;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(super) use arithmetic::negative;

use super::budget::Budget;
use super::column::{Builder, Cell, Column, Layout};
pub use super::error::RUN_TIME;
use super::expr::{Failure, Kernel, List, MULTI_VALUE, Node, Register, Typed};
use super::search::SearchFunctions;
use super::source::Source;
use super::trace::{GroupTrace, MAX_LINEAGE, StepTrace, TestTrace};
pub use super::truth::Truth;
pub(super) use super::truth::truths;
use super::turn::Turn;
use super::types::Type;
use super::value::{Ref, Value};
use super::warning::{Treated, Warnings};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// A field that a plan reads, and where its column lives.
#[derive(Clone, Debug)]
pub struct FieldUse {
    /// The full name.
    pub name: Arc<str>,
    /// The type that planning gave it.
    pub ty: Type,
    /// Where it lives.
    pub register: Register,
}

/// Which rows of the source the table's rows are.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// All of them, in order.
    All,
    /// These.
    Rows(Vec<u32>),
    /// None: the rows were made by an aggregation or by `ROW`.
    None,
}

/// Some rows, and the columns that are loaded of them.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) len: usize,
    pub(super) origin: Origin,
    pub(super) registers: Vec<Option<Arc<Column>>>,
    pub(super) lineage: Option<Vec<Vec<u32>>>,
}

/// The rows before a step, and which of them its condition keeps.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub(super) state: State,
    pub(super) kept: Option<Vec<bool>>,
}

/// The state of a run: the current rows, and the columns that are loaded.
pub(super) struct Machine<'a> {
    fields: &'a [FieldUse],
    source: &'a dyn Source,
    search: &'a dyn SearchFunctions,
    now: i64,
    pub(super) len: usize,
    pub(super) origin: Origin,
    pub(super) registers: Vec<Option<Arc<Column>>>,
    pub(super) warnings: Warnings,
    pub(super) budget: Budget,
    /// Rows whose failures count; all when absent.
    mask: Option<Vec<bool>>,
    /// The rows of the source behind each row, when a run is traced.
    pub(super) lineage: Option<Vec<Vec<u32>>>,
    /// What the current step tested, when a run is traced.
    pub(super) tests: Vec<TestTrace>,
    /// The groups that the current step made, when a run is traced.
    pub(super) groups: Option<GroupTrace>,
    /// The rows that the current step takes otherwise.
    pub(super) turn: Option<&'a Turn>,
    /// What the steps did so far; a step that is not over has nothing yet.
    pub(super) trace: Vec<StepTrace>,
    /// The rows that a run begins with, for queries inside it.
    pub(super) begun: Option<Arc<State>>,
    /// The rows before each step so far, where they are asked for.
    pub(super) saved: Option<Vec<Saved>>,
    /// Which rows the next condition keeps, where that is known.
    pub(super) kept: Option<Vec<bool>>,
}

impl<'a> Machine<'a> {
    /// A machine over all rows of a source.
    pub(super) fn new(
        fields: &'a [FieldUse],
        registers: usize,
        source: &'a dyn Source,
        search: &'a dyn SearchFunctions,
        now: i64,
    ) -> Self {
        Self {
            fields,
            source,
            search,
            now,
            len: source.rows(),
            origin: Origin::All,
            registers: vec![None; registers],
            warnings: Warnings::default(),
            budget: Budget::of_rows(source.rows()),
            mask: None,
            lineage: None,
            tests: Vec::new(),
            groups: None,
            turn: None,
            trace: Vec::new(),
            begun: None,
            saved: None,
            kept: None,
        }
    }

    /// The column of a register, loaded on first use.
    pub(super) fn register(&mut self, register: Register) -> Arc<Column> {
        if let Some(Some(column)) = self.registers.get(register) {
            return column.clone();
        }
        let place = self.fields.binary_search_by_key(&register, |field| field.register);
        let column = match place.ok().and_then(|index| self.fields.get(index)) {
            None => Column::null(Type::Null, self.len),
            Some(field) => self.load(field),
        };
        let column = Arc::new(column);
        if let Some(slot) = self.registers.get_mut(register) {
            *slot = Some(column.clone());
        }
        column
    }

    fn load(&self, field: &FieldUse) -> Column {
        let column = self.source.column(&field.name);
        match (&self.origin, column) {
            (_, None) | (Origin::None, _) => Column::null(field.ty, self.len),
            (Origin::All, Some(column)) => (*column).clone().with_type(field.ty),
            (Origin::Rows(rows), Some(column)) => column.gather_some(rows).with_type(field.ty),
        }
    }

    /// The index of each row, where rows of the source are behind them.
    pub(super) fn index(&self) -> Option<Column> {
        let column = self.source.column("_index")?;
        match &self.origin {
            Origin::All => Some((*column).clone()),
            Origin::Rows(rows) => Some(column.gather_some(rows)),
            Origin::None => None,
        }
    }

    /// The current rows, and what is loaded of them.
    pub(super) fn state(&self) -> State {
        State { lineage: self.lineage.clone(), ..self.rows() }
    }

    /// The same without what its rows are made of.
    fn rows(&self) -> State {
        State {
            len: self.len,
            origin: self.origin.clone(),
            registers: self.registers.clone(),
            lineage: None,
        }
    }

    /// Keeps the rows, where they are asked for.
    pub(super) fn save(&mut self) {
        if let Some(mut saved) = self.saved.take() {
            saved.push(Saved { state: self.rows(), kept: None });
            self.saved = Some(saved);
        }
    }

    /// Goes on with other rows.
    pub(super) fn set_state(&mut self, state: State) {
        let State { len, origin, registers, lineage } = state;
        (self.len, self.origin, self.registers, self.lineage) = (len, origin, registers, lineage);
    }

    /// Keeps the rows at these places, in their order; `live` tells which
    /// loaded columns are still wanted.
    pub(super) fn select(&mut self, rows: &[u32], live: &[bool]) {
        for (register, slot) in self.registers.iter_mut().enumerate() {
            if let Some(column) = slot {
                let wanted = live.get(register).copied().unwrap_or(false);
                *slot = wanted.then(|| Arc::new(column.gather(rows)));
            }
        }
        self.origin = match &self.origin {
            Origin::All => Origin::Rows(rows.to_vec()),
            Origin::Rows(origin) => {
                Origin::Rows(rows.iter().map(|row| origin[*row as usize]).collect())
            }
            Origin::None => Origin::None,
        };
        if let Some(lineage) = self.lineage.take().filter(|_| rows.len() <= MAX_LINEAGE) {
            self.lineage = Some(rows.iter().map(|row| lineage[*row as usize].clone()).collect());
        }
        self.len = rows.len();
    }

    /// Records a failure in a row.
    pub(super) fn warn(&mut self, row: usize, span: Span, treated: Treated, cause: &str) {
        if self.counts(row) {
            self.warnings.failure(span, treated, cause);
        }
    }

    fn counts(&self, row: usize) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask.get(row).copied().unwrap_or(true))
    }

    /// Null and a warning, or the end of the query.
    fn fail(&mut self, row: usize, span: Span, failure: Failure) -> Result<(), Diagnostic> {
        match failure {
            Failure::Warning(cause) => {
                self.warn(row, span, Treated::Null, &cause);
                Ok(())
            }
            Failure::Fatal(message) if self.counts(row) => {
                Err(Diagnostic::error(RUN_TIME, message, span))
            }
            Failure::Fatal(_) => Ok(()),
        }
    }

    /// Evaluates while only the failures of some rows count.
    fn masked(&mut self, typed: &Typed, mask: &[bool]) -> Result<Arc<Column>, Diagnostic> {
        let inner = match &self.mask {
            None => mask.to_vec(),
            Some(outer) => outer.iter().zip(mask).map(|(a, b)| *a && *b).collect(),
        };
        let outer = self.mask.replace(inner);
        let column = self.eval(typed);
        self.mask = outer;
        column
    }

    /// The column of an expression.
    pub(super) fn eval(&mut self, typed: &Typed) -> Result<Arc<Column>, Diagnostic> {
        let len = self.len;
        let column = match &typed.node {
            Node::Literal(column) | Node::Column { constant: Some(column), .. } => {
                Column { len, ..(**column).clone() }
            }
            Node::Column { register, constant: None } => return Ok(self.register(*register)),
            Node::Call { kernel, args } => self.call(kernel, args, typed)?,
            Node::And(parts) => self.and(parts)?,
            Node::Or(parts) => self.or(parts)?,
            Node::Not(inner) => self.not(inner)?,
            Node::Compare { op, left, right } => self.compare(*op, left, right, typed.span)?,
            Node::Arithmetic { op, left, right } => self.arithmetic(*op, left, right, typed)?,
            Node::Negate(inner) => self.negate(inner, typed)?,
            Node::In { value, choices } => self.is_in(value, choices, typed.span)?,
            Node::Like { value, matcher } => self.like(value, matcher, typed.span)?,
            Node::IsNull { value, negated } => self.is_null(value, *negated)?,
            Node::Case { branches, otherwise } => {
                self.case(branches, otherwise.as_deref(), typed)?
            }
            Node::Coalesce(parts) => self.coalesce(parts, typed)?,
            Node::Convert(inner) => self.convert(inner, typed)?,
            Node::Search(search) => {
                let matches = self.search.matches(search)?;
                // A row without one of the source behind it is beyond the end.
                let found = |row: u32| matches.get(row as usize).copied().unwrap_or(false);
                Column::booleans(match &self.origin {
                    Origin::All => matches,
                    Origin::Rows(rows) => rows.iter().map(|row| found(*row)).collect(),
                    Origin::None => vec![false; len],
                })
            }
            Node::Now => Column::constant(Type::Date, &[Value::Long(self.now)], len),
        };
        self.budget.spend(&column, typed.span)?;
        Ok(Arc::new(column))
    }

    /// Fills registers, one after the other.
    pub(super) fn fill(&mut self, columns: &[(Register, Typed)]) -> Result<(), Diagnostic> {
        for (register, typed) in columns {
            let column = self.eval(typed)?;
            self.registers[*register] = Some(column);
        }
        Ok(())
    }

    fn call(
        &mut self,
        kernel: &Kernel,
        args: &[Typed],
        typed: &Typed,
    ) -> Result<Column, Diagnostic> {
        let columns = args.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>, _>>()?;
        let constant = !columns.is_empty()
            && self.len > 0
            && columns.iter().all(|column| column.layout == Layout::Constant);
        // The same arguments in every row are computed once.
        let rows = if constant { 1 } else { self.len };
        let mut builder = Builder::new(typed.ty, rows);
        match kernel {
            Kernel::Single(function) => {
                let mut values = Vec::with_capacity(columns.len());
                for row in 0..rows {
                    values.clear();
                    let mut null = false;
                    let mut many = false;
                    for column in &columns {
                        match column.cell(row) {
                            Cell::Null => null = true,
                            Cell::One(value) => values.push(value),
                            Cell::Many => many = true,
                        }
                    }
                    let outcome = if null {
                        Ok(None)
                    } else if many {
                        Err(Failure::illegal(MULTI_VALUE))
                    } else {
                        function(&values)
                    };
                    match outcome {
                        Ok(value) => builder.optional(value.as_ref().map(Value::as_ref)),
                        Err(failure) => {
                            builder.end_row();
                            self.fail(row, typed.span, failure)?;
                        }
                    }
                    self.budget.check(&builder, typed.span)?;
                }
            }
            Kernel::Map(function) => {
                let Some(column) = columns.first() else {
                    return Ok(Column::null(typed.ty, self.len));
                };
                self.map(column, rows, &mut builder, typed.span, |value| function(value))?;
            }
            Kernel::Lists(function) => {
                let mut out = Vec::new();
                for row in 0..rows {
                    let lists: Vec<_> =
                        columns.iter().map(|column| List::new(column, row)).collect();
                    out.clear();
                    match function(&lists, &mut out) {
                        Ok(()) => {
                            for value in &out {
                                builder.value(value.as_ref());
                                self.budget.check(&builder, typed.span)?;
                            }
                            builder.end_row();
                        }
                        Err(failure) => {
                            builder.end_row();
                            self.fail(row, typed.span, failure)?;
                        }
                    }
                }
            }
        }
        let column = builder.finish();
        Ok(if constant { stretch(column, self.len) } else { column })
    }

    /// Applies a function to each value; values that fail vanish.
    fn map(
        &mut self,
        column: &Column,
        rows: usize,
        builder: &mut Builder,
        span: Span,
        function: impl Fn(Ref<'_>) -> Result<Option<Value>, Failure>,
    ) -> Result<(), Diagnostic> {
        for row in 0..rows {
            for value in column.values(row) {
                match function(value) {
                    Ok(Some(value)) => builder.value(value.as_ref()),
                    Ok(None) => {}
                    Err(failure) => self.fail(row, span, failure)?,
                }
                self.budget.check(builder, span)?;
            }
            builder.end_row();
        }
        Ok(())
    }

    fn convert(&mut self, inner: &Typed, typed: &Typed) -> Result<Column, Diagnostic> {
        let column = self.eval(inner)?;
        if column.ty == typed.ty || (column.ty.is_string() && typed.ty.is_string()) {
            return Ok((*column).clone().with_type(typed.ty));
        }
        let constant = column.layout == Layout::Constant;
        let rows = if constant { self.len.min(1) } else { self.len };
        let mut builder = Builder::new(typed.ty, rows);
        let (from, to) = (column.ty, typed.ty);
        self.map(&column, rows, &mut builder, typed.span, |value| {
            super::convert::convert(value, from, to)
        })?;
        let converted = builder.finish();
        Ok(if constant && rows == 1 { stretch(converted, self.len) } else { converted })
    }
}

/// A column of one row as one of many rows that are all the same.
fn stretch(column: Column, len: usize) -> Column {
    Column { len, layout: Layout::Constant, ..column }
}
