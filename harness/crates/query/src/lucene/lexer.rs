//! Text to tokens: the longest match wins, as in Lucene's generated scanner.
//!
//! The scanner has three states: brackets open the state of ranges, a caret the
//! state of boosts, where only a number may follow.

use super::escape::{ends_word, is_space};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    And,
    Or,
    Not,
    Plus,
    Minus,
    /// `+`, `-` or `!` before white space.
    Sign,
    Open,
    Close,
    Colon,
    /// A lone `*`.
    Star,
    Caret,
    Quoted,
    /// A bare word.
    Word,
    /// `~` and what adheres to it.
    Tilde,
    /// A word and one `*` at its end.
    Prefix,
    Wildcard,
    Regexp,
    RangeIn,
    RangeEx,
    Number,
    RangeTo,
    RangeInEnd,
    RangeExEnd,
    RangeQuoted,
    RangeWord,
    /// The end of the text.
    End,
    /// The scanner stops here.
    Error(LexError),
}

/// Text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LexError {
    Quote,
    Slash,
    Backslash,
    Boost,
}

impl LexError {
    /// The error as a finding.
    pub(super) fn diagnostic(self, span: Span) -> Diagnostic {
        let (message, help) = match self {
            Self::Quote => ("this quote is never closed", "close it, or escape it as `\\\"`"),
            Self::Slash => (
                "a slash begins a regular expression, and this one is never closed",
                "escape the slash as `\\/`, or quote the text",
            ),
            Self::Backslash => {
                ("a backslash at the end escapes nothing", "write `\\\\` for a backslash")
            }
            Self::Boost => (
                "a number must directly follow `^`",
                "write a boost like `^2`, or escape the caret as `\\^`",
            ),
        };
        Diagnostic::error("lucene-syntax", message, span).with_help(help)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Default,
    Range,
    Boost,
}

/// The tokens of a text; the last one is [`Kind::End`] or [`Kind::Error`].
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, pos: 0, state: State::Default };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next();
        tokens.push(token);
        if matches!(token.kind, Kind::End | Kind::Error(_)) {
            return tokens;
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    pos: usize,
    state: State,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn next(&mut self) -> Token {
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                return Token { kind: self.end(), span: Span::new(self.pos, self.pos) };
            };
            let (kind, len) = match self.state {
                State::Default => default_token(rest, first),
                State::Range => range_token(rest, first),
                State::Boost => boost_token(rest),
            };
            let start = self.pos;
            self.pos += len.max(first.len_utf8());
            let Some(kind) = kind else { continue };
            self.state = match kind {
                Kind::RangeIn | Kind::RangeEx => State::Range,
                Kind::Caret => State::Boost,
                Kind::RangeInEnd | Kind::RangeExEnd | Kind::Number => State::Default,
                _ => self.state,
            };
            return Token { kind, span: Span::new(start, self.pos) };
        }
    }

    fn end(&self) -> Kind {
        match self.state {
            State::Boost => Kind::Error(LexError::Boost),
            State::Default | State::Range => Kind::End,
        }
    }
}

/// The token at the start of `rest` and its length; `None` is white space.
fn default_token(rest: &str, first: char) -> (Option<Kind>, usize) {
    let one = |kind| (Some(kind), first.len_utf8());
    match first {
        '(' => one(Kind::Open),
        ')' => one(Kind::Close),
        ':' => one(Kind::Colon),
        '^' => one(Kind::Caret),
        '[' => one(Kind::RangeIn),
        '{' => one(Kind::RangeEx),
        // Closing brackets of no range: the grammar has no token for them.
        ']' | '}' => one(Kind::RangeWord),
        '"' => match quoted_len(rest) {
            Some(len) => (Some(Kind::Quoted), len),
            None => one(Kind::Error(LexError::Quote)),
        },
        '/' => match delimited_len(rest, '/') {
            Some(len) => (Some(Kind::Regexp), len),
            None => one(Kind::Error(LexError::Slash)),
        },
        '~' => (Some(Kind::Tilde), 1 + word_len(&rest[1..])),
        '+' | '-' | '!' => match rest[1..].chars().next() {
            Some(next) if is_space(next) => (Some(Kind::Sign), 1 + next.len_utf8()),
            _ => one(match first {
                '+' => Kind::Plus,
                '-' => Kind::Minus,
                _ => Kind::Not,
            }),
        },
        c if is_space(c) => (None, c.len_utf8()),
        _ => term(rest),
    }
}

/// Words, prefixes, wildcards and the operators that look like words.
fn term(rest: &str) -> (Option<Kind>, usize) {
    let word = word_len(rest);
    let mut wild = word;
    loop {
        let stars = rest[wild..].bytes().take_while(|b| matches!(b, b'*' | b'?')).count();
        let more = word_len(&rest[wild + stars..]);
        if stars + more == 0 {
            break;
        }
        wild += stars + more;
    }
    let kind = match &rest[..wild] {
        "" => return (Some(Kind::Error(LexError::Backslash)), rest.len()),
        "*" => Kind::Star,
        "AND" | "&&" => Kind::And,
        "OR" | "||" => Kind::Or,
        "NOT" => Kind::Not,
        _ if wild == word => Kind::Word,
        _ if wild == word + 1 && rest[word..].starts_with('*') => Kind::Prefix,
        _ => Kind::Wildcard,
    };
    (Some(kind), wild)
}

/// The length of the run of word characters, `+` and `-` included.
fn word_len(rest: &str) -> usize {
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return at,
            '\\' => {}
            c if ends_word(c) => return at,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a quoted text, in which any character may be escaped.
fn quoted_len(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next()?;
            }
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a text between delimiters. A delimiter after a backslash ends
/// the text only if no later one does: a quirk of the scanner's longest match,
/// which does not see escaped backslashes either.
fn delimited_len(rest: &str, delimiter: char) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut len = None;
    for (at, _) in rest.match_indices(delimiter).skip(1) {
        len = Some(at + 1);
        if bytes.get(at - 1) != Some(&b'\\') {
            break;
        }
    }
    len
}

fn range_token(rest: &str, first: char) -> (Option<Kind>, usize) {
    let goop = rest.find([' ', ']', '}']).unwrap_or(rest.len());
    if goop == 0 {
        return match first {
            ']' => (Some(Kind::RangeInEnd), 1),
            '}' => (Some(Kind::RangeExEnd), 1),
            _ => (None, 1),
        };
    }
    let quoted = match first {
        '"' => delimited_len(rest, '"').filter(|&len| len > 2),
        _ => None,
    };
    match quoted {
        Some(len) if len >= goop => (Some(Kind::RangeQuoted), len),
        _ if is_space(first) && goop == first.len_utf8() => (None, goop),
        _ if &rest[..goop] == "TO" => (Some(Kind::RangeTo), goop),
        _ => (Some(Kind::RangeWord), goop),
    }
}

fn boost_token(rest: &str) -> (Option<Kind>, usize) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    if whole == 0 {
        return (Some(Kind::Error(LexError::Boost)), 0);
    }
    let fraction = rest[whole..].strip_prefix('.').map_or(0, digits);
    (Some(Kind::Number), whole + if fraction == 0 { 0 } else { 1 + fraction })
}
