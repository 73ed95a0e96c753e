//! The layouts of dates: named formats and Java patterns.

use super::{Parts, Rounding};

/// One alternative of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// ISO 8601 with everything after the year optional.
    OptionalTime {
        /// Whether numbers have all their digits.
        strict: bool,
    },
    /// Milliseconds since 1970.
    EpochMillis,
    /// Seconds since 1970, with decimals.
    EpochSecond,
    /// A Java pattern.
    Pattern(Vec<Item>),
}

/// A part of a Java pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A number and how many digits it has.
    Number(Unit, usize),
    /// A zone offset, or `Z`.
    Zone,
    /// The name of a month, of three letters.
    MonthName,
    /// The name of a day, of three letters; not checked against the date.
    DayName,
    /// This very text.
    Literal(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Layout {
    /// A named format or a Java pattern; `None` when it is not supported.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let pattern = match name {
            "strict_date_optional_time" | "strict_date_optional_time_nanos" | "iso8601" => {
                return Some(Self::OptionalTime { strict: true });
            }
            "date_optional_time" | "dateOptionalTime" => {
                return Some(Self::OptionalTime { strict: false });
            }
            "epoch_millis" => return Some(Self::EpochMillis),
            "epoch_second" => return Some(Self::EpochSecond),
            "date" | "strict_date" | "strict_year_month_day" | "year_month_day" => "yyyy-MM-dd",
            "basic_date" => "yyyyMMdd",
            "strict_year_month" | "year_month" => "yyyy-MM",
            "strict_year" | "year" => "yyyy",
            "date_time" | "strict_date_time" => "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
            "date_time_no_millis" | "strict_date_time_no_millis" => "yyyy-MM-dd'T'HH:mm:ssXXX",
            "basic_date_time" => "yyyyMMdd'T'HHmmss.SSSXXX",
            "basic_date_time_no_millis" => "yyyyMMdd'T'HHmmssXXX",
            "date_hour_minute_second" | "strict_date_hour_minute_second" => "yyyy-MM-dd'T'HH:mm:ss",
            "date_hour_minute_second_millis" | "strict_date_hour_minute_second_millis" => {
                "yyyy-MM-dd'T'HH:mm:ss.SSS"
            }
            other => other,
        };
        items(pattern).map(Self::Pattern)
    }

    /// Reads the whole of `text`, in nanoseconds since 1970.
    pub(super) fn read(&self, text: &str, rounding: Rounding, zone: i32) -> Option<i128> {
        match self {
            Self::OptionalTime { strict } => optional_time(text, *strict)?.nanos(rounding, zone),
            Self::EpochMillis => epoch(text, 6, rounding),
            Self::EpochSecond => epoch(text, 9, rounding),
            Self::Pattern(items) => by_pattern(text, items)?.nanos(rounding, zone),
        }
    }
}

/// A number of units since 1970, each of as many nanoseconds as `digits` have; a
/// fraction that is left open is filled by `rounding`.
fn epoch(text: &str, digits: usize, rounding: Rounding) -> Option<i128> {
    let (whole, below) = decimal(text, digits)?;
    let unit = 10_i128.pow(u32::try_from(digits).ok()?);
    let open = match rounding {
        Rounding::Down => 0,
        Rounding::Up => unit - 1,
    };
    whole.checked_mul(unit)?.checked_add(below.unwrap_or(open))
}

/// A decimal number: its whole part, and so many digits after the point, with the
/// sign of the number; `None` where it has none.
fn decimal(text: &str, digits: usize) -> Option<(i128, Option<i128>)> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let below = match fraction {
        None => None,
        Some(fraction) => {
            let below: i128 = format!("{fraction:0<digits$.digits$}").parse().ok()?;
            Some(if whole.starts_with('-') { -below } else { below })
        }
    };
    Some((whole.parse::<i64>().ok()?.into(), below))
}

fn items(pattern: &str) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (literal, after) = quoted.split_once('\'')?;
            items.push(Item::Literal(if literal.is_empty() { "'" } else { literal }.to_owned()));
            rest = after;
            continue;
        }
        let length = rest.chars().take_while(|c| *c == first).count();
        items.push(match (first, length) {
            ('y' | 'u', 4) => Item::Number(Unit::Year, 4),
            ('M', 1 | 2) => Item::Number(Unit::Month, length),
            ('M', 3) => Item::MonthName,
            ('E', 1..=3) => Item::DayName,
            ('d', 1 | 2) => Item::Number(Unit::Day, length),
            ('H', 1 | 2) => Item::Number(Unit::Hour, length),
            ('m', 1 | 2) => Item::Number(Unit::Minute, length),
            ('s', 1 | 2) => Item::Number(Unit::Second, length),
            ('S', 1..=9) => Item::Number(Unit::Fraction, length),
            ('X' | 'Z' | 'x', 1..=5) => Item::Zone,
            (c, _) if c.is_alphabetic() || matches!(c, '[' | ']' | '{' | '}' | '#') => return None,
            (c, _) => Item::Literal(c.to_string().repeat(length)),
        });
        rest = &rest[first.len_utf8() * length..];
    }
    (!items.is_empty()).then_some(items)
}

