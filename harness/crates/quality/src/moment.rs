//! When rules are taken to run that are asked about without cases.

/// 2026-01-01, in milliseconds since 1970.
pub(crate) const NOW: i64 = 1_767_225_600_000;
