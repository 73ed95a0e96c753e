//! Bounds of the parser.

use harness_source::limits;

/// How deep expressions may nest.
pub const MAX_DEPTH: usize = limits::EQL_DEPTH.most;
