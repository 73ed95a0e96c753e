//! `DATE_FORMAT` and `DATE_PARSE` with patterns of Java's `DateTimeFormatter`.

use super::{Civil, split};
use harness_model::value::DateFormat;

/// A pattern, ready to write and read.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    items: Vec<Item>,
    reader: Option<DateFormat>,
}

#[derive(Clone, Debug)]
enum Item {
    Literal(String),
    Field(char, usize),
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// Java refuses it too.
    Invalid(String),
    /// The harness does not read it.
    Unsupported(String),
}

/// Letters that [`Pattern::format`] writes.
const WRITTEN: &str = "yuMLdDEeaHhKkmsSnNAQqXxZ";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Pattern {
    /// Reads a pattern or the name of a format.
    ///
    /// # Errors
    ///
    /// A pattern that Java refuses, or one with letters that are not supported.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let reader = DateFormat::parse(text).ok();
        if matches!(text, "strict_date_optional_time" | "date_optional_time" | "strict_date_time") {
            let items = Self::items("yyyy-MM-dd'T'HH:mm:ss.SSSXXX")?;
            return Ok(Self { text: text.to_owned(), items, reader });
        }
        let items = match Self::items(text) {
            Ok(items) => items,
            Err(PatternError::Unsupported(_)) if reader.is_some() => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { text: text.to_owned(), items, reader })
    }

    fn items(text: &str) -> Result<Vec<Item>, PatternError> {
        let invalid =
            |why: String| PatternError::Invalid(format!("Invalid format: [{text}]: {why}"));
        let mut items = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\'' {
                let mut literal = String::new();
                let mut closed = false;
                while let Some(c) = chars.next() {
                    if c != '\'' {
                        literal.push(c);
                    } else if chars.peek() == Some(&'\'') {
                        chars.next();
                        literal.push('\'');
                    } else {
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    return Err(invalid("Pattern ends with an incomplete string literal".into()));
                }
                items.push(Item::Literal(if literal.is_empty() { "'".into() } else { literal }));
            } else if c.is_ascii_alphabetic() {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                if matches!(
                    c,
                    'f' | 'i'
                        | 'j'
                        | 'l'
                        | 'o'
                        | 'r'
                        | 't'
                        | 'b'
                        | 'P'
                        | 'R'
                        | 'I'
                        | 'J'
                        | 'T'
                        | 'U'
                        | 'C'
                ) {
                    return Err(invalid(format!("Unknown pattern letter: {c}")));
                }
                if !WRITTEN.contains(c) {
                    return Err(PatternError::Unsupported(format!(
                        "the letter `{c}` of the date pattern `{text}`"
                    )));
                }
                items.push(Item::Field(c, count));
            } else if matches!(c, '{' | '}' | '#') {
                return Err(invalid(format!("Pattern includes reserved character: '{c}'")));
            } else if !matches!(c, '[' | ']') {
                items.push(Item::Literal(c.to_string()));
            }
        }
        Ok(items)
    }

    /// A moment as text.
    pub fn format(&self, millis: i64) -> String {
        let mut out = String::new();
        for item in &self.items {
            match item {
                Item::Literal(text) => out.push_str(text),
                Item::Field(letter, count) => write_field(&mut out, *letter, *count, millis),
            }
        }
        out
    }

    /// Text as a moment.
    ///
    /// # Errors
    ///
    /// What the pattern does not read, as Elasticsearch says it.
    pub fn read(&self, text: &str) -> Result<i64, String> {
        let error = || format!("failed to parse date field [{text}] with format [{}]", self.text);
        let reader = self.reader.as_ref().ok_or_else(error)?;
        reader.from_json(&serde_json::Value::String(text.to_owned())).map_err(|_| error())
    }

    /// Whether [`Pattern::read`] knows the pattern.
    pub fn can_read(&self) -> bool {
        self.reader.is_some()
    }

    /// Whether [`Pattern::format`] knows the pattern.
    pub fn can_write(&self) -> bool {
        !self.items.is_empty() || self.text.is_empty()
    }
}

fn write_field(out: &mut String, letter: char, count: usize, millis: i64) {
    let (day, time) = split(millis);
    let Civil { year, month, day: day_of_month } = Civil::from_days(day);
    let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
    let hour = time / 3_600_000;
    let name = |names: &[&'static str], index: usize| {
        let name = names.get(index).copied().unwrap_or_default();
        match count {
            4 => name.to_owned(),
            5 => name.chars().take(1).collect(),
            _ => name.chars().take(3).collect(),
        }
    };
    let number = |value: i64| format!("{value:0count$}");
    let text = match letter {
        'y' | 'u' if count == 2 => format!("{:02}", year.rem_euclid(100)),
        'y' | 'u' => number(year),
        'M' | 'L' if count >= 3 => name(&MONTHS, usize::try_from(month - 1).unwrap_or(0)),
        'M' | 'L' => number(month),
        'd' => number(day_of_month),
        'D' => number(Civil::from_days(day).day_of_year()),
        'E' => name(&DAYS, weekday),
        'e' if count >= 3 => name(&DAYS, weekday),
        'e' => number(i64::try_from(weekday).unwrap_or(0) + 1),
        'a' => {
            if hour < 12 {
                "AM".into()
            } else {
                "PM".into()
            }
        }
        'H' => number(hour),
        'h' => number((hour + 11) % 12 + 1),
        'K' => number(hour % 12),
        'k' => number((hour + 23) % 24 + 1),
        'm' => number(time / 60_000 % 60),
        's' => number(time / 1_000 % 60),
        'S' => {
            let digits = format!("{:09}", time % 1_000 * 1_000_000);
            digits.chars().take(count).collect()
        }
        'n' => number(time % 1_000 * 1_000_000),
        'N' => number(time * 1_000_000),
        'A' => number(time),
        'Q' | 'q' => number((month - 1) / 3 + 1),
        'X' => "Z".into(),
        'x' => match count {
            1 => "+00".into(),
            2 | 4 => "+0000".into(),
            _ => "+00:00".into(),
        },
        'Z' => match count {
            4 => "GMT".into(),
            5 => "Z".into(),
            _ => "+0000".into(),
        },
        _ => String::new(),
    };
    out.push_str(&text);
}

#[cfg(test)]
mod tests {
    use super::super::parse_iso;
    use super::*;

    #[test]
    fn writes_what_java_writes() {
        let at = parse_iso("2024-03-05T14:07:09.042Z").expect("a date");
        for (pattern, expected) in [
            ("yyyy-MM-dd", "2024-03-05"),
            ("yy/M/d H:m:s.SS", "24/3/5 14:7:9.04"),
            ("EEE, dd MMM yyyy hh:mm a", "Tue, 05 Mar 2024 02:07 PM"),
            ("EEEE MMMM D", "Tuesday March 65"),
            ("'day' d '''' XXX", "day 5 ' Z"),
            ("strict_date_optional_time", "2024-03-05T14:07:09.042Z"),
        ] {
            assert_eq!(Pattern::parse(pattern).expect(pattern).format(at), expected);
        }
        assert!(matches!(Pattern::parse("'open"), Err(PatternError::Invalid(_))));
        assert!(matches!(Pattern::parse("yyyy l"), Err(PatternError::Invalid(_))));
        assert!(matches!(Pattern::parse("YYYY"), Err(PatternError::Unsupported(_))));
    }
}
