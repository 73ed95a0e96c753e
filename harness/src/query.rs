//! The query languages: text → tree with spans, and back.

pub mod dsl;
pub mod kql;
pub mod lucene;
pub mod eql;
