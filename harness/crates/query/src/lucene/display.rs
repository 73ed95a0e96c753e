//! Tree to text.

use std::fmt::{Display, Formatter, Result, Write};

use super::{
    Ast, Body, Bound, Clause, Clauses, Conjunction, Distance, Edge, Field, Modifier, escape,
};

impl Display for Ast {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.root {
            Some(root) => root.fmt(f),
            None => Ok(()),
        }
    }
}

impl Display for Clauses {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, clause) in self.items.iter().enumerate() {
            if index > 0 {
                f.write_char(' ')?;
            }
            clause.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Clause {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self.conjunction {
            Conjunction::None => "",
            Conjunction::And => "AND ",
            Conjunction::Or => "OR ",
        })?;
        f.write_str(match self.modifier {
            Modifier::None => "",
            Modifier::Required => "+",
            Modifier::Prohibited => "NOT ",
        })?;
        match &self.field {
            Some(Field::All(_)) => f.write_str("*:")?,
            Some(Field::Named(name)) => write!(f, "{}:", escape::word(&name.text))?,
            None => {}
        }
        self.body.fmt(f)?;
        match self.boost {
            Some(boost) => write!(f, "^{boost}"),
            None => Ok(()),
        }
    }
}

impl Display for Body {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Words(words) => {
                for (index, word) in words.iter().enumerate() {
                    if index > 0 {
                        f.write_char(' ')?;
                    }
                    f.write_str(&escape::word(&word.text))?;
                }
                Ok(())
            }
            Self::Sign(sign) => write!(f, "{sign} "),
            Self::Phrase { text, slop: 0 } => write!(f, "\"{}\"", escape::phrase(text)),
            Self::Phrase { text, slop } => write!(f, "\"{}\"~{slop}", escape::phrase(text)),
            Self::Fuzzy { text, distance } => {
                write!(f, "{}~", escape::word(text))?;
                match distance {
                    Distance::Auto => Ok(()),
                    Distance::Edits(edits) => write!(f, "{edits}"),
                }
            }
            Self::Prefix(text) => write!(f, "{}*", escape::word(text)),
            Self::Wildcard(raw) => f.write_str(raw),
            Self::Regexp(raw) => write!(f, "/{raw}/"),
            Self::Range { low, high } => {
                f.write_char(if low.edge == Edge::Inclusive { '[' } else { '{' })?;
                write!(f, "{low} TO {high}")?;
                f.write_char(if high.edge == Edge::Inclusive { ']' } else { '}' })
            }
            Self::Group(clauses) => write!(f, "({clauses})"),
        }
    }
}

impl Display for Bound {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.text.as_deref().map_or_else(|| "*".to_owned(), escape::bound))
    }
}
