//! Exception items out of JSON.

use serde_json::{Map, Value};

use super::{Entry, Item, Test};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::value::DEFAULT_DATE_FORMAT;
use crate::value::{DateFormat, Rounding};

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

/// The items of a file with the lists that they belong to: those that they
/// name, else the one that the file is named after.
pub(super) fn items(
    path: &str,
    stem: &str,
    text: &str,
    whole: bool,
) -> (Vec<(String, Item)>, Vec<Diagnostic>) {
    let mut errors = Vec::new();
    let mut values: Vec<(Value, Span)> = Vec::new();
    let mut parse = |text: &str, span: Span| match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(items)) => values.extend(items.into_iter().map(|item| (item, span))),
        Ok(value) => values.push((value, span)),
        Err(error) => {
            errors.push(Diagnostic::error("json-syntax", format!("not JSON: {error}"), span));
        }
    };
    if whole {
        parse(text, Span::new(0, 0));
    } else {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if !line.trim().is_empty() {
                parse(line, Span::new(start, start + line.trim_end().len()));
            }
            start += line.len();
        }
    }
    let mut items = Vec::new();
    for (position, (value, span)) in (1..).zip(values) {
        let Value::Object(object) = value else {
            errors.push(Diagnostic::error("exception", "an exception is a JSON object", span));
            continue;
        };
        // An export also holds the lists themselves and a count; one of rules holds
        // rules, connectors and counts of these.
        let other = ["exported_exception_list_count", "exported_count", "risk_score", "attributes"];
        if !object.contains_key("entries")
            && (other.iter().any(|key| object.contains_key(*key))
                || object.contains_key("list_id") && !object.contains_key("item_id"))
        {
            continue;
        }
        let mut reader = Reader { span, name: format!("#{position}"), errors: &mut errors };
        items.extend(reader.item(path, stem, object));
    }
    (items, errors)
}

struct Reader<'a> {
    span: Span,
    /// Of the item, for messages.
    name: String,
    errors: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error<T>(&mut self, message: &str) -> Option<T> {
        let message = format!("exception `{}`: {message}", self.name);
        self.errors.push(Diagnostic::error("exception", message, self.span));
        None
    }

    fn item(
        &mut self,
        path: &str,
        stem: &str,
        mut object: Map<String, Value>,
    ) -> Option<(String, Item)> {
        let id = self.text(&mut object, "item_id")?;
        let name = self.text(&mut object, "name")?;
        if let Some(name) = name.filter(|name| !name.is_empty()).or(id) {
            self.name = name;
        }
        let list = self.text(&mut object, "list_id")?.unwrap_or_else(|| stem.to_owned());
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
        Some((list, Item { name, path, os_types, expires, entries }))
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
