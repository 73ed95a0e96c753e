//! Intervals of numbers, moments and addresses.

/// An inclusive interval; empty when `low > high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interval<T> {
    /// The smallest value inside.
    pub low: T,
    /// The greatest value inside.
    pub high: T,
}

impl<T: PartialOrd + Copy> Interval<T> {
    /// Whether `value` lies inside.
    pub fn contains(&self, value: T) -> bool {
        self.low <= value && value <= self.high
    }
}
