//! `DATE_DIFF`: whole units from one moment to another, toward zero.

use super::{Civil, split};

/// A unit to count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many calendar months.
    Months(i64),
    /// So many nanoseconds.
    Nanos(i64),
}

impl Unit {
    /// A unit by its name or alias, in any case.
    pub fn by_name(name: &str) -> Option<Self> {
        const MILLI: i64 = 1_000_000;
        const DAY: i64 = super::DAY * MILLI;
        Some(match name.to_lowercase().as_str() {
            "year" | "years" | "yyyy" | "yy" => Self::Months(12),
            "quarter" | "quarters" | "qq" | "q" => Self::Months(3),
            "month" | "months" | "mm" | "m" => Self::Months(1),
            "dayofyear" | "dy" | "y" | "day" | "days" | "dd" | "d" | "weekday" | "weekdays"
            | "dw" => Self::Nanos(DAY),
            "week" | "weeks" | "wk" | "ww" => Self::Nanos(7 * DAY),
            "hour" | "hours" | "hh" => Self::Nanos(3_600_000 * MILLI),
            "minute" | "minutes" | "mi" | "n" => Self::Nanos(60_000 * MILLI),
            "second" | "seconds" | "ss" | "s" => Self::Nanos(1_000 * MILLI),
            "millisecond" | "milliseconds" | "ms" => Self::Nanos(MILLI),
            "microsecond" | "microseconds" | "mcs" => Self::Nanos(1_000),
            "nanosecond" | "nanoseconds" | "ns" => Self::Nanos(1),
            _ => return None,
        })
    }

    /// Whole units from `start` to `end`, both in nanoseconds.
    pub fn between(self, start: i128, end: i128) -> i128 {
        match self {
            Self::Nanos(size) => (end - start) / i128::from(size),
            Self::Months(size) => whole_months(start, end) / i128::from(size),
        }
    }
}

fn whole_months(start: i128, end: i128) -> i128 {
    let parts = |nanos: i128| {
        let millis = i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(0);
        let (day, _) = split(millis);
        let civil = Civil::from_days(day);
        let start = i128::from(Civil { day: 1, ..civil }.to_days()) * i128::from(super::DAY);
        let in_month = nanos - start * 1_000_000;
        (civil.months(), in_month)
    };
    let ((start_months, start_rest), (end_months, end_rest)) = (parts(start), parts(end));
    let months = end_months - start_months;
    let whole = if months > 0 && end_rest < start_rest {
        months - 1
    } else if months < 0 && end_rest > start_rest {
        months + 1
    } else {
        months
    };
    whole.into()
}

#[cfg(test)]
mod tests {
    use super::super::parse_iso;
    use super::*;

    #[test]
    fn whole_units_toward_zero() {
        for (unit, start, end, expected) in [
            ("month", "2023-12-31T23:59:59.999Z", "2024-02-01", 1),
            ("month", "2024-02-01", "2023-12-31T23:59:59.999Z", -1),
            ("year", "2023-12-31T23:59:59.999Z", "2024-01-01", 0),
            ("quarters", "2023-12-02", "2024-12-24", 4),
            ("week", "2024-01-01", "2024-01-14T23:00:00Z", 1),
            ("minute", "2024-01-01T00:01:59Z", "2024-01-01", -1),
        ] {
            let moment = |text| i128::from(parse_iso(text).expect("a date")) * 1_000_000;
            let unit = Unit::by_name(unit).expect("a unit");
            for extreme in [i64::MIN, i64::MAX] {
                let extreme = i128::from(extreme) * 1_000_000;
                let (there, back) = (unit.between(0, extreme), unit.between(extreme, 0));
                assert_eq!(there.signum(), -back.signum());
            }
            assert_eq!(unit.between(moment(start), moment(end)), expected, "{start} {end}");
        }
    }
}
