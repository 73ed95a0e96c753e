//! Runs a case and compares.

use super::cell::{same, show, type_named, values};
use super::search::PlainSearch;
use super::{Case, Datasets};
use crate::diagnostic::Diagnostic;
use crate::esql::plan::{PlanOptions, Unknown, plan};
use crate::esql::run::{RunOptions, TableColumn, run};
use crate::esql::types::Type;
use crate::esql::value::Value;
use crate::query::esql::ast::{CommandKind, ExprKind, Query, Source as Head};
use crate::query::esql::parse;

/// How a case came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Columns, types and rows agree.
    Agree,
    /// The query was not accepted, or failed.
    Refused(Vec<Diagnostic>),
    /// Something differs: what.
    Differ(String),
    /// The case itself cannot be judged: why.
    Unusable(String),
}

/// Runs a case over the datasets and compares columns, types and rows.
pub fn judge(case: &Case, datasets: &Datasets) -> Outcome {
    let query = match parse(&case.query) {
        Ok(query) => query,
        Err(error) => return Outcome::Refused(vec![error]),
    };
    let index = match &query.source {
        Head::From { indices, .. } => indices.first().map(|index| index.text.as_str()),
        Head::Row { .. } | Head::Other { .. } => None,
    };
    let Some(source) = datasets.source(index) else {
        return Outcome::Unusable(format!("no dataset for `{}`", index.unwrap_or_default()));
    };
    let options = PlanOptions { fields: source, unknown: Unknown::Error, completion: false };
    let plan = match plan(&query, &case.query, options) {
        Ok(plan) => plan,
        Err(errors) => return Outcome::Refused(errors),
    };
    let search = PlainSearch { fields: source, source };
    let table = match run(&plan, source, &search, &RunOptions::default()) {
        Ok(table) => table,
        Err(error) => return Outcome::Refused(vec![error]),
    };
    compare(case, &sort_keys(&query), &table.all_columns(source, source), table.rows)
}

/// The columns that the last `SORT` orders by, when it orders by columns:
/// among rows with the same values there the order is not defined.
fn sort_keys(query: &Query) -> Vec<String> {
    let sorts = query.commands.iter().rev().find_map(|command| match &command.kind {
        CommandKind::Sort(orders) => Some(orders),
        _ => None,
    });
    let keys = sorts.into_iter().flatten().map(|order| match &order.expr.kind {
        ExprKind::Column(name) => Some(name.clone()),
        _ => None,
    });
    keys.collect::<Option<_>>().unwrap_or_default()
}

fn compare(case: &Case, keys: &[String], found: &[TableColumn], rows: usize) -> Outcome {
    let mut types = Vec::with_capacity(case.columns.len());
    for (name, ty) in &case.columns {
        match type_named(ty) {
            Some(ty) => types.push(ty),
            None => {
                return Outcome::Unusable(format!("column `{name}` has the unknown type `{ty}`"));
            }
        }
    }
    let expected: Vec<_> =
        case.columns.iter().zip(&types).map(|((name, _), ty)| format!("{name}:{ty}")).collect();
    let actual: Vec<_> = found
        .iter()
        .map(|column| format!("{}:{}", column.name.trim(), column.ty.without_text()))
        .collect();
    if expected != actual {
        return Outcome::Differ(format!(
            "columns\n  expected {}\n  found    {}",
            expected.join(" | "),
            actual.join(" | ")
        ));
    }
    let mut wanted = Vec::with_capacity(case.rows.len());
    for row in &case.rows {
        let cells = row.iter().zip(&types).map(|(cell, ty)| values(cell, *ty));
        match cells.collect::<Result<Vec<_>, _>>() {
            Ok(cells) => wanted.push(cells),
            Err(why) => return Outcome::Unusable(why),
        }
    }
    let mut got: Vec<Vec<Vec<Value>>> = (0..rows)
        .map(|row| {
            let cells = found.iter();
            cells
                .map(|c| c.column.values(row).map(crate::esql::value::Ref::to_value).collect())
                .collect()
        })
        .collect();
    let keys: Option<Vec<usize>> =
        keys.iter().map(|key| case.columns.iter().position(|(name, _)| name == key)).collect();
    let ties = keys.is_some_and(|keys| {
        let same_keys = |a: &Vec<Vec<Value>>, b: &Vec<Vec<Value>>| {
            keys.iter().all(|key| same(&a[*key], &b[*key]))
        };
        !keys.is_empty() && wanted.iter().zip(&got).all(|(a, b)| same_keys(a, b))
    });
    if case.ignore_order || ties {
        wanted.sort_by_cached_key(|row| text(row, &types));
        got.sort_by_cached_key(|row| text(row, &types));
    }
    let differs = wanted.len() != got.len()
        || wanted.iter().zip(&got).any(|(a, b)| a.iter().zip(b).any(|(a, b)| !same(a, b)));
    if !differs {
        return Outcome::Agree;
    }
    let place = wanted
        .iter()
        .zip(&got)
        .position(|(a, b)| a.iter().zip(b).any(|(a, b)| !same(a, b)))
        .unwrap_or(wanted.len().min(got.len()));
    let line = |rows: &[Vec<Vec<Value>>]| {
        rows.get(place).map_or_else(|| "(no row)".to_owned(), |row| text(row, &types))
    };
    Outcome::Differ(format!(
        "row {} of {} expected, {} found\n  expected {}\n  found    {}",
        place + 1,
        wanted.len(),
        got.len(),
        line(&wanted),
        line(&got)
    ))
}

fn text(row: &[Vec<Value>], types: &[Type]) -> String {
    let cells: Vec<_> = row.iter().zip(types).map(|(values, ty)| show(values, *ty)).collect();
    cells.join(" | ")
}
