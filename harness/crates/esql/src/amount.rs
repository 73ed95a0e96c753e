//! Amounts of time, as queries state them.

/// An amount of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Calendar months and days.
    Period {
        /// Months.
        months: i64,
        /// Days.
        days: i64,
    },
    /// Milliseconds.
    Duration {
        /// Milliseconds.
        millis: i64,
    },
}
