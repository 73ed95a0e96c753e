//! Java regular expressions, as scripts use them: a subset, by automata.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::Case;
use harness_source::limits;

/// What Java's `.` matches.
const ANY: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";

/// The most memory of a compiled expression, in bytes.
const SIZE_LIMIT: usize = limits::EXPRESSION_BYTES.most;

/// An expression that matches whole strings.
#[derive(Clone, Debug)]
pub struct JavaRegex {
    source: String,
    case: Case,
    regex: Arc<Regex>,
}

/// An expression that is not Java's, or that automata cannot match.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not supported in a script: {reason}")]
pub struct JavaRegexError {
    pattern: String,
    reason: &'static str,
}

impl PartialEq for JavaRegex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.case == other.case
    }
}

impl Eq for JavaRegex {}

impl Hash for JavaRegex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
        self.case.hash(state);
    }
}

impl JavaRegex {
    /// Reads an expression; several alternatives are joined by `|`.
    ///
    /// # Errors
    ///
    /// What is malformed, too large, or reads differently in Java and here.
    pub fn parse(source: &str, case: Case) -> Result<Self, JavaRegexError> {
        let translated = translate(source)
            .map_err(|reason| JavaRegexError { pattern: source.to_owned(), reason })?;
        Self::build(source, &translated, case)
    }

    /// The expression of a `like` pattern: `*` and `?` do not match line breaks.
    ///
    /// # Errors
    ///
    /// A pattern that is too large.
    pub fn like(pattern: &str, case: Case) -> Result<Self, JavaRegexError> {
        let mut translated = String::new();
        for c in pattern.chars() {
            match c {
                '*' => translated.extend([ANY, "*"]),
                '?' => translated.push_str(ANY),
                c => translated.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        Self::build(pattern, &translated, case)
    }

    fn build(source: &str, translated: &str, case: Case) -> Result<Self, JavaRegexError> {
        let regex = RegexBuilder::new(&format!(r"\A(?:{translated})\z"))
            .case_insensitive(case == Case::Insensitive)
            .size_limit(SIZE_LIMIT)
            .build();
        let error = |reason| JavaRegexError { pattern: source.to_owned(), reason };
        let regex = regex.map_err(|_| error("it is malformed, too large or needs backtracking"))?;
        Ok(Self { source: source.to_owned(), case, regex: Arc::new(regex) })
    }

    /// The expression as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether letters match in either case.
    pub fn case(&self) -> Case {
        self.case
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Rewrites what both dialects write differently; refuses what they write alike
/// and mean differently.
fn translate(source: &str) -> Result<String, &'static str> {
    let mut out = String::new();
    let mut chars = source.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('d') => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
                Some('w') => out.push_str(if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
                Some('s') => {
                    out.push_str(if in_class { r" \t\n\x0B\f\r" } else { r"[ \t\n\x0B\f\r]" });
                }
                Some('D') if !in_class => out.push_str("[^0-9]"),
                Some('W') if !in_class => out.push_str("[^0-9A-Za-z_]"),
                Some('S') if !in_class => out.push_str(r"[^ \t\n\x0B\f\r]"),
                Some(c @ ('t' | 'n' | 'r' | 'f')) => out.extend(['\\', c]),
                Some(c) if !c.is_alphanumeric() => {
                    out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
                }
                Some(_) => return Err("it holds an escape that is not supported"),
                None => return Err("it ends with a backslash"),
            },
            '[' if in_class => return Err("it holds a class within a class"),
            '[' => {
                in_class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.peek() == Some(&']') {
                    return Err("a class begins with `]`");
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class && chars.peek() == Some(&c) => {
                return Err("it holds an operation on classes");
            }
            '&' | '~' if in_class => out.extend(['\\', c]),
            '.' if !in_class => out.push_str(ANY),
            '(' if !in_class && chars.peek() == Some(&'?') => {
                chars.next();
                if chars.next_if_eq(&':').is_none() {
                    return Err("it holds a group that is not supported");
                }
                out.push_str("(?:");
            }
            '+' if matches!(out.chars().last(), Some('*' | '+' | '?' | '}')) && !in_class => {
                return Err("it holds a possessive quantifier");
            }
            c => out.push(c),
        }
    }
    if in_class { Err("a class is not closed") } else { Ok(out) }
}
