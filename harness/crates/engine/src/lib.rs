//! Engines answer predicates over documents.
//!
//! [`Engine`] is what the rest of the harness sees: predicates in, sets of
//! documents out. [`embedded`] is the engine of tests, coverage and mutants; it
//! alone knows tantivy; the crate of clusters has the other. Every engine equals [`harness_predicate::eval`] on every
//! predicate and document.

pub mod embedded;
mod fields;
mod leaves;
mod rows;
pub mod stream;

use std::ops::Range;

use roaring::RoaringBitmap;

use harness_predicate::{Leaf, Predicate};

/// Answers predicates over a fixed set of documents, numbered from zero.
pub trait Engine {
    /// The documents that fulfil each predicate, in the order of the predicates.
    ///
    /// # Errors
    ///
    /// When the engine cannot answer; never instead of an empty answer.
    fn select(&self, predicates: &[&Predicate]) -> Result<Vec<RoaringBitmap>, EngineError>;

    /// The rows that pass each leaf, of the documents asked for with it. Rows
    /// are numbered from zero over these documents, in order, nested objects
    /// included.
    ///
    /// # Errors
    ///
    /// As [`Self::select`].
    fn rows(&self, leaves: &[(&Leaf, Range<u32>)]) -> Result<Vec<Vec<u32>>, EngineError>;
}

/// The engine could not answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The embedded index failed.
    #[error("the embedded index failed: {0}")]
    Index(#[from] tantivy::TantivyError),
    /// Reading the index's dictionaries failed.
    #[error("the embedded index failed: {0}")]
    Read(#[from] std::io::Error),
    /// The engine behind it did not answer; why is its own error.
    #[error(transparent)]
    Remote(Box<dyn std::error::Error + Send + Sync>),
    /// More documents than fit 32-bit numbers.
    #[error("too many documents for one index")]
    TooManyDocuments,
}
