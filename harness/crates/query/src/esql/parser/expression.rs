//! Expressions, by precedence climbing.
//!
//! Low to high: OR, AND, NOT, `IN LIKE RLIKE IS :`, comparison (which does not
//! chain), `+ -`, `* / %`, sign, `::`.

use super::{Parser, RESERVED, Result};
use crate::esql::ast::{ArithmeticOp, CompareOp, Expr, ExprKind, Name, PatternSyntax, Text};
use crate::esql::lexer::{Token, TokenKind};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// Words that begin a query where `IN (` stands before them.
const QUERIES: [&str; 5] = ["from", "promql", "row", "show", "ts"];

/// An expression and the height of its tree.
pub(super) struct Tree {
    pub(super) expr: Expr,
    height: u16,
}

/// How tightly operators bind, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Predicate,
    Compare,
    Add,
    Multiply,
    Sign,
}

impl Level {
    fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Predicate,
            Self::Predicate => Self::Compare,
            Self::Compare => Self::Add,
            Self::Add => Self::Multiply,
            Self::Multiply | Self::Sign => Self::Sign,
        }
    }
}

enum Operator {
    Arithmetic(ArithmeticOp),
    Compare(CompareOp),
}

impl Tree {
    fn leaf(kind: ExprKind, span: Span) -> Self {
        Self { expr: Expr { kind, span }, height: 1 }
    }
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn boolean(&mut self) -> Result<Expr> {
        Ok(self.or()?.expr)
    }

    fn node(&self, kind: ExprKind, span: Span, height: u16) -> Result<Tree> {
        let height = height.saturating_add(1);
        self.check_height(height)?;
        Ok(Tree { expr: Expr { kind, span }, height })
    }

    fn or(&mut self) -> Result<Tree> {
        self.enter()?;
        let tree = self.climb(Level::Or);
        self.leave();
        tree
    }

    /// An expression whose operators bind at least as tightly as `level`.
    fn climb(&mut self, level: Level) -> Result<Tree> {
        let start = self.token.span.start;
        let mut left =
            if level <= Level::Not && self.at_word("not") { self.not()? } else { self.sign()? };
        // What has been read binds so loosely that nothing tighter may follow.
        let mut ceiling = Level::Sign;
        loop {
            if let Some((op, binds)) = self.operator()? {
                if level > binds || binds > ceiling {
                    return Ok(left);
                }
                self.advance();
                let right = self.climb(binds.tighter())?;
                left = self.binary(op, left, right, start)?;
                // Comparisons do not chain.
                ceiling = if binds == Level::Compare { Level::Predicate } else { binds };
            } else if level <= Level::Predicate
                && ceiling >= Level::Predicate
                && self.at_predicate()
            {
                left = self.predicate(left, start)?;
                ceiling = Level::Not;
            } else if level <= Level::And && self.at_word("and") {
                left = self.chain("and", left, Level::Not, ExprKind::And, start)?;
            } else if level <= Level::Or && self.at_word("or") {
                left = self.chain("or", left, Level::And, ExprKind::Or, start)?;
            } else {
                return Ok(left);
            }
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "an operator is made for the call")]
    fn binary(&self, op: Operator, left: Tree, right: Tree, start: usize) -> Result<Tree> {
        let height = left.height.max(right.height);
        let (left, right) = (Box::new(left.expr), Box::new(right.expr));
        let kind = match op {
            Operator::Arithmetic(op) => ExprKind::Arithmetic { op, left, right },
            Operator::Compare(op) => ExprKind::Compare { op, left, right },
        };
        self.node(kind, Span::new(start, self.end), height)
    }

    /// Operands joined by one word: a flat list, however many.
    fn chain(
        &mut self,
        word: &str,
        first: Tree,
        operand: Level,
        kind: fn(Vec<Expr>) -> ExprKind,
        start: usize,
    ) -> Result<Tree> {
        let mut height = first.height;
        let mut parts = vec![first.expr];
        while self.take_word(word) {
            let next = self.climb(operand)?;
            height = height.max(next.height);
            parts.push(next.expr);
        }
        self.node(kind(parts), Span::new(start, self.end), height)
    }

