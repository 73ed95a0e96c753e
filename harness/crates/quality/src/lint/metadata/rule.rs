//! Ids, dates and scores.

use harness_rule::names::Severity;

use crate::lint::codes::Code;
use crate::lint::key::key;
use crate::lint::target::{Sink, Target};

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    id(target, sink);
    dates(target, sink);
    score(target, sink);
}

fn id(target: &Target<'_>, sink: &mut Sink<'_>) {
    let id = &target.rule.rule_id;
    if !is_uuid(&id.value) {
        let message = format!("the rule id {:?} is no UUID", id.value);
        sink.file(Code::RuleId, id.span, message)
            .help("give the rule a fresh UUID; an id in use stays as it is");
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

fn dates(target: &Target<'_>, sink: &mut Sink<'_>) {
    let metadata = &target.rule.metadata;
    let text = &target.loaded.text;
    let stated = [
        ("creation_date", &metadata.creation_date),
        ("updated_date", &metadata.updated_date),
        ("deprecation_date", &metadata.deprecation_date),
    ];
    let mut read = Vec::new();
    for (name, date) in stated {
        let Some(date) = date else { continue };
        let day = day(date);
        if day.is_none() {
            let message = format!("`metadata.{name}` is {date:?}, which is no day");
            sink.file(Code::Dates, key(text, name).unwrap_or_default(), message)
                .help("write it as 2026/01/31");
        }
        read.push((name, day));
    }
    let of = |wanted: &str| read.iter().find(|(name, _)| *name == wanted)?.1;
    for later in ["updated_date", "deprecation_date"] {
        if let (Some(created), Some(day)) = (of("creation_date"), of(later))
            && day < created
        {
            let message = format!("`metadata.{later}` lies before `metadata.creation_date`");
            sink.file(Code::Dates, key(text, later).unwrap_or_default(), message);
        }
    }
}

/// Year, month and day, between slashes or dashes.
fn day(text: &str) -> Option<(u32, u32, u32)> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let parts: Vec<&str> = text.split(separator).collect();
    let &[year, month, day] = parts.as_slice() else { return None };
    let (year, month, day): (u32, u32, u32) =
        (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let most = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    ((1970..=2100).contains(&year) && (1..=most).contains(&day)).then_some((year, month, day))
}

/// A risk score that Kibana takes for one of another severity.
fn score(target: &Target<'_>, sink: &mut Sink<'_>) {
    let (severity, score) = (target.rule.severity, target.rule.risk_score);
    let of_score = match score {
        0..=21 => Severity::Low,
        22..=47 => Severity::Medium,
        48..=73 => Severity::High,
        74.. => Severity::Critical,
    };
    if of_score == severity {
        return;
    }
    let message = format!("the risk score {score} is one of severity {of_score}, not {severity}");
    let place = key(&target.loaded.text, "risk_score").unwrap_or_default();
    let usual = match severity {
        Severity::Low => 21,
        Severity::Medium => 47,
        Severity::High => 73,
        Severity::Critical => 99,
    };
    sink.file(Code::SeverityScore, place, message)
        .help(format!("rules of severity {severity} have {usual}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days() {
        assert_eq!(day("2026/02/28"), Some((2026, 2, 28)));
        assert_eq!(day("2024-02-29"), Some((2024, 2, 29)));
        for wrong in ["2026/02/29", "2026/13/01", "28/02/2026", "today", "2026/02"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn uuids_have_five_parts() {
        assert!(is_uuid("37b211e8-4e2f-440f-86d8-06cc8f158cfa"));
        assert!(!is_uuid("37b211e8-4e2f-440f-86d8-06cc8f158cf"));
        assert!(!is_uuid("my-rule"));
    }
}
