//! `[…]`: ranges, nested sets, intersections and POSIX names.

use super::{Escape, Parser};
use crate::regex::RegexError;
use crate::regex::class::Class;
use harness_source::limits;

/// How deep brackets may nest.
const MAX_BRACKETS: usize = limits::JAVA_REGEX_BRACKETS.most;

impl Parser {
    /// The set after an opening bracket, the closing one included.
    pub(super) fn bracket(&mut self) -> Result<Class, RegexError> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Class, RegexError> {
        if depth > MAX_BRACKETS {
            return Err(Self::unsupported("a character class nested so deep"));
        }
        let negated = self.take("^");
        let mut class = Class::default();
        let mut joined: Option<Class> = None;
        let mut first = true;
        loop {
            let Some(c) = self.peek() else {
                return Err(self.syntax("Unclosed character class"));
            };
            if c == ']' && !(first && self.first_bracket_is_literal()) {
                self.at += 1;
                break;
            }
            first = false;
            if self.take("&&") {
                let left = std::mem::take(&mut class);
                joined = Some(joined.map_or(left.clone(), |all| all.intersect(&left)));
                continue;
            }
            if c == '[' {
                if let Some(posix) = self.posix()? {
                    class = class.union(&posix);
                } else {
                    self.at += 1;
                    class = class.union(&self.nested(depth + 1)?);
                }
                continue;
            }
            class = class.union(&self.range()?);
        }
        if let Some(all) = joined {
            class = all.intersect(&class);
        }
        if self.flags.ignore_case {
            class = class.fold_ascii();
        }
        Ok(if negated { class.negate() } else { class })
    }

    /// `[]…]`: Java and Ruby take a bracket that comes first as itself.
    fn first_bracket_is_literal(&self) -> bool {
        self.chars[self.at + 1..].contains(&']')
    }

    fn posix(&mut self) -> Result<Option<Class>, RegexError> {
        if self.java() || !self.take("[:") {
            return Ok(None);
        }
        let negated = self.take("^");
        let mut name = String::new();
        while self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            name.extend(self.next());
        }
        if !self.take(":]") {
            return Err(self.syntax("premature end of char-class"));
        }
        match Class::posix(&name) {
            Some(class) => Ok(Some(if negated { class.negate() } else { class })),
            None => Err(self.syntax("invalid POSIX bracket type")),
        }
    }

    fn range(&mut self) -> Result<Class, RegexError> {
        let low = match self.unit()? {
            Ok(c) => c,
            Err(class) => return Ok(class),
        };
        let dash = self.peek() == Some('-')
            && !matches!(self.chars.get(self.at + 1), None | Some(']' | '['));
        if !dash {
            return Ok(Class::one(low));
        }
        self.at += 1;
        match self.unit()? {
            Ok(high) if low <= high => Ok(Class::new(&[(low.into(), high.into())])),
            Ok(_) => Err(self.syntax("Illegal character range")),
            Err(class) => Ok(class.union(&Class::one(low)).union(&Class::one('-'))),
        }
    }

    /// One character, or the set of an escape.
    fn unit(&mut self) -> Result<Result<char, Class>, RegexError> {
        match self.next() {
            Some('\\') => Ok(match self.escape(true)? {
                Escape::Char(c) => Ok(c),
                Escape::Class(class) => Err(class),
                Escape::Look(_) | Escape::Quote => Err(Class::default()),
            }),
            Some(c) => Ok(Ok(c)),
            None => Err(self.syntax("Unclosed character class")),
        }
    }
}
