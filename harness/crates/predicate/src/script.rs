//! Scripts: three-valued conditions over the values of several columns.
//!
//! What Elasticsearch cannot push down to its index runs as a script there
//! (docs/semantics.md, "EQL scripts"). A script reads one value of each of its
//! inputs, or null where the event has none, and computes with null inside. It
//! holds when some combination of values makes it true; null counts as false.

mod arithmetic;
mod display;
mod model;
#[cfg(test)]
mod tests;
mod text;

use std::cmp::Ordering;
use std::hash::Hash;

use super::Column;
use harness_model::document::Cell;
use harness_model::value::{format_date, format_nanos, ip_text};
use harness_source::limits;

pub use harness_text::pattern::java_regex::{JavaRegex, JavaRegexError};
pub use model::Comparison;
pub use model::{Arithmetic, Function, ScriptError, ScriptValue};
use model::{Value, kind};

/// The most combinations of values that are tried on one event; who detects
/// asks [`Script::combinations`] first.
pub fn max_combinations() -> usize {
    limits::SCRIPT_COMBINATIONS.now()
}

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
        for _ in 0..max_combinations() {
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
