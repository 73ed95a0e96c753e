//! The rows of one rule's documents: roots and nested objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bits::Bits;
use harness_model::document::Document;

/// Which row belongs where, numbered over the documents in order.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// The row around each row; a root is its own parent.
    parents: Vec<usize>,
    /// The document of each row.
    documents: Vec<usize>,
    /// How many documents there are.
    count: usize,
    roots: Bits,
    nested: BTreeMap<Arc<str>, Bits>,
}

impl Rows {
    pub(crate) fn new(documents: &[Document]) -> Self {
        let size = documents.iter().map(|document| document.rows.len()).sum();
        let mut rows = Self { count: documents.len(), roots: Bits::none(size), ..Self::default() };
        for (number, document) in documents.iter().enumerate() {
            let base = rows.parents.len();
            for (at, row) in document.rows.iter().enumerate() {
                rows.parents.push(base + row.parent);
                rows.documents.push(number);
                match &row.path {
                    None => rows.roots.insert(base + at),
                    Some(path) => {
                        let of = rows.nested.entry(path.clone());
                        of.or_insert_with(|| Bits::none(size)).insert(base + at);
                    }
                }
            }
        }
        rows
    }

    /// How many rows there are.
    pub(crate) fn size(&self) -> usize {
        self.parents.len()
    }

    /// The root rows.
    pub(crate) fn roots(&self) -> &Bits {
        &self.roots
    }

    /// The rows of a nested field.
    pub(crate) fn of(&self, path: &str) -> Bits {
        self.nested.get(path).cloned().unwrap_or_else(|| Bits::none(self.size()))
    }

    /// The row of `universe` that a row is, or lies in.
    pub(crate) fn around(&self, mut row: usize, universe: &Bits) -> Option<usize> {
        while !universe.has(row) {
            let parent = self.parents[row];
            if parent == row {
                return None;
            }
            row = parent;
        }
        Some(row)
    }

    /// The documents of rows.
    pub(crate) fn documents(&self, rows: &Bits) -> Bits {
        if self.nested.is_empty() {
            return rows.clone();
        }
        Bits::of(self.count, rows.iter().map(|row| self.documents[row]))
    }
}
