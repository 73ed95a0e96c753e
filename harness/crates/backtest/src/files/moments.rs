//! When events happened, by the fields that rules look at.

use harness_detect::window::Clock;
use harness_engine::stream::reader::Scalar;
use harness_model::event::Event;
use serde_json::Value;

/// The fields by which an event says when it happened.
pub(super) const STATED: [&str; 2] = ["@timestamp", "event.ingested"];

/// When an event happened by a clock: nothing where it states no time at all, `None`
/// where it states one, but in no field that the clock reads.
pub(super) fn moments(clock: &Clock, event: &Event) -> Option<Vec<i64>> {
    let times = clock.times(event);
    let stated = || STATED.iter().any(|field| event.date(field).is_some());
    if times.is_empty() && stated() { None } else { Some(times) }
}

/// The timestamp fields of all clocks.
pub(super) struct TimeFields {
    names: Vec<String>,
    /// By clock: its field, and the one in its place where an event lacks that.
    clocks: Vec<(usize, Option<usize>)>,
    /// Those by which events say when they happened.
    stated: [usize; 2],
    /// Reads values as all clocks do.
    reader: Option<Clock>,
}

impl TimeFields {
    /// Those of clocks, those by which events say when they happened, and others.
    pub(super) fn new<'a>(clocks: &[&Clock], others: impl Iterator<Item = &'a str>) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut number = |name: &str| {
            names.iter().position(|own| own == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            })
        };
        let clocks_of = clocks.iter().map(|clock| {
            let first = number(clock.field());
            (first, clock.fallback().map(&mut number))
        });
        let clocks_of = clocks_of.collect();
        let stated = STATED.map(&mut number);
        for name in others {
            number(name);
        }
        Self {
            names,
            clocks: clocks_of,
            stated,
            reader: clocks.first().map(|clock| (*clock).clone()),
        }
    }

    /// What a clock goes by: what its field has, or the one in its place.
    fn by_clock<T>(&self, clock: usize, own: impl Fn(usize) -> Option<T>) -> Option<T> {
        let (field, fallback) = self.clocks.get(clock)?;
        own(*field).or_else(|| own((*fallback)?))
    }

    /// The number of a field.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own == name)
    }

    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// The moments of an event that has no more than one in each field, by field.
pub(super) type Stamps = Box<[Option<i64>]>;

/// The same as [`moments`] of such an event.
pub(super) fn stamped(fields: &TimeFields, clock: usize, stamps: &Stamps) -> Option<Vec<i64>> {
    let own = |field: usize| stamps.get(field).copied().flatten();
    let time = fields.by_clock(clock, own);
    let is_stated = || fields.stated.iter().any(|field| own(*field).is_some());
    if time.is_none() && is_stated() { None } else { Some(time.into_iter().collect()) }
}

/// The moments of one event: by field the first and the last.
pub(super) struct Times(Vec<Option<(i64, i64)>>);

impl Times {
    pub(super) fn new(fields: &TimeFields) -> Self {
        Self(vec![None; fields.names.len()])
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(None);
    }

    /// Adds a value of a field.
    pub(super) fn add(&mut self, fields: &TimeFields, field: usize, value: Scalar<'_>) {
        let read = |value: &Value| fields.reader.as_ref()?.moment(value);
        let time = match value {
            Scalar::Text(text) => plain(text).or_else(|| read(&Value::String(text.to_owned()))),
            Scalar::Other(value) => read(value),
        };
        if let (Some(time), Some(own)) = (time, self.0.get_mut(field)) {
            let (first, last) = own.unwrap_or((time, time));
            *own = Some((first.min(time), last.max(time)));
        }
    }

    /// By field its moment; `None` where some field has several.
    pub(super) fn single(&self) -> Option<Stamps> {
        let one = |own: &Option<(i64, i64)>| match own {
            Some((first, last)) if first != last => None,
            own => Some(own.map(|(first, _)| first)),
        };
        self.0.iter().map(one).collect()
    }

    /// The first and the last moment by a clock.
    pub(super) fn of_clock(&self, fields: &TimeFields, clock: usize) -> Option<(i64, i64)> {
        fields.by_clock(clock, |field| self.0.get(field).copied().flatten())
    }
}

const DAY: i64 = 86_400_000;

/// `2026-01-31T12:34:56Z`, with or without three digits of a fraction: the form that
/// nearly all events have. Others are left to whoever knows all forms.
fn plain(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let fraction = match bytes {
        [_, _, _, _, b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', _, _, b'Z'] => 0,
        [
            _,
            _,
            _,
            _,
            b'-',
            _,
            _,
            b'-',
            _,
            _,
            b'T',
            _,
            _,
            b':',
            _,
            _,
            b':',
            _,
            _,
            b'.',
            a,
            b,
            c,
            b'Z',
        ] => digits(&[*a, *b, *c])?,
        _ => return None,
    };
    let part = |from: usize, to: usize| digits(bytes.get(from..to)?);
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    // The last days of months are for those who know them.
    if !(1..=12).contains(&month) || !(1..=28).contains(&day) || year < 1000 {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 1970 by the civil calendar, years beginning in March.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * DAY + ((hour * 60 + minute) * 60 + second) * 1000 + fraction)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::plain;
    use harness_model::value::{DEFAULT_DATE_FORMAT, DateFormat};
    use serde_json::json;

    #[test]
    fn the_plain_form_is_read_as_by_everybody() {
        let format = DateFormat::parse(DEFAULT_DATE_FORMAT).expect("known");
        let mut read = 0;
        for year in ["1000", "1582", "1899", "1970", "2000", "2024", "2026", "9999"] {
            for month in 1..=12 {
                for rest in ["01T00:00:00Z", "28T23:59:59.999Z", "10T05:07:09.040Z"] {
                    let text = format!("{year}-{month:02}-{rest}");
                    if let Some(found) = plain(&text) {
                        assert_eq!(Ok(found), format.from_json(&json!(text)), "{text}");
                        read += 1;
                    }
                }
            }
        }
        assert_eq!(read, 8 * 12 * 3);
        for text in ["2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-0aT00:00:00Z", "0001"]
        {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}
