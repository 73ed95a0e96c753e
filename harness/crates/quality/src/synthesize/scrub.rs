//! Takes people, machines and secrets out of events: the same text becomes the same
//! other text everywhere, of the same form.
//!
//! Names, addresses and ids are replaced where they stand and wherever else they occur.
//! What looks like a secret is replaced whole; where such a text is left, the events
//! must not be written.

use std::collections::BTreeMap;

use serde_json::Value;

use harness_model::event::{Event, flatten};

/// Names that are everybody's.
const COMMON: [&str; 22] = [
    "root",
    "system",
    "administrator",
    "admin",
    "guest",
    "nobody",
    "daemon",
    "public",
    "default",
    "localhost",
    "local service",
    "network service",
    "nt authority",
    "workgroup",
    "builtin",
    "alice",
    "bob",
    "user",
    "users",
    "www-data",
    "service",
    "unknown",
];

/// The ends of fields that name somebody or something, and what such a name becomes.
const NAMED: [(&str, &str); 22] = [
    ("user.name", "user"),
    ("user.full_name", "user"),
    ("user.target.name", "user"),
    ("user.effective.name", "user"),
    ("related.user", "user"),
    ("client.user.name", "user"),
    ("userIdentity.userName", "user"),
    ("actor.display_name", "user"),
    ("host.name", "host"),
    ("host.hostname", "host"),
    ("agent.name", "host"),
    ("agent.hostname", "host"),
    ("observer.name", "host"),
    ("observer.hostname", "host"),
    ("related.hosts", "host"),
    ("winlog.computer_name", "host"),
    ("cloud.instance.name", "host"),
    ("user.domain", "domain"),
    ("host.domain", "domain"),
    ("organization.name", "organization"),
    ("cloud.account.name", "account"),
    ("cloud.project.name", "project"),
];

/// What a secret begins with, and how many letters or digits follow at least.
const SECRETS: [(&str, usize); 19] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("AIza", 30),
    ("sk_live_", 16),
    ("sk-", 20),
    ("npm_", 30),
    ("eyJ", 20),
    ("Bearer ", 12),
    ("Basic ", 12),
    ("SG.", 20),
];

/// Keys of pairs whose values are secrets.
const KEYS: [&str; 9] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "sharedaccesskey",
];

/// What stands for a secret.
const REDACTED: &str = "REDACTED";

