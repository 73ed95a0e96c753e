//! Strings in scripts: Java's, counted in UTF-16 units.

use super::{Function, ScriptError, ScriptValue, Value, kind};
use harness_model::value::parse_ip;
use harness_text::pattern::Case;

/// Calls a function of strings; nulls are left where the function looks at them.
pub(super) fn call(function: &Function, args: &[ScriptValue]) -> Value {
    let null = ScriptValue::Null;
    let arg = |at: usize| args.get(at).unwrap_or(&null);
    match function {
        Function::EqualsInsensitive => {
            let (left, right) = (string(arg(0))?, string(arg(1))?);
            Ok(ScriptValue::Bool(left.chars().map(folded).eq(right.chars().map(folded))))
        }
        Function::Matches(regex) => Ok(ScriptValue::Bool(regex.matches(string(arg(0))?))),
        Function::Between(case) => between(args, *case),
        Function::CidrMatch(networks) => {
            let text = string(arg(0))?;
            let address = parse_ip(text).map_err(|_| kind("an address", arg(0)))?;
            Ok(ScriptValue::Bool(networks.iter().any(|network| network.contains(address))))
        }
        Function::Meets(scale, asked) => {
            let own = scale.read(string(arg(0))?).ok_or_else(|| kind("an extent", arg(0)))?;
            Ok(ScriptValue::Bool(own.low <= asked.high && asked.low <= own.high))
        }
        Function::Concat => {
            let parts: Option<String> = args.iter().map(ScriptValue::text).collect();
            Ok(parts.map_or(ScriptValue::Null, ScriptValue::String))
        }
        Function::EndsWith(case) => test(arg(0), arg(1), *case, |text, end| text.ends_with(end)),
        Function::StartsWith(case) => {
            test(arg(0), arg(1), *case, |text, start| text.starts_with(start))
        }
        Function::StringContains(case) => test(arg(0), arg(1), *case, |text, part| {
            !text.is_empty() && !part.is_empty() && text.contains(part)
        }),
        Function::IndexOf(case) => index_of(arg(0), arg(1), arg(2), *case),
        Function::Length => Ok(integer(units(string(arg(0))?).len())),
        Function::Number => number(arg(0), arg(1)),
        Function::String => Ok(arg(0).text().map_or(ScriptValue::Null, ScriptValue::String)),
        Function::Substring => substring(arg(0), arg(1), arg(2)),
        // `Function::call` keeps the rest to itself.
        Function::And
        | Function::Or
        | Function::Not
        | Function::IsNull
        | Function::Compare(_)
        | Function::In
        | Function::Negative
        | Function::Arithmetic(_) => Ok(ScriptValue::Null),
    }
}

fn string(value: &ScriptValue) -> Result<&str, ScriptError> {
    match value {
        ScriptValue::String(text) => Ok(text),
        other => Err(kind("a string", other)),
    }
}

/// A whole number as Java's `intValue`, saturated.
fn position(value: &ScriptValue) -> Result<i64, ScriptError> {
    match value {
        ScriptValue::Integer(value) => Ok(*value),
        #[expect(clippy::cast_possible_truncation, reason = "positions are cut and saturated")]
        ScriptValue::Float(value) => Ok(*value as i64),
        other => Err(kind("a number", other)),
    }
}

