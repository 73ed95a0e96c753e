//! What reading a row gives.

use std::sync::Arc;

use serde_json::Value;

use super::super::Answer;
use super::indices::IndexId;

/// A scalar that is handed out.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'r> {
    /// A string.
    Text(&'r str),
    /// Something else.
    Other(&'r Value),
}

impl Scalar<'_> {
    /// The same as a value of its own.
    pub fn value(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.to_owned()),
            Self::Other(value) => value.clone(),
        }
    }
}

/// A row that was read.
#[derive(Debug)]
pub struct Row {
    /// What it fulfils.
    pub answer: Arc<Answer>,
    /// The index, stated or made from the data stream.
    pub index: IndexId,
    /// Whether the object is the document, without an id or an index of its own.
    pub is_plain: bool,
}
