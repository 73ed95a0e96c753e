//! What the user may have meant.

/// What stands at the place of an error, for a message.
pub(super) fn found(text: &str, at: usize) -> String {
    let rest = &text[at..];
    let Some(first) = rest.chars().next() else { return "the end of the query".to_owned() };
    if !first.is_alphanumeric() {
        return match first {
            c if c.is_control() => format!("`{}`", c.escape_default()),
            c => format!("`{c}`"),
        };
    }
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).take(20).collect();
    format!("`{word}`")
}

/// A hint for the usual mistakes around `at`.
pub(super) fn guess(text: &str, at: usize) -> Option<String> {
    let (before, rest) = text.split_at(at);
    let before = before.trim_end();
    let lower = |part: &str| part.to_ascii_lowercase();
    let hint = match rest.chars().next() {
        Some('"') => {
            "a quoted value ends the clause; write `field:\"a value\"`, and join clauses by `and` or `or`"
        }
        Some('\\') => {
            "outside quotes a backslash escapes only `\\ ( ) : < > \" * { }`; double it for a literal one"
        }
        Some('(') if lower(before).ends_with("not") => "`not` needs a space: write `not (…)`",
        Some('(') => {
            "write `or` or `and` before a group, and escape a literal parenthesis as `\\(`"
        }
        Some(')') if before.ends_with('(') => "a group needs a clause inside",
        Some(')') if ends_with_word(before) => "`and` and `or` need a clause on both sides",
        Some(')') => "there is no open parenthesis; escape a literal one as `\\)`",
        Some(':') if before.ends_with(':') => "one colon separates field and value",
        Some(':') => "escape a literal colon as `\\:`, or quote the value",
        Some('<' | '>') => "a range is `field > value`; escape a literal one as `\\<` or `\\>`",
        Some('{') => "a nested field is written `path:{ query }`",
        Some('}') => "there is no open brace; escape a literal one as `\\}`",
        Some(_) if starts_with_not(rest) => "write `and not` between clauses; quote a literal word",
        Some(_) if before.ends_with(')') || before.ends_with('"') || before.ends_with('}') => {
            "join clauses by `and` or `or`, with spaces on both sides"
        }
        None if before.ends_with(':') => "a field needs a value; `field:*` asks for any",
        None if ends_with_word(before) => {
            "`and` and `or` need a clause on both sides; quote a literal word"
        }
        None if before.matches('(').count() > before.matches(')').count() => {
            "close the parenthesis"
        }
        None if before.matches('{').count() > before.matches('}').count() => "close the brace",
        Some(_) | None => return None,
    };
    Some(hint.to_owned())
}

fn ends_with_word(text: &str) -> bool {
    let lower: String = text.chars().rev().take(5).collect::<Vec<_>>().into_iter().rev().collect();
    let lower = lower.to_ascii_lowercase();
    ["and", "or", "not"].iter().any(|word| {
        lower.strip_suffix(word).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
    })
}

fn starts_with_not(text: &str) -> bool {
    text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("not "))
}
