//! Typed expressions: what planning makes of the tree and evaluation runs.

use std::sync::Arc;

use super::column::Column;
use super::like::Matcher;
use super::search::Search;
use super::types::Type;
use super::value::{Ref, Value};
use harness_query::esql::ast::{ArithmeticOp, CompareOp};
use harness_source::span::Span;

/// Where a column lives while a plan runs.
pub type Register = usize;

/// An expression with its type and its place in the query.
#[derive(Clone, Debug)]
pub struct Typed {
    /// What it is.
    pub node: Node,
    /// The type of its values.
    pub ty: Type,
    /// Its place.
    pub span: Span,
}

/// What a typed expression is.
#[derive(Clone, Debug)]
pub enum Node {
    /// A literal: one row.
    Literal(Arc<Column>),
    /// A column.
    Column {
        /// Where it lives.
        register: Register,
        /// Its values, when they are the same in every row.
        constant: Option<Arc<Column>>,
    },
    /// A function that knows no more than its arguments.
    Call {
        /// How it computes.
        kernel: Kernel,
        /// Its arguments.
        args: Vec<Typed>,
    },
    /// All of them, three-valued.
    And(Vec<Typed>),
    /// Any of them, three-valued.
    Or(Vec<Typed>),
    /// The negation; of null, null.
    Not(Box<Typed>),
    /// A comparison.
    Compare {
        /// The operator.
        op: CompareOp,
        /// Left side.
        left: Box<Typed>,
        /// Right side.
        right: Box<Typed>,
    },
    /// Arithmetic on numbers, or on a moment and an amount of time.
    Arithmetic {
        /// The operator.
        op: ArithmeticOp,
        /// Left side.
        left: Box<Typed>,
        /// Right side.
        right: Box<Typed>,
    },
    /// The negative.
    Negate(Box<Typed>),
    /// Whether a value is among others.
    In {
        /// The value.
        value: Box<Typed>,
        /// The others.
        choices: Vec<Typed>,
    },
    /// Whether a string matches.
    Like {
        /// The string.
        value: Box<Typed>,
        /// The patterns.
        matcher: Arc<Matcher>,
    },
    /// Whether there is no value, or some.
    IsNull {
        /// The value.
        value: Box<Typed>,
        /// `IS NOT NULL`.
        negated: bool,
    },
    /// The value after the first condition that is true.
    Case {
        /// Conditions and values.
        branches: Vec<(Typed, Typed)>,
        /// The value when no condition is true.
        otherwise: Option<Box<Typed>>,
    },
    /// The first that is not null.
    Coalesce(Vec<Typed>),
    /// A value of another type.
    Convert(Box<Typed>),
    /// A full-text function, answered by the index.
    Search(Arc<Search>),
    /// The moment of the run.
    Now,
}

/// Why a function gives no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Null and a warning: Java's exception and its message.
    Warning(String),
    /// The query fails.
    Fatal(String),
}

impl Failure {
    /// A warning with an `IllegalArgumentException`.
    pub fn illegal(message: impl std::fmt::Display) -> Self {
        Self::Warning(format!("java.lang.IllegalArgumentException: {message}"))
    }

    /// A warning that a result is infinite or no number.
    pub fn not_finite(value: f64) -> Self {
        let shown = match value {
            value if value.is_nan() => "NaN",
            value if value > 0.0 => "Infinity",
            _ => "-Infinity",
        };
        Self::arithmetic(&format!("not a finite double number: {shown}"))
    }

    /// A warning with an `ArithmeticException`.
    pub fn arithmetic(message: &str) -> Self {
        Self::Warning(format!("java.lang.ArithmeticException: {message}"))
    }
}

/// One value, null, or a failure.
pub type Outcome = Result<Option<Value>, Failure>;

/// A function of single values.
pub type SingleFn = Arc<dyn Fn(&[Ref<'_>]) -> Outcome + Send + Sync>;
/// A function of one value, applied to each of a list.
pub type MapFn = Arc<dyn Fn(Ref<'_>) -> Outcome + Send + Sync>;
/// A function of whole lists; it adds its values to a list.
pub type ListFn = Arc<dyn Fn(&[List<'_>], &mut Vec<Value>) -> Result<(), Failure> + Send + Sync>;

/// How a function computes, and what it makes of nulls and lists.
#[derive(Clone)]
pub enum Kernel {
    /// Null when an argument is null; null and a warning when one is a list.
    Single(SingleFn),
    /// Each value of its one argument; values that fail vanish.
    Map(MapFn),
    /// Whole lists.
    Lists(ListFn),
}

// A function keeps nothing from one call to the next, so a panic leaves nothing half done.
impl std::panic::RefUnwindSafe for Kernel {}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Single(_) => "Single",
            Self::Map(_) => "Map",
            Self::Lists(_) => "Lists",
        })
    }
}

/// The values of one row of a column.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    column: &'a Column,
    row: usize,
}

