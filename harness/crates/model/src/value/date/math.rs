//! Date math: `+1M`, `-30d`, `/d`.

use time::{Date, Duration, Month, OffsetDateTime, Time};

use super::{Rounding, moment};

/// Applies date math to a moment; `None` when it is malformed or leaves the calendar.
pub(super) fn apply(base: i64, math: &str, rounding: Rounding, zone: i32) -> Option<i64> {
    let mut at = base;
    let mut rest = math;
    while let Some(operator) = rest.chars().next() {
        rest = &rest[operator.len_utf8()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = match (operator, digits) {
            (_, 0) => 1,
            _ => rest[..digits].parse::<i64>().ok()?,
        };
        rest = &rest[digits..];
        let unit = rest.chars().next()?;
        rest = &rest[unit.len_utf8()..];
        at = match operator {
            '+' => add(at, number, unit)?,
            '-' => add(at, number.checked_neg()?, unit)?,
            // Only to single units: `/1d` is `/d`, `/2d` is nothing.
            '/' if number == 1 => round(at, unit, rounding, zone)?,
            _ => return None,
        };
    }
    Some(at)
}

fn add(at: i64, number: i64, unit: char) -> Option<i64> {
    let millis = match unit {
        'w' => 7 * 86_400_000,
        'd' => 86_400_000,
        'h' | 'H' => 3_600_000,
        'm' => 60_000,
        's' => 1000,
        'M' | 'y' => {
            let months = if unit == 'y' { number.checked_mul(12)? } else { number };
            return add_months(at, months);
        }
        _ => return None,
    };
    let sum = at.checked_add(number.checked_mul(millis)?)?;
    moment(sum).map(|_| sum)
}

fn add_months(at: i64, months: i64) -> Option<i64> {
    let moment = moment(at)?;
    let index = i64::from(moment.year()) * 12 + i64::from(u8::from(moment.month())) - 1;
    let index = index.checked_add(months)?;
    let year = i32::try_from(index.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(index.rem_euclid(12) + 1).ok()?).ok()?;
    let day = moment.day().min(month.length(year));
    to_millis(moment.replace_date(Date::from_calendar_date(year, month, day).ok()?))
}

/// The first or the last millisecond of the unit around `at`, in the time zone.
fn round(at: i64, unit: char, rounding: Rounding, zone: i32) -> Option<i64> {
    let shift = i64::from(zone) * 1000;
    let local = moment(at.checked_add(shift)?)?;
    let midnight = |date: Date| date.with_time(Time::MIDNIGHT).assume_utc();
    let date = local.date();
    let start = match unit {
        'y' => midnight(Date::from_calendar_date(date.year(), Month::January, 1).ok()?),
        'M' => midnight(date.replace_day(1).ok()?),
        'w' => {
            let back = i64::from(date.weekday().number_days_from_monday());
            midnight(date.checked_sub(Duration::days(back))?)
        }
        'd' => midnight(date),
        'h' | 'H' => midnight(date).checked_add(Duration::hours(local.hour().into()))?,
        'm' => local.replace_second(0).ok()?.replace_nanosecond(0).ok()?,
        's' => local.replace_nanosecond(0).ok()?,
        _ => return None,
    };
    let start = to_millis(start)?;
    let rounded = match rounding {
        Rounding::Down => start,
        Rounding::Up => add(start, 1, unit)?.checked_sub(1)?,
    };
    rounded.checked_sub(shift)
}

fn to_millis(moment: OffsetDateTime) -> Option<i64> {
    i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}
