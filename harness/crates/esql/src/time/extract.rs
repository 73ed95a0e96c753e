//! `DATE_EXTRACT`: one part of a moment, by the name of Java's `ChronoField`.

use super::{Civil, split};

/// The part of a moment, or `None` for a name that is no part of one.
pub fn part(name: &str, millis: i64) -> Option<i64> {
    let (day, time) = split(millis);
    let civil = Civil::from_days(day);
    let weekday = (day + 3).rem_euclid(7) + 1;
    let hour = time / 3_600_000;
    Some(match name.to_ascii_lowercase().as_str() {
        "nano_of_second" => time % 1_000 * 1_000_000,
        "nano_of_day" => time * 1_000_000,
        "micro_of_second" => time % 1_000 * 1_000,
        "micro_of_day" => time * 1_000,
        "milli_of_second" => time % 1_000,
        "milli_of_day" => time,
        "second_of_minute" => time / 1_000 % 60,
        "second_of_day" => time / 1_000,
        "minute_of_hour" => time / 60_000 % 60,
        "minute_of_day" => time / 60_000,
        "hour_of_ampm" => hour % 12,
        "clock_hour_of_ampm" => (hour + 11) % 12 + 1,
        "hour_of_day" => hour,
        "clock_hour_of_day" => (hour + 23) % 24 + 1,
        "ampm_of_day" => hour / 12,
        "day_of_week" => weekday,
        "aligned_day_of_week_in_month" => (civil.day - 1) % 7 + 1,
        "aligned_day_of_week_in_year" => (civil.day_of_year() - 1) % 7 + 1,
        "day_of_month" => civil.day,
        "day_of_year" => civil.day_of_year(),
        "epoch_day" => day,
        "aligned_week_of_month" => (civil.day - 1) / 7 + 1,
        "aligned_week_of_year" => (civil.day_of_year() - 1) / 7 + 1,
        "month_of_year" => civil.month,
        "proleptic_month" => civil.months(),
        "year_of_era" => {
            if civil.year > 0 {
                civil.year
            } else {
                1 - civil.year
            }
        }
        "year" => civil.year,
        "era" => i64::from(civil.year > 0),
        "instant_seconds" => millis.div_euclid(1_000),
        "offset_seconds" => 0,
        _ => return None,
    })
}
