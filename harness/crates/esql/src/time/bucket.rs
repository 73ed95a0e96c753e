//! `DATE_TRUNC` and `BUCKET` on dates: the start of the interval that holds a moment.

use super::super::value::Amount;
use super::{Civil, DAY, split};

/// How moments are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Calendar weeks, from Monday.
    Week,
    /// So many calendar months, counted from January of year 1.
    Months(i64),
    /// So many milliseconds, counted from 1970.
    Fixed(i64),
}

impl Interval {
    /// The grouping by an amount; `None` when it is zero, negative or of mixed units.
    pub fn of(amount: Amount) -> Option<Self> {
        match amount {
            Amount::Duration { millis } if millis > 0 => Some(Self::Fixed(millis)),
            Amount::Period { months: 0, days: 7 } => Some(Self::Week),
            Amount::Period { months: 0, days } if days > 0 => {
                days.checked_mul(DAY).map(Self::Fixed)
            }
            Amount::Period { months, days: 0 } if months > 0 => Some(Self::Months(months)),
            Amount::Duration { .. } | Amount::Period { .. } => None,
        }
    }

    /// The start of the group of a moment; `None` where that is out of range.
    pub fn floor(self, millis: i64) -> Option<i64> {
        match self {
            Self::Fixed(size) => millis.checked_sub(millis.rem_euclid(size)),
            Self::Week => {
                let (day, _) = split(millis);
                // 1970-01-01 was a Thursday.
                (day - (day + 3).rem_euclid(7)).checked_mul(DAY)
            }
            Self::Months(size) => {
                let (day, _) = split(millis);
                let months = Civil::from_days(day).months() - 12;
                let start = months.checked_sub(months.rem_euclid(size))?.checked_add(12)?;
                Civil::from_months(start).to_millis()
            }
        }
    }

    /// The finest grouping that has at most `count` groups from `from` to `to`.
    pub fn automatic(count: i64, from: i64, to: i64) -> Self {
        const HOUR: i64 = 3_600_000;
        const SECOND: i64 = 1_000;
        let fine = [1, 10, 50, 100, SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, 60 * SECOND];
        let coarse = [
            Self::Fixed(5 * 60 * SECOND),
            Self::Fixed(10 * 60 * SECOND),
            Self::Fixed(30 * 60 * SECOND),
            Self::Fixed(HOUR),
            Self::Fixed(3 * HOUR),
            Self::Fixed(12 * HOUR),
            Self::Fixed(DAY),
            Self::Week,
            Self::Months(1),
        ];
        let mut candidates = fine.into_iter().map(Self::Fixed).chain(coarse);
        candidates
            .find(|interval| interval.spans_at_most(count, from, to))
            .unwrap_or(Self::Months(12))
    }

    fn spans_at_most(self, count: i64, from: i64, to: i64) -> bool {
        let start = self.floor(from).unwrap_or(i64::MIN);
        let steps = match self {
            Self::Fixed(size) => to.saturating_sub(start).div_euclid(size),
            Self::Week => to.saturating_sub(start).div_euclid(7 * DAY),
            Self::Months(size) => {
                let months = |millis| Civil::from_days(split(millis).0).months();
                (months(to) - months(start)).div_euclid(size)
            }
        };
        steps < count
    }
}

#[cfg(test)]
mod tests {
    use super::super::{amount, format_millis, parse_iso};
    use super::*;

    /// Truncates and prints the day.
    fn check(count: i64, unit: &str, moment: &str, expected: &str) {
        let interval = Interval::of(amount(count, unit).expect("a unit")).expect("an interval");
        let floor = interval.floor(parse_iso(moment).expect("a date")).expect("in range");
        let floor = format_millis(floor);
        assert_eq!(floor, expected, "{count} {unit} {moment}");
    }

    #[test]
    fn weeks_begin_on_monday_and_days_at_midnight() {
        check(1, "week", "2024-01-03T10:00:00Z", "2024-01-01T00:00:00.000Z");
        check(7, "days", "2024-01-07T10:00:00Z", "2024-01-01T00:00:00.000Z");
        check(1, "day", "1969-12-31T01:00:00Z", "1969-12-31T00:00:00.000Z");
        check(1, "quarter", "2024-06-30", "2024-04-01T00:00:00.000Z");
    }

    #[test]
    fn months_are_counted_from_year_one_and_hours_from_1970() {
        check(7, "years", "1967-01-01", "1961-01-01T00:00:00.000Z");
        check(7, "months", "1970-11-30", "1970-05-01T00:00:00.000Z");
        check(240, "hours", "1985-02-18", "1985-02-11T00:00:00.000Z");
    }

    #[test]
    fn the_ends_of_time_overflow_nothing() {
        let all = [Interval::Week, Interval::Months(1), Interval::Months(i64::MAX)];
        for interval in all.into_iter().chain([7, 120_000, i64::MAX].map(Interval::Fixed)) {
            for moment in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX] {
                assert!(interval.floor(moment).is_none_or(|start| start <= moment), "{interval:?}");
                let automatic = Interval::automatic(20, i64::MIN, moment);
                assert!(automatic.floor(0).is_some());
            }
            assert_eq!(interval.floor(i64::MIN), None, "{interval:?}");
        }
    }

    #[test]
    fn amounts_that_group_nothing() {
        for bad in [
            Amount::Duration { millis: 0 },
            Amount::Period { months: 0, days: -1 },
            Amount::Period { months: 1, days: 1 },
        ] {
            assert_eq!(Interval::of(bad), None);
        }
    }
}
