//! `+ - * / %` and the sign: checked at the width of the result.

use super::Machine;
use crate::column::{Builder, Cell, Column};
use crate::expr::{Failure, MULTI_VALUE, Outcome, Typed};
use crate::time;
use crate::types::Type;
use crate::value::{Amount, Ref, Value};
use harness_query::esql::ast::ArithmeticOp;
use harness_source::diagnostic::Diagnostic;

impl Machine<'_> {
    pub(super) fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        left: &Typed,
        right: &Typed,
        typed: &Typed,
    ) -> Result<Column, Diagnostic> {
        let (a, b) = (self.eval(left)?, self.eval(right)?);
        let mut builder = Builder::new(typed.ty, self.len);
        for row in 0..self.len {
            let outcome = match (a.cell(row), b.cell(row)) {
                (Cell::Null, _) | (_, Cell::Null) => Ok(None),
                (Cell::Many, _) | (_, Cell::Many) => Err(Failure::illegal(MULTI_VALUE)),
                (Cell::One(a), Cell::One(b)) => calculate(op, a, b, typed.ty),
            };
            match outcome {
                Ok(value) => builder.optional(value.as_ref().map(Value::as_ref)),
                Err(failure) => {
                    builder.end_row();
                    self.fail(row, typed.span, failure)?;
                }
            }
        }
        Ok(builder.finish())
    }

    pub(super) fn negate(&mut self, inner: &Typed, typed: &Typed) -> Result<Column, Diagnostic> {
        let column = self.eval(inner)?;
        let mut builder = Builder::new(typed.ty, self.len);
        for row in 0..self.len {
            let outcome = match column.cell(row) {
                Cell::Null => Ok(None),
                Cell::Many => Err(Failure::illegal(MULTI_VALUE)),
                Cell::One(value) => negative(value),
            };
            match outcome {
                Ok(value) => builder.optional(value.as_ref().map(Value::as_ref)),
                Err(failure) => {
                    builder.end_row();
                    self.fail(row, typed.span, failure)?;
                }
            }
        }
        Ok(builder.finish())
    }
}

fn overflow(ty: Type) -> Failure {
    Failure::arithmetic(&format!("{ty} overflow"))
}

/// A value with the other sign.
pub(crate) fn negative(value: Ref<'_>) -> Outcome {
    let negated = match value {
        Ref::Int(value) => value.checked_neg().map(Value::Int).ok_or(overflow(Type::Integer)),
        Ref::Long(value) => value.checked_neg().map(Value::Long).ok_or(overflow(Type::Long)),
        Ref::Double(value) => Ok(Value::Double(-value)),
        Ref::Amount(Amount::Period { months, days }) => {
            let negated = months.checked_neg().zip(days.checked_neg());
            negated
                .map(|(months, days)| Value::Amount(Amount::Period { months, days }))
                .ok_or(overflow(Type::Long))
        }
        Ref::Amount(Amount::Duration { millis }) => millis
            .checked_neg()
            .map(|millis| Value::Amount(Amount::Duration { millis }))
            .ok_or(overflow(Type::Long)),
        Ref::Bool(_) | Ref::ULong(_) | Ref::Str(_) | Ref::Ip(_) | Ref::Point(_) => {
            return Ok(None);
        }
    };
    negated.map(Some)
}

