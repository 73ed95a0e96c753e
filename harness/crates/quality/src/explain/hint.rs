//! What is easily overlooked where a value fails a test.

use serde_json::Value;

use harness_predicate::Test;
use harness_text::pattern::glob::Glob;
use harness_text::pattern::{Case, Pattern};

/// What keeps a value from passing a test that it almost passes.
pub(super) fn hint(test: &Test, values: &[&Value]) -> Option<String> {
    let Test::Term(pattern) = test else { return None };
    values.iter().filter_map(|value| value.as_str()).find_map(|text| of_text(pattern, text))
}

/// The same of a text that has to be another.
pub(super) fn of_texts(wanted: &str, found: &str) -> Option<String> {
    of_text(&Pattern::Equals(wanted.to_owned(), Case::Sensitive), found)
}

fn of_text(pattern: &Pattern, text: &str) -> Option<String> {
    if pattern.matches(text) {
        return None;
    }
    if in_any_case(pattern, text) {
        return Some("differs in case only".to_owned());
    }
    let trimmed = text.trim();
    if trimmed.len() < text.len() && in_any_case(pattern, trimmed) {
        let starts = text.starts_with(char::is_whitespace);
        let place = match (starts, text.ends_with(char::is_whitespace)) {
            (true, true) => "blanks around it",
            (true, false) => "a blank at the start",
            (false, _) => "a blank at the end",
        };
        return Some(format!("has {place}"));
    }
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    if visible.len() < text.len() && in_any_case(pattern, &visible) {
        let odd = text.chars().find(|c| is_invisible(*c))?;
        return Some(format!("has an invisible character, U+{:04X}", u32::from(odd)));
    }
    literal_wildcard(pattern, text).then(|| "the wildcard is quoted, so it is literal".to_owned())
}

/// Whether a pattern matches where letters match in either case.
fn in_any_case(pattern: &Pattern, text: &str) -> bool {
    match pattern {
        Pattern::Equals(wanted, _) => wanted.to_lowercase() == text.to_lowercase(),
        Pattern::Prefix(wanted, _) => text.to_lowercase().starts_with(&wanted.to_lowercase()),
        Pattern::Glob(glob, _) => glob.matches(text, Case::Insensitive),
        Pattern::Regexp(_) | Pattern::Range(_) | Pattern::Fuzzy(_) => pattern.matches(text),
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
        || c.is_control()
}

/// Whether a text has wildcards that would match if they were any.
fn literal_wildcard(pattern: &Pattern, text: &str) -> bool {
    let Pattern::Equals(wanted, _) = pattern else { return false };
    wanted.contains(['*', '?']) && Glob::wildcard(wanted).matches(text, Case::Insensitive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &str, found: &str, expected: Option<&str>) {
        let pattern = Pattern::Equals(wanted.to_owned(), Case::Sensitive);
        assert_eq!(of_text(&pattern, found).as_deref(), expected, "{wanted:?} and {found:?}");
    }

    #[test]
    fn what_is_almost_right_says_what_is_wrong() {
        check("Success", "success", Some("differs in case only"));
        check("a.exe", "a.exe ", Some("has a blank at the end"));
        check("a.exe", "\tA.EXE", Some("has a blank at the start"));
        check("a.exe", " a.exe\u{a0}", Some("has blanks around it"));
        check("a.exe", "a\u{200b}.exe", Some("has an invisible character, U+200B"));
        check("*decrypt*", "x Decrypt y", Some("the wildcard is quoted, so it is literal"));
        check("a.exe", "b.exe", None);
        check("a.exe", "a.exe", None);
        check("", "", None);
    }
}
