//! What a rule asks of events, independent of language and engine.
//!
//! A [`Predicate`] is a Boolean condition over one event. Its leaves test the
//! typed values of one [`Column`] and carry the place in the query that they
//! came from. [`eval`] is the plain, obviously right evaluator: the oracle that
//! every engine is tested against.
//!
//! Two-valued logic only (docs/semantics.md, "Two-valued filters"): a leaf is
//! true when *some* value of its column passes, negation is the complement.
//! Three-valued islands live inside [`Test::Script`].

pub mod display;
pub mod eval;
pub mod explain;
mod group;
mod phrase;
pub mod plan;
pub mod script;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use script::Script;

use harness_source::span::Span;
use harness_text::pattern::Pattern;

pub use harness_model::column::{Column, Kind};
pub use harness_model::value::Interval;
pub use harness_rule::Part;

/// The place in a rule that a leaf came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The text.
    pub part: Part,
    /// The range in it.
    pub span: Span,
}

/// A Boolean condition over one event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Predicate {
    /// Always true or always false.
    Const(bool),
    /// One test on one column.
    Leaf(Leaf),
    /// The complement.
    Not(Box<Predicate>),
    /// All of them; true when empty.
    And(Vec<Predicate>),
    /// At least one of them; false when empty.
    Or(Vec<Predicate>),
    /// At least `count` of them (`minimum_should_match`).
    AtLeast {
        /// How many have to hold.
        count: usize,
        /// The choices.
        of: Vec<Predicate>,
    },
    /// Some object of the `nested` field `path` fulfils `inner`.
    Nested {
        /// Full dotted path of the nested field.
        path: Arc<str>,
        /// The condition on one object.
        inner: Box<Predicate>,
    },
}

/// One test on one column, and where the rule states it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leaf {
    /// The column whose values are tested.
    pub column: Column,
    /// The test.
    pub test: Test,
    /// Where the rule states it.
    pub origin: Origin,
}

/// A condition that holds when some value of a column fulfils it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// The column has a value.
    Exists,
    /// Some term matches: a whole value of a keyword column, one token of a text column.
    Term(Pattern),
    /// The tokens of one text value hold these terms in order.
    Phrase(Phrase),
    /// Some integer lies in the interval.
    Long(Interval<i64>),
    /// Some date (milliseconds since 1970, UTC) lies in the interval.
    Date(Interval<i64>),
    /// Some date (nanoseconds since 1970, UTC) lies in the interval.
    Nanos(Interval<i64>),
    /// The boolean is present.
    Bool(bool),
    /// Some float lies in the interval.
    Double(DoubleInterval),
    /// Some address lies in the interval.
    Ip(Interval<u128>),
    /// A script over one or more columns holds; the leaf's column is the first of them.
    Script(Script),
}

/// An inclusive interval of floats, equal when its bounds are bit for bit.
#[derive(Clone, Copy, Debug)]
pub struct DoubleInterval(pub Interval<f64>);

impl DoubleInterval {
    fn bits(self) -> (u64, u64) {
        (self.0.low.to_bits(), self.0.high.to_bits())
    }
}

impl PartialEq for DoubleInterval {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for DoubleInterval {}

impl Hash for DoubleInterval {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

/// Terms at positions of one text value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phrase {
    /// Term and position, in ascending order of position.
    pub terms: Vec<(String, u32)>,
    /// By how many moves of terms a match may differ (Lucene's slop); 0 is exact.
    pub slop: u32,
}

impl Leaf {
    /// The columns that the test reads and some document may have.
    pub fn columns(&self) -> Vec<&Column> {
        let mut columns = self.named();
        columns.retain(|column| !column.is_absent());
        columns
    }

    /// The columns that the test names and no document has.
    pub fn absent(&self) -> Vec<&Column> {
        let mut columns = self.named();
        columns.retain(|column| column.is_absent());
        columns
    }

    /// Whether the test holds of an event without any of its columns.
    pub fn holds_without_values(&self) -> bool {
        self.test.script().is_some_and(|script| script.holds(&|_| None))
    }

    /// The columns that the test names.
    pub fn named(&self) -> Vec<&Column> {
        match self.test.script() {
            Some(script) => script.inputs.iter().map(|input| &input.column).collect(),
            None => vec![&self.column],
        }
    }
}

impl Test {
    /// The script, where it is one.
    fn script(&self) -> Option<&Script> {
        match self {
            Self::Script(script) => Some(script),
            Self::Exists
            | Self::Term(_)
            | Self::Phrase(_)
            | Self::Long(_)
            | Self::Date(_)
            | Self::Nanos(_)
            | Self::Bool(_)
            | Self::Double(_)
            | Self::Ip(_) => None,
        }
    }
}

impl Predicate {
    /// The conjunction, flattened and with constants folded.
    pub fn and(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Self::Const(true) => {}
                Self::And(inner) => all.extend(inner),
                other => all.push(other),
            }
        }
        if all.len() == 1 { all.remove(0) } else { Self::And(all) }
    }

    /// The disjunction, flattened and with constants folded.
    pub fn or(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut any = Vec::new();
        for part in parts {
            match part {
                Self::Const(false) => {}
                Self::Or(inner) => any.extend(inner),
                other => any.push(other),
            }
        }
        if any.len() == 1 { any.remove(0) } else { Self::Or(any) }
    }

    /// The complement.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Const(value) => Self::Const(!value),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The same condition, with all its leaves at one place.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.leaves_mut(&mut |leaf| leaf.origin = origin);
        self
    }

    /// Calls `change` on every leaf, in the order of the query.
    pub fn leaves_mut(&mut self, change: &mut dyn FnMut(&mut Leaf)) {
        match self {
            Self::Const(_) => {}
            Self::Leaf(leaf) => change(leaf),
            Self::Not(inner) | Self::Nested { inner, .. } => inner.leaves_mut(change),
            Self::And(parts) | Self::Or(parts) | Self::AtLeast { of: parts, .. } => {
                parts.iter_mut().for_each(|part| part.leaves_mut(change));
            }
        }
    }

    /// Calls `visit` on every leaf, in the order of the query.
    pub fn leaves<'a>(&'a self, visit: &mut dyn FnMut(&'a Leaf)) {
        match self {
            Self::Const(_) => {}
            Self::Leaf(leaf) => visit(leaf),
            Self::Not(inner) | Self::Nested { inner, .. } => inner.leaves(visit),
            Self::And(parts) | Self::Or(parts) | Self::AtLeast { of: parts, .. } => {
                for part in parts {
                    part.leaves(visit);
                }
            }
        }
    }
}
