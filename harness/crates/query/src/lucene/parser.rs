//! Tokens to tree.

use super::escape::unescape;
use super::lexer::{self, Kind, Token};
use super::{
    Ast, Body, Bound, Clause, Clauses, Conjunction, Distance, Edge, Field, Modifier, Word,
};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// How deep groups may nest.
const MAX_DEPTH: usize = limits::LUCENE_DEPTH.most;

type Parsed<T> = Result<T, Diagnostic>;

/// Parses a query string.
pub(super) fn parse(text: &str) -> Parsed<Ast> {
    // Java's `trim` takes all control characters for white space.
    if text.chars().all(|c| c <= ' ') {
        return Ok(Ast { root: None });
    }
    let mut parser = Parser { text, tokens: lexer::tokens(text), pos: 0 };
    let root = parser.clauses(0)?;
    match parser.peek().kind {
        Kind::End => Ok(Ast { root: Some(root) }),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    pos: usize,
}

impl<'a> Parser<'a> {
    fn nth(&self, ahead: usize) -> Token {
        let end = Token { kind: Kind::End, span: Span::new(self.text.len(), self.text.len()) };
        let last = self.tokens.last().copied().unwrap_or(end);
        self.tokens.get(self.pos + ahead).copied().unwrap_or(last)
    }

    fn peek(&self) -> Token {
        self.nth(0)
    }

    fn bump(&mut self) -> Token {
        let token = self.peek();
        self.pos += 1;
        token
    }

    fn eat(&mut self, kind: Kind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.bump())
    }

    fn image(&self, token: Token) -> &'a str {
        token.span.of(self.text)
    }

    /// `Query` of the grammar: clauses up to the end or a closing parenthesis.
    fn clauses(&mut self, depth: usize) -> Parsed<Clauses> {
        let mut items = Vec::new();
        loop {
            let clause = if self.several_words() {
                self.words()?
            } else {
                let conjunction = match self.peek().kind {
                    Kind::And if !items.is_empty() => Conjunction::And,
                    Kind::Or if !items.is_empty() => Conjunction::Or,
                    _ => Conjunction::None,
                };
                if conjunction != Conjunction::None {
                    self.bump();
                }
                let modifier = self.modifier();
                Clause { conjunction, modifier, ..self.clause(depth)? }
            };
            items.push(clause);
            if !starts_clause(self.peek().kind) {
                break;
            }
        }
        let span = match (items.first(), items.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        };
        Ok(Clauses { items, span })
    }

    /// Whether the next token is a word that what follows cannot claim.
    fn word_at(&self, ahead: usize) -> bool {
        self.nth(ahead).kind == Kind::Word
            && !matches!(
                self.nth(ahead + 1).kind,
                Kind::Colon | Kind::Star | Kind::Tilde | Kind::Caret | Kind::And | Kind::Or
            )
    }

    fn several_words(&self) -> bool {
        self.peek().kind == Kind::Word && self.word_at(1)
    }

    fn words(&mut self) -> Parsed<Clause> {
        let mut words = vec![self.word()?];
        while self.word_at(0) {
            words.push(self.word()?);
        }
        let span = words.iter().fold(words[0].span, |span, word| span.to(word.span));
        Ok(plain(Body::Words(words), span))
    }

    fn word(&mut self) -> Parsed<Word> {
        let token = self.bump();
        Ok(Word { text: unescaped(self.image(token), token.span)?, span: token.span })
    }

    fn modifier(&mut self) -> Modifier {
        let modifier = match self.peek().kind {
            Kind::Plus => Modifier::Required,
            Kind::Minus | Kind::Not => Modifier::Prohibited,
            _ => return Modifier::None,
        };
        self.bump();
        modifier
    }

    fn clause(&mut self, depth: usize) -> Parsed<Clause> {
        let start = self.peek().span;
        let field = match (self.peek().kind, self.nth(1).kind) {
            (Kind::Word, Kind::Colon) => Some(Field::Named(self.word()?)),
            (Kind::Star, Kind::Colon) => Some(Field::All(self.bump().span)),
            _ => None,
        };
        if field.is_some() {
            self.bump();
        }
        let (body, boost, end) = match self.peek().kind {
            Kind::Open => self.group(depth)?,
            Kind::RangeIn | Kind::RangeEx => self.range()?,
            _ => self.term()?,
        };
        Ok(Clause { field, boost, ..plain(body, start.to(end)) })
    }

    fn group(&mut self, depth: usize) -> Parsed<(Body, Option<f32>, Span)> {
        let open = self.bump();
        if depth == MAX_DEPTH {
            let message = format!("groups nest deeper than {MAX_DEPTH} levels");
            return Err(Diagnostic::unsupported("lucene-depth", message, open.span));
        }
        let clauses = self.clauses(depth + 1)?;
        let Some(close) = self.eat(Kind::Close) else {
            let error = self.unexpected();
            return Err(match self.peek().kind {
                Kind::End => syntax("this parenthesis is never closed", open.span)
                    .with_help("close it, or escape it as `\\(`"),
                _ => error,
            });
        };
        let (boost, end) = self.boost(close.span)?;
        Ok((Body::Group(clauses), boost, end))
    }

    fn range(&mut self) -> Parsed<(Body, Option<f32>, Span)> {
        let open = self.bump();
        let low = self.bound()?;
        if self.eat(Kind::RangeTo).is_none() {
            return Err(self.bad_range("expected `TO` between the bounds of a range", open));
        }
        let high = self.bound()?;
        let close = self.peek();
        let high_edge = match close.kind {
            Kind::RangeInEnd => Edge::Inclusive,
            Kind::RangeExEnd => Edge::Exclusive,
            _ => return Err(self.bad_range("expected `]` or `}` at the end of a range", open)),
        };
        self.bump();
        let low_edge = if open.kind == Kind::RangeIn { Edge::Inclusive } else { Edge::Exclusive };
        let (boost, end) = self.boost(close.span)?;
        let low = Bound { text: low, edge: low_edge };
        let high = Bound { text: high, edge: high_edge };
        Ok((Body::Range { low, high }, boost, end))
    }

    fn bound(&mut self) -> Parsed<Option<String>> {
        let token = self.peek();
        let image = self.image(token);
        let raw = match token.kind {
            Kind::RangeWord | Kind::RangeTo => image,
            Kind::RangeQuoted => &image[1..image.len() - 1],
            _ => return Err(self.bad_range("expected a bound of a range", token)),
        };
        self.bump();
        let text = unescaped(raw, token.span)?;
        // Quoted or not, an asterisk is an open end.
        Ok((text != "*").then_some(text))
    }

    fn bad_range(&self, message: &str, open: Token) -> Diagnostic {
        match self.peek().kind {
            Kind::Error(_) => self.unexpected(),
            Kind::End => range_help(syntax("the range is not complete", open.span)),
            _ => range_help(syntax(message, self.peek().span)),
        }
    }

    fn term(&mut self) -> Parsed<(Body, Option<f32>, Span)> {
        let token = self.peek();
        let image = self.image(token);
        if !matches!(
            token.kind,
            Kind::Word
                | Kind::Star
                | Kind::Prefix
                | Kind::Wildcard
                | Kind::Regexp
                | Kind::Sign
                | Kind::Quoted
        ) {
            return Err(self.unexpected());
        }
        self.bump();
        let mut tilde = self.eat(Kind::Tilde);
        let mut end = tilde.map_or(token.span, |tilde| tilde.span);
        let boost;
        (boost, end) = self.boost(end)?;
        if boost.is_some() && tilde.is_none() {
            tilde = self.eat(Kind::Tilde);
            end = tilde.map_or(end, |tilde| tilde.span);
        }
        // Of every term but a phrase the escapes have to be in order.
        let inner = if token.kind == Kind::Quoted { &image[1..image.len() - 1] } else { image };
        let text = unescaped(inner, token.span)?;
        let body = match token.kind {
            Kind::Quoted => Body::Phrase { text, slop: self.slop(tilde)? },
            Kind::Star | Kind::Wildcard => Body::Wildcard(image.to_owned()),
            Kind::Prefix => Body::Prefix(unescaped(&image[..image.len() - 1], token.span)?),
            Kind::Regexp => Body::Regexp(image[1..image.len() - 1].to_owned()),
            _ => match (tilde, token.kind, text.chars().next()) {
                (Some(tilde), Kind::Sign, Some(sign)) => {
                    Body::Fuzzy { text: sign.to_string(), distance: self.distance(tilde)? }
                }
                (Some(tilde), ..) => Body::Fuzzy { text, distance: self.distance(tilde)? },
                (None, Kind::Sign, Some(sign)) => Body::Sign(sign),
                (None, ..) => Body::Words(vec![Word { text, span: token.span }]),
            },
        };
        Ok((body, boost, end))
    }

    fn boost(&mut self, before: Span) -> Parsed<(Option<f32>, Span)> {
        if self.peek().kind != Kind::Caret {
            return Ok((None, before));
        }
        self.bump();
        let Some(number) = self.eat(Kind::Number) else { return Err(self.unexpected()) };
        match self.image(number).parse::<f32>() {
            Ok(boost) if boost.is_finite() => Ok((Some(boost), number.span)),
            _ => Err(syntax("the boost is not finite", number.span)),
        }
    }

    /// The slop of a phrase; what is no number counts as none.
    fn slop(&self, tilde: Option<Token>) -> Parsed<u32> {
        let Some(tilde) = tilde else { return Ok(0) };
        let slop = java_float(&self.image(tilde)[1..]).unwrap_or(0.0);
        if slop <= -1.0 {
            return Err(syntax("the slop must not be negative", tilde.span));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, as in Java"
        )]
        let slop = slop as i32 as u32;
        Ok(slop)
    }

    fn distance(&self, tilde: Token) -> Parsed<Distance> {
        let image = &self.image(tilde)[1..];
        if image.is_empty() || image.eq_ignore_ascii_case("auto") {
            return Ok(Distance::Auto);
        }
        // The number is read after its conversion to upper case.
        match java_float(&image.to_ascii_uppercase()) {
            Some(edits) if edits >= 2.0 => Ok(Distance::Edits(2)),
            Some(edits) if edits >= 1.0 => Ok(Distance::Edits(1)),
            Some(edits) if edits > -1.0 => Ok(Distance::Edits(0)),
            _ => Err(syntax(format!("`{image}` is not an edit distance"), tilde.span)
                .with_help("write `~`, `~1` or `~2`, or escape the tilde as `\\~`")),
        }
    }

    fn unexpected(&self) -> Diagnostic {
        let token = self.peek();
        let image = self.image(token);
        let (message, help) = match token.kind {
            Kind::Error(error) => return error.diagnostic(token.span),
            Kind::End => ("unexpected end of query, expected a clause".to_owned(), None),
            Kind::Close => (
                "unexpected `)`".to_owned(),
                Some("open it before, put a clause into it, or escape it as `\\)`"),
            ),
            Kind::And | Kind::Or | Kind::Not => (
                format!("unexpected operator `{image}`"),
                Some("put clauses on both sides, or quote the word"),
            ),
            _ => (
                format!("unexpected `{}`", image.trim()),
                Some("escape special characters with a backslash, or quote the text"),
            ),
        };
        let error = syntax(message, token.span);
        match help {
            Some(help) => error.with_help(help),
            None => error,
        }
    }
}

fn plain(body: Body, span: Span) -> Clause {
    let (conjunction, modifier) = (Conjunction::None, Modifier::None);
    Clause { conjunction, modifier, field: None, body, boost: None, span }
}

fn unescaped(raw: &str, span: Span) -> Parsed<String> {
    unescape(raw)
        .map_err(|error| syntax(error.message(), span).with_help("write `\\\\` for a backslash"))
}

fn starts_clause(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::And
            | Kind::Or
            | Kind::Not
            | Kind::Plus
            | Kind::Minus
            | Kind::Sign
            | Kind::Open
            | Kind::Star
            | Kind::Quoted
            | Kind::Word
            | Kind::Prefix
            | Kind::Wildcard
            | Kind::Regexp
            | Kind::RangeIn
            | Kind::RangeEx
    )
}

fn syntax(message: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error("lucene-syntax", message, span)
}

fn range_help(error: Diagnostic) -> Diagnostic {
    error.with_help("write a range like `[1 TO 5}`, or escape the bracket with a backslash")
}

/// `Float.parseFloat`, but for hexadecimal numbers and infinity.
fn java_float(text: &str) -> Option<f32> {
    let digits = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    if !digits.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    digits.parse().ok()
}
