//! Reads a regular expression, by the letter of Lucene's grammar.
//!
//! Lucene's parser has no reserved characters in operand position: whatever no
//! rule takes is a literal, so `|a`, `*a` and `)` at the start stand for
//! themselves, and so do they here.

use super::ast::{CharSet, Interval, Node};
use super::{Flags, RegexpError, RegexpErrorKind};
use crate::pattern::Case;
use harness_source::limits;
use harness_source::span::Span;

/// The most levels of parentheses, complements and repetitions.
const MAX_DEPTH: usize = limits::REGEXP_DEPTH.most;
/// Lucene's integers.
const MAX_NUMBER: u32 = i32::MAX as u32;

/// A part of the tree, and how many levels it has.
struct Parsed {
    node: Node,
    depth: usize,
}

/// Parses a whole expression.
pub(super) fn parse(source: &str, flags: Flags, case: Case) -> Result<Node, RegexpError> {
    if source.is_empty() {
        return Ok(Node::Text(Vec::new()));
    }
    let mut parser = Parser { source, at: 0, flags, case, open: 0 };
    let parsed = parser.union()?;
    if parser.at < source.len() {
        // Only `)` ends an expression early.
        return Err(parser.error(RegexpErrorKind::UnmatchedParenthesis, parser.at));
    }
    Ok(parsed.node)
}

/// One entry of a class.
enum Member {
    Char(char),
    Range(char, char),
    Set(CharSet),
}

/// Joins two nodes in Lucene's way: text melts into the text next to it, over
/// the edge of one group at most. This shows where an empty text survives: see
/// `quirks`.
fn append(node: Node, next: Node) -> Node {
    match (node, next) {
        (Node::Text(mut text), Node::Text(more)) => {
            text.extend(more);
            Node::Text(text)
        }
        (Node::Concat(mut nodes), next) => {
            match (nodes.last_mut(), next) {
                (Some(Node::Text(text)), Node::Text(more)) => text.extend(more),
                (_, next) => nodes.push(next),
            }
            Node::Concat(nodes)
        }
        (Node::Text(mut text), Node::Concat(mut nodes)) => {
            if let [Node::Text(more), _] = nodes.as_mut_slice() {
                text.append(more);
                nodes[0] = Node::Text(text);
                Node::Concat(nodes)
            } else {
                Node::Concat(vec![Node::Text(text), Node::Concat(nodes)])
            }
        }
        (node, next) => Node::Concat(vec![node, next]),
    }
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    flags: Flags,
    case: Case,
    /// How many parentheses are open.
    open: usize,
}

impl<'a> Parser<'a> {
    fn union(&mut self) -> Result<Parsed, RegexpError> {
        let mut operands = vec![self.intersection()?];
        while self.eat('|') {
            operands.push(self.intersection()?);
        }
        self.group(operands, Node::Union)
    }

    fn intersection(&mut self) -> Result<Parsed, RegexpError> {
        let mut operands = vec![self.concat()?];
        while self.flags.has(Flags::INTERSECTION) && self.eat('&') {
            operands.push(self.concat()?);
        }
        self.group(operands, Node::Intersection)
    }

    fn concat(&mut self) -> Result<Parsed, RegexpError> {
        let first = self.repeat()?;
        if self.ends_concat() {
            return Ok(first);
        }
        let Parsed { mut node, mut depth } = first;
        while !self.ends_concat() {
            let next = self.repeat()?;
            depth = depth.max(next.depth);
            node = append(node, next.node);
        }
        self.level(node, depth)
    }

    fn ends_concat(&self) -> bool {
        match self.peek() {
            None | Some(')' | '|') => true,
            Some(c) => c == '&' && self.flags.has(Flags::INTERSECTION),
        }
    }

    /// One operand as it is, several under one node.
    fn group(
        &self,
        mut operands: Vec<Parsed>,
        make: fn(Vec<Node>) -> Node,
    ) -> Result<Parsed, RegexpError> {
        if operands.len() == 1
            && let Some(only) = operands.pop()
        {
            return Ok(only);
        }
        let depth = operands.iter().map(|operand| operand.depth).max().unwrap_or(0);
        let node = make(operands.into_iter().map(|operand| operand.node).collect());
        self.level(node, depth)
    }

    /// A node above others that have `depth` levels.
    fn level(&self, node: Node, depth: usize) -> Result<Parsed, RegexpError> {
        if depth >= MAX_DEPTH {
            return Err(self.error(RegexpErrorKind::TooDeep, self.at));
        }
        Ok(Parsed { node, depth: depth + 1 })
    }

