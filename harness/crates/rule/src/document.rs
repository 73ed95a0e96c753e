//! Reads a whole rule file: `[rule]`, and which of its keys go together.

use serde_json::Value;

use crate::located::{Located, QueryText};
use crate::model::{
    AlertSuppression, EqlFields, MachineLearning, Metadata, NewTerms, Rule, Threshold,
};
use crate::names::{Language, RuleType, Severity};
use crate::parts::read_other;
use crate::read::{Node, OneOrMany};
use crate::table::Table;
use crate::threat;
use harness_source::diagnostic::Diagnostic;

/// Keys of `[rule]` that change nothing here.
const OTHER_KEYS: &[&str] = &[
    "actions",
    "alias_purpose",
    "alias_target_id",
    "concurrent_searches",
    "correlation",
    "created_at",
    "created_by",
    "execution_summary",
    "id",
    "immutable",
    "items_per_search",
    "meta",
    "namespace",
    "outcome",
    "output_index",
    "response_actions",
    "revision",
    "rule_source",
    "threat_mappings",
    "throttle",
    "timeline_id",
    "timeline_title",
    "updated_at",
    "updated_by",
];

/// Keys that only some rule types read.
const TYPE_KEYS: &[(&str, &[RuleType])] = &[
    ("threshold", &[RuleType::Threshold]),
    ("new_terms", &[RuleType::NewTerms]),
    ("new_terms_fields", &[RuleType::NewTerms]),
    ("history_window_start", &[RuleType::NewTerms]),
    ("threat_index", &[RuleType::ThreatMatch]),
    ("threat_query", &[RuleType::ThreatMatch]),
    ("threat_language", &[RuleType::ThreatMatch]),
    ("threat_filters", &[RuleType::ThreatMatch]),
    ("threat_mapping", &[RuleType::ThreatMatch]),
    ("threat_indicator_path", &[RuleType::ThreatMatch]),
    ("anomaly_threshold", &[RuleType::MachineLearning]),
    ("machine_learning_job_id", &[RuleType::MachineLearning]),
    ("event_category_override", &[RuleType::Eql]),
    ("timestamp_field", &[RuleType::Eql]),
    ("tiebreaker_field", &[RuleType::Eql]),
    ("correlation", &[RuleType::Correlation]),
    ("index", INDEXED),
    ("data_view_id", INDEXED),
    ("filters", INDEXED),
];

/// The rule types that read index patterns and filters.
const INDEXED: &[RuleType] = &[
    RuleType::Query,
    RuleType::SavedQuery,
    RuleType::Eql,
    RuleType::Threshold,
    RuleType::NewTerms,
    RuleType::ThreatMatch,
];

/// Reads a whole file; what is wrong goes to the sink.
pub(super) fn read_document(mut root: Table<'_>) -> Option<Rule> {
    let metadata = root.get("metadata").unwrap_or_default();
    let transform = root.get("transform");
    root.demand("rule");
    let rule = root.node("rule").and_then(|node| read_rule(node, metadata, transform));
    root.finish();
    rule
}

/// Reads a rule without what a file says around it.
pub(super) fn read_flat(node: Node<'_>) -> Option<Rule> {
    read_rule(node, Metadata::default(), None)
}

