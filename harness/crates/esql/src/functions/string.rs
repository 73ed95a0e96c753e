//! Strings by position and length, in code points.

use super::{Binder, Bound, Function};
use crate::expr::{Failure, Outcome};
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;

/// The greatest length of a string that a function makes, in bytes.
pub(super) const MAX_BYTES: usize = limits::ESQL_STRING.most;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["length"], bind: length },
    Function { names: &["byte_length"], bind: byte_length },
    Function { names: &["bit_length"], bind: bit_length },
    Function { names: &["concat"], bind: concat },
    Function { names: &["substring"], bind: substring },
    Function { names: &["left"], bind: left },
    Function { names: &["right"], bind: right },
    Function { names: &["locate"], bind: locate },
    Function { names: &["repeat"], bind: repeat },
    Function { names: &["space"], bind: space },
    Function { names: &["reverse"], bind: reverse },
];

#[expect(clippy::unnecessary_wraps, reason = "functions end in an outcome")]
fn int(value: usize) -> Outcome {
    Ok(Some(Value::Int(i32::try_from(value).unwrap_or(i32::MAX))))
}

#[expect(clippy::unnecessary_wraps, reason = "functions end in an outcome")]
pub(super) fn text(value: impl Into<String>) -> Outcome {
    Ok(Some(Value::Str(value.into())))
}

/// The warning of a result beyond [`MAX_BYTES`].
pub(super) fn too_long(function: &str) -> Failure {
    Failure::illegal(format!(
        "Creating {function} results with more than [{MAX_BYTES}] bytes is not supported"
    ))
}

fn length(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::single(Type::Integer, |args| int(args[0].str().chars().count())))
}

fn byte_length(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::single(Type::Integer, |args| int(args[0].str().len())))
}

fn bit_length(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::single(Type::Integer, |args| int(args[0].str().len() * 8)))
}

fn concat(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, usize::MAX)?;
    for index in 0..b.args.len() {
        b.string(index)?;
    }
    Ok(Bound::single(Type::Keyword, |args| {
        let length: usize = args.iter().map(|arg| arg.str().len()).sum();
        if length > MAX_BYTES {
            return Err(Failure::illegal(format!(
                "concatenating more than [{MAX_BYTES}] bytes is not supported"
            )));
        }
        text(args.iter().map(|arg| arg.str()).collect::<String>())
    }))
}

/// The byte offset of a code point, the end for one past it.
fn offset(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}

/// A 1-based start that may count from the end, as a 0-based index.
fn start_index(text: &str, start: i64) -> usize {
    let index = match start {
        0 => 0,
        start if start > 0 => start - 1,
        start => {
            let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            (length + start).max(0)
        }
    };
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn substring(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 3)?;
    b.string(0)?;
    b.integer(1)?;
    b.integer(2)?;
    Ok(Bound::single(Type::Keyword, |args| {
        let source = args[0].str();
        let length = args.get(2).map(|length| length.long());
        if length.is_some_and(|length| length < 0) {
            let length = length.unwrap_or(0);
            return Err(Failure::Fatal(format!(
                "Length parameter cannot be negative, found [{length}]"
            )));
        }
        let rest = &source[offset(source, start_index(source, args[1].long()))..];
        let length = length.and_then(|length| usize::try_from(length).ok());
        let end = length.map_or(rest.len(), |length| offset(rest, length));
        text(&rest[..end])
    }))
}

fn left(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.string(0)?;
    b.integer(1)?;
    Ok(Bound::single(Type::Keyword, |args| {
        let source = args[0].str();
        let length = usize::try_from(args[1].long()).unwrap_or(0);
        text(&source[..offset(source, length)])
    }))
}

fn right(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.string(0)?;
    b.integer(1)?;
    Ok(Bound::single(Type::Keyword, |args| {
        let source = args[0].str();
        let length = usize::try_from(args[1].long()).unwrap_or(0);
        let skipped = source.chars().count().saturating_sub(length);
        text(&source[offset(source, skipped)..])
    }))
}

fn locate(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 3)?;
    b.string(0)?;
    b.string(1)?;
    b.integer(2)?;
    Ok(Bound::single(Type::Integer, |args| {
        let (source, wanted) = (args[0].str(), args[1].str());
        let start = args.get(2).map_or(0, |start| start_index(source, start.long()));
        let from = offset(source, start);
        let found = source[from..].find(wanted);
        int(found.map_or(0, |at| source[..from + at].chars().count() + 1))
    }))
}

fn repeated(unit: &str, count: i64, function: &str) -> Outcome {
    let Ok(count) = usize::try_from(count) else {
        return Err(Failure::illegal(format!(
            "Number parameter cannot be negative, found [{count}]"
        )));
    };
    if unit.len().saturating_mul(count) > MAX_BYTES {
        return Err(too_long(function));
    }
    text(unit.repeat(count))
}

fn repeat(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.string(0)?;
    b.integer(1)?;
    Ok(Bound::single(Type::Keyword, |args| repeated(args[0].str(), args[1].long(), "repeat")))
}

fn space(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.integer(0)?;
    Ok(Bound::single(Type::Keyword, |args| repeated(" ", args[0].long(), "space")))
}

fn reverse(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    use unicode_segmentation::UnicodeSegmentation;

    b.arity(1, 1)?;
    let ty = b.string(0)?.without_text();
    Ok(Bound::single(ty, |args: &[Ref<'_>]| {
        text(args[0].str().graphemes(true).rev().collect::<String>())
    }))
}
