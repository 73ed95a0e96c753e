//! The calendar: moments in milliseconds since 1970, UTC.
//!
//! All arithmetic is checked: a result beyond the calendar is `None`.

pub mod bucket;
pub mod diff;
pub mod extract;
pub mod pattern;

use super::amount::Amount;
use harness_model::value::DateFormat;

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

/// The last year of Java's calendar.
const MAX_YEAR: i64 = 999_999_999;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year; 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
}

impl Civil {
    /// The day that is `days` after 1970-01-01.
    pub fn from_days(days: i64) -> Self {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month, day }
    }

    /// Days after 1970-01-01.
    pub fn to_days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted = (self.month + 9) % 12;
        let day_of_year = (153 * shifted + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// Its midnight in milliseconds since 1970, where they are so many.
    pub fn to_millis(self) -> Option<i64> {
        // Beyond that the days themselves might overflow.
        (self.year.abs() <= MAX_YEAR).then(|| self.to_days())?.checked_mul(DAY)
    }

    /// Months since January of year 0.
    pub fn months(self) -> i64 {
        self.year * 12 + self.month - 1
    }

    /// The first day of a month counted as [`Civil::months`] does.
    pub fn from_months(months: i64) -> Self {
        Self { year: months.div_euclid(12), month: months.rem_euclid(12) + 1, day: 1 }
    }

    /// Whether its year has 366 days.
    pub fn is_leap(self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    /// How many days its month has.
    pub fn month_length(self) -> i64 {
        match self.month {
            2 => 28 + i64::from(self.is_leap()),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// 1 to 366.
    pub fn day_of_year(self) -> i64 {
        self.to_days() - Self { month: 1, day: 1, ..self }.to_days() + 1
    }
}

/// The day of a moment, and the milliseconds since its midnight.
pub fn split(millis: i64) -> (i64, i64) {
    (millis.div_euclid(DAY), millis.rem_euclid(DAY))
}

/// Why a sum of a moment and an amount is none, as Java says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfCalendar(pub String);

/// A moment moved by an amount: months first, the end of the month held, then days.
///
/// # Errors
///
/// A result beyond the calendar.
pub fn add(millis: i64, amount: Amount, negative: bool) -> Result<i64, OutOfCalendar> {
    let overflow = || OutOfCalendar("java.lang.ArithmeticException: long overflow".to_owned());
    let sign = if negative { -1 } else { 1 };
    match amount {
        Amount::Duration { millis: delta } => {
            delta.checked_mul(sign).and_then(|delta| millis.checked_add(delta)).ok_or_else(overflow)
        }
        Amount::Period { months, days } => {
            let (day, time) = split(millis);
            let start = Civil::from_days(day);
            let months = months
                .checked_mul(sign)
                .and_then(|m| m.checked_add(start.months()))
                .ok_or_else(overflow)?;
            let first = Civil::from_months(months);
            if first.year.abs() > MAX_YEAR {
                return Err(OutOfCalendar(format!(
                    "java.time.DateTimeException: Invalid value for Year (valid values -999999999 - 999999999): {}",
                    first.year
                )));
            }
            let moved = Civil { day: start.day.min(first.month_length()), ..first };
            days.checked_mul(sign)
                .and_then(|days| days.checked_add(moved.to_days()))
                .and_then(|days| days.checked_mul(DAY))
                .and_then(|millis| millis.checked_add(time))
                .ok_or_else(overflow)
        }
    }
}

/// Reads `strict_date_optional_time`.
///
/// # Errors
///
/// Why it is none, as Elasticsearch says it.
pub fn parse_iso(text: &str) -> Result<i64, String> {
    const FORMAT: &str = "strict_date_optional_time";
    let error = || format!("failed to parse date field [{text}] with format [{FORMAT}]");
    let format = DateFormat::parse(FORMAT).map_err(|_| error())?;
    format.from_json(&serde_json::Value::String(text.to_owned())).map_err(|_| error())
}

/// Nanoseconds since 1970 of ISO text.
///
/// # Errors
///
/// Text that is no date.
pub fn parse_iso_nanos(text: &str) -> Result<i128, String> {
    let millis = parse_iso(text)?;
    // Milliseconds have been read; six further digits may follow them.
    let clock = text.split_once('T').map_or("", |(_, clock)| clock);
    let fraction = clock.split_once(['.', ',']).map_or("", |(_, fraction)| fraction);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).skip(3).take(6);
    let (mut below, mut unit) = (0_i128, 100_000_i128);
    for digit in digits {
        below += i128::from(digit - b'0') * unit;
        unit /= 10;
    }
    Ok(i128::from(millis) * 1_000_000 + below)
}

/// ISO text with milliseconds.
pub fn format_millis(millis: i64) -> String {
    let (day, time) = split(millis);
    let civil = Civil::from_days(day);
    let (seconds, milli) = (time / 1000, time % 1000);
    format!("{}T{}.{milli:03}Z", date_text(civil), clock_text(seconds))
}

/// ISO text with nanoseconds.
pub fn format_nanos(nanos: i64) -> String {
    let (day, time) = split(nanos.div_euclid(1_000_000));
    let seconds = time / 1000;
    let nano = nanos.rem_euclid(1_000_000_000);
    format!("{}T{}.{nano:09}Z", date_text(Civil::from_days(day)), clock_text(seconds))
}

fn date_text(civil: Civil) -> String {
    let Civil { year, month, day } = civil;
    match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        year if year < 0 => format!("-{:04}-{month:02}-{day:02}", -year),
        year => format!("+{year}-{month:02}-{day:02}"),
    }
}

fn clock_text(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Milliseconds and months of a unit of time, or `None` for an unknown one.
pub fn amount(count: i64, unit: &str) -> Option<Amount> {
    let duration = |millis: i64| Some(Amount::Duration { millis: count.checked_mul(millis)? });
    let period = |months: i64, days: i64| {
        let (months, days) = (count.checked_mul(months)?, count.checked_mul(days)?);
        Some(Amount::Period { months, days })
    };
    match unit.to_ascii_lowercase().as_str() {
        "millisecond" | "milliseconds" | "ms" => duration(1),
        "second" | "seconds" | "sec" | "s" => duration(1_000),
        "minute" | "minutes" | "min" | "m" => duration(60_000),
        "hour" | "hours" | "h" => duration(3_600_000),
        "day" | "days" | "d" => period(0, 1),
        "week" | "weeks" | "w" => period(0, 7),
        "month" | "months" | "mo" => period(1, 0),
        "quarter" | "quarters" | "q" => period(3, 0),
        "year" | "years" | "yr" | "y" => period(12, 0),
        _ => None,
    }
}

/// Reads an amount such as `3 days` or `5m`.
pub fn parse_amount(text: &str) -> Option<Amount> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    amount(text[..end].parse().ok()?, text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (-800_000..800_000).step_by(997) {
            assert_eq!(Civil::from_days(days).to_days(), days);
        }
        assert_eq!(Civil::from_days(0), Civil { year: 1970, month: 1, day: 1 });
        assert_eq!(Civil::from_days(-1), Civil { year: 1969, month: 12, day: 31 });
        assert_eq!(Civil::from_days(11_016), Civil { year: 2000, month: 2, day: 29 });
    }

    #[test]
    fn sums_hold_the_end_of_the_month() {
        let check = |from: &str, count, unit, to: &str| {
            let from = parse_iso(from).expect("a date");
            let sum = add(from, amount(count, unit).expect("a unit"), false).expect("in range");
            assert_eq!(format_millis(sum), to);
        };
        check("2024-01-31", 1, "month", "2024-02-29T00:00:00.000Z");
        check("2024-02-29T10:00:00Z", 1, "year", "2025-02-28T10:00:00.000Z");
        check("2024-03-01", -1, "day", "2024-02-29T00:00:00.000Z");
        check("1969-12-31T23:59:59Z", 1, "ms", "1969-12-31T23:59:59.001Z");
        assert!(add(0, Amount::Period { months: 12 * 2_147_483_647, days: 0 }, false).is_err());
        assert!(add(i64::MAX, Amount::Duration { millis: 1 }, false).is_err());
    }
}
