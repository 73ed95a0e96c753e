//! The tree of an EQL query.

use super::functions::Function;
use harness_source::span::Span;
use harness_text::pattern::Case;

/// A whole query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What it looks for.
    pub body: Body,
    /// What happens to the results, in order.
    pub pipes: Vec<Pipe>,
}

/// What a query looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Single events.
    Event(EventFilter),
    /// Events in order.
    Sequence(Sequence),
    /// Events in any order.
    Sample(Sample),
}

impl Body {
    /// What it says of single events: of each stage in order, then of `until`.
    pub fn filters(&self) -> Vec<&EventFilter> {
        match self {
            Self::Event(filter) => vec![filter],
            Self::Sequence(sequence) => {
                sequence.terms.iter().chain(&sequence.until).map(|term| &term.filter).collect()
            }
            Self::Sample(sample) => sample.terms.iter().map(|term| &term.filter).collect(),
        }
    }
}

/// `category where condition`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFilter {
    /// The category; `None` for `any`.
    pub category: Option<Category>,
    /// The condition.
    pub condition: Expr,
    /// The whole filter.
    pub span: Span,
}

/// An event category, bare or quoted.
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    /// The value.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// `sequence by … with maxspan=… […] … until […]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Join keys of all stages; they come before those of a stage.
    pub by: Vec<Field>,
    /// The longest time from first to last event.
    pub maxspan: Option<Maxspan>,
    /// The stages.
    pub terms: Vec<Term>,
    /// What ends a sequence before it is complete.
    pub until: Option<Term>,
    /// The whole sequence.
    pub span: Span,
}

/// `sample by … […] […]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Join keys of all terms; they come before those of a term.
    pub by: Vec<Field>,
    /// The terms.
    pub terms: Vec<Term>,
    /// The whole sample.
    pub span: Span,
}

/// One `[…]` of a sequence or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Whether an event has to be there or must not be.
    pub presence: Presence,
    /// Which events.
    pub filter: EventFilter,
    /// Join keys of its own.
    pub by: Vec<Field>,
    /// How many events in a row: 1 to 100.
    pub runs: u32,
    /// The whole term.
    pub span: Span,
}

/// Whether a stage asks for an event or for its absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// `[…]`
    Present,
    /// `![…]`
    Missing,
}

/// A time span as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maxspan {
    /// How many units; at least 1, and small enough for [`Self::millis`].
    pub value: u64,
    /// The unit.
    pub unit: TimeUnit,
    /// Where it stands.
    pub span: Span,
}

impl Maxspan {
    /// The span in milliseconds.
    pub fn millis(&self) -> u64 {
        self.value.saturating_mul(self.unit.millis())
    }
}

/// The units of `maxspan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeUnit {
    /// `ms`
    Milliseconds,
    /// `s`
    Seconds,
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`
    Days,
}

impl TimeUnit {
    /// All units with their names.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("ms", Self::Milliseconds),
        ("s", Self::Seconds),
        ("m", Self::Minutes),
        ("h", Self::Hours),
        ("d", Self::Days),
    ];

    /// One unit in milliseconds.
    pub fn millis(self) -> u64 {
        match self {
            Self::Milliseconds => 1,
            Self::Seconds => 1_000,
            Self::Minutes => 60_000,
            Self::Hours => 3_600_000,
            Self::Days => 86_400_000,
        }
    }
}

/// What is kept of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipe {
    /// The first so many.
    Head(u32),
    /// The last so many.
    Tail(u32),
}

/// A field, by its full name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The dotted name, backticks resolved.
    pub name: String,
    /// Whether the field need not exist.
    pub demand: Demand,
    /// Where it stands.
    pub span: Span,
}

/// Whether a field has to be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Demand {
    /// An unmapped field is an error.
    Required,
    /// `?field`: an unmapped field is null.
    Optional,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands; parentheses around it are left out.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// The value of a field.
    Field(Field),
    /// A function's value.
    Call(Call),
    /// The negative of a number.
    Negative(Box<Expr>),
    /// An operation on two numbers.
    Arithmetic {
        /// The operation.
        op: Arithmetic,
        /// Its left side.
        left: Box<Expr>,
        /// Its right side.
        right: Box<Expr>,
    },
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`.
    Compare {
        /// The operator.
        op: Comparison,
        /// Its left side.
        left: Box<Expr>,
        /// Its right side.
        right: Box<Expr>,
    },
    /// `:`, `like`, `regex` and their insensitive forms: some value matches.
    Match {
        /// The operator.
        op: Matcher,
        /// What is tested.
        target: Box<Expr>,
        /// The values or patterns; never empty.
        values: Vec<Text>,
    },
    /// `in`, `not in` and their insensitive forms.
    In {
        /// What is tested.
        target: Box<Expr>,
        /// The values; never empty.
        values: Vec<Expr>,
        /// `in~` is insensitive.
        case: Case,
        /// Whether the target has to be one of the values or none.
        membership: Membership,
    },
    /// The negation.
    Not(Box<Expr>),
    /// All of two or more.
    And(Vec<Expr>),
    /// Any of two or more.
    Or(Vec<Expr>),
}

/// `in` or `not in`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Membership {
    /// `in`
    In,
    /// `not in`
    NotIn,
}

/// A string constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its value, escapes resolved.
    pub value: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number, never negative.
    Integer(i64),
    /// Any other number, never negative and always finite.
    Float(f64),
    /// A string, escapes resolved.
    String(String),
}

/// A call of a function with a fitting number of arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub function: Function,
    /// `function~` is insensitive.
    pub case: Case,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// Operations on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// Comparisons of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// Operators between a string and string constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matcher {
    /// `:`, insensitive, with wildcards.
    Colon,
    /// `like` and `like~`, with wildcards.
    Like(Case),
    /// `regex` and `regex~`.
    Regex(Case),
}

impl Arithmetic {
    /// The operator.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

impl Comparison {
    /// The operator.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }

    /// The operator that says the same with its sides swapped.
    #[must_use]
    pub fn mirror(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
        }
    }
}

impl Matcher {
    /// The operator.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Colon => ":",
            Self::Like(Case::Sensitive) => "like",
            Self::Like(Case::Insensitive) => "like~",
            Self::Regex(Case::Sensitive) => "regex",
            Self::Regex(Case::Insensitive) => "regex~",
        }
    }
}
