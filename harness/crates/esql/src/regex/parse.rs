//! Text of a dialect → tree.

mod atomic;
mod brackets;

use super::class::Class;
use super::node::{Look, Node, possessive};
use super::{Dialect, RegexError};
use harness_source::limits;

/// How deep groups may nest.
const MAX_DEPTH: usize = limits::JAVA_REGEX_DEPTH.most;
/// How much of an expression a message quotes, in characters.
const MAX_QUOTED: usize = 1_000;
/// How many repeats one atom may have.
const MAX_REPEATS: usize = limits::JAVA_REGEX_REPEATS.most;
/// The greatest bound of a repeat.
const MAX_REPEAT: u32 = 10_000;
const _: () = assert!(MAX_REPEAT as usize == limits::JAVA_REGEX_COUNT.most, "the table has it");

/// A parsed expression.
pub(super) struct Parsed {
    pub(super) node: Node,
    /// Names and numbers of groups, in order.
    pub(super) names: Vec<(String, usize)>,
    /// How many groups there are, the whole match included.
    pub(super) groups: usize,
}

pub(super) fn parse(source: &str, dialect: Dialect) -> Result<Parsed, RegexError> {
    let chars: Vec<char> = source.chars().collect();
    let names_only = dialect == Dialect::Oniguruma && has_named_group(&chars);
    let mut parser = Parser {
        chars,
        at: 0,
        dialect,
        flags: Flags::default(),
        groups: 1,
        names: Vec::new(),
        names_only,
        depth: 0,
    };
    let node = parser.alternation()?;
    if parser.at < parser.chars.len() {
        return Err(parser.syntax("Unmatched closing ')'"));
    }
    Ok(Parsed { node, names: parser.names, groups: parser.groups })
}

fn has_named_group(chars: &[char]) -> bool {
    chars
        .windows(4)
        .any(|w| w[0] == '(' && w[1] == '?' && w[2] == '<' && w[3] != '=' && w[3] != '!')
}

#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of a pattern, each on its own")]
struct Flags {
    ignore_case: bool,
    dot_all: bool,
    multi_line: bool,
    extended: bool,
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    dialect: Dialect,
    flags: Flags,
    groups: usize,
    names: Vec<(String, usize)>,
    /// Plain groups do not capture.
    names_only: bool,
    depth: usize,
}