fn read_rule(node: Node<'_>, metadata: Metadata, transform: Option<Value>) -> Option<Rule> {
    let mut table = node.table()?;
    let rule_type: Option<RuleType> = table.require("type");
    let is = |wanted| rule_type == Some(wanted);

    let name = table.require_filled("name");
    let rule_id = table.require_filled("rule_id");
    let description = table.require_filled("description").map(|description| description.value);
    let severity = table.require("severity");
    table.demand("risk_score");
    let risk_score = table.within("risk_score", 0, 100);
    let query: Option<QueryText> = table.get("query");
    let language = read_language(&mut table, rule_type);
    let (index, data_view_id) = read_indices(&mut table);
    let threat_match = threat::read_match(&mut table, is(RuleType::ThreatMatch));
    // Of any keys, but a table.
    drop(table.node("meta").and_then(Node::table));
    let rule = Rule {
        name: name.unwrap_or_default().value,
        rule_id: rule_id.unwrap_or_default(),
        description: description.unwrap_or_default(),
        rule_type: rule_type.unwrap_or(RuleType::Query),
        language,
        query,
        saved_id: table.get("saved_id"),
        index,
        data_view_id,
        filters: table.get("filters").unwrap_or_default(),
        from: table.get("from"),
        to: table.get("to"),
        interval: read_interval(&mut table),
        timestamp_override: table.get("timestamp_override"),
        timestamp_override_fallback_disabled: table
            .get("timestamp_override_fallback_disabled")
            .unwrap_or_default(),
        max_signals: table.at_least("max_signals", 1),
        threshold: read_threshold(&mut table, &metadata).filter(|_| is(RuleType::Threshold)),
        new_terms: read_new_terms(&mut table).filter(|_| is(RuleType::NewTerms)),
        threat_match,
        machine_learning: read_machine_learning(&mut table, is(RuleType::MachineLearning)),
        eql: EqlFields {
            event_category: table.get("event_category_override"),
            timestamp: table.get("timestamp_field"),
            tiebreaker: table.get("tiebreaker_field"),
        },
        alert_suppression: read_suppression(&mut table, is(RuleType::Threshold)),
        exceptions_list: table.get("exceptions_list").unwrap_or_default(),
        severity: severity.unwrap_or(Severity::Low),
        severity_mapping: table.get("severity_mapping").unwrap_or_default(),
        risk_score: risk_score.unwrap_or_default(),
        risk_score_mapping: table.get("risk_score_mapping").unwrap_or_default(),
        rule_name_override: table.get("rule_name_override"),
        building_block_type: table.get("building_block_type"),
        threat: table.get("threat").unwrap_or_default(),
        tags: table.get("tags").unwrap_or_default(),
        references: table.get("references").unwrap_or_default(),
        false_positives: table.get("false_positives").unwrap_or_default(),
        note: table.get("note"),
        setup: table.get("setup"),
        author: table.get::<OneOrMany>("author").map_or_else(Vec::new, |author| author.0),
        license: table.get("license"),
        enabled: table.get("enabled"),
        version: table.at_least("version", 1),
        investigation_fields: read_investigation_fields(&mut table),
        required_fields: table.get("required_fields").unwrap_or_default(),
        related_integrations: table.get("related_integrations").unwrap_or_default(),
        other: read_other(&mut table, OTHER_KEYS),
        transform,
        metadata,
    };
    if let Some(rule_type) = rule_type {
        check_type(&table, rule_type);
    }
    table.together("timeline_id", "timeline_title");
    table.together("concurrent_searches", "items_per_search");
    table.finish();
    Some(rule)
}

/// The index patterns and the data view, which stands in for them.
fn read_indices(table: &mut Table<'_>) -> (Vec<String>, Option<String>) {
    let index = table.get("index").unwrap_or_default();
    let view: Option<Located<String>> = table.get("data_view_id");
    let Some(view) = view else { return (index, None) };
    let message = format!("the indices of the data view {:?} are not known here", view.value);
    let instead = if index.is_empty() { "" } else { ", whatever `rule.index` says" };
    let help = format!("the rule is judged as one that sees every index{instead}");
    table.report(Diagnostic::warning("rule-data-view", message, view.span).with_help(help));
    (Vec::new(), Some(view.value))
}

/// The first version that groups by more than three fields.
const MANY_FIELDS: (u32, u32) = (9, 2);

/// The threshold; reports fields that the oldest stack of the rule cannot group by.
fn read_threshold(table: &mut Table<'_>, metadata: &Metadata) -> Option<Threshold> {
    let threshold: Located<Threshold> = table.get("threshold")?;
    let version = metadata.min_stack_version.as_deref().and_then(|version| {
        let (major, rest) = version.split_once('.')?;
        Some((major.parse().ok()?, rest.split('.').next()?.parse().ok()?))
    });
    let fields = threshold.fields.len();
    if let Some(version) = version.filter(|version| *version < MANY_FIELDS && fields > 3) {
        let (major, minor) = version;
        let message = format!("`rule.threshold.field` has {fields} items, {major}.{minor} takes 3");
        let error = Diagnostic::error("rule-value-range", message, threshold.span);
        table.report(error.with_help("raise `metadata.min_stack_version` to 9.2"));
    }
    Some(threshold.value)
}

/// The language, or the one that the type implies; reports one that does not go with the type.
fn read_language(table: &mut Table<'_>, rule_type: Option<RuleType>) -> Option<Language> {
    let language: Option<Located<Language>> = table.get("language");
    let allowed: &[Language] = match rule_type? {
        RuleType::Query
        | RuleType::SavedQuery
        | RuleType::Threshold
        | RuleType::NewTerms
        | RuleType::ThreatMatch => &[Language::Kuery, Language::Lucene],
        RuleType::Eql => &[Language::Eql],
        RuleType::Esql => &[Language::Esql],
        RuleType::MachineLearning | RuleType::Correlation => {
            table.unused("language", &format!("in a rule of type `{}`", rule_type?));
            return None;
        }
    };
    if let &[only] = allowed
        && !table.has("language")
    {
        table.missing("language", &format!("; rules of type `{only}` state it"));
    }
    if let Some(language) = language.as_ref().filter(|found| !allowed.contains(&found.value)) {
        let rule_type = rule_type?;
        let message = format!("language `{}` in a rule of type `{rule_type}`", language.value);
        let names: Vec<&str> = allowed.iter().map(|language| language.as_str()).collect();
        let error = Diagnostic::error("rule-language", message, language.span);
        table.report(error.with_help(format!("the type takes {}", names.join(" or "))));
    }
    Some(language.map_or(allowed[0], |language| language.value))
}

