//! Values held between bounds, or taken down to one of some points.

use super::{Binder, Bound, Function};
use crate::convert::convert;
use crate::expr::Outcome;
use crate::fold::fold_value;
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["clamp"], bind: |b| clamp(b, Some(1), Some(2)) },
    Function { names: &["clamp_min"], bind: |b| clamp(b, Some(1), None) },
    Function { names: &["clamp_max"], bind: |b| clamp(b, None, Some(1)) },
    Function { names: &["round_to"], bind: round_to },
];

/// A number as one of a wider type.
fn widened(value: Ref<'_>, ty: Type) -> Value {
    match (value, ty) {
        (number @ (Ref::Int(_) | Ref::Long(_)), Type::Double) => Value::Double(number.double()),
        (Ref::Int(number), Type::Long) => Value::Long(number.into()),
        (other, _) => other.to_value(),
    }
}

/// `CLAMP` by the places of its bounds among the arguments.
fn clamp(
    b: &mut Binder<'_>,
    least: Option<usize>,
    greatest: Option<usize>,
) -> Result<Bound, Diagnostic> {
    let count = 1 + usize::from(least.is_some()) + usize::from(greatest.is_some());
    b.arity(count, count)?;
    for index in 0..count {
        let fits = |ty: Type| {
            ty.is_numeric()
                || ty.is_string()
                || ty.is_date()
                || matches!(ty, Type::Boolean | Type::Ip | Type::Version)
        };
        b.expect(index, fits, "boolean, date, ip, string, version or numeric", None)?;
    }
    let ty = b.common_type(0..count)?;
    Ok(Bound::single(ty, move |args| {
        let mut value = args[0];
        if let Some(bound) = least.and_then(|index| args.get(index))
            && value.compare(*bound, ty).is_lt()
        {
            value = *bound;
        }
        if let Some(bound) = greatest.and_then(|index| args.get(index))
            && value.compare(*bound, ty).is_gt()
        {
            value = *bound;
        }
        Ok(Some(widened(value, ty)))
    }))
}

/// The greatest of the points that is not above the value; the least of all
/// where the value is below them.
fn round_to(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, usize::MAX)?;
    let fits = |ty: Type| (ty.is_numeric() && ty != Type::UnsignedLong) || ty.is_date();
    let wanted = "date, date_nanos, double, integer or long";
    let first = b.expect(0, fits, wanted, None)?;
    let mut ty = first;
    for index in 1..b.args.len() {
        let cast = first.is_date().then_some(first);
        let point = b.expect(index, fits, wanted, cast)?;
        if point != Type::Null && first != Type::Null && first.is_date() != point.is_date() {
            return Err(b.misfit(index, first.name()));
        }
        ty = if ty == Type::Null { point } else { ty.max(point) };
    }
    let mut points: Vec<Value> = Vec::with_capacity(b.args.len());
    for arg in &b.args[1..] {
        if !arg.is_constant() {
            let message = format!("argument of [{}] must be a constant", b.span.of(b.text));
            return Err(b.error(message));
        }
        // A point that is null is none.
        if let Some(value) = fold_value(arg) {
            points.extend(convert(value.as_ref(), arg.ty, ty).ok().flatten());
        }
    }
    points.sort_by(|a, b| a.as_ref().compare(b.as_ref(), ty));
    b.args.truncate(1);
    Ok(Bound::single(ty, move |args| -> Outcome {
        let above = points.partition_point(|point| point.as_ref().compare(args[0], ty).is_le());
        Ok(points.get(above.saturating_sub(1)).cloned())
    }))
}
