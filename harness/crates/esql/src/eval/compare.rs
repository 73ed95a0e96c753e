//! Comparisons.

use super::{Machine, Truth, truths};
use crate::column::{Column, Data};
use crate::eval::logic::Memo;
use crate::expr::Typed;
use crate::types::Type;
use harness_query::esql::ast::CompareOp;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

impl Machine<'_> {
    pub(super) fn compare(
        &mut self,
        op: CompareOp,
        left: &Typed,
        right: &Typed,
        span: Span,
    ) -> Result<Column, Diagnostic> {
        let (left, right) = (self.eval(left)?, self.eval(right)?);
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        let out = match (&left.data, &right.data) {
            (Data::Int(a), Data::Int(b)) => {
                self.pairs(&left, &right, span, |i, j| op.holds(a[i].cmp(&b[j])))
            }
            (Data::Long(a), Data::Long(b)) if left.ty == right.ty => {
                self.pairs(&left, &right, span, |i, j| op.holds(a[i].cmp(&b[j])))
            }
            (Data::Str { .. }, Data::Str { .. })
                if right.is_single_constant() && left.ty != Type::Version =>
            {
                let wanted = right.first(0).map_or("", |value| value.str());
                let memo = std::cell::RefCell::new(Memo::new(&left));
                self.pairs(&left, &right, span, |i, _| {
                    memo.borrow_mut().get(&left, i, |text| {
                        if equality {
                            (text == wanted) == (op == CompareOp::Eq)
                        } else {
                            op.holds(text.cmp(wanted))
                        }
                    })
                })
            }
            _ => {
                let ty = if left.ty == Type::Version || right.ty == Type::Version {
                    Type::Version
                } else {
                    left.ty
                };
                let nanos = left.ty.is_date() && left.ty != right.ty;
                self.pairs(&left, &right, span, |i, j| {
                    let (a, b) = (left.value(i), right.value(j));
                    if nanos {
                        op.holds(
                            nanoseconds(a.long(), left.ty).cmp(&nanoseconds(b.long(), right.ty)),
                        )
                    } else {
                        op.holds(a.compare(b, ty))
                    }
                })
            }
        };
        Ok(truths(&out))
    }

    /// Tests the one value of each side, row by row.
    fn pairs(
        &mut self,
        left: &Column,
        right: &Column,
        span: Span,
        test: impl Fn(usize, usize) -> bool,
    ) -> Vec<Truth> {
        let mut out = Vec::with_capacity(self.len);
        for row in 0..self.len {
            let (a, b) = (left.range(row), right.range(row));
            out.push(match (a.len(), b.len()) {
                (0, _) | (_, 0) => Truth::Null,
                (1, 1) => test(a.start, b.start).into(),
                _ => {
                    self.list_warning(row, span);
                    Truth::Null
                }
            });
        }
        out
    }
}

fn nanoseconds(value: i64, ty: Type) -> i128 {
    if ty == Type::Date { i128::from(value) * 1_000_000 } else { value.into() }
}
