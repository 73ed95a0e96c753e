//! Uses in KQL.

use harness_query::kql::{self, Ast, Node, Text, Value};
use harness_source::span::Span;
use harness_text::pattern::Case;

use super::model::{Kind, Op, Use};

pub(super) fn uses(text: &str) -> Vec<Use> {
    let Ok(ast) = kql::parse(text) else { return Vec::new() };
    let mut walk = Walk { text, lists: 0, found: Vec::new() };
    walk.node(&ast, false, 0, "");
    walk.found
}

/// Whether a query has free text, or a pattern for fields.
pub(super) fn is_open(text: &str) -> bool {
    let Ok(ast) = kql::parse(text) else { return false };
    let mut open = vec![&ast];
    while let Some(ast) = open.pop() {
        match &ast.node {
            Node::Or(parts) | Node::And(parts) => open.extend(parts),
            Node::Not(inner) => open.push(inner),
            Node::Nested { path: Text::Wildcard(_), .. }
            | Node::Is { field: None | Some(Text::Wildcard(_)), .. }
            | Node::Range { field: Text::Wildcard(_), .. } => return true,
            Node::Nested { query, .. } => open.push(query),
            Node::All | Node::Is { .. } | Node::Range { .. } => {}
        }
    }
    false
}

struct Walk<'a> {
    text: &'a str,
    lists: usize,
    found: Vec<Use>,
}

impl Walk<'_> {
    /// The parser bounds the depth.
    fn node(&mut self, ast: &Ast, negated: bool, list: usize, path: &str) {
        match &ast.node {
            Node::Or(parts) | Node::And(parts) => {
                self.lists += 1;
                let list = self.lists;
                parts.iter().for_each(|part| self.node(part, negated, list, path));
            }
            Node::Not(inner) => self.node(inner, !negated, list, path),
            Node::Nested { path: inner, query } => {
                let path = format!("{path}{}.", plain(inner).0);
                self.node(query, negated, list, &path);
            }
            Node::All | Node::Is { field: None, .. } => {}
            Node::Is { field: Some(field), value } => {
                let name = plain(field).0;
                let span = self.literal(ast.span, &name);
                self.add(&format!("{path}{name}"), None, value, span, negated, list);
            }
            Node::Range { field, value, .. } => {
                let name = plain(field).0;
                let own = ast.span.of(self.text);
                let start = own.rfind(['<', '>', '=']).map_or(0, |at| at + 1);
                let start = start + own[start..].len() - own[start..].trim_start().len();
                let span = Span::new(ast.span.start + start, ast.span.end);
                self.add(&format!("{path}{name}"), Some(Op::Order), value, span, negated, list);
            }
        }
    }

    fn add(
        &mut self,
        field: &str,
        op: Option<Op>,
        value: &Value,
        span: Span,
        negated: bool,
        list: usize,
    ) {
        let (own, kind, value, wild) = match value {
            Value::Null => return,
            Value::Bool(value) => (Op::Bare, Kind::Bool, value.to_string(), false),
            Value::Quoted(text) => (Op::Quoted, Kind::Text, text.clone(), false),
            Value::Unquoted(text) => {
                let (value, wild) = plain(text);
                let kind = if value.parse::<f64>().is_ok() { Kind::Number } else { Kind::Text };
                (Op::Bare, kind, value, wild)
            }
        };
        let (field, op) = (field.to_owned(), op.unwrap_or(own));
        let case = Case::Sensitive;
        self.found.push(Use { field, op, kind, value, wild, span, case, negated, list });
    }

    /// The value of a clause, which may begin with its field.
    fn literal(&self, clause: Span, field: &str) -> Span {
        let own = clause.of(self.text);
        let Some(rest) = own
            .strip_prefix(field)
            .or_else(|| own.strip_prefix('"')?.strip_prefix(field)?.strip_prefix('"'))
        else {
            return clause;
        };
        let Some(value) = rest.trim_start().strip_prefix(':') else { return clause };
        Span::new(clause.end - value.trim_start().len(), clause.end)
    }
}

/// A text with its wildcards as stars, and whether it has any.
fn plain(text: &Text) -> (String, bool) {
    match text {
        Text::Plain(text) => (text.clone(), false),
        Text::Wildcard(parts) => (parts.join("*"), true),
    }
}
