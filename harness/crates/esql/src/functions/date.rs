//! Dates.

use super::string::text;
use super::{Binder, Bound, Function};
use crate::convert::out_of_range;
use crate::expr::{Failure, Outcome, Typed};
use crate::time::bucket::Interval;
use crate::time::diff::Unit;
use crate::time::pattern::{Pattern, PatternError};
use crate::time::{Civil, extract, parse_amount, parse_iso, split};
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["date_trunc"], bind: date_trunc },
    Function { names: &["bucket", "bin"], bind: bucket },
    Function { names: &["trange"], bind: trange },
    Function { names: &["date_diff"], bind: date_diff },
    Function { names: &["date_extract"], bind: date_extract },
    Function { names: &["date_format"], bind: date_format },
    Function { names: &["date_parse"], bind: date_parse },
    Function { names: &["day_name"], bind: |b| named(b, "EEEE") },
    Function { names: &["month_name"], bind: |b| named(b, "MMMM") },
];

const NANOS: i64 = 1_000_000;

fn millis(value: Ref<'_>, ty: Type) -> i64 {
    if ty == Type::DateNanos { value.long().div_euclid(NANOS) } else { value.long() }
}

fn at(millis: i64, ty: Type) -> Option<Value> {
    let value = if ty == Type::DateNanos { millis.checked_mul(NANOS) } else { Some(millis) };
    value.map(Value::Long)
}

/// The start of the group of a moment.
fn floor(interval: Interval, value: Ref<'_>, ty: Type) -> Outcome {
    match interval.floor(millis(value, ty)) {
        Some(start) => Ok(at(start, ty)),
        None => Err(Failure::Fatal("the start of the interval of a date is out of range".into())),
    }
}

/// The grouping that a constant amount, or a string literal of one, states.
fn interval(b: &Binder<'_>, index: usize) -> Result<Interval, Diagnostic> {
    let place = b.args.get(index).map_or("", |arg| arg.span.of(b.text));
    let amount = match b.constant(index) {
        Some(Value::Amount(amount)) => Some(amount),
        Some(Value::Str(text)) => parse_amount(&text),
        _ => {
            return Err(b.error(format!(
                "argument of [{}] must be a constant, received [{place}]",
                b.span.of(b.text)
            )));
        }
    };
    amount.and_then(Interval::of).ok_or_else(|| {
        b.error(format!("Zero, negative or mixed time interval is not supported: [{place}]"))
    })
}

fn date_trunc(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    let wanted = "dateperiod or timeduration";
    b.expect(0, |ty| ty.is_amount() || ty.is_string(), wanted, None)?;
    let ty = b.date(1)?;
    if b.ty(0) == Type::Null {
        return Ok(Bound::single(Type::Date, |_| Ok(None)));
    }
    let interval = interval(b, 0)?;
    let ty = if ty == Type::Null { Type::Date } else { ty };
    Ok(Bound::single(ty, move |args| floor(interval, args[1], ty)))
}

fn bucket(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 4)?;
    let ty =
        b.expect(0, |ty| ty.is_date() || ty.is_numeric(), "datetime or numeric", Some(Type::Date))?;
    if ty.is_numeric() || (ty == Type::Null && b.ty(1).is_numeric()) {
        return numeric_bucket(b);
    }
    let ty = if ty == Type::Null { Type::Date } else { ty };
    let size = b.expect(
        1,
        |ty| ty.is_amount() || ty.is_string() || ty == Type::Integer || ty == Type::Long,
        "integral, date_period or time_duration",
        None,
    )?;
    if !size.is_whole() {
        b.arity(2, 2)?;
        let interval = interval(b, 1)?;
        return Ok(Bound::single(ty, move |args| floor(interval, args[0], ty)));
    }
    b.arity(4, 4)?;
    let Some(count) = b.constant(1).map(|count| count.as_ref().long()) else {
        return Err(b.error(format!("argument of [{}] must be a constant", b.span.of(b.text))));
    };
    for index in [2, 3] {
        b.expect(index, |ty| ty.is_date() || ty.is_string(), "datetime or string", None)?;
        if !b.args.get(index).is_some_and(Typed::is_steady) {
            let message = format!("argument of [{}] must be a constant date", b.span.of(b.text));
            return Err(b.error(message));
        }
    }
    if b.is_constant(2) && b.is_constant(3) {
        let interval = Interval::automatic(count, bound(b, 2)?, bound(b, 3)?);
        return Ok(Bound::single(ty, move |args| floor(interval, args[0], ty)));
    }
    // A bound that tells of the moment of the run is known when it runs.
    let types = [b.ty(2), b.ty(3)];
    Ok(Bound::single(ty, move |args| {
        let moment = |value: Ref<'_>, ty: Type| match value {
            Ref::Str(text) => parse_iso(text).map_err(Failure::illegal),
            other => Ok(millis(other, ty)),
        };
        let (from, to) = (moment(args[2], types[0])?, moment(args[3], types[1])?);
        let interval = Interval::automatic(count, from, to);
        floor(interval, args[0], ty)
    }))
}

