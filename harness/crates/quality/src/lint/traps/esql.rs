//! Traps of ES|QL: lists, nulls, and rows that do not name their documents.

use std::collections::BTreeSet;

use harness_esql::alerts::identifies;
use harness_query::esql::ast::{CommandKind, Expr, ExprKind, Query, Source};
use harness_query::esql::read;
use harness_rule::names::Language;

use crate::lint::codes::Code;
use crate::lint::model::Level;
use crate::lint::target::{Sink, Target};
use crate::lint::uses::{Kind, Op, Use};

pub(super) fn check(target: &Target<'_>, sink: &mut Sink<'_>) {
    if target.rule.language != Some(Language::Esql) {
        return;
    }
    let Some(query) = read(target.query()).query else { return };
    lists(target, &query, sink);
    nulls(target, &query, sink);
    concatenated(&query, sink);
    identity(target, &query, sink);
}

/// Fields that ECS has lists in, and that nearly always hold several values.
const LISTS: [&str; 14] = [
    "process.args",
    "process.parent.args",
    "process.env_vars",
    "event.category",
    "event.type",
    "host.ip",
    "host.mac",
    "related.ip",
    "related.user",
    "related.hosts",
    "related.hash",
    "dns.resolved_ip",
    "dns.header_flags",
    "tags",
];

/// Comparisons of lists, unless the pipeline takes them apart.
fn lists(target: &Target<'_>, query: &Query, sink: &mut Sink<'_>) {
    let made = made(query);
    let mut told = BTreeSet::new();
    for used in target.uses.iter().filter(|used| LISTS.contains(&used.field.as_str())) {
        let compares = matches!(used.op, Op::Equal | Op::In | Op::Like | Op::Regex | Op::Part);
        // Of a list of constants the first stands for all.
        if !compares || made.contains(used.field.as_str()) || !told.insert((&used.field, used.list))
        {
            continue;
        }
        // One category or type is what most sources state.
        let seldom = used.field.starts_with("event.");
        let message = format!(
            "an event with several values of `{}` is lost: the comparison is null",
            used.field
        );
        sink.query(Code::ListInEsql, used.span, message)
            .help("use MV_CONTAINS or `:`, or MV_EXPAND before")
            .level(if seldom { Level::Note } else { Level::Warning });
    }
}

/// The columns that a pipeline makes or takes apart.
fn made(query: &Query) -> BTreeSet<&str> {
    let mut made = BTreeSet::new();
    for command in &query.commands {
        match &command.kind {
            CommandKind::Eval(fields) => {
                made.extend(
                    fields.iter().filter_map(|field| field.name.as_ref()).map(|n| &*n.text),
                );
            }
            CommandKind::MvExpand(name) => {
                made.insert(&name.text);
            }
            CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
                let own = stats.aggregates.iter().map(|aggregate| &aggregate.field);
                for field in own.chain(&stats.by) {
                    made.extend(field.name.as_ref().map(|name| &*name.text));
                    // A row enters a group for each value.
                    if let ExprKind::Column(column) = &field.expr.kind {
                        made.insert(column);
                    }
                }
            }
            CommandKind::Rename(renames) => {
                made.extend(renames.iter().map(|rename| &*rename.to.text));
            }
            CommandKind::Where(_)
            | CommandKind::Keep(_)
            | CommandKind::Drop(_)
            | CommandKind::Sort(_)
            | CommandKind::Limit(_)
            | CommandKind::LimitBy { .. }
            | CommandKind::Dedup
            | CommandKind::FillNull { .. }
            | CommandKind::Sample(_)
            | CommandKind::Fork(_)
            | CommandKind::Dissect { .. }
            | CommandKind::Grok { .. }
            | CommandKind::Completion { .. }
            | CommandKind::Enrich { .. }
            | CommandKind::LookupJoin { .. }
            | CommandKind::Other { .. }
            | CommandKind::Broken => {}
        }
    }
    made
}

/// Negations of a field that nothing else of the query asks to be there.
fn nulls(target: &Target<'_>, query: &Query, sink: &mut Sink<'_>) {
    let made = made(query);
    let mut present: BTreeSet<String> = BTreeSet::new();
    super::super::uses::expressions(query, &mut |expr| asked(expr, &mut present));
    let positive = |used: &&Use| !used.negated && used.op != Op::Argument;
    present.extend(target.uses.iter().filter(positive).map(|used| used.field.clone()));
    let mut told = BTreeSet::new();
    for used in target.uses.iter().filter(|used| used.negated && used.kind == Kind::Text) {
        let compares = matches!(used.op, Op::Equal | Op::In | Op::Like | Op::Regex | Op::Part);
        let field = used.field.as_str();
        if !compares || present.contains(field) || made.contains(field) || !told.insert(field) {
            continue;
        }
        // What every event has is never null.
        if target.field(field).is_none()
            || ["event.dataset", "data_stream.dataset"].contains(&field)
        {
            continue;
        }
        let message = format!("an event without `{field}` is lost: the negation of null is null");
        sink.query(Code::NullInNot, used.span, message)
            .help(format!("add `{field} is null or`, or ask for `{field} is not null` to say so"));
    }
}

