//! Backslashes that make something else of what follows.

use harness_predicate::Part;
use harness_rule::names::Language;
use serde_json::Value;

use crate::lint::codes::Code;
use crate::lint::evidence;
use crate::lint::model::Safety;
use crate::lint::target::{Sink, Target};
use crate::lint::uses::{Kind, Op, Use};

pub(super) fn check(target: &Target<'_>, used: &Use, sink: &mut Sink<'_>) {
    if used.kind != Kind::Text {
        return;
    }
    let raw = used.span.of(target.query());
    control(target, used, raw, sink);
    match (used.op, target.rule.language) {
        (Op::Like, Some(Language::Esql)) => escapes(used, sink),
        (Op::Regex, _) => path_in_regex(used, sink),
        (Op::Equal | Op::In | Op::Colon | Op::Like, language) => {
            doubled(used, raw, sink);
            if language == Some(Language::Eql) {
                unescaped(used, sink);
            }
        }
        (Op::Quoted | Op::Bare | Op::Order | Op::Part | Op::Argument | Op::Search, _) => {}
    }
}

/// Escapes that make control characters, with the letters that write them.
const CONTROLS: [(char, char); 5] =
    [('\t', 't'), ('\r', 'r'), ('\n', 'n'), ('\u{8}', 'b'), ('\u{c}', 'f')];

/// A control character in what looks like a path or a name.
fn control(target: &Target<'_>, used: &Use, raw: &str, sink: &mut Sink<'_>) {
    if matches!(used.op, Op::Bare | Op::Search) || !raw.contains('\\') {
        return;
    }
    let value = &used.value;
    let odd = value.char_indices().find(|(at, c)| {
        let next = value[at + c.len_utf8()..].chars().next();
        let letter = CONTROLS.iter().any(|(control, _)| control == c);
        // `\t` before a letter, in a text that has a path's signs: `C:\temp`.
        let looks_like_path = next.is_some_and(char::is_alphanumeric)
            && (value.contains('\\') || value.contains(':') || has_path_field(&used.field));
        *c == '\0' || letter && looks_like_path
    });
    let Some((_, odd)) = odd else { return };
    let (name, letter) = match odd {
        '\t' => ("a tab", "\\t"),
        '\r' => ("a carriage return", "\\r"),
        '\n' => ("a line feed", "\\n"),
        '\u{8}' => ("a backspace", "\\b"),
        '\u{c}' => ("a form feed", "\\f"),
        _ => ("a zero character", "\\u0000"),
    };
    let message = format!("`{letter}` is {name} here, so the value is not the text that it seems");
    let meant: String = value
        .chars()
        .map(|c| match CONTROLS.iter().find(|(control, _)| *control == c) {
            Some((_, letter)) => format!("\\{letter}"),
            None => c.to_string(),
        })
        .collect();
    let leaves = target.leaves_at(used.span);
    let event = evidence::missed(target.schema, &leaves, &used.field, &meant.replace('*', "x"));
    let told = sink
        .query(Code::ControlCharacter, used.span, message)
        .help("write two backslashes for one")
        .evidence(event);
    if odd != '\0' {
        told.fix("write two backslashes", Safety::Unsafe, &[(used.span, twice(raw))]);
    }
}

/// The constant with a second backslash before each that made a control character.
fn twice(raw: &str) -> String {
    let mut text = String::new();
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        text.push(c);
        if c != '\\' {
            continue;
        }
        match rest.peek() {
            Some('t' | 'r' | 'n' | 'b' | 'f') => text.push('\\'),
            Some(_) => text.extend(rest.next()),
            None => {}
        }
    }
    text
}

fn has_path_field(field: &str) -> bool {
    let parts = ["path", "executable", "directory", "key", "command_line", "args", "script_block"];
    parts.iter().any(|part| field.contains(part))
}

/// What escapes of a wildcard pattern do: where a backslash takes a wildcard, and where
/// it stands before a letter.
fn lost(pattern: &str) -> (bool, bool) {
    let (mut wildcard, mut letter) = (false, false);
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        if c == '\\' {
            match rest.next() {
                Some('*' | '?') => wildcard = true,
                Some(c) if c.is_alphanumeric() => letter = true,
                Some(_) | None => {}
            }
        }
    }
    (wildcard, letter)
}

/// LIKE reads escapes of its own, after those of the string.
fn escapes(used: &Use, sink: &mut Sink<'_>) {
    let (wildcard, letter) = lost(&used.value);
    if wildcard {
        let message = "the backslash makes a character of the wildcard after it: the value has to \
                       have one there";
        sink.query(Code::EscapedWildcard, used.span, message.to_owned())
            .help("write four backslashes in quotes, or two in triple quotes, for one");
    }
    if letter {
        let message = "the backslash is lost: before a letter it is no character of the pattern";
        sink.query(Code::LostBackslash, used.span, message.to_owned())
            .help("write four backslashes in quotes, or two in triple quotes, for one");
    }
}

