//! YAML 1.2 by the events of the crate `saphyr-parser`: anchors and merge keys are
//! followed, tags of our own are not.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::value::{Data, Entries, Entry, Format, MAX_DEPTH, Placed};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

pub(super) struct Yaml;

/// The most values of a file; an alias counts as all that it stands for.
const MAX_VALUES: usize = limits::YAML_VALUES.most;

impl Format for Yaml {
    fn values(&self, text: &str) -> (Vec<Placed>, Vec<Diagnostic>) {
        let mut builder = Builder::new(text);
        for event in Parser::new_from_str(text) {
            let told = match event {
                Ok((event, span)) => {
                    let span =
                        Span::new(builder.byte(span.start.index()), builder.byte(span.end.index()));
                    builder.event(event, span)
                }
                Err(error) => Err(builder.fault(&error)),
            };
            if let Err(error) = told {
                return (builder.documents, vec![error]);
            }
        }
        (builder.documents, Vec::new())
    }
}

/// A collection that is not whole yet.
enum Open {
    Array(Vec<Placed>),
    Table(Table),
}

/// A table that is not whole yet.
#[derive(Default)]
struct Table {
    entries: Entries,
    /// The key that waits for its value.
    key: Option<(String, Span)>,
    /// Tables whose entries count where there are none of these names.
    merged: Vec<Placed>,
}

struct Builder {
    /// Where each character begins; empty where all are bytes.
    starts: Vec<usize>,
    length: usize,
    documents: Vec<Placed>,
    /// The collections around, each with its anchor and where it begins.
    open: Vec<(Open, usize, usize)>,
    anchors: BTreeMap<usize, (Placed, usize)>,
    values: usize,
}

impl Builder {
    fn new(text: &str) -> Self {
        let starts = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(start, _)| start).collect()
        };
        Self {
            starts,
            length: text.len(),
            documents: Vec::new(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            values: 0,
        }
    }

    fn byte(&self, character: usize) -> usize {
        if self.starts.is_empty() {
            return character.min(self.length);
        }
        self.starts.get(character).copied().unwrap_or(self.length)
    }

    fn fault(&self, error: &ScanError) -> Diagnostic {
        let at = self.byte(error.marker().index());
        Diagnostic::error("yaml-syntax", error.info(), Span::new(at, at))
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::SequenceStart(anchor, _) => self.begin(Open::Array(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => {
                self.begin(Open::Table(Table::default()), anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((open, anchor, start)) = self.open.pop() else { return Ok(()) };
                let data = match open {
                    Open::Array(items) => Data::Array(items),
                    Open::Table(Table { mut entries, merged, .. }) => {
                        merged.into_iter().for_each(|value| merge(&mut entries, value));
                        Data::Table(entries)
                    }
                };
                self.put(Placed { data, span: Span::new(start, span.end) }, anchor)
            }
            Event::Scalar(text, style, anchor, _) => {
                let data = match style {
                    ScalarStyle::Plain => plain(&text),
                    _ => Data::Text(text.into_owned()),
                };
                self.put(Placed { data, span }, anchor)
            }
            Event::Alias(anchor) => {
                let Some((value, count)) = self.anchors.get(&anchor).cloned() else {
                    return Err(error("an alias without its anchor", span));
                };
                self.values += count;
                self.put(value, 0)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, open: Open, anchor: usize, span: Span) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(error("values nest too deep", span));
        }
        self.open.push((open, anchor, span.start));
        Ok(())
    }

    /// A value that is whole goes to what is around it.
    fn put(&mut self, value: Placed, anchor: usize) -> Result<(), Diagnostic> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(error("the file has too many values", value.span));
        }
        if anchor > 0 {
            let count = size(&value);
            self.anchors.insert(anchor, (value.clone(), count));
        }
        match self.open.last_mut() {
            None => self.documents.push(value),
            Some((Open::Array(items), ..)) => items.push(value),
            Some((Open::Table(table), ..)) => match table.key.take() {
                None => table.key = Some((name(&value)?, value.span)),
                Some((name, _)) if name == "<<" => table.merged.push(value),
                Some((name, _)) if table.entries.contains_key(&name) => {
                    let message = format!("the key `{name}` is stated twice");
                    return Err(error(&message, value.span));
                }
                Some((name, key)) => {
                    if value.data != Data::Null {
                        table.entries.insert(name, Entry { key, value });
                    }
                }
            },
        }
        Ok(())
    }
}

fn error(message: &str, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-syntax", message, span)
}

/// How many values a value has; its depth is bounded.
fn size(value: &Placed) -> usize {
    match &value.data {
        Data::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Data::Table(entries) => 1 + entries.values().map(|entry| size(&entry.value)).sum::<usize>(),
        Data::Null
        | Data::Bool(_)
        | Data::Integer(_)
        | Data::Float(_)
        | Data::Text(_)
        | Data::Moment(_) => 1,
    }
}

/// A key, which is a text whatever it looks like.
fn name(value: &Placed) -> Result<String, Diagnostic> {
    match &value.data {
        Data::Text(text) | Data::Moment(text) => Ok(text.clone()),
        Data::Bool(value) => Ok(value.to_string()),
        Data::Integer(Some(number)) => Ok(number.to_string()),
        Data::Float(number) => Ok(number.to_string()),
        Data::Null => Ok("null".to_owned()),
        Data::Integer(None) | Data::Array(_) | Data::Table(_) => {
            Err(error("a key is a plain value", value.span))
        }
    }
}

/// The entries of another table, or of several, where there are none of these names yet.
fn merge(entries: &mut Entries, value: Placed) {
    let tables = match value.data {
        Data::Array(tables) => tables,
        data => vec![Placed { data, ..value }],
    };
    for table in tables {
        if let Data::Table(others) = table.data {
            for (name, entry) in others {
                entries.entry(name).or_insert(entry);
            }
        }
    }
}

/// What a scalar without quotes is by the core schema.
fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        return Data::Integer(text.parse().ok());
    }
    match text.parse::<f64>() {
        Ok(number) if is_number => Data::Float(number),
        _ => Data::Text(text.to_owned()),
    }
}
