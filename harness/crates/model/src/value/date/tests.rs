use serde_json::json;

use super::DEFAULT_DATE_FORMAT;
use super::*;

fn default_format() -> DateFormat {
    DateFormat::parse(DEFAULT_DATE_FORMAT).expect("the default format")
}

#[test]
fn documents() {
    for (value, expected) in [
        (json!("2026-01-05"), "2026-01-05T00:00:00.000Z"),
        (json!("2026-01-05T10"), "2026-01-05T10:00:00.000Z"),
        (json!("2026-01-05T10:15:30.1239Z"), "2026-01-05T10:15:30.123Z"),
        (json!("2026-02-28T12:30:00+02:00"), "2026-02-28T10:30:00.000Z"),
        (json!("2026-03"), "2026-03-01T00:00:00.000Z"),
        (json!(1_767_607_200_000_i64), "2026-01-05T10:00:00.000Z"),
        (json!("1767607200000"), "2026-01-05T10:00:00.000Z"),
        (json!(-1), "1969-12-31T23:59:59.999Z"),
    ] {
        let millis = default_format().from_json(&value).expect("a date");
        assert_eq!(format_date(millis), expected, "{value}");
    }
    for bad in [
        json!("2026-1-5"),
        json!("not-a-date"),
        json!("2026-13-01"),
        json!("2026-02-30"),
        json!(true),
        json!(""),
    ] {
        assert!(default_format().from_json(&bad).is_err(), "{bad}");
    }
}

#[test]
fn queries_round_and_compute() {
    let now = default_format().from_json(&json!("2026-01-31T10:15:30.500Z")).expect("a date");
    for (text, rounding, expected) in [
        ("now", Rounding::Up, "2026-01-31T10:15:30.500Z"),
        ("now-30d/d", Rounding::Down, "2026-01-01T00:00:00.000Z"),
        ("now-30d/d", Rounding::Up, "2026-01-01T23:59:59.999Z"),
        ("now+1M", Rounding::Down, "2026-02-28T10:15:30.500Z"),
        ("now/w", Rounding::Down, "2026-01-26T00:00:00.000Z"),
        ("now/M", Rounding::Up, "2026-01-31T23:59:59.999Z"),
        ("now-d", Rounding::Down, "2026-01-30T10:15:30.500Z"),
        ("2026-01", Rounding::Up, "2026-01-01T23:59:59.999Z"),
        ("2026-01-05", Rounding::Up, "2026-01-05T23:59:59.999Z"),
        ("2026-01-05T10", Rounding::Up, "2026-01-05T10:59:59.999Z"),
        ("2026-01-05||/y", Rounding::Down, "2026-01-01T00:00:00.000Z"),
        ("2026-01-05||+1h/d", Rounding::Up, "2026-01-05T23:59:59.999Z"),
    ] {
        let millis = default_format().resolve(text, now, rounding, None).expect("a date");
        assert_eq!(format_date(millis), expected, "{text}");
    }
    for bad in [
        "now-30",
        "now/5d",
        "now*2d",
        "now-1x",
        "now-99999999999y",
        "tomorrow",
        "now-9223372036854775808d",
    ] {
        assert!(default_format().resolve(bad, now, Rounding::Down, None).is_err(), "{bad}");
    }
}

#[test]
fn a_time_zone_applies_to_dates_that_state_none() {
    let resolve =
        |text| default_format().resolve(text, 0, Rounding::Down, Some("+02:00")).map(format_date);
    assert_eq!(resolve("2026-01-05").as_deref(), Ok("2026-01-04T22:00:00.000Z"));
    assert_eq!(resolve("2026-01-05T00:00:00Z").as_deref(), Ok("2026-01-05T00:00:00.000Z"));
    assert!(default_format().resolve("2026", 0, Rounding::Down, Some("Mars")).is_err());
}

#[test]
fn java_patterns() {
    let read = |format: &str, text: &str| {
        DateFormat::parse(format).expect("a format").from_json(&json!(text)).map(format_date)
    };
    assert_eq!(read("dd-MM-yyyy", "05-01-2026").as_deref(), Ok("2026-01-05T00:00:00.000Z"));
    assert_eq!(
        read("yyyy/MM/dd HH:mm:ss", "2026/01/05 10:15:00").as_deref(),
        Ok("2026-01-05T10:15:00.000Z")
    );
    assert_eq!(
        read("dd/MMM/yyyy:HH:mm:ss Z", "05/Jan/2026:10:15:00 +0100").as_deref(),
        Ok("2026-01-05T09:15:00.000Z")
    );
    assert_eq!(read("epoch_second", "1767607200.5").as_deref(), Ok("2026-01-05T10:00:00.500Z"));
    assert!(DateFormat::parse("yyyy QQQ").is_err());
}

#[test]
fn moments_that_are_left_open_are_rounded() {
    // As Elasticsearch 9 answers a term on a date: from the one end to the other.
    let read = |format: &str, text: &str, rounding| {
        let format = DateFormat::parse(format).expect("a format");
        format.resolve(text, 0, rounding, None).expect(text)
    };
    for (format, text, first, last) in [
        ("epoch_second", "1767607200", 1_767_607_200_000, 1_767_607_200_999),
        ("epoch_second", "1767607200.5", 1_767_607_200_500, 1_767_607_200_500),
        ("epoch_millis", "1767607200000", 1_767_607_200_000, 1_767_607_200_000),
    ] {
        assert_eq!(read(format, text, Rounding::Down), first, "{format} {text}");
        assert_eq!(read(format, text, Rounding::Up), last, "{format} {text}");
    }
}

#[test]
fn dynamic_mapping_sees_dates_in_strings() {
    let iso = Some("strict_date_optional_time||epoch_millis");
    let slashes = Some("yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis");
    for (text, format) in [
        ("2026-01-05T10:15:00.000Z", iso),
        ("2026/01/05", slashes),
        ("2026/01/05 10:15:00", slashes),
        ("2026", None),
        ("20260105", None),
        ("10.0.0.1", None),
    ] {
        assert_eq!(dynamic_date_format(text), format, "{text}");
    }
}
