//! Expressions, loosest operator first.

use super::{MAX_ARITHMETIC, Parsed, Parser, shortened};
use crate::eql::ast::{
    Arithmetic, Call, Comparison, Expr, ExprKind, Literal, Matcher, Membership, Text,
};
use crate::eql::functions::Function;
use crate::eql::lexer::{Keyword, Kind};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_text::pattern::Case;

impl Parser<'_> {
    /// Any expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| parser.any_of(Keyword::Or))
    }

    /// A chain of `or`, or of `and`.
    fn any_of(&mut self, word: Keyword) -> Parsed<Expr> {
        let start = self.span().start;
        let part = |parser: &mut Self| match word {
            Keyword::Or => parser.any_of(Keyword::And),
            _ => parser.negation(),
        };
        let first = part(self)?;
        if !self.is_keyword(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.eat_keyword(word) {
            parts.push(part(self)?);
        }
        let kind = match word {
            Keyword::Or => ExprKind::Or(parts),
            _ => ExprKind::And(parts),
        };
        Ok(Expr { kind, span: self.since(start) })
    }

    fn negation(&mut self) -> Parsed<Expr> {
        if !self.is_keyword(Keyword::Not) {
            return self.comparison();
        }
        let start = self.advance().start;
        let inner = self.deeper(Self::negation)?;
        Ok(Expr { kind: ExprKind::Not(Box::new(inner)), span: self.since(start) })
    }

    fn comparison_operator(&self) -> Option<Comparison> {
        let Kind::Symbol(symbol) = self.kind() else {
            return None;
        };
        Some(match *symbol {
            "==" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterEqual,
            _ => return None,
        })
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let start = self.span().start;
        if matches!(self.kind(), Kind::Word) && *self.ahead(1) == Kind::Keyword(Keyword::Of) {
            let message = format!("`{} of` is not supported", shortened(self.source()));
            return Err(Diagnostic::error("eql-unsupported", message, self.span()));
        }
        let left = self.sum()?;
        let Some(op) = self.comparison_operator() else {
            return Ok(left);
        };
        self.advance();
        let right = self.sum()?;
        if self.comparison_operator().is_some() {
            let error =
                Diagnostic::error("eql-syntax", "comparisons cannot be chained", self.span());
            return Err(error.with_help("join two comparisons with `and`"));
        }
        let kind = ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) };
        Ok(Expr { kind, span: self.since(start) })
    }

    fn sum(&mut self) -> Parsed<Expr> {
        self.chain(&[("+", Arithmetic::Add), ("-", Arithmetic::Subtract)], |parser| {
            let product =
                [("*", Arithmetic::Multiply), ("/", Arithmetic::Divide), ("%", Arithmetic::Modulo)];
            parser.chain(&product, Self::sign)
        })
    }

    fn chain(
        &mut self,
        operators: &[(&str, Arithmetic)],
        part: impl Fn(&mut Self) -> Parsed<Expr>,
    ) -> Parsed<Expr> {
        let start = self.span().start;
        let mut left = part(self)?;
        while let Some((_, op)) = operators.iter().find(|(symbol, _)| self.is(symbol)) {
            if self.arithmetic == MAX_ARITHMETIC {
                let message = format!("more than {MAX_ARITHMETIC} arithmetic operators");
                return Err(Diagnostic::error("eql-nesting", message, self.span()));
            }
            self.arithmetic += 1;
            self.advance();
            let right = part(self)?;
            let kind =
                ExprKind::Arithmetic { op: *op, left: Box::new(left), right: Box::new(right) };
            left = Expr { kind, span: self.since(start) };
        }
        Ok(left)
    }

    fn sign(&mut self) -> Parsed<Expr> {
        let start = self.span().start;
        if self.eat("+") {
            return self.deeper(Self::sign);
        }
        if !self.eat("-") {
            return self.test();
        }
        let inner = self.deeper(Self::sign)?;
        Ok(Expr { kind: ExprKind::Negative(Box::new(inner)), span: self.since(start) })
    }

    /// A primary, and at most one `in`, `:`, `like` or `regex` after it.
    fn test(&mut self) -> Parsed<Expr> {
        let start = self.span().start;
        let target = self.primary()?;
        let negated = self.is_keyword(Keyword::Not);
        let operator = if negated { self.ahead(1) } else { self.kind() };
        let op = match operator {
            Kind::Keyword(Keyword::In) => return self.membership(target, Case::Sensitive, start),
            Kind::Keyword(Keyword::InTilde) => {
                return self.membership(target, Case::Insensitive, start);
            }
            Kind::Symbol(":") => Matcher::Colon,
            Kind::Keyword(Keyword::Like) => Matcher::Like(Case::Sensitive),
            Kind::Keyword(Keyword::LikeTilde) => Matcher::Like(Case::Insensitive),
            Kind::Keyword(Keyword::Regex) => Matcher::Regex(Case::Sensitive),
            Kind::Keyword(Keyword::RegexTilde) => Matcher::Regex(Case::Insensitive),
            _ => return Ok(target),
        };
        if negated && op == Matcher::Colon {
            let error =
                Diagnostic::error("eql-syntax", "`not` is not allowed before `:`", self.span());
            return Err(error.with_help("put `not` before the whole condition"));
        }
        if negated {
            self.advance();
        }
        self.advance();
        let values = self.texts(op)?;
        let kind = ExprKind::Match { op, target: Box::new(target), values };
        let span = self.since(start);
        let test = Expr { kind, span };
        Ok(if negated { Expr { kind: ExprKind::Not(Box::new(test)), span } } else { test })
    }

    /// One string, or several in parentheses.
    fn texts(&mut self, op: Matcher) -> Parsed<Vec<Text>> {
        if !self.eat("(") {
            return Ok(vec![self.text(op)?]);
        }
        let mut values = Vec::new();
        loop {
            values.push(self.text(op)?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(values)
    }

    fn text(&mut self, op: Matcher) -> Parsed<Text> {
        if let Kind::String(value) = self.kind() {
            let value = value.clone();
            return Ok(Text { value, span: self.advance() });
        }
        let error = self.unexpected(&format!("a string after `{}`", op.symbol()));
        Err(match self.kind() {
            Kind::Integer
            | Kind::Decimal
            | Kind::Keyword(Keyword::True | Keyword::False | Keyword::Null) => {
                error.with_help("use `==` to compare with a number, a boolean or null")
            }
            _ => error,
        })
    }

    fn membership(&mut self, target: Expr, case: Case, start: usize) -> Parsed<Expr> {
        let membership =
            if self.eat_keyword(Keyword::Not) { Membership::NotIn } else { Membership::In };
        self.advance();
        if !self.is("(") {
            return Err(self.unexpected("`(`").with_help("put the values in parentheses"));
        }
        self.advance();
        let values = self.list("at least one value")?;
        let kind = ExprKind::In { target: Box::new(target), values, case, membership };
        Ok(Expr { kind, span: self.since(start) })
    }

    /// Expressions up to `)`; at least one.
    fn list(&mut self, wanted: &str) -> Parsed<Vec<Expr>> {
        if self.is(")") {
            return Err(self.unexpected(wanted));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.expression()?);
            if !self.eat(",") {
                break;
            }
        }
        if self.is(")") {
            self.advance();
            Ok(values)
        } else {
            Err(self.unexpected("an operator, `,` or `)`"))
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let span = self.span();
        let literal = match self.kind() {
            Kind::Integer | Kind::Decimal => self.number()?,
            Kind::String(value) => Literal::String(value.clone()),
            Kind::Keyword(Keyword::Null) => Literal::Null,
            Kind::Keyword(Keyword::True) => Literal::Bool(true),
            Kind::Keyword(Keyword::False) => Literal::Bool(false),
            Kind::Symbol("(") => {
                self.advance();
                let inner = self.expression()?;
                if !self.is(")") {
                    return Err(self.unexpected("an operator or `)`"));
                }
                self.advance();
                return Ok(inner);
            }
            Kind::Word | Kind::Tilde if *self.ahead(1) == Kind::Symbol("(") => return self.call(),
            Kind::Word | Kind::Quoted(_) | Kind::Symbol("?") => {
                let field = self.field()?;
                return Ok(Expr { span: field.span, kind: ExprKind::Field(field) });
            }
            _ => return Err(self.unexpected("a field, a value or `(`")),
        };
        self.advance();
        Ok(Expr { kind: ExprKind::Literal(literal), span })
    }

    /// A whole number that fits 64 bits, or a float.
    fn number(&self) -> Parsed<Literal> {
        let text = self.source();
        if let Ok(value) = text.parse::<i64>() {
            return Ok(Literal::Integer(value));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Literal::Float(value)),
            _ => {
                let message = format!("the number `{}` is too large", shortened(text));
                Err(Diagnostic::error("eql-syntax", message, self.span()))
            }
        }
    }

    fn call(&mut self) -> Parsed<Expr> {
        let name_span = self.advance();
        let text = name_span.of(self.text);
        let (name, case) = match text.strip_suffix('~') {
            Some(name) => (name, Case::Insensitive),
            None => (text, Case::Sensitive),
        };
        self.advance();
        let args = if self.eat(")") { Vec::new() } else { self.list("an argument")? };
        let span = self.since(name_span.start);
        let Some(function) = Function::named(name) else {
            let message = format!("unknown function `{}`", shortened(name));
            let error = Diagnostic::error("eql-function", message, name_span);
            self.errors.push(match Function::advice(name) {
                Some(help) => error.with_help(help),
                None => error,
            });
            return Ok(Expr { kind: ExprKind::Literal(Literal::Null), span });
        };
        self.check_call(function, case, args.len(), name_span);
        Ok(Expr { kind: ExprKind::Call(Call { function, case, args }), span })
    }

    fn check_call(&mut self, function: Function, case: Case, count: usize, span: Span) {
        let name = function.name();
        if !function.allows(case) {
            let message = format!("`{name}` has no case-insensitive form");
            let error = Diagnostic::error("eql-function", message, span);
            self.errors.push(error.with_help(format!("write `{name}` without `~`")));
        }
        let (least, most) = function.arity();
        if count < least || most.is_some_and(|most| count > most) {
            let wanted = match most {
                Some(most) if most == least => format!("{least}"),
                Some(most) => format!("{least} to {most}"),
                None => format!("at least {least}"),
            };
            let noun = if (least, most) == (1, Some(1)) { "argument" } else { "arguments" };
            let message = format!("`{name}` takes {wanted} {noun}, found {count}");
            self.errors.push(Diagnostic::error("eql-function", message, span));
        }
    }
}
