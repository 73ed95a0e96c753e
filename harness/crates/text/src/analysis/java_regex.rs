//! Java regular expressions in the syntax of the `regex` crate.
//!
//! Without flags, Java's `\w \d \s` are ASCII and `.` stops at five line
//! terminators. What an automaton cannot do (look-around, back-references,
//! possessive quantifiers) is refused, and so is what differs in detail.

use harness_source::limits;
use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

/// How deep groups and classes may nest.
const MAX_DEPTH: usize = limits::ANALYZER_DEPTH.most;

/// Translates a Java regular expression; an error names what is not supported.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut translator =
        Translator { rest: pattern.chars().peekable(), out: String::new(), depth: 0 };
    match translator.expression() {
        Ok(()) => Ok(translator.out),
        Err(what) => Err(format!("{what} in the pattern `{pattern}`")),
    }
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    depth: usize,
}

/// Success, or what is wrong.
type Outcome = Result<(), String>;

impl Translator<'_> {
    fn eat(&mut self, c: char) -> bool {
        self.rest.next_if_eq(&c).is_some()
    }

    fn enter(&mut self) -> Outcome {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err("too deep nesting".to_owned()) } else { Ok(()) }
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || !c.is_ascii() {
            self.out.push(c);
        } else {
            // Writing to a string does not fail.
            let _ = write!(self.out, "\\x{{{:x}}}", u32::from(c));
        }
    }

    fn expression(&mut self) -> Outcome {
        // Whether a quantifier may follow.
        let mut atom = false;
        while let Some(c) = self.rest.next() {
            match c {
                '(' => {
                    self.enter()?;
                    self.group()?;
                    atom = false;
                    continue;
                }
                ')' => {
                    self.depth = self.depth.checked_sub(1).ok_or("unmatched `)`")?;
                    self.out.push(')');
                }
                '|' => {
                    self.out.push('|');
                    atom = false;
                    continue;
                }
                '*' | '+' | '?' | '{' => {
                    if !atom {
                        return Err(format!("dangling `{c}`"));
                    }
                    self.quantifier(c)?;
                    atom = false;
                    continue;
                }
                '[' => self.class()?,
                '.' => self.out.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
                '^' => self.out.push_str(r"\A"),
                '$' => return Err("unsupported `$`".to_owned()),
                '\\' => self.escape(false)?,
                other => self.literal(other),
            }
            atom = true;
        }
        if self.depth == 0 { Ok(()) } else { Err("unclosed group".to_owned()) }
    }

    /// What follows an opening parenthesis.
    fn group(&mut self) -> Outcome {
        if !self.eat('?') {
            self.out.push('(');
            return Ok(());
        }
        match self.rest.next() {
            Some(':') => self.out.push_str("(?:"),
            Some('<') if self.rest.peek().is_some_and(char::is_ascii_alphabetic) => {
                while self.rest.next_if(char::is_ascii_alphanumeric).is_some() {}
                if !self.eat('>') {
                    return Err("malformed group name".to_owned());
                }
                self.out.push('(');
            }
            Some('=' | '!' | '<') => return Err("unsupported look-around".to_owned()),
            Some('>') => return Err("unsupported atomic group".to_owned()),
            _ => return Err("unsupported inline flag".to_owned()),
        }
        Ok(())
    }

    fn quantifier(&mut self, first: char) -> Outcome {
        self.out.push(first);
        if first == '{' {
            let mut bounds = String::new();
            loop {
                match self.rest.next() {
                    Some('}') => break,
                    Some(c) if c.is_ascii_digit() || c == ',' => bounds.push(c),
                    _ => return Err("malformed repetition".to_owned()),
                }
            }
            if !bounds.starts_with(|c: char| c.is_ascii_digit()) {
                return Err("malformed repetition".to_owned());
            }
            self.out.push_str(&bounds);
            self.out.push('}');
        }
        if self.eat('?') {
            self.out.push('?');
        } else if self.rest.peek() == Some(&'+') {
            return Err("unsupported possessive quantifier".to_owned());
        }
        Ok(())
    }

    /// What follows an opening bracket.
    fn class(&mut self) -> Outcome {
        self.enter()?;
        self.out.push('[');
        if self.eat('^') {
            self.out.push('^');
        }
        let mut empty = true;
        loop {
            let c = self.rest.next().ok_or("unclosed character class")?;
            match c {
                ']' if !empty => break,
                '[' => self.class()?,
                '&' if self.eat('&') => {
                    if empty || matches!(self.rest.peek(), Some(']' | '&')) {
                        return Err("unsupported empty side of `&&`".to_owned());
                    }
                    self.out.push_str("&&");
                }
                '\\' => self.class_escape()?,
                other => self.range(other)?,
            }
            empty = false;
        }
        self.out.push(']');
        self.depth -= 1;
        Ok(())
    }

    /// An escape in a class: a set of characters, or the start of a range.
    fn class_escape(&mut self) -> Outcome {
        let set = ['w', 'W', 'd', 'D', 's', 'S', 'h', 'H', 'v', 'V', 'p', 'P', 'Q'];
        if self.rest.peek().is_some_and(|c| set.contains(c)) {
            return self.escape(true);
        }
        let c = self.escaped_character()?;
        self.range(c)
    }

    /// A character of a class, or a range that begins with it.
    fn range(&mut self, low: char) -> Outcome {
        self.literal(low);
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.peek(), None | Some(']' | '[')) {
            return Ok(());
        }
        self.rest = ahead;
        let high = match self.rest.next() {
            Some('\\') => self.escaped_character()?,
            Some(c) => c,
            None => return Err("unclosed character class".to_owned()),
        };
        if high < low {
            return Err("a range out of order".to_owned());
        }
        self.out.push('-');
        self.literal(high);
        Ok(())
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) -> Outcome {
        let set = match self.rest.peek() {
            None => return Err("a trailing backslash".to_owned()),
            Some('w') => "[a-zA-Z0-9_]",
            Some('W') => "[^a-zA-Z0-9_]",
            Some('d') => "[0-9]",
            Some('D') => "[^0-9]",
            Some('s') => r"[ \t\n\x0B\x0C\r]",
            Some('S') => r"[^ \t\n\x0B\x0C\r]",
            Some('h') => r"[ \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]",
            Some('H') => r"[^ \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]",
            Some('v') => r"[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}]",
            Some('V') => r"[^\n\x0B\x0C\r\x{85}\x{2028}\x{2029}]",
            Some('R') if !in_class => r"(?:\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}])",
            Some('A') if !in_class => r"\A",
            Some('z') if !in_class => r"\z",
            Some('p' | 'P') => return self.property(),
            Some('Q') => {
                self.quoted();
                return Ok(());
            }
            Some(_) => {
                let c = self.escaped_character()?;
                self.literal(c);
                return Ok(());
            }
        };
        self.rest.next();
        self.out.push_str(set);
        Ok(())
    }

    /// `\Q…\E`: every character stands for itself.
    fn quoted(&mut self) {
        self.rest.next();
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.eat('E') {
                return;
            }
            self.literal(c);
        }
    }

    /// `\p{…}` and `\P{…}`.
    fn property(&mut self) -> Outcome {
        let negated = self.rest.next() == Some('P');
        let name = if self.eat('{') {
            let mut name = String::new();
            loop {
                match self.rest.next() {
                    Some('}') => break name,
                    Some(c) => name.push(c),
                    None => return Err("an unclosed property".to_owned()),
                }
            }
        } else {
            self.rest.next().ok_or("an unclosed property")?.to_string()
        };
        let posix = match name.as_str() {
            "Lower" => "a-z",
            "Upper" => "A-Z",
            "ASCII" => r"\x00-\x7F",
            "Alpha" => "a-zA-Z",
            "Digit" => "0-9",
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"!-/:-@\[-`{-~",
            "Graph" => "!-~",
            "Print" => " -~",
            "Blank" => r" \t",
            "Cntrl" => r"\x00-\x1F\x7F",
            "XDigit" => "0-9a-fA-F",
            "Space" => r" \t\n\x0B\x0C\r",
            _ => "",
        };
        if !posix.is_empty() {
            self.out.push_str(if negated { "[^" } else { "[" });
            self.out.push_str(posix);
            self.out.push(']');
            return Ok(());
        }
        let unicode = match name.as_str() {
            "IsAlphabetic" | "IsLetter" => "Alphabetic",
            other => other.strip_prefix("Is").unwrap_or(other),
        };
        let known = matches!(name.as_str(), "IsAlphabetic" | "IsUppercase" | "IsLowercase")
            || (unicode.len() <= 2 && unicode.chars().all(|c| c.is_ascii_alphabetic()))
            || SCRIPTS.contains(&unicode) && name.starts_with("Is");
        if !known {
            return Err(format!("unsupported property `{name}`"));
        }
        let sign = if negated { 'P' } else { 'p' };
        // Writing to a string does not fail.
        let _ = write!(self.out, "\\{sign}{{{unicode}}}");
        Ok(())
    }

    /// The character that an escape stands for, the backslash already read.
    fn escaped_character(&mut self) -> Result<char, String> {
        let c = self.rest.next().ok_or("a trailing backslash")?;
        match c {
            't' => Ok('\t'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            'f' => Ok('\u{c}'),
            'a' => Ok('\u{7}'),
            'e' => Ok('\u{1b}'),
            'u' => self.hexadecimal(4),
            'x' if self.eat('{') => {
                let mut code = 0_u32;
                loop {
                    match self.rest.next() {
                        Some('}') => break,
                        Some(c) => {
                            let digit = c.to_digit(16).ok_or("malformed `\\x{…}`")?;
                            code = code.saturating_mul(16).saturating_add(digit);
                        }
                        None => return Err("malformed `\\x{…}`".to_owned()),
                    }
                }
                char::from_u32(code).ok_or_else(|| "malformed `\\x{…}`".to_owned())
            }
            'x' => self.hexadecimal(2),
            '1'..='9' | 'k' => Err("unsupported back-reference".to_owned()),
            c if c.is_ascii_alphanumeric() => Err(format!("unsupported escape `\\{c}`")),
            c => Ok(c),
        }
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<char, String> {
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.rest.next().and_then(|c| c.to_digit(16));
            code = code * 16 + digit.ok_or("a malformed hexadecimal escape")?;
        }
        char::from_u32(code).ok_or_else(|| "unsupported surrogate escape".to_owned())
    }
}

/// Scripts that `\p{Is…}` may name.
const SCRIPTS: &[&str] = &[
    "Arabic",
    "Armenian",
    "Bengali",
    "Cyrillic",
    "Devanagari",
    "Georgian",
    "Greek",
    "Han",
    "Hangul",
    "Hebrew",
    "Hiragana",
    "Katakana",
    "Latin",
    "Thai",
];