/// What was replaced, by what stood there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replacements {
    /// The old text and the new one, in the order of the old ones.
    pub list: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Replacements {
    fn next(&mut self, kind: &'static str) -> usize {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        *count
    }

    fn put(&mut self, old: &str, kind: &'static str, make: impl FnOnce(usize) -> String) {
        if !self.list.contains_key(old) {
            let number = self.next(kind);
            self.list.insert(old.to_owned(), make(number));
        }
    }

    /// Takes note of all that events have and should not.
    pub(super) fn learn(&mut self, events: &[Event]) {
        for event in events {
            flatten(&event.source, &mut |field, value| {
                if let Value::String(text) = value {
                    self.text(field, text);
                }
            });
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        for secret in secrets(text) {
            self.put(&secret, "secret", |number| format!("{REDACTED}-{number}"));
        }
        let named = NAMED.iter().find(|(end, _)| {
            field.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        if let Some((_, kind)) = named {
            self.name(text, kind);
        }
        for (before, after) in [("\\Users\\", '\\'), ("/home/", '/'), ("/Users/", '/')] {
            for (at, _) in text.match_indices(before) {
                let rest = &text[at + before.len()..];
                let end = rest.find([after, '"', '\'', ' ']).unwrap_or(rest.len());
                self.name(&rest[..end], "user");
            }
        }
        for word in words(text) {
            self.word(word);
        }
    }

    fn name(&mut self, name: &str, kind: &'static str) {
        let plain = name.trim_end_matches('$');
        let everybodys = COMMON.iter().any(|common| common.eq_ignore_ascii_case(plain));
        if plain.len() < 3 || everybodys || plain.contains('*') {
            return;
        }
        if plain.contains('@') {
            self.word(plain);
            return;
        }
        let upper = plain.chars().any(char::is_alphabetic)
            && plain.chars().all(|c| !c.is_alphabetic() || c.is_uppercase());
        let dotted = plain.contains('.') && kind == "host";
        self.put(plain, kind, |number| {
            let name = format!("{kind}-{number}");
            let name = if dotted { format!("{name}.example.com") } else { name };
            if upper { name.to_uppercase() } else { name }
        });
        // The first part of a host's name is its short name.
        if let Some((short, _)) = plain.split_once('.').filter(|_| dotted) {
            let own = self.list.get(plain).and_then(|new| new.split('.').next());
            if let Some(own) = own.map(str::to_owned).filter(|_| short.len() > 2) {
                self.list.entry(short.to_owned()).or_insert(own);
            }
        }
    }

    /// A word that tells by its form what it is.
    fn word(&mut self, word: &str) {
        if let Some((name, domain)) = word.split_once('@') {
            let is_mail =
                !name.is_empty() && domain.contains('.') && !domain.starts_with("example.");
            if is_mail {
                self.put(word, "user", |number| format!("user-{number}@example.com"));
            }
            return;
        }
        if let Ok(address) = word.parse::<std::net::IpAddr>() {
            if !is_reserved(address) {
                let v4 = address.is_ipv4();
                self.put(word, if v4 { "address" } else { "address6" }, |number| {
                    let number = number.min(60_000);
                    match (v4, number / 250) {
                        (true, 0) => format!("192.0.2.{number}"),
                        (true, 1) => format!("198.51.100.{}", number % 250),
                        (true, _) => format!("203.0.113.{}", number % 250),
                        (false, _) => format!("2001:db8::{number:x}"),
                    }
                });
            }
            return;
        }
        let bytes = word.as_bytes();
        if is_uuid(word) {
            self.put(word, "id", |number| format!("00000000-0000-4000-8000-{number:012x}"));
        } else if is_mac(word) {
            let between = char::from(bytes[2]);
            self.put(word, "mac", |number| {
                format!(
                    "00{between}00{between}5E{between}00{between}53{between}{:02X}",
                    number % 256
                )
            });
        } else if word.starts_with("S-1-5-21-") && word.split('-').count() >= 7 {
            self.put(word, "sid", |number| {
                format!("S-1-5-21-1111111111-2222222222-3333333333-{}", 1_000 + number)
            });
        } else if bytes.len() == 12 && bytes.iter().all(u8::is_ascii_digit) {
            self.put(word, "account", |number| format!("{number:012}"));
        }
    }

    /// The events with all of it replaced.
    pub(super) fn applied(&self, events: &[Event]) -> Vec<Event> {
        // The longest first: a name may be a part of another.
        let mut pairs: Vec<(&String, &String)> = self.list.iter().collect();
        pairs.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        let change =
            |event: &Event| Event { source: replaced(&event.source, &pairs), ..event.clone() };
        events.iter().map(change).collect()
    }
}

fn replaced(value: &Value, pairs: &[(&String, &String)]) -> Value {
    match value {
        Value::String(text) => Value::String(in_text(text, pairs)),
        Value::Array(values) => values.iter().map(|value| replaced(value, pairs)).collect(),
        Value::Object(object) => {
            let changed = object.iter().map(|(key, value)| (key.clone(), replaced(value, pairs)));
            Value::Object(changed.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// The text with whole words replaced, whatever the case of their letters: in one
/// pass, so that what was put in is not replaced again.
fn in_text(text: &str, pairs: &[(&String, &String)]) -> String {
    let mut made = String::with_capacity(text.len());
    let mut at = 0;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while at < text.len() {
        let before = text[..at].chars().next_back().is_some_and(is_word);
        let found = pairs.iter().find(|(old, _)| {
            let here = text.as_bytes().get(at..at + old.len());
            let same = here.is_some_and(|here| here.eq_ignore_ascii_case(old.as_bytes()));
            if !same || !text.is_char_boundary(at + old.len()) {
                return false;
            }
            let starts = old.chars().next().is_some_and(is_word);
            let ends = old.chars().next_back().is_some_and(is_word);
            let after = text[at + old.len()..].chars().next().is_some_and(is_word);
            !(before && starts || after && ends)
        });
        match found {
            Some((old, new)) => {
                made.push_str(new);
                at += old.len();
            }
            None => {
                let Some(c) = text[at..].chars().next() else { break };
                made.push(c);
                at += c.len_utf8();
            }
        }
    }
    made
}

/// The fields of events in which something looks like a secret.
pub(super) fn left(events: &[Event]) -> Vec<String> {
    let mut fields = Vec::new();
    for event in events {
        flatten(&event.source, &mut |field, value| {
            let is_secret = value.as_str().is_some_and(|text| !secrets(text).is_empty());
            if is_secret && !fields.iter().any(|known| known == field) {
                fields.push(field.to_owned());
            }
        });
    }
    fields
}

/// The secrets in a text.
fn secrets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let token =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=');
    for (start, least) in SECRETS {
        for (at, _) in text.match_indices(start) {
            let inside = text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
            let rest = &text[at + start.len()..];
            let end = rest.find(|c| !token(c)).unwrap_or(rest.len());
            let body = &rest[..end];
            if !inside && body.len() >= least && !body.starts_with(REDACTED) {
                // A word before the secret stays.
                let whole =
                    if start.ends_with(' ') { body } else { &text[at..at + start.len() + end] };
                found.push(whole.to_owned());
            }
        }
    }
    if let Some(at) = text.find("-----BEGIN").filter(|_| text.contains("PRIVATE KEY")) {
        found.push(text[at..].to_owned());
    }
    let lower = text.to_ascii_lowercase();
    for key in KEYS {
        for (at, _) in lower.match_indices(key) {
            let rest = &text[at + key.len()..];
            let Some(rest) = rest.strip_prefix(['=', ':']) else { continue };
            let value = rest.trim_start_matches([' ', '"', '\'']);
            let end = value
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '&' | ';' | ','));
            let value = &value[..end.unwrap_or(value.len())];
            if value.len() >= 4 && !value.starts_with(REDACTED) {
                found.push(value.to_owned());
            }
        }
    }
    found
}

/// The parts of a text that may be an address or an id.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '@' | '_' | '+');
    let words = text.split(move |c: char| !inside(c));
    words.flat_map(|word| {
        let bare = word.trim_matches(['.', ':', '-']);
        // Of `192.0.2.1:443` and `arn:aws:iam::123456789012:user` the parts as well.
        let parts = bare.split(':').filter(move |part| *part != bare);
        std::iter::once(bare).chain(parts)
    })
}

fn is_uuid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn is_mac(word: &str) -> bool {
    let parts: Vec<&str> = word.split([':', '-']).collect();
    let hex = |part: &&str| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit());
    parts.len() == 6 && parts.iter().all(hex)
}

/// Addresses that are nobody's.
fn is_reserved(address: std::net::IpAddr) -> bool {
    match address {
        std::net::IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_unspecified()
                || v4.is_documentation()
                || v4.is_broadcast()
                || v4.is_link_local()
                || v4.is_multicast()
        }
        std::net::IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.segments()[..2] == [0x2001, 0xdb8]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scrubbed(source: Value) -> (Value, Vec<String>) {
        let events = [Event::from_json(source, 1).expect("an event")];
        let mut replacements = Replacements::default();
        replacements.learn(&events);
        let done = replacements.applied(&events);
        (done[0].source.clone(), left(&done))
    }

    #[test]
    fn the_same_name_becomes_the_same_everywhere() {
        let (done, left) = scrubbed(json!({
            "user": {"name": "jsmith"},
            "host": {"name": "WS042.corp.internal"},
            "process": {"command_line": "type C:\\Users\\jsmith\\x.txt on ws042 as CORP\\JSMITH"},
            "message": "jsmith@corp.internal from 10.3.4.5:443, again 10.3.4.5, not 127.0.0.1",
        }));
        // Fields are read in the order of their names: the address comes first.
        assert_eq!(done["user"]["name"], json!("user-2"));
        assert_eq!(done["host"]["name"], json!("host-1.example.com"));
        assert_eq!(
            done["process"]["command_line"],
            json!("type C:\\Users\\user-2\\x.txt on host-1 as CORP\\user-2")
        );
        assert_eq!(
            done["message"],
            json!("user-1@example.com from 192.0.2.1:443, again 192.0.2.1, not 127.0.0.1")
        );
        assert_eq!(left, [""; 0]);
    }

    /// Two hundred secrets and identities, each in a sentence of its own.
    #[test]
    fn of_two_hundred_planted_texts_none_is_left() {
        let mut planted = Vec::new();
        let body = |n: usize| format!("{:0>24}", format!("Qz7k{n}Rt9Lm2"));
        for n in 0..25 {
            planted
                .push(format!("AKIA{}", body(n).to_uppercase().replace('0', "A")[..16].to_owned()));
            planted.push(format!("ghp_{}", body(n)));
            planted.push(format!("xoxb-{}", body(n)));
            planted.push(format!("eyJ{}.{}", body(n), body(n)));
            planted.push(format!("person{n}@corp{n}.internal"));
            planted.push(format!("10.{n}.{}.77", n + 3));
            planted.push(format!("7d3f0c52-51a4-4f0e-9b0a-6f2f4c1d{:04x}", n + 256));
            planted.push(format!("S-1-5-21-3623811015-3361044348-30300820-{}", 1_100 + n));
        }
        assert_eq!(planted.len(), 200);
        for (n, text) in planted.iter().enumerate() {
            let place = match n % 4 {
                0 => json!({"process": {"command_line": format!("tool --with {text} --end")}}),
                1 => json!({"message": format!("seen: {text}, and more")}),
                2 => json!({"process": {"args": ["tool", text]}}),
                _ => json!({"url": {"full": format!("https://example.com/?q={text}&x=1")}}),
            };
            let (done, left) = scrubbed(place);
            assert!(!done.to_string().contains(text.as_str()), "{text}: {done}");
            assert_eq!(left, [""; 0], "{text}: {done}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_found() {
        for (text, expected) in [
            ("curl -H 'Authorization: Bearer abcdefghijklmnop'", 1),
            ("db password=hunter22;x", 1),
            ("password=REDACTED-1", 0),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII", 1),
            ("task-manager asked", 0),
            ("C:\\Windows\\System32\\cmd.exe", 0),
        ] {
            assert_eq!(secrets(text).len(), expected, "{text}");
        }
    }
}
