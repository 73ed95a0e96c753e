//! Data with its place in the rule's file.

use crate::data::Places;
use crate::read::{Node, Read};
use harness_source::span::Span;

/// Data with its place in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located<T> {
    /// The data.
    pub value: T,
    /// Its bytes in the rule's file, quotes included.
    pub span: Span,
}

impl<T> std::ops::Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Read> Read for Located<T> {
    fn read(node: Node<'_>) -> Option<Self> {
        let span = node.span;
        Some(Self { value: T::read(node)?, span })
    }
}

/// The text of a query and where it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryText {
    /// The query.
    pub text: String,
    /// Its bytes in the rule's file, quotes included.
    pub span: Span,
    /// Where the query's first byte stands in the file, where all others follow; `None`
    /// where escapes or indentation come between.
    pub offset: Option<usize>,
    /// Where its parts stand then.
    places: Places,
}

impl QueryText {
    /// The place in the file of a part of the query; all of the string where it is not
    /// known.
    pub fn locate(&self, part: Span) -> Span {
        match self.offset {
            Some(offset) => Span::new(offset + part.start, offset + part.end),
            None => self.places.locate(part).unwrap_or(self.span),
        }
    }
}

impl Read for QueryText {
    fn read(node: Node<'_>) -> Option<Self> {
        let (span, raw) = (node.span, node.span.of(node.text));
        let text = String::read(node)?;
        let quotes = if raw.starts_with("'''") || raw.starts_with("\"\"\"") { 3 } else { 1 };
        let mut body = raw.get(quotes..).unwrap_or_default();
        if quotes == 3 {
            // TOML drops the newline after the opening quotes.
            body = body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n')).unwrap_or(body);
        }
        let offset = body.starts_with(text.as_str()).then_some(span.end - body.len());
        let places = match offset {
            Some(_) => None,
            None => Places::find(raw, span.start, &text),
        };
        Some(Self { text, span, offset, places: places.unwrap_or_default() })
    }
}
