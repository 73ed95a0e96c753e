//! Text → tokens, one at a time.
//!
//! ES|QL has lexer modes: index patterns and column patterns are spelled by
//! other rules than expressions. The parser holds the current token and asks
//! for a re-scan from its start when a command calls for another mode.

use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

use super::ast::NamePattern;

/// The code of every syntax error.
pub const SYNTAX: &str = "esql-syntax";

/// One token and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A word as written: keyword, function or part of a name.
    Word(String),
    /// A backticked part of a name.
    Quoted(String),
    /// A string, escapes resolved.
    Text(String),
    /// Digits.
    Integer(String),
    /// Digits with a point or an exponent.
    Decimal(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    /// What is no token in expressions; the error is raised when it is used.
    Bad(Diagnostic),
    /// The end of the text.
    End,
}

/// Operators and brackets, longest first.
const SYMBOLS: [&str; 27] = [
    "::", "==", "!=", "<=", ">=", "=~", "(", ")", "[", "]", "{", "}", "|", ",", ".", ":", ";", "=",
    "<", ">", "+", "-", "*", "/", "%", "?", "!",
];

/// Reads tokens from a text.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Goes back (or on) to a token's start.
    pub fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// Where the next token is looked for.
    pub fn position(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips blanks and comments; an open comment is an error at its start.
    fn skip(&mut self) -> Result<(), Diagnostic> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                let start = self.at;
                let mut depth = 0_usize;
                loop {
                    let rest = self.rest();
                    if rest.starts_with("/*") {
                        depth += 1;
                        self.at += 2;
                    } else if rest.starts_with("*/") {
                        depth -= 1;
                        self.at += 2;
                        if depth == 0 {
                            break;
                        }
                    } else if let Some(c) = rest.chars().next() {
                        self.at += c.len_utf8();
                    } else {
                        let span = Span::new(start, self.at);
                        return Err(Diagnostic::error(SYNTAX, "comment is not closed", span));
                    }
                }
            } else {
                return Ok(());
            }
        }
    }

    /// The next token of an expression or of a command's frame.
    pub fn token(&mut self) -> Token {
        if let Err(error) = self.skip() {
            let span = error.span;
            return Token { kind: TokenKind::Bad(error), span };
        }
        let start = self.at;
        let kind = self.scan();
        Token { kind, span: Span::new(start, self.at) }
    }

    fn scan(&mut self) -> TokenKind {
        let rest = self.rest();
        let start = self.at;
        let Some(first) = rest.chars().next() else { return TokenKind::End };
        let second = rest[first.len_utf8()..].chars().next();
        if rest.starts_with("\"\"\"") {
            return self.raw_string().unwrap_or_else(TokenKind::Bad);
        }
        if first == '"' {
            return self.string().unwrap_or_else(TokenKind::Bad);
        }
        if first == '`' {
            return self.backticks().unwrap_or_else(TokenKind::Bad);
        }
        if first.is_ascii_digit() || (first == '.' && second.is_some_and(|c| c.is_ascii_digit())) {
            return self.number();
        }
        let starts_word = first.is_ascii_alphabetic()
            || (matches!(first, '_' | '@') && second.is_some_and(is_word_char));
        if starts_word {
            let len = 1 + rest[1..].find(|c| !is_word_char(c)).unwrap_or(rest.len() - 1);
            self.at += len;
            return TokenKind::Word(rest[..len].to_owned());
        }
        for symbol in SYMBOLS {
            if rest.starts_with(symbol) {
                self.at += symbol.len();
                return TokenKind::Symbol(symbol);
            }
        }
        self.at += first.len_utf8();
        let span = Span::new(start, self.at);
        TokenKind::Bad(Diagnostic::error(SYNTAX, format!("unexpected character `{first}`"), span))
    }

    fn number(&mut self) -> TokenKind {
        let rest = self.rest();
        let digits = |from: usize| {
            from + rest[from..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - from)
        };
        let mut end = digits(0);
        let mut decimal = false;
        if rest[end..].starts_with('.') {
            decimal = true;
            end = digits(end + 1);
        }
        if rest[end..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
            let tail = digits(end + 1 + sign);
            if tail > end + 1 + sign {
                decimal = true;
                end = tail;
            }
        }
        self.at += end;
        let text = rest[..end].to_owned();
        if decimal { TokenKind::Decimal(text) } else { TokenKind::Integer(text) }
    }

    fn string(&mut self) -> Result<TokenKind, Diagnostic> {
        let start = self.at;
        let mut value = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((offset, c)) = chars.next() {
            let place = Span::new(start + offset, start + offset + c.len_utf8());
            match c {
                '"' => {
                    self.at = place.end;
                    return Ok(TokenKind::Text(value));
                }
                '\\' => {
                    let escaped = chars.next().map(|(_, c)| c);
                    value.push(match escaped {
                        Some('t') => '\t',
                        Some('n') => '\n',
                        Some('r') => '\r',
                        Some('"') => '"',
                        Some('\\') => '\\',
                        other => {
                            let end = place.end + other.map_or(0, char::len_utf8);
                            self.at = end;
                            let span = Span::new(place.start, end);
                            let message = match other {
                                Some(other) => format!("unknown escape `\\{other}`"),
                                None => "string is not closed".to_owned(),
                            };
                            return Err(Diagnostic::error(SYNTAX, message, span).with_help(
                                "only \\t \\n \\r \\\" and \\\\ are escapes; \"\"\"…\"\"\" takes everything literally",
                            ));
                        }
                    });
                }
                '\n' | '\r' => break,
                other => value.push(other),
            }
        }
        let line = self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
        self.at = start + line.max(1);
        Err(Diagnostic::error(SYNTAX, "string is not closed", Span::new(start, self.at)))
    }

    fn raw_string(&mut self) -> Result<TokenKind, Diagnostic> {
        let start = self.at;
        let body = &self.rest()[3..];
        let line = body.find(['\n', '\r']).unwrap_or(body.len());
        let Some(mut end) = body[..line].find("\"\"\"") else {
            self.at = start + 3 + line;
            return Err(Diagnostic::error(
                SYNTAX,
                "raw string is not closed on its line",
                Span::new(start, self.at),
            ));
        };
        // Up to two quotes before the closing three belong to the text.
        for _ in 0..2 {
            if body[end + 3..].starts_with('"') {
                end += 1;
            }
        }
        self.at = start + 3 + end + 3;
        Ok(TokenKind::Text(body[..end].to_owned()))
    }

    fn backticks(&mut self) -> Result<TokenKind, Diagnostic> {
        let start = self.at;
        let mut value = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((offset, c)) = chars.next() {
            if c != '`' {
                value.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == '`') {
                chars.next();
                value.push('`');
            } else {
                self.at = start + offset + 1;
                return Ok(TokenKind::Quoted(value));
            }
        }
        self.at = self.text.len();
        let span = Span::new(start, self.at);
        Err(Diagnostic::error(SYNTAX, "backtick is not closed", span))
    }

    /// An unquoted index pattern, up to a blank, comma, pipe or bracket.
    pub fn index_pattern(&mut self) -> Option<(String, Span)> {
        let rest = self.rest();
        let mut end = 0;
        for (offset, c) in rest.char_indices() {
            let comment = c == '/' && rest[offset + 1..].starts_with(['/', '*']);
            if comment
                || c.is_whitespace()
                || matches!(c, '"' | '=' | '|' | ',' | '[' | ']' | '(' | ')' | ';')
            {
                break;
            }
            end = offset + c.len_utf8();
        }
        if end == 0 {
            return None;
        }
        let span = Span::new(self.at, self.at + end);
        self.at = span.end;
        Some((rest[..end].to_owned(), span))
    }

    /// A column name that may hold wildcards.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the list begins with one part and never shrinks"
    )]
    pub fn name_pattern(&mut self) -> Result<Option<NamePattern>, Diagnostic> {
        let start = self.at;
        let mut parts = vec![String::new()];
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { break };
            let part = parts.last_mut().expect("parts begin with one part");
            match c {
                '*' => {
                    parts.push(String::new());
                    self.at += 1;
                }
                '`' => {
                    let TokenKind::Quoted(name) = self.backticks()? else { break };
                    part.push_str(&name);
                }
                c if is_word_char(c) || matches!(c, '@' | '.') => {
                    part.push(c);
                    self.at += 1;
                }
                _ => break,
            }
        }
        if self.at == start {
            return Ok(None);
        }
        // `a**b` is `a*b`.
        let last = parts.len() - 1;
        let mut index = 0;
        parts.retain(|part| {
            let keep = index == 0 || index == last || !part.is_empty();
            index += 1;
            keep
        });
        Ok(Some(NamePattern { parts, span: Span::new(start, self.at) }))
    }
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
