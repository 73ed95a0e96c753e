//! Bounds of analysis.

/// Tokens of more UTF-16 units than this are split.
pub(super) const MAX_TOKEN_UNITS: usize = 255;