/// A constant date: a date or the text of one.
fn bound(b: &Binder<'_>, index: usize) -> Result<i64, Diagnostic> {
    match b.constant(index) {
        Some(Value::Long(at)) => Ok(millis(Ref::Long(at), b.ty(index))),
        Some(Value::Str(text)) => parse_iso(&text).map_err(|why| b.error(why)),
        _ => Err(b.error(format!("argument of [{}] must be a constant date", b.span.of(b.text)))),
    }
}

fn numeric_bucket(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    if b.args.len() == 3 {
        b.arity(4, 4)?;
    }
    for index in 1..b.args.len() {
        b.expect(index, Type::is_numeric, "numeric", None)?;
        if !b.is_constant(index) {
            return Err(b.error(format!("argument of [{}] must be a constant", b.span.of(b.text))));
        }
    }
    let number = |index| b.constant(index).map_or(0.0, |value| value.as_ref().double());
    let width = if b.args.len() == 2 {
        number(1)
    } else {
        let precise = (number(3) - number(2)) / number(1);
        let power = 10_f64.powf(precise.log10().ceil());
        if precise < power / 2.0 { power / 2.0 } else { power }
    };
    Ok(Bound::single(Type::Double, move |args| {
        if width == 0.0 || !width.is_finite() {
            return Err(Failure::arithmetic("/ by zero"));
        }
        Ok(Some(Value::Double((args[0].double() / width).floor() * width)))
    }))
}

/// Whether the first argument lies after the second and up to the third; a
/// sole amount of time before it counts from the moment of the run.
fn trange(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(3, 3)?;
    let ty = b.expect(0, Type::is_date, "date_nanos or datetime", None)?;
    if !b.ty(1).same_kind(b.ty(2)) {
        return Err(b.misfit(2, b.ty(1).name()));
    }
    for index in [1, 2] {
        let fits = |ty: Type| ty.is_date() || ty == Type::Long;
        b.expect(index, fits, "string, long, date or date_nanos", Some(Type::Date))?;
        if b.ty(index) == Type::Null || !b.args.get(index).is_some_and(Typed::is_steady) {
            let message = format!("argument of [{}] must be a constant date", b.span.of(b.text));
            return Err(b.error(message));
        }
    }
    let types = [b.ty(1), b.ty(2)];
    let nanos = |value: Ref<'_>, ty: Type| match ty {
        Type::DateNanos => i128::from(value.long()),
        _ => i128::from(value.long()) * i128::from(NANOS),
    };
    if let (Some(start), Some(end)) = (b.constant(1), b.constant(2))
        && nanos(start.as_ref(), types[0]) > nanos(end.as_ref(), types[1])
    {
        return Err(b.error("TRANGE: the start must be before the end"));
    }
    Ok(Bound::single(Type::Boolean, move |args| {
        let moment = nanos(args[0], ty);
        let (start, end) = (nanos(args[1], types[0]), nanos(args[2], types[1]));
        Ok(Some(Value::Bool(start < moment && moment <= end)))
    }))
}

