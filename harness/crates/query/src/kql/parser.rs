//! The parser: recursive descent over bytes, one pass.

use super::hints;
use super::{Ast, Comparison, Node, Text, Value};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// How deep groups may nest.
pub(super) const MAX_DEPTH: usize = limits::KQL_DEPTH.most;

/// Reads a query.
///
/// # Errors
///
/// The first place that is not KQL, with a hint where the mistake is a usual one.
pub fn parse(text: &str) -> Result<Ast, Vec<Diagnostic>> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    parser.start().map_err(|error| {
        let message =
            format!("expected {}, found {}", error.expected, hints::found(text, error.at));
        let end = error.at + text[error.at..].chars().next().map_or(0, char::len_utf8);
        let span = Span::new(error.at, end);
        let diagnostic = Diagnostic::error("kql-syntax", message, span);
        vec![match error.hint.or_else(|| hints::guess(text, error.at)) {
            Some(hint) => diagnostic.with_help(hint),
            None => diagnostic,
        }]
    })
}

/// Where reading stopped, and what would have gone on.
struct Failure {
    at: usize,
    expected: &'static str,
    hint: Option<String>,
}

type Parsed<T> = Result<T, Failure>;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

/// One literal and where it was.
struct Literal {
    value: Value,
    span: Span,
}

