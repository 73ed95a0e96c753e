//! The changes to the text of a query, in the order of the text.

use std::collections::BTreeSet;

use super::Edit;
use crate::clause::esql_text::{Mark, keys, words};
use crate::mutate::Operator;
use harness_query::esql;
use harness_query::esql::ast::{
    Aggregate, Command, CommandKind, CompareOp, Expr, ExprKind, Field, PatternSyntax,
};
use harness_source::span::Span;

/// All changes.
pub(super) fn edits(text: &str) -> Vec<Edit> {
    let Ok(query) = esql::parse(text) else { return Vec::new() };
    let mut columns = BTreeSet::new();
    add_deciding(&query, &mut columns);
    let mut found = Edits { text, deciding: columns, list: Vec::new() };
    found.query(&query);
    for key in keys(text) {
        let shown = vec![Mark::new(key.removed, "")];
        found.list.push(Edit { operator: Operator::DropGroup, shown, tried: key.without });
    }
    found.list.sort_by_key(|edit| edit.shown.first().map(|mark| mark.span.start));
    found.list
}

/// The columns that some `WHERE` asks for, and those that they are made of: what
/// else is computed only adorns alerts, and no case could notice a change of it.
fn add_deciding(query: &esql::ast::Query, columns: &mut BTreeSet<String>) {
    add_commands(&query.commands, columns);
    for inner in beside(&query.source) {
        add_deciding(inner, columns);
    }
}

fn add_commands(commands: &[Command], columns: &mut BTreeSet<String>) {
    for command in commands.iter().rev() {
        match &command.kind {
            CommandKind::Where(condition) => {
                add_columns(condition, columns);
                for query in condition.queries() {
                    add_deciding(query, columns);
                    // The one column that the query has.
                    let keys = query.commands.iter().filter_map(|it| match &it.kind {
                        CommandKind::Keep(patterns) => Some(patterns),
                        _ => None,
                    });
                    let plain = keys.flatten().filter_map(|pattern| pattern.plain());
                    columns.extend(plain.map(str::to_owned));
                }
            }
            CommandKind::Eval(fields) => {
                for field in fields.iter().rev() {
                    if names(field, columns) {
                        add_columns(&field.expr, columns);
                    }
                }
            }
            CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
                let wanted = stats.aggregates.iter();
                let wanted: Vec<_> =
                    wanted.filter(|aggregate| names(&aggregate.field, columns)).collect();
                for aggregate in wanted {
                    add_columns(&aggregate.field.expr, columns);
                    aggregate.filter.iter().for_each(|filter| add_columns(filter, columns));
                }
                stats.by.iter().for_each(|key| add_columns(&key.expr, columns));
            }
            CommandKind::Rename(renames) => {
                columns.extend(renames.iter().map(|rename| rename.from.text.clone()));
            }
            CommandKind::Dissect { input: read, .. }
            | CommandKind::Grok { input: read, .. }
            | CommandKind::Completion { prompt: read, .. } => add_columns(read, columns),
            CommandKind::LimitBy { keys: read, .. } | CommandKind::LookupJoin { on: read, .. } => {
                read.iter().for_each(|key| add_columns(key, columns));
            }
            CommandKind::Enrich { on, .. } => columns.extend(on.iter().map(|it| it.text.clone())),
            CommandKind::Fork(branches) => {
                branches.iter().for_each(|branch| add_commands(branch, columns));
            }
            CommandKind::Keep(_)
            | CommandKind::Drop(_)
            | CommandKind::Sort(_)
            | CommandKind::Limit(_)
            | CommandKind::Dedup
            | CommandKind::FillNull { .. }
            | CommandKind::Sample(_)
            | CommandKind::MvExpand(_)
            | CommandKind::Other { .. }
            | CommandKind::Broken => {}
        }
    }
}

/// The queries beside the indices of a source.
fn beside(source: &esql::ast::Source) -> &[esql::ast::Query] {
    match source {
        esql::ast::Source::From { subqueries, .. } => subqueries,
        esql::ast::Source::Row { .. } | esql::ast::Source::Other { .. } => &[],
    }
}

/// Whether a field names one of these columns, or none at all.
fn names(field: &Field, columns: &BTreeSet<String>) -> bool {
    field.name.as_ref().is_none_or(|name| columns.contains(&name.text))
}

fn add_columns(expr: &Expr, columns: &mut BTreeSet<String>) {
    if let ExprKind::Column(name) = &expr.kind {
        columns.insert(name.clone());
    }
    parts(expr).into_iter().for_each(|part| add_columns(part, columns));
}

