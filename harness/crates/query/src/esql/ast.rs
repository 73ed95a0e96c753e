//! The tree of an ES|QL query. Every node carries the place it came from.

use harness_source::span::Span;

/// A whole query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `SET name = value;` before the query.
    pub settings: Vec<Setting>,
    /// Where the rows come from.
    pub source: Source,
    /// The commands after it, in order.
    pub commands: Vec<Command>,
}

/// One `SET name = value;`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The name.
    pub name: Name,
    /// The value, a constant.
    pub value: Expr,
}

/// The first command.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// `FROM a, b* METADATA _id`.
    From {
        /// Index patterns as written, quotes removed.
        indices: Vec<Name>,
        /// Queries in parentheses beside them: their rows as well.
        subqueries: Vec<Query>,
        /// Metadata fields.
        metadata: Vec<Name>,
        /// The whole command.
        span: Span,
    },
    /// `ROW a = 1, b = 2`.
    Row {
        /// The columns of the one row.
        fields: Vec<Field>,
        /// The whole command.
        span: Span,
    },
    /// A source command that is not run: `SHOW`, `TS`, ….
    Other {
        /// Its keyword, in upper case.
        keyword: String,
        /// The keyword's place.
        span: Span,
    },
}

impl Source {
    /// Its place.
    pub fn span(&self) -> Span {
        match self {
            Self::From { span, .. } | Self::Row { span, .. } | Self::Other { span, .. } => *span,
        }
    }
}

/// A command after a pipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What it does.
    pub kind: CommandKind,
    /// The command without its pipe.
    pub span: Span,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandKind {
    /// Keeps the rows that pass.
    Where(Expr),
    /// Adds columns.
    Eval(Vec<Field>),
    /// Groups rows.
    Stats(Stats),
    /// Groups rows and joins the result back.
    InlineStats(Stats),
    /// Keeps columns.
    Keep(Vec<NamePattern>),
    /// Drops columns.
    Drop(Vec<NamePattern>),
    /// Renames columns.
    Rename(Vec<Rename>),
    /// Orders rows.
    Sort(Vec<Order>),
    /// Keeps the first rows.
    Limit(Expr),
    /// Keeps the first rows of each group.
    LimitBy {
        /// How many of each.
        count: Expr,
        /// What the groups are made by.
        keys: Vec<Expr>,
    },
    /// Keeps one of rows that are the same.
    Dedup,
    /// Gives nulls a value.
    FillNull {
        /// The value; that of the column's type when absent.
        value: Option<Expr>,
        /// The columns.
        columns: Vec<NamePattern>,
    },
    /// Keeps a share of the rows.
    Sample(Expr),
    /// Takes the rows through several branches.
    Fork(Vec<Vec<Command>>),
    /// Takes strings apart by delimiters.
    Dissect {
        /// The string.
        input: Expr,
        /// The pattern.
        pattern: Text,
        /// `APPEND_SEPARATOR`.
        separator: Option<Text>,
    },
    /// Takes strings apart by a regular expression.
    Grok {
        /// The string.
        input: Expr,
        /// The patterns: the first that matches counts.
        patterns: Vec<Text>,
    },
    /// One row per value of a column.
    MvExpand(Name),
    /// Asks a language model.
    Completion {
        /// The output column; `completion` when absent.
        target: Option<Name>,
        /// The prompt.
        prompt: Expr,
        /// What follows `WITH`.
        options: Vec<(Text, Expr)>,
    },
    /// Adds columns from an enrich policy.
    Enrich {
        /// The policy.
        policy: Name,
        /// The column that is looked up; the policy's own when absent.
        on: Option<Name>,
        /// The columns to add, with their names; all of the policy when empty.
        with: Vec<(Option<Name>, Name)>,
    },
    /// Adds columns from a lookup index.
    LookupJoin {
        /// The index.
        index: Name,
        /// Columns that both sides have, or conditions on columns of both.
        on: Vec<Expr>,
    },
    /// A command that is not run.
    Other {
        /// Its keyword, in upper case.
        keyword: String,
    },
    /// What is no command; an error says why.
    Broken,
}

/// `STATS … BY …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// The aggregates, in order.
    pub aggregates: Vec<Aggregate>,
    /// The grouping keys, in order.
    pub by: Vec<Field>,
}

