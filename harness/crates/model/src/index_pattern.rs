//! Index patterns: which events a rule sees.

use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;

/// Whether a rule with these index patterns sees an event of that index.
///
/// `*` stands for any characters, a leading `-` takes away from what comes
/// before it. A rule without patterns sees every event, and an event of an
/// unknown index is seen by every rule (docs/cases.md, "Index names").
pub fn sees(patterns: &[String], index: Option<&str>) -> bool {
    let Some(index) = index.filter(|_| !patterns.is_empty()) else { return true };
    // One expression may hold several patterns.
    let patterns = patterns.iter().flat_map(|pattern| pattern.split(','));
    patterns.fold(false, |seen, pattern| match pattern.trim().strip_prefix('-') {
        Some(pattern) => seen && !matches(pattern, index),
        None => seen || matches(pattern.trim(), index),
    })
}

fn matches(pattern: &str, index: &str) -> bool {
    let fits = |pattern: &str, name: &str| Glob::simple(pattern).matches(name, Case::Sensitive);
    // What a data stream could not index lies in a store of its own.
    let (pattern, store) = match pattern.rsplit_once("::") {
        Some((pattern, "data")) => (pattern, ".ds-"),
        Some((pattern, "failures")) => (pattern, ".fs-"),
        _ => (pattern, ".ds-"),
    };
    let pattern = match (pattern.rsplit_once(':'), index.split_once(':')) {
        // A local pattern does not reach into a remote cluster.
        (None, Some(_)) => return false,
        (Some((cluster, _)), Some((remote, _))) if !fits(cluster, remote) => return false,
        // `cluster:pattern` names a remote cluster; its events look the same here.
        (Some((_, local)), _) => local,
        (None, None) => pattern,
    };
    let index = index.split_once(':').map_or(index, |(_, local)| local);
    // A snapshot that is mounted, or an index that was shrunk, has the name after a prefix.
    let index = index.find("-.ds-").map_or(index, |at| &index[at + 1..]);
    let names = match store {
        ".fs-" => [None, backed(index, store), None],
        _ => [Some(index), stream_of(index), alerts_of(index)],
    };
    let backing = || format!(".ds-{index}-2000.01.01-000001");
    names.into_iter().flatten().any(|name| fits(pattern, name))
        || pattern.starts_with(".ds-") && !index.starts_with('.') && fits(pattern, &backing())
}

/// The alias of the alerts in an index `.internal.<alias>-000001`.
fn alerts_of(index: &str) -> Option<&str> {
    let (alias, number) = index.strip_prefix(".internal")?.rsplit_once('-')?;
    let counts = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    counts.then_some(alias)
}

/// The data stream of a backing index `.ds-<stream>-yyyy.MM.dd-000001`.
pub fn stream_of(index: &str) -> Option<&str> {
    backed(index, ".ds-")
}

/// The data stream of an index `<store><stream>-yyyy.MM.dd-000001`.
fn backed<'a>(index: &'a str, store: &str) -> Option<&'a str> {
    let rest = index.strip_prefix(store)?;
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
            ("logs-a*,filebeat-*", Some("logs-a-b"), true),
            ("logs-*,-logs-a*", Some("logs-a-b"), false),
            (".alerts-security.*", Some(".internal.alerts-security.alerts-default-000001"), true),
            (
                ".alerts-security.alerts-default",
                Some(".internal.alerts-security.alerts-default-000001"),
                true,
            ),
            (".alerts-security.*", Some(".internal.alerts-other.alerts-default-000001"), false),
            (".ds-logs-a*", Some("logs-a-b"), true),
            (".ds-logs-a-b-*", Some("logs-a-b"), true),
            (".ds-logs-c*", Some("logs-a-b"), false),
            ("*:logs-a*", Some("eu:.ds-logs-a-b-2026.01.05-000001"), true),
            ("eu:logs-a*", Some("eu:logs-a-b"), true),
            ("us:logs-a*", Some("eu:logs-a-b"), false),
            ("*", Some("eu:logs-a-b"), false),
            ("logs-a*", Some("partial-.ds-logs-a-b-2026.01.05-000001"), true),
            ("logs-a-b::failures", Some(".fs-logs-a-b-2026.01.05-000001"), true),
            ("logs-*", Some(".fs-logs-a-b-2026.01.05-000001"), false),
            ("logs-a-b::failures", Some("logs-a-b"), false),
            ("eu:logs-*::data", Some("eu:logs-a-b"), true),
            ("logs-a*", Some("shrink-x1-.ds-logs-a-b-2026.01.05-000001"), true),
        ] {
            let patterns: Vec<String> = patterns.split_whitespace().map(str::to_owned).collect();
            assert_eq!(sees(&patterns, index), expected, "{patterns:?} {index:?}");
        }
    }
}