struct Edits<'a> {
    text: &'a str,
    deciding: BTreeSet<String>,
    list: Vec<Edit>,
}

impl Edits<'_> {
    fn add(&mut self, operator: Operator, marks: Vec<Mark>) {
        self.list.push(Edit { operator, shown: marks.clone(), tried: vec![marks] });
    }

    /// Shown as left out; `with` stands there, as what has no say.
    fn drop(&mut self, operator: Operator, span: Span, with: &str) {
        let (shown, tried) = (vec![Mark::new(span, "")], vec![vec![Mark::new(span, with)]]);
        self.list.push(Edit { operator, shown, tried });
    }

    fn query(&mut self, query: &esql::ast::Query) {
        beside(&query.source).iter().for_each(|inner| self.query(inner));
        let mut before = Some(query.source.span().end);
        for command in &query.commands {
            self.command(command, before);
            before = Some(command.span.end);
        }
    }

    /// `before` is where the command before it ends; a branch begins without one.
    fn command(&mut self, command: &Command, before: Option<usize>) {
        // From the pipe to the end.
        let whole = before.map(|before| Span::new(before, command.span.end));
        match &command.kind {
            CommandKind::Where(condition) => {
                if matches!(condition.kind, ExprKind::And(_)) {
                    match whole {
                        Some(whole) => {
                            self.add(Operator::DropCommand, vec![Mark::new(whole, "")]);
                        }
                        None => self.drop(Operator::DropCommand, condition.span, "true"),
                    }
                } else {
                    self.drop(Operator::DropClause, condition.span, "true");
                }
                self.condition(condition);
            }
            CommandKind::Stats(stats) | CommandKind::InlineStats(stats) => {
                stats.aggregates.iter().for_each(|aggregate| self.aggregate(aggregate));
            }
            CommandKind::Limit(_)
            | CommandKind::LimitBy { .. }
            | CommandKind::Dedup
            | CommandKind::Sample(_)
            | CommandKind::MvExpand(_) => {
                if let Some(whole) = whole {
                    self.add(Operator::DropCommand, vec![Mark::new(whole, "")]);
                }
            }
            CommandKind::Dissect { input, .. } | CommandKind::Grok { input, .. } => {
                // Where later commands ask for its columns, they stay null.
                let nothing = vec![Mark::new(input.span, "to_string(null)")];
                let left_out = whole.map(|whole| vec![Mark::new(whole, "")]);
                let shown = left_out.clone().unwrap_or_else(|| nothing.clone());
                let tried = left_out.into_iter().chain([nothing]).collect();
                self.list.push(Edit { operator: Operator::DropCommand, shown, tried });
            }
            CommandKind::Eval(fields) => {
                for field in fields {
                    if names(field, &self.deciding) {
                        self.values(&field.expr);
                    }
                }
            }
            CommandKind::Keep(_)
            | CommandKind::Drop(_)
            | CommandKind::Rename(_)
            | CommandKind::Sort(_)
            | CommandKind::Completion { .. }
            | CommandKind::Enrich { .. }
            | CommandKind::LookupJoin { .. }
            | CommandKind::FillNull { .. }
            | CommandKind::Other { .. }
            | CommandKind::Broken => {}
            CommandKind::Fork(branches) => {
                for branch in branches {
                    let mut before = None;
                    for command in branch {
                        self.command(command, before);
                        before = Some(command.span.end);
                    }
                }
            }
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate) {
        if !names(&aggregate.field, &self.deciding) {
            return;
        }
        self.calls(&aggregate.field.expr);
        if let Some(filter) = &aggregate.filter {
            if !matches!(filter.kind, ExprKind::And(_)) {
                self.drop(Operator::DropClause, filter.span, "true");
            }
            self.condition(filter);
        }
    }

    /// Aggregates of an expression become others.
    fn calls(&mut self, expr: &Expr) {
        if let ExprKind::Call { name, star: false, .. } = &expr.kind {
            let other = match name.text.to_ascii_lowercase().as_str() {
                "count" => Some("count_distinct"),
                "count_distinct" => Some("count"),
                "min" | "sum" | "avg" | "median" => Some("max"),
                "max" => Some("min"),
                "first" => Some("last"),
                "last" => Some("first"),
                _ => None,
            };
            if let Some(other) = other {
                self.add(Operator::ChangeAggregate, vec![Mark::new(name.span, other)]);
            }
        }
        parts(expr).into_iter().for_each(|part| self.calls(part));
    }

    /// A condition, and its parts.
    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(all) => self.list_of(all, "and", ("or", Operator::AndToOr), "true"),
            ExprKind::Or(any) => self.list_of(any, "or", ("and", Operator::OrToAnd), "false"),
            ExprKind::Not(inner) => {
                if let Some(word) = words(self.text, expr.span, "not").first() {
                    self.add(Operator::Negate, vec![Mark::new(*word, "")]);
                }
                match &inner.kind {
                    ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => self.condition(inner),
                    // To negate it again would be to leave `not` out.
                    _ => self.values(inner),
                }
            }
            _ => {
                let (start, end) = (expr.span.start, expr.span.end);
                let marks = vec![Mark::insert(start, "not ("), Mark::insert(end, ")")];
                self.add(Operator::Negate, marks);
                self.values(expr);
            }
        }
    }

    /// `all` joined by a word, to be joined by another; each may go.
    fn list_of(
        &mut self,
        parts: &[Expr],
        word: &str,
        (other, operator): (&str, Operator),
        neutral: &str,
    ) {
        let pairs = parts.iter().zip(parts.iter().skip(1));
        let between = pairs.filter_map(|(left, right)| {
            let replacement = Span::new(left.span.end, right.span.start);
            words(self.text, replacement, word).first().map(|word| Mark::new(*word, other))
        });
        let marks: Vec<Mark> = between.collect();
        if !marks.is_empty() {
            self.add(operator, marks);
        }
        for part in parts {
            self.drop(Operator::DropClause, part.span, neutral);
            self.condition(part);
        }
    }

    /// The values of a leaf, and of conditions inside it.
    fn values(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Compare { op, left, right } => {
                for side in [left, right] {
                    self.compared(*op, side);
                }
            }
            ExprKind::In { choices, .. } => self.drop_values(choices),
            ExprKind::InQuery { query, .. } => self.query(query),
            ExprKind::Like { patterns, syntax, list, .. } => {
                if *list {
                    self.drop_values(patterns);
                }
                patterns.iter().for_each(|pattern| self.widen(pattern, *syntax));
            }
            ExprKind::Call { name, args, .. } if name.text.eq_ignore_ascii_case("cidr_match") => {
                self.drop_values(args.get(1..).unwrap_or_default());
            }
            _ => {}
        }
        for part in parts(expr) {
            self.values(part);
        }
    }

    fn compared(&mut self, op: CompareOp, side: &Expr) {
        match &side.kind {
            ExprKind::Integer(digits) => {
                let Ok(value) = digits.parse::<i64>() else { return };
                for moved in [value.checked_add(1), value.checked_sub(1)].into_iter().flatten() {
                    self.add(Operator::MoveBound, vec![Mark::new(side.span, moved.to_string())]);
                }
            }
            ExprKind::Decimal(digits) => {
                for moved in moved_decimals(digits) {
                    self.add(Operator::MoveBound, vec![Mark::new(side.span, moved)]);
                }
            }
            ExprKind::Text(_) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                let end = inside(self.text, side.span).end;
                self.add(Operator::ChangeValue, vec![Mark::insert(end, "x")]);
            }
            _ => {}
        }
    }

    /// One of several values is left out.
    fn drop_values(&mut self, values: &[Expr]) {
        for (at, value) in values.iter().enumerate() {
            let removed = match (at.checked_sub(1), values.get(at + 1)) {
                (None, None) => return,
                (_, Some(next)) => Span::new(value.span.start, next.span.start),
                (Some(before), None) => Span::new(values[before].span.end, value.span.end),
            };
            self.add(Operator::DropValue, vec![Mark::new(removed, "")]);
        }
    }

    fn widen(&mut self, pattern: &Expr, syntax: PatternSyntax) {
        let ExprKind::Text(text) = &pattern.kind else { return };
        let any = match syntax {
            PatternSyntax::Wildcard => "*",
            PatternSyntax::Regexp => ".*",
        };
        let place = inside(self.text, pattern.span);
        if !text.starts_with(any) && !text.starts_with(".+") {
            self.add(Operator::WidenWildcard, vec![Mark::insert(place.start, any)]);
        }
        // After a backslash it would be literal.
        let open = [any, ".+", "\\"].iter().any(|end| text.ends_with(end));
        if !open {
            self.add(Operator::WidenWildcard, vec![Mark::insert(place.end, any)]);
        }
    }
}

