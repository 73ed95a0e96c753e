//! Operators: types of operands, casts of literals, types of results.

use std::sync::Arc;

use super::Planner;
use super::expression::Planned;
use crate::expr::{Node, Typed};
use crate::fold::fold_value;
use crate::functions::cast_literal;
use crate::like::Matcher;
use crate::types::Type;
use crate::value::Value;
use harness_query::esql::ast::{ArithmeticOp, CompareOp, Expr, ExprKind, PatternSyntax};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

impl Planner<'_> {
    pub(super) fn sign(&mut self, negative: bool, operand: &Expr, span: Span) -> Planned {
        if let (ExprKind::Integer(digits), true) = (&operand.kind, negative) {
            return Ok(Self::integer(digits, true, span));
        }
        let inner = self.expr(operand)?;
        let ty = inner.ty;
        if !(ty.is_numeric() || ty.is_amount() || ty == Type::Null) {
            let message = format!(
                "argument of [{}] must be [numeric, date_period or time_duration], found value [{}] type [{ty}]",
                self.source(span),
                self.source(inner.span)
            );
            return Err(Self::error(span, message));
        }
        if !negative {
            return Ok(Typed { span, ..inner });
        }
        if ty == Type::UnsignedLong {
            let message = format!(
                "negation unsupported for arguments of type [unsigned_long] in expression [{}]",
                self.source(span)
            );
            return Err(Self::error(span, message));
        }
        let folded = match &inner.node {
            Node::Literal(_) => fold_value(&inner),
            _ => None,
        };
        if let Some(value) = folded
            && let Ok(Some(negated)) = crate::eval::negative(value.as_ref())
        {
            return Ok(Self::literal(ty, Some(negated), span));
        }
        Ok(Typed { node: Node::Negate(Box::new(inner)), ty, span })
    }

    pub(super) fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Planned {
        let [mut left, mut right] = self.operands(left, right)?;
        if left.ty.is_amount() {
            right = to_date(right)?;
        }
        if right.ty.is_amount() {
            left = to_date(left)?;
        }
        let additive = matches!(op, ArithmeticOp::Add | ArithmeticOp::Sub);
        let ty = match (left.ty, right.ty) {
            (Type::Null, Type::Null) => Type::Null,
            (Type::Null, ty) | (ty, Type::Null)
                if ty.is_numeric() || (additive && (ty.is_date() || ty.is_amount())) =>
            {
                ty
            }
            (Type::UnsignedLong, Type::UnsignedLong) => Type::UnsignedLong,
            (a, b)
                if a.is_numeric()
                    && b.is_numeric()
                    && a != Type::UnsignedLong
                    && b != Type::UnsignedLong =>
            {
                a.max(b)
            }
            (date, amount) if date.is_date() && amount.is_amount() && additive => date,
            (amount, date) if amount.is_amount() && date.is_date() && op == ArithmeticOp::Add => {
                date
            }
            (a, b) if a.is_amount() && a == b && additive => a,
            (a, b) => return Err(self.bad_arithmetic(op, &left, &right, (a, b), span)),
        };
        let node = Node::Arithmetic { op, left: Box::new(left), right: Box::new(right) };
        Ok(Typed { node, ty, span })
    }

    /// Both operands; an error when one of them has one.
    fn operands(&mut self, left: &Expr, right: &Expr) -> Result<[Typed; 2], Diagnostic> {
        match (self.expr(left), self.expr(right)) {
            (Ok(left), Ok(right)) => Ok([left, right]),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
            (Err(first), Err(second)) => {
                self.errors.push(first);
                Err(second)
            }
        }
    }

    fn bad_arithmetic(
        &self,
        op: ArithmeticOp,
        left: &Typed,
        right: &Typed,
        (a, b): (Type, Type),
        span: Span,
    ) -> Diagnostic {
        let allowed =
            |ty: Type| ty.is_numeric() || ty.is_date() || ty.is_amount() || ty == Type::Null;
        let wanted = if matches!(op, ArithmeticOp::Add | ArithmeticOp::Sub) {
            "date_nanos, datetime or numeric"
        } else {
            "numeric"
        };
        let wrong = |ordinal: &str, arg: &Typed| {
            format!(
                "{ordinal} argument of [{}] must be [{wanted}], found value [{}] type [{}]",
                self.source(span),
                self.source(arg.span),
                arg.ty
            )
        };
        let message = if !allowed(a) {
            wrong("first", left)
        } else if !allowed(b) {
            wrong("second", right)
        } else {
            format!("[{}] has arguments with incompatible types [{a}] and [{b}]", op.symbol())
        };
        Self::error(span, message)
    }

    pub(super) fn compare(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Planned {
        let [mut left, mut right] = self.operands(left, right)?;
        left = cast_to(left, right.ty)?;
        right = cast_to(right, left.ty)?;
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        let (a, b) = (left.ty, right.ty);
        let ordered = |ty: Type| !matches!(ty, Type::Boolean | Type::GeoPoint);
        let comparable = |ty: Type| !(ty.is_amount() || ty == Type::Source);
        let fits = a == Type::Null
            || b == Type::Null
            || (a.is_numeric() && b.is_numeric())
            || (a.is_date() && b.is_date())
            || a.same_kind(b);
        if mixes_unsigned(a, b) {
            let message = format!(
                "first argument of [{}] is [{a}] and second is [{b}]. [unsigned_long] can only be operated on together with another [unsigned_long]",
                self.source(span)
            );
            return Err(Self::error(span, message));
        }
        if !fits {
            let message = format!(
                "first argument of [{}] is [{}] so second argument must also be [{}] but was [{b}]",
                self.source(span),
                class(a),
                class(a)
            );
            return Err(Self::error(span, message));
        }
        for (ordinal, side) in [("first", &left), ("second", &right)] {
            if !comparable(side.ty) || !(equality || ordered(side.ty)) {
                let message = format!(
                    "{ordinal} argument of [{}] must be [date_nanos, datetime, ip, keyword, numeric, text or version], found value [{}] type [{}]",
                    self.source(span),
                    self.source(side.span),
                    side.ty
                );
                return Err(Self::error(span, message));
            }
        }
        let node = Node::Compare { op, left: Box::new(left), right: Box::new(right) };
        Ok(Self::boolean_node(node, span))
    }

    pub(super) fn is_in(
        &mut self,
        value: &Expr,
        choices: &[Expr],
        negated: bool,
        span: Span,
    ) -> Planned {
        let value = self.expr(value)?;
        let mut typed = Vec::with_capacity(choices.len());
        for (index, choice) in choices.iter().enumerate() {
            let choice = cast_to(self.expr(choice)?, value.ty)?;
            let fits = value.ty == Type::Null
                || choice.ty == Type::Null
                || (value.ty.is_numeric() && choice.ty.is_numeric())
                || value.ty.same_kind(choice.ty);
            let fits = fits && !mixes_unsigned(value.ty, choice.ty) && !choice.ty.is_amount();
            if !fits {
                let message = format!(
                    "{} argument of [{}] must be [{}], found value [{}] type [{}]",
                    ordinal(index + 1),
                    self.source(span),
                    value.ty,
                    self.source(choice.span),
                    choice.ty
                );
                return Err(Self::error(span, message));
            }
            typed.push(choice);
        }
        let node = Node::In { value: Box::new(value), choices: typed };
        Ok(Self::maybe_not(node, negated, span))
    }

    fn maybe_not(node: Node, negated: bool, span: Span) -> Typed {
        let positive = Self::boolean_node(node, span);
        if negated { Self::boolean_node(Node::Not(Box::new(positive)), span) } else { positive }
    }

    pub(super) fn like(
        &mut self,
        value: &Expr,
        patterns: &[Expr],
        syntax: PatternSyntax,
        negated: bool,
        span: Span,
    ) -> Planned {
        let value = self.expr(value)?;
        if !(value.ty.is_string() || value.ty == Type::Null) {
            let message = format!(
                "argument of [{}] must be [string], found value [{}] type [{}]",
                self.source(span),
                self.source(value.span),
                value.ty
            );
            return Err(Self::error(span, message));
        }
        let mut texts = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            let typed = self.expr(pattern)?;
            match fold_value(&typed) {
                Some(Value::Str(text)) => texts.push(text),
                _ => {
                    let name = match syntax {
                        PatternSyntax::Wildcard => "LIKE",
                        PatternSyntax::Regexp => "RLIKE",
                    };
                    let message = format!(
                        "{name} pattern must be a constant string, found [{}]",
                        self.source(pattern.span)
                    );
                    return Err(Self::error(pattern.span, message));
                }
            }
        }
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let matcher = match syntax {
            PatternSyntax::Wildcard => Matcher::wildcards(&texts),
            PatternSyntax::Regexp => Matcher::regexps(&texts),
        };
        let matcher = Arc::new(matcher.map_err(|why| Self::error(span, why))?);
        let node = Node::Like { value: Box::new(value), matcher };
        Ok(Self::maybe_not(node, negated, span))
    }
}

fn ordinal(number: usize) -> String {
    let suffix = match (number % 10, number % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

/// Whether one of two numbers is without sign and the other is not.
fn mixes_unsigned(a: Type, b: Type) -> bool {
    a.is_numeric() && b.is_numeric() && (a == Type::UnsignedLong) != (b == Type::UnsignedLong)
}

fn class(ty: Type) -> &'static str {
    if ty.is_numeric() { "numeric" } else { ty.name() }
}

/// A string literal opposite a type that strings are cast to; never a number.
fn cast_to(typed: Typed, other: Type) -> Planned {
    let casts =
        matches!(other, Type::Date | Type::DateNanos | Type::Ip | Type::Version | Type::Boolean);
    let literal = matches!(typed.node, Node::Literal(_)) && typed.ty.is_string();
    if casts && literal { cast_literal(&typed, other) } else { Ok(typed) }
}

/// A string literal beside an amount of time.
fn to_date(typed: Typed) -> Planned {
    let literal = matches!(typed.node, Node::Literal(_)) && typed.ty.is_string();
    if literal { cast_literal(&typed, Type::Date) } else { Ok(typed) }
}
