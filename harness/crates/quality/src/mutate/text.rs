//! Where a query's text states what a change is about.

use super::value::{self, ValueEdit};
use harness_predicate::{Leaf, Predicate, Test};
use harness_source::span::Span;
use harness_text::pattern::Pattern;
use harness_text::pattern::glob::GlobPart;

/// A connective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    And,
    Or,
}

impl Word {
    const fn spellings(self) -> [&'static str; 2] {
        match self {
            Self::And => ["and", "&&"],
            Self::Or => ["or", "||"],
        }
    }

    /// The other one, in the spelling of this.
    pub(super) fn other(self, spelling: &str) -> String {
        let [word, sign] = match self {
            Self::And => Self::Or.spellings(),
            Self::Or => Self::And.spellings(),
        };
        if spelling.starts_with(['&', '|']) {
            sign.to_owned()
        } else if spelling.starts_with(|c: char| c.is_ascii_uppercase()) {
            word.to_ascii_uppercase()
        } else {
            word.to_owned()
        }
    }
}

/// The first connective in a stretch of text.
pub(super) fn connective(text: &str, start: usize, end: usize, word: Word) -> Option<Span> {
    let stretch = text.get(start..end)?;
    let mut at = start;
    for token in stretch.split_inclusive(|c: char| c.is_whitespace() || "()[]".contains(c)) {
        let bare = token.trim_end_matches(|c: char| c.is_whitespace() || "()[]".contains(c));
        if word.spellings().iter().any(|spelling| bare.eq_ignore_ascii_case(spelling)) {
            return Some(Span::new(at, at + bare.len()));
        }
        at += token.len();
    }
    None
}

/// A group with the parentheses around it, the field before them and, where it
/// is negated, the negation.
pub(super) fn widened(text: &str, span: Span, negated: bool) -> Span {
    let mut span = span;
    loop {
        let before = text.get(..span.start).unwrap_or_default().trim_end();
        let behind = text.get(span.end..).unwrap_or_default();
        let inner = behind.trim_start();
        let replacement = behind.len() - inner.len();
        let (Some(outside), true) =
            (before.strip_suffix(['(', '{']), inner.starts_with([')', '}']))
        else {
            break;
        };
        span = Span::new(outside.len(), span.end + replacement + 1);
        let field = outside.trim_end();
        if let Some(field) = field.strip_suffix(':') {
            let field = field.trim_end();
            let name = field.rfind(|c: char| c.is_whitespace() || "()".contains(c));
            span.start =
                name.map_or(0, |at| at + field[at..].chars().next().map_or(0, char::len_utf8));
        }
    }
    if negated && let Some(not) = negation(text, span) {
        span.start = not.start;
    }
    span
}

/// The `not` before a clause or a group.
pub(super) fn negation(text: &str, span: Span) -> Option<Span> {
    let mut before = text.get(..span.start)?;
    loop {
        let trimmed = before.trim_end();
        let word = trimmed.len().checked_sub(3).and_then(|at| Some((at, trimmed.get(at..)?)));
        if let Some((at, word)) = word
            && word.eq_ignore_ascii_case("not")
        {
            // The white space after it goes with it.
            let end = text[trimmed.len()..].len() - text[trimmed.len()..].trim_start().len();
            return Some(Span::new(at, trimmed.len() + end));
        }
        if trimmed.ends_with(['-', '!']) {
            return Some(Span::new(trimmed.len() - 1, trimmed.len()));
        }
        if let Some(outside) = trimmed.strip_suffix(['(', '{']) {
            before = outside;
            continue;
        }
        // The field of a list or of a value.
        let field = trimmed.strip_suffix(':')?;
        let field = field.trim_end();
        let start = field.rfind(|c: char| c.is_whitespace() || "()".contains(c));
        before = field.get(..start.map_or(0, |at| at + 1))?;
    }
}

/// The operator of EQL before a list.
pub(super) fn operator_before(text: &str, start: usize) -> Option<Span> {
    let before = text.get(..start)?.trim_end().trim_end_matches('(').trim_end();
    let operators = ["in~", "in", "like~", "like", "regex~", "regex", ":"];
    let lower = before.to_ascii_lowercase();
    let found = operators.iter().find(|operator| lower.ends_with(**operator))?;
    Some(Span::new(before.len() - found.len(), before.len()))
}

/// The operator that treats the case of letters the other way.
pub(super) fn flipped(operator: &str) -> String {
    match operator {
        ":" => "like".to_owned(),
        "==" => ":".to_owned(),
        other => match other.strip_suffix('~') {
            Some(sensitive) => sensitive.to_owned(),
            None => format!("{other}~"),
        },
    }
}

