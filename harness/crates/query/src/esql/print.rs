//! Tree → text: one canonical spelling, which parses to the same tree.
//!
//! Parentheses stand around every operand that is not atomic, so that the
//! text shows the structure; columns without a name would be named otherwise
//! than in the original text, whose spelling is lost.

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{
    Command, CommandKind, Expr, ExprKind, Field, Name, NamePattern, PatternSyntax, Query, Source,
    Stats, Text,
};

/// Words that need backticks as a name.
const QUOTED_WORDS: [&str; 17] = [
    "and", "as", "asc", "by", "desc", "false", "first", "in", "is", "last", "like", "metadata",
    "not", "null", "or", "rlike", "true",
];

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for setting in &self.settings {
            write!(f, "SET {} = {}; ", setting.name, setting.value)?;
        }
        write!(f, "{}", self.source)?;
        for command in &self.commands {
            write!(f, " | {command}")?;
        }
        Ok(())
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::From { indices, subqueries, metadata, .. } => {
                f.write_str("FROM ")?;
                joined(f, indices, |f, index| quote(f, &index.text))?;
                if !indices.is_empty() && !subqueries.is_empty() {
                    f.write_str(", ")?;
                }
                joined(f, subqueries, |f, query| write!(f, "({query})"))?;
                if !metadata.is_empty() {
                    f.write_str(" METADATA ")?;
                    joined(f, metadata, |f, name| name.fmt(f))?;
                }
                Ok(())
            }
            Self::Row { fields, .. } => {
                f.write_str("ROW ")?;
                joined(f, fields, |f, field| field.fmt(f))
            }
            Self::Other { keyword, .. } => f.write_str(keyword),
        }
    }
}

impl Display for Command {
    #[expect(clippy::too_many_lines, reason = "an arm a command")]
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            CommandKind::Where(condition) => write!(f, "WHERE {condition}"),
            CommandKind::Eval(fields) => {
                f.write_str("EVAL ")?;
                joined(f, fields, |f, field| field.fmt(f))
            }
            CommandKind::Stats(stats) => write!(f, "STATS {stats}"),
            CommandKind::InlineStats(stats) => write!(f, "INLINE STATS {stats}"),
            CommandKind::Keep(patterns) => {
                f.write_str("KEEP ")?;
                joined(f, patterns, |f, pattern| pattern.fmt(f))
            }
            CommandKind::Drop(patterns) => {
                f.write_str("DROP ")?;
                joined(f, patterns, |f, pattern| pattern.fmt(f))
            }
            CommandKind::Rename(renames) => {
                f.write_str("RENAME ")?;
                joined(f, renames, |f, rename| write!(f, "{} AS {}", rename.from, rename.to))
            }
            CommandKind::Sort(orders) => {
                f.write_str("SORT ")?;
                joined(f, orders, |f, order| {
                    write!(f, "{}", order.expr)?;
                    f.write_str(if order.descending { " DESC" } else { " ASC" })?;
                    match order.nulls_first {
                        Some(true) => f.write_str(" NULLS FIRST"),
                        Some(false) => f.write_str(" NULLS LAST"),
                        None => Ok(()),
                    }
                })
            }
            CommandKind::Limit(count) => {
                f.write_str("LIMIT ")?;
                operand(f, count)
            }
            CommandKind::LimitBy { count, keys } => {
                f.write_str("LIMIT ")?;
                operand(f, count)?;
                f.write_str(" BY ")?;
                joined(f, keys, |f, key| key.fmt(f))
            }
            CommandKind::Dedup => f.write_str("DEDUP"),
            CommandKind::FillNull { value, columns } => {
                f.write_str("FILLNULL ")?;
                match value {
                    Some(value) => operand(f, value)?,
                    None => f.write_str("DEFAULT")?,
                }
                f.write_str(" ON ")?;
                joined(f, columns, |f, pattern| pattern.fmt(f))
            }
            CommandKind::Sample(share) => {
                f.write_str("SAMPLE ")?;
                operand(f, share)
            }
            CommandKind::Fork(branches) => {
                f.write_str("FORK")?;
                branches.iter().try_for_each(|branch| {
                    f.write_str(" (")?;
                    for (index, command) in branch.iter().enumerate() {
                        f.write_str(if index > 0 { " | " } else { "" })?;
                        command.fmt(f)?;
                    }
                    f.write_char(')')
                })
            }
            CommandKind::Dissect { input, pattern, separator } => {
                f.write_str("DISSECT ")?;
                operand(f, input)?;
                write!(f, " {pattern}")?;
                match separator {
                    Some(separator) => write!(f, " APPEND_SEPARATOR={separator}"),
                    None => Ok(()),
                }
            }
            CommandKind::Grok { input, patterns } => {
                f.write_str("GROK ")?;
                operand(f, input)?;
                f.write_char(' ')?;
                joined(f, patterns, |f, pattern| pattern.fmt(f))
            }
            CommandKind::MvExpand(name) => write!(f, "MV_EXPAND {name}"),
            CommandKind::Completion { target, prompt, options } => {
                f.write_str("COMPLETION ")?;
                if let Some(target) = target {
                    write!(f, "{target} = ")?;
                }
                operand(f, prompt)?;
                if options.is_empty() {
                    return Ok(());
                }
                f.write_str(" WITH ")?;
                map(f, options)
            }
            CommandKind::Enrich { policy, on, with } => {
                f.write_str("ENRICH ")?;
                quote(f, &policy.text)?;
                if let Some(column) = on {
                    write!(f, " ON {column}")?;
                }
                if with.is_empty() {
                    return Ok(());
                }
                f.write_str(" WITH ")?;
                joined(f, with, |f, (name, field)| match name {
                    Some(name) => write!(f, "{name} = {field}"),
                    None => write!(f, "{field}"),
                })
            }
            CommandKind::LookupJoin { index, on } => {
                f.write_str("LOOKUP JOIN ")?;
                quote(f, &index.text)?;
                f.write_str(" ON ")?;
                joined(f, on, |f, key| key.fmt(f))
            }
            CommandKind::Other { keyword } => f.write_str(keyword),
            CommandKind::Broken => Ok(()),
        }
    }
}

