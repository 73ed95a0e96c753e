//! Elasticsearch's `pattern` analyzer.

use std::hash::{Hash, Hasher};

use regex::Regex;

use super::lowercase;

/// Splits text at a Java regular expression.
#[derive(Clone, Debug)]
pub struct PatternAnalyzer {
    pattern: String,
    /// Whether tokens are lower-cased.
    lowercase: bool,
    separator: Regex,
}

impl PatternAnalyzer {
    /// Translates the pattern; `\w \d \s` and their complements are ASCII, as in Java.
    pub(super) fn new(pattern: &str, lowercase: bool) -> Result<Self, String> {
        let translated = translate(pattern)?;
        let separator = Regex::new(&translated)
            .map_err(|error| format!("the pattern `{pattern}` is not supported: {error}"))?;
        Ok(Self { pattern: pattern.to_owned(), lowercase, separator })
    }

    /// The non-empty parts between separators.
    pub(super) fn split(&self, text: &str) -> Vec<String> {
        let parts = self.separator.split(text).filter(|part| !part.is_empty());
        parts.map(|part| self.normalize(part)).collect()
    }

    /// One token as it is indexed.
    pub(super) fn normalize(&self, token: &str) -> String {
        if self.lowercase { lowercase(token).into_owned() } else { token.to_owned() }
    }
}

impl PartialEq for PatternAnalyzer {
    fn eq(&self, other: &Self) -> bool {
        (&self.pattern, self.lowercase) == (&other.pattern, other.lowercase)
    }
}

impl Eq for PatternAnalyzer {}

impl Hash for PatternAnalyzer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.pattern, self.lowercase).hash(state);
    }
}

/// Java's perl classes are ASCII, ours are Unicode: spells them out. What Java
/// and the `regex` crate both have is left as it is; the rest the crate refuses.
fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('w') => out.push_str("[A-Za-z0-9_]"),
            Some('W') => out.push_str("[^A-Za-z0-9_]"),
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('s') => out.push_str("[ \\t\\n\\x0B\\f\\r]"),
            Some('S') => out.push_str("[^ \\t\\n\\x0B\\f\\r]"),
            Some(c @ ('t' | 'n' | 'r' | 'f' | 'x')) => out.extend(['\\', c]),
            Some(c) if !c.is_alphanumeric() => out.extend(['\\', c]),
            Some(c) => return Err(format!("`\\{c}` in the pattern `{pattern}` is not supported")),
            None => return Err(format!("the pattern `{pattern}` ends in a backslash")),
        }
    }
    Ok(out)
}
