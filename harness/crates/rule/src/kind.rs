//! What a value of a file is: a rule in one of the forms that rules are kept in,
//! something that Kibana exports beside rules, or a rule of another product.

use crate::data::{Data, Placed};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind<'a> {
    /// `{"metadata": …, "rule": …}`, as detection-rules keeps it.
    Filed(&'a Placed),
    /// The rule alone, as Kibana's API has it.
    Flat(&'a Placed),
    /// An exception list, or an item of one.
    Exceptions,
    /// What says nothing about rules or exceptions: connectors, counts, configurations.
    Aside,
    /// A rule of something else.
    Foreign(&'static Foreign),
    /// Nothing that is known here.
    Unknown,
}

/// Rules that are not judged here, and have a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// What one is.
    pub(crate) one: &'static str,
    /// What several are.
    pub(crate) many: &'static str,
    /// What to do with them.
    pub(crate) help: &'static str,
}

const ENDPOINT: Foreign = Foreign {
    one: "endpoint behaviour rule",
    many: "endpoint behaviour rules",
    help: "Elastic Defend runs them in its agent, in an EQL of its own",
};
const HUNTING: Foreign = Foreign {
    one: "hunting query",
    many: "hunting queries",
    help: "they are run by hand and raise no alerts",
};
const SIGMA: Foreign = Foreign {
    one: "Sigma rule",
    many: "Sigma rules",
    help: "convert them, as with `sigma convert -t lucene -f siem_rule_ndjson`",
};
const STACK: Foreign = Foreign {
    one: "saved object of Kibana's alerting",
    many: "saved objects of Kibana's alerting",
    help: "export detection rules from the page of rules of Kibana, or by its API",
};
pub(crate) const TERRAFORM: Foreign = Foreign {
    one: "Terraform configuration of rules",
    many: "Terraform configurations of rules",
    help: "export the rules from Kibana as NDJSON, or keep them as TOML, JSON or YAML",
};
pub(crate) const YARA: Foreign = Foreign {
    one: "file of YARA or YARA-L rules",
    many: "files of YARA or YARA-L rules",
    help: "they are of no language that Kibana runs",
};
pub(crate) const SNORT: Foreign = Foreign {
    one: "file of Suricata or Snort rules",
    many: "files of Suricata or Snort rules",
    help: "they are of no language that Kibana runs",
};
const SPLUNK: Foreign = Foreign {
    one: "Splunk detection",
    many: "Splunk detections",
    help: "they are of no language that Kibana runs",
};
const SENTINEL: Foreign = Foreign {
    one: "Microsoft Sentinel rule",
    many: "Microsoft Sentinel rules",
    help: "they are of no language that Kibana runs",
};
const PANTHER: Foreign = Foreign {
    one: "Panther rule",
    many: "Panther rules",
    help: "they are of no language that Kibana runs",
};
const FALCO: Foreign = Foreign {
    one: "Falco rule",
    many: "Falco rules",
    help: "they are of no language that Kibana runs",
};
const ELASTALERT: Foreign = Foreign {
    one: "ElastAlert rule",
    many: "ElastAlert rules",
    help: "they are of no language that Kibana runs",
};
const WATCHES: Foreign = Foreign {
    one: "watch of Elasticsearch",
    many: "watches of Elasticsearch",
    help: "they are not detection rules of Kibana",
};

/// Foreign rules by keys that they all have, and keys of which they have one.
const FOREIGN: [(&Foreign, &[&str], &[&str]); 13] = [
    (&HUNTING, &["hunt"], &[]),
    (&SIGMA, &["detection"], &["logsource", "title", "status"]),
    (&SIGMA, &["correlation", "title"], &[]),
    (&SIGMA, &["filter", "logsource"], &[]),
    (&STACK, &["attributes.alertTypeId"], &[]),
    (&STACK, &["rule_type_id", "params"], &[]),
    (&SPLUNK, &["search"], &["how_to_implement", "data_source", "rba", "known_false_positives"]),
    (&SENTINEL, &["query"], &["queryFrequency", "triggerOperator", "entityMappings"]),
    (&SENTINEL, &["properties.query"], &["properties.queryFrequency", "properties.tactics"]),
    (&PANTHER, &["AnalysisType"], &[]),
    (&FALCO, &["condition", "output", "rule"], &[]),
    (&ELASTALERT, &["alert", "type"], &["index", "filter"]),
    (&WATCHES, &["trigger", "input"], &["actions", "condition"]),
];

/// Keys of TOML files that tools are set up by.
const CONFIGURATIONS: [&str; 8] = [
    "build-system",
    "dependencies",
    "package",
    "project",
    "project_name",
    "tool",
    "virtualenvs",
    "workspace",
];

/// What a value is.
pub(crate) fn kind(value: &Placed) -> Kind<'_> {
    let Data::Table(entries) = &value.data else { return Kind::Unknown };
    let has = |path: &&str| path.split('.').try_fold(value, |inner, key| inner.get(key)).is_some();
    let all = |keys: &[&str]| keys.iter().all(has);
    let any = |keys: &[&str]| keys.iter().any(has);
    if let Some(rule) = value.get("rule").filter(|rule| rule.entries().is_some()) {
        let is = |key: &str| rule.get(key).is_some();
        let is_endpoint = is("id")
            && !is("rule_id")
            && (["os_list", "min_endpoint_version", "reputation", "optional_actions"]
                .iter()
                .any(|key| is(key))
                || any(&["actions", "optional_actions"]));
        return if is_endpoint { Kind::Foreign(&ENDPOINT) } else { Kind::Filed(value) };
    }
    let attributes = value.get("attributes");
    if let Some(rule) = attributes.filter(|inner| is_rule(inner)) {
        return Kind::Flat(rule);
    }
    if is_rule(value) {
        return Kind::Flat(value);
    }
    if let Some((foreign, ..)) =
        FOREIGN.iter().find(|(_, keys, one)| all(keys) && (one.is_empty() || any(one)))
    {
        return Kind::Foreign(foreign);
    }
    let is_list = has(&"list_id") || has(&"exceptions") && any(&["metadata", "list_id"]);
    if is_list || all(&["item_id", "entries"]) {
        return Kind::Exceptions;
    }
    let is_count =
        entries.keys().any(|key| key.starts_with("exported_") || key.starts_with("missing_"));
    let is_aside = is_count
        || attributes.is_some()
        || any(&["action_connectors", "actions"])
        || any(&CONFIGURATIONS);
    if is_aside { Kind::Aside } else { Kind::Unknown }
}