/// The text of a clause after a change of its value, where that is easily told.
pub(super) fn edited(
    source: &str,
    before: &Predicate,
    after: &Predicate,
    change: &ValueEdit,
) -> Option<String> {
    let (old, new) = (value::first_leaf(before)?, value::first_leaf(after)?);
    match change {
        ValueEdit::FlipCase => {
            let operators =
                ["==", " like~ ", " like ", " regex~ ", " regex ", " in~ ", " in ", ":"];
            let (operator, at) = operators
                .iter()
                .find_map(|operator| Some((*operator, unquoted(source, operator)?)))?;
            let new = match operator {
                ":" if source[..at].ends_with(' ') => "==".to_owned(),
                ":" => " == ".to_owned(),
                spaced if spaced.starts_with(' ') => format!(" {} ", flipped(spaced.trim())),
                other => flipped(other),
            };
            Some(format!("{}{new}{}", &source[..at], &source[at + operator.len()..]))
        }
        ValueEdit::WidenStart
        | ValueEdit::WidenEnd
        | ValueEdit::WidenOne(_)
        | ValueEdit::Narrow(_) => starred(source, old, change),
        _ => {
            let (from, to) = (spelled(&old.test)?, spelled(&new.test)?);
            from.iter().zip(to).find_map(|(from, to)| {
                let at = value_at(source, &old.column.name, from)?;
                Some(format!("{}{to}{}", &source[..at], &source[at + from.len()..]))
            })
        }
    }
}

/// Where a clause states a value: behind its field, whose name may hold the same text.
fn value_at(source: &str, field: &str, value: &str) -> Option<usize> {
    let behind = source.find(field).map(|at| at + field.len());
    let found = behind.and_then(|from| Some(from + source[from..].find(value)?));
    found.or_else(|| source.rfind(value))
}

/// Where a text holds another outside of quotation marks.
fn unquoted(text: &str, part: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        if !quoted && text[at..].starts_with(part) {
            return Some(at);
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Whether a clause is a call of a function, as in `endsWith(name, ".app")`.
fn is_call(source: &str) -> bool {
    let name = source.split_once('(').map_or("", |(name, _)| name);
    source.ends_with(')')
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '~')
}

/// The text of a clause after a change of its wildcards.
fn starred(source: &str, leaf: &Leaf, change: &ValueEdit) -> Option<String> {
    let Test::Term(pattern) = &leaf.test else { return None };
    if is_call(source) {
        return None;
    }
    // Where the value starts: after the field, where there is one.
    let field = source.find(':').filter(|colon| {
        let name = source[..*colon].trim_end();
        !name.is_empty() && !name.contains(['"', '\'', '\\', '/'])
    });
    let mut start = field.map_or(0, |colon| colon + 1);
    start += source[start..].len() - source[start..].trim_start().len();
    let mut end = source.len();
    if source[start..].starts_with('"') && source.ends_with('"') && end > start + 1 {
        (start, end) = (start + 1, end - 1);
    }
    if let Pattern::Regexp(_) = pattern {
        let inner = source.get(start..end)?.strip_prefix('/')?.strip_suffix('/')?;
        let new = match change {
            ValueEdit::WidenStart => format!("/.*({inner})/"),
            ValueEdit::WidenEnd => format!("/({inner}).*/"),
            _ => return None,
        };
        return Some(format!("{}{new}{}", &source[..start], &source[end..]));
    }
    let parts = match pattern {
        Pattern::Glob(glob, _) => glob.parts(),
        Pattern::Prefix(..) => &[GlobPart::One, GlobPart::Many],
        _ => return None,
    };
    let same =
        |part: &GlobPart, at: usize| parts[..at].iter().filter(|other| *other == part).count();
    let (at, length, with) = match change {
        ValueEdit::WidenStart => (start, 0, "*"),
        ValueEdit::WidenEnd => (end, 0, "*"),
        ValueEdit::WidenOne(at) => {
            (unescaped(source, start, '?', same(&GlobPart::One, *at))?, 1, "*")
        }
        ValueEdit::Narrow(at) => {
            (unescaped(source, start, '*', same(&GlobPart::Many, *at))?, 1, "")
        }
        _ => return None,
    };
    Some(format!("{}{with}{}", &source[..at], &source[at + length..]))
}

/// The n-th wildcard of a text that no backslash escapes.
fn unescaped(source: &str, start: usize, wildcard: char, number: usize) -> Option<usize> {
    let mut escaped = false;
    let wild = source[start..].char_indices().filter(|(_, c)| {
        let plain = !escaped;
        escaped = plain && *c == '\\';
        plain && *c == wildcard
    });
    Some(start + wild.map(|(at, _)| at).nth(number)?)
}

/// How a query may spell the value of a test.
fn spelled(test: &Test) -> Option<Vec<String>> {
    let number = |low: i64, high: i64| match (low, high) {
        (low, high) if low == high => vec![low.to_string()],
        (low, i64::MAX) => vec![low.to_string(), low.saturating_sub(1).to_string()],
        (_, high) => vec![high.to_string(), high.saturating_add(1).to_string()],
    };
    Some(match test {
        Test::Term(Pattern::Equals(text, _)) => vec![text.clone()],
        Test::Term(Pattern::Prefix(text, _)) => vec![format!("{text}*")],
        Test::Term(Pattern::Glob(glob, _)) => {
            let plain = glob.to_string();
            vec![plain.replace('\\', ""), plain]
        }
        Test::Long(interval) => number(interval.low, interval.high),
        Test::Bool(value) => vec![value.to_string()],
        Test::Ip(interval) => {
            let bits = value::prefix_length(interval)?;
            vec![format!("/{bits}")]
        }
        Test::Exists
        | Test::Term(_)
        | Test::Phrase(_)
        | Test::Date(_)
        | Test::Nanos(_)
        | Test::Double(_)
        | Test::Script(_) => return None,
    })
}