/// A path in a regular expression: `C:\Windows` has the class `\W`, and no backslash.
fn path_in_regex(used: &Use, sink: &mut Sink<'_>) {
    let value = &used.value;
    let mut places = value.match_indices(":\\");
    let lost = places.any(|(at, _)| {
        let drive = value[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphabetic());
        let mut rest = value[at + 2..].chars();
        let (first, second) = (rest.next(), rest.next());
        drive
            && first.is_some_and(|c| c.is_ascii_alphabetic())
            && second.is_some_and(|c| c.is_ascii_alphabetic())
    });
    if lost {
        let message = "the backslash is an escape in a regular expression and no character of it";
        sink.query(Code::LostBackslash, used.span, message.to_owned())
            .help("escape it with another backslash");
    }
}

/// A raw string with the escapes of one that is not.
fn doubled(used: &Use, raw: &str, sink: &mut Sink<'_>) {
    let is_raw = raw.starts_with("\"\"\"");
    let inner = used.value.get(2..).unwrap_or_default();
    let is_path = inner.contains("\\\\")
        && (used.value.get(1..3) == Some(":\\") || has_path_field(&used.field));
    if is_raw && is_path && !matches!(used.op, Op::Regex) {
        let message = "in triple quotes a backslash is one already: the value has two in a row";
        sink.query(Code::DoubleBackslash, used.span, message.to_owned())
            .help("write one backslash")
            .fix("write one backslash", Safety::Unsafe, &[(used.span, raw.replace("\\\\", "\\"))]);
    }
}

/// A backslash before a wildcard of EQL, which has no escapes: it is a character, and the
/// wildcard one still. In a path both are meant.
fn unescaped(used: &Use, sink: &mut Sink<'_>) {
    let value = &used.value;
    let takes_wildcards = matches!(used.op, Op::Colon | Op::Like);
    let escape = value.match_indices('\\').find(|(at, _)| {
        let (before, after) = (&value[..*at], &value[at + 1..]);
        // A path goes on before the backslash, or is a share.
        let in_path = before.ends_with(|c: char| c.is_alphanumeric() || ":\\)}*?%_-.$".contains(c));
        // So begin paths of the kernel: `\??\C:`.
        after.starts_with(['*', '?']) && !after.starts_with("??\\") && !in_path
    });
    if takes_wildcards && escape.is_some() {
        let message = "EQL has no escapes in patterns: the backslash is a character of the value, \
                       and what follows it a wildcard";
        sink.query(Code::EscapedWildcard, used.span, message.to_owned())
            .help("compare with `==` or `in`, where `*` and `?` stand for themselves");
    }
}

/// Wildcard filters: their backslash escapes.
pub(super) fn filters(target: &Target<'_>, sink: &mut Sink<'_>) {
    for (number, filter) in target.rule.filters.iter().enumerate() {
        let mut patterns = Vec::new();
        wildcards(&filter.value, "", 0, &mut patterns);
        for (field, pattern) in patterns {
            let (wildcard, letter) = lost(&pattern);
            if !wildcard && !letter {
                continue;
            }
            let code = if letter { Code::LostBackslash } else { Code::EscapedWildcard };
            let message = format!(
                "the backslash in `{pattern}` is an escape in a wildcard filter, so no path of \
                 `{field}` matches"
            );
            sink.at(code, Part::Filter(number), filter.span, message)
                .help("write two backslashes in the pattern for one");
        }
    }
}

/// The patterns of `wildcard` queries below a filter, with their fields.
fn wildcards(value: &Value, key: &str, depth: usize, found: &mut Vec<(String, String)>) {
    const MAX_DEPTH: usize = 40;
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(map) if key == "wildcard" => {
            for (field, query) in map {
                let pattern = query.get("value").or_else(|| query.get("wildcard")).unwrap_or(query);
                if let Value::String(pattern) = pattern {
                    found.push((field.clone(), pattern.clone()));
                }
            }
        }
        Value::Object(map) => {
            map.iter().for_each(|(key, inner)| wildcards(inner, key, depth + 1, found));
        }
        Value::Array(items) => {
            items.iter().for_each(|inner| wildcards(inner, key, depth + 1, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_patterns_are_told_apart() {
        assert_eq!(lost(r"*\temp\*"), (true, true));
        assert_eq!(lost(r"*\\temp\\*"), (false, false));
        assert_eq!(lost(r"a\?b"), (true, false));
        assert_eq!(lost(r"a\.b"), (false, false));
        assert_eq!(twice(r#""C:\temp\\new""#), r#""C:\\temp\\new""#);
    }
}
