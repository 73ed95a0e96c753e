//! Logs as their makers write them, which no index of Elasticsearch holds: rules read
//! what an ingest pipeline makes of them.

use serde_json::{Map, Value};

/// A kind of log, and keys that all of its records have; a key may be a path.
struct Kind {
    name: &'static str,
    keys: &'static [&'static str],
}

/// Objects with `@timestamp` are such only where they come last in the table.
const KINDS: [Kind; 19] = [
    Kind { name: "AWS CloudTrail", keys: &["eventSource", "eventName", "eventVersion"] },
    Kind { name: "AWS CloudTrail", keys: &["EventSource", "EventName", "CloudTrailEvent"] },
    Kind { name: "AWS VPC flow logs", keys: &["srcaddr", "dstaddr", "log-status"] },
    Kind { name: "AWS GuardDuty", keys: &["schemaVersion", "accountId", "service.serviceName"] },
    Kind { name: "Azure or Entra ID", keys: &["operationName", "resourceId", "category"] },
    Kind { name: "Entra ID sign-ins", keys: &["createdDateTime", "userPrincipalName", "appId"] },
    Kind { name: "Microsoft 365", keys: &["CreationTime", "Operation", "Workload"] },
    Kind { name: "Google Cloud", keys: &["protoPayload", "logName"] },
    Kind { name: "Google Workspace", keys: &["kind", "id.applicationName", "actor"] },
    Kind { name: "GitHub", keys: &["action", "actor", "_document_id"] },
    Kind { name: "Kubernetes", keys: &["auditID", "verb", "requestURI"] },
    Kind { name: "Okta", keys: &["eventType", "published", "actor"] },
    Kind { name: "Suricata", keys: &["event_type", "flow_id", "src_ip"] },
    Kind { name: "Zeek", keys: &["ts", "uid", "id.orig_h"] },
    Kind { name: "osquery", keys: &["hostIdentifier", "calendarTime", "columns"] },
    Kind { name: "the Windows event log", keys: &["Event.System"] },
    Kind { name: "the Windows event log", keys: &["Id", "ProviderName", "LogName"] },
    Kind { name: "the Windows event log", keys: &["System.EventID", "EventData"] },
    Kind { name: "the Windows event log", keys: &["EventID", "Channel", "Hostname"] },
];

/// The kinds that shippers give an `@timestamp` although nothing has read them.
const SHIPPED: usize = 1;

/// What kind of log an object is.
pub(super) fn kind(object: &Map<String, Value>) -> Option<&'static str> {
    let has = |path: &&str| {
        // `id.orig_h` is one key in the logs that have it.
        object.contains_key(*path) || {
            let mut parts = path.split('.');
            let first = parts.next().and_then(|key| object.get(key));
            first.is_some_and(|first| parts.try_fold(first, |it, key| it.get(key)).is_some())
        }
    };
    let is_ecs = ["event", "ecs", "data_stream"].iter().any(|key| object.contains_key(*key))
        || object.keys().any(|key| key.starts_with("event.") || key.starts_with("data_stream."));
    let skipped = if object.contains_key("@timestamp") { KINDS.len() - SHIPPED } else { 0 };
    let mut kinds = KINDS.iter().skip(skipped).filter(|_| !is_ecs);
    kinds.find(|kind| kind.keys.iter().all(has)).map(|kind| kind.name)
}

/// What a text is instead of JSON, and what to do with it.
pub(super) fn form(text: &str) -> Option<(&'static str, &'static str)> {
    const EXPORT: &str = "store the documents as JSON, as a search answers: Discover and Dev Tools \
                          of Kibana show them so";
    const PIPELINE: &str = "rules read what the ingest pipeline makes of it: store the documents \
                            as JSON, as a search finds them";
    let text = text.trim_start();
    let mut lines = text.lines();
    let line = lines.next()?;
    let starts = |heads: &[&str]| heads.iter().any(|head| line.starts_with(head));
    if starts(&["{", "[", "\""]) {
        return None;
    }
    if starts(&["//", "/*", "#"]) {
        return Some(("JSON with comments", "delete the comments"));
    }
    if starts(&["<?xml", "<Event", "<Events"]) {
        return Some(("XML", PIPELINE));
    }
    if line.contains("CEF:0|") || line.contains("LEEF:") {
        return Some(("a log in CEF or LEEF", PIPELINE));
    }
    if starts(&["type="]) && line.contains("msg=audit(") {
        return Some(("a log of auditd", PIPELINE));
    }
    if starts(&["<"]) && line[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return Some(("a log of syslog", PIPELINE));
    }
    let columns = |line: &str, by: char| line.matches(by).count();
    let is_table = [',', ';', '\t'].into_iter().any(|by| {
        columns(line, by) > 0 && lines.clone().next().is_some_and(|row| columns(row, by) > 0)
    });
    if is_table {
        return Some(("a table (CSV)", EXPORT));
    }
    let key = line.split_once(':').map(|(key, rest)| (key.trim_matches(['"', '\'']), rest));
    let is_key = |key: &str| {
        let name = |c: char| c.is_alphanumeric() || matches!(c, '@' | '_' | '.' | '-');
        !key.is_empty() && key.chars().all(name)
    };
    let is_yaml =
        key.is_some_and(|(key, rest)| is_key(key) && (rest.is_empty() || rest.starts_with(' ')));
    if line == "---" || is_yaml {
        return Some(("YAML", EXPORT));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn raw_logs_have_names() {
        for (value, expected) in [
            (
                json!({"eventVersion": "1.08", "eventSource": "s", "eventName": "n"}),
                Some("AWS CloudTrail"),
            ),
            (json!({"ts": 1.5, "uid": "C1", "id.orig_h": "192.0.2.1"}), Some("Zeek")),
            (
                json!({"kind": "x", "id": {"applicationName": "login"}, "actor": {}}),
                Some("Google Workspace"),
            ),
            (
                json!({"@timestamp": "2026-01-05T10:15:00Z", "EventID": 1, "Channel": "Security", "Hostname": "h"}),
                Some("the Windows event log"),
            ),
            (
                json!({"@timestamp": "2026-01-05T10:15:00Z", "eventSource": "s", "eventName": "n", "eventVersion": "1"}),
                None,
            ),
            (json!({"event.action": "a", "EventID": 1, "Channel": "c", "Hostname": "h"}), None),
            (json!({"action": "x", "actor": "y"}), None),
            (json!({}), None),
        ] {
            assert_eq!(kind(value.as_object().expect("an object")), expected, "{value}");
        }
    }

    #[test]
    fn texts_that_are_not_json_have_names() {
        for (text, expected) in [
            ("@timestamp,event.action\n2026-01-05T10:15:00Z,a\n", Some("a table (CSV)")),
            ("a\tb\n1\t2", Some("a table (CSV)")),
            ("'@timestamp': 2026-01-05T10:15:00Z\nevent:\n  action: a\n", Some("YAML")),
            ("---\na: 1\n", Some("YAML")),
            ("<?xml version='1.0'?><Events/>", Some("XML")),
            ("<134>Jan  5 10:15:00 host app: x", Some("a log of syslog")),
            ("type=SYSCALL msg=audit(1767608100.000:1): arch=c000003e", Some("a log of auditd")),
            ("Jan  5 10:15:00 h CEF:0|a|b|1|c|d|5|", Some("a log in CEF or LEEF")),
            ("// from prod\n{}", Some("JSON with comments")),
            ("{\"a\":1}", None),
            ("[1, 2]\n[3, 4]", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(form(text).map(|(name, _)| name), expected, "{text:?}");
        }
    }
}
