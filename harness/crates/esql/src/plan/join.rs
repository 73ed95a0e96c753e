//! `LOOKUP JOIN` and `ENRICH`: columns of tables that the project states.

use std::sync::Arc;

use super::scope::Entry;
use super::{Join, JoinKey, JoinTable, Planner, StepKind};
use crate::column::Builder;
use crate::convert::{convert, is_convertible};
use crate::types::Type;
use crate::value::Value;
use harness_model::lookup;
use harness_query::esql::ast::{CompareOp, Expr, ExprKind, Name};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

type Result<T> = std::result::Result<T, Diagnostic>;

impl Planner<'_> {
    /// The table of a name, or the finding that the project does not state it.
    fn table(&mut self, name: &str, command: &str, span: Span) -> Result<Arc<lookup::Table>> {
        if let Some(table) = self.options.fields.lookup(name) {
            return Ok(table);
        }
        self.scope.uncertain = true;
        let message = format!("the command {command} needs the table `{name}`");
        Err(Diagnostic::unsupported("esql-lookup", message, span)
            .with_help(format!("state it as lookups/{name}.csv or lookups/{name}.ndjson")))
    }

    /// `LOOKUP JOIN index ON keys`
    pub(super) fn lookup_join(
        &mut self,
        index: &Name,
        on: &[Expr],
        span: Span,
    ) -> Result<StepKind> {
        let stated = self.table(&index.text, "LOOKUP JOIN", span)?;
        let table = columns_of(&stated, &index.text, span)?;
        let mut keys = Vec::new();
        let mut shared = Vec::new();
        for condition in on {
            self.join_keys(condition, &table, &mut keys, &mut shared)?;
        }
        for key in &keys {
            let right = table.columns[key.right].ty;
            let fits = key.ty == Type::Null
                || key.ty.same_kind(right)
                || (key.ty.is_numeric() && right.is_numeric());
            if !fits {
                let message = format!(
                    "JOIN left field [{}] of type [{}] is incompatible with right field [{}] of type [{right}]",
                    key.name, key.ty, table.names[key.right]
                );
                return Err(Self::error(span, message));
            }
        }
        let added = (0..table.columns.len()).filter(|place| !shared.contains(place));
        let added: Vec<_> = added.map(|place| (place, table.names[place].clone())).collect();
        Ok(self.join(table, keys, added, false))
    }

    /// The pairs of columns that a condition holds equal.
    fn join_keys(
        &mut self,
        condition: &Expr,
        table: &JoinTable,
        keys: &mut Vec<JoinKey>,
        shared: &mut Vec<usize>,
    ) -> Result<()> {
        match &condition.kind {
            ExprKind::Column(name) => {
                let right = Self::right_column(name, table, condition.span)?;
                shared.push(right);
                keys.extend(self.left_key(name, right, condition.span));
                Ok(())
            }
            ExprKind::Compare { op: CompareOp::Eq, left, right } => {
                let (ExprKind::Column(a), ExprKind::Column(b)) = (&left.kind, &right.kind) else {
                    return Err(not_joined(condition.span));
                };
                let (own, other) = if table.place(b).is_some() { (a, b) } else { (b, a) };
                let place = Self::right_column(other, table, condition.span)?;
                keys.extend(self.left_key(own, place, condition.span));
                Ok(())
            }
            ExprKind::And(parts) => {
                parts.iter().try_for_each(|part| self.join_keys(part, table, keys, shared))
            }
            _ => Err(not_joined(condition.span)),
        }
    }

    fn right_column(name: &str, table: &JoinTable, span: Span) -> Result<usize> {
        table.place(name).ok_or_else(|| {
            let message = format!("Unknown column [{name}] in right side of join");
            Diagnostic::error(super::expression::NO_COLUMN, message, span)
        })
    }

    fn left_key(&mut self, name: &str, right: usize, span: Span) -> Option<JoinKey> {
        let entry = self.resolve(name, span)?;
        Some(JoinKey { name: name.into(), left: entry.register, ty: entry.ty, right })
    }

    /// `ENRICH policy ON column WITH name = field, …`; the first column of the
    /// table is what the policy matches.
    pub(super) fn enrich(
        &mut self,
        policy: &Name,
        on: Option<&Name>,
        with: &[(Option<Name>, Name)],
        span: Span,
    ) -> Result<StepKind> {
        let name = policy.text.rsplit_once(':').map_or(&*policy.text, |(_, name)| name);
        let stated = self.table(name, "ENRICH", span)?;
        let table = columns_of(&stated, name, span)?;
        let matched = table.names.first().cloned().unwrap_or_default();
        let on = on.map_or(&*matched, |name| &*name.text);
        let Some(key) = self.left_key(on, 0, span) else {
            return Ok(StepKind::Eval(Vec::new()));
        };
        let mut added = Vec::new();
        if with.is_empty() {
            added.extend((1..table.names.len()).map(|place| (place, table.names[place].clone())));
        }
        for (name, field) in with {
            let Some(place) = table.place(&field.text).filter(|place| *place > 0) else {
                let message = format!(
                    "Enrich field [{}] not found in enrich policy [{}]",
                    field.text, policy.text
                );
                return Err(Self::error(field.span, message));
            };
            let name = name.as_ref().unwrap_or(field);
            added.push((place, Arc::from(name.text.as_str())));
        }
        Ok(self.join(table, vec![key], added, true))
    }

    fn join(
        &mut self,
        table: JoinTable,
        keys: Vec<JoinKey>,
        added: Vec<(usize, Arc<str>)>,
        collect: bool,
    ) -> StepKind {
        let mut outputs = Vec::with_capacity(added.len());
        for (place, name) in added {
            let register = self.new_register();
            self.scope.push(Entry::new(name, table.columns[place].ty, register));
            outputs.push((place, register));
        }
        StepKind::Join(Join { table: Arc::new(table), keys, outputs, collect })
    }
}

