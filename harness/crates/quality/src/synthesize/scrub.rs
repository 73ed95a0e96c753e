//! Takes people, machines and secrets out of events: the same text becomes the same
//! other text everywhere, of the same form.
//!
//! Names, addresses and ids are replaced where they stand and wherever else they occur.
//! What looks like a secret is replaced whole; where such a text is left, the events
//! must not be written.

mod identity;
mod secret;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use harness_model::event::{Event, flatten};

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
        // Names are the same in letters of either case.
        if !self.list.keys().any(|known| known.eq_ignore_ascii_case(old)) {
            let number = self.next(kind);
            self.list.insert(old.to_owned(), make(number));
        }
    }

    /// Takes note of all that events have and should not.
    pub(super) fn learn(&mut self, events: &[Event]) {
        for event in events {
            flatten(&event.source, &mut |field, value| match value {
                Value::String(text) => self.text(field, text),
                Value::Number(number) => self.text(field, &number.to_string()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
            });
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        for secret in secret::of_field(field, text) {
            self.put(&secret, "secret", |number| secret::instead(&secret, number));
        }
        if let Some(kind) = identity::kind_of(field) {
            self.name(text, kind);
            if kind == "user" {
                // The parts of a full name stand elsewhere by themselves.
                let parts = text.split(' ').filter(|part| part.len() > 3 && *part != text);
                parts.for_each(|part| self.name(part, kind));
            }
        }
        for (name, kind) in identity::names_in(text) {
            self.name(name, kind);
        }
        for word in identity::words(text) {
            if let Some((kind, make)) = identity::formed(word) {
                self.put(word, kind, make);
            }
        }
    }

    fn name(&mut self, name: &str, kind: &'static str) {
        let plain = name.trim_end_matches('$');
        if identity::is_common(plain) {
            return;
        }
        if let Some((kind, make)) = identity::formed(plain) {
            self.put(plain, kind, make);
        } else if plain.contains('@') {
            return;
        } else {
            self.put(plain, kind, |number| identity::named(plain, kind, number));
        }
        // The first part of a host's name is its short name.
        let dotted = plain.contains('.') && kind == "host";
        if let Some((short, _)) = plain.split_once('.').filter(|_| dotted) {
            let own = self.list.get(plain).and_then(|new| new.split('.').next());
            if let Some(own) = own.map(str::to_owned).filter(|_| short.len() > 2) {
                self.list.entry(short.to_owned()).or_insert(own);
            }
        }
    }

    /// The events with all of it replaced.
    pub(super) fn applied(&self, events: &[Event]) -> Vec<Event> {
        // The longest first: a name may be a part of another.
        let mut pairs: Vec<(&String, &String)> = self.list.iter().collect();
        pairs.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        let change = |event: &Event| Event {
            source: Arc::new(replaced(&event.source, &pairs)),
            ..event.clone()
        };
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
        Value::Number(number) => {
            let text = number.to_string();
            let new = pairs.iter().find(|(old, _)| **old == text).map(|(_, new)| new);
            new.and_then(|new| new.parse::<i64>().ok()).map_or_else(|| value.clone(), Value::from)
        }
        Value::Null | Value::Bool(_) => value.clone(),
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
            let text = value.as_str();
            let is_secret = text.is_some_and(|text| !secret::of_field(field, text).is_empty());
            if is_secret && !fields.iter().any(|known| known == field) {
                fields.push(field.to_owned());
            }
        });
    }
    fields
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
        (Value::clone(&done[0].source), left(&done))
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
            json!("type C:\\Users\\user-2\\x.txt on host-1 as DOMAIN-1\\user-2")
        );
        assert_eq!(
            done["message"],
            json!("user-1@example.com from 192.0.2.1:443, again 192.0.2.1, not 127.0.0.1")
        );
        assert_eq!(left, [""; 0]);
    }
}
