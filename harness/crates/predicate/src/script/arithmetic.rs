//! Numbers in scripts: 64-bit integers and floats, as in Java.

use super::{Arithmetic, ScriptError, ScriptValue, Value, kind};

/// The negative of a number.
pub(super) fn negative(value: &ScriptValue) -> Value {
    match value {
        ScriptValue::Integer(value) => {
            value.checked_neg().map(ScriptValue::Integer).ok_or(ScriptError::Overflow)
        }
        ScriptValue::Float(value) => Ok(ScriptValue::Float(-value)),
        other => Err(kind("a number", other)),
    }
}

/// An operation on two numbers; floats where one is a float.
pub(super) fn binary(op: Arithmetic, left: &ScriptValue, right: &ScriptValue) -> Value {
    if let (ScriptValue::Integer(left), ScriptValue::Integer(right)) = (left, right) {
        return integers(op, *left, *right).map(ScriptValue::Integer);
    }
    let left = left.as_f64().ok_or_else(|| kind("a number", left))?;
    let right = right.as_f64().ok_or_else(|| kind("a number", right))?;
    Ok(ScriptValue::Float(match op {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Modulo => left % right,
    }))
}

fn integers(op: Arithmetic, left: i64, right: i64) -> Result<i64, ScriptError> {
    let result = match op {
        Arithmetic::Divide | Arithmetic::Modulo if right == 0 => {
            return Err(ScriptError::DivisionByZero);
        }
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Modulo => left.checked_rem(right),
    };
    result.ok_or(ScriptError::Overflow)
}
