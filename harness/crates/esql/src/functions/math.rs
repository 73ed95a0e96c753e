//! Numbers.

use super::{Binder, Bound, Function};
use crate::expr::{Failure, Outcome};
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["abs"], bind: abs },
    Function { names: &["round"], bind: round },
    Function { names: &["floor"], bind: |b| whole(b, f64::floor) },
    Function { names: &["ceil"], bind: |b| whole(b, f64::ceil) },
    Function { names: &["pow"], bind: pow },
    Function { names: &["sqrt"], bind: sqrt },
    Function { names: &["cbrt"], bind: |b| real(b, f64::cbrt) },
    Function { names: &["exp"], bind: |b| real(b, f64::exp) },
    Function { names: &["log"], bind: log },
    Function { names: &["log10"], bind: log10 },
    Function { names: &["signum"], bind: |b| real(b, |x| if x == 0.0 { 0.0 } else { x.signum() }) },
    Function { names: &["sin"], bind: |b| real(b, f64::sin) },
    Function { names: &["cos"], bind: |b| real(b, f64::cos) },
    Function { names: &["tan"], bind: |b| real(b, f64::tan) },
    Function { names: &["asin"], bind: |b| real(b, f64::asin) },
    Function { names: &["acos"], bind: |b| real(b, f64::acos) },
    Function { names: &["atan"], bind: |b| real(b, f64::atan) },
    Function { names: &["atan2"], bind: |b| two(b, f64::atan2) },
    Function { names: &["hypot"], bind: |b| two(b, f64::hypot) },
    Function { names: &["copy_sign"], bind: copy_sign },
    Function { names: &["scalb"], bind: scalb },
    Function { names: &["to_degrees"], bind: |b| real(b, f64::to_degrees) },
    Function { names: &["to_radians"], bind: |b| real(b, f64::to_radians) },
    Function { names: &["pi"], bind: |b| constant(b, std::f64::consts::PI) },
    Function { names: &["e"], bind: |b| constant(b, std::f64::consts::E) },
    Function { names: &["tau"], bind: |b| constant(b, std::f64::consts::TAU) },
    Function { names: &["greatest"], bind: |b| extreme(b, true) },
    Function { names: &["least"], bind: |b| extreme(b, false) },
];

fn finite(value: f64) -> Outcome {
    if value.is_finite() {
        return Ok(Some(Value::Double(value)));
    }
    Err(Failure::not_finite(value))
}

pub(super) fn real(b: &mut Binder<'_>, function: fn(f64) -> f64) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.numeric(0)?;
    Ok(Bound::single(Type::Double, move |args| finite(function(args[0].double()))))
}

fn two(b: &mut Binder<'_>, function: fn(f64, f64) -> f64) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.numeric(0)?;
    b.numeric(1)?;
    Ok(Bound::single(Type::Double, move |args| {
        finite(function(args[0].double(), args[1].double()))
    }))
}

fn constant(b: &mut Binder<'_>, value: f64) -> Result<Bound, Diagnostic> {
    b.arity(0, 0)?;
    Ok(Bound::single(Type::Double, move |_| Ok(Some(Value::Double(value)))))
}

fn abs(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.numeric(0)?;
    Ok(Bound::single(ty, |args| {
        let overflow = |ty: &str| Failure::arithmetic(&format!("{ty} overflow"));
        Ok(Some(match args[0] {
            Ref::Int(value) => Value::Int(value.checked_abs().ok_or(overflow("integer"))?),
            Ref::Long(value) => Value::Long(value.checked_abs().ok_or(overflow("long"))?),
            Ref::ULong(value) => Value::ULong(value),
            other => Value::Double(other.double().abs()),
        }))
    }))
}

fn whole(b: &mut Binder<'_>, function: fn(f64) -> f64) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.numeric(0)?;
    Ok(Bound::single(ty, move |args| {
        Ok(Some(match args[0] {
            Ref::Double(value) => Value::Double(function(value)),
            other => other.to_value(),
        }))
    }))
}

fn round(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 2)?;
    let ty = b.numeric(0)?;
    b.expect(
        1,
        |ty| ty == Type::Integer || ty == Type::Long,
        "whole number except unsigned_long or counter types",
        Some(Type::Integer),
    )?;
    Ok(Bound::single(ty, |args| {
        let digits = args.get(1).map_or(0, |digits| digits.long());
        Ok(Some(match args[0] {
            Ref::Double(value) => Value::Double(round_double(value, digits)),
            Ref::Int(value) => {
                let rounded = round_whole(value.into(), digits);
                let rounded = i32::try_from(rounded);
                Value::Int(rounded.map_err(|_| Failure::arithmetic("integer overflow"))?)
            }
            Ref::Long(value) => {
                let rounded = i64::try_from(round_whole(value.into(), digits));
                Value::Long(rounded.map_err(|_| Failure::arithmetic("long overflow"))?)
            }
            Ref::ULong(value) => {
                let rounded = u64::try_from(round_whole(value.into(), digits));
                Value::ULong(rounded.map_err(|_| Failure::arithmetic("unsigned_long overflow"))?)
            }
            other => other.to_value(),
        }))
    }))
}

/// Half away from zero, by way of a power of ten.
fn round_double(value: f64, digits: i64) -> f64 {
    if value.is_nan() {
        return 0.0;
    }
    let scale = 10_f64.powi(i32::try_from(digits.clamp(-400, 400)).unwrap_or(0));
    if scale == 0.0 || value == 0.0 {
        return 0.0;
    }
    let middle = value * scale;
    let rounded = (middle.abs() + 0.5).floor() / scale * middle.signum();
    if rounded.is_finite() { rounded } else { value }
}