    fn not(&mut self) -> Result<Tree> {
        let start = self.token.span.start;
        self.expect_word("not")?;
        self.enter()?;
        let operand = self.climb(Level::Not);
        self.leave();
        let Tree { expr, height } = operand?;
        self.node(ExprKind::Not(Box::new(expr)), Span::new(start, self.end), height)
    }

    /// The binary operator at the current token, and how it binds.
    fn operator(&self) -> Result<Option<(Operator, Level)>> {
        let TokenKind::Symbol(symbol) = &self.token.kind else { return Ok(None) };
        let arithmetic = |op, level| Ok(Some((Operator::Arithmetic(op), level)));
        let compare = |op| Ok(Some((Operator::Compare(op), Level::Compare)));
        match *symbol {
            "+" => arithmetic(ArithmeticOp::Add, Level::Add),
            "-" => arithmetic(ArithmeticOp::Sub, Level::Add),
            "*" => arithmetic(ArithmeticOp::Mul, Level::Multiply),
            "/" => arithmetic(ArithmeticOp::Div, Level::Multiply),
            "%" => arithmetic(ArithmeticOp::Mod, Level::Multiply),
            "==" => compare(CompareOp::Eq),
            "!=" => compare(CompareOp::Ne),
            "<" => compare(CompareOp::Lt),
            "<=" => compare(CompareOp::Le),
            ">" => compare(CompareOp::Gt),
            ">=" => compare(CompareOp::Ge),
            "=" => Err(self.unexpected("an operator").with_help("equality is `==`")),
            _ => Ok(None),
        }
    }

    fn at_predicate(&self) -> bool {
        self.at(":") || ["is", "in", "like", "rlike", "not"].iter().any(|word| self.at_word(word))
    }

    /// One of `IN LIKE RLIKE IS :` after a value.
    fn predicate(&mut self, value: Tree, start: usize) -> Result<Tree> {
        if self.at(":") {
            return self.match_operator(value, start);
        }
        if self.take_word("is") {
            let negated = self.take_word("not");
            self.expect_word("null")?;
            let kind = ExprKind::IsNull { value: Box::new(value.expr), negated };
            return self.node(kind, Span::new(start, self.end), value.height);
        }
        let negated = self.take_word("not");
        let (kind, height) = if self.take_word("in") {
            self.expect("(")?;
            if self.at_query() {
                let query = Box::new(self.subquery()?);
                let kind = ExprKind::InQuery { value: Box::new(value.expr), query, negated };
                return self.node(kind, Span::new(start, self.end), value.height);
            }
            let (choices, height) = self.list(")")?;
            let height = height.max(value.height);
            (ExprKind::In { value: Box::new(value.expr), choices, negated }, height)
        } else if self.take_word("like") {
            self.like(value, PatternSyntax::Wildcard, negated)?
        } else if self.take_word("rlike") {
            self.like(value, PatternSyntax::Regexp, negated)?
        } else {
            return Err(self.unexpected("IN, LIKE or RLIKE"));
        };
        self.node(kind, Span::new(start, self.end), height)
    }

    /// Whether a query begins here, rather than a column of such a name.
    fn at_query(&self) -> bool {
        let Some(source) = QUERIES.iter().find(|source| self.at_word(source)) else {
            return false;
        };
        let mut ahead = self.ahead();
        ahead.advance();
        match ahead.token.kind {
            TokenKind::Word(_) | TokenKind::Quoted(_) | TokenKind::Text(_) => true,
            // An index pattern may begin with what is no word.
            TokenKind::Symbol(symbol) => {
                *source == "from" && ![",", ")", ".", "::"].contains(&symbol)
            }
            TokenKind::Integer(_) | TokenKind::Decimal(_) | TokenKind::Bad(_) | TokenKind::End => {
                *source == "from"
            }
        }
    }

