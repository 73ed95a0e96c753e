//! EQL fields that may be unmapped inside of a negation of several conditions.

use harness_query::eql;
use harness_query::eql::ast::{Demand, Expr, ExprKind, Field};
use harness_rule::names::Language;

use crate::lint::codes::Code;
use crate::lint::target::{Sink, Target};

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    if target.rule.language != Some(Language::Eql) {
        return;
    }
    let Ok(query) = eql::parse(target.query()) else { return };
    let mut found = Vec::new();
    for filter in query.body.filters() {
        within(&filter.condition, false, &mut found);
    }
    for field in found {
        let message = format!(
            "where no index maps `{}`, this negation is null and the query finds nothing",
            field.name
        );
        sink.query(Code::OptionalInNot, field.span, message)
            .help("negate the condition on the field by itself, or leave the `?` out");
    }
}

/// The optional fields below `and` inside of a negation: there the unmapped field
/// takes its neighbours with it.
fn within<'e>(expr: &'e Expr, negated: bool, found: &mut Vec<&'e Field>) {
    match &expr.kind {
        ExprKind::Not(inner) => within(inner, !negated, found),
        ExprKind::And(parts) if negated => {
            parts.iter().for_each(|part| optional(part, found));
        }
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| within(part, negated, found));
        }
        ExprKind::Literal(_)
        | ExprKind::Field(_)
        | ExprKind::Call(_)
        | ExprKind::Negative(_)
        | ExprKind::Arithmetic { .. }
        | ExprKind::Compare { .. }
        | ExprKind::Match { .. }
        | ExprKind::In { .. } => {}
    }
}

/// The optional fields of a condition that is null where one of them is: an `or` is
/// what its other parts are.
fn optional<'e>(expr: &'e Expr, found: &mut Vec<&'e Field>) {
    match &expr.kind {
        ExprKind::Field(field) => {
            if field.demand == Demand::Optional {
                found.push(field);
            }
        }
        ExprKind::Not(inner) | ExprKind::Negative(inner) => optional(inner, found),
        ExprKind::And(parts) => parts.iter().for_each(|part| optional(part, found)),
        ExprKind::Call(call) => call.args.iter().for_each(|arg| optional(arg, found)),
        ExprKind::Arithmetic { left, right, .. } | ExprKind::Compare { left, right, .. } => {
            let is_null =
                |expr: &Expr| matches!(expr.kind, ExprKind::Literal(eql::ast::Literal::Null));
            // A comparison with null is folded to true or false.
            if !is_null(left) && !is_null(right) {
                optional(left, found);
                optional(right, found);
            }
        }
        ExprKind::Match { target, .. } | ExprKind::In { target, .. } => optional(target, found),
        ExprKind::Or(_) | ExprKind::Literal(_) => {}
    }
}
