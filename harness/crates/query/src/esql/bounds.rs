//! Bounds of the parser.

use harness_source::limits;

/// How deep expressions may nest.
pub const MAX_DEPTH: u16 = 100;

/// How deep queries may stand inside queries: subqueries and branches.
pub const MAX_QUERIES: u16 = 8;
const _: () = assert!(MAX_QUERIES as usize == limits::ESQL_QUERIES.most, "the table has it");