impl<'a> Parser<'a> {
    fn start(&mut self) -> Parsed<Ast> {
        self.spaces();
        if self.rest().is_empty() {
            return Ok(Ast { node: Node::All, span: Span::new(0, 0) });
        }
        let query = self.or()?;
        self.spaces();
        if self.rest().is_empty() {
            Ok(query)
        } else {
            self.fail("`and`, `or` or the end of the query")
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn fail<T>(&self, expected: &'static str) -> Parsed<T> {
        Err(Failure { at: self.at, expected, hint: None })
    }

    fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_space).len();
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Takes `and` or `or` with the spaces that it needs on both sides.
    fn connective(&mut self, word: &str) -> bool {
        match connective(self.rest(), word) {
            Some(length) => {
                self.at += length;
                true
            }
            None => false,
        }
    }

    /// Takes `not` with the spaces that it needs after it.
    fn not_keyword(&mut self) -> bool {
        match keyword(self.rest(), "not") {
            Some(length) => {
                self.at += length;
                true
            }
            None => false,
        }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            let hint = Some(format!("a query may nest {MAX_DEPTH} levels deep"));
            return Err(Failure { at: self.at, expected: "fewer levels", hint });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Operands between connectives of one kind.
    fn list(
        &mut self,
        word: &str,
        node: fn(Vec<Ast>) -> Node,
        operand: &mut dyn FnMut(&mut Self) -> Parsed<Ast>,
    ) -> Parsed<Ast> {
        let first = operand(self)?;
        let mut span = first.span;
        let mut operands = vec![first];
        while self.connective(word) {
            let next = operand(self)?;
            span = span.to(next.span);
            operands.push(next);
        }
        Ok(match operands.pop() {
            Some(only) if operands.is_empty() => only,
            last => {
                operands.extend(last);
                Ast { node: node(operands), span }
            }
        })
    }

    /// `not` and what it negates.
    fn negation(&mut self, operand: &mut dyn FnMut(&mut Self) -> Parsed<Ast>) -> Parsed<Ast> {
        let start = self.at;
        if !self.not_keyword() {
            return operand(self);
        }
        let inner = operand(self)?;
        let span = Span::new(start, inner.span.end);
        Ok(Ast { node: Node::Not(Box::new(inner)), span })
    }

    fn or(&mut self) -> Parsed<Ast> {
        self.list("or", Node::Or, &mut |parser| {
            parser.list("and", Node::And, &mut |parser| parser.negation(&mut Self::primary))
        })
    }

    fn primary(&mut self) -> Parsed<Ast> {
        let start = self.at;
        if self.take("(") {
            return self.group(start);
        }
        let literal = self.literal("a field, a value or a group")?;
        let before_spaces = self.at;
        self.spaces();
        if self.take(":") {
            self.spaces();
            let field = literal.value.into_text();
            if self.take("{") {
                return self.nested(field, start);
            }
            let mut ast = self.values(&field)?;
            if matches!(ast.node, Node::Is { .. }) {
                ast.span.start = start;
            }
            return Ok(ast);
        }
        if let Some(operator) = self.comparison() {
            self.spaces();
            let bound = self.literal("a value")?;
            let field = literal.value.into_text();
            let span = Span::new(start, bound.span.end);
            return Ok(Ast { node: Node::Range { field, operator, value: bound.value }, span });
        }
        self.at = before_spaces;
        Ok(Ast { node: Node::Is { field: None, value: literal.value }, span: literal.span })
    }

    fn group(&mut self, start: usize) -> Parsed<Ast> {
        self.spaces();
        let mut inner = self.deeper(Self::or)?;
        self.spaces();
        if !self.take(")") {
            return self.fail("`and`, `or` or `)`");
        }
        if !matches!(inner.node, Node::Is { .. } | Node::Range { .. }) {
            inner.span = Span::new(start, self.at);
        }
        Ok(inner)
    }

    fn nested(&mut self, path: Text, start: usize) -> Parsed<Ast> {
        self.spaces();
        let query = Box::new(self.deeper(Self::or)?);
        self.spaces();
        if !self.take("}") {
            return self.fail("`and`, `or` or `}`");
        }
        Ok(Ast { node: Node::Nested { path, query }, span: Span::new(start, self.at) })
    }

    /// One value, or a list of values in parentheses.
    fn values(&mut self, field: &Text) -> Parsed<Ast> {
        let start = self.at;
        if !self.take("(") {
            let literal = self.literal("a value")?;
            let node = Node::Is { field: Some(field.clone()), value: literal.value };
            return Ok(Ast { node, span: literal.span });
        }
        self.spaces();
        let mut inner = self.deeper(|parser| {
            parser.list("or", Node::Or, &mut |parser| {
                parser.list("and", Node::And, &mut |parser| {
                    parser.negation(&mut |parser| parser.values(field))
                })
            })
        })?;
        self.spaces();
        if !self.take(")") {
            return self.fail("`and`, `or` or `)`");
        }
        if !matches!(inner.node, Node::Is { .. }) {
            inner.span = Span::new(start, self.at);
        }
        Ok(inner)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ]
        .into_iter()
        .find_map(|(token, operator)| self.take(token).then_some(operator))
    }

    fn literal(&mut self, expected: &'static str) -> Parsed<Literal> {
        if self.rest().starts_with('"') { self.quoted() } else { self.unquoted(expected) }
    }

    fn quoted(&mut self) -> Parsed<Literal> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(special) = rest.find(['"', '\\']) else {
                let hint =
                    Some("close the quote, or write `\\\"` for a quote inside quotes".to_owned());
                return Err(Failure { at: start, expected: "a closing quote", hint });
            };
            text.push_str(&rest[..special]);
            self.at += special;
            if self.take("\"") {
                return Ok(Literal { value: Value::Quoted(text), span: Span::new(start, self.at) });
            }
            let escaped = self.rest()[1..].chars().next();
            match escape(self.rest()) {
                Some((character, length)) => {
                    text.push(character);
                    self.at += length;
                }
                None if matches!(escaped, Some('\\' | '"')) => {
                    text.extend(escaped);
                    self.at += 2;
                }
                None => {
                    text.push('\\');
                    self.at += 1;
                }
            }
        }
    }

    fn unquoted(&mut self, expected: &'static str) -> Parsed<Literal> {
        let start = self.at;
        let mut parts = vec![String::new()];
        loop {
            // A run of spaces belongs to the literal unless a connective follows it.
            let rest = self.rest();
            let run = rest.len() - rest.trim_start_matches(is_space).len();
            if run > 0 {
                let after = &rest[run..];
                if keyword(after, "or").or_else(|| keyword(after, "and")).is_some() {
                    break;
                }
                if let Some(part) = parts.last_mut() {
                    part.push_str(&rest[..run]);
                }
                self.at += run;
            }
            let Some((piece, length)) = unquoted_character(self.rest()) else { break };
            match (piece, parts.last_mut()) {
                (Some(character), Some(part)) => part.push(character),
                (Some(_), None) => {}
                (None, _) => parts.push(String::new()),
            }
            self.at += length;
        }
        if self.at == start {
            return self.fail(expected);
        }
        trim(&mut parts);
        let end = start + self.text[start..self.at].trim_end_matches(is_space).len();
        let value = match parts.as_slice() {
            [only] => match only.as_str() {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                text => Value::Unquoted(Text::Plain(text.to_owned())),
            },
            _ => Value::Unquoted(Text::Wildcard(parts)),
        };
        Ok(Literal { value, span: Span::new(start, end.max(start)) })
    }
}

