//! Boolean expressions: constants, tests and scripts, and how they combine.

use super::Compiler;
use super::script::Fragment;
use harness_predicate::script::ScriptValue;
use harness_predicate::{Leaf, Origin, Predicate, Test};
use harness_query::eql::ast::{Expr, ExprKind, Literal};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// A boolean expression, compiled.
pub(super) enum Condition {
    /// The constant null.
    Null,
    /// A constant.
    Const(bool),
    /// Two-valued.
    Test(Predicate),
    /// Three-valued, and not yet combined with anything.
    Script(Fragment, Span),
}

impl Compiler<'_> {
    /// Compiles a boolean expression.
    pub(super) fn condition(&mut self, expr: &Expr) -> Condition {
        match &expr.kind {
            ExprKind::And(parts) => self.all(parts),
            ExprKind::Or(parts) => self.any(parts),
            ExprKind::Not(inner) => {
                let inner = self.condition(inner);
                self.negate(inner)
            }
            ExprKind::Literal(Literal::Bool(value)) => Condition::Const(*value),
            ExprKind::Literal(Literal::Null) => Condition::Null,
            ExprKind::Field(field) => self.boolean_field(field),
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right, expr.span),
            ExprKind::Match { op, target, values } => self.matches(*op, target, values, expr.span),
            ExprKind::In { target, values, case, membership } => {
                self.membership(target, values, *case, *membership, expr.span)
            }
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Literal(Literal::Integer(_) | Literal::Float(_) | Literal::String(_))
            | ExprKind::Negative(_)
            | ExprKind::Arithmetic { .. } => {
                self.error("a condition is needed here", expr.span);
                Condition::Const(false)
            }
        }
    }

    /// Notes a type error.
    pub(super) fn error(&mut self, message: impl Into<String>, span: Span) {
        self.errors.push(Diagnostic::error("eql-type", message, span));
    }

    /// The same with what to write instead.
    pub(super) fn error_with(&mut self, message: String, span: Span, help: String) {
        self.errors.push(Diagnostic::error("eql-type", message, span).with_help(help));
    }

    fn all(&mut self, parts: &[Expr]) -> Condition {
        let parts = parts.iter().map(|part| self.condition(part)).collect();
        self.combine(parts, true)
    }

    fn any(&mut self, parts: &[Expr]) -> Condition {
        self.check_folding(parts);
        let parts = parts.iter().map(|part| self.condition(part)).collect();
        self.combine(parts, false)
    }

    /// The conjunction (`neutral` is true) or the disjunction of parts.
    ///
    /// Null takes a conjunction with it and drops out of a disjunction.
    pub(super) fn combine(&self, parts: Vec<Condition>, neutral: bool) -> Condition {
        let decided =
            |part: &Condition| matches!(part, Condition::Const(value) if *value != neutral);
        if parts.iter().any(decided) {
            return Condition::Const(!neutral);
        }
        let has_null = parts.iter().any(|part| matches!(part, Condition::Null));
        if has_null && neutral {
            return Condition::Null;
        }
        let mut open: Vec<Condition> = parts
            .into_iter()
            .filter(|part| matches!(part, Condition::Test(_) | Condition::Script(..)))
            .collect();
        match open.len() {
            0 if has_null => Condition::Null,
            0 => Condition::Const(neutral),
            1 => open.remove(0),
            _ => {
                let parts = open.into_iter().filter_map(|part| self.predicate(part));
                Condition::Test(if neutral { Predicate::and(parts) } else { Predicate::or(parts) })
            }
        }
    }

    /// The negation.
    pub(super) fn negate(&self, condition: Condition) -> Condition {
        match condition {
            Condition::Null => Condition::Null,
            Condition::Const(value) => Condition::Const(!value),
            Condition::Test(predicate) => Condition::Test(predicate.negate()),
            // Of the whole script: no combination of values makes it true.
            Condition::Script(script, span) => {
                Condition::Test(self.script_leaf(script, span).negate())
            }
        }
    }

    /// The condition as two-valued; `None` for null.
    pub(super) fn predicate(&self, condition: Condition) -> Option<Predicate> {
        Some(match condition {
            Condition::Null => return None,
            Condition::Const(value) => Predicate::Const(value),
            Condition::Test(predicate) => predicate,
            Condition::Script(script, span) => self.script_leaf(script, span),
        })
    }

    fn script_leaf(&self, script: Fragment, span: Span) -> Predicate {
        let script = script.finish();
        let Some(first) = script.inputs.first() else {
            return Predicate::Const(script.eval(&[]));
        };
        let origin = Origin { part: self.context.part, span };
        Predicate::Leaf(Leaf { column: first.column.clone(), test: Test::Script(script), origin })
    }

    /// A script that reads nothing is a constant.
    pub(super) fn folded(&mut self, value: &ScriptValue, span: Span) -> Condition {
        match value {
            ScriptValue::Null => Condition::Null,
            ScriptValue::Bool(value) => Condition::Const(*value),
            ScriptValue::Integer(_) | ScriptValue::Float(_) | ScriptValue::String(_) => {
                self.error("a condition is needed here", span);
                Condition::Const(false)
            }
        }
    }
}