    fn repeat(&mut self) -> Result<Parsed, RegexpError> {
        let mut operand = self.complement()?;
        loop {
            let (min, max) = if self.eat('?') {
                (0, Some(1))
            } else if self.eat('*') {
                (0, None)
            } else if self.eat('+') {
                (1, None)
            } else if self.eat('{') {
                self.bounds()?
            } else {
                return Ok(operand);
            };
            let Parsed { node, depth } = operand;
            operand = self.level(Node::Repeat { node: Box::new(node), min, max }, depth)?;
        }
    }

    /// The rest of `{n}`, `{n,}` or `{n,m}`.
    fn bounds(&mut self) -> Result<(u32, Option<u32>), RegexpError> {
        let start = self.at - 1;
        let Some(min) = self.number()? else {
            return Err(self.error(RegexpErrorKind::ExpectedNumber, self.at));
        };
        let max = if self.eat(',') { self.number()? } else { Some(min) };
        self.expect('}', start)?;
        if max.is_some_and(|max| max < min) {
            let span = Span::new(start, self.at);
            return Err(RegexpError { kind: RegexpErrorKind::RepetitionOrder, span });
        }
        Ok((min, max))
    }

    fn number(&mut self) -> Result<Option<u32>, RegexpError> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        if start == self.at {
            return Ok(None);
        }
        match self.source[start..self.at].parse::<u32>() {
            Ok(number) if number <= MAX_NUMBER => Ok(Some(number)),
            _ => {
                let span = Span::new(start, self.at);
                Err(RegexpError { kind: RegexpErrorKind::NumberTooLarge, span })
            }
        }
    }

    fn complement(&mut self) -> Result<Parsed, RegexpError> {
        let mut levels = 0;
        while self.flags.has(Flags::COMPLEMENT) && self.eat('~') {
            levels += 1;
            if levels > MAX_DEPTH {
                return Err(self.error(RegexpErrorKind::TooDeep, self.at));
            }
        }
        let mut operand = self.simple()?;
        for _ in 0..levels {
            let Parsed { node, depth } = operand;
            operand = self.level(Node::Complement(Box::new(node)), depth)?;
        }
        Ok(operand)
    }

    fn simple(&mut self) -> Result<Parsed, RegexpError> {
        let start = self.at;
        let node = if self.eat('[') {
            self.class(start)?
        } else if self.eat('.') {
            Node::Class(CharSet::any())
        } else if self.flags.has(Flags::EMPTY) && self.eat('#') {
            Node::Nothing
        } else if self.flags.has(Flags::ANY_STRING) && self.eat('@') {
            Node::AnyString
        } else if self.eat('"') {
            let quoted = self.until('"', start)?;
            Node::Text(quoted.chars().map(|c| self.literal(c)).collect())
        } else if self.eat('(') {
            return self.parenthesis(start);
        } else if (self.flags.has(Flags::AUTOMATON) || self.flags.has(Flags::INTERVAL))
            && self.eat('<')
        {
            self.interval(start)?
        } else if self.eat_escaped_backslash() {
            Node::Text(vec![self.literal('\\')])
        } else if let Some(set) = self.predefined()? {
            Node::Class(set)
        } else {
            let c = self.char()?;
            Node::Text(vec![self.literal(c)])
        };
        self.level(node, 0)
    }

    fn parenthesis(&mut self, start: usize) -> Result<Parsed, RegexpError> {
        if self.eat(')') {
            return self.level(Node::Text(Vec::new()), 0);
        }
        if self.open >= MAX_DEPTH {
            return Err(self.error(RegexpErrorKind::TooDeep, start));
        }
        self.open += 1;
        let inner = self.union()?;
        self.open -= 1;
        self.expect(')', start)?;
        Ok(inner)
    }

    /// The rest of a class, after its `[`.
    fn class(&mut self, start: usize) -> Result<Node, RegexpError> {
        let negated = self.eat('^');
        let mut members = vec![self.member()?];
        while self.peek().is_some_and(|c| c != ']') {
            members.push(self.member()?);
        }
        self.expect(']', start)?;
        if let ([Member::Char(c)], false) = (members.as_slice(), negated) {
            return Ok(Node::Text(vec![self.literal(*c)]));
        }
        let mut ranges = Vec::with_capacity(members.len());
        for member in members {
            match member {
                Member::Char(c) => ranges.extend_from_slice(self.literal(c).ranges()),
                Member::Range(low, high) => ranges.push((u32::from(low), u32::from(high))),
                Member::Set(set) => ranges.extend_from_slice(set.ranges()),
            }
        }
        let set = CharSet::new(ranges);
        Ok(Node::Class(if negated { set.negated() } else { set }))
    }

    /// One character, range or escape of a class. An escaped backslash never
    /// begins a range.
    fn member(&mut self) -> Result<Member, RegexpError> {
        let start = self.at;
        if self.eat_escaped_backslash() {
            return Ok(Member::Char('\\'));
        }
        if let Some(set) = self.predefined()? {
            return Ok(Member::Set(set));
        }
        let from = self.char()?;
        if !self.eat('-') {
            return Ok(Member::Char(from));
        }
        let to = self.char()?;
        if from > to {
            let span = Span::new(start, self.at);
            return Err(RegexpError { kind: RegexpErrorKind::RangeOrder, span });
        }
        Ok(Member::Range(from, to))
    }

    fn eat_escaped_backslash(&mut self) -> bool {
        let found = self.source[self.at..].starts_with(r"\\");
        if found {
            self.at += 2;
        }
        found
    }

    /// An escape that stands for a set. A backslash before any other ASCII
    /// letter is an error; before anything else it is passed over.
    fn predefined(&mut self) -> Result<Option<CharSet>, RegexpError> {
        let start = self.at;
        if !self.eat('\\') {
            return Ok(None);
        }
        let Some(c) = self.peek() else {
            return Ok(None);
        };
        let set = match c {
            'd' | 'D' => CharSet::new(range_set(&[('0', '9')])),
            's' | 'S' => CharSet::new(range_set(&[(' ', ' '), ('\t', '\n'), ('\r', '\r')])),
            'w' | 'W' => CharSet::new(range_set(&[('a', 'z'), ('A', 'Z'), ('_', '_'), ('0', '9')])),
            _ if c.is_ascii_alphabetic() => {
                self.at += 1;
                let span = Span::new(start, self.at);
                return Err(RegexpError { kind: RegexpErrorKind::UnknownEscape(c), span });
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(if c.is_ascii_uppercase() { set.negated() } else { set }))
    }

    /// The rest of `<n-m>`, after its `<`.
    fn interval(&mut self, start: usize) -> Result<Node, RegexpError> {
        let body = self.until('>', start)?;
        let span = Span::new(start, self.at);
        let malformed = || RegexpError { kind: RegexpErrorKind::MalformedInterval, span };
        let Some((low, high)) = body.split_once('-') else {
            let kind = if self.flags.has(Flags::AUTOMATON) {
                RegexpErrorKind::UnknownAutomaton(body.to_owned())
            } else {
                RegexpErrorKind::MalformedInterval
            };
            return Err(RegexpError { kind, span });
        };
        if !self.flags.has(Flags::INTERVAL) {
            return Err(malformed());
        }
        // `u32` reads a leading plus sign, as Java's integers do.
        let bound = |text: &str| text.parse().ok().filter(|&number: &u32| number <= MAX_NUMBER);
        let (from, to) = bound(low).zip(bound(high)).ok_or_else(malformed)?;
        let digits = (low.len() == high.len()).then_some(low.len());
        Ok(Node::Interval(Interval { min: from.min(to), max: from.max(to), digits }))
    }

    /// The characters that a literal matches.
    fn literal(&self, c: char) -> CharSet {
        let range = |c: char| (u32::from(c), u32::from(c));
        match self.case {
            Case::Sensitive => CharSet::new(vec![range(c)]),
            Case::Insensitive => {
                CharSet::new(vec![range(c.to_ascii_lowercase()), range(c.to_ascii_uppercase())])
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.source[self.at..].starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    /// The next character, whatever it is; a backslash before it is passed over.
    fn char(&mut self) -> Result<char, RegexpError> {
        self.eat('\\');
        let Some(c) = self.peek() else {
            return Err(self.error(RegexpErrorKind::UnexpectedEnd, self.at));
        };
        self.at += c.len_utf8();
        Ok(c)
    }

    /// The text up to a delimiter, which is passed over; `start` is where the
    /// opening one stands.
    fn until(&mut self, close: char, start: usize) -> Result<&'a str, RegexpError> {
        let (source, from) = (self.source, self.at);
        let Some(length) = source[from..].find(close) else {
            return Err(self.error(RegexpErrorKind::Expected(close), start));
        };
        self.at = from + length + close.len_utf8();
        Ok(&source[from..from + length])
    }

    fn expect(&mut self, close: char, start: usize) -> Result<(), RegexpError> {
        if self.eat(close) {
            Ok(())
        } else {
            Err(self.error(RegexpErrorKind::Expected(close), start))
        }
    }

    /// An error from `start` to the next character.
    fn error(&self, kind: RegexpErrorKind, start: usize) -> RegexpError {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        RegexpError { kind, span: Span::new(start.min(end), end) }
    }
}

fn range_set(ranges: &[(char, char)]) -> Vec<(u32, u32)> {
    ranges.iter().map(|&(low, high)| (u32::from(low), u32::from(high))).collect()
}