    fn like(
        &mut self,
        value: Tree,
        syntax: PatternSyntax,
        negated: bool,
    ) -> Result<(ExprKind, u16)> {
        let list = self.take("(");
        let (patterns, height) = if list {
            self.list(")")?
        } else {
            let pattern = self.climb(Level::Add)?;
            (vec![pattern.expr], pattern.height)
        };
        let height = height.max(value.height);
        let value = Box::new(value.expr);
        Ok((ExprKind::Like { value, patterns, list, syntax, negated }, height))
    }

    fn match_operator(&mut self, field: Tree, start: usize) -> Result<Tree> {
        let span = field.expr.span;
        let (text, cast) = match field.expr.kind {
            ExprKind::Column(text) => (Some((text, span)), None),
            ExprKind::Cast { operand, ty } => match operand.kind {
                ExprKind::Column(text) => (Some((text, operand.span)), Some(ty)),
                _ => (None, None),
            },
            _ => (None, None),
        };
        let Some((text, field_span)) = text else {
            return Err(Diagnostic::error(super::SYNTAX, "expected a field before `:`", span));
        };
        self.expect(":")?;
        let query = self.primary()?;
        let field = Name { text, span: field_span };
        let kind = ExprKind::Match { field, cast, query: Box::new(query.expr) };
        self.node(kind, Span::new(start, self.end), query.height)
    }

    pub(super) fn sign(&mut self) -> Result<Tree> {
        let start = self.token.span.start;
        let negative = self.at("-");
        if !negative && !self.at("+") {
            return self.primary();
        }
        self.advance();
        self.enter()?;
        let operand = self.sign();
        self.leave();
        let Tree { expr, height } = operand?;
        let kind = ExprKind::Sign { negative, operand: Box::new(expr) };
        self.node(kind, Span::new(start, self.end), height)
    }

    /// A constant, a column, a call or a parenthesis, with casts after it.
    pub(super) fn primary(&mut self) -> Result<Tree> {
        let start = self.token.span.start;
        let mut tree = self.atom()?;
        while self.take("::") {
            let ty = self.name()?;
            let kind = ExprKind::Cast { operand: Box::new(tree.expr), ty };
            tree = self.node(kind, Span::new(start, self.end), tree.height)?;
        }
        Ok(tree)
    }

    // The functions of the recursive path are many and small: each holds few
    // temporaries, so that the deepest text needs little stack.

    fn atom(&mut self) -> Result<Tree> {
        if self.at("(") {
            return self.parenthesis();
        }
        if self.at("[") {
            return self.list_literal();
        }
        match self.behind_word() {
            Behind::Parenthesis => self.call(),
            Behind::Dot => self.column(),
            Behind::Other => self.constant(),
        }
    }

    fn parenthesis(&mut self) -> Result<Tree> {
        self.advance();
        let tree = self.or()?;
        self.expect(")")?;
        Ok(tree)
    }

    fn list_literal(&mut self) -> Result<Tree> {
        let start = self.advance().span.start;
        let (items, height) = self.list("]")?;
        self.node(ExprKind::List(items), Span::new(start, self.end), height)
    }

    /// What follows the current token, if that is a word.
    fn behind_word(&self) -> Behind {
        let TokenKind::Word(word) = &self.token.kind else { return Behind::Other };
        let callable = is_name(word) || is_name_of_aggregate(word);
        let mut ahead = self.ahead();
        ahead.advance();
        if ahead.at("(") && callable {
            Behind::Parenthesis
        } else if ahead.at(".") {
            Behind::Dot
        } else {
            Behind::Other
        }
    }

    fn column(&mut self) -> Result<Tree> {
        if let TokenKind::Word(word) = &self.token.kind
            && !is_name(word)
        {
            return Err(self.unexpected("an expression").with_help(format!(
                "`{word}` is a reserved word; put a column of this name in backticks"
            )));
        }
        let name = self.name()?;
        Ok(Tree::leaf(ExprKind::Column(name.text), name.span))
    }