fn by_pattern(text: &str, items: &[Item]) -> Option<Parts> {
    let mut parts = Parts::default();
    let mut rest = text;
    for item in items {
        rest = match item {
            Item::Literal(literal) => rest.strip_prefix(literal.as_str())?,
            Item::Zone => {
                let (seconds, after) = offset(rest)?;
                parts.offset = Some(seconds);
                after
            }
            Item::MonthName => {
                let at = MONTHS.iter().position(|name| rest.starts_with(name))?;
                parts.month = u8::try_from(at + 1).ok();
                rest.get(3..)?
            }
            Item::DayName => {
                DAYS.iter().find(|name| rest.starts_with(**name))?;
                rest.get(3..)?
            }
            Item::Number(unit, digits) => {
                let most = if *digits == 1 { 2 } else { *digits };
                number(rest, *unit, *digits, most, &mut parts)?
            }
        };
    }
    rest.is_empty().then_some(parts)
}

/// Takes a number of `least..=most` digits into `parts`.
fn number<'a>(
    text: &'a str,
    unit: Unit,
    least: usize,
    most: usize,
    parts: &mut Parts,
) -> Option<&'a str> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits < least {
        return None;
    }
    let (number, rest) = text.split_at(digits);
    let small = || number.parse::<u8>().ok();
    match unit {
        Unit::Year => parts.year = Some(number.parse().ok()?),
        Unit::Month => parts.month = Some(small()?),
        Unit::Day => parts.day = Some(small()?),
        Unit::Hour => parts.hour = Some(small()?),
        Unit::Minute => parts.minute = Some(small()?),
        Unit::Second => parts.second = Some(small()?),
        Unit::Fraction => parts.nanosecond = format!("{number:0<9}").parse().ok(),
    }
    Some(rest)
}

/// `Z`, `+02`, `+0200`, `+02:00`: seconds east of UTC, and what follows.
pub(super) fn offset(text: &str) -> Option<(i32, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let two =
        |text: &str| text.get(..2).filter(|t| t.bytes().all(|b| b.is_ascii_digit()))?.parse().ok();
    let hours: i32 = two(text.get(1..)?)?;
    let rest = text.get(3..)?;
    let (minutes, rest) = match rest.strip_prefix(':') {
        Some(after) => (two(after)?, after.get(2..)?),
        None => match two(rest) {
            Some(minutes) => (minutes, rest.get(2..)?),
            None => (0, rest),
        },
    };
    (hours <= 18 && minutes < 60).then_some((sign * (hours * 3600 + minutes * 60), rest))
}

/// `yyyy[-MM[-dd['T'HH[:mm[:ss[.fraction]]][zone]]]]`.
fn optional_time(text: &str, strict: bool) -> Option<Parts> {
    let mut parts = Parts::default();
    let least = |digits| if strict { digits } else { 1 };
    let mut rest = number(text, Unit::Year, least(4), 4, &mut parts)?;
    for (unit, separator) in [(Unit::Month, '-'), (Unit::Day, '-')] {
        match rest.strip_prefix(separator) {
            Some(after) => rest = number(after, unit, least(2), 2, &mut parts)?,
            None => break,
        }
    }
    if let Some(after) = rest.strip_prefix('T') {
        parts.day?;
        rest = after;
        if rest.is_empty() {
            return (!strict).then_some(parts);
        }
        rest = time_of_day(rest, strict, &mut parts)?;
    }
    rest.is_empty().then_some(parts)
}

fn time_of_day<'a>(text: &'a str, strict: bool, parts: &mut Parts) -> Option<&'a str> {
    let least = if strict { 2 } else { 1 };
    let mut rest = number(text, Unit::Hour, least, 2, parts)?;
    if let Some(after) = rest.strip_prefix(':') {
        rest = number(after, Unit::Minute, least, 2, parts)?;
        if let Some(after) = rest.strip_prefix(':') {
            rest = number(after, Unit::Second, least, 2, parts)?;
            if let Some(after) = rest.strip_prefix(['.', ',']) {
                rest = number(after, Unit::Fraction, 1, 9, parts)?;
            }
        }
    }
    if !rest.is_empty() {
        let (seconds, after) = offset(rest)?;
        parts.offset = Some(seconds);
        rest = after;
    }
    Some(rest)
}
