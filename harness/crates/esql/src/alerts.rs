//! The rule around a pipeline: which rows it reads, and which alerts it raises.
//!
//! Pure functions over columns and tables (docs/semantics.md, "ES|QL rules").
//! The time range and exceptions choose source documents before the pipeline
//! runs; its result becomes alerts, one per row, de-duplicated by document
//! unless the pipeline aggregates, and suppressed by columns of the result.

use std::collections::HashMap;
use std::sync::Arc;

use super::column::Column;
use super::plan::Plan;
use super::run::{Table, TableColumn};
use super::source::{Fields, Source};
use super::types::Type;
use super::value::Ref;

/// How many pages of results a rule reads at most.
const PAGES: usize = 3;

/// The window of a run: both ends inside, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub from: i64,
    /// The last moment.
    pub to: i64,
}

/// The rows of a source whose timestamp lies in a window.
///
/// `override_` is the column of the rule's `timestamp_override`; a row without
/// a value there counts by `timestamp`, unless the rule forbids the fallback.
pub fn rows_in_window(
    rows: usize,
    window: Window,
    timestamp: &Column,
    override_: Option<&Column>,
    fallback: bool,
) -> Vec<u32> {
    let inside = |column: &Column, row: usize| {
        column.values(row).any(|at| (window.from..=window.to).contains(&at.long()))
    };
    let kept = (0_u32..).zip(0..rows).filter(|(_, row)| match override_ {
        None => inside(timestamp, *row),
        Some(column) if column.range(*row).is_empty() => fallback && inside(timestamp, *row),
        Some(column) => inside(column, *row),
    });
    kept.map(|(number, _)| number).collect()
}

/// How alerts of one group are suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The columns to group by.
    pub fields: Vec<String>,
    /// Rows that lack one of them are grouped as well, rather than each alerting.
    pub group_missing: bool,
}

/// How many alerts, and which are suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertOptions {
    /// The rule's `max_signals`.
    pub max_signals: usize,
    /// The rule's `alert_suppression`.
    pub suppression: Option<Suppression>,
}

/// What makes two alerts the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// One document, as the output names it.
    Document {
        /// `_id`
        id: String,
        /// `_index`
        index: Option<String>,
        /// `_version`
        version: Option<i64>,
        /// What tells rows of one document apart that `MV_EXPAND` made.
        expanded: Vec<String>,
    },
    /// A row of this very run: the next run alerts again.
    Row(usize),
}

impl Identity {
    /// What tells it from other rows of its document.
    pub fn expanded(&self) -> &[String] {
        match self {
            Self::Document { expanded, .. } => expanded,
            Self::Row(_) => &[],
        }
    }
}

/// Whether the rows of a result name their documents, by which Kibana knows an
/// alert again.
pub fn identifies(plan: &Plan) -> bool {
    let columns = plan.output.columns.iter().chain(&plan.output.replaced);
    !plan.is_aggregating() && columns.into_iter().any(|column| &*column.name == "_id")
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What makes it the same as another.
    pub identity: Identity,
    /// The row of the result.
    pub row: usize,
    /// The row of the source, when the result's rows are documents.
    pub source_row: Option<u32>,
    /// The values of each column that suppression groups by, sorted; `None` for
    /// a row that stands for itself.
    pub group: Option<Vec<Vec<String>>>,
    /// Further rows of the same group that raise no alert of their own.
    pub suppressed: Vec<usize>,
}