impl Value {
    /// The value as a field name.
    fn into_text(self) -> Text {
        match self {
            Self::Null => Text::Plain("null".to_owned()),
            Self::Bool(value) => Text::Plain(value.to_string()),
            Self::Quoted(text) => Text::Plain(text),
            Self::Unquoted(text) => text,
        }
    }
}

/// What separates words: not all of Unicode's white space.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{a0}')
}

/// White space as JavaScript's `trim` takes it off.
pub(super) fn is_trimmed(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

fn trim(parts: &mut [String]) {
    if let Some(first) = parts.first_mut() {
        *first = first.trim_start_matches(is_trimmed).to_owned();
    }
    if let Some(last) = parts.last_mut() {
        last.truncate(last.trim_end_matches(is_trimmed).len());
    }
}

/// Length of `word` with at least one space after it, in any case.
fn keyword(text: &str, word: &str) -> Option<usize> {
    let head = text.as_bytes().get(..word.len())?;
    if !head.eq_ignore_ascii_case(word.as_bytes()) {
        return None;
    }
    let rest = &text[word.len()..];
    let spaces = rest.len() - rest.trim_start_matches(is_space).len();
    (spaces > 0).then_some(word.len() + spaces)
}

/// Length of ` word ` with at least one space on both sides.
fn connective(text: &str, word: &str) -> Option<usize> {
    let trimmed = text.trim_start_matches(is_space);
    let spaces = text.len() - trimmed.len();
    if spaces == 0 {
        return None;
    }
    keyword(trimmed, word).map(|length| spaces + length)
}

fn is_special(c: char) -> bool {
    matches!(c, '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}')
}

/// `\t`, `\r`, `\n` and `\uXXXX`: the character and the length of the escape.
fn escape(text: &str) -> Option<(char, usize)> {
    let escape = text.strip_prefix('\\')?;
    match escape.as_bytes().first()? {
        b't' => Some(('\t', 2)),
        b'r' => Some(('\r', 2)),
        b'n' => Some(('\n', 2)),
        _ => unicode(escape),
    }
}

fn unicode(escape: &str) -> Option<(char, usize)> {
    let digits = escape.strip_prefix('u')?.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let unit = u16::from_str_radix(digits, 16).ok()?;
    // A lone surrogate is no character; Elasticsearch would replace it too.
    Some((char::from_u32(unit.into()).unwrap_or('\u{fffd}'), 6))
}

/// The next character of an unquoted literal (`None` for a wildcard) and its
/// length in the text; nothing where the literal ends.
fn unquoted_character(text: &str) -> Option<(Option<char>, usize)> {
    let first = text.chars().next()?;
    if first == '\\' {
        let escaped = text[1..].chars().next();
        return match (escaped, escape(text)) {
            (Some('t' | 'r' | 'n'), Some((character, length))) => Some((Some(character), length)),
            (Some(c), _) if is_special(c) => Some((Some(c), 1 + c.len_utf8())),
            (_, Some((character, length))) => Some((Some(character), length)),
            // `\and`, `\or` and `\not` stand for the words; their letters follow.
            (Some(c), None) if is_escaped_keyword(&text[1..]) => Some((Some(c), 1 + c.len_utf8())),
            (_, None) => None,
        };
    }
    if first == '*' {
        return Some((None, 1));
    }
    let ends = is_special(first) || keyword(text, "not").is_some();
    (!ends).then_some((Some(first), first.len_utf8()))
}

fn is_escaped_keyword(text: &str) -> bool {
    ["or", "and", "not"].iter().any(|word| {
        text.as_bytes()
            .get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
    })
}
