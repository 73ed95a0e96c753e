//! What a rule file says, as plain data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::located::{Located, QueryText};
use crate::names::{DurationUnit, Language, MissingFields, RuleType, Severity};
use crate::threat::{Threat, ThreatMatch};

/// One detection rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The `[metadata]` table.
    pub metadata: Metadata,
    /// The rule's title.
    pub name: String,
    /// The id that stays the same over all versions of the rule.
    pub rule_id: Located<String>,
    /// What the rule finds and why it matters.
    pub description: String,
    /// How the rule finds it.
    pub rule_type: RuleType,
    /// The language of the query; `None` for rules without one.
    pub language: Option<Language>,
    /// The query; `None` for rules without one.
    pub query: Option<QueryText>,
    /// The id of a saved query in Kibana.
    pub saved_id: Option<String>,
    /// The index patterns that the rule reads.
    pub index: Vec<String>,
    /// A data view in Kibana, in place of index patterns.
    pub data_view_id: Option<String>,
    /// Filters besides the query, in the form that Kibana stores.
    pub filters: Vec<Located<Value>>,

    /// The start of the window that a run looks at; date math.
    pub from: Option<Located<String>>,
    /// Its end; date math.
    pub to: Option<Located<String>>,
    /// The time between runs.
    pub interval: Option<Located<String>>,
    /// The field that stands in for `@timestamp`.
    pub timestamp_override: Option<Located<String>>,
    /// Whether documents without that field are left out.
    pub timestamp_override_fallback_disabled: bool,
    /// At most this many alerts per run.
    pub max_signals: Option<u64>,

    /// Thresholds of a `threshold` rule.
    pub threshold: Option<Threshold>,
    /// Fields and history of a `new_terms` rule.
    pub new_terms: Option<NewTerms>,
    /// Indicators of a `threat_match` rule.
    pub threat_match: Option<ThreatMatch>,
    /// Job and score of a `machine_learning` rule.
    pub machine_learning: Option<MachineLearning>,
    /// The fields that EQL reads in place of the usual ones.
    pub eql: EqlFields,
    /// How alerts are merged.
    pub alert_suppression: Option<AlertSuppression>,
    /// The exception lists of the rule.
    pub exceptions_list: Vec<ExceptionsList>,

    /// How bad an alert is.
    pub severity: Severity,
    /// How bad an alert is, by the values of its event.
    pub severity_mapping: Vec<SeverityMapping>,
    /// How bad an alert is, from 0 to 100.
    pub risk_score: u64,
    /// How bad an alert is, by the values of its event.
    pub risk_score_mapping: Vec<RiskScoreMapping>,
    /// The field whose value names an alert.
    pub rule_name_override: Option<Located<String>>,
    /// Marks a rule whose alerts are hidden and feed other rules.
    pub building_block_type: Option<String>,

    /// The tactics and techniques that the rule covers.
    pub threat: Vec<Threat>,
    /// Free words to find the rule by.
    pub tags: Vec<String>,
    /// Further reading.
    pub references: Vec<String>,
    /// Known benign causes.
    pub false_positives: Vec<String>,
    /// The investigation guide.
    pub note: Option<String>,
    /// How to get the rule its data.
    pub setup: Option<String>,
    /// Who wrote it.
    pub author: Vec<String>,
    /// Under which terms.
    pub license: Option<String>,
    /// Whether the rule is switched on when it is installed.
    pub enabled: Option<bool>,
    /// The version of the rule.
    pub version: Option<u64>,
    /// The fields that an analyst sees first.
    pub investigation_fields: Vec<String>,
    /// The fields that the rule needs.
    pub required_fields: Vec<RequiredField>,
    /// The integrations that feed the rule.
    pub related_integrations: Vec<RelatedIntegration>,

    /// Known keys of `[rule]` that change nothing here, as they are.
    pub other: BTreeMap<String, Value>,
    /// The `[transform]` table, as it is.
    pub transform: Option<Value>,
}

/// The patterns that Kibana reads where a rule states none (`securitySolution:defaultIndex`).
static DEFAULT_PATTERNS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let patterns = [
        "apm-*-transaction*",
        "auditbeat-*",
        "endgame-*",
        "filebeat-*",
        "logs-*",
        "packetbeat-*",
        "traces-apm*",
        "winlogbeat-*",
        "-*elastic-cloud-logs-*",
    ];
    patterns.map(str::to_owned).into()
});

/// The list that the engine of rules leaves to the endpoint.
const ENDPOINT_LIST: &str = "endpoint_list";

impl Rule {
    /// The index patterns that the rule reads: none where they are not known, or stand
    /// in its query.
    pub fn patterns(&self) -> &[String] {
        if self.by_default() { &DEFAULT_PATTERNS } else { &self.index }
    }

