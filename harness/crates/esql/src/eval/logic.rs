//! Three-valued logic, `IN`, `LIKE`, `IS NULL`, `CASE` and `COALESCE`.

use std::sync::Arc;

use super::{Machine, Truth, truths};
use crate::column::{Builder, Cell, Column, Data, Layout};
use crate::expr::{Failure, MULTI_VALUE, Typed};
use crate::like::Matcher;
use crate::value::Ref;
use crate::warning::Treated;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

impl Machine<'_> {
    /// The truth of a condition in every row; a list counts as null.
    pub(crate) fn truth(&mut self, typed: &Typed) -> Result<Vec<Truth>, Diagnostic> {
        let column = self.eval(typed)?;
        if let (Data::Bool(values), Layout::Flat) = (&column.data, &column.layout) {
            return Ok(values.iter().map(|value| Truth::from(*value)).collect());
        }
        let mut out = Vec::with_capacity(self.len);
        for row in 0..self.len {
            out.push(match column.cell(row) {
                Cell::Null => Truth::Null,
                Cell::One(value) => Truth::from(value.is_true()),
                Cell::Many => {
                    self.list_warning(row, typed.span);
                    Truth::Null
                }
            });
        }
        Ok(out)
    }

    pub(super) fn list_warning(&mut self, row: usize, span: Span) {
        if let Failure::Warning(cause) = Failure::illegal(MULTI_VALUE) {
            self.warn(row, span, Treated::Null, &cause);
        }
    }

    pub(super) fn and(&mut self, parts: &[Typed]) -> Result<Column, Diagnostic> {
        self.fold(parts, Truth::True, |a, b| match (a, b) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::Null, _) | (_, Truth::Null) => Truth::Null,
            (Truth::True, Truth::True) => Truth::True,
        })
    }

    pub(super) fn or(&mut self, parts: &[Typed]) -> Result<Column, Diagnostic> {
        self.fold(parts, Truth::False, |a, b| match (a, b) {
            (Truth::True, _) | (_, Truth::True) => Truth::True,
            (Truth::Null, _) | (_, Truth::Null) => Truth::Null,
            (Truth::False, Truth::False) => Truth::False,
        })
    }

    fn fold(
        &mut self,
        parts: &[Typed],
        start: Truth,
        join: fn(Truth, Truth) -> Truth,
    ) -> Result<Column, Diagnostic> {
        let mut all = vec![start; self.len];
        for part in parts {
            for (slot, truth) in all.iter_mut().zip(self.truth(part)?) {
                *slot = join(*slot, truth);
            }
        }
        Ok(truths(&all))
    }

    pub(super) fn not(&mut self, inner: &Typed) -> Result<Column, Diagnostic> {
        let mut all = self.truth(inner)?;
        for slot in &mut all {
            *slot = match *slot {
                Truth::False => Truth::True,
                Truth::True => Truth::False,
                Truth::Null => Truth::Null,
            };
        }
        Ok(truths(&all))
    }

    pub(super) fn is_null(&mut self, value: &Typed, negated: bool) -> Result<Column, Diagnostic> {
        let column = self.eval(value)?;
        let rows = 0..self.len;
        Ok(Column::booleans(rows.map(|row| column.range(row).is_empty() != negated).collect()))
    }

    pub(super) fn is_in(
        &mut self,
        value: &Typed,
        choices: &[Typed],
        span: Span,
    ) -> Result<Column, Diagnostic> {
        let column = self.eval(value)?;
        let choices =
            choices.iter().map(|choice| self.eval(choice)).collect::<Result<Vec<_>, _>>()?;
        let constants = choices.iter().all(|choice| choice.is_single_constant());
        let set = constants.then(|| StringSet::new(&column, &choices)).flatten();
        let mut out = Vec::with_capacity(self.len);
        for row in 0..self.len {
            let truth = match column.cell(row) {
                Cell::Null => Truth::Null,
                Cell::Many => {
                    self.list_warning(row, span);
                    Truth::Null
                }
                Cell::One(value) => match &set {
                    Some(set) => set.contains(value.str()),
                    None => self.among(value, &column, &choices, row, span),
                },
            };
            out.push(truth);
        }
        Ok(truths(&out))
    }

    fn among(
        &mut self,
        value: Ref<'_>,
        column: &Column,
        choices: &[Arc<Column>],
        row: usize,
        span: Span,
    ) -> Truth {
        let mut truth = Truth::False;
        for choice in choices {
            match choice.cell(row) {
                Cell::Null => truth = Truth::Null,
                Cell::One(other) if value.compare(other, column.ty).is_eq() => {
                    return Truth::True;
                }
                Cell::One(_) => {}
                Cell::Many => self.list_warning(row, span),
            }
        }
        truth
    }

    pub(super) fn like(
        &mut self,
        value: &Typed,
        matcher: &Matcher,
        span: Span,
    ) -> Result<Column, Diagnostic> {
        let column = self.eval(value)?;
        if matcher.matches_all() {
            let rows = 0..self.len;
            return Ok(Column::booleans(rows.map(|row| !column.range(row).is_empty()).collect()));
        }
        let mut memo = Memo::new(&column);
        let mut out = Vec::with_capacity(self.len);
        for row in 0..self.len {
            let range = column.range(row);
            out.push(match range.len() {
                0 => Truth::Null,
                1 => memo.get(&column, range.start, |text| matcher.matches(text)).into(),
                _ => {
                    self.list_warning(row, span);
                    Truth::Null
                }
            });
        }
        Ok(truths(&out))
    }

    pub(super) fn case(
        &mut self,
        branches: &[(Typed, Typed)],
        otherwise: Option<&Typed>,
        typed: &Typed,
    ) -> Result<Column, Diagnostic> {
        // Which branch each row takes; one past the last is `otherwise`.
        let mut taken = vec![branches.len(); self.len];
        let mut open = vec![true; self.len];
        let mut values = Vec::with_capacity(branches.len() + 1);
        for (index, (condition, value)) in branches.iter().enumerate() {
            let column = self.masked(condition, &open)?;
            let mut chosen = vec![false; self.len];
            for row in 0..self.len {
                if !open[row] {
                    continue;
                }
                let truth = match column.cell(row) {
                    Cell::Null => false,
                    Cell::One(value) => value.is_true(),
                    Cell::Many => {
                        let cause = format!("java.lang.IllegalArgumentException: {MULTI_VALUE}");
                        self.warn(row, typed.span, Treated::False, &cause);
                        false
                    }
                };
                if truth {
                    taken[row] = index;
                    open[row] = false;
                    chosen[row] = true;
                }
            }
            values.push(self.masked(value, &chosen)?);
        }
        if let Some(otherwise) = otherwise {
            values.push(self.masked(otherwise, &open)?);
        }
        let mut builder = Builder::new(typed.ty, self.len);
        for (row, index) in taken.into_iter().enumerate() {
            match values.get(index) {
                Some(column) => builder.copy(column, row),
                None => builder.end_row(),
            }
        }
        Ok(builder.finish())
    }

    pub(super) fn coalesce(
        &mut self,
        parts: &[Typed],
        typed: &Typed,
    ) -> Result<Column, Diagnostic> {
        let mut open = vec![true; self.len];
        let mut values: Vec<Arc<Column>> = Vec::with_capacity(parts.len());
        for part in parts {
            let column = self.masked(part, &open)?;
            for (row, open) in open.iter_mut().enumerate() {
                *open &= column.range(row).is_empty();
            }
            values.push(column);
        }
        let mut builder = Builder::new(typed.ty, self.len);
        for row in 0..self.len {
            match values.iter().find(|column| !column.range(row).is_empty()) {
                Some(column) => builder.copy(column, row),
                None => builder.end_row(),
            }
        }
        Ok(builder.finish())
    }
}

