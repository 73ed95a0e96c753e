//! Tokens → tree: recursive descent, expressions by precedence climbing.
//!
//! `source` reads where rows come from, `command` the frame of each command,
//! `branch` that of commands with queries and tables beside the pipe, and
//! `expression` what stands in them.

mod branch;
mod command;
mod expression;
mod source;

use super::ast::{Command, CommandKind, Name, Query, Setting, Source, Text};
use super::lexer::{Lexer, SYNTAX, Token, TokenKind};
use super::names::close;
use super::{MAX_DEPTH, MAX_QUERIES, Reading};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// Words that are no column name where an expression begins.
const RESERVED: [&str; 16] = [
    "and", "as", "asc", "by", "desc", "false", "first", "in", "is", "last", "like", "not", "null",
    "or", "rlike", "true",
];

/// What may follow a command.
const ENDS: &str = "`|` or the end of the query";

/// A recursive-descent parser over one query.
pub(super) struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    token: Token,
    /// The end of the token before.
    end: usize,
    depth: u16,
    /// How many queries are open around the place.
    queries: u16,
}

type Result<T> = std::result::Result<T, Diagnostic>;

impl<'a> Parser<'a> {
    /// A parser at the start of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        let mut lexer = Lexer::new(text);
        let token = lexer.token();
        Self { text, lexer, token, end: 0, depth: 0, queries: 0 }
    }

    /// The whole query, as far as it is one.
    pub(super) fn read(mut self) -> Reading {
        let mut errors = Vec::new();
        let head = match self.head() {
            Ok(head) => Some(head),
            Err(error) => {
                errors.push(error);
                self.skip_command();
                None
            }
        };
        let mut commands = Vec::new();
        while self.take("|") {
            let start = self.token.span.start;
            let read = self.command().and_then(|command| {
                let ended = self.at("|") || self.token.kind == TokenKind::End;
                ended.then_some(command).ok_or_else(|| self.unexpected(ENDS))
            });
            commands.push(read.unwrap_or_else(|error| {
                errors.push(error);
                self.skip_command();
                (self.depth, self.queries) = (0, 0);
                Command { kind: CommandKind::Broken, span: Span::new(start, self.end.max(start)) }
            }));
        }
        if self.token.kind != TokenKind::End && errors.is_empty() {
            errors.push(self.unexpected(ENDS));
        }
        let query = head.map(|(settings, source)| Query { settings, source, commands });
        Reading { query, errors }
    }

    /// Settings and the source command.
    fn head(&mut self) -> Result<(Vec<Setting>, Source)> {
        let mut settings = Vec::new();
        while self.take_word("set") {
            let name = self.name()?;
            self.expect("=")?;
            let value = self.primary()?.expr;
            self.expect(";")?;
            settings.push(Setting { name, value });
        }
        Ok((settings, self.source()?))
    }

    /// A query in parentheses, the first of which has been read.
    fn subquery(&mut self) -> Result<Query> {
        self.enter_query()?;
        let source = self.source()?;
        let mut commands = Vec::new();
        while self.take("|") {
            commands.push(self.command()?);
        }
        self.expect(")")?;
        self.queries -= 1;
        Ok(Query { settings: Vec::new(), source, commands })
    }

    /// One query deeper, or an error at the current token.
    fn enter_query(&mut self) -> Result<()> {
        self.queries += 1;
        if self.queries <= MAX_QUERIES {
            return Ok(());
        }
        let message = format!("queries nest more than {MAX_QUERIES} levels deep");
        Err(Diagnostic::error(SYNTAX, message, self.token.span))
    }

    /// Skips to the next pipe outside brackets.
    fn skip_command(&mut self) {
        let mut depth = 0_usize;
        loop {
            match &self.token.kind {
                TokenKind::End => return,
                TokenKind::Symbol("|") if depth == 0 => return,
                TokenKind::Symbol("(" | "[" | "{") => depth += 1,
                TokenKind::Symbol(")" | "]" | "}") if depth == 0 && self.queries > 0 => return,
                TokenKind::Symbol(")" | "]" | "}") => depth = depth.saturating_sub(1),
                TokenKind::Symbol(_)
                | TokenKind::Word(_)
                | TokenKind::Quoted(_)
                | TokenKind::Text(_)
                | TokenKind::Integer(_)
                | TokenKind::Decimal(_)
                | TokenKind::Bad(_) => {}
            }
            self.advance();
        }
    }

    /// An error about a word that is none of those known, with the closest.
    fn unknown_word(&self, what: &str, span: Span, known: &[&'static str]) -> Diagnostic {
        let word = span.of(self.text);
        let error = Diagnostic::error(SYNTAX, format!("unknown {what} `{word}`"), span);
        match close(&word.to_ascii_lowercase(), known.iter().copied()).first() {
            Some(name) => error.with_help(format!("did you mean `{name}`?")),
            None => error,
        }
    }

    /// Moves to the next token and returns the one before.
    fn advance(&mut self) -> Token {
        let next = self.lexer.token();
        self.end = self.token.span.end;
        std::mem::replace(&mut self.token, next)
    }

    /// Re-reads from the start of the current token in another lexer mode.
    fn rescan<T>(&mut self, read: impl FnOnce(&mut Lexer<'a>) -> T) -> T {
        self.lexer.seek(self.token.span.start);
        let value = read(&mut self.lexer);
        self.end = self.lexer.position();
        self.token = self.lexer.token();
        value
    }

    fn at(&self, symbol: &str) -> bool {
        matches!(&self.token.kind, TokenKind::Symbol(found) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.at(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn at_word(&self, word: &str) -> bool {
        matches!(&self.token.kind, TokenKind::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.take_word(word) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{}`", word.to_uppercase())))
        }
    }

    /// A copy of the parser, for a look further ahead than one token.
    fn ahead(&self) -> Self {
        Self {
            text: self.text,
            lexer: self.lexer.clone(),
            token: self.token.clone(),
            end: self.end,
            depth: self.depth,
            queries: self.queries,
        }
    }

    /// The error that the current token is not what was expected.
    fn unexpected(&self, expected: &str) -> Diagnostic {
        let span = self.token.span;
        match &self.token.kind {
            TokenKind::Bad(error) => error.clone(),
            TokenKind::End => {
                Diagnostic::error(SYNTAX, format!("expected {expected}, found the end"), span)
            }
            TokenKind::Word(_)
            | TokenKind::Quoted(_)
            | TokenKind::Text(_)
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Symbol(_) => {
                let found = span.of(self.text);
                Diagnostic::error(SYNTAX, format!("expected {expected}, found `{found}`"), span)
            }
        }
    }

    /// A dotted name.
    fn name(&mut self) -> Result<Name> {
        let start = self.token.span.start;
        let mut text = self.name_part()?;
        while self.take(".") {
            text.push('.');
            text.push_str(&self.name_part()?);
        }
        Ok(Name { text, span: Span::new(start, self.end) })
    }

    fn name_part(&mut self) -> Result<String> {
        match &self.token.kind {
            TokenKind::Word(text) | TokenKind::Quoted(text) => {
                let text = text.clone();
                self.advance();
                Ok(text)
            }
            TokenKind::Text(_)
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Symbol(_)
            | TokenKind::Bad(_)
            | TokenKind::End => Err(self.unexpected("a name")),
        }
    }

    /// A string literal.
    fn string(&mut self) -> Result<Text> {
        let TokenKind::Text(text) = &self.token.kind else {
            return Err(self.unexpected("a string"));
        };
        let text = text.clone();
        let span = self.advance().span;
        Ok(Text { text, span })
    }

    /// One level deeper, or an error at the current token.
    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        self.check_height(self.depth)
    }

    fn check_height(&self, height: u16) -> Result<()> {
        if height <= MAX_DEPTH {
            return Ok(());
        }
        Err(Diagnostic::error(
            SYNTAX,
            format!("expressions nest more than {MAX_DEPTH} levels deep"),
            self.token.span,
        ))
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }
}
