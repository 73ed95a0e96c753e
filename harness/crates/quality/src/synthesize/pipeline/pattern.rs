//! Texts that `DISSECT` and `GROK` take apart, made of their patterns; and texts that
//! regular expressions match.

use crate::synthesis::regexp;
use harness_esql::expr::Register;
use harness_esql::plan::{Step, StepKind};

/// What stands for the named patterns of `GROK`, by the start of their names.
const GROK: [(&str, &str); 19] = [
    ("URIPROTO", "https"),
    ("URIHOST", "www.example.com"),
    ("MAC", "00:00:5e:00:53:10"),
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

/// The names of what a command finds, and where it goes.
pub(super) fn names(step: &Step) -> Vec<(String, Register)> {
    match &step.kind {
        StepKind::Grok { outputs, .. } => {
            outputs.iter().map(|(name, _, register)| (name.clone(), *register)).collect()
        }
        StepKind::Dissect { dissect, outputs, .. } => {
            dissect.outputs().iter().cloned().zip(outputs.iter().copied()).collect()
        }
        _ => Vec::new(),
    }
}

/// What stands for a name of a pattern.
type Fill<'f> = &'f dyn Fn(&str) -> Option<String>;

/// Texts that the patterns of a command `DISSECT` or `GROK` match, one for each.
pub(super) fn texts(command: &str, fill: Fill<'_>) -> Vec<String> {
    let mut words = command.trim_start_matches('|').split_whitespace();
    let make = match words.next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "dissect" => dissected,
        "grok" => grokked,
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut rest = command;
    while let Some(start) = rest.find('"') {
        rest = &rest[start..];
        let Some(pattern) = literal(rest) else { break };
        // What joins parts of a name is no pattern.
        if pattern.contains("%{") || pattern.contains("(?<") {
            found.push(make(&pattern, fill));
        }
        rest = &rest[quoted(rest)..];
    }
    found
}

/// How long the string is that a text begins with, with its quotes.
fn quoted(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix("\"\"\"") {
        return rest.find("\"\"\"").map_or(text.len(), |end| end + 6);
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
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
        let expression = text.contains(['[', '\\', '(']) || rest.starts_with("\"\"\"");
        rest = &rest[quoted(rest)..];
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
fn dissected(pattern: &str, fill: Fill<'_>) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(start) = rest.find("%{") {
        text.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}') else { return text };
        let name = rest[start + 2..start + end].trim_matches(['?', '+', '*', '&', '-', '>']);
        let name = name.split(['/', '-']).next().unwrap_or(name).trim_end_matches("->");
        text.push_str(&fill(name).unwrap_or_else(|| "example".to_owned()));
        rest = &rest[start + end + 1..];
    }
    text + rest
}

/// A text for a pattern of `GROK`: an expression in which what has a name is filled.
fn grokked(pattern: &str, fill: Fill<'_>) -> String {
    let mut source = String::new();
    let mut rest = pattern;
    loop {
        let named = rest.find("%{").into_iter().chain(rest.find("(?<")).min();
        let Some(start) = named else { break };
        source.push_str(&plain(&rest[..start]));
        if rest[start..].starts_with("%{") {
            let Some(end) = rest[start..].find('}') else { break };
            let mut parts = rest[start + 2..start + end].split(':');
            let (kind, name) = (parts.next().unwrap_or_default(), parts.next());
            let known = GROK.iter().find(|(start, _)| kind.starts_with(start));
            let text = name.and_then(fill);
            let text = text.unwrap_or_else(|| known.map_or("example", |(_, text)| text).to_owned());
            source.push_str(&escaped(&text));
            rest = &rest[start + end + 1..];
        } else {
            let Some(end) = closing(&rest[start..]) else { break };
            let inner = &rest[start + 3..start + end];
            let (name, inner) = inner.split_once('>').unwrap_or((inner, ""));
            match fill(name) {
                Some(text) => source.push_str(&escaped(&text)),
                None => source.extend(["(?:", &plain(inner), ")"]),
            }
            rest = &rest[start + end + 1..];
        }
    }
    source.push_str(&plain(rest));
    regexp::sample(&source).unwrap_or_default()
}

/// Where the group that a text begins with ends.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if quoted => quoted = false,
            '\\' => quoted = true,
            '(' => depth += 1,
            ')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The expression without what only Lucene's syntax gives a meaning.
fn plain(source: &str) -> String {
    let mut text = String::new();
    let mut quoted = false;
    for c in source.chars() {
        if !quoted && matches!(c, '"' | '@' | '#' | '~' | '&') {
            text.push('\\');
        }
        quoted = !quoted && c == '\\';
        text.push(c);
    }
    text
}

/// An expression that matches a text.
fn escaped(text: &str) -> String {
    let mut source = String::new();
    for c in text.chars() {
        if !(c.is_alphanumeric() || c == ' ' || c == '_') {
            source.push('\\');
        }
        source.push(c);
    }
    source
}

#[cfg(test)]
mod tests {
    use super::texts;

    #[test]
    fn texts_are_made_of_patterns() {
        for (command, text) in [
            (r#"dissect message "%{a} for %{b}: %{?c}""#, "example for 7: example"),
            ("| GROK url.path \"\"\"^/%{WORD:x}/%{INT:n}\"\"\"", "/example/42"),
            (r#"grok b "%{IP:ip}\\s+port %{NUMBER:b:int}""#, "192.0.2.10 port 7"),
            (
                r#"grok b """name=(?<Esql.x>[^,}\]]+), key="(?<b>[A-Z]{4})".*""""#,
                "name=a, key=\"7\"",
            ),
            (r#"grok b """:(?<account>[0-9]{12}):""""#, ":123456789012:"),
        ] {
            let fill = |name: &str| (name == "b").then(|| "7".to_owned());
            assert_eq!(texts(command, &fill), [text], "{command}");
        }
        assert!(texts("where dissected == \"%{x}\"", &|_| None).is_empty());
    }
}
