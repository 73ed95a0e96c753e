//! Index patterns: which events a rule sees.

use crate::pattern::Case;
use crate::pattern::glob::Glob;

/// Whether a rule with these index patterns sees an event of that index.
///
/// `*` stands for any characters, a leading `-` takes away from what comes
/// before it. A rule without patterns sees every event, and an event of an
/// unknown index is seen by every rule (docs/cases.md, "Index names").
pub fn sees(patterns: &[String], index: Option<&str>) -> bool {
    let Some(index) = index.filter(|_| !patterns.is_empty()) else { return true };
    patterns.iter().fold(false, |seen, pattern| match pattern.strip_prefix('-') {
        Some(pattern) => seen && !matches(pattern, index),
        None => seen || matches(pattern, index),
    })
}

fn matches(pattern: &str, index: &str) -> bool {
    // `cluster:pattern` names a remote cluster; its events look the same here.
    let pattern = pattern.rsplit_once(':').map_or(pattern, |(_, local)| local);
    Glob::simple(pattern).matches(index, Case::Sensitive)
        || backing_index(index)
            .is_some_and(|stream| Glob::simple(pattern).matches(stream, Case::Sensitive))
}

/// The data stream of a backing index `.ds-<stream>-yyyy.MM.dd-000001`.
fn backing_index(index: &str) -> Option<&str> {
    let rest = index.strip_prefix(".ds-")?;
    let (rest, generation) = rest.rsplit_once('-')?;
    let (stream, date) = rest.rsplit_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (digits(generation) && digits(date)).then_some(stream)
}

#[cfg(test)]
mod tests {
    use super::sees;

    #[test]
    fn patterns_add_and_take_away_in_order() {
        for (patterns, index, expected) in [
            ("", Some("x"), true),
            ("logs-*", None, true),
            ("filebeat-* logs-aws*", Some("logs-aws.cloudtrail-default"), true),
            ("filebeat-*", Some("logs-aws.cloudtrail-default"), false),
            ("logs-* -logs-aws*", Some("logs-aws.cloudtrail-default"), false),
            ("-logs-aws* logs-*", Some("logs-aws.cloudtrail-default"), true),
            ("eu:logs-*", Some("logs-a-b"), true),
            ("logs-a-*", Some(".ds-logs-a-b-2026.01.05-000001"), true),
        ] {
            let patterns: Vec<String> = patterns.split_whitespace().map(str::to_owned).collect();
            assert_eq!(sees(&patterns, index), expected, "{patterns:?} {index:?}");
        }
    }
}
