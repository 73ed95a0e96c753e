//! Scripts: three-valued conditions over the values of several columns.
//!
//! What Elasticsearch cannot push down to its index runs as a script there
//! (docs/semantics.md, "EQL scripts"). A script reads one value of each of its
//! inputs, or null where the event has none, and computes with null inside. It
//! holds when some combination of values makes it true; null counts as false.

mod arithmetic;
mod display;
#[cfg(test)]
mod tests;
mod text;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::{Column, Interval};
use harness_model::document::Cell;
use harness_model::value::{Scale, format_date, format_nanos, ip_text, java_double};
use harness_source::limits;
use harness_text::pattern::Case;

pub use harness_text::pattern::java_regex::{JavaRegex, JavaRegexError};

/// The most combinations of values that are tried on one event; who detects
/// asks [`Script::combinations`] first.
pub const MAX_COMBINATIONS: usize = limits::SCRIPT_COMBINATIONS.most;

/// A condition and the columns that it reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Script {
    /// The condition.
    pub expr: Expr,
    /// What it reads, one entry for each place: the same column twice takes
    /// two values.
    pub inputs: Vec<Input>,
}

/// A column and how a script sees its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    /// The column.
    pub column: Column,
    /// What its values are to the script.
    pub reading: Reading,
}

/// What the values of a column are to a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    /// Strings, numbers and addresses as they are stored; addresses as text.
    Plain,
    /// 0 and 1 as booleans.
    Boolean,
    /// Milliseconds as a moment, written in ISO 8601.
    Date,
    /// The same of nanoseconds.
    Nanos,
}

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

/// An expression; booleans are three-valued.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// A constant.
    Constant(ScriptValue),
    /// The value of the n-th input.
    Input(usize),
    /// A function of values.
    Call(Function, Vec<Expr>),
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

type Value = Result<ScriptValue, ScriptError>;

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

    fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as Java widens a long to a double")]
            Self::Integer(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Null | Self::Bool(_) | Self::String(_) => None,
        }
    }

    /// The order of two values of one kind; `None` where there is none.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(b)),
            (Self::String(a), Self::String(b)) => Some(a.encode_utf16().cmp(b.encode_utf16())),
            (a, b) => Some(a.as_f64()?.total_cmp(&b.as_f64()?)),
        }
    }
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }
}

impl Input {
    /// The values that a cell holds for a script; null for an empty cell.
    fn values(&self, cell: Option<&Cell>) -> Vec<ScriptValue> {
        let mut values: Vec<ScriptValue> = match cell {
            Some(Cell::Keyword(values)) => {
                values.iter().cloned().map(ScriptValue::String).collect()
            }
            Some(Cell::Long(values)) => values.iter().map(|value| self.long(*value)).collect(),
            Some(Cell::Double(values)) => values.iter().copied().map(ScriptValue::Float).collect(),
            Some(Cell::Ip(values)) => {
                values.iter().map(|value| ScriptValue::String(ip_text(*value))).collect()
            }
            // Text has no values for scripts; `compile` reads its keyword.
            Some(Cell::Text(_)) | None => Vec::new(),
        };
        if values.is_empty() {
            values.push(ScriptValue::Null);
        }
        values
    }

    fn long(&self, value: i64) -> ScriptValue {
        match self.reading {
            Reading::Plain => ScriptValue::Integer(value),
            Reading::Boolean => ScriptValue::Bool(value != 0),
            Reading::Date => ScriptValue::String(format_date(value)),
            Reading::Nanos => ScriptValue::String(format_nanos(value)),
        }
    }
}

impl Script {
    /// Whether some combination of values makes the script true.
    pub fn holds<'a>(&self, cell: &dyn Fn(&Column) -> Option<&'a Cell>) -> bool {
        self.outcome(cell) == Some(true)
    }

    /// The same, with `None` where every combination gives null or an error.
    pub fn outcome<'a>(&self, cell: &dyn Fn(&Column) -> Option<&'a Cell>) -> Option<bool> {
        let values: Vec<Vec<ScriptValue>> =
            self.inputs.iter().map(|input| input.values(cell(&input.column))).collect();
        self.known(&values)
    }

    /// Whether some combination of the inputs' values makes the script true;
    /// an input without values is null.
    pub fn eval(&self, values: &[Vec<ScriptValue>]) -> bool {
        self.known(values) == Some(true)
    }

    /// How many combinations of values there are to try.
    pub fn combinations<'a>(&self, cell: &dyn Fn(&Column) -> Option<&'a Cell>) -> usize {
        let counts = self.inputs.iter().map(|input| match cell(&input.column) {
            Some(Cell::Keyword(values)) => values.len(),
            Some(Cell::Long(values)) => values.len(),
            Some(Cell::Double(values)) => values.len(),
            Some(Cell::Ip(values)) => values.len(),
            Some(Cell::Text(_)) | None => 1,
        });
        counts.fold(1, |product, count| product.saturating_mul(count.max(1)))
    }

    fn known(&self, values: &[Vec<ScriptValue>]) -> Option<bool> {
        let null = [ScriptValue::Null];
        let values: Vec<&[ScriptValue]> = values
            .iter()
            .map(|values| if values.is_empty() { null.as_slice() } else { values.as_slice() })
            .collect();
        let mut known = None;
        let mut choice = vec![0; values.len()];
        for _ in 0..MAX_COMBINATIONS {
            let inputs: Vec<&ScriptValue> =
                values.iter().zip(&choice).map(|(values, at)| &values[*at]).collect();
            match self.expr.eval(&inputs) {
                Ok(ScriptValue::Bool(true)) => return Some(true),
                Ok(ScriptValue::Bool(false)) => known = Some(false),
                Ok(_) | Err(_) => {}
            }
            let next = (0..choice.len()).find(|at| choice[*at] + 1 < values[*at].len());
            let Some(next) = next else { break };
            choice[next] += 1;
            choice[..next].fill(0);
        }
        known
    }
}

