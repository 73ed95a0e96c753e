//! Prints patterns for people, each on one line.

use std::fmt;

use super::glob::{Glob, GlobPart};
use super::{Case, Fuzzy, Order, Pattern, StringRange};

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value, case) => write!(f, "= {value:?}{}", Mark(*case)),
            Self::Prefix(prefix, case) => {
                let parts = [GlobPart::Literal(prefix.clone()), GlobPart::Many];
                write!(f, "~ {}{}", Quoted(&Glob::from_parts(parts)), Mark(*case))
            }
            Self::Glob(glob, case) => write!(f, "~ {}{}", Quoted(glob), Mark(*case)),
            Self::Regexp(regexp) => {
                f.write_str("/")?;
                one_line(regexp.source(), '/', f)?;
                write!(f, "/{}", Mark(regexp.case()))
            }
            Self::Range(range) => range.fmt(f),
            Self::Fuzzy(fuzzy) => fuzzy.fmt(f),
        }
    }
}

impl fmt::Display for StringRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |bound: &Option<(String, bool)>, sign: &str| {
            let (value, inside) = bound.as_ref()?;
            let equal = if *inside { "=" } else { "" };
            Some(format!("{sign}{equal} {value:?}"))
        };
        if self.order == Order::Versions {
            f.write_str("version ")?;
        }
        match (bound(&self.low, ">"), bound(&self.high, "<")) {
            (Some(low), Some(high)) => write!(f, "{low} and {high}"),
            (Some(only), None) | (None, Some(only)) => f.write_str(&only),
            (None, None) => f.write_str("any"),
        }
    }
}

impl fmt::Display for Fuzzy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}~{}", self.text, self.distance)?;
        if self.prefix > 0 {
            write!(f, " (prefix {})", self.prefix)?;
        }
        if !self.transpositions {
            f.write_str(" (no swaps)")?;
        }
        Ok(())
    }
}

/// What follows a pattern whose letters match in either case.
struct Mark(Case);

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Case::Sensitive => Ok(()),
            Case::Insensitive => f.write_str(" (any case)"),
        }
    }
}

/// A wildcard pattern in quotes, with its own escapes and no others.
struct Quoted<'a>(&'a Glob);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        one_line(&self.0.to_string(), '"', f)?;
        f.write_str("\"")
    }
}

/// Writes a text with backslashes before its delimiters, and with its control
/// characters spelled out.
fn one_line(text: &str, delimiter: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for c in text.chars() {
        if c == delimiter {
            write!(f, "\\{c}")?;
        } else if c.is_control() {
            write!(f, "{}", c.escape_default())?;
        } else {
            write!(f, "{c}")?;
        }
    }
    Ok(())
}
