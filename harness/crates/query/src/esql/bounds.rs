//! Bounds of the parser.

/// How deep expressions may nest.
pub const MAX_DEPTH: u16 = 100;

/// How deep queries may stand inside queries: subqueries and branches.
pub const MAX_QUERIES: u16 = 8;
