//! Commands that fill nulls, and those that choose among rows.

use super::scope::Entry;
use super::{Planner, StepKind};
use crate::convert::{convert, is_convertible};
use crate::expr::{Node, Typed};
use crate::fold::fold_value;
use crate::types::Type;
use crate::value::Value;
use harness_query::esql::ast::{Expr, NamePattern};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

impl Planner<'_> {
    /// `FILLNULL value ON columns`: each column, in its place.
    pub(super) fn fill_null(
        &mut self,
        value: Option<&Expr>,
        columns: &[NamePattern],
        span: Span,
    ) -> Result<StepKind, Diagnostic> {
        let value = match value {
            None => None,
            Some(value) => {
                let typed = self.expr(value)?;
                if !typed.is_constant() {
                    return Err(Self::error(value.span, "FILLNULL takes a constant"));
                }
                Some(typed)
            }
        };
        let mut filled = Vec::new();
        for pattern in columns {
            let names = self.scope.matching(pattern);
            if names.is_empty() && !self.scope.uncertain {
                self.errors.push(self.no_match(pattern));
            }
            for name in names {
                let Some(entry) = self.resolve(&name, pattern.span) else { continue };
                let named = pattern.plain().is_some();
                let Some(fill) = self.fill_of(&entry, value.as_ref(), named, pattern.span)? else {
                    continue;
                };
                let ty = entry.ty.without_text();
                let node = Node::Column { register: entry.register, constant: entry.constant };
                let column = Typed { node, ty: entry.ty, span: pattern.span };
                let fill = Self::literal(ty, Some(fill), span);
                let register = self.new_register();
                filled
                    .push((register, Typed { node: Node::Coalesce(vec![column, fill]), ty, span }));
                self.scope.replace(Entry::new(name, ty, register));
            }
        }
        Ok(StepKind::Eval(filled))
    }

    /// What fills the nulls of a column, if anything does. A value that does not
    /// fit is an error where the column is named, and none where a pattern is.
    fn fill_of(
        &self,
        entry: &Entry,
        value: Option<&Typed>,
        named: bool,
        span: Span,
    ) -> Result<Option<Value>, Diagnostic> {
        let ty = entry.ty;
        let Some(value) = value else {
            return Ok(match ty {
                Type::Keyword | Type::Text => Some(Value::Str(String::new())),
                Type::Boolean => Some(Value::Bool(false)),
                Type::Integer => Some(Value::Int(0)),
                Type::Long => Some(Value::Long(0)),
                Type::UnsignedLong => Some(Value::ULong(0)),
                Type::Double => Some(Value::Double(0.0)),
                _ => None,
            });
        };
        let Some(constant) = fold_value(value).filter(|_| ty != Type::Null) else {
            return Ok(None);
        };
        let casts = value.ty.is_string()
            && (ty.is_date() || matches!(ty, Type::Ip | Type::Version | Type::Boolean));
        let widens = value.ty.is_whole() && ty.is_numeric();
        let converted = if value.ty.same_kind(ty) {
            Some(constant)
        } else if (casts || widens) && is_convertible(value.ty, ty) {
            convert(constant.as_ref(), value.ty, ty).ok().flatten()
        } else {
            None
        };
        if converted.is_none() && named {
            let message = format!(
                "FILLNULL cannot fill [{}] of type [{ty}] with [{}] of type [{}]",
                entry.name,
                self.source(value.span),
                value.ty
            );
            return Err(Self::error(span, message));
        }
        Ok(converted)
    }

    /// `LIMIT n BY keys`
    pub(super) fn limit_by(&mut self, count: &Expr, keys: &[Expr]) -> Result<StepKind, Diagnostic> {
        let count = self.limit(count)?;
        let mut typed = Vec::with_capacity(keys.len());
        for key in keys {
            let key_typed = self.expr(key)?;
            if key_typed.ty.is_amount() || key_typed.ty == Type::Source {
                let message = format!("cannot group by [{}]", key_typed.ty);
                return Err(Self::error(key.span, message));
            }
            typed.push(key_typed);
        }
        Ok(StepKind::LimitBy { count, keys: typed })
    }

    /// `DEDUP`: the first of each row that is the same in all columns.
    pub(super) fn dedup(&mut self, span: Span) -> StepKind {
        self.settle();
        let keys = self.scope.entries().map(|entry| {
            let node = Node::Column { register: entry.register, constant: entry.constant.clone() };
            Typed { node, ty: entry.ty, span }
        });
        StepKind::LimitBy { count: 1, keys: keys.collect() }
    }

    /// `SAMPLE share`
    pub(super) fn sample(&mut self, share: &Expr) -> Result<StepKind, Diagnostic> {
        let typed = self.expr(share)?;
        match fold_value(&typed) {
            Some(Value::Double(share)) if share > 0.0 && share < 1.0 => Ok(StepKind::Sample(share)),
            _ => Err(Self::error(
                share.span,
                format!(
                    "invalid value for SAMPLE probability [{}], expecting a number between 0 and 1, exclusive",
                    self.source(share.span)
                ),
            )),
        }
    }
}
