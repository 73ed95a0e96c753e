//! Tokens → tree: the cursor, and everything around expressions.
//!
//! What is wrong but still tells where the query goes on is noted in `errors`;
//! a syntax error ends the parse.

mod expression;
mod terms;

use super::MAX_DEPTH;
use super::ast::{Body, Category, Demand, EventFilter, Field, Pipe, Query};
use super::functions::closest;
use super::lexer::{Keyword, Kind, Token};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// A part of the tree, or the error that ends the parse.
type Parsed<T> = Result<T, Diagnostic>;

/// The most arithmetic operators in one event filter: they nest to the left.
const MAX_ARITHMETIC: usize = limits::EQL_ARITHMETIC.most;

/// The pipes of other EQL dialects.
const OTHER_PIPES: [&str; 5] = ["count", "filter", "sort", "unique", "unique_count"];

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// The end of the last token taken.
    end: usize,
    depth: usize,
    arithmetic: usize,
    errors: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, tokens: Vec<Token>) -> Self {
        Self { text, tokens, at: 0, end: 0, depth: 0, arithmetic: 0, errors: Vec::new() }
    }

    pub(super) fn query(mut self) -> Result<Query, Vec<Diagnostic>> {
        match self.whole_query() {
            Ok(query) if self.errors.is_empty() => Ok(query),
            Ok(_) => Err(self.errors),
            Err(error) => {
                self.errors.push(error);
                Err(self.errors)
            }
        }
    }

    // The cursor.

    fn kind(&self) -> &Kind {
        self.ahead(0)
    }

    fn ahead(&self, count: usize) -> &Kind {
        self.tokens.get(self.at + count).map_or(&Kind::End, |token| &token.kind)
    }

    fn span(&self) -> Span {
        let end = Span::new(self.text.len(), self.text.len());
        self.tokens.get(self.at).map_or(end, |token| token.span)
    }

    fn source(&self) -> &'a str {
        self.span().of(self.text)
    }

    /// Steps over a token and gives its span; stays at the end.
    fn advance(&mut self) -> Span {
        let span = self.span();
        if *self.kind() != Kind::End {
            self.at += 1;
            self.end = span.end;
        }
        span
    }

    fn since(&self, start: usize) -> Span {
        Span::new(start, self.end.max(start))
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.kind(), Kind::Symbol(found) if *found == symbol)
    }

    fn is_keyword(&self, keyword: Keyword) -> bool {
        *self.kind() == Kind::Keyword(keyword)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        let found = self.is_keyword(keyword);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Parsed<Span> {
        if self.is(symbol) {
            Ok(self.advance())
        } else {
            Err(self.unexpected(&format!("`{symbol}`")))
        }
    }

    /// The error of a token that cannot stand here.
    fn unexpected(&self, wanted: &str) -> Diagnostic {
        let span = self.span();
        let message = match self.kind() {
            Kind::End => format!("unexpected end of query, expected {wanted}"),
            _ => format!("expected {wanted}, found `{}`", shortened(span.of(self.text))),
        };
        let error = Diagnostic::error("eql-syntax", message, span);
        match self.advice() {
            Some(help) => error.with_help(help),
            None => error,
        }
    }

    /// What the writer of an unexpected token may have meant.
    fn advice(&self) -> Option<String> {
        let lower = self.source().to_ascii_lowercase();
        let help = match self.kind() {
            Kind::Symbol("=") => "use `==` to compare",
            Kind::Symbol("!") => "use `not`, or `![` without a space for a missing event",
            Kind::Symbol("|") if *self.ahead(1) == Kind::Symbol("|") => "use `or`",
            Kind::Symbol("|") => "pipes stand at the end of the query",
            Kind::Symbol("![") => "missing events stand in sequences only",
            Kind::Keyword(_) => {
                return Some(format!(
                    "`{}` is a reserved word; as a field, put it in backticks",
                    self.source()
                ));
            }
            Kind::Word if Keyword::named(&lower).is_some() => {
                return Some(format!("keywords are written in lower case: `{lower}`"));
            }
            Kind::Tilde => "`~` belongs to function names, `in`, `like` and `regex` only",
            _ => return None,
        };
        Some(help.to_owned())
    }

    /// Notes an error that does not end the parse.
    fn note(&mut self, message: impl Into<String>, span: Span, help: impl Into<String>) {
        self.errors.push(Diagnostic::error("eql-syntax", message, span).with_help(help));
    }

    /// Runs `parse` one level deeper.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} levels of nesting");
            return Err(Diagnostic::error("eql-nesting", message, self.span()));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    // The query.

    fn whole_query(&mut self) -> Parsed<Query> {
        let body = match self.kind() {
            Kind::Keyword(Keyword::Sequence) => Body::Sequence(self.sequence()?),
            Kind::Keyword(Keyword::Sample) => Body::Sample(self.sample()?),
            Kind::Keyword(Keyword::Join) => {
                let error =
                    Diagnostic::error("eql-unsupported", "`join` is not supported", self.span());
                return Err(error.with_help("use `sample` for events in any order"));
            }
            Kind::End => {
                return Err(Diagnostic::error("eql-syntax", "the query is empty", self.span()));
            }
            _ => Body::Event(self.event_filter()?),
        };
        let mut pipes = Vec::new();
        while self.is("|") {
            if matches!(body, Body::Sample(_)) {
                self.note("a sample takes no pipes", self.span(), "remove the pipe");
            }
            self.advance();
            pipes.extend(self.pipe()?);
        }
        if *self.kind() == Kind::End {
            Ok(Query { body, pipes })
        } else {
            Err(self.unexpected("an operator or the end of the query"))
        }
    }

    /// `category where condition`.
    fn event_filter(&mut self) -> Parsed<EventFilter> {
        let start = self.span().start;
        self.arithmetic = 0;
        let category = match self.kind().clone() {
            Kind::Keyword(Keyword::Any) => {
                self.advance();
                None
            }
            Kind::Word => {
                let name = self.source().to_owned();
                Some(Category { name, span: self.advance() })
            }
            Kind::String(name) => Some(Category { name, span: self.advance() }),
            Kind::Quoted(_) => {
                let error = self.unexpected("an event category");
                return Err(error.with_help("put the category in double quotes"));
            }
            _ => return Err(self.unexpected("an event category, or `any`")),
        };
        if !self.eat_keyword(Keyword::Where) {
            return Err(self.unexpected("`where`"));
        }
        let condition = self.expression()?;
        Ok(EventFilter { category, condition, span: self.since(start) })
    }

    fn pipe(&mut self) -> Parsed<Option<Pipe>> {
        let span = self.span();
        let name = self.source();
        let make = match name {
            "head" => Pipe::Head,
            "tail" => Pipe::Tail,
            _ => {
                let names = OTHER_PIPES.into_iter().chain(["head", "tail"]);
                let (message, help) = if OTHER_PIPES.contains(&name) {
                    (format!("pipe `{name}` is not supported"), None)
                } else if matches!(self.kind(), Kind::Word) {
                    (format!("unknown pipe `{name}`"), closest(name, names))
                } else {
                    return Err(self.unexpected("the name of a pipe"));
                };
                let help = match help {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "the pipes are `head` and `tail`".to_owned(),
                };
                return Err(Diagnostic::error("eql-pipe", message, span).with_help(help));
            }
        };
        self.advance();
        let wanted = || format!("`{name}` takes one whole number");
        if matches!(self.kind(), Kind::End | Kind::Symbol("|")) {
            let help = format!("write for instance `{name} 10`");
            self.errors.push(Diagnostic::error("eql-pipe", wanted(), span).with_help(help));
            return Ok(None);
        }
        let (argument, text) = (self.span(), self.source());
        let count = match self.kind() {
            Kind::Integer => text.parse::<u32>().ok().filter(|count| i32::try_from(*count).is_ok()),
            _ => None,
        };
        let Some(count) = count else {
            return Err(Diagnostic::error("eql-pipe", wanted(), argument));
        };
        self.advance();
        if self.is(",") {
            return Err(Diagnostic::error("eql-pipe", wanted(), self.span()));
        }
        Ok(Some(make(count)))
    }

    /// A field name, `?` included.
    fn field(&mut self) -> Parsed<Field> {
        let start = self.span().start;
        let demand = if self.eat("?") { Demand::Optional } else { Demand::Required };
        let mut name = String::new();
        loop {
            match self.kind() {
                Kind::Word => name.push_str(self.source()),
                Kind::Quoted(quoted) => name.push_str(quoted),
                _ => return Err(self.unexpected("a field name")),
            }
            self.advance();
            if !self.eat(".") {
                break;
            }
            name.push('.');
        }
        if self.is("[") && *self.ahead(1) == Kind::Integer {
            let error = Diagnostic::error(
                "eql-unsupported",
                "elements of an array cannot be addressed",
                self.span(),
            );
            return Err(error.with_help("a comparison on the field tests every value of an array"));
        }
        Ok(Field { name, demand, span: self.since(start) })
    }
}

/// A token's text, cut to what a message can bear.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(at, _)| &text[..at])
}
