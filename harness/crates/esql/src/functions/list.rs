//! Lists: counting, picking, ordering, joining.

use super::{Binder, Bound, Function};
use crate::budget::max_text;
use crate::expr::{Failure, List};
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["mv_count"], bind: mv_count },
    Function { names: &["mv_first"], bind: |b| pick(b, |list| list.get(0)) },
    Function { names: &["mv_last"], bind: |b| pick(b, |list| list.iter().next_back()) },
    Function { names: &["mv_min"], bind: |b| pick(b, |list| best(list, false)) },
    Function { names: &["mv_max"], bind: |b| pick(b, |list| best(list, true)) },
    Function { names: &["mv_sum"], bind: mv_sum },
    Function { names: &["mv_avg"], bind: mv_avg },
    Function { names: &["mv_median"], bind: mv_median },
    Function { names: &["mv_dedupe"], bind: mv_dedupe },
    Function { names: &["mv_concat"], bind: mv_concat },
    Function { names: &["mv_slice"], bind: mv_slice },
    Function { names: &["mv_sort"], bind: mv_sort },
    Function { names: &["mv_append"], bind: mv_append },
    Function { names: &["mv_zip"], bind: mv_zip },
];

fn mv_count(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.representable(0)?;
    Ok(Bound::lists(Type::Integer, |args, out| {
        if !args[0].is_empty() {
            out.push(Value::Int(i32::try_from(args[0].len()).unwrap_or(i32::MAX)));
        }
        Ok(())
    }))
}

type Pick = for<'a> fn(List<'a>) -> Option<Ref<'a>>;

fn pick(b: &mut Binder<'_>, pick: Pick) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.representable(0)?.without_text();
    Ok(Bound::lists(ty, move |args, out| {
        out.extend(pick(args[0]).map(Ref::to_value));
        Ok(())
    }))
}

fn best(list: List<'_>, greatest: bool) -> Option<Ref<'_>> {
    let ty = list.ty();
    list.iter().reduce(|best, value| {
        let order = value.compare(best, ty);
        if (greatest && order.is_gt()) || (!greatest && order.is_lt()) { value } else { best }
    })
}

fn mv_sum(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.numeric(0)?;
    Ok(Bound::lists(ty, move |args, out| {
        if args[0].is_empty() {
            return Ok(());
        }
        let overflow = || Failure::arithmetic(&format!("{ty} overflow"));
        out.push(match ty {
            Type::Double => Value::Double(sum(args[0].iter().map(Ref::double))),
            Type::UnsignedLong => {
                let total = args[0].iter().try_fold(0_u64, |total, value| match value {
                    Ref::ULong(value) => total.checked_add(value),
                    _ => Some(total),
                });
                Value::ULong(total.ok_or_else(overflow)?)
            }
            _ => {
                let total =
                    args[0].iter().try_fold(0_i64, |all, value| all.checked_add(value.long()));
                let total = total.ok_or_else(overflow)?;
                match ty {
                    Type::Integer => Value::Int(i32::try_from(total).map_err(|_| overflow())?),
                    _ => Value::Long(total),
                }
            }
        });
        Ok(())
    }))
}

/// A sum of doubles with Kahan's compensation.
pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut total = Compensated::default();
    values.for_each(|value| total.add(value));
    total.value
}

/// A running sum that keeps what rounding loses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Compensated {
    pub(crate) value: f64,
    delta: f64,
}

impl Compensated {
    pub(crate) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            self.value += value;
        }
        if self.value.is_finite() {
            let corrected = value + self.delta;
            let updated = self.value + corrected;
            self.delta = corrected - (updated - self.value);
            self.value = updated;
        }
    }
}

fn mv_avg(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.numeric(0)?;
    Ok(Bound::lists(Type::Double, |args, out| {
        if !args[0].is_empty() {
            #[expect(clippy::cast_precision_loss, reason = "lists are shorter than 2^52")]
            let count = args[0].len() as f64;
            out.push(Value::Double(sum(args[0].iter().map(Ref::double)) / count));
        }
        Ok(())
    }))
}

