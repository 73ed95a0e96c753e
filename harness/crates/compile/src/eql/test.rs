//! Leaves: what the index answers, and the scripts that are left.

use std::sync::Arc;

use super::Compiler;
use super::condition::Condition;
use super::field::{Resolved, Type};
use super::script::{Fragment, Operand, Signature, comparison};
use crate::clause::{Clause, Compiled, Normalize};
use harness_predicate::Predicate;
use harness_predicate::script::{Expr as Script, Function as ScriptFunction, ScriptValue};
use harness_query::dsl::{Range, Scalar};
use harness_query::eql::ast::{self, Call, Comparison, Expr, ExprKind, Literal, Membership, Text};
use harness_query::eql::functions::Function;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_text::pattern::Case;

const FIELDS: &str = "two fields cannot be compared, one side has to be a constant";

impl Compiler<'_> {
    /// A test, or the error that it is.
    pub(super) fn tested(&mut self, compiled: Compiled) -> Condition {
        match compiled {
            Ok(predicate) => Condition::Test(predicate),
            Err(error) => {
                self.errors.push(error);
                Condition::Const(false)
            }
        }
    }

    pub(super) fn clause<'f>(&'f self, field: &'f str, span: Span) -> Clause<'f> {
        Clause { context: self.context, field, span }
    }

    /// A field as condition: a boolean that is true.
    pub(super) fn boolean_field(&mut self, name: &ast::Field) -> Condition {
        match self.resolve(name) {
            Resolved::Null => Condition::Null,
            Resolved::Field(field) if Type::of(&field.ty) != Type::Boolean => {
                let message =
                    format!("`{}` is {}, not a condition", name.name, Type::of(&field.ty));
                self.error(message, name.span);
                Condition::Const(false)
            }
            Resolved::Field(_) | Resolved::Missing(_) => {
                let clause = self.clause(&name.name, name.span);
                let term = clause.term(&Scalar::Bool(true), Case::Sensitive);
                self.tested(term)
            }
        }
    }

    pub(super) fn compare(
        &mut self,
        op: Comparison,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Condition {
        if let (Comparison::Equal | Comparison::NotEqual, Some((condition, wanted))) =
            (op, boolean_side(left, right))
        {
            // `f(…) == true` is `f(…)`.
            let condition = self.condition(condition);
            let wanted = wanted == (op == Comparison::Equal);
            return if wanted { condition } else { self.negate(condition) };
        }
        let (left_operand, right_operand) = (self.operand(left), self.operand(right));
        match (left_operand, right_operand) {
            (Operand::Constant(left), Operand::Constant(right)) => {
                self.compare_constants(op, left, right, span)
            }
            (operand, Operand::Constant(value)) => self.compare_with(op, operand, value, span),
            (Operand::Constant(value), operand) => {
                self.compare_with(op.mirror(), operand, value, span)
            }
            // A field without a mapping is as good as null.
            (operand, Operand::Missing(name)) | (Operand::Missing(name), operand) => {
                let compared = self.compare_with(op, operand, ScriptValue::Null, span);
                self.beside(compared, &name, span)
            }
            (Operand::Field(_) | Operand::Script(..), Operand::Field(_) | Operand::Script(..)) => {
                self.error(FIELDS, span);
                Condition::Const(false)
            }
        }
    }

    /// The condition, with a field that no event has beside it.
    fn beside(&mut self, condition: Condition, name: &str, span: Span) -> Condition {
        match condition {
            Condition::Null | Condition::Const(_) => condition,
            Condition::Test(_) | Condition::Script(..) => {
                let exists = self.clause(name, span).exists();
                let exists = self.tested(exists);
                self.combine(vec![condition, exists], false)
            }
        }
    }

    fn compare_constants(
        &mut self,
        op: Comparison,
        left: ScriptValue,
        right: ScriptValue,
        span: Span,
    ) -> Condition {
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        if equality && (left == ScriptValue::Null || right == ScriptValue::Null) {
            return Condition::Const((left == right) == (op == Comparison::Equal));
        }
        // Values of unlike types are neither equal nor in order: null.
        let expr = comparison(op, Script::Constant(left), Script::Constant(right));
        match expr.eval(&[]) {
            Ok(value) => self.folded(&value, span),
            Err(_) => Condition::Null,
        }
    }

    /// Compares with a constant on the right.
    fn compare_with(
        &mut self,
        op: Comparison,
        operand: Operand,
        value: ScriptValue,
        span: Span,
    ) -> Condition {
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        if value == ScriptValue::Null {
            if !equality {
                return Condition::Null;
            }
            let is_null = match operand {
                Operand::Constant(value) => Condition::Const(value == ScriptValue::Null),
                Operand::Field(_) | Operand::Missing(_) => {
                    let name = operand.field().unwrap_or_default();
                    let exists = self.clause(name, span).exists();
                    let exists = self.tested(exists);
                    self.negate(exists)
                }
                Operand::Script(Fragment { expr, inputs }, _) => {
                    let expr = Script::Call(ScriptFunction::IsNull, vec![expr]);
                    Condition::Script(Fragment { expr, inputs }, span)
                }
            };
            return if op == Comparison::Equal { is_null } else { self.negate(is_null) };
        }
        match operand {
            Operand::Constant(other) => self.compare_constants(op, other, value, span),
            Operand::Field(_) | Operand::Missing(_) => {
                let (Some(name), Some(scalar)) = (operand.field(), scalar(&value)) else {
                    return Condition::Null;
                };
                let clause = self.clause(name, span);
                let below = |inside| range(None, Some((scalar.clone(), inside)));
                let above = |inside| range(Some((scalar.clone(), inside)), None);
                let positive = match op {
                    Comparison::Equal | Comparison::NotEqual => {
                        clause.term(&scalar, Case::Sensitive)
                    }
                    Comparison::Less => clause.range(&below(false), Normalize::No),
                    Comparison::LessEqual => clause.range(&below(true), Normalize::No),
                    Comparison::Greater => clause.range(&above(false), Normalize::No),
                    Comparison::GreaterEqual => clause.range(&above(true), Normalize::No),
                };
                let positive = self.tested(positive);
                if op == Comparison::NotEqual { self.negate(positive) } else { positive }
            }
            Operand::Script(Fragment { expr: script, inputs }, _) => {
                let positive = if op == Comparison::NotEqual { Comparison::Equal } else { op };
                let expr = comparison(positive, script, Script::Constant(value));
                let condition = Condition::Script(Fragment { expr, inputs }, span);
                if op == Comparison::NotEqual { self.negate(condition) } else { condition }
            }
        }
    }

    /// Notes the first constant that may not stand in a list of `in` as an error.
    pub(super) fn check_list(&mut self, ty: Type, expr: &Expr, constants: &[(ScriptValue, Span)]) {
        let types = constants.iter().map(|(value, at)| (Type::of_value(value), *at));
        if let Some((constant, at)) = types.into_iter().find(|(constant, _)| !ty.lists(*constant)) {
            let message = format!("{expr} is {ty}, and `in` takes such only, not {constant}");
            self.list_error(ty, message, at);
        }
    }

    fn list_error(&mut self, ty: Type, message: String, span: Span) {
        let mut error = Diagnostic::error("eql-type", message, span);
        error.help = ty.instead_of_list().map(str::to_owned);
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    /// Notes an error where equalities of one field, joined by `or`, become an `in`
    /// that no constant fits: addresses and dates have none of their own type.
    pub(super) fn check_folding(&mut self, parts: &[Expr]) {
        let mut found: Vec<(Arc<str>, &Literal)> = Vec::new();
        let mut pending: Vec<&Expr> = parts.iter().rev().collect();
        while let Some(part) = pending.pop() {
            let (name, constant) = match &part.kind {
                ExprKind::Or(parts) => {
                    pending.extend(parts.iter().rev());
                    continue;
                }
                ExprKind::Compare { op: Comparison::Equal, left, right } => {
                    match (&left.kind, &right.kind) {
                        (ExprKind::Field(name), _) => (name, right),
                        (_, ExprKind::Field(name)) => (name, left),
                        _ => continue,
                    }
                }
                _ => continue,
            };
            let ExprKind::Literal(value) = &constant.kind else { continue };
            // What is wrong with the field is said where the comparison is compiled.
            let Ok(Resolved::Field(field)) = self.exact(name) else { continue };
            let ty = Type::of(&field.ty);
            if *value == Literal::Null || ty.instead_of_list().is_none() {
                continue;
            }
            let known = |(other, constant): &(Arc<str>, &Literal)| {
                (*other == field.name).then_some(*constant == value)
            };
            let same: Vec<bool> = found.iter().filter_map(known).collect();
            if !same.is_empty() && !same.contains(&true) {
                let message = format!(
                    "{} is {ty}, and equalities joined by `or` become `in`, which takes such only",
                    name.name
                );
                self.list_error(ty, message, part.span);
            }
            found.push((field.name.clone(), value));
        }
    }

    pub(super) fn membership(
        &mut self,
        target: &Expr,
        values: &[Expr],
        case: Case,
        membership: Membership,
        span: Span,
    ) -> Condition {
        let constants = self.constants(values);
        let condition = match case {
            Case::Sensitive => self.one_of(target, constants, span),
            Case::Insensitive => {
                let mut texts = Vec::with_capacity(constants.len());
                for (value, span) in constants {
                    match value {
                        ScriptValue::String(value) => texts.push(Text { value, span }),
                        other => {
                            let ty = Type::of_value(&other);
                            self.error(format!("`in~` takes strings, found {ty}"), span);
                        }
                    }
                }
                let operand = self.operand(target);
                self.each_text(target, &operand, &texts, span, |compiler, operand, text| {
                    compiler.equals_insensitive(operand, text)
                })
            }
        };
        match membership {
            Membership::In => condition,
            Membership::NotIn => self.negate(condition),
        }
    }

    fn one_of(
        &mut self,
        target: &Expr,
        constants: Vec<(ScriptValue, Span)>,
        span: Span,
    ) -> Condition {
        let in_script = |script: Script, constants: Vec<(ScriptValue, Span)>| {
            let mut args = vec![script];
            args.extend(constants.into_iter().map(|(value, _)| Script::Constant(value)));
            Script::Call(ScriptFunction::In, args)
        };
        let operand = self.operand(target);
        match operand {
            Operand::Constant(value) => {
                self.check_list(Type::of_value(&value), target, &constants);
                match in_script(Script::Constant(value), constants).eval(&[]) {
                    Ok(value) => self.folded(&value, span),
                    Err(_) => Condition::Null,
                }
            }
            Operand::Field(_) | Operand::Missing(_) => {
                let mut any = Vec::with_capacity(constants.len());
                let single = constants.len() == 1;
                let ty = match &operand {
                    Operand::Field(field) => Some(Type::of(&field.ty)),
                    _ => None,
                };
                if let Some(ty) = ty {
                    self.check_list(ty, target, &constants);
                }
                for (value, at) in constants {
                    let fits = ty.is_none_or(|ty| ty.lists(Type::of_value(&value)));
                    // Null equals nothing.
                    let (true, Some(name), Some(scalar)) = (fits, operand.field(), scalar(&value))
                    else {
                        continue;
                    };
                    // The part of a list is its value, a single value the whole.
                    let at = if single { span } else { at };
                    let term = self.clause(name, at).term(&scalar, Case::Sensitive);
                    match term {
                        Ok(term) => any.push(term),
                        Err(error) => self.errors.push(error),
                    }
                }
                Condition::Test(Predicate::or(any))
            }
            Operand::Script(Fragment { expr, inputs }, ty) => {
                self.check_list(ty, target, &constants);
                let expr = in_script(expr, constants);
                Condition::Script(Fragment { expr, inputs }, span)
            }
        }
    }

    /// A function as condition: asked of the index where that can answer.
    pub(super) fn call(&mut self, call: &Call, expr: &Expr) -> Condition {
        if let Some(test) = self.pushed_down(call, expr.span) {
            return test;
        }
        match self.operand(expr) {
            Operand::Constant(value) => self.folded(&value, expr.span),
            Operand::Script(fragment, Type::Boolean) => Condition::Script(fragment, expr.span),
            Operand::Script(_, ty) => {
                let message = format!("`{}` gives {ty}, not a condition", call.function.name());
                self.error(message, expr.span);
                Condition::Const(false)
            }
            Operand::Field(_) | Operand::Missing(_) => Condition::Const(false),
        }
    }

    /// `cidrMatch`, `startsWith`, `endsWith` and `stringContains` of a field and constants.
    fn pushed_down(&mut self, call: &Call, span: Span) -> Option<Condition> {
        let (wanted, [target, constants @ ..]) = (pushed_type(call.function)?, &*call.args) else {
            return None;
        };
        let ExprKind::Field(name) = &target.kind else { return None };
        let errors = self.errors.len();
        let constants: Option<Vec<ScriptValue>> = constants
            .iter()
            .map(|constant| match self.operand(constant) {
                Operand::Constant(value) => Some(value),
                Operand::Field(_) | Operand::Missing(_) | Operand::Script(..) => None,
            })
            .collect();
        let Some(constants) = constants else {
            // The script says it again.
            self.errors.truncate(errors);
            return None;
        };
        if constants.contains(&ScriptValue::Null) {
            return Some(Condition::Null);
        }
        let (field, ty): (Arc<str>, _) = match self.resolve(name) {
            Resolved::Null => return Some(Condition::Null),
            Resolved::Missing(name) => (name, Type::Null),
            Resolved::Field(field) => (field.name.clone(), Type::of(&field.ty)),
        };
        if ty != wanted && ty != Type::Null {
            let function = call.function.name();
            self.error(
                format!("`{function}` takes {wanted}, `{}` is {ty}", name.name),
                target.span,
            );
            return Some(Condition::Const(false));
        }
        let mut texts = Vec::with_capacity(constants.len());
        for value in &constants {
            let ScriptValue::String(text) = value else {
                let function = call.function.name();
                self.error(format!("`{function}` takes strings, found {value}"), span);
                return Some(Condition::Const(false));
            };
            texts.push(text.as_str());
        }
        let clause = self.clause(&field, span);
        let places =
            call.args.iter().skip(1).map(|arg| if texts.len() == 1 { span } else { arg.span });
        let case = call.case;
        let text = texts.first().copied().unwrap_or_default();
        let compiled = match call.function {
            Function::StartsWith => clause.prefix(text, case, Normalize::No),
            // Wildcards and backslashes of the constant are live.
            Function::EndsWith => clause.wildcard(&format!("*{text}"), case, Normalize::No),
            Function::StringContains => clause.wildcard(&format!("*{text}*"), case, Normalize::No),
            _ => {
                let networks = texts.iter().zip(places).map(|(text, at)| {
                    let network = Scalar::String((*text).to_owned());
                    self.clause(&field, at).term(&network, Case::Sensitive)
                });
                networks.collect::<Result<Vec<_>, _>>().map(Predicate::or)
            }
        };
        Some(self.tested(compiled))
    }
}

/// What the first argument of a function has to be for the index to answer it.
fn pushed_type(function: Function) -> Option<Type> {
    match function {
        Function::CidrMatch => Some(Type::Ip),
        Function::StartsWith | Function::EndsWith | Function::StringContains => Some(Type::String),
        _ => None,
    }
}

/// A condition compared with a boolean constant.
fn boolean_side<'e>(left: &'e Expr, right: &'e Expr) -> Option<(&'e Expr, bool)> {
    let is_condition = |expr: &Expr| match &expr.kind {
        ExprKind::Call(call) => call.function.gives_boolean(),
        ExprKind::Compare { .. }
        | ExprKind::Match { .. }
        | ExprKind::In { .. }
        | ExprKind::Not(_)
        | ExprKind::And(_)
        | ExprKind::Or(_) => true,
        ExprKind::Literal(_)
        | ExprKind::Field(_)
        | ExprKind::Negative(_)
        | ExprKind::Arithmetic { .. } => false,
    };
    match (&left.kind, &right.kind) {
        (_, ExprKind::Literal(Literal::Bool(wanted))) if is_condition(left) => {
            Some((left, *wanted))
        }
        (ExprKind::Literal(Literal::Bool(wanted)), _) if is_condition(right) => {
            Some((right, *wanted))
        }
        _ => None,
    }
}

fn range(low: Option<(Scalar, bool)>, high: Option<(Scalar, bool)>) -> Range {
    Range { low, high, ..Range::default() }
}

/// A constant as the Query DSL has it; `None` for null.
fn scalar(value: &ScriptValue) -> Option<Scalar> {
    Some(match value {
        ScriptValue::Null => return None,
        ScriptValue::Bool(value) => Scalar::Bool(*value),
        ScriptValue::Integer(value) => Scalar::Integer(*value),
        ScriptValue::Float(value) => Scalar::Float(*value),
        ScriptValue::String(value) => Scalar::String(value.clone()),
    })
}
