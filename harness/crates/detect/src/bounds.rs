//! Bounds of detection.

use harness_source::limits;

/// At most so many combinations are formed in one case.
pub const MAX_COMBINATIONS: u64 = limits::VALUE_COMBINATIONS.most as u64;

/// So many values that events and indicators have in common are looked at.
pub const MAX_PAIRS: u64 = limits::INDICATOR_PAIRS.most as u64;