/// The alerts of a result, in its order.
pub fn alerts(
    plan: &Plan,
    table: &Table,
    fields: &dyn Fields,
    source: &dyn Source,
    options: &AlertOptions,
) -> Vec<Alert> {
    let column = |name: &str| table.column(name, fields, source);
    let meta = |name: &str| column(name).filter(|_| !plan.is_aggregating());
    let (ids, indices, versions) = (meta("_id"), meta("_index"), meta("_version"));
    let text = |column: &Option<TableColumn>, row: usize| {
        column
            .as_ref()
            .and_then(|column| column.column.first(row))
            .map(|value| value.str().to_owned())
    };
    let groups = options
        .suppression
        .as_ref()
        .map(|suppression| suppression.fields.iter().map(|name| column(name)).collect::<Vec<_>>());
    let expanded = Expanded::new(plan, table, fields, source);
    // A page holds one row more than alerts may be raised.
    let page = options.max_signals.saturating_add(1);
    let limit = page.saturating_mul(PAGES);
    let mut seen: HashMap<Identity, usize> = HashMap::new();
    let mut by_group: HashMap<Vec<Vec<String>>, usize> = HashMap::new();
    let mut alerts: Vec<Alert> = Vec::new();
    for row in 0..table.rows.min(limit) {
        // What is suppressed counts as well, page by page.
        if groups.is_some() && row % page == 0 && seen.len() >= options.max_signals {
            break;
        }
        let identity = match text(&ids, row) {
            Some(id) => Identity::Document {
                id,
                index: text(&indices, row),
                version: versions
                    .as_ref()
                    .and_then(|column| column.column.first(row))
                    .map(Ref::long),
                expanded: expanded.values(row),
            },
            None => Identity::Row(row),
        };
        if seen.contains_key(&identity) {
            continue;
        }
        seen.insert(identity.clone(), row);
        let group = groups.as_ref().zip(options.suppression.as_ref());
        let group = group
            .and_then(|(columns, suppression)| group_of(columns, row, suppression.group_missing));
        if let Some(group) = &group {
            if let Some(place) = by_group.get(group) {
                if let Some(alert) = alerts.get_mut(*place) {
                    alert.suppressed.push(row);
                }
                continue;
            }
            by_group.insert(group.clone(), alerts.len());
        }
        if alerts.len() == options.max_signals {
            break;
        }
        let source_row = table.origin.as_ref().and_then(|origin| origin.get(row)).copied();
        alerts.push(Alert { identity, row, source_row, group, suppressed: Vec::new() });
    }
    alerts
}

/// The columns that tell rows of one document apart.
#[derive(Default)]
struct Expanded {
    columns: Vec<TableColumn>,
    /// Whether these are the columns of `MV_EXPAND`; else the row counts as a whole.
    own: bool,
}

impl Expanded {
    fn new(plan: &Plan, table: &Table, fields: &dyn Fields, source: &dyn Source) -> Self {
        let names = &plan.expanded;
        if names.is_empty() {
            return Self::default();
        }
        // Kibana asks for the result without columns that are null in all rows.
        let some =
            |column: &TableColumn| (0..table.rows).any(|row| !column.column.range(row).is_empty());
        let column = |name: &Arc<str>| table.column(name, fields, source).filter(some);
        match names.iter().map(column).collect() {
            Some(columns) => Self { columns, own: true },
            None => Self { columns: table.all_columns(fields, source), own: false },
        }
    }

    /// The values by which a row differs from others of its document.
    fn values(&self, row: usize) -> Vec<String> {
        let text = |column: &TableColumn| {
            let values: Vec<String> = column
                .column
                .values(row)
                .filter(|value| !(self.own && is_falsy(*value, column.ty)))
                .map(|value| value.text(column.ty))
                .collect();
            (!self.own || !values.is_empty()).then(|| values.join(", "))
        };
        self.columns.iter().filter_map(text).collect()
    }
}

/// Whether Kibana takes the value for none.
fn is_falsy(value: Ref<'_>, ty: Type) -> bool {
    match value {
        Ref::Bool(value) => !value,
        Ref::Str(text) => text.is_empty(),
        Ref::Int(_) | Ref::Long(_) | Ref::ULong(_) | Ref::Double(_) => {
            !ty.is_date() && value.double() == 0.0
        }
        Ref::Ip(_) | Ref::Point(_) | Ref::Amount(_) => false,
    }
}

