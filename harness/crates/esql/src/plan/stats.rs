//! `STATS` and `INLINE STATS`.
//!
//! A call of an aggregate reads the rows: its arguments see the columns of the
//! input and the keys, whole lists. What stands around the call is computed
//! per group: it sees aggregates and the group's keys.

use std::sync::Arc;

pub(super) use super::context::Context;
use super::expression::Planned;
use super::place::{GroupingKey, Part, grouping_call};
use super::scope::{Entry, Scope};
use super::{AggregateCall, Grouping, Planner};
use crate::expr::{Node, Register, Typed};
use crate::types::Type;
use harness_query::esql::ast::{Aggregate, Expr, ExprKind, Field, Stats};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::{Span, line_column};

struct Key {
    name: Arc<str>,
    span: Span,
    /// In every row.
    row: Register,
    /// Per group.
    group: Register,
    ty: Type,
}

impl Planner<'_> {
    /// The name of a column: the one written, or the source text.
    pub(super) fn field_name(&self, field: &Field) -> Arc<str> {
        match (&field.name, &field.expr.kind) {
            (Some(name), _) => name.text.as_str().into(),
            (None, ExprKind::Column(name)) => name.as_str().into(),
            (None, _) => self.source(field.span).into(),
        }
    }

    /// Plans the grouping and sets the scope after it.
    pub(super) fn stats(&mut self, stats: &Stats, inline: bool) -> Result<Grouping, Diagnostic> {
        let mut grouping = Grouping::default();
        let keys = self.keys(stats, &mut grouping)?;
        let mut rows = self.scope.clone();
        let mut groups = Scope::new(self.options.fields);
        groups.uncertain = rows.uncertain;
        self.groupings.clear();
        for field in &stats.by {
            let name = self.field_name(field);
            let Some(key) = keys.iter().find(|key| key.name == name) else { continue };
            rows.push(key.entry(key.row));
            groups.push(key.entry(key.group));
            if grouping_call(&field.expr).is_some() {
                self.groupings.push(GroupingKey {
                    text: field.expr.to_string(),
                    row: key.entry(key.row),
                    group: key.entry(key.group),
                });
            }
        }
        let input = std::mem::replace(&mut self.scope, groups);
        self.stats = Some(Context { rows, filter: None, calls: Vec::new() });
        let mut columns = Vec::new();
        for aggregate in &stats.aggregates {
            let planned = self.one_aggregate(aggregate);
            let typed = planned.unwrap_or_else(|error| {
                // The column is there all the same, so that one error is not many.
                self.errors.push(error);
                Self::literal(Type::Null, None, aggregate.span)
            });
            columns.push((self.aggregate_name(aggregate), aggregate.span, typed));
        }
        let context = self.stats.take();
        grouping.aggregates = context.map(|context| context.calls).unwrap_or_default();
        self.groupings.clear();
        self.scope = input;
        if !inline {
            self.scope.clear();
        }
        self.publish(&columns, &keys, inline, &mut grouping);
        Ok(grouping)
    }

    fn keys(&mut self, stats: &Stats, grouping: &mut Grouping) -> Result<Vec<Key>, Diagnostic> {
        let mut keys: Vec<Key> = Vec::new();
        for field in &stats.by {
            let typed = self.within(Part::Key, |planner| planner.expr_or_null(&field.expr));
            if typed.ty.is_amount() || typed.ty == Type::Source {
                return Err(Self::error(
                    field.span,
                    format!(
                        "cannot group by on [{}] type for grouping [{}]",
                        typed.ty,
                        self.source(field.span)
                    ),
                ));
            }
            let name = self.field_name(field);
            if let Some(place) = keys.iter().position(|key| key.name == name) {
                let shadowed = keys.remove(place);
                self.note_shadowed(
                    &name,
                    shadowed.span,
                    field.name.as_ref().map_or(field.span, |name| name.span),
                );
            }
            let row = match typed.node {
                Node::Column { register, constant: None } => register,
                _ => {
                    let register = self.new_register();
                    grouping.before.push((register, typed.clone()));
                    register
                }
            };
            let span = field.name.as_ref().map_or(field.span, |name| name.span);
            let group = self.new_register();
            keys.push(Key { name, span, row, group, ty: typed.ty.without_text() });
        }
        grouping.keys = keys.iter().map(|key| (key.row, key.group, key.ty)).collect();
        Ok(keys)
    }

    fn note_shadowed(&mut self, name: &str, shadowed: Span, by: Span) {
        let (line, column) = line_column(self.text, by.start);
        self.warnings
            .note(shadowed, format!("Field '{name}' shadowed by field at line {line}:{column}"));
    }

    fn aggregate_name(&self, aggregate: &Aggregate) -> Arc<str> {
        match (&aggregate.field.name, &aggregate.filter) {
            (None, Some(_)) => self.source(aggregate.span).into(),
            _ => self.field_name(&aggregate.field),
        }
    }

    fn one_aggregate(&mut self, aggregate: &Aggregate) -> Planned {
        let expr = &aggregate.field.expr;
        let filter = match &aggregate.filter {
            Some(filter) => Some(self.in_rows(Part::Filter(aggregate.span), |planner| {
                planner.condition(filter, true)
            })?),
            None => None,
        };
        if let Some(context) = &mut self.stats {
            context.filter = filter;
        }
        if let ExprKind::Column(name) = &expr.kind
            && self.scope.entry(name).is_some()
        {
            let message = format!("grouping key [{name}] already specified in the STATS BY clause");
            return Err(Self::error(expr.span, message));
        }
        if grouping_call(expr).is_some()
            && self.groupings.iter().any(|key| key.text.eq_ignore_ascii_case(&expr.to_string()))
        {
            let message = format!(
                "grouping function [{}] cannot be used as an aggregate once declared in the STATS BY clause",
                self.source(expr.span)
            );
            return Err(Self::error(expr.span, message));
        }
        let before = self.stats.as_ref().map_or(0, |context| context.calls.len());
        let found = self.errors.len();
        let typed = self.within(Part::Group, |planner| planner.expr(expr))?;
        if self.errors.len() > found {
            return Ok(typed);
        }
        let called = self.stats.as_ref().map_or(0, |context| context.calls.len()) > before;
        let mut reads = false;
        typed.registers(&mut |_| reads = true);
        if let (false, Some(filter)) = (called, &aggregate.filter) {
            let message = format!(
                "WHERE clause allowed only for aggregate functions, none found in [{}]",
                self.source(aggregate.span)
            );
            return Err(Self::error(filter.span, message));
        }
        if !called && !reads {
            let message =
                format!("expected an aggregate function but found [{}]", self.source(expr.span));
            return Err(Self::error(expr.span, message));
        }
        Ok(typed)
    }

    /// Plans with the columns of the rows in sight.
    fn in_rows(&mut self, part: Part, plan: impl FnOnce(&mut Self) -> Planned) -> Planned {
        let Some(mut context) = self.stats.take() else { return self.within(part, plan) };
        std::mem::swap(&mut self.scope, &mut context.rows);
        let planned = self.within(part, plan);
        std::mem::swap(&mut self.scope, &mut context.rows);
        self.stats = Some(context);
        planned
    }

    /// A call of an aggregate: a column of the groups.
    pub(super) fn aggregate_call(&mut self, name: &str, args: &[Expr], span: Span) -> Planned {
        let mut typed = Vec::with_capacity(args.len());
        for arg in args {
            typed.push(self.in_rows(Part::Argument(span), |planner| planner.expr(arg))?);
        }
        let checked = self.aggregate(name, typed, span)?;
        let output = self.new_register();
        if let Some(context) = &mut self.stats {
            context.calls.push(AggregateCall {
                kind: checked.kind,
                args: checked.args,
                filter: context.filter.clone(),
                ty: checked.ty,
                output,
                span,
            });
        }
        let node = Node::Column { register: output, constant: None };
        Ok(Typed { node, ty: checked.ty, span })
    }

    /// The error of a column of the rows that stands outside an aggregate.
    pub(super) fn outside_aggregate(&self, name: &str, span: Span) -> Option<Diagnostic> {
        let context = self.stats.as_ref()?;
        context.rows.find(name)?;
        Some(Self::error(
            span,
            format!(
                "column [{name}] must appear in the STATS BY clause or be used in an aggregate function"
            ),
        ))
    }

    /// Makes aggregates and keys columns: of one name the last aggregate
    /// stays, and a key beats all of them.
    fn publish(
        &mut self,
        columns: &[(Arc<str>, Span, Typed)],
        keys: &[Key],
        inline: bool,
        grouping: &mut Grouping,
    ) {
        let mut shadows = Vec::new();
        for (index, (name, span, typed)) in columns.iter().enumerate() {
            let key = keys.iter().find(|key| key.name == *name).map(|key| key.span);
            let later = columns[index + 1..].iter().find(|(other, ..)| other == name);
            if let Some(by) = key.or(later.map(|(_, span, _)| *span)) {
                shadows.push((name.clone(), *span, by));
                continue;
            }
            let register = match typed.node {
                Node::Column { register, constant: None }
                    if grouping.aggregates.iter().any(|call| call.output == register) =>
                {
                    register
                }
                _ => {
                    let register = self.new_register();
                    grouping.after.push((register, typed.clone()));
                    register
                }
            };
            self.scope.push(Entry {
                name: name.clone(),
                ty: typed.ty,
                register,
                constant: None,
                steady: None,
                unread: None,
            });
        }
        for (name, shadowed, by) in shadows {
            self.note_shadowed(&name, shadowed, by);
        }
        for key in keys {
            self.scope.push(key.entry(if inline { key.row } else { key.group }));
        }
    }
}

impl Key {
    fn entry(&self, register: Register) -> Entry {
        Entry {
            name: self.name.clone(),
            ty: self.ty,
            register,
            constant: None,
            steady: None,
            unread: None,
        }
    }
}
