//! TOML, by the crate `toml`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::{Data, Entries, Entry, Format, Placed};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

pub(super) struct Toml;

impl Format for Toml {
    fn values(&self, text: &str) -> (Vec<Placed>, Vec<Diagnostic>) {
        let (document, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            let data = Data::Table(table(document.into_inner()));
            return (vec![Placed { data, span: Span::new(0, 0) }], Vec::new());
        }
        // What the parser recovered may miss keys that the text has.
        let told = errors.into_iter().map(|error| {
            let range = error.span().unwrap_or_default();
            let span = Span::new(range.start, range.end);
            Diagnostic::error("toml-syntax", error.message(), span)
        });
        let told: Vec<Diagnostic> = told.collect();
        // What follows a text without its end is no mistake of its own.
        let unended = told.iter().filter_map(unended);
        let first = unended.min_by_key(|found| found.span.start);
        (Vec::new(), first.map_or(told, |first| vec![first]))
    }
}

/// The error of a text in one kind of quotes that goes over the end of its line, with what
/// is to be written.
fn unended(found: &Diagnostic) -> Option<Diagnostic> {
    let quotes = match found.message.as_str() {
        "invalid literal string, expected `'`" => "'''",
        "invalid basic string, expected `\"`" => "\"\"\"",
        _ => return None,
    };
    Some(
        found
            .clone()
            .with_help(format!("a text of several lines stands between {quotes} and {quotes}")),
    )
}

fn span<T>(value: &Spanned<T>) -> Span {
    Span::new(value.span().start, value.span().end)
}

fn table(entries: DeTable<'_>) -> Entries {
    let entry = |(key, value): (Spanned<std::borrow::Cow<'_, str>>, Spanned<DeValue<'_>>)| {
        let place = span(&key);
        (key.into_inner().into_owned(), Entry { key: place, value: placed(value) })
    };
    entries.into_iter().map(entry).collect()
}

/// The parser limits the depth.
fn placed(value: Spanned<DeValue<'_>>) -> Placed {
    let span = span(&value);
    let data = match value.into_inner() {
        DeValue::String(text) => Data::Text(text.into_owned()),
        DeValue::Boolean(value) => Data::Bool(value),
        DeValue::Datetime(moment) => Data::Moment(moment.to_string()),
        DeValue::Integer(number) => {
            Data::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Float(number) => Data::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Array(items) => Data::Array(items.into_iter().map(placed).collect()),
        DeValue::Table(entries) => Data::Table(table(entries)),
    };
    Placed { data, span }
}