/// The columns that an expression asks about being null, or gives a value for null.
fn asked(expr: &Expr, found: &mut BTreeSet<String>) {
    match &expr.kind {
        ExprKind::IsNull { value, .. } => columns(value, found),
        ExprKind::Call { name, args, .. } => {
            let handles = ["coalesce", "case"];
            if handles.iter().any(|handles| name.text.eq_ignore_ascii_case(handles)) {
                args.iter().for_each(|arg| columns(arg, found));
            }
            args.iter().for_each(|arg| asked(arg, found));
        }
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::List(parts) => {
            parts.iter().for_each(|part| asked(part, found));
        }
        ExprKind::Not(inner) => asked(inner, found),
        ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => {
            asked(left, found);
            asked(right, found);
        }
        ExprKind::Sign { operand, .. } | ExprKind::Cast { operand, .. } => asked(operand, found),
        ExprKind::In { value, .. }
        | ExprKind::Like { value, .. }
        | ExprKind::InQuery { value, .. } => {
            asked(value, found);
        }
        ExprKind::Null
        | ExprKind::Boolean(_)
        | ExprKind::Integer(_)
        | ExprKind::Decimal(_)
        | ExprKind::Text(_)
        | ExprKind::Timespan { .. }
        | ExprKind::Column(_)
        | ExprKind::Match { .. } => {}
    }
}

fn columns(expr: &Expr, found: &mut BTreeSet<String>) {
    match &expr.kind {
        ExprKind::Column(name) => {
            found.insert(name.clone());
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|arg| columns(arg, found)),
        _ => asked(expr, found),
    }
}

/// A text made of the values of a field, compared with more than one of them.
fn concatenated(query: &Query, sink: &mut Sink<'_>) {
    let mut made: Vec<&str> = Vec::new();
    for command in &query.commands {
        match &command.kind {
            CommandKind::Eval(fields) => {
                for field in fields {
                    if let (Some(name), true) = (&field.name, joins_field(&field.expr)) {
                        made.push(&name.text);
                    }
                }
            }
            CommandKind::Where(expr) => compared(expr, &made, sink),
            _ => {}
        }
    }
}

/// Whether an expression is `MV_CONCAT` of a field, in whatever case of letters.
fn joins_field(expr: &Expr) -> bool {
    let ExprKind::Call { name, args, .. } = &expr.kind else { return false };
    if name.text.eq_ignore_ascii_case("mv_concat") {
        return matches!(args.first().map(|arg| &arg.kind), Some(ExprKind::Column(_)));
    }
    let wraps = ["to_lower", "to_upper", "trim"];
    wraps.iter().any(|wraps| name.text.eq_ignore_ascii_case(wraps))
        && args.first().is_some_and(joins_field)
}

fn compared(expr: &Expr, made: &[&str], sink: &mut Sink<'_>) {
    let is_joined = |expr: &Expr| {
        joins_field(expr) || matches!(&expr.kind, ExprKind::Column(name) if made.contains(&&**name))
    };
    match &expr.kind {
        ExprKind::Like { value, patterns, .. } if is_joined(value) => {
            let several = patterns.iter().find(|pattern| {
                matches!(&pattern.kind, ExprKind::Text(text) if text.trim_matches(['*', ' ']).contains(' '))
            });
            if let Some(pattern) = several {
                tell(pattern, sink);
            }
        }
        ExprKind::Compare { left, right, .. } if is_joined(left) => {
            if matches!(&right.kind, ExprKind::Text(text) if text.contains(' ')) {
                tell(right, sink);
            }
        }
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| compared(part, made, sink));
        }
        ExprKind::Not(inner) => compared(inner, made, sink),
        _ => {}
    }
}

fn tell(place: &Expr, sink: &mut Sink<'_>) {
    let message = "MV_CONCAT joins the values of a field sorted and each once, not as they came";
    sink.query(Code::MvConcatOrder, place.span, message.to_owned())
        .help("compare a field that has the whole text, such as `process.command_line`");
}

/// Rows of documents that lack the column by which Kibana knows them again.
fn identity(target: &Target<'_>, query: &Query, sink: &mut Sink<'_>) {
    let Some(pipeline) = target.compiled.pipeline() else { return };
    if pipeline.plan.is_aggregating() || identifies(&pipeline.plan) {
        return;
    }
    let Source::From { metadata, span, .. } = &query.source else { return };
    let stated = metadata.iter().any(|name| name.text == "_id");
    let dropped = query.commands.iter().rev().find(|command| {
        matches!(command.kind, CommandKind::Keep(_) | CommandKind::Drop(_) | CommandKind::Rename(_))
    });
    let (place, message, help) = match dropped.filter(|_| stated) {
        Some(command) => (
            command.span,
            "the column `_id` is dropped here, so each run alerts on the same events again",
            "keep `_id`",
        ),
        None => (
            *span,
            "the rows do not name their documents, so each run alerts on the same events again",
            "add `METADATA _id, _version, _index`",
        ),
    };
    sink.query(Code::MissingIdentity, place, message.to_owned()).help(help);
}