impl<'a> List<'a> {
    /// The values of a row.
    pub fn new(column: &'a Column, row: usize) -> Self {
        Self { column, row }
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.column.range(self.row).len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The type of the values.
    pub fn ty(self) -> Type {
        self.column.ty
    }

    /// The value at a place.
    pub fn get(self, index: usize) -> Option<Ref<'a>> {
        let range = self.column.range(self.row);
        let at = range.start.checked_add(index)?;
        range.contains(&at).then(|| self.column.value(at))
    }

    /// All values in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Ref<'a>> + Clone {
        let column = self.column;
        column.range(self.row).map(move |index| column.value(index))
    }

    /// The one value; `Err` for several.
    pub fn single(self) -> Result<Option<Ref<'a>>, Failure> {
        match self.len() {
            0 => Ok(None),
            1 => Ok(self.get(0)),
            _ => Err(Failure::illegal(MULTI_VALUE)),
        }
    }
}

/// What Elasticsearch says of a list where one value is wanted.
pub const MULTI_VALUE: &str = "single-value function encountered multi-value";

impl Typed {
    /// Whether it is the same in every row, whatever the moment of the run.
    pub fn is_constant(&self) -> bool {
        match &self.node {
            Node::Literal(_) => true,
            Node::Column { constant, .. } => constant.is_some(),
            Node::Search(_) | Node::Now => false,
            _ => self.children().into_iter().all(Self::is_constant),
        }
    }

    /// Whether it is the same in every row of one run.
    pub fn is_steady(&self) -> bool {
        match &self.node {
            Node::Now => true,
            Node::Literal(_) | Node::Column { .. } | Node::Search(_) => self.is_constant(),
            _ => self.children().into_iter().all(Self::is_steady),
        }
    }

    /// The operands, in order.
    pub fn children(&self) -> Vec<&Self> {
        match &self.node {
            Node::Literal(_) | Node::Column { .. } | Node::Search(_) | Node::Now => Vec::new(),
            Node::Call { args: parts, .. }
            | Node::And(parts)
            | Node::Or(parts)
            | Node::Coalesce(parts) => parts.iter().collect(),
            Node::Not(inner) | Node::Negate(inner) | Node::Convert(inner) => vec![inner],
            Node::Compare { left, right, .. } | Node::Arithmetic { left, right, .. } => {
                vec![left, right]
            }
            Node::In { value, choices } => std::iter::once(&**value).chain(choices).collect(),
            Node::Like { value, .. } | Node::IsNull { value, .. } => vec![value],
            Node::Case { branches, otherwise } => branches
                .iter()
                .flat_map(|(condition, value)| [condition, value])
                .chain(otherwise.as_deref())
                .collect(),
        }
    }

    /// The conditions that `AND`, `OR` and `NOT` join, in order.
    pub fn leaves(&self) -> Vec<&Self> {
        let mut leaves = Vec::new();
        self.add_leaves(&mut leaves);
        leaves
    }

    fn add_leaves<'a>(&'a self, leaves: &mut Vec<&'a Self>) {
        match &self.node {
            Node::And(parts) | Node::Or(parts) => {
                parts.iter().for_each(|part| part.add_leaves(leaves));
            }
            Node::Not(inner) => inner.add_leaves(leaves),
            _ => leaves.push(self),
        }
    }

    /// Calls `visit` on every part, itself first.
    pub fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        self.children().into_iter().for_each(|child| child.each(visit));
    }

    /// Calls `visit` on every register that it reads.
    pub fn registers(&self, visit: &mut dyn FnMut(Register)) {
        if let Node::Column { register, .. } = &self.node {
            visit(*register);
        }
        for child in self.children() {
            child.registers(visit);
        }
    }

    /// Whether a full-text function is in it.
    pub fn has_search(&self) -> bool {
        matches!(self.node, Node::Search(_)) || self.children().into_iter().any(Self::has_search)
    }
}