fn integer(value: usize) -> ScriptValue {
    ScriptValue::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn text_of(units: &[u16]) -> ScriptValue {
    ScriptValue::String(String::from_utf16_lossy(units))
}

/// A character as Java's `equalsIgnoreCase` compares it.
fn folded(c: char) -> char {
    let single = |c: char, mut mapped: std::iter::Peekable<std::vec::IntoIter<char>>| {
        let first = mapped.next().unwrap_or(c);
        if mapped.peek().is_some() { c } else { first }
    };
    let upper = single(c, c.to_uppercase().collect::<Vec<_>>().into_iter().peekable());
    single(upper, upper.to_lowercase().collect::<Vec<_>>().into_iter().peekable())
}

/// Both texts in lower case where case makes no difference.
fn cased(text: &str, case: Case) -> String {
    match case {
        Case::Sensitive => text.to_owned(),
        Case::Insensitive => text.to_lowercase(),
    }
}

fn test(
    text: &ScriptValue,
    part: &ScriptValue,
    case: Case,
    holds: impl Fn(&str, &str) -> bool,
) -> Value {
    let (text, part) = (string(text)?, string(part)?);
    Ok(ScriptValue::Bool(match case {
        Case::Sensitive => holds(text, part),
        Case::Insensitive => holds(&text.to_lowercase(), &part.to_lowercase()),
    }))
}

/// Where `text` holds `part`, at or after `from`.
fn find(text: &[u16], part: &[u16], from: usize) -> Option<usize> {
    let from = from.min(text.len());
    if part.is_empty() {
        return Some(from);
    }
    text[from..].windows(part.len()).position(|window| window == part).map(|at| from + at)
}

fn index_of(text: &ScriptValue, part: &ScriptValue, from: &ScriptValue, case: Case) -> Value {
    if matches!((text, part), (ScriptValue::Null, _) | (_, ScriptValue::Null)) {
        return Ok(ScriptValue::Null);
    }
    let from = match from {
        ScriptValue::Null => 0,
        from => usize::try_from(position(from)?).unwrap_or(0),
    };
    let (text, part) = (units(&cased(string(text)?, case)), units(&cased(string(part)?, case)));
    Ok(find(&text, &part, from).map_or(ScriptValue::Null, integer))
}

/// Zero-based, the end exclusive; negative positions count from the end.
fn substring(text: &ScriptValue, start: &ScriptValue, end: &ScriptValue) -> Value {
    if matches!((text, start), (ScriptValue::Null, _) | (_, ScriptValue::Null)) {
        return Ok(text.clone());
    }
    let units = units(string(text)?);
    let length = i64::try_from(units.len()).unwrap_or(i64::MAX);
    let place = |at: i64| {
        let at = if at < 0 { at.saturating_add(length) } else { at };
        usize::try_from(at.clamp(0, length)).unwrap_or(0)
    };
    let start = place(position(start)?);
    let end = match end {
        ScriptValue::Null => units.len(),
        end => place(position(end)?),
    };
    Ok(text_of(units.get(start..end).unwrap_or_default()))
}

fn between(args: &[ScriptValue], case: Case) -> Value {
    let null = ScriptValue::Null;
    let arg = |at: usize| args.get(at).unwrap_or(&null);
    let greedy = match args.get(3) {
        None => false,
        Some(ScriptValue::Bool(greedy)) => *greedy,
        Some(ScriptValue::Null) => return Ok(ScriptValue::Null),
        Some(other) => return Err(kind("a boolean", other)),
    };
    if args.iter().take(3).any(|arg| *arg == ScriptValue::Null) {
        return Ok(ScriptValue::Null);
    }
    let (text, left, right) = (string(arg(0))?, string(arg(1))?, string(arg(2))?);
    if text.is_empty() || left.is_empty() || right.is_empty() {
        return Ok(arg(0).clone());
    }
    let original = units(text);
    let mut searched = units(&cased(text, case));
    if searched.len() != original.len() {
        // Lower-casing changed the length; positions would be off.
        searched.clone_from(&original);
    }
    let (left, right) = (units(&cased(left, case)), units(&cased(right, case)));
    let Some(start) = find(&searched, &left, 0).map(|at| at + left.len()) else {
        return Ok(ScriptValue::String(String::new()));
    };
    let end = if greedy {
        searched.windows(right.len()).rposition(|window| window == right)
    } else {
        find(&searched, &right, start)
    };
    Ok(text_of(end.and_then(|end| original.get(start..end)).unwrap_or_default()))
}

/// A text as number; `0x` stands for base 16 where none is given.
fn number(text: &ScriptValue, base: &ScriptValue) -> Value {
    if *text == ScriptValue::Null {
        return Ok(ScriptValue::Null);
    }
    let text = string(text)?;
    let hex = text.strip_prefix("0x");
    let base = match base {
        ScriptValue::Null => {
            if hex.is_some() {
                16
            } else {
                10
            }
        }
        ScriptValue::Integer(base) => *base,
        other => return Err(kind("a whole number", other)),
    };
    let error = || ScriptError::NotANumber { text: text.to_owned(), base };
    let digits = hex.filter(|_| base == 16).unwrap_or(text);
    let radix = u32::try_from(base).ok().filter(|radix| (2..=36).contains(radix));
    let radix = radix.ok_or_else(error)?;
    if let Ok(value) = i64::from_str_radix(digits, radix) {
        return Ok(ScriptValue::Integer(value));
    }
    // Java's `Double.valueOf`, without its names of infinity and hexadecimal forms.
    let decimal =
        base == 10 && digits.trim().bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    match digits.trim().parse::<f64>() {
        Ok(value) if decimal => Ok(ScriptValue::Float(value)),
        _ => Err(error()),
    }
}