/// The inside of a string's quotes.
fn inside(text: &str, span: Span) -> Span {
    let quotes = if span.of(text).starts_with("\"\"\"") { 3 } else { 1 };
    let start = (span.start + quotes).min(span.end);
    Span::new(start, span.end.saturating_sub(quotes).max(start))
}

/// A decimal with its last digit one up and one down.
fn moved_decimals(digits: &str) -> Vec<String> {
    let Some((whole, fraction)) = digits.split_once('.') else { return Vec::new() };
    let Ok(value) = format!("{whole}{fraction}").parse::<i64>() else { return Vec::new() };
    let moved = [value.checked_add(1), value.checked_sub(1)].into_iter().flatten();
    let shown = moved.filter(|value| *value >= 0).map(|value| {
        let all = format!("{value:0>width$}", width = fraction.len() + 1);
        let (whole, fraction) = all.split_at(all.len() - fraction.len());
        format!("{whole}.{fraction}")
    });
    shown.collect()
}

/// The expressions inside an expression.
fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Boolean(_)
        | ExprKind::Integer(_)
        | ExprKind::Decimal(_)
        | ExprKind::Text(_)
        | ExprKind::Timespan { .. }
        | ExprKind::Column(_)
        // The text of a search is of another language.
        | ExprKind::Match { .. } => Vec::new(),
        ExprKind::List(all) | ExprKind::And(all) | ExprKind::Or(all) => all.iter().collect(),
        ExprKind::Call { args, .. } => args.iter().collect(),
        ExprKind::Sign { operand, .. } | ExprKind::Cast { operand, .. } => vec![operand],
        ExprKind::Arithmetic { left, right, .. } | ExprKind::Compare { left, right, .. } => {
            vec![left, right]
        }
        ExprKind::Not(inner) => vec![inner],
        ExprKind::In { value, .. }
        | ExprKind::InQuery { value, .. }
        | ExprKind::Like { value, .. }
        | ExprKind::IsNull { value, .. } => vec![value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clause::esql_text::edited;

    /// Operators and changed texts after `from x | `.
    fn check(query: &str, expected: &[&str]) {
        let query = format!("from x | {query}");
        let found = edits(&query).into_iter().map(|edit| {
            let text = edited(&query, &edit.tried[0]);
            format!("{}: {}", edit.operator, text.trim_start_matches("from x").trim())
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{query}");
        for edit in edits(&query) {
            for marks in &edit.tried {
                let text = edited(&query, marks);
                assert!(esql::parse(&text).is_ok(), "{text}");
                assert_ne!(text, query);
            }
        }
    }

    #[test]
    fn every_part_of_a_condition_is_changed() {
        check(
            "where a == \"b\" and not (c > 5 or d is null)",
            &[
                "drop-command: ",
                "drop-clause: | where true and not (c > 5 or d is null)",
                "negate: | where not (a == \"b\") and not (c > 5 or d is null)",
                "change-value: | where a == \"bx\" and not (c > 5 or d is null)",
                "and-to-or: | where a == \"b\" or not (c > 5 or d is null)",
                "drop-clause: | where a == \"b\" and true",
                "negate: | where a == \"b\" and  (c > 5 or d is null)",
                "drop-clause: | where a == \"b\" and not (false or d is null)",
                "negate: | where a == \"b\" and not (not (c > 5) or d is null)",
                "move-bound: | where a == \"b\" and not (c > 6 or d is null)",
                "move-bound: | where a == \"b\" and not (c > 4 or d is null)",
                "or-to-and: | where a == \"b\" and not (c > 5 and d is null)",
                "drop-clause: | where a == \"b\" and not (c > 5 or false)",
                "negate: | where a == \"b\" and not (c > 5 or not (d is null))",
            ],
        );
        check(
            "where k in (\"a\", \"b\")",
            &[
                "drop-clause: | where true",
                "negate: | where not (k in (\"a\", \"b\"))",
                "drop-value: | where k in (\"b\")",
                "drop-value: | where k in (\"a\")",
            ],
        );
        check(
            "where not k rlike \"\"\"a/[b]+\"\"\"",
            &[
                "drop-clause: | where true",
                "negate: | where  k rlike \"\"\"a/[b]+\"\"\"",
                "widen-wildcard: | where not k rlike \"\"\".*a/[b]+\"\"\"",
                "widen-wildcard: | where not k rlike \"\"\"a/[b]+.*\"\"\"",
            ],
        );
    }

    #[test]
    fn aggregates_keys_and_commands_are_changed() {
        check(
            "stats n = count_distinct(k) where b, m = max(d) by h, w | where n / 2.0 > 0.7",
            // `m` decides nothing.
            &[
                "change-aggregate: | stats n = count(k) where b, m = max(d) by h, w | where n / 2.0 > 0.7",
                "drop-clause: | stats n = count_distinct(k) where true, m = max(d) by h, w | where n / 2.0 > 0.7",
                "negate: | stats n = count_distinct(k) where not (b), m = max(d) by h, w | where n / 2.0 > 0.7",
                "drop-group: | stats n = count_distinct(k) where b, m = max(d) by w | where n / 2.0 > 0.7",
                "drop-group: | stats n = count_distinct(k) where b, m = max(d) by h | where n / 2.0 > 0.7",
                "drop-clause: | stats n = count_distinct(k) where b, m = max(d) by h, w | where true",
                "negate: | stats n = count_distinct(k) where b, m = max(d) by h, w | where not (n / 2.0 > 0.7)",
                "move-bound: | stats n = count_distinct(k) where b, m = max(d) by h, w | where n / 2.0 > 0.8",
                "move-bound: | stats n = count_distinct(k) where b, m = max(d) by h, w | where n / 2.0 > 0.6",
            ],
        );
        check(
            "mv_expand k | limit 5 | where cidr_match(a, \"10.0.0.0/8\", \"::1\") and b",
            &[
                "drop-command: | limit 5 | where cidr_match(a, \"10.0.0.0/8\", \"::1\") and b",
                "drop-command: | mv_expand k | where cidr_match(a, \"10.0.0.0/8\", \"::1\") and b",
                "drop-command: | mv_expand k | limit 5",
                "drop-clause: | mv_expand k | limit 5 | where true and b",
                "negate: | mv_expand k | limit 5 | where not (cidr_match(a, \"10.0.0.0/8\", \"::1\")) and b",
                "drop-value: | mv_expand k | limit 5 | where cidr_match(a, \"::1\") and b",
                "drop-value: | mv_expand k | limit 5 | where cidr_match(a, \"10.0.0.0/8\") and b",
                "and-to-or: | mv_expand k | limit 5 | where cidr_match(a, \"10.0.0.0/8\", \"::1\") or b",
                "drop-clause: | mv_expand k | limit 5 | where cidr_match(a, \"10.0.0.0/8\", \"::1\") and true",
                "negate: | mv_expand k | limit 5 | where cidr_match(a, \"10.0.0.0/8\", \"::1\") and not (b)",
            ],
        );
    }

    #[test]
    fn branches_and_queries_are_changed_inside() {
        check(
            "where a in (from y | where b | keep a)",
            &[
                "drop-clause: | where true",
                "negate: | where not (a in (from y | where b | keep a))",
                "drop-clause: | where a in (from y | where true | keep a)",
                "negate: | where a in (from y | where not (b) | keep a)",
            ],
        );
        check(
            "fork (where b | limit 1) (limit 2)",
            &[
                "drop-clause: | fork (where true | limit 1) (limit 2)",
                "negate: | fork (where not (b) | limit 1) (limit 2)",
                "drop-command: | fork (where b) (limit 2)",
            ],
        );
        check("dedup | limit 1 by a", &["drop-command: | limit 1 by a", "drop-command: | dedup"]);
    }

    #[test]
    fn a_pattern_is_left_out_or_finds_nothing() {
        let query = "from x | grok m \"%{WORD:a}\" | keep a";
        let found = edits(query);
        let texts: Vec<_> = found[0].tried.iter().map(|marks| edited(query, marks)).collect();
        assert_eq!(
            texts,
            ["from x | keep a", "from x | grok to_string(null) \"%{WORD:a}\" | keep a"]
        );
        check("dissect m \"%{a}\"", &["drop-command: "]);
    }

    #[test]
    fn decimals_move_by_their_last_digit() {
        for (digits, expected) in [
            ("0.7", vec!["0.8", "0.6"]),
            ("2.0", vec!["2.1", "1.9"]),
            ("0.00", vec!["0.01"]),
            ("9.99", vec!["10.00", "9.98"]),
            ("1e3", vec![]),
        ] {
            assert_eq!(moved_decimals(digits), expected, "{digits}");
        }
    }
}