impl Display for Stats {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        joined(f, &self.aggregates, |f, aggregate| {
            write!(f, "{}", aggregate.field)?;
            match &aggregate.filter {
                Some(filter) => write!(f, " WHERE {filter}"),
                None => Ok(()),
            }
        })?;
        if self.by.is_empty() {
            return Ok(());
        }
        f.write_str(if self.aggregates.is_empty() { "BY " } else { " BY " })?;
        joined(f, &self.by, |f, key| key.fmt(f))
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} = ")?;
        }
        self.expr.fmt(f)
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_name(f, &self.text)
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quote(f, &self.text)
    }
}

impl Display for NamePattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                f.write_char('*')?;
            }
            let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || "_@.".contains(c));
            if plain && !part.is_empty() {
                f.write_str(part)?;
            } else if !part.is_empty() {
                write!(f, "`{}`", part.replace('`', "``"))?;
            }
        }
        Ok(())
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Null => f.write_str("null"),
            ExprKind::Boolean(value) => write!(f, "{value}"),
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => f.write_str(digits),
            ExprKind::Text(text) => quote(f, text),
            ExprKind::Timespan { amount, unit } => write!(f, "{amount} {unit}"),
            ExprKind::List(items) => {
                f.write_char('[')?;
                joined(f, items, |f, item| item.fmt(f))?;
                f.write_char(']')
            }
            ExprKind::Column(name) => write_name(f, name),
            ExprKind::Call { name, args, star, options } => {
                write!(f, "{}(", name.text)?;
                if *star {
                    f.write_char('*')?;
                }
                joined(f, args, |f, arg| arg.fmt(f))?;
                if !options.is_empty() {
                    f.write_str(", ")?;
                    map(f, options)?;
                }
                f.write_char(')')
            }
            ExprKind::Sign { negative, operand: value } => {
                f.write_char(if *negative { '-' } else { '+' })?;
                // Parentheses would be one more level each.
                let signed = matches!(value.kind, ExprKind::Sign { .. });
                if signed { value.fmt(f) } else { operand(f, value) }
            }
            ExprKind::Arithmetic { op, left, right } => {
                operand(f, left)?;
                write!(f, " {} ", op.symbol())?;
                operand(f, right)
            }
            ExprKind::Compare { op, left, right } => {
                operand(f, left)?;
                write!(f, " {} ", op.symbol())?;
                operand(f, right)
            }
            ExprKind::Cast { operand: value, ty } => {
                operand(f, value)?;
                write!(f, "::{ty}")
            }
            ExprKind::And(parts) => chain(f, parts, " AND "),
            ExprKind::Or(parts) => chain(f, parts, " OR "),
            ExprKind::Not(inner) => {
                f.write_str("NOT ")?;
                let negated = matches!(inner.kind, ExprKind::Not(_));
                if negated { inner.fmt(f) } else { operand(f, inner) }
            }
            ExprKind::In { value, choices, negated } => {
                operand(f, value)?;
                f.write_str(if *negated { " NOT IN (" } else { " IN (" })?;
                joined(f, choices, |f, choice| choice.fmt(f))?;
                f.write_char(')')
            }
            ExprKind::InQuery { value, query, negated } => {
                operand(f, value)?;
                write!(f, "{}({query})", if *negated { " NOT IN " } else { " IN " })
            }
            ExprKind::Like { value, patterns, list, syntax, negated } => {
                operand(f, value)?;
                f.write_str(if *negated { " NOT " } else { " " })?;
                f.write_str(match syntax {
                    PatternSyntax::Wildcard => "LIKE ",
                    PatternSyntax::Regexp => "RLIKE ",
                })?;
                if !list {
                    return patterns.iter().try_for_each(|pattern| unopened(f, pattern));
                }
                f.write_char('(')?;
                joined(f, patterns, |f, pattern| pattern.fmt(f))?;
                f.write_char(')')
            }
            ExprKind::IsNull { value, negated } => {
                operand(f, value)?;
                f.write_str(if *negated { " IS NOT NULL" } else { " IS NULL" })
            }
            ExprKind::Match { field, cast, query } => {
                write!(f, "{field}")?;
                if let Some(cast) = cast {
                    write!(f, "::{cast}")?;
                }
                f.write_str(" : ")?;
                operand(f, query)
            }
        }
    }
}

