//! Runs an ES|QL rule on one case.

use std::sync::Arc;

use super::{Alert, CaseRun, Suppressed, Warning};
use crate::case::Case;
use crate::verdict;
use harness_compile::esql::Pipeline;
use harness_esql::alerts::{self, AlertOptions, Suppression};
use harness_esql::memory::{Document, MemoryField, MemorySource};
use harness_esql::run::{RunOptions, Table, TableColumn, Turn, run, run_turned};
use harness_esql::search::Matched;
use harness_esql::source::Source;
use harness_model::document;
use harness_model::event::Event;
use harness_rule::model::Rule;
use harness_rule::names::MissingFields;
use harness_source::diagnostic::Diagnostic;
use harness_source::effort;
use harness_source::limits;

/// What reading an event takes, in steps of the rule's watchdog.
const STEPS_OF_AN_EVENT: usize = 200;

/// The most fields that an alert shows.
const MAX_FIELDS: usize = limits::ALERT_FIELDS.most;

/// A pipeline, and which events of a case it reads.
pub(super) struct Trial<'a> {
    pub(super) rule: &'a Rule,
    pub(super) pipeline: &'a Pipeline,
    /// The time of the run.
    pub(super) now: i64,
    /// The events that it reads, ascending; after them those that each of its
    /// full-text functions matches, and those that its leading `WHERE` may keep.
    pub(super) hits: &'a [Vec<u32>],
    pub(super) max_signals: usize,
    pub(super) warnings: Vec<Warning>,
}

/// How a case is run.
pub(super) struct Ask<'a> {
    /// The events that take part.
    pub(super) rows: Vec<u32>,
    pub(super) trace: bool,
    pub(super) turn: Option<&'a Turn>,
    /// Whether the rows before each step are kept, for other runs to go on from.
    pub(super) save: bool,
    /// A run that kept them.
    pub(super) base: Option<&'a Table>,
}

