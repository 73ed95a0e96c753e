//! Engines answer predicates over documents.
