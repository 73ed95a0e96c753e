//! What looks like a secret: by how it begins, by the key before it, by its letters.

/// What a secret begins with, and how many letters or digits follow at least.
const TOKENS: [(&str, usize); 44] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("glrt-", 16),
    ("gldt-", 16),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxe-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("xapp-", 10),
    ("AIza", 30),
    ("ya29.", 20),
    ("GOCSPX-", 16),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("sk-", 20),
    ("npm_", 30),
    ("pypi-", 16),
    ("rubygems_", 20),
    ("hf_", 30),
    ("eyJ", 20),
    ("SG.", 20),
    ("dop_v1_", 32),
    ("hvs.", 20),
    ("hvb.", 20),
    ("dapi", 32),
    ("key-", 32),
    ("shpat_", 32),
    ("lin_api_", 20),
    ("sq0atp-", 20),
    ("AGE-SECRET-KEY-", 20),
    ("PMAK-", 20),
    ("NRAK-", 20),
    ("tskey-", 16),
    ("ATATT3", 20),
];

/// Words of a header before a secret.
const SCHEMES: [&str; 5] = ["bearer ", "basic ", "apikey ", "negotiate ", "token "];
/// The least length of what stands after such a word.
const MIN_SCHEME: usize = 12;

/// Keys of pairs whose values are secrets.
const KEYS: [&str; 18] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "accesskey",
    "secret_key",
    "private_key",
    "accountkey",
    "sharedaccesskey",
    "session_key",
    "credential",
    "cookie",
];

/// Values that stand for a secret and are none.
const PLACEHOLDERS: [&str; 9] =
    ["example", "redacted", "null", "none", "true", "false", "$", "%", "*"];

/// The least length of a value of a key.
const MIN_VALUE: usize = 4;
/// The least length of a text that is taken for random letters.
const MIN_RANDOM: usize = 20;
/// How often letters of another kind follow in such a text, at least.
const MIN_TURNS: usize = 10;

/// The secrets in the value of a field.
pub(super) fn of_field(field: &str, text: &str) -> Vec<String> {
    let last = field.rsplit('.').next().unwrap_or(field).to_ascii_lowercase();
    let is_named = KEYS.iter().any(|key| last == *key || last.ends_with(&format!("_{key}")));
    let mut found = of_text(text);
    if is_named && text.len() >= MIN_VALUE && !is_placeholder(text) && found.is_empty() {
        found.push(text.to_owned());
    }
    found
}

/// The secrets in a text.
pub(super) fn of_text(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |secret: &str| {
        if !secret.is_empty() && !found.iter().any(|known: &String| known == secret) {
            found.push(secret.to_owned());
        }
    };
    keys_in(text).into_iter().for_each(&mut add);
    let lower = text.to_ascii_lowercase();
    for (start, least) in TOKENS {
        for (at, _) in text.match_indices(start) {
            let inside = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
            let body = run(&text[at + start.len()..]);
            if !inside && body.len() >= least && !is_placeholder(body) {
                add(&text[at..at + start.len() + body.len()]);
            }
        }
    }
    for scheme in SCHEMES {
        for (at, _) in lower.match_indices(scheme) {
            let inside = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
            let body = run(&text[at + scheme.len()..]);
            if !inside && body.len() >= MIN_SCHEME && !is_placeholder(body) {
                add(body);
            }
        }
    }
    for key in KEYS {
        for (at, _) in lower.match_indices(key) {
            if let Some(value) = value_after(text, at, at + key.len()) {
                add(value);
            }
        }
    }
    for (at, _) in lower.match_indices("sig=") {
        if text[..at].ends_with(['?', '&']) {
            let body = text[at + 4..].split(['&', '"', '\'', ' ']).next().unwrap_or_default();
            if body.len() >= MIN_VALUE && !is_placeholder(body) {
                add(body);
            }
        }
    }
    for (at, _) in text.match_indices("://") {
        let rest = text[at + 3..].split(['/', ' ', '"', '\'']).next().unwrap_or_default();
        let pair = rest.rsplit_once('@').and_then(|(pair, _)| pair.split_once(':'));
        if let Some((_, password)) = pair.filter(|(_, word)| !is_placeholder(word)) {
            add(password);
        }
    }
    random(text).for_each(&mut add);
    found
}

/// Private keys as they are written in files.
fn keys_in(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("-----BEGIN ") {
        let rest = &text[at..];
        let Some(head) = rest["-----BEGIN ".len()..].find("-----") else { continue };
        if rest[..head + "-----BEGIN ".len()].contains("PRIVATE KEY") {
            let end = rest.find("-----END ").map_or(rest.len(), |end| {
                rest[end + 9..].find("-----").map_or(rest.len(), |more| end + 9 + more + 5)
            });
            found.push(&rest[..end]);
        }
    }
    found
}

