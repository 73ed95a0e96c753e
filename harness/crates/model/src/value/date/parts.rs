//! The parts of a moment, and how missing ones are filled.

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// Nanoseconds in a millisecond.
pub(super) const MILLI: i128 = 1_000_000;

/// Which end of what a date leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// The first millisecond: `gte` and `lt`.
    Down,
    /// The last millisecond: `gt` and `lte`.
    Up,
}

/// A date and time in parts; what the text leaves open is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) year: Option<i32>,
    pub(super) month: Option<u8>,
    pub(super) day: Option<u8>,
    pub(super) hour: Option<u8>,
    pub(super) minute: Option<u8>,
    pub(super) second: Option<u8>,
    pub(super) nanosecond: Option<u32>,
    /// Seconds east of UTC.
    pub(super) offset: Option<i32>,
}

impl Parts {
    /// Fills what is open: months and days with 1, the time by `rounding`.
    pub(super) fn nanos(&self, rounding: Rounding, zone: i32) -> Option<i128> {
        let (hour, minute, second, nano) = match rounding {
            Rounding::Down => (0, 0, 0, 0),
            Rounding::Up => (23, 59, 59, 999_999_999),
        };
        let month = Month::try_from(self.month.unwrap_or(1)).ok()?;
        let date =
            Date::from_calendar_date(self.year.unwrap_or(1970), month, self.day.unwrap_or(1))
                .ok()?;
        let time = Time::from_hms_nano(
            self.hour.unwrap_or(hour),
            self.minute.unwrap_or(minute),
            self.second.unwrap_or(second),
            self.nanosecond.unwrap_or(nano),
        );
        let offset = UtcOffset::from_whole_seconds(self.offset.unwrap_or(zone)).ok()?;
        Some(date.with_time(time.ok()?).assume_offset(offset).unix_timestamp_nanos())
    }
}

pub(super) fn moment(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}