/// The group of a row: the values of each column, sorted, as one key.
fn group_of(
    columns: &[Option<TableColumn>],
    row: usize,
    group_missing: bool,
) -> Option<Vec<Vec<String>>> {
    let mut key = Vec::with_capacity(columns.len());
    for column in columns {
        let mut values: Vec<String> = match column {
            None => Vec::new(),
            Some(column) => column.column.values(row).map(|value| value.text(column.ty)).collect(),
        };
        if values.is_empty() && !group_missing {
            return None;
        }
        values.sort();
        key.push(values);
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{planned, ran, source};

    /// The alerts of a query: identity, and how many rows are suppressed.
    fn check(query: &str, max_signals: usize, by: Option<(&[&str], bool)>, expected: &[&str]) {
        let suppression = by.map(|(fields, group_missing)| Suppression {
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
            group_missing,
        });
        let options = AlertOptions { max_signals, suppression };
        let (plan, table) = (planned(query).expect("valid"), ran(query).expect("runs"));
        let source = source();
        let alerts = alerts(&plan, &table, &source, &source, &options);
        let shown: Vec<_> = alerts
            .iter()
            .map(|alert| {
                let identity = match &alert.identity {
                    Identity::Document { id, .. } => format!("id {id}"),
                    Identity::Row(row) => format!("row {row}"),
                };
                format!("{identity} +{}", alert.suppressed.len())
            })
            .collect();
        assert_eq!(shown, expected, "{query}");
    }

    #[test]
    fn a_row_is_an_alert_and_a_document_only_one() {
        check("FROM x METADATA _id | WHERE pid > 2", 10, None, &["id 2 +0", "id 3 +0"]);
        let expand = "FROM x METADATA _id | WHERE pid == 1 | MV_EXPAND args";
        check(expand, 10, None, &["id 0 +0", "id 0 +0"]);
        check(&format!("{expand} | DROP args"), 10, None, &["id 0 +0"]);
        check(&format!("{expand} | RENAME args AS a"), 10, None, &["id 0 +0", "id 0 +0"]);
        check("FROM x | WHERE pid > 2", 10, None, &["row 0 +0", "row 1 +0"]);
        check("FROM x METADATA _id", 2, None, &["id 0 +0", "id 1 +0"]);
        check(
            "FROM x METADATA _id | STATS c = COUNT(*) BY _id | SORT _id",
            2,
            None,
            &["row 0 +0", "row 1 +0"],
        );
        check("FROM x | WHERE false", 10, None, &[]);
    }

    #[test]
    fn suppression_groups_by_columns_of_the_result() {
        let query = "FROM x METADATA _id | KEEP _id, host";
        check(query, 10, Some((&["host"], true)), &["id 0 +1", "id 2 +1", "id 4 +0"]);
        let query = "FROM x METADATA _id | KEEP _id, name";
        check(query, 10, Some((&["name"], true)), &["id 0 +0", "id 1 +0", "id 2 +0", "id 3 +1"]);
        check(
            query,
            10,
            Some((&["name"], false)),
            &["id 0 +0", "id 1 +0", "id 2 +0", "id 3 +0", "id 4 +0"],
        );
    }

    #[test]
    fn the_window_has_both_ends_and_falls_back() {
        let source = source();
        let timestamp = source.column("@timestamp").expect("a field");
        let pid = source.column("pid").expect("a field");
        let window = Window { from: 1_704_067_200_000, to: 1_704_067_260_000 };
        assert_eq!(rows_in_window(5, window, &timestamp, None, true), [0, 1]);
        let ids = Window { from: 2, to: 3 };
        assert_eq!(rows_in_window(5, ids, &timestamp, Some(&pid), false), [1, 2]);
        let late = Window { from: 1_704_672_000_000, to: i64::MAX };
        assert_eq!(rows_in_window(5, late, &timestamp, Some(&pid), true), [4]);
        assert_eq!(rows_in_window(5, late, &timestamp, Some(&pid), false), Vec::<u32>::new());
    }
}