/// The value of a pair whose key lies there; of an option after a space as well.
fn value_after(text: &str, start: usize, end: usize) -> Option<&str> {
    let mut rest = text.get(end..)?;
    rest = rest.strip_prefix('\\').unwrap_or(rest);
    rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let spaced = rest.trim_start();
    let word = text[..start].rsplit(|c: char| c.is_whitespace() || c == '"').next()?;
    let value = match spaced.strip_prefix(['=', ':']) {
        Some(value) => value.trim_start_matches(['=', ' ']),
        None if word.starts_with('-') && spaced.len() < rest.len() => spaced,
        None => return None,
    };
    let value = value.trim_start_matches(['"', '\'', '\\']);
    let stops =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '&' | ';' | ',' | '}' | ')');
    let value = &value[..value.find(stops).unwrap_or(value.len())];
    let value = value.trim_end_matches('\\');
    (value.len() >= MIN_VALUE && !is_placeholder(value)).then_some(value)
}

/// Texts of random letters of all kinds.
fn random(text: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-');
    let words = text.split(move |c: char| !inside(c));
    let parts = words.flat_map(|word| {
        // A path is no text of random letters, but a part of it may be one.
        let plain = |part: &str| part.len() > 2 && part.bytes().all(|b| b.is_ascii_lowercase());
        let is_path = word.starts_with('/') || word.split('/').any(plain);
        if is_path { word.split('/').collect::<Vec<_>>() } else { vec![word] }
    });
    parts.filter(|part| is_random(part))
}

fn is_random(text: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let bytes = text.as_bytes();
    let has = |wanted: u8| bytes.iter().any(|byte| kind(*byte) == wanted);
    let turns = bytes.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    let enough = MIN_TURNS.max(bytes.len() / 4);
    bytes.len() >= MIN_RANDOM
        && has(0)
        && has(1)
        && has(2)
        && turns >= enough
        && !is_placeholder(text)
}

/// The letters of a token that a text begins with.
fn run(text: &str) -> &str {
    let token =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=' | '~');
    text[..text.find(|c| !token(c)).unwrap_or(text.len())].trim_end_matches('.')
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|start| lower.starts_with(start)) || lower.contains("example0")
}

/// What stands for a secret: as long, and beginning as it does where that says what it is.
pub(super) fn instead(secret: &str, number: usize) -> String {
    let start = TOKENS.iter().map(|(start, _)| *start).find(|start| secret.starts_with(start));
    let start = start.unwrap_or_default();
    let room = secret.len().saturating_sub(start.len() + "EXAMPLE0".len()).clamp(3, 40);
    format!("{start}EXAMPLE0{number:0>room$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_found() {
        for (text, expected) in [
            ("curl -H 'Authorization: Bearer abcdefghijklmnop'", Some("abcdefghijklmnop")),
            ("db password=hunter22;x", Some("hunter22")),
            ("tool --password hunter22 --next", Some("hunter22")),
            (r#"{"api_key": "abcd1234"}"#, Some("abcd1234")),
            (r#"{\"token\":\"abcd1234\"}"#, Some("abcd1234")),
            ("https://ann:hunter22@example.com/x", Some("hunter22")),
            ("https://example.com/?sv=1&sig=abc%2Bdef&x", Some("abc%2Bdef")),
            (
                "key wJa1rXUtnFEMI/K7MDENG/bPxRfiCYz9kKeyQ1w2",
                Some("wJa1rXUtnFEMI/K7MDENG/bPxRfiCYz9kKeyQ1w2"),
            ),
            ("password=REDACTED-1", None),
            ("password=$PASSWORD", None),
            ("task-manager asked", None),
            ("C:\\Windows\\System32\\cmd.exe", None),
            ("secretsmanager.amazonaws.com GetSecretValue", None),
            ("Microsoft365DefenderForEndpoint", None),
            ("/usr/lib/x86_64-linux-gnu/libc.so.6", None),
            ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", None),
        ] {
            let found = of_text(text);
            assert_eq!(found.first().map(String::as_str), expected, "{text}: {found:?}");
        }
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----";
        assert_eq!(of_text(&format!("x {key} y")), [key]);
    }

    #[test]
    fn what_stands_for_a_secret_is_none() {
        for secret in ["AKIAQWERTYUIOPASDFGH", "hunter22", "ghp_aB3dE6gH9jK2mN5pQ8sT1v"] {
            let made = instead(secret, 7);
            assert!(of_text(&format!("password={made}")).is_empty(), "{made}");
            assert!(of_text(&made).is_empty(), "{made}");
        }
        assert_eq!(instead("AKIAQWERTYUIOPASDFGH", 7), "AKIAEXAMPLE000000007");
    }
}
