//! Reads the tables below `[rule]`, and `[metadata]`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::located::Located;
use crate::model::{
    AlertSuppression, Cardinality, Duration, ExceptionsList, Metadata, NewTerms,
    RelatedIntegration, RequiredField, RiskScoreMapping, SeverityMapping, Threshold,
};
use crate::names::MissingFields;
use crate::read::{Node, OneOrMany, Read};
use crate::table::Table;
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;

/// Keys of `[metadata]` that change nothing here.
const OTHER_METADATA: &[&str] = &[
    "bypass_bbr_timing",
    "comments",
    "ecs_version",
    "extended",
    "local_creation_date",
    "os_type_list",
    "promotion",
    "query_schema_validation",
    "related_endpoint_rules",
];

/// Kibana groups by no more fields.
const MAX_THRESHOLD_FIELDS: usize = limits::THRESHOLD_FIELDS.most;

/// The spaces that an exception list can be of.
const NAMESPACES: [&str; 2] = ["agnostic", "single"];

/// The kinds of exception lists.
const LIST_TYPES: [&str; 8] = [
    "detection",
    "rule_default",
    "endpoint",
    "endpoint_trusted_apps",
    "endpoint_trusted_devices",
    "endpoint_events",
    "endpoint_host_isolation_exceptions",
    "endpoint_blocklists",
];

/// The values of `maturity`.
const MATURITIES: [&str; 5] = ["beta", "development", "experimental", "deprecated", "production"];

/// Keeps keys as they are.
pub(super) fn read_other(table: &mut Table<'_>, keys: &[&'static str]) -> BTreeMap<String, Value> {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), table.get(key)?))).collect()
}

impl Read for Metadata {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let maturity: Option<Located<String>> = table.get("maturity");
        if let Some(odd) = maturity.as_ref().filter(|found| !MATURITIES.contains(&found.as_str())) {
            let message = format!("unknown maturity {:?}", odd.value);
            let warning = Diagnostic::warning("rule-value-unknown", message, odd.span);
            table.report(warning.with_help(format!("one of {}", MATURITIES.join(", "))));
        }
        let metadata = Self {
            creation_date: table.get("creation_date"),
            updated_date: table.get("updated_date"),
            deprecation_date: table.get("deprecation_date"),
            maturity: maturity.map(|maturity| maturity.value),
            integration: table.get::<OneOrMany>("integration").map_or_else(Vec::new, |list| list.0),
            min_stack_version: table.get("min_stack_version"),
            min_stack_comments: table.get("min_stack_comments"),
            other: read_other(&mut table, OTHER_METADATA),
        };
        table.finish();
        Some(metadata)
    }
}

impl Read for Threshold {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        table.demand("field");
        let fields = table.get::<OneOrMany<Located<String>>>("field").map(|fields| fields.0);
        table.limit_items("field", 0, MAX_THRESHOLD_FIELDS);
        table.demand("value");
        let value = table.at_least("value", 1);
        let cardinality: Vec<Cardinality> = table.get("cardinality").unwrap_or_default();
        let grouped = |field: &str| fields.iter().flatten().any(|own| own.value == field);
        for counted in cardinality.iter().filter(|counted| grouped(&counted.field)) {
            let message = format!("`{}` has one value in each of its groups", counted.field.value);
            let error = Diagnostic::error("rule-value-range", message, counted.field.span);
            table.report(error.with_help("count the values of a field that forms no groups"));
        }
        table.finish();
        Some(Self { fields: fields?, value: value?, cardinality })
    }
}

impl Read for Cardinality {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let field = table.require("field");
        table.demand("value");
        let value = table.at_least("value", 0);
        table.finish();
        Some(Self { field: field?, value: value? })
    }
}

impl Read for NewTerms {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        // The keys `field` only repeat the names that Kibana's form has.
        let _: Option<String> = table.get("field");
        let fields = table.require("value");
        table.limit_items("value", 1, 3);
        let starts: Option<Vec<HistoryStart>> = table.require("history_window_start");
        table.limit_items("history_window_start", 1, 1);
        table.finish();
        let HistoryStart(history_window_start) = starts?.into_iter().next()?;
        Some(Self { fields: fields?, history_window_start })
    }
}

struct HistoryStart(Located<String>);

impl Read for HistoryStart {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let _: Option<String> = table.get("field");
        let value = table.require("value");
        table.finish();
        Some(Self(value?))
    }
}

impl Read for AlertSuppression {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let group_by = table.get("group_by").unwrap_or_default();
        table.limit_items("group_by", 1, 3);
        let duration = table.get("duration");
        let missing_fields =
            table.get("missing_fields_strategy").unwrap_or(MissingFields::Suppress);
        table.finish();
        Some(Self { group_by, duration, missing_fields })
    }
}

impl Read for Duration {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        table.demand("value");
        let value = table.at_least("value", 1);
        let unit = table.require("unit");
        table.finish();
        Some(Self { value: value?, unit: unit? })
    }
}

impl Read for ExceptionsList {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let list = Self {
            id: filled(&mut table, "id"),
            list_id: filled(&mut table, "list_id"),
            namespace_type: table.one_of("namespace_type", &NAMESPACES).unwrap_or_default(),
            list_type: table.one_of("type", &LIST_TYPES).unwrap_or_default(),
        };
        table.finish();
        Some(list)
    }
}

/// A text that has to be there, and not blank.
fn filled(table: &mut Table<'_>, key: &'static str) -> String {
    table.require_filled(key).unwrap_or_default().value
}

impl Read for SeverityMapping {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let (field, value) = mapping_key(&mut table);
        let severity = table.require("severity");
        table.finish();
        Some(Self { field, value, severity: severity? })
    }
}

impl Read for RiskScoreMapping {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let (field, value) = mapping_key(&mut table);
        let risk_score = table.within("risk_score", 0, 100);
        table.finish();
        Some(Self { field, value, risk_score })
    }
}

/// The field and value of a mapping; the only operator is `equals`.
fn mapping_key(table: &mut Table<'_>) -> (Located<String>, String) {
    table.one_of("operator", &["equals"]);
    let field = table.require("field").unwrap_or_default();
    (field, table.require("value").unwrap_or_default())
}

impl Read for RequiredField {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let (name, field_type) = (filled(&mut table, "name"), filled(&mut table, "type"));
        let _: Option<bool> = table.get("ecs");
        table.finish();
        Some(Self { name, field_type })
    }
}

impl Read for RelatedIntegration {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let (package, version) = (filled(&mut table, "package"), filled(&mut table, "version"));
        let integration = table.filled("integration").map(|integration| integration.value);
        table.finish();
        Some(Self { package, version, integration })
    }
}
