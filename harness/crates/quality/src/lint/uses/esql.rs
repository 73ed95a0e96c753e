//! Uses in ES|QL.

use harness_query::esql::ast::{
    CommandKind, CompareOp, Expr, ExprKind, PatternSyntax, Query, Source, Stats,
};
use harness_query::esql::read;
use harness_source::span::Span;
use harness_text::pattern::Case;

use super::model::{Kind, Op, Use};

pub(super) fn uses(text: &str) -> Vec<Use> {
    let Some(query) = read(text).query else { return Vec::new() };
    let mut walk = Walk { lists: 0, found: Vec::new() };
    expressions(&query, &mut |expr| walk.expr(expr, false, 0));
    walk.found
}

/// Calls `visit` on every expression that a command states, in order.
pub(in crate::lint) fn expressions<'q>(query: &'q Query, visit: &mut dyn FnMut(&'q Expr)) {
    match &query.source {
        Source::From { subqueries, .. } => {
            subqueries.iter().for_each(|inner| expressions(inner, visit));
        }
        Source::Row { fields, .. } => fields.iter().for_each(|field| visit(&field.expr)),
        Source::Other { .. } => {}
    }
    query.commands.iter().for_each(|command| of_command(&command.kind, visit));
}

fn of_command<'q>(command: &'q CommandKind, visit: &mut dyn FnMut(&'q Expr)) {
    let stats = |stats: &'q Stats, visit: &mut dyn FnMut(&'q Expr)| {
        for aggregate in &stats.aggregates {
            visit(&aggregate.field.expr);
            aggregate.filter.iter().for_each(&mut *visit);
        }
        stats.by.iter().for_each(|field| visit(&field.expr));
    };
    match command {
        CommandKind::Where(expr) | CommandKind::Limit(expr) | CommandKind::Sample(expr) => {
            visit(expr);
        }
        CommandKind::Eval(fields) => fields.iter().for_each(|field| visit(&field.expr)),
        CommandKind::Stats(own) | CommandKind::InlineStats(own) => stats(own, visit),
        CommandKind::Sort(keys) => keys.iter().for_each(|key| visit(&key.expr)),
        CommandKind::Fork(branches) => {
            branches.iter().flatten().for_each(|command| of_command(&command.kind, visit));
        }
        CommandKind::LookupJoin { on, .. } => on.iter().for_each(visit),
        CommandKind::Dissect { input, .. } | CommandKind::Grok { input, .. } => visit(input),
        CommandKind::Keep(_)
        | CommandKind::Drop(_)
        | CommandKind::Rename(_)
        | CommandKind::LimitBy { .. }
        | CommandKind::Dedup
        | CommandKind::FillNull { .. }
        | CommandKind::MvExpand(_)
        | CommandKind::Completion { .. }
        | CommandKind::Enrich { .. }
        | CommandKind::Other { .. }
        | CommandKind::Broken => {}
    }
}

/// The functions that look for a text in another, letter by letter.
const PARTS: [&str; 4] = ["starts_with", "ends_with", "contains", "locate"];

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
                    CompareOp::Eq => (Op::Equal, negated),
                    CompareOp::Ne => (Op::Equal, !negated),
                    CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge => {
                        (Op::Order, negated)
                    }
                };
                for (field, value) in [(left, right), (right, left)] {
                    self.add(field, own, value, negated, list);
                }
                self.expr(left, negated, list);
                self.expr(right, negated, list);
            }
            ExprKind::In { value, choices, negated: not } => {
                self.lists += 1;
                let list = self.lists;
                for choice in choices {
                    self.add(value, Op::In, choice, negated != *not, list);
                }
                self.expr(value, negated, list);
            }
            ExprKind::Like { value, patterns, syntax, negated: not, .. } => {
                let own = match syntax {
                    PatternSyntax::Wildcard => Op::Like,
                    PatternSyntax::Regexp => Op::Regex,
                };
                self.lists += 1;
                let list = self.lists;
                for pattern in patterns {
                    self.add(value, own, pattern, negated != *not, list);
                }
                self.expr(value, negated, list);
            }
            ExprKind::Match { field, query, .. } => {
                if let Some((kind, value, span)) = constant(query) {
                    self.push(&field.text, Op::Search, (kind, value, span), negated, list);
                }
            }
            ExprKind::Call { name, args, .. } => {
                let is_part = PARTS.iter().any(|own| name.text.eq_ignore_ascii_case(own));
                let op = if is_part { Op::Part } else { Op::Argument };
                self.lists += 1;
                let list = self.lists;
                if let Some(first) = args.first() {
                    for value in &args[1..] {
                        self.add(first, op, value, negated, list);
                    }
                }
                args.iter().for_each(|arg| self.expr(arg, negated, list));
            }
            ExprKind::Sign { operand, .. } | ExprKind::Cast { operand, .. } => {
                self.expr(operand, negated, list);
            }
            ExprKind::Arithmetic { left, right, .. } => {
                self.expr(left, negated, list);
                self.expr(right, negated, list);
            }
            ExprKind::IsNull { value, .. } | ExprKind::InQuery { value, .. } => {
                self.expr(value, negated, list);
            }
            ExprKind::Null
            | ExprKind::Boolean(_)
            | ExprKind::Integer(_)
            | ExprKind::Decimal(_)
            | ExprKind::Text(_)
            | ExprKind::Timespan { .. }
            | ExprKind::List(_)
            | ExprKind::Column(_) => {}
        }
    }

    fn add(&mut self, field: &Expr, op: Op, value: &Expr, negated: bool, list: usize) {
        if let (ExprKind::Column(field), Some(value)) = (&field.kind, constant(value)) {
            self.push(field, op, value, negated, list);
        }
    }

    fn push(
        &mut self,
        field: &str,
        op: Op,
        (kind, value, span): (Kind, String, Span),
        negated: bool,
        list: usize,
    ) {
        let (field, case, wild) = (field.to_owned(), Case::Sensitive, false);
        self.found.push(Use { field, op, kind, value, wild, span, case, negated, list });
    }
}

fn constant(expr: &Expr) -> Option<(Kind, String, Span)> {
    let (kind, value) = match &expr.kind {
        ExprKind::Text(value) => (Kind::Text, value.clone()),
        ExprKind::Integer(value) | ExprKind::Decimal(value) => (Kind::Number, value.clone()),
        ExprKind::Boolean(value) => (Kind::Bool, value.to_string()),
        ExprKind::Null
        | ExprKind::Timespan { .. }
        | ExprKind::List(_)
        | ExprKind::Column(_)
        | ExprKind::Call { .. }
        | ExprKind::Sign { .. }
        | ExprKind::Arithmetic { .. }
        | ExprKind::Compare { .. }
        | ExprKind::Cast { .. }
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Not(_)
        | ExprKind::In { .. }
        | ExprKind::InQuery { .. }
        | ExprKind::Like { .. }
        | ExprKind::IsNull { .. }
        | ExprKind::Match { .. } => return None,
    };
    Some((kind, value, expr.span))
}
