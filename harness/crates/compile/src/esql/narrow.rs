//! What the index can say of a pipeline's leading `WHERE`: a condition that
//! holds for every event that gets past it.
//!
//! `WHERE` keeps a row where its condition is true, in three-valued logic and
//! with lists as null; a leaf of the index holds where some value passes. So a
//! leaf that is true has a value that passes, and one that is false has at
//! least a value: the condition of the index is weaker, never stronger, and the
//! pipeline tests the rows that are left. Elasticsearch asks its index first as
//! well, so rows that it excludes neither warn nor fail.

use std::sync::Arc;

use harness_esql::expr::{Node, Register, Typed};
use harness_esql::fold::fold_value;
use harness_esql::like::Matcher;
use harness_esql::plan::Plan;
use harness_esql::source::metadata_type;
use harness_esql::value::Value;
use harness_model::schema::{Field, FieldType, Schema};
use harness_model::value::IntegerType;
use harness_model::value::Resolution;
use harness_predicate::{Column, Interval, Leaf, Origin, Part, Predicate, Test};
use harness_query::esql::ast::CompareOp;
use harness_source::span::Span;
use harness_text::pattern::{Case, Order, Pattern, StringRange};

/// A condition that every event fulfils that passes the leading `WHERE`s of a plan.
pub(super) fn narrow(narrower: Narrower<'_>) -> Predicate {
    let filters = narrower.plan.leading_filters();
    all(filters.into_iter().map(|condition| narrower.holds(condition, true)))
}

#[derive(Clone, Copy)]
pub(super) struct Narrower<'a> {
    pub(super) plan: &'a Plan,
    pub(super) schema: &'a Schema,
    /// The full-text functions, and their places.
    pub(super) searches: &'a [Predicate],
    pub(super) places: &'a [Span],
}

impl Narrower<'_> {
    /// What holds wherever the condition has that truth.
    pub(super) fn holds(&self, condition: &Typed, truth: bool) -> Predicate {
        match &condition.node {
            Node::And(parts) => {
                let parts = parts.iter().map(|part| self.holds(part, truth));
                if truth { all(parts) } else { any(parts) }
            }
            Node::Or(parts) => {
                let parts = parts.iter().map(|part| self.holds(part, truth));
                if truth { any(parts) } else { all(parts) }
            }
            Node::Not(inner) => self.holds(inner, !truth),
            Node::IsNull { value, negated } => match self.field(value) {
                Some(field) => {
                    let exists = leaf(&field, Test::Exists, value.span);
                    if truth == *negated { exists } else { exists.negate() }
                }
                None => Predicate::Const(true),
            },
            // The index answers them in two values.
            Node::Search(search) => match self.places.iter().position(|at| *at == search.span) {
                Some(at) => {
                    let found = self.searches[at].clone();
                    if truth { found } else { found.negate() }
                }
                None => Predicate::Const(true),
            },
            _ => self.tested(condition, truth),
        }
    }

    /// A test of one field against constants.
    fn tested(&self, condition: &Typed, truth: bool) -> Predicate {
        let span = condition.span;
        let found =
            match &condition.node {
                Node::Compare { op, left, right } => {
                    let (op, value, constant) = match self.field(left) {
                        Some(_) => (*op, left, right),
                        None => (mirrored(*op), right, left),
                    };
                    let passes = if truth { op } else { opposite(op) };
                    self.field(value).zip(fold_value(constant)).map(|(field, constant)| {
                        let test = compared(&field.ty, passes, &constant);
                        leaf(&field, test.unwrap_or(Test::Exists), span)
                    })
                }
                Node::In { value, choices } => self.field(value).map(|field| {
                    let tests: Option<Vec<Test>> = choices
                        .iter()
                        .map(|choice| compared(&field.ty, CompareOp::Eq, &fold_value(choice)?))
                        .collect();
                    match tests.filter(|_| truth) {
                        Some(tests) => any(tests.into_iter().map(|test| leaf(&field, test, span))),
                        None => leaf(&field, Test::Exists, span),
                    }
                }),
                // Of a pattern that fits every string, the negation is true of null.
                Node::Like { value, matcher } => self.field(value).filter(is_string).map(|field| {
                    match (truth, matcher.matches_all()) {
                        (true, _) => liked(&field, matcher, span),
                        (false, true) => leaf(&field, Test::Exists, span).negate(),
                        (false, false) => leaf(&field, Test::Exists, span),
                    }
                }),
                Node::Column { .. } => self
                    .field(condition)
                    .filter(|field| field.ty == FieldType::Boolean)
                    .map(|field| leaf(&field, Test::Bool(truth), span)),
                Node::Literal(_) => match fold_value(condition) {
                    Some(Value::Bool(value)) => Some(Predicate::Const(value == truth)),
                    _ => None,
                },
                _ => None,
            };
        found.unwrap_or(Predicate::Const(true))
    }

    /// The field that an expression reads as it is, where the index and the
    /// pipeline see the same values of it.
    fn field(&self, value: &Typed) -> Option<Arc<Field>> {
        let Node::Column { register, constant: None } = &value.node else { return None };
        self.field_of(*register, false)
    }

    /// The same of a register; with those of constant keywords, which only some events state,
    /// where `constants`.
    pub(super) fn field_of(&self, register: Register, constants: bool) -> Option<Arc<Field>> {
        let place =
            self.plan.fields.binary_search_by_key(&register, |field| field.register).ok()?;
        let name = &self.plan.fields[place].name;
        let field = self.schema.field(name).filter(|_| metadata_type(name).is_none())?;
        let alike = match &field.ty {
            FieldType::Keyword { .. }
            | FieldType::Wildcard { .. }
            | FieldType::Boolean
            | FieldType::Ip
            | FieldType::Date { resolution: Resolution::Millis, .. }
            | FieldType::Integer(IntegerType::Long | IntegerType::Integer) => true,
            FieldType::ConstantKeyword { .. } => constants,
            FieldType::Date { resolution: Resolution::Nanos, .. }
            | FieldType::Flattened { .. }
            | FieldType::FlattenedKey { .. }
            | FieldType::Text { .. }
            | FieldType::MatchOnlyText
            | FieldType::Integer(IntegerType::Short | IntegerType::Byte)
            | FieldType::Float(_)
            | FieldType::Version
            | FieldType::Unsigned
            | FieldType::Range { .. }
            | FieldType::Geometry(_)
            | FieldType::Object
            | FieldType::Nested
            | FieldType::Other(_)
            | FieldType::Refused(_) => false,
        };
        (alike && field.nested.is_none()).then_some(field)
    }
}