    fn constant(&mut self) -> Result<Tree> {
        let kind = match &self.token.kind {
            TokenKind::Text(text) => ExprKind::Text(text.clone()),
            TokenKind::Decimal(text) => ExprKind::Decimal(text.clone()),
            TokenKind::Integer(_) => return self.integer(),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("null") => ExprKind::Null,
            TokenKind::Word(word) if word.eq_ignore_ascii_case("true") => ExprKind::Boolean(true),
            TokenKind::Word(word) if word.eq_ignore_ascii_case("false") => ExprKind::Boolean(false),
            TokenKind::Word(_) | TokenKind::Quoted(_) => return self.column(),
            TokenKind::Symbol(_) | TokenKind::Bad(_) | TokenKind::End => {
                return Err(self.unexpected("an expression"));
            }
        };
        Ok(Tree::leaf(kind, self.advance().span))
    }

    /// Digits, with a unit after them a timespan.
    fn integer(&mut self) -> Result<Tree> {
        let Token { kind, span } = self.advance();
        let TokenKind::Integer(amount) = kind else { return Err(self.unexpected("a number")) };
        let unit = match &self.token.kind {
            TokenKind::Word(word) if is_unit(word) => word.clone(),
            _ => return Ok(Tree::leaf(ExprKind::Integer(amount), span)),
        };
        self.advance();
        let span = Span::new(span.start, self.end);
        Ok(Tree::leaf(ExprKind::Timespan { amount, unit }, span))
    }

    fn call(&mut self) -> Result<Tree> {
        let start = self.token.span.start;
        let text = self.name_part()?;
        let name = Name { text, span: Span::new(start, self.end) };
        self.expect("(")?;
        let star = self.take("*");
        let mut args = (Vec::new(), 0);
        if star {
            self.expect(")")?;
        } else if !self.take(")") {
            args = self.arguments()?;
        }
        let mut options = Vec::new();
        if self.take("{") {
            options = self.map_entries()?;
            self.expect(")")?;
        }
        let kind = ExprKind::Call { name, args: args.0, star, options };
        self.node(kind, Span::new(start, self.end), args.1)
    }

    /// Arguments up to `)`, or up to the `{` of the options.
    fn arguments(&mut self) -> Result<(Vec<Expr>, u16)> {
        let mut args = Vec::new();
        let mut height = 0;
        loop {
            let tree = self.or()?;
            height = height.max(tree.height);
            args.push(tree.expr);
            if self.take(")") {
                return Ok((args, height));
            }
            self.expect(",")?;
            if self.at("{") {
                return Ok((args, height));
            }
        }
    }

    /// Entries of `{"key": value, …}`, the brace after them included.
    pub(super) fn map_entries(&mut self) -> Result<Vec<(Text, Expr)>> {
        let mut entries = Vec::new();
        if self.take("}") {
            return Ok(entries);
        }
        loop {
            let key = self.string()?;
            self.expect(":")?;
            entries.push((key, self.climb(Level::Add)?.expr));
            if self.take("}") {
                return Ok(entries);
            }
            self.expect(",")?;
        }
    }

    /// Items up to `close`, at least one, with the greatest height.
    fn list(&mut self, close: &str) -> Result<(Vec<Expr>, u16)> {
        let mut items = Vec::new();
        let mut height = 0;
        loop {
            let tree = self.or()?;
            height = height.max(tree.height);
            items.push(tree.expr);
            if self.take(close) {
                return Ok((items, height));
            }
            self.expect(",")?;
        }
    }
}

/// What follows a word.
enum Behind {
    Parenthesis,
    Dot,
    Other,
}

/// Whether a word may begin the name of a column or a function.
fn is_name(word: &str) -> bool {
    !RESERVED.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// `FIRST` and `LAST` are reserved, and yet names of aggregates.
fn is_name_of_aggregate(word: &str) -> bool {
    word.eq_ignore_ascii_case("first") || word.eq_ignore_ascii_case("last")
}

/// Whether a word after digits is a unit rather than the next keyword.
fn is_unit(word: &str) -> bool {
    is_name(word) && !["where", "nulls", "on"].iter().any(|known| known.eq_ignore_ascii_case(word))
}
