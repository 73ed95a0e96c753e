//! JSON: one value or many, whatever stands between them.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::value::{Data, Entries, Entry, Format, MAX_DEPTH, Placed};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

pub(super) struct Json;

/// How many broken lines of one file are told.
const MAX_ERRORS: usize = limits::BROKEN_LINES.most;

impl Format for Json {
    fn values(&self, text: &str) -> (Vec<Placed>, Vec<Diagnostic>) {
        let mut reader = Reader { text, at: 0 };
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        while reader.peek().is_some() && errors.len() < MAX_ERRORS {
            match reader.value(MAX_DEPTH) {
                Ok(value) => values.push(value),
                Err(error) => {
                    errors.push(error);
                    // Files of a value a line go on with the next one.
                    let next = text.get(reader.at..).and_then(|rest| rest.find("\n{"));
                    let Some(next) = next else { break };
                    reader.at += next + 1;
                }
            }
        }
        if errors.len() == MAX_ERRORS && reader.peek().is_some() {
            let message = format!("more than {MAX_ERRORS} values are broken: the rest is not read");
            let span = Span::new(reader.at, reader.at);
            errors.push(Diagnostic::error("json-syntax", message, span));
        }
        (values, errors)
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blank = rest.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
        self.at += blank;
        rest.get(blank).copied()
    }

    fn error<T>(&self, message: &str) -> Result<T, Diagnostic> {
        let span = Span::new(self.at, self.at);
        Err(Diagnostic::error("json-syntax", format!("not JSON: {message}"), span))
    }

    fn value(&mut self, depth: usize) -> Result<Placed, Diagnostic> {
        let first = self.peek();
        let start = self.at;
        let Some(inner) = depth.checked_sub(1) else {
            return self.error("values nest too deep");
        };
        let data = match first {
            Some(b'{') => Data::Table(self.entries(inner)?),
            Some(b'[') => Data::Array(self.items(inner)?),
            _ => match self.scalar()? {
                Value::Null => Data::Null,
                Value::Bool(value) => Data::Bool(value),
                Value::String(text) => Data::Text(text),
                Value::Number(number) if number.is_f64() => {
                    Data::Float(number.as_f64().unwrap_or(f64::NAN))
                }
                Value::Number(number) => Data::Integer(number.as_i64()),
                // They begin otherwise.
                Value::Array(_) | Value::Object(_) => return self.error("expected a value"),
            },
        };
        Ok(Placed { data, span: Span::new(start, self.at) })
    }

    /// A value without others inside.
    fn scalar<T: DeserializeOwned>(&mut self) -> Result<T, Diagnostic> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<T>();
        match stream.next() {
            Some(Ok(value)) => {
                self.at += stream.byte_offset();
                Ok(value)
            }
            Some(Err(error)) => {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or(&message);
                self.error(message)
            }
            None => self.error("the text ends too early"),
        }
    }

    /// Goes past a comma; `false` where the end comes instead.
    fn goes_on(&mut self, end: u8, is_first: bool) -> Result<bool, Diagnostic> {
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if is_first => Ok(true),
            Some(b',') => {
                self.at += 1;
                match self.peek() {
                    Some(byte) if byte == end => self.error("trailing comma"),
                    Some(_) | None => Ok(true),
                }
            }
            Some(_) => self.error(&format!("expected `,` or `{}`", char::from(end))),
            None => self.error("the text ends too early"),
        }
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Placed>, Diagnostic> {
        self.at += 1;
        let mut items = Vec::new();
        while self.goes_on(b']', items.is_empty())? {
            items.push(self.value(depth)?);
        }
        Ok(items)
    }

    fn entries(&mut self, depth: usize) -> Result<Entries, Diagnostic> {
        self.at += 1;
        let mut entries = Entries::new();
        let mut is_first = true;
        while self.goes_on(b'}', is_first)? {
            is_first = false;
            if self.peek() != Some(b'"') {
                return self.error("a key is a string in double quotes");
            }
            let start = self.at;
            let name: String = self.scalar()?;
            let key = Span::new(start, self.at);
            if self.peek() != Some(b':') {
                return self.error("expected `:`");
            }
            self.at += 1;
            let value = self.value(depth)?;
            if entries.contains_key(&name) {
                self.at = start;
                return self.error(&format!("the key `{name}` is stated twice"));
            }
            if value.data != Data::Null {
                entries.insert(name, Entry { key, value });
            }
        }
        Ok(entries)
    }
}