/// Half away from zero at a negative number of digits.
fn round_whole(value: i128, digits: i64) -> i128 {
    if digits >= 0 {
        return value;
    }
    let power = u32::try_from(digits.unsigned_abs()).ok().and_then(|n| 10_i128.checked_pow(n));
    let Some(power) = power else { return 0 };
    let (quotient, rest) = (value / power, value % power);
    let up = i128::from(rest.abs() * 2 >= power) * value.signum();
    (quotient + up) * power
}

fn pow(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    two(b, f64::powf)
}

fn sqrt(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.numeric(0)?;
    Ok(Bound::single(Type::Double, |args| {
        let value = args[0].double();
        if value < 0.0 {
            return Err(Failure::arithmetic("Square root of negative"));
        }
        finite(value.sqrt())
    }))
}

/// The first number with the sign of the second.
fn copy_sign(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    let fits = |ty: Type| ty.is_numeric() && ty != Type::UnsignedLong;
    let ty = b.expect(0, fits, "numeric except unsigned_long or counter types", None)?;
    b.expect(1, fits, "numeric except unsigned_long or counter types", None)?;
    Ok(Bound::single(ty, |args| {
        let negative = match args[1] {
            Ref::Double(sign) => sign.is_sign_negative(),
            sign => sign.long() < 0,
        };
        let overflow = |ty: &str| Failure::arithmetic(&format!("{ty} overflow"));
        Ok(Some(match args[0] {
            Ref::Double(value) => Value::Double(value.copysign(if negative { -1.0 } else { 1.0 })),
            Ref::Int(value) if (value < 0) == negative => Value::Int(value),
            Ref::Int(value) => Value::Int(value.checked_neg().ok_or(overflow("integer"))?),
            other if (other.long() < 0) == negative => other.to_value(),
            other => Value::Long(other.long().checked_neg().ok_or(overflow("long"))?),
        }))
    }))
}

/// The first number times two to the power of the second.
fn scalb(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.numeric(0)?;
    let fits = |ty: Type| ty == Type::Integer || ty == Type::Long;
    b.expect(1, fits, "integer or long", Some(Type::Integer))?;
    Ok(Bound::single(Type::Double, |args| {
        let power = i32::try_from(args[1].long());
        let mut power = power.map_err(|_| Failure::arithmetic("integer overflow"))?;
        let mut value = args[0].double();
        // In steps: two to the power alone may leave the range that the product keeps.
        while power != 0 && value != 0.0 && value.is_finite() {
            let step = power.clamp(-1000, 1000);
            value *= 2_f64.powi(step);
            power -= step;
        }
        finite(value)
    }))
}

fn log(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 2)?;
    b.numeric(0)?;
    b.numeric(1)?;
    Ok(Bound::single(Type::Double, |args| {
        let (base, value) = match args {
            [base, value] => (Some(base.double()), value.double()),
            _ => (None, args[0].double()),
        };
        if value <= 0.0 || base.is_some_and(|base| base <= 0.0) {
            return Err(Failure::arithmetic("Log of non-positive number"));
        }
        match base {
            Some(1.0) => Err(Failure::arithmetic("/ by zero")),
            Some(base) => finite(value.log10() / base.log10()),
            None => finite(value.ln()),
        }
    }))
}

fn log10(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.numeric(0)?;
    Ok(Bound::single(Type::Double, |args| {
        let value = args[0].double();
        if value <= 0.0 {
            return Err(Failure::arithmetic("Log of non-positive number"));
        }
        finite(value.log10())
    }))
}

/// `GREATEST` and `LEAST`: null when an argument is; lists count by their extreme value.
fn extreme(b: &mut Binder<'_>, greatest: bool) -> Result<Bound, Diagnostic> {
    b.arity(1, usize::MAX)?;
    for index in 0..b.args.len() {
        b.representable(index)?;
    }
    let ty = b.common_type(0..b.args.len())?;
    Ok(Bound::lists(ty, move |args, out| {
        let mut best: Option<Ref<'_>> = None;
        for list in args {
            if list.is_empty() {
                return Ok(());
            }
            for value in list.iter() {
                let better = best.is_none_or(|best| {
                    let order = value.compare(best, ty);
                    if greatest { order.is_gt() } else { order.is_lt() }
                });
                if better {
                    best = Some(value);
                }
            }
        }
        out.extend(best.map(|value| match (value, ty) {
            (number @ (Ref::Int(_) | Ref::Long(_)), Type::Double) => Value::Double(number.double()),
            (Ref::Int(number), Type::Long) => Value::Long(number.into()),
            (other, _) => other.to_value(),
        }));
        Ok(())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_away_from_zero() {
        for (value, digits, expected) in [
            (2.5, 0, 3.0),
            (-2.5, 0, -3.0),
            (-123.56789, 3, -123.568),
            (1234.5, -2, 1200.0),
            (f64::NAN, 0, 0.0),
        ] {
            assert!((round_double(value, digits) - expected).abs() < 1e-9, "{value}");
        }
        for (value, digits, expected) in
            [(15, -1, 20), (-15, -1, -20), (14, -1, 10), (15, 1, 15), (4, -1, 0), (9, -50, 0)]
        {
            assert_eq!(round_whole(value, digits), expected, "{value}");
        }
    }
}
