//! Predicates and tests in words, for snapshots and explanations.

use std::fmt::{self, Display, Formatter};

use super::{Interval, Leaf, Phrase, Predicate, Test};
use harness_model::value::{format_date, format_nanos, ip_text};

impl Display for Leaf {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.test {
            Test::Script(script) => script.fmt(f),
            test => write!(f, "{} {test}", self.column.name),
        }
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => f.write_str("exists"),
            Self::Term(pattern) => pattern.fmt(f),
            Self::Phrase(phrase) => phrase.fmt(f),
            Self::Long(interval) => bounds(f, interval, i64::MIN, i64::MAX, i64::to_string),
            Self::Date(interval) => {
                bounds(f, interval, i64::MIN, i64::MAX, |millis| format_date(*millis))
            }
            Self::Nanos(interval) => bounds(f, interval, 0, i64::MAX, |nanos| format_nanos(*nanos)),
            Self::Bool(wanted) => write!(f, "= {wanted}"),
            Self::Double(interval) => {
                bounds(f, &interval.0, f64::NEG_INFINITY, f64::INFINITY, f64::to_string)
            }
            Self::Ip(interval) => bounds(f, interval, 0, u128::MAX, |address| ip_text(*address)),
            Self::Script(script) => script.fmt(f),
        }
    }
}

impl Display for Phrase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.terms.iter().map(|(term, _)| term.as_str()).collect();
        write!(f, "has the words {:?}", words.join(" "))?;
        if self.slop > 0 {
            write!(f, "~{}", self.slop)?;
        }
        Ok(())
    }
}

fn bounds<T: PartialEq + Copy>(
    f: &mut Formatter<'_>,
    interval: &Interval<T>,
    least: T,
    greatest: T,
    text: impl Fn(&T) -> String,
) -> fmt::Result {
    let Interval { low, high } = interval;
    match (*low == least, *high == greatest) {
        _ if low == high => write!(f, "= {}", text(low)),
        (true, true) => f.write_str("has any value"),
        (true, false) => write!(f, "<= {}", text(high)),
        (false, true) => write!(f, ">= {}", text(low)),
        (false, false) => write!(f, "in {}..={}", text(low), text(high)),
    }
}

impl Display for Predicate {
    /// An indented tree, one leaf a line.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        tree(self, 0, f)
    }
}

fn tree(predicate: &Predicate, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let indent = "  ".repeat(depth);
    let parts = |f: &mut Formatter<'_>, head: &str, parts: &[Predicate]| {
        writeln!(f, "{indent}{head}")?;
        parts.iter().try_for_each(|part| tree(part, depth + 1, f))
    };
    match predicate {
        Predicate::Const(true) => writeln!(f, "{indent}every event"),
        Predicate::Const(false) => writeln!(f, "{indent}no event"),
        Predicate::Leaf(leaf) => writeln!(f, "{indent}{leaf}"),
        Predicate::Not(inner) => match &**inner {
            Predicate::Leaf(leaf) => writeln!(f, "{indent}not {leaf}"),
            inner => {
                writeln!(f, "{indent}not")?;
                tree(inner, depth + 1, f)
            }
        },
        Predicate::And(all) => parts(f, "all of", all),
        Predicate::Or(any) => parts(f, "any of", any),
        Predicate::AtLeast { count, of } => parts(f, &format!("at least {count} of"), of),
        Predicate::Nested { path, inner } => {
            writeln!(f, "{indent}some object of {path}")?;
            tree(inner, depth + 1, f)
        }
    }
}
