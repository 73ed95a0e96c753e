//! The index that events of a rule lie in.

use harness_model::index_pattern;
use harness_rule::model::Rule;
use harness_rule::names::RuleType;

/// What stands for the dataset of an integration of which a pattern names no more.
const DATASETS: [(&str, &str); 16] = [
    ("aws", "aws.cloudtrail"),
    ("azure", "azure.activitylogs"),
    ("cloud_defend", "cloud_defend.process"),
    ("endpoint", "endpoint.events.process"),
    ("endpoint.events", "endpoint.events.process"),
    ("gcp", "gcp.audit"),
    ("github", "github.audit"),
    ("google_workspace", "google_workspace.admin"),
    ("kubernetes", "kubernetes.audit_logs"),
    ("network_traffic", "network_traffic.flow"),
    ("o365", "o365.audit"),
    ("okta", "okta.system"),
    ("panw", "panw.panos"),
    ("sentinel_one_cloud_funnel", "sentinel_one_cloud_funnel.event"),
    ("system", "system.security"),
    ("windows", "windows.forwarded"),
];

/// The version in the names of indices of Beats.
const BEATS: &str = "8.19.0";

/// The index patterns of a rule: its own, or those of its query.
pub(crate) fn patterns(rule: &Rule) -> Vec<String> {
    if rule.rule_type == RuleType::Esql {
        return sources(rule.query.as_ref().map_or("", |query| &query.text));
    }
    rule.patterns().to_vec()
}

/// What the first `FROM` of a query names.
fn sources(query: &str) -> Vec<String> {
    let plain = query.lines().filter(|line| !line.trim_start().starts_with("//"));
    let plain: Vec<&str> = plain.map(|line| line.split("//").next().unwrap_or(line)).collect();
    let plain = plain.join(" ");
    let source = plain.split('|').next().unwrap_or_default();
    let words = source.split(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '`' | '('));
    let words = words.filter(|word| !word.is_empty());
    let end = |word: &&str| !word.eq_ignore_ascii_case("metadata");
    let named = words.skip_while(|word| !word.eq_ignore_ascii_case("from")).skip(1);
    named.take_while(end).map(str::to_owned).collect()
}

/// An index that the rule reads; `None` where it names none. Data streams come first.
pub(crate) fn of(rule: &Rule) -> Option<String> {
    let patterns = patterns(rule);
    let rank = |pattern: &&str| {
        let stream = ["logs-", "metrics-", "traces-"].iter().any(|kind| pattern.starts_with(kind));
        (!stream, *pattern == "logs-*", pattern.contains(':'))
    };
    let mut own: Vec<&str> = patterns
        .iter()
        .flat_map(|pattern| pattern.split(','))
        .map(str::trim)
        .filter(|pattern| !pattern.is_empty() && !pattern.starts_with('-'))
        .collect();
    own.sort_by_key(rank);
    let named = dataset_in(rule.query.as_ref().map_or("", |query| &query.text));
    let all = own.iter().flat_map(|pattern| {
        let (cluster, local) = pattern.split_once(':').unwrap_or(("", pattern));
        let prefix = match cluster {
            "" => String::new(),
            cluster => format!("{}:", cluster.replace('*', "remote")),
        };
        named_like(local, named.as_deref(), rule)
            .into_iter()
            .map(move |name| prefix.clone() + &name)
    });
    all.into_iter().find(|name| index_pattern::sees(&patterns, Some(name)))
}

/// Names that a pattern may stand for, the likeliest first.
fn named_like(pattern: &str, named: Option<&str>, rule: &Rule) -> Vec<String> {
    if !pattern.contains('*') {
        return vec![pattern.to_owned()];
    }
    let mut names = Vec::new();
    let kind = ["logs-", "metrics-", "traces-"].iter().find(|kind| pattern.starts_with(**kind));
    if let Some(kind) = kind {
        let bare = pattern[kind.len()..].split('*').next().unwrap_or_default();
        let bare = bare.trim_end_matches(['-', '.', '_']);
        let stream = |dataset: &str| format!("{kind}{dataset}-default");
        names.extend(named.filter(|named| named.starts_with(bare)).map(stream));
        if bare == "endpoint.events" {
            names.push(stream(&format!("endpoint.events.{}", category(rule))));
        }
        let integration = rule.metadata.integration.first().map(String::as_str);
        let known = |name: &str| DATASETS.iter().find(|(key, _)| *key == name).map(|(_, set)| *set);
        match bare {
            "" => {
                names.extend(integration.map(|name| stream(known(name).unwrap_or(name))));
                names.push(stream("generic"));
            }
            bare => {
                names.extend(known(bare).map(stream));
                names.push(stream(bare));
            }
        }
    }
    let beat = ["auditbeat", "filebeat", "packetbeat", "winlogbeat", "metricbeat", "heartbeat"];
    let version = if beat.iter().any(|beat| pattern.starts_with(beat)) { BEATS } else { "default" };
    for fill in [version, "default", "x", ""] {
        names.push(pattern.replace('*', fill));
    }
    names
}

/// What kind of events of the endpoint a rule is about.
fn category(rule: &Rule) -> &'static str {
    let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
    let kinds = ["process", "file", "network", "registry", "library", "security", "api"];
    let stated = |kind: &&&str| {
        let where_ = format!("{kind} where");
        text.contains(&where_) || text.contains(&format!("event.category:{kind}"))
    };
    kinds.iter().find(stated).copied().unwrap_or("process")
}

/// The first dataset that a query names.
fn dataset_in(text: &str) -> Option<String> {
    text.match_indices(".dataset").find_map(|(at, key)| {
        let rest = text[at + key.len()..].trim_start_matches(|c: char| {
            c.is_whitespace() || matches!(c, ':' | '=' | '(' | '"' | '\'')
        });
        let rest = rest.strip_prefix("in").map_or(rest, |rest| {
            rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | '"'))
        });
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')));
        let name = &rest[..end.unwrap_or(rest.len())];
        let wild = rest[name.len()..].starts_with('*');
        (!wild && name.contains('.')).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_of_a_query_are_read() {
        for (query, expected) in [
            ("from logs-a-*, logs-b* metadata _id | where x", vec!["logs-a-*", "logs-b*"]),
            ("FROM \"logs-*\"\n| LIMIT 1", vec!["logs-*"]),
            ("// from x\nfrom logs-a* // all\n| where y", vec!["logs-a*"]),
            ("row x = 1", vec![]),
        ] {
            assert_eq!(sources(query), expected, "{query}");
        }
    }

    #[test]
    fn the_dataset_of_a_query_is_found() {
        for (query, expected) in [
            ("event.dataset:aws.cloudtrail and x", Some("aws.cloudtrail")),
            ("data_stream.dataset == \"okta.system\"", Some("okta.system")),
            ("event.dataset: (\"a.b\" or \"c.d\")", Some("a.b")),
            ("event.dataset:network_traffic.*", None),
            ("process where true", None),
        ] {
            assert_eq!(dataset_in(query).as_deref(), expected, "{query}");
        }
    }
}
