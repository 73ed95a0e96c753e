//! Analyzers and patterns: what Lucene and Java make of text.

pub mod analysis;
pub mod pattern;
