//! Text → tokens; all lexical errors at once.

mod string;

use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// One token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A bare identifier.
    Word,
    /// An identifier followed by `~`.
    Tilde,
    /// A word that cannot be an identifier.
    Keyword(Keyword),
    /// A name in backticks, resolved.
    Quoted(String),
    /// A string, resolved.
    String(String),
    /// Digits.
    Integer,
    /// A number with a point or an exponent.
    Decimal,
    /// Punctuation.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

macro_rules! keywords {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// The reserved words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Keyword { $($name),+ }

        impl Keyword {
            /// The keyword of that spelling.
            pub(super) fn named(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

keywords! {
    And = "and", Any = "any", By = "by", False = "false", In = "in", InTilde = "in~",
    Join = "join", Like = "like", LikeTilde = "like~", Maxspan = "maxspan", Not = "not",
    Null = "null", Of = "of", Or = "or", Regex = "regex", RegexTilde = "regex~",
    Sample = "sample", Sequence = "sequence", True = "true", Until = "until",
    Where = "where", With = "with",
}

/// Punctuation, longer spellings before their prefixes.
const SYMBOLS: [&str; 23] = [
    "![", "==", "!=", "<=", ">=", "=", "<", ">", ":", "+", "-", "*", "/", "%", ".", ",", "[", "]",
    "(", ")", "|", "?", "!",
];

/// Whether `c` may begin an identifier.
fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '@'
}

/// Whether `word` needs no backticks as (part of) a field name.
pub(super) fn is_word(word: &str) -> bool {
    word.starts_with(begins_word)
        && word.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || c == '_')
        && Keyword::named(word).is_none()
}

/// The tokens of `text`; the last is [`Kind::End`].
pub(super) fn lex(text: &str) -> Result<Vec<Token>, Vec<Diagnostic>> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), errors: Vec::new() };
    lexer.run();
    if lexer.errors.is_empty() { Ok(lexer.tokens) } else { Err(lexer.errors) }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    errors: Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, span: Span::new(start, self.at) });
    }

    fn error(&mut self, message: impl Into<String>, start: usize, help: &str) {
        let span = Span::new(start, self.at);
        self.errors.push(Diagnostic::error("eql-syntax", message, span).with_help(help));
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) {
        let rest = self.rest();
        let length = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += length;
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            match c {
                ' ' | '\t' | '\r' | '\n' => self.at += 1,
                '"' => self.string(),
                '\'' => {
                    self.foreign_string('\'');
                    self.error("single-quoted string", start, "use double quotes");
                }
                '`' => self.quoted_name(),
                '/' if self.rest().starts_with("//") => self.take_while(|c| c != '\n' && c != '\r'),
                '/' if self.rest().starts_with("/*") => self.comment(),
                '?' if self.rest().starts_with("?\"") || self.rest().starts_with("?'") => {
                    let quote = if self.rest().starts_with("?\"") { '"' } else { '\'' };
                    self.at += 1;
                    self.foreign_string(quote);
                    let help = r#"use """…""" for a string without escapes"#;
                    self.error("raw string of an older EQL", start, help);
                }
                '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
                c if c.is_ascii_digit() => self.number(),
                c if begins_word(c) => self.word(),
                _ => self.symbol(c),
            }
        }
        self.push(Kind::End, self.at);
    }

    fn word(&mut self) {
        let start = self.at;
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@');
        // Only the first character may be `@`.
        if let Some(at) = self.text[start + 1..self.at].find('@') {
            self.at = start + 1 + at;
        }
        let tilde = self.rest().starts_with('~') && !self.text[start..].starts_with(['@', '_']);
        self.at += usize::from(tilde);
        let kind = match Keyword::named(&self.text[start..self.at]) {
            Some(keyword) => Kind::Keyword(keyword),
            None if tilde => Kind::Tilde,
            None => Kind::Word,
        };
        self.push(kind, start);
    }

    fn number(&mut self) {
        let start = self.at;
        let digit = |c: char| c.is_ascii_digit();
        self.take_while(digit);
        let mut kind = Kind::Integer;
        if self.rest().starts_with('.') {
            kind = Kind::Decimal;
            self.at += 1;
            self.take_while(digit);
        }
        let before = self.at;
        if self.rest().starts_with(['e', 'E']) {
            self.at += 1;
            self.at += usize::from(self.rest().starts_with(['+', '-']));
            let digits = self.at;
            self.take_while(digit);
            if self.at == digits {
                self.at = before;
            } else {
                kind = Kind::Decimal;
            }
        }
        self.push(kind, start);
    }

    fn symbol(&mut self, c: char) {
        let start = self.at;
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)) {
            self.at += symbol.len();
            return self.push(Kind::Symbol(symbol), start);
        }
        let (length, help) = match c {
            '&' => (if self.rest().starts_with("&&") { 2 } else { 1 }, "use `and`"),
            '~' => (1, "`~` must directly follow the name of a function, `in`, `like` or `regex`"),
            '“' | '”' | '‘' | '’' => (c.len_utf8(), "use straight double quotes"),
            '\\' => (1, "a backslash is only allowed in strings"),
            _ => (c.len_utf8(), "put field names with such characters in backticks"),
        };
        self.at += length;
        self.error(format!("unexpected character `{c}`"), start, help);
    }

    fn comment(&mut self) {
        let start = self.at;
        let (mut depth, mut end) = (0_usize, None);
        let bytes = self.text.as_bytes();
        let mut at = start;
        while at + 1 < bytes.len() {
            match &bytes[at..at + 2] {
                b"/*" => {
                    depth += 1;
                    at += 2;
                }
                b"*/" => {
                    depth = depth.saturating_sub(1);
                    at += 2;
                    end = Some(at);
                    if depth == 0 {
                        break;
                    }
                }
                _ => at += 1,
            }
        }
        // Comments nest where they are balanced; else the last end counts.
        self.at = end.unwrap_or(self.text.len());
        if end.is_none() {
            self.error("comment without end", start, "close it with `*/`");
        }
    }

    fn quoted_name(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut name = String::new();
        loop {
            let Some(end) = self.rest().find('`') else {
                self.at = self.text.len();
                return self.error(
                    "name without closing backtick",
                    start,
                    "close it with a backtick",
                );
            };
            name.push_str(&self.text[self.at..self.at + end]);
            self.at += end + 1;
            if !self.rest().starts_with('`') {
                break;
            }
            name.push('`');
            self.at += 1;
        }
        self.push(Kind::Quoted(name), start);
    }
}
