//! Texts that `DISSECT` and `GROK` take apart, made of their patterns; and texts that
//! regular expressions match.

use crate::synthesis::regexp;

/// What stands for the named patterns of `GROK`, by the start of their names.
const GROK: [(&str, &str); 16] = [
    ("IPORHOST", "192.0.2.10"),
    ("IPV6", "2001:db8::10"),
    ("IP", "192.0.2.10"),
    ("HOST", "host-1.example.com"),
    ("INT", "42"),
    ("POSINT", "42"),
    ("NONNEGINT", "42"),
    ("NUMBER", "42"),
    ("BASE10NUM", "42"),
    ("UUID", "7d3f0c52-51a4-4f0e-9b0a-6f2f4c1d9a10"),
    ("TIMESTAMP_ISO8601", "2026-01-05T10:15:00Z"),
    ("URIPATH", "/example"),
    ("URI", "https://example.com/example"),
    ("EMAILADDRESS", "alice@example.com"),
    ("USER", "alice"),
    ("WORD", "example"),
];

/// The fields that a query takes apart, each with a text that its pattern matches.
pub(super) fn texts(query: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in query.match_indices(['d', 'D', 'g', 'G']) {
        let before = query[..at].trim_end();
        if !before.ends_with('|') {
            continue;
        }
        let rest = &query[at..];
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        let make = match word.to_ascii_lowercase().as_str() {
            "dissect" => dissected,
            "grok" => grokked,
            _ => continue,
        };
        let rest = rest[word.len()..].trim_start();
        let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
        let (field, rest) = rest.split_at(end);
        if let Some(pattern) = literal(rest.trim_start()) {
            found.push((field.trim_matches('`').to_owned(), make(&pattern)));
        }
    }
    found
}

/// How often what an expression matches is repeated in a text.
const REPEATS: [usize; 4] = [1, 6, 30, 120];
/// The least length of such a text, where the query may ask for one.
const LONG: usize = 2_500;
/// The most expressions that are looked at.
const MAX_EXPRESSIONS: usize = 6;

/// Texts that hold what the regular expressions of a query match, once and often.
pub(super) fn repeated(query: &str) -> Vec<String> {
    let mut samples: Vec<String> = Vec::new();
    let mut rest = query;
    while let Some(start) = rest.find('"') {
        rest = &rest[start..];
        let Some(text) = literal(rest) else { break };
        let quotes = if rest.starts_with("\"\"\"") { 3 } else { 1 };
        let end = rest[quotes..].find(&rest[..quotes]).map_or(rest.len(), |end| end + 2 * quotes);
        rest = &rest[end.min(rest.len())..];
        let expression = text.contains(['[', '\\', '(']) || quotes == 3;
        let sample = regexp::sample(&text).filter(|sample| expression && !sample.is_empty());
        if let Some(sample) = sample.filter(|_| samples.len() < MAX_EXPRESSIONS) {
            samples.push(sample);
        }
    }
    let mut texts = Vec::new();
    for sample in &samples {
        for count in REPEATS {
            let text = vec![sample.as_str(); count].join(" example ");
            let long = LONG.saturating_sub(text.len()) / 8;
            texts.push(format!("{text}{}", " example".repeat(long)));
            texts.push(text);
        }
    }
    texts
}

/// The string that a text begins with.
fn literal(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix("\"\"\"") {
        return Some(rest[..rest.find("\"\"\"")?].to_owned());
    }
    let mut chars = text.strip_prefix('"')?.chars();
    let mut value = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(value),
            '\\' => match chars.next()? {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
}

/// A text for a pattern of `DISSECT`.
fn dissected(pattern: &str) -> String {
    filled(pattern, &|_| "example".to_owned(), &|c, text| text.push(c))
}

/// A text for a pattern of `GROK`, whose other parts are taken as they stand, but for
/// what a regular expression writes beside letters.
fn grokked(pattern: &str) -> String {
    let named = |inner: &str| {
        let name = inner.split(':').next().unwrap_or_default();
        let known = GROK.iter().find(|(start, _)| name.starts_with(start));
        known.map_or("example", |(_, text)| text).to_owned()
    };
    let plain = pattern.replace("\\s+", " ").replace("\\s*", "").replace("\\s", " ");
    let plain = plain.replace(".*?", "").replace(".*", "").replace("\\d+", "42");
    filled(&plain, &named, &|c, text| {
        if !matches!(c, '\\' | '^' | '$' | '(' | ')' | '?' | '+' | '*') {
            text.push(c);
        }
    })
}

/// The pattern with its `%{…}` filled.
fn filled(
    pattern: &str,
    fill: &dyn Fn(&str) -> String,
    plain: &dyn Fn(char, &mut String),
) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(start) = rest.find("%{") {
        rest[..start].chars().for_each(|c| plain(c, &mut text));
        let Some(end) = rest[start..].find('}') else { break };
        text.push_str(&fill(&rest[start + 2..start + end]));
        rest = &rest[start + end + 1..];
    }
    rest.chars().for_each(|c| plain(c, &mut text));
    text
}

#[cfg(test)]
mod tests {
    use super::texts;

    #[test]
    fn texts_are_made_of_patterns() {
        for (query, field, text) in [
            (
                r#"from a | dissect message "%{a} for %{b}: %{?c}""#,
                "message",
                "example for example: example",
            ),
            ("from a\n| GROK url.path \"\"\"^/%{WORD:x}/%{INT:n}\"\"\"", "url.path", "/example/42"),
            (r#"from a | grok b "%{IP:ip}\\s+port %{NUMBER:p:int}""#, "b", "192.0.2.10 port 42"),
        ] {
            assert_eq!(texts(query), [(field.to_owned(), text.to_owned())], "{query}");
        }
        assert!(texts("from a | where dissected == 1").is_empty());
    }
}