/// What a class escape or a literal is.
enum Escape {
    Class(Class),
    Char(char),
    Look(Look),
    Quote,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn take(&mut self, text: &str) -> bool {
        let found = text.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn syntax(&self, message: &str) -> RegexError {
        let at = self.at.min(self.chars.len());
        let long = self.chars.len() > MAX_QUOTED;
        let source: String =
            self.chars.iter().take(MAX_QUOTED).chain(long.then_some(&'…')).collect();
        RegexError::Syntax(format!("{message} near index {at}\n{source}"))
    }

    fn unsupported(what: impl Into<String>) -> RegexError {
        RegexError::Unsupported(what.into())
    }

    fn java(&self) -> bool {
        self.dialect == Dialect::Java
    }

    fn alternation(&mut self) -> Result<Node, RegexError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Self::unsupported("an expression nested so deep"));
        }
        let flags = self.flags;
        let mut branches = vec![self.concatenation()?];
        while self.take("|") {
            branches.push(self.concatenation()?);
        }
        self.flags = flags;
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Alternate(branches) })
    }

    fn concatenation(&mut self) -> Result<Node, RegexError> {
        let mut nodes = Vec::new();
        loop {
            if self.flags.extended {
                self.skip_blanks();
            }
            match self.peek() {
                None | Some('|' | ')') => break,
                Some(_) => {}
            }
            if let Some(quoted) = self.quoted() {
                // A repeat after \Q…\E belongs to its last character.
                let mut literals: Vec<_> = quoted.chars().map(|c| self.literal(c)).collect();
                if let Some(last) = literals.pop() {
                    nodes.extend(literals);
                    nodes.push(self.repeated(last)?);
                }
                continue;
            }
            if let Some(atom) = self.atom()? {
                nodes.push(self.repeated(atom)?);
            }
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Concat(nodes),
        })
    }

    fn skip_blanks(&mut self) {
        while let Some(c) = self.peek() {
            if c == '#' {
                while self.next().is_some_and(|c| c != '\n') {}
            } else if c.is_whitespace() {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// `\Q…\E` of Java.
    fn quoted(&mut self) -> Option<String> {
        if !self.java() || !self.take(r"\Q") {
            return None;
        }
        let mut text = String::new();
        while self.at < self.chars.len() && !self.take(r"\E") {
            text.extend(self.next());
        }
        Some(text)
    }

    fn literal(&self, c: char) -> Node {
        let mut class = Class::one(c);
        if self.flags.ignore_case {
            class = class.fold_ascii();
            if !self.java() {
                let other = c.to_lowercase().chain(c.to_uppercase());
                let ranges: Vec<_> = other.map(|c| (u32::from(c), u32::from(c))).collect();
                class = class.union(&Class::new(&ranges));
            }
        }
        Node::Class(class)
    }

    fn class(&self, class: Class) -> Node {
        Node::Class(if self.flags.ignore_case { class.fold_ascii() } else { class })
    }

    fn atom(&mut self) -> Result<Option<Node>, RegexError> {
        let Some(c) = self.next() else { return Ok(None) };
        Ok(Some(match c {
            '.' => Node::Class(match (self.flags.dot_all, self.dialect) {
                (true, _) => Class::all(),
                (false, Dialect::Java) => Class::of("\n\r\u{85}\u{2028}\u{2029}").negate(),
                (false, Dialect::Oniguruma) => Class::one('\n').negate(),
            }),
            '^' => Node::Look(match (self.dialect, self.flags.multi_line) {
                (Dialect::Oniguruma, _) | (Dialect::Java, true) => Look::LineStart,
                (Dialect::Java, false) => Look::Start,
            }),
            '$' => Node::Look(match (self.dialect, self.flags.multi_line) {
                (Dialect::Oniguruma, _) | (Dialect::Java, true) => Look::LineEnd,
                (Dialect::Java, false) => Look::JavaEnd,
            }),
            '[' => {
                let class = self.bracket()?;
                self.class(class)
            }
            '(' => return self.group(),
            '\\' => match self.escape(false)? {
                Escape::Class(class) => self.class(class),
                Escape::Char(c) => self.literal(c),
                Escape::Look(look) => Node::Look(look),
                Escape::Quote => Node::Empty,
            },
            '*' | '+' | '?' if self.java() => {
                self.at -= 1;
                return Err(self.syntax(&format!("Dangling meta character '{c}'")));
            }
            '*' | '+' | '?' => {
                return Err(self.syntax("target of repeat operator is not specified"));
            }
            '{' if self.java() => return Err(self.syntax("Illegal repetition")),
            other => self.literal(other),
        }))
    }

    /// An atom with what repeats it.
    fn repeated(&mut self, mut node: Node) -> Result<Node, RegexError> {
        for repeats in 0.. {
            if self.flags.extended {
                self.skip_blanks();
            }
            let Some((min, max, braces)) = self.bounds()? else { break };
            if repeats == MAX_REPEATS {
                return Err(Self::unsupported(format!(
                    "more than {MAX_REPEATS} repeats of one part"
                )));
            }
            if max.is_some_and(|max| max < min) {
                return Err(self.syntax("Illegal repetition range"));
            }
            if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT) {
                return Err(Self::unsupported("a repeat of that many"));
            }
            let lazy = self.take("?");
            // In Ruby's syntax a plus after braces repeats once more.
            let is_possessive = !lazy && (self.java() || !braces) && self.take("+");
            node = if is_possessive {
                match node {
                    Node::Class(class) => possessive(&class, min, max),
                    _ => return Err(Self::unsupported("a possessive repeat of a group")),
                }
            } else {
                Node::Repeat { node: Box::new(node), min, max, greedy: !lazy }
            };
        }
        Ok(node)
    }

    /// The bounds of a repeat, and whether they stand in braces.
    fn bounds(&mut self) -> Result<Option<(u32, Option<u32>, bool)>, RegexError> {
        let simple = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => return self.braces(),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some((simple.0, simple.1, false)))
    }

    fn braces(&mut self) -> Result<Option<(u32, Option<u32>, bool)>, RegexError> {
        let start = self.at;
        self.at += 1;
        let min = self.number();
        let comma = self.take(",");
        let max = if comma { self.number() } else { min };
        let closed = self.take("}");
        let valid = closed && (min.is_some() || (!self.java() && comma && max.is_some()));
        if valid {
            let max = if comma { max } else { min };
            return Ok(Some((min.unwrap_or(0), max, true)));
        }
        self.at = start;
        if self.java() { Err(self.syntax("Illegal repetition")) } else { Ok(None) }
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.chars[start..self.at].iter().collect();
        if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u32::MAX)) }
    }

    fn group(&mut self) -> Result<Option<Node>, RegexError> {
        if !self.take("?") {
            if self.names_only {
                return self.body().map(Some);
            }
            return self.capture().map(Some);
        }
        if self.take("#") {
            while self.next().is_some_and(|c| c != ')') {}
            return Ok(None);
        }
        if self.take(":") {
            return self.body().map(Some);
        }
        if self.take(">") {
            let body = self.body()?;
            return match atomic::atomic(&body) {
                Some(node) => Ok(Some(node)),
                None => Err(Self::unsupported("this atomic group")),
            };
        }
        for (mark, ahead, negative) in
            [("=", true, false), ("!", true, true), ("<=", false, false), ("<!", false, true)]
        {
            if self.take(mark) {
                let body = self.body()?;
                let Some(any) = body.sequences(ahead) else {
                    return Err(Self::unsupported("a look-around of no fixed width"));
                };
                return Ok(Some(Node::Around { ahead, negative, any }));
            }
        }
        if self.take("<") || (!self.java() && self.take("'")) {
            let mut name = String::new();
            loop {
                match self.next() {
                    Some('>' | '\'') => break,
                    Some(c) if !self.java() || c.is_ascii_alphanumeric() => name.push(c),
                    _ => return Err(self.syntax("named capturing group is missing trailing '>'")),
                }
            }
            if name.is_empty() {
                return Err(self.syntax("group name is empty"));
            }
            self.names.push((name, self.groups));
            return self.capture().map(Some);
        }
        self.flag_group()
    }

    fn flag_group(&mut self) -> Result<Option<Node>, RegexError> {
        let mut flags = self.flags;
        let mut on = true;
        loop {
            match (self.next(), self.dialect) {
                (Some('-'), _) => on = false,
                (Some('i'), _) => flags.ignore_case = on,
                (Some('x'), _) => flags.extended = on,
                (Some('m'), Dialect::Java) => flags.multi_line = on,
                (Some('s'), Dialect::Java) | (Some('m'), Dialect::Oniguruma) => flags.dot_all = on,
                (Some(c @ ('u' | 'U' | 'd')), Dialect::Java) => {
                    return Err(Self::unsupported(format!("the flag `{c}`")));
                }
                (Some(')'), _) => {
                    self.flags = flags;
                    return Ok(None);
                }
                (Some(':'), _) => {
                    let outer = std::mem::replace(&mut self.flags, flags);
                    let body = self.body();
                    self.flags = outer;
                    return body.map(Some);
                }
                _ => return Err(self.syntax("Unknown inline modifier")),
            }
        }
    }

    fn capture(&mut self) -> Result<Node, RegexError> {
        let index = self.groups;
        self.groups += 1;
        Ok(Node::Capture { index, node: Box::new(self.body()?) })
    }

    fn body(&mut self) -> Result<Node, RegexError> {
        let node = self.alternation()?;
        if self.take(")") { Ok(node) } else { Err(self.syntax("Unclosed group")) }
    }

    /// What follows a backslash.
    fn escape(&mut self, in_bracket: bool) -> Result<Escape, RegexError> {
        let Some(c) = self.next() else {
            return Err(self.syntax("Unexpected internal error"));
        };
        let java = self.java();
        let boundary =
            |java, onig| Escape::Look(if self.dialect == Dialect::Java { java } else { onig });
        Ok(match c {
            'd' => Escape::Class(Class::digits()),
            'D' => Escape::Class(Class::digits().negate()),
            'w' => Escape::Class(Class::word()),
            'W' => Escape::Class(Class::word().negate()),
            's' => Escape::Class(Class::space()),
            'S' => Escape::Class(Class::space().negate()),
            'h' | 'H' => {
                let class = if java {
                    Class::of(" \t\u{A0}\u{1680}\u{180E}\u{202F}\u{205F}\u{3000}")
                        .union(&Class::new(&[(0x2000, 0x200A)]))
                } else {
                    Class::posix("xdigit").unwrap_or_default()
                };
                Escape::Class(if c == 'h' { class } else { class.negate() })
            }
            'v' | 'V' if java => {
                let class = Class::of("\n\u{B}\u{C}\r\u{85}\u{2028}\u{2029}");
                Escape::Class(if c == 'v' { class } else { class.negate() })
            }
            'v' => Escape::Char('\u{B}'),
            't' => Escape::Char('\t'),
            'n' => Escape::Char('\n'),
            'r' => Escape::Char('\r'),
            'f' => Escape::Char('\u{C}'),
            'a' => Escape::Char('\u{7}'),
            'e' => Escape::Char('\u{1B}'),
            'p' | 'P' => {
                let class = self.property()?;
                Escape::Class(if c == 'P' { class.negate() } else { class })
            }
            'x' | 'u' => Escape::Char(self.code_point(c)?),
            '0' => Escape::Char(self.octal()?),
            'b' if in_bracket => Escape::Char('\u{8}'),
            'b' => boundary(Look::AsciiBoundary, Look::UnicodeBoundary),
            'B' if !in_bracket => boundary(Look::NotAsciiBoundary, Look::NotUnicodeBoundary),
            'A' if !in_bracket => Escape::Look(Look::Start),
            'z' if !in_bracket => Escape::Look(Look::End),
            'Z' if !in_bracket => Escape::Look(Look::JavaEnd),
            'E' if java => Escape::Quote,
            '1'..='9' | 'k' => return Err(Self::unsupported("a back-reference")),
            'G' | 'R' | 'X' | 'K' | 'N' | 'c' => {
                return Err(Self::unsupported(format!("the escape `\\{c}`")));
            }
            c if c.is_ascii_alphabetic() && java => {
                return Err(self.syntax("Illegal/unsupported escape sequence"));
            }
            other => Escape::Char(other),
        })
    }

    fn property(&mut self) -> Result<Class, RegexError> {
        let mut name = String::new();
        if self.take("{") {
            while let Some(c) = self.next() {
                if c == '}' {
                    break;
                }
                name.push(c);
            }
        } else {
            name.extend(self.next());
        }
        let (negated, plain) = match name.strip_prefix('^') {
            Some(rest) if !self.java() => (true, rest),
            _ => (false, name.as_str()),
        };
        let short = plain.strip_prefix("Is").unwrap_or(plain).to_ascii_lowercase();
        match Class::posix(&short) {
            Some(class) if self.java() && plain != "Word" => {
                Ok(if negated { class.negate() } else { class })
            }
            _ => Err(Self::unsupported(format!("the property `{name}`"))),
        }
    }

    fn code_point(&mut self, kind: char) -> Result<char, RegexError> {
        let braces = self.take("{");
        let limit = if braces {
            8
        } else if kind == 'u' {
            4
        } else {
            2
        };
        let mut digits = String::new();
        while digits.len() < limit && self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
            digits.extend(self.next());
        }
        if braces && !self.take("}") {
            return Err(self.syntax("Unclosed hexadecimal escape sequence"));
        }
        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        code.ok_or_else(|| self.syntax("Illegal hexadecimal escape sequence"))
    }

    fn octal(&mut self) -> Result<char, RegexError> {
        let mut digits = String::new();
        while digits.len() < 3 && self.peek().is_some_and(|c| ('0'..='7').contains(&c)) {
            digits.extend(self.next());
        }
        if digits.is_empty() && !self.java() {
            return Ok('\0');
        }
        let code = u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32);
        code.ok_or_else(|| self.syntax("Illegal octal escape sequence"))
    }
}