impl Trial<'_> {
    /// Runs the case and judges it.
    pub(super) fn case(self, case: &Arc<Case>) -> CaseRun {
        let source = self.source(&case.events);
        let run_on = |rows| {
            self.run(case, &source, Ask { rows, trace: true, turn: None, save: false, base: None })
        };
        let result = run_on(self.narrowed());
        let mut warnings = self.warnings.clone();
        warnings.extend(ignored(&source, case));
        let table = match result {
            Ok(table) => table,
            Err(error) => {
                // Elasticsearch answers with this error: the rule fails.
                let verdict = verdict::failed(&error.to_string());
                let (alerts, explanations) = (Vec::new(), Vec::new());
                return CaseRun { case: case.clone(), verdict, alerts, explanations, warnings };
            }
        };
        // Kibana adds a limit of its own to every query.
        let lines = table.warnings.lines(&self.pipeline.plan.text);
        let lines = lines.into_iter().filter(|line| !line.starts_with("No limit defined"));
        warnings.extend(lines.map(|line| Warning::of_case("esql-warning", line)));
        let alerts = self.alerts(&table, &source, &case.events);
        let verdict = verdict::judge(case, alerts.len());
        let explanations = Vec::new();
        CaseRun { case: case.clone(), verdict, alerts, explanations, warnings }
    }

    /// Takes the events of a case through the pipeline.
    pub(super) fn run(
        &self,
        case: &Case,
        source: &MemorySource,
        ask: Ask<'_>,
    ) -> Result<Table, Diagnostic> {
        let matches = self.matches(case.events.len());
        let answer = |_: &str| case.options.completion.clone();
        let options = RunOptions {
            now: self.now,
            rows: Some(ask.rows),
            completion: Some(&answer),
            trace: ask.trace,
            turn: ask.turn,
            save: ask.save,
        };
        let plan = &self.pipeline.plan;
        match ask.base {
            Some(base) => run_turned(plan, source, &matches, &options, base),
            None => run(plan, source, &matches, &options),
        }
    }

    /// The alerts of a result.
    pub(super) fn found(&self, table: &Table, source: &MemorySource) -> Vec<alerts::Alert> {
        let suppression = self.rule.alert_suppression.as_ref().map(|suppression| Suppression {
            fields: suppression.group_by.iter().map(|field| field.value.clone()).collect(),
            group_missing: suppression.missing_fields == MissingFields::Suppress,
        });
        let options = AlertOptions { max_signals: self.max_signals, suppression };
        alerts::alerts(&self.pipeline.plan, table, source, source, &options)
    }

    /// The events that it reads.
    fn read(&self) -> &[u32] {
        self.hits.first().map_or(&[], Vec::as_slice)
    }

    /// Those of them that its leading `WHERE` may keep.
    fn narrowed(&self) -> Vec<u32> {
        let kept = self.hits.last().map_or(&[][..], Vec::as_slice);
        let kept = |event: &&u32| kept.binary_search(event).is_ok();
        self.read().iter().filter(kept).copied().collect()
    }

    /// The events as rows; where an index name states a field, it is filled in.
    pub(super) fn source(&self, events: &[Event]) -> MemorySource {
        Self::source_of(&self.pipeline.fields, events)
    }

    /// The same with some of the fields.
    pub(super) fn source_of(fields: &[MemoryField], events: &[Event]) -> MemorySource {
        effort::spend(events.len().saturating_mul(STEPS_OF_AN_EVENT));
        let reads = |name: &str| fields.iter().any(|field| field.paths().any(|path| path == name));
        let stated = events.iter().map(|event| document::with_stated_fields(event, &reads));
        let stated: Vec<_> = stated.collect();
        let documents: Vec<Document<'_>> = stated.iter().map(|event| (&**event).into()).collect();
        MemorySource::read(fields, &documents)
    }

    fn matches(&self, events: usize) -> Matched {
        let rows = |hits: &Vec<u32>| {
            let mut rows = vec![false; events];
            for hit in hits {
                if let Some(row) = rows.get_mut(*hit as usize) {
                    *row = true;
                }
            }
            rows
        };
        let searches = self.hits.iter().skip(1).map(rows);
        Matched(self.pipeline.searches.iter().copied().zip(searches).collect())
    }

    fn alerts(&self, table: &Table, source: &MemorySource, events: &[Event]) -> Vec<Alert> {
        let found = self.found(table, source);
        let groups = self.rule.alert_suppression.iter().flat_map(|one| &one.group_by);
        let groups: Vec<String> = groups.map(|field| field.value.clone()).collect();
        let key = |values: &Vec<String>| (!values.is_empty()).then(|| values.join(", "));
        let columns = self.shown(table, source);
        let lineage = table.lineage.as_slice();
        found
            .iter()
            .map(|alert| {
                let behind = |row: &usize| {
                    let rows = lineage.get(*row).into_iter().flatten();
                    rows.filter_map(|row| events.get(*row as usize)).collect::<Vec<_>>()
                };
                let fields = columns.iter().filter_map(|column| {
                    let values = values(column, alert.row);
                    (!values.is_empty()).then(|| (column.name.to_string(), vec![values.join(", ")]))
                });
                let events_behind = behind(&alert.row);
                let others: Vec<&Event> = alert.suppressed.iter().flat_map(behind).collect();
                let mut facts = super::alert::facts(self.rule, events_behind.first().copied());
                let all = || events_behind.iter().chain(&others);
                let times = || all().filter_map(|event| event.timestamp());
                (facts.first, facts.last) = (times().min(), times().max());
                facts.suppressed = alert.group.as_ref().map(|group| Suppressed {
                    by: groups.iter().cloned().zip(group.iter().map(key)).collect(),
                    count: alert.suppressed.len(),
                    events: others.iter().map(|event| event.id.clone()).collect(),
                });
                Alert {
                    events: events_behind.iter().map(|event| event.id.clone()).collect(),
                    key: alert.identity.expanded().to_vec(),
                    fields: fields.take(MAX_FIELDS).collect(),
                    facts,
                }
            })
            .collect()
    }

    /// The columns of an alert: those that the pipeline names.
    fn shown(&self, table: &Table, source: &MemorySource) -> Vec<TableColumn> {
        let read = self.pipeline.plan.fields.iter().map(|field| &field.name);
        let own = |name: &str| table.columns.iter().any(|column| &*column.name == name);
        let read = read.filter(|name| !own(name));
        let from_source = read.filter_map(|name| table.column(name, source, source));
        let columns = from_source.chain(table.columns.iter().cloned());
        let columns: Vec<_> = columns.filter(|column| !column.name.starts_with('_')).collect();
        // The values of a multi-field are those of its parent.
        let shown = |name: &str| columns.iter().any(|column| &*column.name == name);
        let repeats = |name: &str| {
            let mut fields = self.pipeline.fields.iter();
            fields
                .any(|field| &*field.name == name && field.path != field.name && shown(&field.path))
        };
        columns.iter().filter(|column| !repeats(&column.name)).cloned().collect()
    }
}

/// The values of a row, as JSON where they are strings.
fn values(column: &TableColumn, row: usize) -> Vec<String> {
    let text = |value: harness_esql::value::Ref<'_>| {
        let text = value.text(column.ty);
        if column.ty.is_string() { serde_json::Value::from(text).to_string() } else { text }
    };
    column.column.values(row).map(text).collect()
}

/// Values that do not fit their fields.
fn ignored(source: &MemorySource, case: &Case) -> Vec<Warning> {
    let Some(column) = source.column("_ignored") else { return Vec::new() };
    let events = case.events.iter().enumerate();
    let found = events.flat_map(|(row, event)| {
        let fields = column.values(row).map(|field| field.str().to_owned());
        let warning = |field: String| {
            let message = format!("a value of {field} does not fit the field");
            Warning::of_event("malformed-value", event, message)
        };
        fields.map(warning)
    });
    found.collect()
}