impl Expr {
    /// The value for one value of each input.
    ///
    /// # Errors
    ///
    /// Where Elasticsearch's script throws; the event does not match then.
    pub fn eval(&self, inputs: &[&ScriptValue]) -> Value {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Input(at) => Ok(inputs.get(*at).map_or(ScriptValue::Null, |v| (*v).clone())),
            Self::Call(function, args) => {
                let args: Result<Vec<_>, _> = args.iter().map(|arg| arg.eval(inputs)).collect();
                function.call(&args?)
            }
        }
    }
}

impl Function {
    fn call(&self, args: &[ScriptValue]) -> Value {
        use ScriptValue::{Bool, Null};
        let arg = |at: usize| args.get(at).unwrap_or(&Null);
        match self {
            Self::And => logic(args, false),
            Self::Or => logic(args, true),
            Self::IsNull => Ok(Bool(*arg(0) == Null)),
            // All other functions of a null are null, but for those that look
            // at their arguments themselves.
            Self::Not
            | Self::Compare(_)
            | Self::EqualsInsensitive
            | Self::Matches(_)
            | Self::Negative
            | Self::Arithmetic(_)
            | Self::CidrMatch(_)
            | Self::Meets(..)
            | Self::Concat
            | Self::EndsWith(_)
            | Self::Length
            | Self::StartsWith(_)
            | Self::String
            | Self::StringContains(_)
                if args.contains(&Null) =>
            {
                Ok(Null)
            }
            Self::Not => match arg(0) {
                Bool(value) => Ok(Bool(!value)),
                other => Err(kind("a boolean", other)),
            },
            Self::Compare(op) => {
                let order = arg(0).compare(arg(1));
                Ok(order.map_or(Null, |order| Bool(op.accepts(order))))
            }
            Self::In => Ok(membership(arg(0), args.get(1..).unwrap_or_default())),
            Self::Negative => arithmetic::negative(arg(0)),
            Self::Arithmetic(op) => arithmetic::binary(*op, arg(0), arg(1)),
            Self::EqualsInsensitive
            | Self::Matches(_)
            | Self::Between(_)
            | Self::CidrMatch(_)
            | Self::Meets(..)
            | Self::Concat
            | Self::EndsWith(_)
            | Self::IndexOf(_)
            | Self::Length
            | Self::Number
            | Self::StartsWith(_)
            | Self::String
            | Self::StringContains(_)
            | Self::Substring => text::call(self, args),
        }
    }
}

/// `and` (absorbed by false) or `or` (absorbed by true) of three-valued booleans.
fn logic(args: &[ScriptValue], absorbing: bool) -> Value {
    let mut null = false;
    for arg in args {
        match arg {
            ScriptValue::Bool(value) if *value == absorbing => {
                return Ok(ScriptValue::Bool(absorbing));
            }
            ScriptValue::Bool(_) => {}
            ScriptValue::Null => null = true,
            other => return Err(kind("a boolean", other)),
        }
    }
    Ok(if null { ScriptValue::Null } else { ScriptValue::Bool(!absorbing) })
}

/// `in`: null where nothing is equal and a value is null.
fn membership(value: &ScriptValue, of: &[ScriptValue]) -> ScriptValue {
    if *value == ScriptValue::Null {
        return ScriptValue::Null;
    }
    if of.iter().any(|other| value.compare(other) == Some(Ordering::Equal)) {
        return ScriptValue::Bool(true);
    }
    if of.contains(&ScriptValue::Null) { ScriptValue::Null } else { ScriptValue::Bool(false) }
}

fn kind(wanted: &'static str, found: &ScriptValue) -> ScriptError {
    ScriptError::Kind { wanted, found: found.to_string() }
}
