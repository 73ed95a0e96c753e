//! Exception items out of files.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Entry, Item, Test};
use crate::data::{self, Placed};
use crate::kind::{Kind, kind};
use harness_model::value::DEFAULT_DATE_FORMAT;
use harness_model::value::{DateFormat, Rounding};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// Keys of an item that change nothing here.
const SILENT: [&str; 15] = [
    "_version",
    "comments",
    "created_at",
    "created_by",
    "description",
    "id",
    "meta",
    "namespace_type",
    "tags",
    "tie_breaker_id",
    "type",
    "updated_at",
    "updated_by",
    "version",
    "immutable",
];

const SYSTEMS: [&str; 3] = ["linux", "macos", "windows"];

/// What a file holds, by the lists that items and errors belong to: those that the
/// items name, else the one that the file is named after.
#[derive(Default)]
pub(super) struct Contents {
    /// The lists, also those without an item.
    pub(super) lists: BTreeSet<String>,
    pub(super) items: Vec<(String, Item)>,
    /// What is wrong with items; `None` for what may concern every list of the file.
    pub(super) errors: Vec<(Option<String>, Diagnostic)>,
}

/// Reads a file: lists and items one after the other or in arrays, or what
/// detection-rules keeps of them.
pub(super) fn contents(path: &str, stem: &str, text: &str) -> Contents {
    let (values, errors) = data::format(path, text).values(text);
    let mut contents = Contents::default();
    contents.errors.extend(errors.into_iter().map(|error| (None, error)));
    let mut lines = Lines { text, line: 1, start: 0, scanned: 0 };
    let all = values.iter().flat_map(|value| value.items().unwrap_or(std::slice::from_ref(value)));
    let mut position = 0;
    for value in all {
        let kept = value.get("exceptions").and_then(Placed::items);
        for list in kept.unwrap_or_default() {
            let container = list.get("container").map(Placed::to_json);
            let name = container.as_ref().and_then(|list| list.get("list_id")?.as_str());
            let name = name.unwrap_or(stem);
            contents.lists.insert(name.to_owned());
            for item in list.get("items").and_then(Placed::items).unwrap_or_default() {
                position += 1;
                contents.value(path, name, item, position, &mut lines);
            }
        }
        if kept.is_none() {
            position += 1;
            contents.value(path, stem, value, position, &mut lines);
        }
    }
    if contents.lists.is_empty() {
        contents.lists.insert(stem.to_owned());
    }
    contents
}

impl Contents {
    /// Adds an item or a list; what else an export holds is passed over.
    fn value(
        &mut self,
        path: &str,
        stem: &str,
        value: &Placed,
        position: usize,
        lines: &mut Lines<'_>,
    ) {
        let span = value.span;
        let Value::Object(object) = value.to_json() else {
            let error = Diagnostic::error("exception", "an exception is a JSON object", span);
            self.errors.push((None, error));
            return;
        };
        match kind(value) {
            Kind::Filed(_) | Kind::Flat(_) | Kind::Aside | Kind::Foreign(_) => return,
            Kind::Exceptions | Kind::Unknown => {}
        }
        let list = object.get("list_id").and_then(Value::as_str).unwrap_or(stem).to_owned();
        let is_list = object.contains_key("list_id") && !object.contains_key("item_id");
        if !object.contains_key("entries") && is_list {
            self.lists.insert(list);
            return;
        }
        let mut reader = Reader { span, name: format!("#{position}"), errors: Vec::new() };
        let at = lines.line_column(span.start);
        let item = reader.item(path, at, object);
        self.items.extend(item.map(|item| (list.clone(), item)));
        self.errors.extend(reader.errors.into_iter().map(|error| (Some(list.clone()), error)));
        self.lists.insert(list);
    }
}

/// Lines and columns of a text, asked for from its start to its end.
struct Lines<'a> {
    text: &'a str,
    line: usize,
    /// Where the line begins.
    start: usize,
    scanned: usize,
}

impl Lines<'_> {
    fn line_column(&mut self, offset: usize) -> (usize, usize) {
        for (at, _) in self.text[self.scanned..offset].match_indices('\n') {
            self.line += 1;
            self.start = self.scanned + at + 1;
        }
        self.scanned = offset;
        (self.line, self.text[self.start..offset].chars().count() + 1)
    }
}

struct Reader {
    span: Span,
    /// Of the item, for messages.
    name: String,
    errors: Vec<Diagnostic>,
}

impl Reader {
    fn error<T>(&mut self, message: &str) -> Option<T> {
        let message = format!("exception `{}`: {message}", self.name);
        self.errors.push(Diagnostic::error("exception", message, self.span));
        None
    }

