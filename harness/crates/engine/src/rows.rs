//! Rows of all documents: roots and nested objects, numbered as indexed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::EngineError;
use harness_model::document::Document;

/// Which row belongs where.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The row around each row; a root is its own parent.
    parents: Vec<u32>,
    /// The document of each row.
    documents: Vec<u32>,
    /// The root rows.
    pub(super) roots: RoaringBitmap,
    /// The rows of each nested field.
    nested: BTreeMap<Arc<str>, RoaringBitmap>,
}

impl Rows {
    pub(super) fn new(documents: &[Document]) -> Result<Self, EngineError> {
        let mut rows = Self::default();
        for (number, document) in (0..).zip(documents) {
            let base = rows.count()?;
            for (row, at) in document.rows.iter().zip(base..) {
                let parent =
                    u32::try_from(row.parent).map_err(|_| EngineError::TooManyDocuments)?;
                rows.parents.push(base + parent);
                rows.documents.push(number);
                match &row.path {
                    None => rows.roots.insert(at),
                    Some(path) => rows.nested.entry(path.clone()).or_default().insert(at),
                };
            }
        }
        rows.count()?;
        Ok(rows)
    }

    pub(super) fn count(&self) -> Result<u32, EngineError> {
        u32::try_from(self.parents.len()).map_err(|_| EngineError::TooManyDocuments)
    }

    /// The rows of a nested field.
    pub(super) fn of(&self, path: &str) -> RoaringBitmap {
        self.nested.get(path).cloned().unwrap_or_default()
    }

    /// The rows of `universe` that lie around one of `inner`.
    pub(super) fn around(&self, inner: &RoaringBitmap, universe: &RoaringBitmap) -> RoaringBitmap {
        let mut around = RoaringBitmap::new();
        for mut row in inner {
            while !universe.contains(row) {
                let parent = self.parents[row as usize];
                if parent == row {
                    break;
                }
                row = parent;
            }
            if universe.contains(row) {
                around.insert(row);
            }
        }
        around
    }

    /// Root rows as document numbers.
    pub(super) fn documents(&self, roots: &RoaringBitmap) -> RoaringBitmap {
        if self.nested.is_empty() {
            return roots.clone();
        }
        roots.iter().map(|row| self.documents[row as usize]).collect()
    }

    /// The rows of a range of documents.
    pub(super) fn of_documents(&self, documents: &Range<u32>) -> Range<u32> {
        let first = |document: u32| {
            let at = self.documents.partition_point(|other| *other < document);
            u32::try_from(at).unwrap_or(u32::MAX)
        };
        first(documents.start)..first(documents.end)
    }

    /// Position of a row inside its document.
    pub(super) fn position(&self, row: u32) -> (usize, usize) {
        let document = self.documents[row as usize];
        let first = self.documents.partition_point(|other| *other < document);
        (document as usize, row as usize - first)
    }
}