fn calculate(op: ArithmeticOp, a: Ref<'_>, b: Ref<'_>, ty: Type) -> Outcome {
    let by_zero = || Failure::arithmetic("/ by zero");
    match ty {
        Type::Integer => {
            let (Ref::Int(a), Ref::Int(b)) = (a, b) else { return Ok(None) };
            if b == 0 && matches!(op, ArithmeticOp::Div | ArithmeticOp::Mod) {
                return Err(by_zero());
            }
            let result = match op {
                ArithmeticOp::Add => a.checked_add(b),
                ArithmeticOp::Sub => a.checked_sub(b),
                ArithmeticOp::Mul => a.checked_mul(b),
                ArithmeticOp::Div => a.checked_div(b),
                ArithmeticOp::Mod => Some(a.wrapping_rem(b)),
            };
            result.map(|value| Some(Value::Int(value))).ok_or_else(|| overflow(ty))
        }
        Type::Long => {
            let (a, b) = (a.long(), b.long());
            if b == 0 && matches!(op, ArithmeticOp::Div | ArithmeticOp::Mod) {
                return Err(by_zero());
            }
            let result = match op {
                ArithmeticOp::Add => a.checked_add(b),
                ArithmeticOp::Sub => a.checked_sub(b),
                ArithmeticOp::Mul => a.checked_mul(b),
                ArithmeticOp::Div => a.checked_div(b),
                ArithmeticOp::Mod => Some(a.wrapping_rem(b)),
            };
            result.map(|value| Some(Value::Long(value))).ok_or_else(|| overflow(ty))
        }
        Type::UnsignedLong => {
            let (Ref::ULong(a), Ref::ULong(b)) = (a, b) else { return Ok(None) };
            if b == 0 && matches!(op, ArithmeticOp::Div | ArithmeticOp::Mod) {
                return Err(by_zero());
            }
            let result = match op {
                ArithmeticOp::Add => a.checked_add(b),
                ArithmeticOp::Sub => a.checked_sub(b),
                ArithmeticOp::Mul => a.checked_mul(b),
                ArithmeticOp::Div => Some(a / b),
                ArithmeticOp::Mod => Some(a % b),
            };
            result.map(|value| Some(Value::ULong(value))).ok_or_else(|| overflow(ty))
        }
        Type::Double => {
            let (a, b) = (a.double(), b.double());
            if b == 0.0 && matches!(op, ArithmeticOp::Div | ArithmeticOp::Mod) {
                return Err(by_zero());
            }
            let result = match op {
                ArithmeticOp::Add => a + b,
                ArithmeticOp::Sub => a - b,
                ArithmeticOp::Mul => a * b,
                ArithmeticOp::Div => a / b,
                ArithmeticOp::Mod => a % b,
            };
            if result.is_finite() {
                Ok(Some(Value::Double(result)))
            } else {
                Err(Failure::not_finite(result))
            }
        }
        Type::Date => moment(op, a, b),
        Type::DateNanos => moment_nanos(op, a, b),
        Type::Period | Type::Duration => Ok(amounts(op, a, b)),
        Type::Null
        | Type::Boolean
        | Type::Keyword
        | Type::Text
        | Type::Ip
        | Type::Version
        | Type::GeoPoint
        | Type::Source
        | Type::Unsupported => Ok(None),
    }
}

fn moment(op: ArithmeticOp, a: Ref<'_>, b: Ref<'_>) -> Outcome {
    let ((Ref::Long(at), Ref::Amount(amount)) | (Ref::Amount(amount), Ref::Long(at))) = (a, b)
    else {
        return Ok(None);
    };
    match time::add(at, amount, op == ArithmeticOp::Sub) {
        Ok(at) => Ok(Some(Value::Long(at))),
        Err(error) => Err(Failure::Warning(error.0)),
    }
}

fn moment_nanos(op: ArithmeticOp, a: Ref<'_>, b: Ref<'_>) -> Outcome {
    let ((Ref::Long(at), Ref::Amount(amount)) | (Ref::Amount(amount), Ref::Long(at))) = (a, b)
    else {
        return Ok(None);
    };
    let (millis, rest) = (at.div_euclid(1_000_000), at.rem_euclid(1_000_000));
    let moved = time::add(millis, amount, op == ArithmeticOp::Sub)
        .map_err(|error| Failure::Warning(error.0))?;
    let nanos = moved.checked_mul(1_000_000).and_then(|nanos| nanos.checked_add(rest));
    nanos.map(|nanos| Some(Value::Long(nanos))).ok_or_else(|| overflow(Type::Long))
}

fn amounts(op: ArithmeticOp, a: Ref<'_>, b: Ref<'_>) -> Option<Value> {
    let (Ref::Amount(a), Ref::Amount(b)) = (a, b) else { return None };
    let join = |a: i64, b: i64| match op {
        ArithmeticOp::Sub => a.checked_sub(b),
        ArithmeticOp::Add => a.checked_add(b),
        ArithmeticOp::Mul | ArithmeticOp::Div | ArithmeticOp::Mod => None,
    };
    match (a, b) {
        (Amount::Duration { millis: a }, Amount::Duration { millis: b }) => {
            Some(Value::Amount(Amount::Duration { millis: join(a, b)? }))
        }
        (
            Amount::Period { months, days },
            Amount::Period { months: other_months, days: other_days },
        ) => Some(Value::Amount(Amount::Period {
            months: join(months, other_months)?,
            days: join(days, other_days)?,
        })),
        _ => None,
    }
}
