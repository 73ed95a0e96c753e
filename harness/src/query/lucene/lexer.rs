//! Tokens: the longest match wins, as in Lucene's generated tokenizer.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// A token; texts are raw, escapes included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    And,
    Or,
    Not,
    Plus,
    Minus,
    /// An operator that stands alone is a word.
    BareOperator(&'a str),
    Open,
    Close,
    Colon,
    Star,
    /// `^` and its number.
    Boost,
    Quoted(&'a str),
    Term(&'a str),
    /// `~` and its number.
    Fuzzy(&'a str),
    Prefix(&'a str),
    Wildcard(&'a str),
    Regexp(&'a str),
    /// A whole range: bounds as written.
    Range {
        low: &'a str,
        low_inside: bool,
        high: &'a str,
        high_inside: bool,
    },
}

/// Reads all tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token<'_>, Span)>, Diagnostic> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let rest = lexer.rest();
        lexer.at += rest.len() - rest.trim_start_matches(is_space).len();
        let start = lexer.at;
        if lexer.rest().is_empty() {
            return Ok(tokens);
        }
        let token = lexer.token()?;
        tokens.push((token, Span::new(start, lexer.at)));
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

fn starts_term(c: char) -> bool {
    !is_space(c)
        && !matches!(
            c,
            '+' | '-'
                | '!'
                | '('
                | ')'
                | ':'
                | '^'
                | '['
                | ']'
                | '"'
                | '{'
                | '}'
                | '~'
                | '*'
                | '?'
                | '\\'
                | '/'
        )
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>, help: &str) -> Diagnostic {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        let span = Span::new(self.at, self.at + length);
        Diagnostic::error("lucene-syntax", message, span).with_help(help)
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = &self.rest()[..length];
        self.at += length;
        taken
    }

    fn token(&mut self) -> Result<Token<'a>, Diagnostic> {
        let rest = self.rest();
        let (word, kind) = word(rest);
        let Some(first) = rest.chars().next() else {
            return Err(self.error("the query ends", ""));
        };
        let alone = rest[first.len_utf8()..].chars().next().is_some_and(is_space);
        let simple = |lexer: &mut Self, token| {
            lexer.take(first.len_utf8());
            Ok(token)
        };
        match first {
            '+' | '-' | '!' if alone => Ok(Token::BareOperator(self.take(1))),
            '+' => simple(self, Token::Plus),
            '-' => simple(self, Token::Minus),
            '!' => simple(self, Token::Not),
            '(' => simple(self, Token::Open),
            ')' => simple(self, Token::Close),
            ':' => simple(self, Token::Colon),
            '^' => self.boost(),
            '"' => self.quoted(),
            '~' => {
                let digits = number_length(&rest[1..]);
                Ok(Token::Fuzzy(&self.take(1 + digits)[1..]))
            }
            '/' => self.regexp(),
            '[' | '{' => self.range(),
            ']' | '}' => Err(self
                .error(format!("found `{first}` outside a range"), "escape it with a backslash")),
            _ if word == 0 => {
                Err(self.error("a backslash ends the query", "write `\\\\` for a backslash"))
            }
            _ => Ok(match (self.take(word), kind) {
                ("AND" | "&&", WordKind::Term) => Token::And,
                ("OR" | "||", WordKind::Term) => Token::Or,
                ("NOT", WordKind::Term) => Token::Not,
                ("*", _) => Token::Star,
                (text, WordKind::Term) => Token::Term(text),
                (text, WordKind::Prefix) => Token::Prefix(&text[..text.len() - 1]),
                (text, WordKind::Wildcard) => Token::Wildcard(text),
            }),
        }
    }

    fn boost(&mut self) -> Result<Token<'a>, Diagnostic> {
        let digits = number_length(&self.rest()[1..]);
        if digits == 0 {
            return Err(self.error(
                "found `^` without a number",
                "a boost is written `^2`; escape a literal `^`",
            ));
        }
        self.take(1 + digits);
        Ok(Token::Boost)
    }

    fn quoted(&mut self) -> Result<Token<'a>, Diagnostic> {
        match closing(&self.rest()[1..], '"') {
            Some(length) => Ok(Token::Quoted(&self.take(length + 2)[1..=length])),
            None => Err(self.error(
                "the quote is never closed",
                "close it, or write `\\\"` for a literal quote",
            )),
        }
    }

    fn regexp(&mut self) -> Result<Token<'a>, Diagnostic> {
        // Only `\/` is an escape to the tokenizer.
        let body = &self.rest()[1..];
        let end = body.match_indices('/').map(|(at, _)| at).find(|at| !body[..*at].ends_with('\\'));
        match end {
            Some(length) => Ok(Token::Regexp(&self.take(length + 2)[1..=length])),
            None => Err(self.error(
                "the regular expression is never closed",
                "close it with `/`, or write `\\/` for a literal slash",
            )),
        }
    }

    fn range(&mut self) -> Result<Token<'a>, Diagnostic> {
        let help = "a range is written `[a TO b]`, or `{a TO b}` without its ends";
        let low_inside = self.take(1) == "[";
        let low = self.bound(help)?;
        self.skip_spaces();
        if let Some(after) = self.rest().strip_prefix("TO")
            && after.starts_with([' ', '\t', '\n', '\r', '\u{3000}', '"', ']', '}'])
        {
            self.take(2);
        }
        let high = self.bound(help)?;
        self.skip_spaces();
        let high_inside = match self.rest().chars().next() {
            Some(']') => true,
            Some('}') => false,
            Some(_) | None => return Err(self.error("the range is never closed", help)),
        };
        self.take(1);
        Ok(Token::Range { low, low_inside, high, high_inside })
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_space).len();
    }

    fn bound(&mut self, help: &str) -> Result<&'a str, Diagnostic> {
        self.skip_spaces();
        let rest = self.rest();
        let length = if let Some(quoted) = rest.strip_prefix('"') {
            closing(quoted, '"').filter(|length| *length > 0).map(|length| length + 2)
        } else {
            let ends = |c: char| is_space(c) || matches!(c, ']' | '}');
            Some(rest.find(ends).unwrap_or(rest.len())).filter(|length| *length > 0)
        };
        match length {
            Some(length) if rest[..length] != *"TO" => Ok(self.take(length)),
            Some(_) | None => Err(self.error("a bound of the range is missing", help)),
        }
    }
}