/// Whether a table is a rule of Kibana's: what tells apart from everything else are its
/// id and its score, and one of them may be missing by mistake.
fn is_rule(value: &Placed) -> bool {
    let has = |key: &str| value.get(key).is_some();
    let marks = ["rule_id", "risk_score", "severity", "type", "description"];
    let own = has("risk_score") || has("rule_id");
    own && marks.iter().filter(|key| has(key)).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::format;

    #[test]
    fn values_have_kinds() {
        let flat = "name: n\nrule_id: r\nrisk_score: 1\nseverity: low\ntype: query\n";
        for (text, expected) in [
            ("rule: {name: n}", "filed"),
            (flat, "flat"),
            ("name: n\nrisk_score: 1\nseverity: low\ntype: query\n", "flat"),
            (
                "{attributes: {name: n, rule_id: r, risk_score: 1, type: query}, type: security-rule}",
                "flat",
            ),
            ("rule: {id: a, name: n, os_list: [linux], query: q}", "endpoint behaviour rules"),
            ("hunt: {name: n}", "hunting queries"),
            ("title: t\nlogsource: {product: windows}\ndetection: {condition: s}", "Sigma rules"),
            ("title: t\ncorrelation: {type: event_count}", "Sigma rules"),
            (
                "attributes: {alertTypeId: siem.queryRule, params: {}}",
                "saved objects of Kibana's alerting",
            ),
            ("name: n\nsearch: s\nrba: {}\ntags: {}", "Splunk detections"),
            ("kind: Scheduled\nquery: q\nqueryFrequency: 1h", "Microsoft Sentinel rules"),
            ("AnalysisType: rule\nRuleID: x", "Panther rules"),
            ("rule: r\ncondition: c\noutput: o", "Falco rules"),
            ("list_id: l\ntype: detection\nname: n", "exceptions"),
            ("list_id: l\nitem_id: i\nentries: []", "exceptions"),
            ("metadata: {}\nexceptions: []", "exceptions"),
            ("exported_count: 3\nexported_rules_count: 1", "aside"),
            ("attributes: {actionTypeId: .email}\ntype: action", "aside"),
            ("metadata: {}\naction_connectors: []", "aside"),
            ("tool: {ruff: {}}", "aside"),
            ("name: n\nversion: 1", "unknown"),
            ("metadata: {}", "unknown"),
            ("[1]", "unknown"),
        ] {
            let (values, errors) = format("x.yaml", text).values(text);
            assert_eq!(errors, [], "{text}");
            let found = match kind(&values[0]) {
                Kind::Filed(_) => "filed",
                Kind::Flat(_) => "flat",
                Kind::Exceptions => "exceptions",
                Kind::Aside => "aside",
                Kind::Foreign(foreign) => foreign.many,
                Kind::Unknown => "unknown",
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
