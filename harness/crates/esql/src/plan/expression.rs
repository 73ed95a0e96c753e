//! Expressions: names, literals and calls.

use std::sync::Arc;

pub(super) use super::planner::Planned;
use super::scope::{Entry, Found};
use super::special::is_condition;
use super::{Planner, Unknown};
use crate::column::Column;
use crate::convert::is_convertible;
use crate::eval::FieldUse;
use crate::expr::{Node, Typed};
use crate::fold::fold_value;
use crate::source::{FieldInfo, Unread};
use crate::time;
use crate::types::Type;
use crate::value::{Amount, Value};
use harness_query::esql::ast::{Expr, ExprKind, Name};
use harness_query::esql::names;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// The code of errors that Elasticsearch's verifier raises.
pub(super) const VERIFICATION: &str = "esql-verification";

/// The code of columns that do not exist.
pub const NO_COLUMN: &str = "esql-column";

/// The code of columns that may exist, but whose type nothing states.
const UNKNOWN_COLUMN: &str = "unknown-field";

const UNKNOWN_HELP: &str = "no mapping states its type: name it in a mapping below `[schema]` in \
    harness.toml, or let an event of a case have it; `unmapped = \"strict\"` makes it an error";

/// Says why a field cannot be used.
pub(super) fn unreadable(name: &str, unread: &Unread, span: Span) -> Diagnostic {
    match unread {
        Unread::Type(ty) => {
            let message = format!("Cannot use field [{name}] with unsupported type [{ty}]");
            Diagnostic::error(VERIFICATION, message, span)
        }
        Unread::Here(why) => {
            Diagnostic::unsupported("field-type", format!("the field [{name}]: {why}"), span)
        }
    }
}

