//! Uses in EQL.

use harness_query::eql;
use harness_query::eql::ast::{Call, Comparison, Expr, ExprKind, Literal, Matcher, Membership};
use harness_query::eql::functions::Function;
use harness_source::span::Span;
use harness_text::pattern::Case;

use super::model::{Kind, Op, Use};

pub(super) fn uses(text: &str) -> Vec<Use> {
    let Ok(query) = eql::parse(text) else { return Vec::new() };
    let mut walk = Walk { lists: 0, found: Vec::new() };
    for filter in query.body.filters() {
        walk.expr(&filter.condition, false, 0);
    }
    walk.found
}

struct Walk {
    lists: usize,
    found: Vec<Use>,
}

impl Walk {
    /// The parser bounds the depth.
    fn expr(&mut self, expr: &Expr, negated: bool, list: usize) {
        match &expr.kind {
            ExprKind::Not(inner) => self.expr(inner, !negated, list),
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                self.lists += 1;
                let list = self.lists;
                parts.iter().for_each(|part| self.expr(part, negated, list));
            }
            ExprKind::Compare { op, left, right } => {
                let (own, negated) = match op {
                    Comparison::Equal => (Op::Equal, negated),
                    Comparison::NotEqual => (Op::Equal, !negated),
                    Comparison::Less
                    | Comparison::LessEqual
                    | Comparison::Greater
                    | Comparison::GreaterEqual => (Op::Order, negated),
                };
                for (field, value) in [(left, right), (right, left)] {
                    if let (Some(field), Some(value)) = (field_of(field), constant(value)) {
                        self.add(field, own, value, Case::Sensitive, negated, list);
                    }
                }
                self.calls(left, negated);
                self.calls(right, negated);
            }
            ExprKind::Match { op, target, values } => {
                let (own, case) = match op {
                    Matcher::Colon => (Op::Colon, Case::Insensitive),
                    Matcher::Like(case) => (Op::Like, *case),
                    Matcher::Regex(case) => (Op::Regex, *case),
                };
                self.lists += 1;
                let list = self.lists;
                if let Some(field) = field_of(target) {
                    for value in values {
                        let constant = (Kind::Text, value.value.clone(), value.span);
                        self.add(field, own, constant, case, negated, list);
                    }
                }
                self.calls(target, negated);
            }
            ExprKind::In { target, values, case, membership } => {
                let negated = negated != (*membership == Membership::NotIn);
                self.lists += 1;
                let list = self.lists;
                if let Some(field) = field_of(target) {
                    for value in values.iter().filter_map(constant) {
                        self.add(field, Op::In, value, *case, negated, list);
                    }
                }
                self.calls(target, negated);
            }
            ExprKind::Call(_) => self.calls(expr, negated),
            ExprKind::Literal(_)
            | ExprKind::Field(_)
            | ExprKind::Negative(_)
            | ExprKind::Arithmetic { .. } => {}
        }
    }

    /// The constants beside a field among the arguments of a function.
    fn calls(&mut self, expr: &Expr, negated: bool) {
        let ExprKind::Call(Call { function, case, args }) = &expr.kind else { return };
        let op = match function {
            Function::StartsWith
            | Function::EndsWith
            | Function::StringContains
            | Function::IndexOf
            | Function::Between => Op::Part,
            Function::Add
            | Function::CidrMatch
            | Function::Concat
            | Function::Divide
            | Function::Length
            | Function::Modulo
            | Function::Multiply
            | Function::Number
            | Function::String
            | Function::Substring
            | Function::Subtract => Op::Argument,
        };
        self.lists += 1;
        let list = self.lists;
        if let Some(field) = args.first().and_then(field_of) {
            for value in args.iter().skip(1).filter_map(constant) {
                self.add(field, op, value, *case, negated, list);
            }
        }
        args.iter().for_each(|arg| self.calls(arg, negated));
    }

    fn add(
        &mut self,
        field: &str,
        op: Op,
        (kind, value, span): (Kind, String, Span),
        case: Case,
        negated: bool,
        list: usize,
    ) {
        let field = field.to_owned();
        self.found.push(Use { field, op, kind, value, wild: false, span, case, negated, list });
    }
}

fn field_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Field(field) => Some(&field.name),
        ExprKind::Literal(_)
        | ExprKind::Call(_)
        | ExprKind::Negative(_)
        | ExprKind::Arithmetic { .. }
        | ExprKind::Compare { .. }
        | ExprKind::Match { .. }
        | ExprKind::In { .. }
        | ExprKind::Not(_)
        | ExprKind::And(_)
        | ExprKind::Or(_) => None,
    }
}

fn constant(expr: &Expr) -> Option<(Kind, String, Span)> {
    let ExprKind::Literal(literal) = &expr.kind else { return None };
    let (kind, value) = match literal {
        Literal::Null => return None,
        Literal::Bool(value) => (Kind::Bool, value.to_string()),
        Literal::Integer(value) => (Kind::Number, value.to_string()),
        Literal::Float(value) => (Kind::Number, value.to_string()),
        Literal::String(value) => (Kind::Text, value.clone()),
    };
    Some((kind, value, expr.span))
}
