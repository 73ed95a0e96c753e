//! Nothing: the crate is its test target, `rules.rs`.