impl Planner<'_> {
    /// An error of the verifier.
    pub(super) fn error(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(VERIFICATION, message, span)
    }

    pub(super) fn source(&self, span: Span) -> &str {
        span.of(self.text)
    }

    /// A literal of one value, or null.
    pub(super) fn literal(ty: Type, value: Option<Value>, span: Span) -> Typed {
        let values: Vec<_> = value.into_iter().collect();
        Typed { node: Node::Literal(Arc::new(Column::constant(ty, &values, 1))), ty, span }
    }

    /// Types an expression; when it has an error, notes it and goes on with null.
    pub(super) fn expr_or_null(&mut self, expr: &Expr) -> Typed {
        match self.expr(expr) {
            Ok(typed) => typed,
            Err(error) => {
                self.errors.push(error);
                Self::literal(Type::Null, None, expr.span)
            }
        }
    }

    /// Types an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> Planned {
        let span = expr.span;
        if let Some(key) = self.repeated_key(expr) {
            return Ok(key);
        }
        // Operands of anything but AND, OR and NOT are values.
        let logical = std::mem::take(&mut self.place.logical);
        match &expr.kind {
            ExprKind::Null => Ok(Self::literal(Type::Null, None, span)),
            ExprKind::Boolean(value) => {
                Ok(Self::literal(Type::Boolean, Some(Value::Bool(*value)), span))
            }
            ExprKind::Integer(digits) => Ok(Self::integer(digits, false, span)),
            ExprKind::Decimal(digits) => Self::decimal(digits, span),
            ExprKind::Text(text) => {
                Ok(Self::literal(Type::Keyword, Some(Value::Str(text.clone())), span))
            }
            ExprKind::Timespan { amount, unit } => Self::timespan(amount, unit, span),
            ExprKind::List(items) => self.list(items, span),
            ExprKind::Column(name) => self.column(name, span),
            ExprKind::Call { name, args, star, options } => {
                self.place.logical = logical && is_condition(&name.text);
                let planned = self.call(name, args, *star, options, span);
                self.place.logical = false;
                planned
            }
            ExprKind::Sign { negative, operand } => self.sign(*negative, operand, span),
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(*op, left, right, span),
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right, span),
            ExprKind::Cast { operand, ty } => self.cast(operand, ty, span),
            ExprKind::And(parts) => {
                Ok(Self::boolean_node(Node::And(self.conditions_of(parts, logical)), span))
            }
            ExprKind::Or(parts) => {
                Ok(Self::boolean_node(Node::Or(self.conditions_of(parts, logical)), span))
            }
            ExprKind::Not(inner) => {
                let condition = self.condition(inner, logical)?;
                Ok(Self::boolean_node(Node::Not(Box::new(condition)), span))
            }
            ExprKind::In { value, choices, negated } => self.is_in(value, choices, *negated, span),
            ExprKind::Like { value, patterns, syntax, negated, .. } => {
                self.like(value, patterns, *syntax, *negated, span)
            }
            ExprKind::IsNull { value, negated } => {
                let value = Box::new(self.expr(value)?);
                Ok(Self::boolean_node(Node::IsNull { value, negated: *negated }, span))
            }
            ExprKind::InQuery { value, query, negated } => {
                self.is_in_query(value, query, *negated, span)
            }
            ExprKind::Match { field, query, .. } => {
                self.place.logical = logical;
                let planned = self.match_operator(field, query, span);
                self.place.logical = false;
                planned
            }
        }
    }

    pub(super) fn boolean_node(node: Node, span: Span) -> Typed {
        Typed { node, ty: Type::Boolean, span }
    }

    /// All errors of the parts are noted, not the first alone.
    fn conditions_of(&mut self, parts: &[Expr], logical: bool) -> Vec<Typed> {
        let conditions = parts.iter().map(|part| {
            self.condition(part, logical).unwrap_or_else(|error| {
                self.errors.push(error);
                Self::literal(Type::Null, None, part.span)
            })
        });
        conditions.collect()
    }

    /// An operand of AND, OR and NOT, or a whole condition; `logical` tells
    /// whether there is nothing else around it.
    pub(super) fn condition(&mut self, expr: &Expr, logical: bool) -> Planned {
        self.place.logical = logical;
        let typed = self.expr(expr)?;
        if matches!(typed.ty, Type::Boolean | Type::Null) {
            return Ok(typed);
        }
        Err(Self::error(
            expr.span,
            format!(
                "argument of [{}] must be [boolean], found value [{}] type [{}]",
                self.source(expr.span),
                self.source(expr.span),
                typed.ty
            ),
        ))
    }

    pub(super) fn integer(digits: &str, negative: bool, span: Span) -> Typed {
        let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
        if let Ok(value) = signed.parse() {
            return Self::literal(Type::Integer, Some(Value::Int(value)), span);
        }
        if let Ok(value) = signed.parse() {
            return Self::literal(Type::Long, Some(Value::Long(value)), span);
        }
        if let Ok(value) = signed.parse() {
            return Self::literal(Type::UnsignedLong, Some(Value::ULong(value)), span);
        }
        let value = signed.parse().unwrap_or(f64::INFINITY);
        Self::literal(Type::Double, Some(Value::Double(value)), span)
    }

    fn decimal(digits: &str, span: Span) -> Planned {
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => {
                Ok(Self::literal(Type::Double, Some(Value::Double(value)), span))
            }
            _ => Err(Self::error(span, format!("Number [{digits}] is too large"))),
        }
    }

    fn timespan(amount: &str, unit: &str, span: Span) -> Planned {
        let too_large =
            || Self::error(span, format!("Number [{amount}] outside of [integer] range"));
        let count: i64 = amount.parse().map_err(|_| too_large())?;
        let amount = time::amount(count, unit)
            .ok_or_else(|| Self::error(span, format!("Unexpected temporal unit: '{unit}'")))?;
        let ty = match amount {
            Amount::Period { .. } => Type::Period,
            Amount::Duration { .. } => Type::Duration,
        };
        Ok(Self::literal(ty, Some(Value::Amount(amount)), span))
    }

    fn list(&mut self, items: &[Expr], span: Span) -> Planned {
        let mut values = Vec::with_capacity(items.len());
        let mut common = Type::Null;
        for item in items {
            let typed = self.expr(item)?;
            let constant = matches!(
                item.kind,
                ExprKind::Integer(_)
                    | ExprKind::Decimal(_)
                    | ExprKind::Text(_)
                    | ExprKind::Boolean(_)
                    | ExprKind::Sign { .. }
            );
            let Some(value) = fold_value(&typed).filter(|_| constant) else {
                return Err(Diagnostic::error(
                    harness_query::esql::lexer::SYNTAX,
                    "lists hold numbers, strings or booleans",
                    item.span,
                ));
            };
            common = match (common, typed.ty) {
                (Type::Null, ty) => ty,
                (a, b) if a == b => a,
                (a, b) if a.is_numeric() && b.is_numeric() => a.max(b),
                _ => {
                    return Err(Diagnostic::error(
                        harness_query::esql::lexer::SYNTAX,
                        "the values of a list are of one kind",
                        item.span,
                    ));
                }
            };
            values.push(value);
        }
        let values: Vec<_> = values.into_iter().filter_map(|value| widen(value, common)).collect();
        Ok(Typed {
            node: Node::Literal(Arc::new(Column::constant(common, &values, 1))),
            ty: common,
            span,
        })
    }

    /// The column of a name.
    pub(super) fn column(&mut self, name: &str, span: Span) -> Planned {
        let Some(entry) = self.resolve(name, span) else {
            return Ok(Self::literal(Type::Null, None, span));
        };
        if let Some(unread) = &entry.unread {
            return Err(unreadable(name, unread, span));
        }
        if let Some(steady) = &entry.steady {
            return Ok(Typed { span, ..(**steady).clone() });
        }
        let node = Node::Column { register: entry.register, constant: entry.constant };
        Ok(Typed { node, ty: entry.ty, span })
    }

    /// The entry of a name; an unknown one is noted as an error.
    pub(super) fn resolve(&mut self, name: &str, span: Span) -> Option<Entry> {
        match self.scope.find(name) {
            Some(Found::Entry(entry)) => Some(entry),
            Some(Found::Field(info)) => Some(self.field(name, &info)),
            None if self.options.unknown == Unknown::Null && self.scope.open => {
                Some(self.null_field(name))
            }
            // What a command gives that is not known, or not run, nobody knows.
            None if self.scope.uncertain => Some(self.null_field(name)),
            None if self.scope.may_have(name) => {
                if !self.known.contains_key(name) {
                    self.errors.push(self.unknown(name, span));
                }
                Some(self.null_field(name))
            }
            None if self.outside_aggregate(name, span).is_some() => {
                self.errors.extend(self.outside_aggregate(name, span));
                None
            }
            None => {
                self.errors.push(self.unknown(name, span));
                None
            }
        }
    }

    /// The finding for a name that stands for nothing: an error where all
    /// fields are known.
    pub(super) fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let message = format!("Unknown column [{name}]{}", self.suggestion(name, "did you mean"));
        if self.scope.may_have(name) {
            return self.missing(name, message, span);
        }
        Diagnostic::error(NO_COLUMN, message, span)
    }

    pub(super) fn missing(&self, name: &str, message: String, span: Span) -> Diagnostic {
        if !self.scope.may_have(name) {
            return Self::error(span, message);
        }
        Diagnostic::unsupported(UNKNOWN_COLUMN, message, span).with_help(UNKNOWN_HELP)
    }

    /// The entry of a field that is null in every row.
    fn null_field(&mut self, name: &str) -> Entry {
        self.field(name, &FieldInfo { ty: Type::Null, unread: None })
    }

    /// `, did you mean [x]?` where something is close.
    pub(super) fn suggestion(&self, name: &str, words: &str) -> String {
        suggestion(name, self.scope.names(), words)
    }

    /// The entry of a field of the source, which reads it from now on.
    pub(super) fn field(&mut self, name: &str, info: &FieldInfo) -> Entry {
        let known = self.known.get(name).and_then(|place| self.fields.get(*place));
        let (name, register) = match known {
            Some(field) => (field.name.clone(), field.register),
            None => {
                let register = self.new_register();
                let name: Arc<str> = name.into();
                self.known.insert(name.clone(), self.fields.len());
                self.fields.push(FieldUse { name: name.clone(), ty: info.ty, register });
                (name, register)
            }
        };
        let unread = info.unread.clone();
        Entry { name, ty: info.ty, register, constant: None, steady: None, unread }
    }

    fn cast(&mut self, operand: &Expr, ty: &Name, span: Span) -> Planned {
        let inner = self.expr(operand)?;
        let Some(to) = Type::by_name(&ty.text) else {
            if names::TYPES_NOT_READ.contains(&ty.text.to_ascii_lowercase().as_str()) {
                let message = format!("the type `{}`", ty.text);
                return Err(Diagnostic::unsupported("esql-unsupported", message, ty.span)
                    .with_help("no values of it are held here"));
            }
            let message = format!("Unknown data type named [{}]", ty.text);
            return Err(Diagnostic::error(harness_query::esql::lexer::SYNTAX, message, ty.span));
        };
        self.convert(inner, to, span)
    }

    pub(super) fn convert(&mut self, inner: Typed, to: Type, span: Span) -> Planned {
        if !is_convertible(inner.ty, to) {
            let message = format!(
                "argument of [{}] must be convertible to [{to}], found value [{}] type [{}]",
                self.source(span),
                self.source(inner.span),
                inner.ty
            );
            return Err(Self::error(span, message));
        }
        if to.is_amount() && !inner.is_constant() {
            let message = format!("argument of [{}] must be a constant", self.source(span));
            return Err(Self::error(span, message));
        }
        Ok(Typed { node: Node::Convert(Box::new(inner)), ty: to, span })
    }
}

/// `, did you mean [x]?` where known names are close to a wrong one; at most five.
pub(super) fn suggestion<'n>(
    wrong: &str,
    known: impl Iterator<Item = &'n str>,
    words: &str,
) -> String {
    match names::close(wrong, known).as_slice() {
        [] => String::new(),
        [one] => format!(", {words} [{one}]?"),
        many => format!(", {words} any of [{}]?", many.join(", ")),
    }
}

/// A number as one of a wider type.
fn widen(value: Value, to: Type) -> Option<Value> {
    let number = value.as_ref();
    Some(match (to, &value) {
        (Type::Double, Value::Int(_) | Value::Long(_) | Value::ULong(_)) => {
            Value::Double(number.double())
        }
        (Type::UnsignedLong, Value::Int(_) | Value::Long(_)) => {
            Value::ULong(u64::try_from(number.long()).ok()?)
        }
        (Type::Long, Value::Int(small)) => Value::Long((*small).into()),
        _ => value,
    })
}
