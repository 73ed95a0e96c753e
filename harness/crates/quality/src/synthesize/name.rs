//! Names of files that say what is special about a case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use harness_model::event::{Event, flatten};
use harness_runner::case::Polarity;

/// The longest name, in bytes.
pub(super) const MAX_NAME: usize = 60;
/// The longest value in a name, in bytes.
const MAX_VALUE: usize = 32;

/// Last parts of fields that say nothing without the part before.
const BARE: [&str; 24] = [
    "name",
    "id",
    "type",
    "code",
    "args",
    "path",
    "ip",
    "port",
    "extension",
    "value",
    "executable",
    "action",
    "category",
    "outcome",
    "kind",
    "provider",
    "dataset",
    "module",
    "email",
    "domain",
    "status",
    "pid",
    "title",
    "text",
];

/// Names that are taken.
pub(super) struct Names(BTreeSet<(Polarity, String)>);

impl Names {
    pub(super) fn new(taken: impl Iterator<Item = (Polarity, String)>) -> Self {
        Self(taken.collect())
    }

    /// The name, with a number where it is taken.
    pub(super) fn free(&mut self, polarity: Polarity, name: &str) -> String {
        let numbered = (2_usize..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let free = names.find(|name| self.0.insert((polarity, name.clone())));
        free.unwrap_or_default()
    }
}

/// What is special about events that were others before.
pub(super) fn name(polarity: Polarity, before: &[Event], after: &[Event]) -> String {
    name_of(polarity, before, after, &|_| true)
}

/// The same, where these fields count alone.
pub(super) fn name_by(
    polarity: Polarity,
    before: &[Event],
    after: &[Event],
    read: &BTreeSet<Arc<str>>,
) -> String {
    name_of(polarity, before, after, &|field| read.contains(field))
}

fn name_of(
    polarity: Polarity,
    before: &[Event],
    after: &[Event],
    counts: &dyn Fn(&str) -> bool,
) -> String {
    if after.len() != before.len() && after.len() > 1 {
        let word = if after.len() < before.len() { "an_event_less" } else { "an_event_more" };
        return word.to_owned();
    }
    let pairs = before.iter().zip(after);
    let mut changes = pairs.flat_map(|(before, after)| changes(before, after)).collect::<Vec<_>>();
    changes.retain(|change| counts(&change.field));
    // A field and its copies change together: the shortest name speaks for all.
    changes.sort_by_key(|change| (change.field == "@timestamp", change.field.len()));
    let Some(first) = changes.first() else { return "the_same".to_owned() };
    let mut words = first.words(polarity);
    if changes.len() == 2 && changes[1].field != "@timestamp" {
        let more = changes[1].words(polarity);
        if words.len() + more.len() + 5 <= MAX_NAME {
            words = format!("{words}_and_{more}");
        }
    }
    words
}

/// The fields that change, in a word or two; for a field and its copies the shortest
/// name speaks.
pub(super) fn fields(before: &[Event], after: &[Event]) -> Option<String> {
    let pairs = before.iter().zip(after);
    let mut fields: Vec<String> = pairs
        .flat_map(|(before, after)| changes(before, after))
        .map(|change| change.field)
        .collect();
    fields.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    fields.dedup();
    let words: Vec<String> = fields.iter().take(2).map(|field| short(field)).collect();
    (!words.is_empty()).then(|| words.join("_and_"))
}

/// A field that changes.
struct Changed {
    field: String,
    from: Vec<String>,
    to: Vec<String>,
}

impl Changed {
    fn words(&self, polarity: Polarity) -> String {
        if self.field == "@timestamp" {
            return "another_time".to_owned();
        }
        let field = short(&self.field);
        let lower = |values: &[String]| values.join(" ").to_lowercase();
        let text = match (self.to.as_slice(), polarity) {
            ([], _) => format!("no_{field}"),
            (to, _) if !self.from.is_empty() && lower(to) == lower(&self.from) => {
                format!("{field}_in_another_case")
            }
            (to, Polarity::Positive) => {
                let value = slug(&to.join(" "), MAX_VALUE);
                if value.is_empty() {
                    format!("another_{field}")
                } else {
                    format!("{field}_{value}")
                }
            }
            (_, Polarity::Negative) if self.from.is_empty() => format!("with_{field}"),
            (_, Polarity::Negative) => format!("other_{field}"),
        };
        slug(&text, MAX_NAME)
    }
}

fn changes(before: &Event, after: &Event) -> Vec<Changed> {
    let (before, after) = (values(before), values(after));
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |values: &BTreeMap<String, Vec<String>>, field: &str| {
        values.get(field).cloned().unwrap_or_default()
    };
    let changes = fields.into_iter().map(|field| Changed {
        field: field.clone(),
        from: of(&before, field),
        to: of(&after, field),
    });
    changes.filter(|change| change.from != change.to).collect()
}

fn values(event: &Event) -> BTreeMap<String, Vec<String>> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    flatten(&event.source, &mut |field, value| {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        values.entry(field.to_owned()).or_default().push(text);
    });
    values
}

/// A field in a word or two.
pub(super) fn short(field: &str) -> String {
    let parts: Vec<&str> = field.split('.').collect();
    let last = parts.last().copied().unwrap_or_default();
    let words = match parts.len() {
        0 | 1 => last.to_owned(),
        _ if BARE.contains(&last) || last.len() < 4 => parts[parts.len() - 2..].join("_"),
        _ => last.to_owned(),
    };
    slug(&words, MAX_VALUE)
}

/// Letters, digits and single underscores.
pub(super) fn slug(text: &str, most: usize) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
        if slug.len() >= most {
            break;
        }
    }
    slug.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(polarity: Polarity, before: Value, after: Value) -> String {
        let event = |source| Event::from_json(source, 1).expect("an event");
        name(polarity, &[event(before)], &[event(after)])
    }

    #[test]
    fn a_name_says_what_is_special() {
        let start = || json!({"process": {"name": "curl"}, "user": {"name": "root"}});
        for (polarity, after, expected) in [
            (Polarity::Negative, json!({"process": {"name": "curl"}}), "no_user_name"),
            (
                Polarity::Negative,
                json!({"process": {"name": "wget"}, "user": {"name": "root"}}),
                "other_process_name",
            ),
            (
                Polarity::Positive,
                json!({"process": {"name": "C:\\Temp\\x.exe"}, "user": {"name": "root"}}),
                "process_name_c_temp_x_exe",
            ),
            (
                Polarity::Negative,
                json!({"process": {"name": "Curl"}, "user": {"name": "root"}}),
                "process_name_in_another_case",
            ),
        ] {
            assert_eq!(check(polarity, start(), after), expected);
        }
    }

    #[test]
    fn names_are_unlike() {
        let mut names = Names::new(std::iter::once((Polarity::Positive, "a".to_owned())));
        assert_eq!(names.free(Polarity::Positive, "a"), "a_2");
        assert_eq!(names.free(Polarity::Positive, "a"), "a_3");
        assert_eq!(names.free(Polarity::Negative, "a"), "a");
    }
}