/// Position of the closing delimiter; a backslash escapes what follows it.
fn closing(text: &str, delimiter: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == delimiter && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// Digits, and a fraction.
fn number_length(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    match text[whole..].strip_prefix('.') {
        Some(rest) if whole > 0 && digits(rest) > 0 => whole + 1 + digits(rest),
        _ => whole,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum WordKind {
    Term,
    Prefix,
    Wildcard,
}

/// Length and kind of the word at the start of `text`.
fn word(text: &str) -> (usize, WordKind) {
    let mut chars = text.char_indices();
    let (mut end, mut wild, mut last_star) = (0, 0, false);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((next, escaped)) => end = next + escaped.len_utf8(),
                None => return (0, WordKind::Term),
            },
            '*' | '?' => {
                wild += 1;
                end = at + 1;
            }
            '+' | '-' if at > 0 => end = at + 1,
            // Operators start no word, but `+`, `-` go on with one.
            c if starts_term(c) => end = at + c.len_utf8(),
            _ => break,
        }
        last_star = c == '*';
    }
    let kind = match wild {
        0 => WordKind::Term,
        1 if last_star => WordKind::Prefix,
        _ => WordKind::Wildcard,
    };
    (end, kind)
}

/// The text without its escapes.
///
/// `\uXXXX` is a character; a backslash before any other character stands for
/// that character.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let valid = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                    let unit = u32::from_str_radix(&digits, 16).ok().filter(|_| valid)?;
                    out.push(char::from_u32(unit).unwrap_or('\u{fffd}'));
                }
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    Some(out)
}
