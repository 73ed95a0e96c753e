//! Queries without their comments, for people.

/// The text with every comment left out; strings and quoted names stay whole.
pub fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            // What stood on both sides does not grow together.
            out.push(' ');
            block(rest)
        } else {
            let taken =
                literal(rest).unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
            out.push_str(&rest[..taken]);
            taken
        };
        rest = &rest[taken..];
    }
    out
}

/// The length of a comment in `/* */`, which may hold others.
fn block(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string or quoted name that a text begins with.
fn literal(text: &str) -> Option<usize> {
    let (quote, escapes) = if text.starts_with("\"\"\"") {
        ("\"\"\"", false)
    } else if text.starts_with('"') {
        ("\"", true)
    } else if text.starts_with('`') {
        ("`", false)
    } else {
        return None;
    };
    let mut at = quote.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(quote) {
            return Some(at + quote.len());
        }
        let escaped = escapes && rest.starts_with('\\');
        let taken: usize = rest.chars().take(1 + usize::from(escaped)).map(char::len_utf8).sum();
        at += taken;
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_texts_stay() {
        for (text, expected) in [
            ("where a == 1 // b\n and c", "where a == 1 \n and c"),
            ("where a /* b /* c */ d */== 1", "where a  == 1"),
            ("where a == \"//\" // b", "where a == \"//\" "),
            ("where a == \"\\\"//\"//b", "where a == \"\\\"//\""),
            ("where a == \"\"\"// \" é\"\"\"", "where a == \"\"\"// \" é\"\"\""),
            ("keep `a//b`", "keep `a//b`"),
            ("a /* open", "a  "),
            ("a \"open // é\\", "a \"open // é\\"),
        ] {
            assert_eq!(without_comments(text), expected);
        }
    }
}