/// An expression that needs no parentheses anywhere, or one in parentheses.
fn operand(f: &mut Formatter<'_>, expr: &Expr) -> fmt::Result {
    let atomic = matches!(
        expr.kind,
        ExprKind::Null
            | ExprKind::Boolean(_)
            | ExprKind::Integer(_)
            | ExprKind::Decimal(_)
            | ExprKind::Text(_)
            | ExprKind::Timespan { .. }
            | ExprKind::List(_)
            | ExprKind::Column(_)
            | ExprKind::Call { .. }
    );
    if atomic { expr.fmt(f) } else { write!(f, "({expr})") }
}

/// An expression that does not begin with a parenthesis, as its text did not: after
/// `LIKE` that would begin a list.
fn unopened(f: &mut Formatter<'_>, expr: &Expr) -> fmt::Result {
    match &expr.kind {
        ExprKind::Arithmetic { op, left, right } => {
            unopened(f, left)?;
            write!(f, " {} ", op.symbol())?;
            operand(f, right)
        }
        ExprKind::Cast { operand: value, ty } => {
            unopened(f, value)?;
            write!(f, "::{ty}")
        }
        _ => expr.fmt(f),
    }
}

fn chain(f: &mut Formatter<'_>, parts: &[Expr], word: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        operand(f, part)?;
    }
    Ok(())
}

fn joined<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    write: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}

fn map(f: &mut Formatter<'_>, entries: &[(Text, Expr)]) -> fmt::Result {
    f.write_char('{')?;
    joined(f, entries, |f, (key, value)| write!(f, "{key}: {value}"))?;
    f.write_char('}')
}

fn quote(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

/// A name that an expression or a command reads back as the same name.
fn write_name(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    let plain = name.split('.').all(|part| {
        let start = part.starts_with(|c: char| c.is_ascii_alphabetic())
            || (part.starts_with(['_', '@']) && part.len() > 1);
        start && part[1..].chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    let first = name.split('.').next().unwrap_or_default();
    if plain && !QUOTED_WORDS.iter().any(|word| word.eq_ignore_ascii_case(first)) {
        return f.write_str(name);
    }
    write!(f, "`{}`", name.replace('`', "``"))
}