fn date_diff(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    const UNKNOWN: &str = "A value of [YEAR, QUARTER, MONTH, DAYOFYEAR, DAY, WEEK, WEEKDAY, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, NANOSECOND] or their aliases is required";
    b.arity(3, 3)?;
    b.string(0)?;
    let types = [b.date(1)?, b.date(2)?];
    let nanos = |value: Ref<'_>, ty: Type| match ty {
        Type::DateNanos => i128::from(value.long()),
        _ => i128::from(value.long()) * i128::from(NANOS),
    };
    let constant = match b.constant_text(0) {
        Some(name) => match Unit::by_name(&name) {
            Some(unit) => Some(unit),
            None => return Err(b.error(format!("{UNKNOWN}; received [{name}]"))),
        },
        None => None,
    };
    Ok(Bound::single(Type::Integer, move |args| {
        let name = args[0].str();
        let unit = constant.or_else(|| Unit::by_name(name));
        let unit = unit.ok_or_else(|| Failure::illegal(format!("{UNKNOWN}; received [{name}]")))?;
        let count = unit.between(nanos(args[1], types[0]), nanos(args[2], types[1]));
        let count =
            i32::try_from(count).map_err(|_| out_of_range(&count.to_string(), Type::Integer))?;
        Ok(Some(Value::Int(count)))
    }))
}

fn date_extract(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.string(0)?;
    let ty = b.date(1)?;
    if let Some(name) = b.constant_text(0)
        && extract::part(&name, 0).is_none()
    {
        return Err(b.error(format!("invalid date field for [{}]: {name}", b.span.of(b.text))));
    }
    Ok(Bound::single(Type::Long, move |args| {
        match extract::part(args[0].str(), millis(args[1], ty)) {
            Some(part) => Ok(Some(Value::Long(part))),
            None => Err(Failure::illegal(format!("No enum constant {}", args[0].str()))),
        }
    }))
}

/// The pattern of a call, when it is a constant.
fn pattern(b: &Binder<'_>, index: usize) -> Result<Option<Pattern>, Diagnostic> {
    let Some(text) = b.constant_text(index) else { return Ok(None) };
    match Pattern::parse(&text) {
        Ok(pattern) => Ok(Some(pattern)),
        Err(PatternError::Invalid(why)) => {
            Err(b.error(format!("invalid date pattern for [{}]: {why}", b.span.of(b.text))))
        }
        Err(PatternError::Unsupported(what)) => Err(b.unsupported(what)),
    }
}

fn default_pattern() -> Option<Pattern> {
    Pattern::parse("strict_date_optional_time").ok()
}

fn with_pattern(text: &str, known: Option<&Pattern>, run: impl Fn(&Pattern) -> Outcome) -> Outcome {
    match known {
        Some(pattern) => run(pattern),
        None => match Pattern::parse(text) {
            Ok(pattern) => run(&pattern),
            Err(PatternError::Invalid(why)) => Err(Failure::illegal(why)),
            Err(PatternError::Unsupported(what)) => {
                Err(Failure::Fatal(format!("{what} is not supported")))
            }
        },
    }
}

fn date_format(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 2)?;
    let place = b.args.len() - 1;
    let mut known = default_pattern();
    if place == 1 {
        b.string(0)?;
        known = pattern(b, 0)?;
        if known.as_ref().is_some_and(|pattern| !pattern.can_write()) {
            return Err(b.unsupported("this date pattern"));
        }
    }
    let ty = b.date(place)?;
    Ok(Bound::single(Type::Keyword, move |args| {
        let value = args[place];
        with_pattern(args[0].str(), known.as_ref(), |pattern| {
            text(pattern.format(millis(value, ty)))
        })
    }))
}

fn date_parse(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 2)?;
    let place = b.args.len() - 1;
    let mut known = default_pattern();
    if place == 1 {
        b.string(0)?;
        known = pattern(b, 0)?;
        if known.as_ref().is_some_and(|pattern| !pattern.can_read()) {
            return Err(b.unsupported("this date pattern"));
        }
    }
    b.string(place)?;
    Ok(Bound::single(Type::Date, move |args| {
        let source = args[place].str();
        with_pattern(args[0].str(), known.as_ref(), |pattern| {
            if !pattern.can_read() {
                return Err(Failure::Fatal("this date pattern is not supported".to_owned()));
            }
            pattern.read(source).map(|at| Some(Value::Long(at))).map_err(Failure::illegal)
        })
    }))
}

fn named(b: &mut Binder<'_>, name: &'static str) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.date(0)?;
    let pattern = Pattern::parse(name).map_err(|_| b.unsupported("this date pattern"))?;
    Ok(Bound::single(Type::Keyword, move |args| {
        let millis = millis(args[0], ty);
        debug_assert!(Civil::from_days(split(millis).0).month <= 12);
        text(pattern.format(millis))
    }))
}
