//! Prints a tree as KQL that reads back as the same tree.

use std::fmt::{self, Display, Formatter, Write};

use super::parser::{is_space, is_trimmed};
use super::{Ast, Comparison, Node, Text, Value};

impl Display for Ast {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::All => Ok(()),
            Node::Or(parts) => joined(f, parts, " or "),
            Node::And(parts) => joined(f, parts, " and "),
            Node::Not(inner) => {
                f.write_str("not ")?;
                operand(f, inner)
            }
            Node::Is { field: None, value } => value.fmt(f),
            Node::Is { field: Some(field), value } => write!(f, "{field}:{value}"),
            Node::Range { field, operator, value } => write!(f, "{field} {operator} {value}"),
            Node::Nested { path, query } => write!(f, "{path}:{{ {query} }}"),
        }
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[Ast], separator: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        match part.node {
            Node::Not(_) => part.fmt(f)?,
            _ => operand(f, part)?,
        }
    }
    Ok(())
}

/// A part as an operand: in parentheses unless it is one clause.
fn operand(f: &mut Formatter<'_>, part: &Ast) -> fmt::Result {
    match part.node {
        Node::Or(_) | Node::And(_) | Node::Not(_) => write!(f, "({part})"),
        Node::All | Node::Is { .. } | Node::Range { .. } | Node::Nested { .. } => part.fmt(f),
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        })
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Quoted(text) => quoted(f, text),
            Self::Unquoted(text) => text.fmt(f),
        }
    }
}

impl Display for Text {
    /// Unquoted, with escapes.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => unquoted(f, text),
            Self::Wildcard(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        f.write_char('*')?;
                    }
                    unquoted(f, part)?;
                }
                Ok(())
            }
        }
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// Escapes what would end the literal: specials, white space other than single
/// spaces inside, and the words that are keywords.
fn unquoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let mut before = None;
    for (at, c) in text.char_indices() {
        match c {
            '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if is_trimmed(c) && (before.is_none_or(is_trimmed) || c != ' ') => {
                write!(f, "\\u{:04x}", u32::from(c))?;
            }
            c if is_keyword(&text[at..], before) => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
        before = Some(c);
    }
    Ok(())
}

/// Whether a keyword starts here: `not` anywhere before a space, `and` and `or`
/// between spaces.
fn is_keyword(text: &str, before: Option<char>) -> bool {
    let starts = |word: &str| {
        let head = text.as_bytes().get(..word.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
            && text[word.len()..].chars().next().is_none_or(is_space)
    };
    starts("not") || (before.is_none_or(is_space) && (starts("and") || starts("or")))
}