fn is_string(field: &Arc<Field>) -> bool {
    matches!(field.ty, FieldType::Keyword { .. } | FieldType::Wildcard { .. })
}

pub(super) fn leaf(field: &Field, test: Test, span: Span) -> Predicate {
    let Some(kind) = field.ty.kind() else { return Predicate::Const(true) };
    let column = Column { name: field.name.clone(), kind };
    Predicate::Leaf(Leaf { column, test, origin: Origin { part: Part::Query, span } })
}

fn liked(field: &Field, matcher: &Matcher, span: Span) -> Predicate {
    any(matcher.patterns().into_iter().map(|pattern| leaf(field, Test::Term(pattern), span)))
}

/// The values that compare so with a constant; `None` where the index knows
/// no test for them.
pub(super) fn compared(ty: &FieldType, op: CompareOp, constant: &Value) -> Option<Test> {
    match (ty, constant) {
        (
            FieldType::Keyword { .. }
            | FieldType::Wildcard { .. }
            | FieldType::ConstantKeyword { .. },
            Value::Str(text),
        ) => {
            let pattern = match op {
                CompareOp::Eq => Pattern::Equals(text.clone(), Case::Sensitive),
                CompareOp::Ne => return None,
                CompareOp::Lt | CompareOp::Le => Pattern::Range(StringRange {
                    order: Order::Bytes,
                    low: None,
                    high: Some((text.clone(), op == CompareOp::Le)),
                }),
                CompareOp::Gt | CompareOp::Ge => Pattern::Range(StringRange {
                    order: Order::Bytes,
                    low: Some((text.clone(), op == CompareOp::Ge)),
                    high: None,
                }),
            };
            Some(Test::Term(pattern))
        }
        (FieldType::Integer(_), Value::Int(value)) => interval(op, i64::from(*value), Test::Long),
        (FieldType::Integer(_), Value::Long(value)) => interval(op, *value, Test::Long),
        (FieldType::Date { .. }, Value::Long(value)) => interval(op, *value, Test::Date),
        (FieldType::Boolean, Value::Bool(value)) => match op {
            CompareOp::Eq => Some(Test::Bool(*value)),
            CompareOp::Ne => Some(Test::Bool(!value)),
            CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge => None,
        },
        (FieldType::Ip, Value::Ip(value)) if op == CompareOp::Eq => {
            Some(Test::Ip(Interval { low: *value, high: *value }))
        }
        _ => None,
    }
}

/// The integers that compare so; an interval without any where there are none.
fn interval(op: CompareOp, value: i64, test: fn(Interval<i64>) -> Test) -> Option<Test> {
    const NONE: Interval<i64> = Interval { low: i64::MAX, high: i64::MIN };
    let up_to = |high| Interval { low: i64::MIN, high };
    let from = |low| Interval { low, high: i64::MAX };
    Some(test(match op {
        CompareOp::Eq => Interval { low: value, high: value },
        CompareOp::Ne => return None,
        CompareOp::Le => up_to(value),
        CompareOp::Ge => from(value),
        CompareOp::Lt => value.checked_sub(1).map_or(NONE, up_to),
        CompareOp::Gt => value.checked_add(1).map_or(NONE, from),
    }))
}

/// The operator with its sides changed.
pub(super) fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq | CompareOp::Ne => op,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
    }
}

/// The operator that holds where this one fails.
pub(super) fn opposite(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Le => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Ge => CompareOp::Lt,
    }
}

pub(super) fn all(parts: impl Iterator<Item = Predicate>) -> Predicate {
    let parts: Vec<_> = parts.filter(|part| *part != Predicate::Const(true)).collect();
    match parts.contains(&Predicate::Const(false)) {
        true => Predicate::Const(false),
        false if parts.is_empty() => Predicate::Const(true),
        false => Predicate::and(parts),
    }
}

pub(super) fn any(parts: impl Iterator<Item = Predicate>) -> Predicate {
    let parts: Vec<_> = parts.filter(|part| *part != Predicate::Const(false)).collect();
    match parts.contains(&Predicate::Const(true)) {
        true => Predicate::Const(true),
        false if parts.is_empty() => Predicate::Const(false),
        false => Predicate::or(parts),
    }
}
