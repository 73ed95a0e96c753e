//! Threats: the tactics a rule covers, and the indicators it matches.

use serde_json::Value;

use crate::located::{Located, QueryText};
use crate::names::Language;
use crate::read::{Node, Read};
use crate::table::Table;
use harness_source::diagnostic::Diagnostic;

/// One tactic of a framework with its techniques.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threat {
    /// The framework, such as `MITRE ATT&CK`.
    pub framework: String,
    /// The tactic.
    pub tactic: Reference,
    /// The techniques.
    pub techniques: Vec<Technique>,
}

/// A technique with its subtechniques.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Technique {
    /// The technique itself.
    pub technique: Reference,
    /// The subtechniques.
    pub subtechniques: Vec<Reference>,
}

/// An entry of a framework.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Its id, such as `T1064`.
    pub id: String,
    /// Its title.
    pub name: String,
    /// Its page.
    pub reference: String,
}

/// What a `threat_match` rule compares events with.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreatMatch {
    /// The index patterns of the indicators.
    pub index: Vec<String>,
    /// The query that selects indicators.
    pub query: QueryText,
    /// Its language.
    pub language: Language,
    /// Filters besides the query, in the form that Kibana stores.
    pub filters: Vec<Located<Value>>,
    /// One group has to match.
    pub mapping: Vec<MappingGroup>,
    /// The object of a document that holds the indicator.
    pub indicator_path: Option<String>,
}

/// Comparisons that must all hold for one indicator.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingGroup {
    /// The comparisons.
    pub entries: Vec<MappingEntry>,
}

/// One comparison of an event with an indicator.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingEntry {
    /// The field of the event.
    pub field: Located<String>,
    /// The field of the indicator.
    pub value: Located<String>,
    /// Whether the values must differ.
    pub negate: bool,
}

impl Read for Threat {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let framework = table.require("framework");
        let tactic = table.require("tactic");
        let techniques = table.get("technique").unwrap_or_default();
        table.finish();
        Some(Self { framework: framework?, tactic: tactic?, techniques })
    }
}

impl Read for Technique {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let technique = reference(&mut table);
        let subtechniques = table.get("subtechnique").unwrap_or_default();
        table.finish();
        Some(Self { technique, subtechniques })
    }
}

impl Read for Reference {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let reference = reference(&mut table);
        table.finish();
        Some(reference)
    }
}

/// The three keys of an entry; what is missing was reported.
fn reference(table: &mut Table<'_>) -> Reference {
    Reference {
        id: table.require("id").unwrap_or_default(),
        name: table.require("name").unwrap_or_default(),
        reference: table.require("reference").unwrap_or_default(),
    }
}

impl Read for MappingGroup {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let entries: Option<Vec<MappingEntry>> = table.require("entries");
        table.limit_items("entries", 1, usize::MAX);
        if let Some(entries) = &entries {
            check_negation(&table, entries);
        }
        table.finish();
        Some(Self { entries: entries? })
    }
}

/// Reports a group that Kibana refuses: one that only says what must differ, and
/// one that wants two fields to be the same and to differ.
fn check_negation(table: &Table<'_>, entries: &[MappingEntry]) {
    let code = "rule-threat-mapping";
    if let Some(first) = entries.first().filter(|_| entries.iter().all(|entry| entry.negate)) {
        let message = "every entry of the group is negated".to_owned();
        let error = Diagnostic::error(code, message, first.field.span);
        table.report(error.with_help("add an entry that has to match"));
    }
    for entry in entries.iter().filter(|entry| entry.negate) {
        let (field, value) = (&entry.field.value, &entry.value.value);
        let same = |other: &MappingEntry| {
            !other.negate && other.field.value == *field && other.value.value == *value
        };
        if entries.iter().any(same) {
            let message = format!("`{field}` has to match `{value}` and not to match it");
            table.report(Diagnostic::error(code, message, entry.field.span));
        }
    }
}

impl Read for MappingEntry {
    fn read(node: Node<'_>) -> Option<Self> {
        let mut table = node.table()?;
        let field = table.require_filled("field");
        let value = table.require_filled("value");
        let negate = table.get("negate").unwrap_or_default();
        table.one_of("type", &["mapping"]);
        table.finish();
        Some(Self { field: field?, value: value?, negate })
    }
}

/// Reads the `threat_…` keys of a rule that matches indicators.
pub(super) fn read_match(table: &mut Table<'_>, needed: bool) -> Option<ThreatMatch> {
    let index = table.get("threat_index");
    let query = table.get("threat_query");
    let language = table.get("threat_language").unwrap_or(Language::Kuery);
    let filters = table.get("threat_filters").unwrap_or_default();
    let mapping = table.get("threat_mapping");
    let indicator_path = table.get("threat_indicator_path");
    if needed {
        for key in ["threat_index", "threat_query", "threat_mapping"] {
            table.demand(key);
        }
        for key in ["threat_index", "threat_mapping"] {
            table.limit_items(key, 1, usize::MAX);
        }
    }
    if !needed {
        return None;
    }
    Some(ThreatMatch {
        index: index?,
        query: query?,
        language,
        filters,
        mapping: mapping?,
        indicator_path,
    })
}
