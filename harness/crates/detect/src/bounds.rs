//! Bounds of detection.

use harness_source::limits;

/// At most so many combinations are formed in one case.
pub fn max_combinations() -> u64 {
    limits::VALUE_COMBINATIONS.now() as u64
}

/// So many values that events and indicators have in common are looked at.
pub fn max_pairs() -> u64 {
    limits::INDICATOR_PAIRS.now() as u64
}
