//! Values, functions and errors of scripts.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::Interval;
use harness_model::value::{Scale, java_double};
use harness_text::pattern::Case;
use harness_text::pattern::java_regex::JavaRegex;

/// A value inside a script.
#[derive(Clone, Debug)]
pub enum ScriptValue {
    /// No value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    String(String),
}

/// The functions of scripts, operators included.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// The conjunction of three-valued booleans.
    And,
    /// Their disjunction.
    Or,
    /// The negation; null stays null.
    Not,
    /// Whether a value is null; never null itself.
    IsNull,
    /// A comparison of two values of one kind; null for others.
    Compare(Comparison),
    /// Whether the first value equals one of the others.
    In,
    /// Whether two strings are equal, letters in either case.
    EqualsInsensitive,
    /// Whether the whole string matches.
    Matches(JavaRegex),
    /// The negative of a number.
    Negative,
    /// An operation on two numbers.
    Arithmetic(Arithmetic),
    /// The text between two marks: text, left, right, and whether greedy.
    Between(Case),
    /// Whether an address lies in one of the networks.
    CidrMatch(Vec<Interval<u128>>),
    /// Whether an extent, as text, meets another one.
    Meets(Scale, Interval<u128>),
    /// All values as one text.
    Concat,
    /// Whether the first text ends with the second.
    EndsWith(Case),
    /// Where the first text holds the second, at or after a position.
    IndexOf(Case),
    /// The length of a text in UTF-16 units.
    Length,
    /// A text as number, with a base.
    Number,
    /// Whether the first text begins with the second.
    StartsWith(Case),
    /// A value as text.
    String,
    /// Whether the first text contains the second.
    StringContains(Case),
    /// The text from a position to another.
    Substring,
}

/// Arithmetic inside scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arithmetic {
    /// The sum.
    Add,
    /// The difference.
    Subtract,
    /// The product.
    Multiply,
    /// The quotient; of whole numbers cut at the point.
    Divide,
    /// The remainder.
    Modulo,
}

/// A script fails on an event: wrong kinds of values, division by zero.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// A value is of the wrong kind.
    #[error("expected {wanted}, found {found}")]
    Kind {
        /// What the function takes.
        wanted: &'static str,
        /// What it got.
        found: String,
    },
    /// A whole number is too large for 64 bits.
    #[error("the result does not fit 64 bits")]
    Overflow,
    /// A whole number is divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A text is not a number.
    #[error("`{text}` is not a number of base {base}")]
    NotANumber {
        /// The text.
        text: String,
        /// The base.
        base: i64,
    },
}

pub(super) type Value = Result<ScriptValue, ScriptError>;

impl PartialEq for ScriptValue {
    /// Equal as constants: kinds differ, floats are compared bit for bit.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::String(a), Self::String(b)) => a == b,
            (
                Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Float(_) | Self::String(_),
                _,
            ) => false,
        }
    }
}

impl Eq for ScriptValue {}

impl Hash for ScriptValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(value) => value.hash(state),
            Self::Integer(value) => value.hash(state),
            Self::Float(value) => value.to_bits().hash(state),
            Self::String(value) => value.hash(state),
        }
    }
}

impl ScriptValue {
    /// As text, as Java prints it; `None` for null.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(value.to_string()),
            Self::Integer(value) => Some(value.to_string()),
            Self::Float(value) => Some(java_double(*value)),
            Self::String(value) => Some(value.clone()),
        }
    }

    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as Java widens a long to a double")]
            Self::Integer(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Null | Self::Bool(_) | Self::String(_) => None,
        }
    }

    /// The order of two values of one kind; `None` where there is none.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(b)),
            (Self::String(a), Self::String(b)) => Some(a.encode_utf16().cmp(b.encode_utf16())),
            (a, b) => Some(a.as_f64()?.total_cmp(&b.as_f64()?)),
        }
    }
}

pub(super) fn kind(wanted: &'static str, found: &ScriptValue) -> ScriptError {
    ScriptError::Kind { wanted, found: found.to_string() }
}

/// Comparisons inside scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl Comparison {
    pub(super) fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }
}
