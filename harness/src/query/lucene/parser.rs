//! The parser over tokens.

use super::lexer::{Token, tokens, unescape};
use super::{Clause, Group, Name, Node, Occur};
use crate::diagnostic::Diagnostic;
use crate::query::dsl::Operator;
use crate::span::Span;

/// How deep groups may nest.
const MAX_DEPTH: usize = 200;

/// Reads a query string; the default operator decides what clauses without one mean.
///
/// # Errors
///
/// The first place that Lucene's parser refuses.
pub fn parse(text: &str, operator: Operator) -> Result<Group, Vec<Diagnostic>> {
    let parse =
        || {
            let tokens = tokens(text)?;
            let mut parser = Parser { text, tokens, at: 0, depth: 0, operator };
            if parser.tokens.is_empty() {
                return Ok(Group { clauses: Vec::new() });
            }
            let group = parser.group(None)?;
            match parser.peek(0) {
                None => Ok(group),
                Some(_) => Err(parser
                    .unexpected("this parenthesis closes nothing; escape it with a backslash")),
            }
        };
    parse().map_err(|error| vec![error])
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token<'a>, Span)>,
    at: usize,
    depth: usize,
    operator: Operator,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Conjunction {
    None,
    And,
    Or,
}

impl<'a> Parser<'a> {
    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).map(|(token, _)| *token)
    }

    fn span(&self) -> Span {
        let end = Span::new(self.text.len(), self.text.len());
        self.tokens.get(self.at).map_or(end, |(_, span)| *span)
    }

    fn unexpected(&self, help: &str) -> Diagnostic {
        let span = self.span();
        let message = match span.of(self.text) {
            "" => "the query ends where a clause is expected".to_owned(),
            found => format!("found `{found}` where a clause is expected"),
        };
        Diagnostic::error("lucene-syntax", message, span).with_help(help)
    }

    /// Clauses up to a closing parenthesis or the end.
    fn group(&mut self, field: Option<&Name>) -> Result<Group, Diagnostic> {
        let mut clauses: Vec<Clause> = Vec::new();
        loop {
            if let Some(words) = self.multi_term(field)? {
                clauses.push(words);
            } else {
                let conjunction =
                    if clauses.is_empty() { Conjunction::None } else { self.conjunction() };
                let (required, prohibited) = self.modifiers();
                let mut clause = self.clause(field)?;
                self.relax(&mut clauses, conjunction);
                clause.occur = self.occur(conjunction, required, prohibited);
                clauses.push(clause);
            }
            if matches!(self.peek(0), None | Some(Token::Close)) {
                return Ok(Group { clauses });
            }
        }
    }

    fn conjunction(&mut self) -> Conjunction {
        let conjunction = match self.peek(0) {
            Some(Token::And) => Conjunction::And,
            Some(Token::Or) => Conjunction::Or,
            _ => return Conjunction::None,
        };
        self.at += 1;
        conjunction
    }

    fn modifiers(&mut self) -> (bool, bool) {
        let modifiers = match self.peek(0) {
            Some(Token::Plus) => (true, false),
            Some(Token::Minus | Token::Not) => (false, true),
            _ => return (false, false),
        };
        self.at += 1;
        modifiers
    }

    /// A connective changes the clause before it, too.
    fn relax(&self, clauses: &mut [Clause], conjunction: Conjunction) {
        let Some(last) = clauses.last_mut().filter(|last| last.occur != Occur::MustNot) else {
            return;
        };
        match (conjunction, self.operator) {
            (Conjunction::And, _) => last.occur = Occur::Must,
            (Conjunction::Or, Operator::And) => last.occur = Occur::Should,
            (Conjunction::Or, Operator::Or) | (Conjunction::None, _) => {}
        }
    }

    fn occur(&self, conjunction: Conjunction, required: bool, prohibited: bool) -> Occur {
        let must = match self.operator {
            Operator::Or => required || conjunction == Conjunction::And,
            Operator::And => conjunction != Conjunction::Or,
        };
        match (prohibited, must) {
            (true, _) => Occur::MustNot,
            (false, true) => Occur::Must,
            (false, false) => Occur::Should,
        }
    }

    /// Two or more words in a row, which are analyzed together.
    fn multi_term(&mut self, field: Option<&Name>) -> Result<Option<Clause>, Diagnostic> {
        let is_word = |parser: &Self, ahead| {
            matches!(parser.peek(ahead), Some(Token::Term(_)))
                && !matches!(
                    parser.peek(ahead + 1),
                    Some(
                        Token::Colon
                            | Token::Star
                            | Token::Fuzzy(_)
                            | Token::Boost
                            | Token::And
                            | Token::Or
                    )
                )
        };
        if !matches!(self.peek(0), Some(Token::Term(_))) || !is_word(self, 1) {
            return Ok(None);
        }
        if matches!(self.peek(1), Some(Token::Colon)) {
            return Ok(None);
        }
        let mut span = self.span();
        let mut words = Vec::new();
        while let Some(Token::Term(word)) = self.peek(0) {
            if !words.is_empty() && !is_word(self, 0) {
                break;
            }
            words.push(self.unescaped(word)?);
            span = span.to(self.span());
            self.at += 1;
        }
        let occur = match self.operator {
            Operator::Or => Occur::Should,
            Operator::And => Occur::Must,
        };
        let node = Node::Words(words.join(" "));
        Ok(Some(Clause { occur, field: field.cloned(), node, span }))
    }

    fn unescaped(&self, raw: &str) -> Result<String, Diagnostic> {
        unescape(raw).ok_or_else(|| {
            let help = "a Unicode escape is `\\u` and four hexadecimal digits";
            error("the escape is not complete", self.span()).with_help(help)
        })
    }

    fn clause(&mut self, around: Option<&Name>) -> Result<Clause, Diagnostic> {
        let start = self.span();
        let own = match (self.peek(0), self.peek(1)) {
            (Some(Token::Term(name)), Some(Token::Colon)) => Some(self.name(name)?),
            (Some(Token::Star), Some(Token::Colon)) => Some(Name { parts: vec![String::new(); 2] }),
            _ => None,
        };
        if own.is_some() {
            self.at += 2;
        }
        let field = own.as_ref().or(around);
        let node = match self.peek(0) {
            Some(Token::Open) => Node::Group(self.parenthesized(field)?),
            _ => self.term()?,
        };
        let end = self.tokens[..self.at].last().map_or(start, |(_, span)| *span);
        Ok(Clause { occur: Occur::Should, field: field.cloned(), node, span: start.to(end) })
    }

    /// A field name; an escaped star keeps its backslash out of the pattern.
    fn name(&self, raw: &str) -> Result<Name, Diagnostic> {
        // A term holds no bare star, so every star in it was escaped, which
        // Elasticsearch takes as a pattern all the same.
        let text = self.unescaped(raw)?;
        Ok(Name { parts: text.split('*').map(str::to_owned).collect() })
    }

    fn parenthesized(&mut self, field: Option<&Name>) -> Result<Group, Diagnostic> {
        if self.depth >= MAX_DEPTH {
            let message = format!("groups nest deeper than {MAX_DEPTH} levels");
            return Err(error(&message, self.span()));
        }
        self.depth += 1;
        self.at += 1;
        let group = self.group(field)?;
        self.depth -= 1;
        if self.peek(0) != Some(Token::Close) {
            return Err(self.unexpected("close the parenthesis"));
        }
        self.at += 1;
        self.boost();
        Ok(group)
    }

    fn boost(&mut self) {
        if self.peek(0) == Some(Token::Boost) {
            self.at += 1;
        }
    }

    fn term(&mut self) -> Result<Node, Diagnostic> {
        let Some(token) = self.peek(0) else {
            return Err(self.unexpected("a connective needs a clause on both sides"));
        };
        let mut node = match token {
            Token::Term(text) | Token::BareOperator(text) => Node::Words(self.unescaped(text)?),
            Token::Star => Node::Any,
            Token::Prefix(text) => Node::Prefix(self.unescaped(text)?),
            Token::Wildcard(text) => Node::Wildcard(text.to_owned()),
            Token::Regexp(text) => Node::Regexp(text.replace("\\/", "/")),
            Token::Quoted(text) => Node::Phrase { text: self.unescaped(text)?, slop: 0 },
            Token::Range { low, low_inside, high, high_inside } => Node::Range {
                low: self.bound(low, low_inside)?,
                high: self.bound(high, high_inside)?,
            },
            Token::And
            | Token::Or
            | Token::Not
            | Token::Plus
            | Token::Minus
            | Token::Open
            | Token::Close
            | Token::Colon
            | Token::Boost
            | Token::Fuzzy(_) => {
                return Err(self.unexpected("quote or escape it to look for the very text"));
            }
        };
        self.at += 1;
        self.boost();
        if let Some(Token::Fuzzy(number)) = self.peek(0) {
            node = self.fuzzy(node, number)?;
            self.at += 1;
            self.boost();
        }
        Ok(node)
    }

    fn bound(&self, raw: &str, inside: bool) -> Result<Option<(String, bool)>, Diagnostic> {
        let text = match raw.strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"').unwrap_or(quoted),
            None => raw,
        };
        Ok(if text == "*" { None } else { Some((self.unescaped(text)?, inside)) })
    }

    fn fuzzy(&self, node: Node, number: &str) -> Result<Node, Diagnostic> {
        let distance = number.parse::<f32>().ok();
        match node {
            Node::Words(text) => {
                if distance.is_some_and(|distance| distance >= 1.0 && distance.fract() != 0.0) {
                    return Err(error("a distance has no fraction", self.span()));
                }
                Ok(Node::Fuzzy { text, distance })
            }
            Node::Phrase { text, .. } => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "saturates"
                )]
                let slop = distance.unwrap_or(0.0) as u32;
                Ok(Node::Phrase { text, slop })
            }
            // As in Lucene, `~` behind a wildcard or a range changes nothing.
            Node::Prefix(_)
            | Node::Wildcard(_)
            | Node::Any
            | Node::Regexp(_)
            | Node::Range { .. }
            | Node::Fuzzy { .. }
            | Node::Group(_) => Ok(node),
        }
    }
}

fn error(message: &str, span: Span) -> Diagnostic {
    Diagnostic::error("lucene-syntax", message, span)
}
