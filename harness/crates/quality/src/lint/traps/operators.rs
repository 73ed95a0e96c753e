//! `and` beside `or` without parentheses.

use harness_rule::names::Language;
use harness_source::span::Span;

use crate::lint::codes::Code;
use crate::lint::target::{Sink, Target};

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    let Some(language) = target.rule.language else { return };
    let text = target.query();
    for place in mixed(text, language) {
        let message = "`and` binds tighter than the `or` beside it, and no parentheses say so";
        sink.query(Code::MixedOperators, place, message.to_owned())
            .help("put parentheses around what belongs together");
    }
}

/// One level of parentheses: the operators seen on it.
#[derive(Clone, Copy, Default)]
struct Level {
    and: bool,
    or: bool,
    told: bool,
}

/// The first operator of another kind on each level.
fn mixed(text: &str, language: Language) -> Vec<Span> {
    // Lucene's operators are no operators but marks of clauses.
    if language == Language::Lucene {
        return Vec::new();
    }
    let has_comments = matches!(language, Language::Eql | Language::Esql);
    let mut found = Vec::new();
    let mut levels = vec![Level::default()];
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        if has_comments && rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if has_comments && rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            continue;
        }
        let c = rest.chars().next().unwrap_or(' ');
        match c {
            '"' => at += quoted(rest, has_comments),
            '`' if has_comments => at += rest[1..].find('`').map_or(rest.len(), |end| end + 2),
            '\\' => at += 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '(' | '[' | '{' => {
                levels.push(Level::default());
                at += 1;
            }
            ')' | ']' | '}' => {
                if levels.len() > 1 {
                    levels.pop();
                }
                at += 1;
            }
            '|' | ',' if language != Language::Kuery => {
                if let Some(level) = levels.last_mut() {
                    *level = Level::default();
                }
                at += 1;
            }
            c if c.is_alphanumeric() || "_.@*-?".contains(c) => {
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || "_.@*-?".contains(c)))
                    .unwrap_or(rest.len());
                let word = &rest[..end];
                if let Some(level) = levels.last_mut() {
                    let (and, or) =
                        (word.eq_ignore_ascii_case("and"), word.eq_ignore_ascii_case("or"));
                    if (and && level.or || or && level.and) && !level.told {
                        level.told = true;
                        found.push(Span::new(at, at + end));
                    }
                    level.and |= and;
                    level.or |= or;
                }
                at += end;
            }
            c => at += c.len_utf8(),
        }
    }
    found
}

/// How long the string is that a text begins with.
fn quoted(text: &str, has_raw: bool) -> usize {
    if has_raw && text.starts_with("\"\"\"") {
        return text[3..].find("\"\"\"").map_or(text.len(), |end| end + 6);
    }
    let mut at = 1;
    while let Some(c) = text[at..].chars().next() {
        at += c.len_utf8();
        match c {
            '"' => break,
            '\\' => at += text[at..].chars().next().map_or(0, char::len_utf8),
            _ => {}
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, text: &str, expected: &[&str]) {
        let found: Vec<&str> = mixed(text, language).iter().map(|span| span.of(text)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn operators_of_one_level_are_of_one_kind() {
        check(Language::Kuery, "a:1 and b:2 or c:3", &["or"]);
        check(Language::Kuery, "a:1 and (b:2 or c:3)", &[]);
        check(Language::Kuery, "a:(x or y and z)", &["and"]);
        check(Language::Kuery, "a:\"x and y\" or b:\"(\" or c:1", &[]);
        check(Language::Eql, "any where a == \"or\" and b == 1 // or", &[]);
        check(
            Language::Eql,
            "sequence [any where a == 1 or b == 2] [any where c == 1 and d == 2]",
            &[],
        );
        check(Language::Esql, "from x | where a == 1 and b == 2 | where c == 1 or d == 2", &[]);
        check(Language::Esql, "from x | where a == 1 or b == 2 and c == 3", &["and"]);
    }
}