/// One aggregate and its own condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The output column.
    pub field: Field,
    /// `WHERE` behind the aggregate.
    pub filter: Option<Expr>,
    /// From the name, or the expression, to the end of the condition.
    pub span: Span,
}

/// `name = expression`, or an expression that names itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name, where one is written.
    pub name: Option<Name>,
    /// The value.
    pub expr: Expr,
    /// The value with the parentheses around it: what an unnamed column is called.
    pub span: Span,
}

/// `old AS new`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rename {
    /// The column.
    pub from: Name,
    /// Its new name.
    pub to: Name,
}

/// One key of `SORT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What to sort by.
    pub expr: Expr,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Where nulls go, when stated.
    pub nulls_first: Option<bool>,
}

/// A name: dotted parts joined, backticks removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The full name.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The value, escapes resolved.
    pub text: String,
    /// Its place, quotes included.
    pub span: Span,
}

/// A name in `KEEP` or `DROP`; may hold wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    /// The parts between the wildcards: `a*b` is `["a", "b"]`; one part is a plain name.
    pub parts: Vec<String>,
    /// Its place.
    pub span: Span,
}

impl NamePattern {
    /// The plain name, when there is no wildcard.
    pub fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    /// Whether it is `*` alone.
    pub fn is_star(&self) -> bool {
        self.parts.len() == 2 && self.parts.iter().all(String::is_empty)
    }

    /// Whether `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return first == name };
        let Some(mut text) = name.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(at) = text.find(part.as_str()) else { return false };
            text = &text[at + part.len()..];
        }
        text.ends_with(last.as_str())
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place, parentheses excluded.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// Digits.
    Integer(String),
    /// Digits with a point or an exponent.
    Decimal(String),
    /// A string.
    Text(String),
    /// `5 minutes`.
    Timespan {
        /// The digits.
        amount: String,
        /// The unit as written.
        unit: String,
    },
    /// `[1, 2]`.
    List(Vec<Expr>),
    /// A column.
    Column(String),
    /// `f(a, b)`.
    Call {
        /// The function as written.
        name: Name,
        /// The arguments.
        args: Vec<Expr>,
        /// Whether the argument is `*`.
        star: bool,
        /// The entries of a trailing `{…}`.
        options: Vec<(Text, Expr)>,
    },
    /// `-x` or `+x`.
    Sign {
        /// Whether it is a minus.
        negative: bool,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `a + b`.
    Arithmetic {
        /// The operator.
        op: ArithmeticOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `a == b`.
    Compare {
        /// The operator.
        op: CompareOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `x::type`.
    Cast {
        /// The value.
        operand: Box<Expr>,
        /// The type's name.
        ty: Name,
    },
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// The negation.
    Not(Box<Expr>),
    /// `x IN (a, b)`.
    In {
        /// The value looked for.
        value: Box<Expr>,
        /// The choices.
        choices: Vec<Expr>,
        /// `NOT IN`.
        negated: bool,
    },
    /// `x IN (FROM …)`.
    InQuery {
        /// The value looked for.
        value: Box<Expr>,
        /// The query whose one column holds the choices.
        query: Box<Query>,
        /// `NOT IN`.
        negated: bool,
    },
    /// `x LIKE "…"`, `x RLIKE ("…", "…")`.
    Like {
        /// The string.
        value: Box<Expr>,
        /// The patterns.
        patterns: Vec<Expr>,
        /// Whether the patterns stand in parentheses.
        list: bool,
        /// Which kind of pattern.
        syntax: PatternSyntax,
        /// `NOT LIKE`.
        negated: bool,
    },
    /// `x IS NULL`.
    IsNull {
        /// The value.
        value: Box<Expr>,
        /// `IS NOT NULL`.
        negated: bool,
    },
    /// `field : "query"`.
    Match {
        /// The field.
        field: Name,
        /// `field::type`.
        cast: Option<Name>,
        /// The query, a constant.
        query: Box<Expr>,
    },
}

/// How a pattern is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternSyntax {
    /// `LIKE`: `*` and `?`.
    Wildcard,
    /// `RLIKE`: Lucene's regular expressions.
    Regexp,
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
}

impl ArithmeticOp {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompareOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl CompareOp {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// Whether it holds of operands in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
        }
    }
}