    /// Whether the rule reads what Kibana's default patterns name.
    pub fn by_default(&self) -> bool {
        let indexed = match self.rule_type {
            RuleType::Query
            | RuleType::SavedQuery
            | RuleType::Eql
            | RuleType::Threshold
            | RuleType::NewTerms
            | RuleType::ThreatMatch => true,
            RuleType::Esql | RuleType::MachineLearning | RuleType::Correlation => false,
        };
        indexed && self.index.is_empty() && self.data_view_id.is_none()
    }

    /// The lists of its exceptions; none where there is only the one that every rule of
    /// Elastic Defend names, and that the engine of rules leaves to the endpoint.
    pub fn lists(&self) -> Vec<&str> {
        let lists: Vec<&str> =
            self.exceptions_list.iter().map(|list| list.list_id.as_str()).collect();
        if lists.iter().all(|list| *list == ENDPOINT_LIST) { Vec::new() } else { lists }
    }

    /// Whether the rule was retired.
    pub fn is_deprecated(&self) -> bool {
        self.metadata.maturity.as_deref() == Some("deprecated")
    }
}

/// The `[metadata]` table: how the rule is kept, not how it works.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// The day it was written.
    pub creation_date: Option<String>,
    /// The day it last changed.
    pub updated_date: Option<String>,
    /// The day it was retired.
    pub deprecation_date: Option<String>,
    /// How far it is: `development`, `production`, `deprecated`, ….
    pub maturity: Option<String>,
    /// The integrations that feed it.
    pub integration: Vec<String>,
    /// The oldest version of the stack that can run it.
    pub min_stack_version: Option<String>,
    /// Why it needs that version.
    pub min_stack_comments: Option<String>,
    /// Other known keys, as they are.
    pub other: BTreeMap<String, Value>,
}

/// What a `threshold` rule counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The fields that form groups; one group of all documents where empty.
    pub fields: Vec<Located<String>>,
    /// A group alerts from this many documents on.
    pub value: u64,
    /// And, where stated, from this many distinct values on.
    pub cardinality: Vec<Cardinality>,
}

/// A least number of distinct values.
#[derive(Clone, Debug, PartialEq)]
pub struct Cardinality {
    /// The field whose values are counted.
    pub field: Located<String>,
    /// How many there must be.
    pub value: u64,
}

/// What a `new_terms` rule watches.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTerms {
    /// The fields whose combinations of values are looked up.
    pub fields: Vec<Located<String>>,
    /// How far back a combination counts as known; date math.
    pub history_window_start: Located<String>,
}

/// What a `machine_learning` rule reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineLearning {
    /// The jobs.
    pub job_ids: Vec<String>,
    /// The least score of an anomaly that alerts.
    pub anomaly_threshold: u64,
}

/// The fields that an EQL search reads in place of the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EqlFields {
    /// In place of `event.category`.
    pub event_category: Option<Located<String>>,
    /// In place of `@timestamp`.
    pub timestamp: Option<Located<String>>,
    /// Orders events of one moment.
    pub tiebreaker: Option<Located<String>>,
}

impl EqlFields {
    /// The field by which events are in order.
    pub fn order(&self) -> &str {
        self.timestamp.as_ref().map_or("@timestamp", |field| field.as_str())
    }
}

/// How alerts of one group are merged.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertSuppression {
    /// The fields that form groups.
    pub group_by: Vec<Located<String>>,
    /// How long a group stays open; one run where absent.
    pub duration: Option<Duration>,
    /// What happens to documents that lack one of the fields.
    pub missing_fields: MissingFields,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    /// How many units.
    pub value: u64,
    /// The unit.
    pub unit: DurationUnit,
}

impl Duration {
    /// Its length in milliseconds, as far as they can be counted.
    pub fn millis(self) -> i64 {
        let unit = match self.unit {
            DurationUnit::Seconds => 1000,
            DurationUnit::Minutes => 60_000,
            DurationUnit::Hours => 3_600_000,
        };
        i64::try_from(self.value).unwrap_or(i64::MAX).saturating_mul(unit)
    }
}

/// A reference to an exception list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionsList {
    /// The id of the list's saved object.
    pub id: String,
    /// The id that the list's author gave.
    pub list_id: String,
    /// `agnostic` or `single`.
    pub namespace_type: String,
    /// `detection`, `endpoint`, ….
    pub list_type: String,
}

/// A severity for events with a certain value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityMapping {
    /// The field.
    pub field: Located<String>,
    /// Its value.
    pub value: String,
    /// The severity.
    pub severity: Severity,
}

/// A risk score for events with a certain value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskScoreMapping {
    /// The field.
    pub field: Located<String>,
    /// Its value; any where empty.
    pub value: String,
    /// The score, where the value itself is not one.
    pub risk_score: Option<u64>,
}

/// A field that the rule needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredField {
    /// Its name.
    pub name: String,
    /// Its type.
    pub field_type: String,
}

/// An integration that feeds the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedIntegration {
    /// The package.
    pub package: String,
    /// The versions of it that do.
    pub version: String,
    /// The part of the package.
    pub integration: Option<String>,
}
