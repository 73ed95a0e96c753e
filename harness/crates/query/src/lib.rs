//! The query languages: text → tree with spans, and back.

pub mod dsl;
pub mod eql;
pub mod esql;
pub mod kql;
pub mod lucene;
