//! Dates: Elasticsearch's formats and date math, in milliseconds or nanoseconds
//! since 1970, UTC.
//!
//! See docs/semantics.md, "Dates".

mod layout;
mod math;
mod parts;

use serde_json::Value;

use layout::Layout;
pub use parts::Rounding;
use parts::{MILLI, Parts, moment};

/// The format of a date field whose mapping names none.
pub const DEFAULT_DATE_FORMAT: &str = "strict_date_optional_time||epoch_millis";

/// A mapping's `format`: alternatives, the first that fits counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat {
    text: String,
    layouts: Vec<Layout>,
    resolution: Resolution,
}

/// What dates are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resolution {
    /// Milliseconds: `date`.
    #[default]
    Millis,
    /// Nanoseconds, from 1970 on: `date_nanos`.
    Nanos,
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
        let layouts = layouts.collect::<Result<_, _>>()?;
        Ok(Self { text: format.to_owned(), layouts, resolution: Resolution::Millis })
    }

    /// The same, counting in another unit.
    #[must_use]
    pub fn with(self, resolution: Resolution) -> Self {
        Self { resolution, ..self }
    }

    /// A date of a document, in the format's unit.
    ///
    /// # Errors
    ///
    /// What no alternative reads.
    pub fn from_json(&self, value: &Value) -> Result<i64, DateError> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) => value.to_string(),
            other => return Err(self.unparsable(&other.to_string())),
        };
        let nanos = self.date(&text, Rounding::Down, 0)?;
        let counted = match self.resolution {
            Resolution::Millis => nanos.div_euclid(MILLI),
            Resolution::Nanos => nanos,
        };
        let held = i64::try_from(counted).ok();
        // Nanoseconds begin in 1970.
        let held = held.filter(|at| *at >= 0 || self.resolution == Resolution::Millis);
        held.ok_or(DateError::OutOfRange(text))
    }

    /// A date of a query, with date math: `2026-01`, `now-30d/d`, `2026-01-05||+1M/d`.
    ///
    /// `now` is in milliseconds since 1970; `zone` is the time zone of dates
    /// that state none, UTC by default. The answer is in the format's unit.
    ///
    /// # Errors
    ///
    /// What is no date, and dates beyond the calendar or the unit.
    pub fn resolve(
        &self,
        text: &str,
        now: i64,
        rounding: Rounding,
        zone: Option<&str>,
    ) -> Result<i64, DateError> {
        let zone = zone.map_or(Ok(0), zone_seconds)?;
        let (base, math) = match text.strip_prefix("now") {
            Some(math) => (i128::from(now) * MILLI, math),
            None => {
                let (date, math) = text.split_once("||").unwrap_or((text, ""));
                // With math after it, a date is a moment; only the last step rounds up.
                let filled = if math.is_empty() { rounding } else { Rounding::Down };
                (self.date(date, filled, zone)?, math)
            }
        };
        let error = || DateError::Math(text.to_owned());
        let millis = i64::try_from(base.div_euclid(MILLI)).map_err(|_| error())?;
        let millis = math::apply(millis, math, rounding, zone).ok_or_else(error)?;
        if self.resolution == Resolution::Millis {
            return Ok(millis);
        }
        // Rounding is to whole milliseconds, up to the last of a unit.
        let below = if math.contains('/') { 0 } else { base.rem_euclid(MILLI) };
        let nanos = i128::from(millis) * MILLI + below;
        let held = i64::try_from(nanos).ok().filter(|nanos| *nanos >= 0);
        held.ok_or_else(|| DateError::OutOfRange(text.to_owned()))
    }

    fn date(&self, text: &str, rounding: Rounding, zone: i32) -> Result<i128, DateError> {
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

/// A moment in nanoseconds as ISO text with all of them.
pub fn format_nanos(nanos: i64) -> String {
    let seconds = format_date(nanos.div_euclid(1_000_000));
    let (seconds, _) = seconds.split_once('.').unwrap_or((&seconds, ""));
    format!("{seconds}.{:09}Z", nanos.rem_euclid(1_000_000_000))
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

/// A length of time in words, by its two largest units.
pub fn span_text(millis: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")];
    let mut rest = millis;
    let mut parts = Vec::new();
    for (length, unit) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        }
    }
    if rest > 0 || parts.is_empty() {
        parts.push(format!("{rest} ms"));
    }
    parts.truncate(2);
    parts.join(" ")
}

/// The format of the date that dynamic mapping makes of a string, where it does.
pub fn dynamic_date_format(text: &str) -> Option<&'static str> {
    const ISO: &str = "strict_date_optional_time";
    const SLASHES: &str = "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis";
    let dynamic = [
        (ISO, DEFAULT_DATE_FORMAT),
        ("yyyy/MM/dd HH:mm:ss Z", SLASHES),
        ("yyyy/MM/dd Z", SLASHES),
        ("yyyy/MM/dd HH:mm:ss", SLASHES),
        ("yyyy/MM/dd", SLASHES),
    ];
    // A bare year looks like a number and stays a string.
    if text.len() < 8 || !text.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let reads = |name: &str| {
        Layout::parse(name).is_some_and(|layout| layout.read(text, Rounding::Down, 0).is_some())
    };
    dynamic.iter().find(|(name, _)| reads(name)).map(|(_, format)| *format)
}

#[cfg(test)]
mod tests;