/// The strings of an `IN` list, when all of it is strings.
struct StringSet<'a> {
    strings: std::collections::HashSet<&'a str>,
    has_null: bool,
}

impl<'a> StringSet<'a> {
    fn new(column: &Column, choices: &'a [Arc<Column>]) -> Option<Self> {
        if !column.ty.is_string() {
            return None;
        }
        let mut set = Self { strings: std::collections::HashSet::new(), has_null: false };
        for choice in choices {
            match choice.first(0) {
                None => set.has_null = true,
                Some(value) => {
                    set.strings.insert(value.str());
                }
            }
        }
        Some(set)
    }

    fn contains(&self, text: &str) -> Truth {
        if self.strings.contains(text) {
            Truth::True
        } else if self.has_null {
            Truth::Null
        } else {
            Truth::False
        }
    }
}

/// The result of a test per string of a dictionary, computed once.
pub(super) struct Memo {
    known: Vec<Option<bool>>,
}

impl Memo {
    pub(super) fn new(column: &Column) -> Self {
        let known = match &column.data {
            Data::Str { dict, codes } if dict.len() <= codes.len() => vec![None; dict.len()],
            _ => Vec::new(),
        };
        Self { known }
    }

    pub(super) fn get(
        &mut self,
        column: &Column,
        index: usize,
        test: impl Fn(&str) -> bool,
    ) -> bool {
        if let Data::Str { dict, codes } = &column.data
            && let Some(code) = codes.get(index)
        {
            let text = dict.get(*code);
            return match self.known.get_mut(*code as usize) {
                Some(slot) => *slot.get_or_insert_with(|| test(text)),
                None => test(text),
            };
        }
        false
    }
}