/// Checks which keys the rule type needs and which it ignores.
fn check_type(table: &Table<'_>, rule_type: RuleType) {
    match rule_type {
        // Without a query every event that the filters let pass matches.
        RuleType::Query => {}
        RuleType::Eql | RuleType::Esql | RuleType::ThreatMatch => table.demand("query"),
        RuleType::SavedQuery => table.demand("saved_id"),
        RuleType::Threshold => {
            table.demand("query");
            table.demand("threshold");
        }
        RuleType::NewTerms => {
            table.demand("query");
            if !table.has("new_terms_fields") && !table.has("history_window_start") {
                table.demand("new_terms");
            }
        }
        RuleType::MachineLearning => {
            table.unused("query", "in a rule of type `machine_learning`");
        }
        RuleType::Correlation => table.demand("correlation"),
    }
    let why = format!("in a rule of type `{rule_type}`");
    for (key, types) in TYPE_KEYS {
        if !types.contains(&rule_type) {
            table.unused(key, &why);
        }
    }
}

/// New terms in the form of rule files, or in the flat form that Kibana exports.
fn read_new_terms(table: &mut Table<'_>) -> Option<NewTerms> {
    let flat_fields = table.get("new_terms_fields");
    let flat_start = table.get("history_window_start");
    if let Some(nested) = table.get("new_terms") {
        return Some(nested);
    }
    for (key, other) in
        [("new_terms_fields", "history_window_start"), ("history_window_start", "new_terms_fields")]
    {
        if table.has(other) {
            table.demand(key);
        }
    }
    table.limit_items("new_terms_fields", 1, 3);
    Some(NewTerms { fields: flat_fields?, history_window_start: flat_start? })
}

/// The time between runs: a number and a unit.
fn read_interval(table: &mut Table<'_>) -> Option<Located<String>> {
    let interval: Located<String> = table.get("interval")?;
    let number = interval.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or_default();
    if number.starts_with('0') || number.parse::<u32>().is_err() {
        let message = format!("malformed interval {:?}", interval.value);
        let error = Diagnostic::error("rule-value-range", message, interval.span);
        table.report(error.with_help("write a number and one of the units s, m, h, d"));
    }
    Some(interval)
}

/// Suppression; threshold rules have their groups already and only set how long they stay open.
fn read_suppression(table: &mut Table<'_>, threshold: bool) -> Option<AlertSuppression> {
    let suppression: Located<AlertSuppression> = table.get("alert_suppression")?;
    let (lacking, key) = if threshold {
        (suppression.duration.is_none(), "duration")
    } else {
        (suppression.group_by.is_empty(), "group_by")
    };
    if lacking {
        let message = format!("`rule.alert_suppression.{key}` is missing");
        table.report(Diagnostic::error("rule-key-missing", message, suppression.span));
    }
    Some(suppression.value)
}

fn read_machine_learning(table: &mut Table<'_>, needed: bool) -> Option<MachineLearning> {
    let job_ids = table.get("machine_learning_job_id");
    let anomaly_threshold = table.within("anomaly_threshold", 0, 100);
    if needed {
        table.demand("machine_learning_job_id");
        table.demand("anomaly_threshold");
    }
    let OneOrMany(job_ids) = job_ids?;
    let job = MachineLearning { job_ids, anomaly_threshold: anomaly_threshold? };
    needed.then_some(job)
}

fn read_investigation_fields(table: &mut Table<'_>) -> Vec<String> {
    let Some(mut table) = table.node("investigation_fields").and_then(Node::table) else {
        return Vec::new();
    };
    let names: Option<Vec<Located<String>>> = table.require("field_names");
    table.limit_items("field_names", 1, usize::MAX);
    let names = names.unwrap_or_default();
    for blank in names.iter().filter(|name| name.trim().is_empty()) {
        let message = "a name in `rule.investigation_fields.field_names` is empty";
        table.report(Diagnostic::error("rule-value-range", message, blank.span));
    }
    table.finish();
    names.into_iter().map(|name| name.value).collect()
}
