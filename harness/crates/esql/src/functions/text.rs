//! Strings by content: search, replacement, case.

use std::sync::{Arc, Mutex};

use super::string::{MAX_BYTES, text, too_long};
use super::{Binder, Bound, Function};
use crate::expr::{Failure, Outcome};
use crate::like::Matcher;
use crate::regex::{Dialect, Regex, RegexError, ReplaceError};
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::shorten;

/// How much of an expression a message shows, in characters.
const MAX_SHOWN: usize = 1_000;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { names: &["replace"], bind: replace },
    Function { names: &["split"], bind: split },
    Function { names: &["trim"], bind: trim },
    Function { names: &["ltrim"], bind: ltrim },
    Function { names: &["rtrim"], bind: rtrim },
    Function { names: &["starts_with"], bind: starts_with },
    Function { names: &["ends_with"], bind: ends_with },
    Function { names: &["contains"], bind: contains },
    Function { names: &["to_lower"], bind: to_lower },
    Function { names: &["to_upper"], bind: to_upper },
    Function { names: &["mv_like"], bind: mv_like },
    Function { names: &["mv_rlike"], bind: mv_rlike },
];

fn replace(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(3, 3)?;
    for index in 0..3 {
        b.string(index)?;
    }
    let run = |regex: &Regex, args: &[Ref<'_>]| -> Outcome {
        match regex.replace_all(args[0].str(), args[2].str(), MAX_BYTES) {
            Ok(Some(replaced)) => text(replaced),
            Ok(None) => Err(too_long("replace")),
            Err(ReplaceError::Replacement(why)) => Err(Failure::illegal(why)),
            Err(error @ ReplaceError::Steps(_)) => Err(Failure::Fatal(error.to_string())),
        }
    };
    if b.is_constant(1) {
        let Some(pattern) = b.constant_text(1) else {
            return Ok(Bound::single(Type::Keyword, |_| Ok(None)));
        };
        let regex = Regex::new(&pattern, Dialect::Java).map_err(|error| match error {
            RegexError::Syntax(why) => b.error(why),
            RegexError::Unsupported(_) => b.unsupported(format!(
                "the regular expression `{}`: {error}",
                shorten(&pattern, MAX_SHOWN)
            )),
        })?;
        return Ok(Bound::single(Type::Keyword, move |args| run(&regex, args)));
    }
    // The expression of the row before is likely that of the next.
    let last: Mutex<Option<(String, Arc<Regex>)>> = Mutex::new(None);
    Ok(Bound::single(Type::Keyword, move |args| {
        let pattern = args[1].str();
        let known = last.lock().ok().and_then(|last| last.clone());
        let regex = match known {
            Some((source, regex)) if source == pattern => regex,
            _ => Arc::new(Regex::new(pattern, Dialect::Java).map_err(|error| match error {
                RegexError::Syntax(why) => {
                    Failure::Warning(format!("java.util.regex.PatternSyntaxException: {why}"))
                }
                RegexError::Unsupported(_) => Failure::Fatal(format!(
                    "the regular expression `{}`: {error}",
                    shorten(pattern, MAX_SHOWN)
                )),
            })?),
        };
        if let Ok(mut last) = last.lock() {
            *last = Some((pattern.to_owned(), regex.clone()));
        }
        run(&regex, args)
    }))
}

fn split(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    const ONE_BYTE: &str = "delimiter must be single byte for now";
    b.arity(2, 2)?;
    b.string(0)?;
    b.string(1)?;
    if b.constant_text(1).is_some_and(|delimiter| delimiter.len() != 1) {
        return Err(b.error(ONE_BYTE));
    }
    Ok(Bound::lists(Type::Keyword, |args, out| {
        let (Some(source), Some(delimiter)) = (args[0].single()?, args[1].single()?) else {
            return Ok(());
        };
        let delimiter = delimiter.str();
        if delimiter.len() != 1 {
            return Err(Failure::Fatal(ONE_BYTE.to_owned()));
        }
        out.extend(source.str().split(delimiter).map(|part| Value::Str(part.to_owned())));
        Ok(())
    }))
}

/// Java's `Character.isWhitespace`.
fn is_java_blank(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{1C}'..='\u{1F}')
        || (c.is_whitespace() && !matches!(c, '\u{A0}' | '\u{2007}' | '\u{202F}' | '\u{85}'))
}

fn trimmed(b: &mut Binder<'_>, trim: fn(&str) -> &str) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    let ty = b.string(0)?.without_text();
    Ok(Bound::single(ty, move |args| text(trim(args[0].str()))))
}

fn trim(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    trimmed(b, |text| text.trim_matches(is_java_blank))
}

fn ltrim(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    trimmed(b, |text| text.trim_start_matches(is_java_blank))
}

fn rtrim(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    trimmed(b, |text| text.trim_end_matches(is_java_blank))
}

fn tested(b: &mut Binder<'_>, test: fn(&str, &str) -> bool) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.string(0)?;
    b.string(1)?;
    Ok(Bound::single(Type::Boolean, move |args| {
        Ok(Some(Value::Bool(test(args[0].str(), args[1].str()))))
    }))
}

fn starts_with(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    tested(b, |text, prefix| text.starts_with(prefix))
}

fn ends_with(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    tested(b, |text, suffix| text.ends_with(suffix))
}

fn contains(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    tested(b, |text, part| text.contains(part))
}

fn to_lower(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::map(Type::Keyword, |value| text(value.str().to_lowercase())))
}

fn to_upper(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    b.arity(1, 1)?;
    b.string(0)?;
    Ok(Bound::map(Type::Keyword, |value| text(value.str().to_uppercase())))
}

fn any_matches(
    b: &mut Binder<'_>,
    compile: fn(&[&str]) -> Result<Matcher, String>,
) -> Result<Bound, Diagnostic> {
    b.arity(2, 2)?;
    b.string(0)?;
    b.string(1)?;
    let Some(pattern) = b.constant_text(1) else {
        return Err(b.error("the pattern must be a constant"));
    };
    let matcher = compile(&[&pattern]).map_err(|why| b.error(why))?;
    Ok(Bound::lists(Type::Boolean, move |args, out| {
        // Of no values none matches: never null.
        out.push(Value::Bool(args[0].iter().any(|value| matcher.matches(value.str()))));
        Ok(())
    }))
}

fn mv_like(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    any_matches(b, Matcher::wildcards)
}

fn mv_rlike(b: &mut Binder<'_>) -> Result<Bound, Diagnostic> {
    any_matches(b, Matcher::regexps)
}