    fn item(
        &mut self,
        path: &str,
        at: (usize, usize),
        mut object: Map<String, Value>,
    ) -> Option<Item> {
        let id = self.text(&mut object, "item_id")?;
        let name = self.text(&mut object, "name")?;
        if let Some(name) = name.filter(|name| !name.is_empty()).or(id) {
            self.name = name;
        }
        self.text(&mut object, "list_id")?;
        let expires = match self.text(&mut object, "expire_time")? {
            None => None,
            Some(text) => {
                let parsed = DateFormat::parse(DEFAULT_DATE_FORMAT)
                    .and_then(|format| format.resolve(&text, 0, Rounding::Down, None));
                match parsed {
                    Ok(millis) => Some(millis),
                    Err(error) => return self.error(&format!("`expire_time`: {error}")),
                }
            }
        };
        let os_types = match object.remove("os_types") {
            None => Vec::new(),
            Some(value) => self.texts(value, "os_types")?,
        };
        if let Some(odd) = os_types.iter().find(|os| !SYSTEMS.contains(&os.as_str())) {
            return self.error(&format!("unknown system `{odd}` in `os_types`"));
        }
        let entries = object.remove("entries").unwrap_or(Value::Null);
        let entries = self.entries(entries, false)?;
        if let Some(odd) = object.keys().find(|key| !SILENT.contains(&key.as_str())).cloned() {
            return self.error(&format!("unknown key `{odd}`"));
        }
        let (name, path) = (self.name.clone(), path.to_owned());
        Some(Item { name, path, span: self.span, at, os_types, expires, entries })
    }

    fn entries(&mut self, value: Value, nested: bool) -> Option<Vec<Entry>> {
        let Value::Array(values) = value else {
            return self.error("`entries` is not an array");
        };
        if values.is_empty() {
            return self.error("`entries` is empty");
        }
        let entries: Vec<Option<Entry>> =
            values.into_iter().map(|value| self.entry(value, nested)).collect();
        entries.into_iter().collect()
    }

    fn entry(&mut self, value: Value, nested: bool) -> Option<Entry> {
        let Value::Object(mut object) = value else {
            return self.error("an entry is a JSON object");
        };
        let Some(field) = self.text(&mut object, "field")? else {
            return self.error("an entry has no `field`");
        };
        let excluded = match self.text(&mut object, "operator")?.as_deref() {
            Some("included") | None => false,
            Some("excluded") => true,
            Some(odd) => return self.error(&format!("unknown operator `{odd}`")),
        };
        let kind = self.text(&mut object, "type")?.unwrap_or_default();
        let value = object.remove("value");
        let test = match (kind.as_str(), value) {
            ("match", Some(value)) => Test::Match(self.scalar(value)?),
            ("match_any", Some(value)) => match self.texts(value, "value")? {
                values if values.is_empty() => return self.error("`value` is empty"),
                values => Test::MatchAny(values),
            },
            ("wildcard", Some(value)) if !nested => Test::Wildcard(self.scalar(value)?),
            ("exists", None) => Test::Exists,
            ("list", None) if !nested => {
                let Some(Value::Object(mut list)) = object.remove("list") else {
                    return self.error("a `list` entry has no `list`");
                };
                let id = self.text(&mut list, "id")?.unwrap_or_default();
                let kind = self.text(&mut list, "type")?.unwrap_or_default();
                Test::List { id, kind }
            }
            ("nested", None) if !nested => {
                let inner = object.remove("entries").unwrap_or(Value::Null);
                Test::Nested(self.entries(inner, true)?)
            }
            ("match" | "match_any" | "wildcard", None) => {
                return self.error(&format!("an entry of type `{kind}` has no `value`"));
            }
            ("exists" | "list" | "nested", Some(_)) => {
                return self.error(&format!("an entry of type `{kind}` takes no `value`"));
            }
            _ => {
                let place = if nested { " inside a nested entry" } else { "" };
                let message =
                    format!("exception `{}`: an entry of type `{kind}`{place}", self.name);
                let found = Diagnostic::unsupported("exception-entry", message, self.span);
                self.errors.push(found);
                return None;
            }
        };
        object.remove("id");
        if let Some(odd) = object.keys().next().cloned() {
            return self.error(&format!("unknown key `{odd}` of an entry"));
        }
        Some(Entry { field, excluded, test })
    }

    /// A text, where the key is there; `None` after an error.
    #[expect(clippy::option_option, reason = "absent and wrong are told apart")]
    fn text(&mut self, object: &mut Map<String, Value>, key: &str) -> Option<Option<String>> {
        match object.remove(key) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) => Some(Some(text)),
            Some(_) => self.error(&format!("`{key}` is not a string")),
        }
    }

    fn scalar(&mut self, value: Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.error("`value` is not a string")
            }
        }
    }

    fn texts(&mut self, value: Value, key: &str) -> Option<Vec<String>> {
        match value {
            Value::Array(values) => values.into_iter().map(|value| self.scalar(value)).collect(),
            _ => self.error(&format!("`{key}` is not an array")),
        }
    }
}
