//! Strings that fit a pattern, from the text of the condition.

/// The string literals of a text.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        rest = &rest[at..];
        let (body, raw) = match rest.strip_prefix("\"\"\"") {
            Some(body) => (body, true),
            None => (&rest[1..], false),
        };
        let end = if raw { body.find("\"\"\"") } else { closing(body) };
        let Some(end) = end else { break };
        let literal = &body[..end];
        found.push(if raw { literal.to_owned() } else { unescaped(literal) });
        rest = &body[end + if raw { 3 } else { 1 }..];
    }
    found
}

fn closing(body: &str) -> Option<usize> {
    let mut escaped = false;
    body.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next)) => {
                chars.next();
                out.push(match next {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
            }
            _ => out.push(c),
        }
    }
    out
}

/// Strings that the patterns of a `LIKE` or `RLIKE` match.
pub(crate) fn samples(text: &str) -> Vec<String> {
    let before = text.split('"').next().unwrap_or_default().to_lowercase();
    let regular = before.contains("rlike");
    let fit = |pattern: &String| if regular { regex(pattern) } else { glob(pattern) };
    literals(text).iter().map(fit).collect()
}

/// What a call such as `STARTS_WITH(field, "x")` or `CIDR_MATCH` asks for.
pub(crate) fn argument(text: &str) -> Option<String> {
    let name = text.split('(').next()?.trim().to_lowercase();
    let first = literals(text).into_iter().next()?;
    match name.as_str() {
        "starts_with" | "ends_with" | "contains" | "mv_contains" => Some(first),
        "cidr_match" => Some(first.split('/').next()?.to_owned()),
        _ => None,
    }
}

fn glob(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => {}
            '?' => out.push('x'),
            '\\' => out.extend(chars.next()),
            other => out.push(other),
        }
    }
    out
}

/// The first choice everywhere.
fn regex(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    alternatives(&chars, &mut 0)
}

fn alternatives(chars: &[char], at: &mut usize) -> String {
    let first = sequence(chars, at);
    while chars.get(*at) == Some(&'|') {
        *at += 1;
        sequence(chars, at);
    }
    first
}

fn sequence(chars: &[char], at: &mut usize) -> String {
    let mut out = String::new();
    while let Some(c) = chars.get(*at).copied().filter(|c| !matches!(c, '|' | ')')) {
        *at += 1;
        let part = match c {
            '(' => {
                let inner = alternatives(chars, at);
                *at += 1;
                inner
            }
            '[' => {
                let start = *at;
                while chars.get(*at).is_some_and(|c| *c != ']') {
                    *at += if chars[*at] == '\\' { 2 } else { 1 };
                }
                let class = &chars[start..(*at).min(chars.len())];
                *at += 1;
                match class {
                    ['^', ..] => "x".to_owned(),
                    ['\\', 'd', ..] => "1".to_owned(),
                    ['\\', other, ..] => other.to_string(),
                    [first, ..] => first.to_string(),
                    [] => String::new(),
                }
            }
            '\\' => {
                let escaped = chars.get(*at).copied().unwrap_or('x');
                *at += 1;
                match escaped {
                    'd' => "1".to_owned(),
                    'w' => "x".to_owned(),
                    's' => " ".to_owned(),
                    other => other.to_string(),
                }
            }
            '.' => "x".to_owned(),
            other => other.to_string(),
        };
        match chars.get(*at) {
            Some('*' | '?') => *at += 1,
            Some('+') => {
                *at += 1;
                out.push_str(&part);
            }
            Some('{') => {
                let count: String =
                    chars[*at + 1..].iter().take_while(|c| c.is_ascii_digit()).collect();
                while chars.get(*at).is_some_and(|c| *c != '}') {
                    *at += 1;
                }
                *at += 1;
                out.push_str(&part.repeat(count.parse().unwrap_or(1)));
            }
            _ => out.push_str(&part),
        }
    }
    out
}