fn not_joined(span: Span) -> Diagnostic {
    Diagnostic::unsupported(
        "esql-unsupported",
        "a condition of LOOKUP JOIN that is no equality of two columns",
        span,
    )
}

impl JoinTable {
    /// The place of a column.
    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| &**known == name)
    }
}

/// The columns of a stated table, typed.
fn columns_of(stated: &lookup::Table, name: &str, span: Span) -> Result<JoinTable> {
    let mut table = JoinTable::default();
    for column in &stated.columns {
        let ty = match &column.ty {
            Some(ty) => Type::by_name(ty).filter(|ty| !ty.is_amount()).ok_or_else(|| {
                let message = format!("the type `{ty}` of `{}` in lookups/{name}", column.name);
                Diagnostic::unsupported("esql-lookup", message, span)
            })?,
            None => dynamic(column),
        };
        let mut builder = Builder::new(ty, column.cells.len());
        for cell in &column.cells {
            for value in cell {
                let read = value_of(value, ty).ok_or_else(|| {
                    let message =
                        format!("lookups/{name}: `{value}` in `{}` is no {ty}", column.name);
                    Diagnostic::error("esql-lookup", message, span)
                })?;
                builder.value(read.as_ref());
            }
            builder.end_row();
        }
        table.names.push(column.name.as_str().into());
        table.columns.push(builder.finish());
    }
    table.rows = stated.rows;
    Ok(table)
}

/// The type that a dynamic mapping gives the values of a column.
fn dynamic(column: &lookup::Column) -> Type {
    let values = || column.cells.iter().flatten();
    if values().next().is_some() && values().all(serde_json::Value::is_boolean) {
        Type::Boolean
    } else if values().next().is_some() && values().all(serde_json::Value::is_i64) {
        Type::Long
    } else if values().next().is_some() && values().all(serde_json::Value::is_number) {
        Type::Double
    } else {
        Type::Keyword
    }
}

fn value_of(value: &serde_json::Value, ty: Type) -> Option<Value> {
    let (value, from) = match value {
        serde_json::Value::Bool(value) => (Value::Bool(*value), Type::Boolean),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => (Value::Long(number), Type::Long),
            None => (Value::Double(number.as_f64()?), Type::Double),
        },
        serde_json::Value::String(text) => (Value::Str(text.clone()), Type::Keyword),
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            return None;
        }
    };
    if from == ty {
        return Some(value);
    }
    if !is_convertible(from, ty) {
        return None;
    }
    convert(value.as_ref(), from, ty).ok().flatten()
}
