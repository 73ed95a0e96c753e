//! What a run gives.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::about::About;
use super::alert::Facts;
use super::explanation::Explanation;
use super::prepared_rule::PreparedRule;
use super::warning::Warning;
use crate::case::{Case, Polarity};
use crate::verdict::{Status, Verdict};
use harness_compile::program::RuleProgram;
use harness_model::document::{Columns, Document, Ingest};
use harness_model::event::Event;
use harness_model::schema::{Field, Schema};
use harness_predicate::Column;
use harness_source::files::{self, Problem};

/// The folders as they open from the current one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The rules.
    pub rules: String,
    /// The cases.
    pub cases: String,
    /// What the command line says of them, as words of a command.
    pub flags: Vec<String>,
    /// The command that people type, for hints to them; empty where there is none.
    pub program: &'static str,
}

impl Default for Places {
    fn default() -> Self {
        let (rules, cases) = (String::new(), String::new());
        Self { rules, cases, flags: Vec::new(), program: "harness" }
    }
}

impl Places {
    /// The file of a case that does not exist yet.
    pub fn new_case(&self, key: &str, polarity: Polarity, name: &str) -> String {
        files::below(&self.cases, &format!("{key}/{}/{name}.json", polarity.folder()))
    }
}

/// The outcome of one rule.
#[derive(Clone, Debug)]
pub struct RuleRun {
    /// Path below the rules folder, without `.toml`.
    pub key: String,
    /// Its file, as it opens from the current folder.
    pub file: String,
    /// `rule.name`, or the key where the rule did not load.
    pub name: String,
    /// `rule.rule_id`.
    pub rule_id: String,
    /// `rule.type`.
    pub rule_type: String,
    /// `rule.language`.
    pub language: String,
    /// What its author says of it.
    pub about: About,
    /// How it came out.
    pub status: Status,
    /// Errors, reasons and warnings about the rule.
    pub problems: Vec<Problem>,
    /// What the rule does with events, where it compiled.
    pub program: Option<RuleProgram>,
    /// Its cases, positives first, by name.
    pub cases: Vec<CaseRun>,
}

/// The outcome of one case.
#[derive(Clone, Debug)]
pub struct CaseRun {
    /// The case.
    pub case: Arc<Case>,
    /// How it came out.
    pub verdict: Verdict,
    /// The alerts, in order.
    pub alerts: Vec<Alert>,
    /// Why it failed, where `explain::judge` of the crate quality was asked; empty
    /// when it passed.
    pub explanations: Vec<Explanation>,
    /// What is odd about its events and changes no verdict.
    pub warnings: Vec<Warning>,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Ids of its events, in order.
    pub events: Vec<String>,
    /// The join key of a sequence or sample.
    pub key: Vec<String>,
    /// The values of the fields that the rule reads, as JSON.
    pub fields: Vec<(String, Vec<String>)>,
    /// What else there is to say.
    pub facts: Facts,
}

/// All events of a run as documents, and which belong to which case.
pub(super) struct Fixtures {
    pub(super) columns: Columns,
    pub(super) documents: Vec<Document>,
    pub(super) warnings: Vec<Vec<Warning>>,
    /// By rule, by case: the range of its documents.
    pub(super) ranges: Vec<Vec<Range<u32>>>,
    /// By column name: the field that its values come from.
    pub(super) sources: BTreeMap<Arc<str>, Arc<str>>,
    /// Makes documents of events.
    pub(super) ingest: Ingest,
}

impl Fixtures {
    pub(super) fn new(prepared: &[PreparedRule], schema: &Schema) -> Self {
        let fields = wanted(prepared, schema);
        let sources =
            fields.iter().map(|field| (field.name.clone(), field.source.clone())).collect();
        let mut columns = Columns::default();
        let ingest = Ingest::new(schema, &fields, &mut columns);
        let (documents, warnings) = events(prepared)
            .into_par_iter()
            .map(|event| {
                let mut malformed = Vec::new();
                let document = ingest.document(event, &mut malformed);
                let warnings = malformed.iter().map(|value| Warning::malformed(event, value));
                (document, warnings.collect::<Vec<_>>())
            })
            .unzip();
        let mut next = 0;
        let mut range = |case: &Arc<Case>| {
            let start = next;
            next += u32::try_from(case.events.len()).unwrap_or(u32::MAX);
            start..next
        };
        let ranges = prepared
            .iter()
            .map(|prepared| prepared.cases.iter().map(&mut range).collect())
            .collect();
        Self { columns, documents, warnings, ranges, sources, ingest }
    }
}

/// All events of all cases, in the order of their cases.
pub(super) fn events(prepared: &[PreparedRule]) -> Vec<&Event> {
    prepared.iter().flat_map(|prepared| &prepared.cases).flat_map(|case| &case.events).collect()
}

/// The fields that some rule reads, in order of their columns.
pub(super) fn wanted(prepared: &[PreparedRule], schema: &Schema) -> Vec<Arc<Field>> {
    let wanted: BTreeSet<&Column> = prepared.iter().flat_map(PreparedRule::columns).collect();
    wanted.into_iter().filter_map(|column| schema.field(&column.name)).collect()
}
