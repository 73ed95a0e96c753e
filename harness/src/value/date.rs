//! Dates: Elasticsearch's formats and date math, in milliseconds since 1970, UTC.
//!
//! See docs/semantics.md, "Dates".

mod layout;
mod math;

use serde_json::Value;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use layout::Layout;

/// A mapping's `format`: alternatives, the first that fits counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat {
    text: String,
    layouts: Vec<Layout>,
}

/// Which end of what a date leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// The first millisecond: `gte` and `lt`.
    Down,
    /// The last millisecond: `gt` and `lte`.
    Up,
}

/// A date, a format or a time zone that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// No alternative fits.
    #[error("failed to parse date field [{text}] with format [{format}]")]
    Unparsable {
        /// The text.
        text: String,
        /// The whole format.
        format: String,
    },
    /// The math after the date.
    #[error("`{0}` is not date math: expected such as `now-30d/d`")]
    Math(String),
    /// Beyond what milliseconds and the calendar hold.
    #[error("the date `{0}` is out of range")]
    OutOfRange(String),
    /// A format that the harness does not read.
    #[error("the date format `{0}` is not supported")]
    Format(String),
    /// A time zone that the harness does not read.
    #[error("the time zone `{0}` is not supported: use an offset such as +02:00")]
    Zone(String),
}

/// A date and time in parts; what the text leaves open is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Parts {
    year: Option<i32>,
    month: Option<u8>,
    day: Option<u8>,
    hour: Option<u8>,
    minute: Option<u8>,
    second: Option<u8>,
    nanosecond: Option<u32>,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

impl Parts {
    /// Fills what is open: months and days with 1, the time by `rounding`.
    fn millis(&self, rounding: Rounding, zone: i32) -> Option<i64> {
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
        let nanos = date.with_time(time.ok()?).assume_offset(offset).unix_timestamp_nanos();
        i64::try_from(nanos.div_euclid(1_000_000)).ok()
    }
}

impl DateFormat {
    /// Reads a mapping's format: alternatives separated by `||`.
    ///
    /// # Errors
    ///
    /// The first alternative that is not supported.
    pub fn parse(format: &str) -> Result<Self, DateError> {
        let layouts = format.split("||").map(|name| {
            Layout::parse(name.trim()).ok_or_else(|| DateError::Format(name.trim().to_owned()))
        });
        Ok(Self { text: format.to_owned(), layouts: layouts.collect::<Result<_, _>>()? })
    }

    /// A date of a document.
    ///
    /// # Errors
    ///
    /// What no alternative reads.
    pub fn from_json(&self, value: &Value) -> Result<i64, DateError> {
        match value {
            Value::String(text) => self.date(text, Rounding::Down, 0),
            Value::Number(_) => self.date(&value.to_string(), Rounding::Down, 0),
            other => Err(self.unparsable(&other.to_string())),
        }
    }

    /// A date of a query, with date math: `2026-01`, `now-30d/d`, `2026-01-05||+1M/d`.
    ///
    /// `now` is in milliseconds since 1970; `zone` is the time zone of dates
    /// that state none, UTC by default.
    ///
    /// # Errors
    ///
    /// What is no date, and dates beyond the calendar.
    pub fn resolve(
        &self,
        text: &str,
        now: i64,
        rounding: Rounding,
        zone: Option<&str>,
    ) -> Result<i64, DateError> {
        let zone = zone.map_or(Ok(0), zone_seconds)?;
        let (base, math) = match text.strip_prefix("now") {
            Some(math) => (now, math),
            None => {
                let (date, math) = text.split_once("||").unwrap_or((text, ""));
                // With math behind it, a date is a moment; only the last step rounds up.
                let filled = if math.is_empty() { rounding } else { Rounding::Down };
                (self.date(date, filled, zone)?, math)
            }
        };
        math::apply(base, math, rounding, zone).ok_or_else(|| DateError::Math(text.to_owned()))
    }

    fn date(&self, text: &str, rounding: Rounding, zone: i32) -> Result<i64, DateError> {
        let mut layouts = self.layouts.iter();
        layouts
            .find_map(|layout| layout.read(text, rounding, zone))
            .ok_or_else(|| self.unparsable(text))
    }

    fn unparsable(&self, text: &str) -> DateError {
        DateError::Unparsable { text: text.to_owned(), format: self.text.clone() }
    }
}

/// Seconds east of UTC.
fn zone_seconds(zone: &str) -> Result<i32, DateError> {
    match zone {
        "UTC" | "Zulu" | "Z" | "GMT" => Ok(0),
        other => layout::offset(other)
            .filter(|(_, rest)| rest.is_empty())
            .map(|(seconds, _)| seconds)
            .ok_or_else(|| DateError::Zone(other.to_owned())),
    }
}

/// A moment as ISO text with milliseconds, such as `2026-01-05T10:00:00.000Z`.
pub fn format_date(millis: i64) -> String {
    match moment(millis) {
        Some(at) => format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        ),
        None => format!("{millis} ms"),
    }
}

fn moment(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}

/// Whether dynamic mapping makes a date of a string.
pub fn is_dynamic_date(text: &str) -> bool {
    let dynamic = [
        "strict_date_optional_time",
        "yyyy/MM/dd HH:mm:ss Z",
        "yyyy/MM/dd Z",
        "yyyy/MM/dd HH:mm:ss",
        "yyyy/MM/dd",
    ];
    let digits = text.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    // A bare year looks like a number and stays a string.
    digits
        && text.len() >= 8
        && dynamic.iter().any(|name| {
            Layout::parse(name).is_some_and(|layout| layout.read(text, Rounding::Down, 0).is_some())
        })
}

#[cfg(test)]
mod tests;
