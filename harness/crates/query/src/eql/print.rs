//! A tree as text that parses to the same tree.

use std::fmt::{self, Display, Formatter, Write as _};

use super::ast::{
    Body, Call, Demand, EventFilter, Expr, ExprKind, Field, Literal, Maxspan, Membership, Pipe,
    Presence, Query, Sample, Sequence, Term, TimeUnit,
};
use super::lexer::is_word;
use harness_text::pattern::Case;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::Event(filter) => filter.fmt(f)?,
            Body::Sequence(sequence) => sequence.fmt(f)?,
            Body::Sample(sample) => sample.fmt(f)?,
        }
        self.pipes.iter().try_for_each(|pipe| write!(f, " | {pipe}"))
    }
}

impl Display for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(count) => write!(f, "head {count}"),
            Self::Tail(count) => write!(f, "tail {count}"),
        }
    }
}

impl Display for EventFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.category {
            None => f.write_str("any")?,
            Some(category) if is_word(&category.name) => f.write_str(&category.name)?,
            Some(category) => string(f, &category.name)?,
        }
        write!(f, " where {}", self.condition)
    }
}

impl Display for Sequence {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("sequence")?;
        by(f, &self.by)?;
        if let Some(maxspan) = self.maxspan {
            write!(f, " with maxspan={maxspan}")?;
        }
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))?;
        self.until.iter().try_for_each(|until| write!(f, " until {until}"))
    }
}

impl Display for Sample {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("sample")?;
        by(f, &self.by)?;
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let open = match self.presence {
            Presence::Present => "[",
            Presence::Missing => "![",
        };
        write!(f, "{open}{}]", self.filter)?;
        by(f, &self.by)?;
        if self.runs == 1 { Ok(()) } else { write!(f, " with runs={}", self.runs) }
    }
}

impl Display for Maxspan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.unit)
    }
}

impl Display for TimeUnit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let found = Self::NAMES.iter().find(|(_, unit)| unit == self);
        found.map_or(Ok(()), |(name, _)| f.write_str(name))
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.demand == Demand::Optional {
            f.write_char('?')?;
        }
        if self.name.split('.').all(is_word) {
            f.write_str(&self.name)
        } else {
            write!(f, "`{}`", self.name.replace('`', "``"))
        }
    }
}

/// How tightly an expression holds together, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Sign,
    /// A primary with `in`, `:`, `like` or `regex` after it.
    Test,
    Primary,
}

impl ExprKind {
    fn level(&self) -> Level {
        use super::ast::Arithmetic;
        match self {
            Self::Literal(_) | Self::Field(_) | Self::Call(_) => Level::Primary,
            Self::Match { .. } | Self::In { .. } => Level::Test,
            Self::Negative(_) => Level::Sign,
            Self::Arithmetic { op: Arithmetic::Add | Arithmetic::Subtract, .. } => Level::Sum,
            Self::Arithmetic { .. } => Level::Product,
            Self::Compare { .. } => Level::Comparison,
            Self::Not(_) => Level::Not,
            Self::And(_) => Level::And,
            Self::Or(_) => Level::Or,
        }
    }
}

/// Prints `expr` where the grammar takes nothing looser than `least`.
fn at_least(f: &mut Formatter<'_>, expr: &Expr, least: Level) -> fmt::Result {
    if expr.kind.level() < least { write!(f, "({expr})") } else { expr.fmt(f) }
}

fn joined(f: &mut Formatter<'_>, parts: &[Expr], word: &str, least: Level) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        at_least(f, part, least)?;
    }
    Ok(())
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(literal) => literal.fmt(f),
            ExprKind::Field(field) => field.fmt(f),
            ExprKind::Call(call) => call.fmt(f),
            ExprKind::Negative(inner) => {
                f.write_char('-')?;
                at_least(f, inner, Level::Sign)
            }
            ExprKind::Arithmetic { op, left, right } => {
                let (level, tighter) = match self.kind.level() {
                    Level::Sum => (Level::Sum, Level::Product),
                    _ => (Level::Product, Level::Sign),
                };
                at_least(f, left, level)?;
                write!(f, " {} ", op.symbol())?;
                at_least(f, right, tighter)
            }
            ExprKind::Compare { op, left, right } => {
                at_least(f, left, Level::Sum)?;
                write!(f, " {} ", op.symbol())?;
                at_least(f, right, Level::Sum)
            }
            ExprKind::Match { op, target, values } => {
                at_least(f, target, Level::Primary)?;
                write!(f, " {} ", op.symbol())?;
                if let [value] = values.as_slice() {
                    return string(f, &value.value);
                }
                for (index, value) in values.iter().enumerate() {
                    f.write_str(if index == 0 { "(" } else { ", " })?;
                    string(f, &value.value)?;
                }
                f.write_char(')')
            }
            ExprKind::In { target, values, case, membership } => {
                at_least(f, target, Level::Primary)?;
                f.write_str(match (membership, case) {
                    (Membership::In, Case::Sensitive) => " in (",
                    (Membership::In, Case::Insensitive) => " in~ (",
                    (Membership::NotIn, Case::Sensitive) => " not in (",
                    (Membership::NotIn, Case::Insensitive) => " not in~ (",
                })?;
                joined(f, values, ", ", Level::Or)?;
                f.write_char(')')
            }
            ExprKind::Not(inner) => {
                f.write_str("not ")?;
                at_least(f, inner, Level::Not)
            }
            ExprKind::And(parts) => joined(f, parts, " and ", Level::Not),
            ExprKind::Or(parts) => {
                // `a and b or c` is right, but hard to read.
                joined(f, parts, " or ", Level::Not)
            }
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.function.name())?;
        f.write_str(match self.case {
            Case::Sensitive => "(",
            Case::Insensitive => "~(",
        })?;
        joined(f, &self.args, ", ", Level::Or)?;
        f.write_char(')')
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::String(value) => string(f, value),
        }
    }
}

fn by(f: &mut Formatter<'_>, keys: &[Field]) -> fmt::Result {
    for (index, key) in keys.iter().enumerate() {
        write!(f, "{}{key}", if index == 0 { " by " } else { ", " })?;
    }
    Ok(())
}

fn string(f: &mut Formatter<'_>, value: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in value.chars() {
        match c {
            '\u{8}' => f.write_str("\\b")?,
            '\t' => f.write_str("\\t")?,
            '\n' => f.write_str("\\n")?,
            '\u{c}' => f.write_str("\\f")?,
            '\r' => f.write_str("\\r")?,
            '"' | '\\' => write!(f, "\\{c}")?,
            c if c.is_control() => write!(f, "\\u{{{:02x}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
