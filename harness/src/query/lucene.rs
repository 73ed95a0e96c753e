//! lucene