fn mv_median(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.numeric(0)?;
    Ok(Bound::lists(ty, move |args, out| {
        out.extend(median(&mut args[0].iter().collect::<Vec<_>>(), ty));
        Ok(())
    }))
}

/// The middle one of some values; of an even number the mean of two, rounded down.
pub(super) fn median(values: &mut [Ref<'_>], ty: Type) -> Option<Value> {
    values.sort_by(|a, b| a.compare(*b, ty));
    let middle = values.len() / 2;
    let upper = values.get(middle).copied()?;
    if values.len() % 2 == 1 {
        return Some(upper.to_value());
    }
    let lower = values[middle - 1];
    Some(match (lower, upper) {
        (Ref::Double(a), Ref::Double(b)) => Value::Double(f64::midpoint(a, b)),
        (Ref::ULong(a), Ref::ULong(b)) => Value::ULong(a.midpoint(b)),
        (Ref::Int(a), Ref::Int(b)) => {
            Value::Int(i32::try_from((i64::from(a) + i64::from(b)) >> 1).unwrap_or(a))
        }
        (a, b) => {
            let middle = (i128::from(a.long()) + i128::from(b.long())) >> 1;
            Value::Long(i64::try_from(middle).unwrap_or(a.long()))
        }
    })
}

/// Adds a value unless it is there.
pub(super) fn push_new(
    out: &mut Vec<Value>,
    seen: &mut std::collections::HashSet<Vec<u8>>,
    value: Ref<'_>,
) {
    if seen.insert(key(value)) {
        out.push(value.to_value());
    }
}

/// Bytes that are the same for equal values of one type.
pub(crate) fn key(value: Ref<'_>) -> Vec<u8> {
    match value {
        Ref::Bool(value) => vec![u8::from(value)],
        Ref::Int(value) => i64::from(value).to_le_bytes().to_vec(),
        Ref::Long(value) => value.to_le_bytes().to_vec(),
        Ref::ULong(value) => value.to_le_bytes().to_vec(),
        // Both zeros are one value.
        Ref::Double(value) => (value + 0.0).to_bits().to_le_bytes().to_vec(),
        Ref::Str(value) => value.as_bytes().to_vec(),
        Ref::Ip(value) => value.to_le_bytes().to_vec(),
        Ref::Point(point) => {
            [point.x.to_bits().to_le_bytes(), point.y.to_bits().to_le_bytes()].concat()
        }
        Ref::Amount(amount) => format!("{amount:?}").into_bytes(),
    }
}

fn mv_dedupe(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.representable(0)?.without_text();
    Ok(Bound::lists(ty, |args, out| {
        let mut seen = std::collections::HashSet::new();
        for value in args[0].iter() {
            push_new(out, &mut seen, value);
        }
        Ok(())
    }))
}

fn mv_concat(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.string(0)?;
    b.string(1)?;
    Ok(Bound::lists(Type::Keyword, |args, out| {
        let (false, 1) = (args[0].is_empty(), args[1].len()) else { return Ok(()) };
        let delimiter = args[1].get(0).map_or("", Ref::str);
        let parts: Vec<_> = args[0].iter().map(Ref::str).collect();
        let text: usize = parts.iter().map(|part| part.len()).sum();
        if delimiter.len().saturating_mul(parts.len()).saturating_add(text) > max_text() {
            return Err(Failure::Fatal("the list is too long for one text".to_owned()));
        }
        out.push(Value::Str(parts.join(delimiter)));
        Ok(())
    }))
}

fn mv_slice(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 3)?;
    let ty = b.representable(0)?.without_text();
    b.integer(1)?;
    b.integer(2)?;
    let place = |index| b.constant(index).map(|value| value.as_ref().long());
    if let (Some(start), Some(end)) = (place(1), place(2)) {
        check_slice(start, end).map_err(|why| b.error(why))?;
    }
    Ok(Bound::lists(ty, |args, out| {
        let Some(start) = args[1].single()? else { return Ok(()) };
        let end = match args.get(2) {
            None => start,
            Some(end) => match end.single()? {
                Some(end) => end,
                None => return Ok(()),
            },
        };
        let (start, end) = (start.long(), end.long());
        check_slice(start, end).map_err(|why| {
            Failure::Warning(format!(
                "org.elasticsearch.xpack.esql.core.InvalidArgumentException: {why}"
            ))
        })?;
        let length = i64::try_from(args[0].len()).unwrap_or(i64::MAX);
        let from_end = |place: i64| if place < 0 { length + place } else { place };
        let (start, end) = (from_end(start).max(0), from_end(end).min(length - 1));
        let range = start..=end;
        let places = range.filter_map(|place| args[0].get(usize::try_from(place).ok()?));
        out.extend(places.map(Ref::to_value));
        Ok(())
    }))
}

