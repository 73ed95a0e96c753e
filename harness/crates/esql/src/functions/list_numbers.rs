//! Lists of numbers: percentiles, deviations and weighted sums.

use super::list::{Compensated, median};
use super::{Binder, Bound, Function};
use crate::expr::Failure;
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["mv_percentile"], bind: mv_percentile },
    Function { names: &["mv_median_absolute_deviation"], bind: mv_median_absolute_deviation },
    Function { names: &["mv_pseries_weighted_sum"], bind: mv_pseries_weighted_sum },
];

fn signed(b: &mut Binder<'_>, index: usize) -> Result<Type, Diagnostic> {
    let fits = |ty: Type| ty.is_numeric() && ty != Type::UnsignedLong;
    b.expect(index, fits, "numeric except unsigned_long or counter types", None)
}

fn mv_percentile(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    let ty = signed(b, 0)?;
    signed(b, 1)?;
    Ok(Bound::lists(ty, move |args, out| {
        let Some(share) = args[1].single()? else { return Ok(()) };
        let share = share.double();
        if !(0.0..=100.0).contains(&share) {
            return Err(Failure::illegal(format!(
                "Percentile parameter must be a number between 0 and 100, found [{share:?}]"
            )));
        }
        let mut values: Vec<_> = args[0].iter().collect();
        values.sort_by(|a, b| a.compare(*b, ty));
        out.extend(between(&values, share));
        Ok(())
    }))
}

/// The value at a share of sorted values, between its neighbours.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the place lies between 0 and the length, the value between two others"
)]
fn between(values: &[Ref<'_>], share: f64) -> Option<Value> {
    let last = values.len().checked_sub(1)?;
    let place = share / 100.0 * last as f64;
    let (below, above) = (values.get(place.floor() as usize)?, values.get(place.ceil() as usize)?);
    let part = place.fract();
    Some(match (below, above) {
        // In this order neither the difference nor the sum overflows.
        (Ref::Double(a), Ref::Double(b)) if *a < 0.0 && *b > 0.0 => {
            Value::Double((a + part * b) - part * a)
        }
        (Ref::Double(a), Ref::Double(b)) => Value::Double(a + part * (b - a)),
        (a, b) => {
            let distance = i128::from(b.long()) - i128::from(a.long());
            let value = i128::from(a.long()) + (distance as f64 * part) as i128;
            match a {
                Ref::Int(_) => Value::Int(i32::try_from(value).ok()?),
                _ => Value::Long(i64::try_from(value).ok()?),
            }
        }
    })
}

fn mv_median_absolute_deviation(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.numeric(0)?;
    Ok(Bound::lists(ty, move |args, out| {
        let Some(middle) = median(&mut args[0].iter().collect::<Vec<_>>(), ty) else {
            return Ok(());
        };
        let overflow = || Failure::arithmetic(&format!("{ty} overflow"));
        let distances = args[0].iter().map(|value| {
            Ok(match (value, middle.as_ref()) {
                (Ref::Double(a), Ref::Double(b)) => Value::Double((a - b).abs()),
                (Ref::ULong(a), Ref::ULong(b)) => Value::ULong(a.abs_diff(b)),
                (Ref::Int(a), Ref::Int(b)) => {
                    Value::Int(i32::try_from(a.abs_diff(b)).map_err(|_| overflow())?)
                }
                (a, b) => {
                    let distance = a.long().abs_diff(b.long());
                    Value::Long(i64::try_from(distance).map_err(|_| overflow())?)
                }
            })
        });
        let distances = distances.collect::<Result<Vec<Value>, Failure>>()?;
        let mut distances: Vec<_> = distances.iter().map(Value::as_ref).collect();
        out.extend(median(&mut distances, ty));
        Ok(())
    }))
}

fn mv_pseries_weighted_sum(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.expect(0, |ty| ty == Type::Double, "double", None)?;
    signed(b, 1)?;
    if !b.is_constant(1) {
        let message = format!("second argument of [{}] must be a constant", b.span.of(b.text));
        return Err(b.error(message));
    }
    Ok(Bound::lists(Type::Double, |args, out| {
        let Some(power) = args[1].single()? else { return Ok(()) };
        if args[0].is_empty() {
            return Ok(());
        }
        let mut sum = Compensated::default();
        for (place, value) in (1_u32..).zip(args[0].iter()) {
            sum.add(value.double() / f64::from(place).powf(power.double()));
        }
        if !sum.value.is_finite() {
            return Err(Failure::not_finite(sum.value));
        }
        out.push(Value::Double(sum.value));
        Ok(())
    }))
}
