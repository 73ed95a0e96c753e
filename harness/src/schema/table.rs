//! The embedded table.