fn check_slice(start: i64, end: i64) -> Result<(), String> {
    if start > end {
        return Err("Start offset is greater than end offset".to_string());
    }
    if start < 0 && end >= 0 {
        return Err("Start and end offset have different signs".to_owned());
    }
    Ok(())
}

fn mv_sort(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 2)?;
    let ty = b.representable(0)?.without_text();
    b.string(1)?;
    let descending = match b.constant_text(1) {
        Some(order) if order.eq_ignore_ascii_case("desc") => true,
        Some(order) if order.eq_ignore_ascii_case("asc") => false,
        Some(order) => {
            return Err(b.error(format!(
                "Invalid order value in [{}], expected one of [ASC, DESC] but got [{order}]",
                b.span.of(b.text)
            )));
        }
        None if b.args.len() == 2 && b.ty(1) != Type::Null => {
            return Err(
                b.error(format!("second argument of [{}] must be a constant", b.span.of(b.text)))
            );
        }
        None => false,
    };
    Ok(Bound::lists(ty, move |args, out| {
        let mut values: Vec<_> = args[0].iter().collect();
        values.sort_by(|a, b| a.compare(*b, ty));
        if descending {
            values.reverse();
        }
        out.extend(values.into_iter().map(Ref::to_value));
        Ok(())
    }))
}

/// The type of two lists that have to be of one kind.
pub(super) fn same_kind(b: &mut Binder<'_>) -> Result<Type, Diagnostic> {
    b.arity(2, usize::MAX)?;
    let first = b.representable(0)?;
    let second = b.ty(1);
    if first == Type::Null || second == Type::Null {
        b.representable(1)?;
        return Ok(if first == Type::Null { second } else { first }.without_text());
    }
    b.expect(1, |ty| ty.same_kind(first), first.without_text().name(), None)?;
    Ok(first.without_text())
}

fn mv_append(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    let ty = same_kind(b)?;
    Ok(Bound::lists(ty, |args, out| {
        if !args[0].is_empty() && !args[1].is_empty() {
            out.extend(args[0].iter().chain(args[1].iter()).map(Ref::to_value));
        }
        Ok(())
    }))
}

fn mv_zip(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 3)?;
    for index in 0..b.args.len() {
        b.string(index)?;
    }
    Ok(Bound::lists(Type::Keyword, |args, out| {
        let delimiter = match args.get(2) {
            None => ",",
            Some(delimiter) => match delimiter.single()? {
                Some(delimiter) => delimiter.str(),
                None => return Ok(()),
            },
        };
        let mut text = 0_usize;
        for place in 0..args[0].len().max(args[1].len()) {
            let of = |list: &List<'_>| list.get(place).map_or(0, |value| value.str().len());
            text = text.saturating_add(of(&args[0]) + delimiter.len() + of(&args[1]));
            if text > max_text() {
                return Err(Failure::Fatal("the lists are too long to be joined".to_owned()));
            }
            out.push(Value::Str(match (args[0].get(place), args[1].get(place)) {
                (Some(a), Some(b)) => [a.str(), delimiter, b.str()].concat(),
                (Some(one), None) | (None, Some(one)) => one.str().to_owned(),
                (None, None) => continue,
            }));
        }
        Ok(())
    }))
}
