//! Runs a case and compares.

use super::cell::{same, show, type_named, values};
use super::search::PlainSearch;
use super::{Case, Datasets, patterns};
use crate::{NOW, Outcome};
use harness_esql::plan::{PlanOptions, Unknown, plan};
use harness_esql::run::{RunOptions, TableColumn, run};
use harness_esql::types::Type;
use harness_esql::value::Value;
use harness_query::esql::ast::{CommandKind, ExprKind, Query};
use harness_query::esql::parse;
use harness_source::diagnostic::{Diagnostic, Severity};

/// Runs a case over the datasets and compares columns, types and rows.
pub fn judge(case: &Case, datasets: &Datasets) -> Outcome {
    match found(case, datasets) {
        Ok(None) => Outcome::Agree,
        Ok(Some(got)) => differs(case, got),
        Err(errors) => match errors.iter().find(|error| error.severity == Severity::Unsupported) {
            Some(reason) => Outcome::Unsupported(reason.message.clone()),
            None => differs(case, told(&errors)),
        },
    }
}

fn differs(case: &Case, got: String) -> Outcome {
    Outcome::differs(format!("{} rows of {:?}", case.rows.len(), case.columns), got)
}

/// Errors in a line.
pub(super) fn told(errors: &[Diagnostic]) -> String {
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    format!("error: {}", errors.join("; "))
}

/// What differs; an error where the query is not accepted, or fails.
fn found(case: &Case, datasets: &Datasets) -> Result<Option<String>, Vec<Diagnostic>> {
    let query = parse(&case.query).map_err(|error| vec![error])?;
    let source = match datasets.named(&patterns(&query)) {
        Ok(dataset) => &dataset.source,
        Err(why) => return Ok(Some(why)),
    };
    let options = PlanOptions { fields: source, unknown: Unknown::Error, completion: false };
    let plan = plan(&query, &case.query, options)?;
    let search = PlainSearch { fields: source, source };
    let options = RunOptions { now: NOW, ..RunOptions::default() };
    let table = run(&plan, source, &search, &options).map_err(|error| vec![error])?;
    let columns = table.all_columns(source, source);
    Ok(compare(case, &sort_keys(&query), &columns, table.rows).err())
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

fn compare(case: &Case, keys: &[String], found: &[TableColumn], rows: usize) -> Result<(), String> {
    let mut types = Vec::with_capacity(case.columns.len());
    for (name, ty) in &case.columns {
        match type_named(ty) {
            Some(ty) => types.push(ty),
            None => {
                return Err(format!("column `{name}` has the unknown type `{ty}`"));
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
        return Err(format!(
            "columns\n  expected {}\n  found    {}",
            expected.join(" | "),
            actual.join(" | ")
        ));
    }
    let mut wanted = Vec::with_capacity(case.rows.len());
    for row in &case.rows {
        let cells = row.iter().zip(&types).map(|(cell, ty)| values(cell, *ty));
        wanted.push(cells.collect::<Result<Vec<_>, _>>()?);
    }
    let mut got: Vec<Vec<Vec<Value>>> = (0..rows)
        .map(|row| {
            let cells = found.iter();
            cells
                .map(|c| c.column.values(row).map(harness_esql::value::Ref::to_value).collect())
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
        return Ok(());
    }
    let place = wanted
        .iter()
        .zip(&got)
        .position(|(a, b)| a.iter().zip(b).any(|(a, b)| !same(a, b)))
        .unwrap_or(wanted.len().min(got.len()));
    let line = |rows: &[Vec<Vec<Value>>]| {
        rows.get(place).map_or_else(|| "(no row)".to_owned(), |row| text(row, &types))
    };
    Err(format!(
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
