//! One clause of a query string, over the fields it looks in.

use super::{Expander, Role};
use harness_query::dsl::{Bool, Node, Operator, Query, Range, Scalar};
use harness_query::lucene::{Body, Bound, Distance, Edge, Word};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// The pseudo field whose words are names of fields that have to exist.
const EXISTS: &str = "_exists_";

/// The longest regular expression, in UTF-16 units (`index.max_regex_length`).
const MAX_REGEXP: usize = limits::REGEXP_LENGTH.most;

impl Expander<'_> {
    /// A clause that is no group; `None` when analysis leaves no word of it.
    pub(super) fn leaf(&mut self, body: &Body, field: Option<&str>, span: Span) -> Option<Query> {
        match body {
            Body::Words(words) => self.words(&join(words), field, span),
            Body::Sign(sign) => self.words(&sign.to_string(), field, span),
            Body::Phrase { text, slop } => self.phrase(text, *slop, field, span),
            Body::Fuzzy { text, distance } => Some(self.fuzzy(text, *distance, field, span)),
            Body::Prefix(text) => self.prefix(text, field, span),
            Body::Wildcard(pattern) => Some(self.wildcard(pattern, field, span)),
            Body::Regexp(source) => Some(self.regexp(source, field, span)),
            Body::Range { low, high } => Some(self.range(&bound(low), &bound(high), field, span)),
            Body::Group(clauses) => self.clauses(clauses, field),
        }
    }

    /// Several bare words: over one text field a clause a word, else one clause.
    pub(super) fn several_words(
        &mut self,
        words: &[Word],
        field: Option<&str>,
        span: Span,
    ) -> Vec<Query> {
        let text = join(words);
        let field = field.or(self.default_name);
        if field != Some(EXISTS)
            && one_sided(&text, field).is_none()
            && let [name] = self.targets(field).as_slice()
            && self.fields.role(name) == Role::Text
        {
            return self.one_each(name, &text, span);
        }
        self.words(&text, field, span).into_iter().collect()
    }

    fn one_each(&self, name: &str, text: &str, span: Span) -> Vec<Query> {
        let tokens = self.fields.tokens(name, text).into_iter();
        tokens.map(|token| self.query(term(name, token.text), span)).collect()
    }

    /// Words that are analyzed together.
    fn words(&mut self, text: &str, field: Option<&str>, span: Span) -> Option<Query> {
        if field == Some(EXISTS) {
            return Some(self.exists(text, span));
        }
        if let Some((low, high)) = one_sided(text, field) {
            return Some(self.range(&low, &high, field, span));
        }
        self.over_fields(field, span, |this, name, role| {
            let words = role != Role::Text || !this.fields.tokens(name, text).is_empty();
            words.then(|| Node::Match {
                field: name.to_owned(),
                value: Scalar::String(text.to_owned()),
                operator: this.operator,
                lenient: this.lenient,
            })
        })
    }

    fn phrase(&mut self, text: &str, slop: u32, field: Option<&str>, span: Span) -> Option<Query> {
        if field == Some(EXISTS) {
            return Some(self.exists(text, span));
        }
        self.over_fields(field, span, |this, name, role| {
            let words = role != Role::Text || !this.fields.tokens(name, text).is_empty();
            words.then(|| Node::MatchPhrase {
                field: name.to_owned(),
                value: Scalar::String(text.to_owned()),
                slop,
                lenient: this.lenient,
            })
        })
    }

    fn fuzzy(&mut self, text: &str, distance: Distance, field: Option<&str>, span: Span) -> Query {
        let edits = match (distance, text.chars().count()) {
            (Distance::Edits(edits), _) => edits,
            (Distance::Auto, ..3) => 0,
            (Distance::Auto, 3..6) => 1,
            (Distance::Auto, 6..) => 2,
        };
        self.over_all(field, span, |this, name, role| {
            let (field, fuzziness) = (name.to_owned(), Some(edits.to_string()));
            let value = Scalar::String(this.normalized(name, role, text));
            this.lenient(Node::Fuzzy { field, value, fuzziness }, span)
        })
    }

    fn prefix(&mut self, text: &str, field: Option<&str>, span: Span) -> Option<Query> {
        self.over_fields(field, span, |this, name, role| {
            if role == Role::Text && this.analyze_wildcard {
                let words = this.analyzed_prefix(name, text, span)?;
                return Some(this.lenient(words, span));
            }
            Some(this.lenient(prefix(name, this.normalized(name, role, text)), span))
        })
    }

    /// The words of a term with a trailing wildcard, which the last one takes.
    fn analyzed_prefix(&self, name: &str, text: &str, span: Span) -> Option<Node> {
        let mut tokens = self.fields.tokens(name, text);
        let last = tokens.pop()?;
        let end = prefix(name, last.text);
        if tokens.is_empty() {
            return Some(end);
        }
        let words = tokens.into_iter().map(|token| term(name, token.text));
        let parts = words.chain([end]).map(|node| self.query(node, span)).collect();
        Some(Node::Bool(match self.operator {
            Operator::And => Bool { must: parts, ..Bool::default() },
            Operator::Or => Bool { should: parts, ..Bool::default() },
        }))
    }

    fn wildcard(&mut self, pattern: &str, field: Option<&str>, span: Span) -> Query {
        if pattern == "*" {
            return match field {
                Some("*") => self.query(Node::MatchAll, span),
                Some(name) => self.exists(name, span),
                None => self.over_all(field, span, |_, name, _| exists(name)),
            };
        }
        self.over_all(field, span, |this, name, role| {
            if role == Role::Constant {
                return this.refused("wildcard", name, span);
            }
            let value = match role {
                Role::Text => this.normalized_wildcard(name, pattern),
                Role::Exact | Role::Constant | Role::Unmapped => pattern.to_owned(),
            };
            let field = this.fields.pattern_name(name);
            let node = Node::Wildcard { field, value, case_insensitive: false };
            this.lenient(node, span)
        })
    }

    /// Normalizes what stands between wildcards and escaped characters.
    fn normalized_wildcard(&self, name: &str, pattern: &str) -> String {
        let mut out = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while !rest.is_empty() {
            let literal = rest.find(['\\', '*', '?']).unwrap_or(rest.len());
            if literal > 0 {
                out.push_str(&self.fields.normalize(name, &rest[..literal]));
            }
            let mut special = rest[literal..].chars();
            match special.next() {
                Some('\\') => {
                    out.push('\\');
                    out.extend(special.next());
                }
                other => out.extend(other),
            }
            rest = special.as_str();
        }
        out
    }

    fn regexp(&mut self, source: &str, field: Option<&str>, span: Span) -> Query {
        if source.encode_utf16().count() > MAX_REGEXP {
            let message = format!("regular expressions may have {MAX_REGEXP} characters at most");
            let span = self.query(Node::MatchNone, span).span;
            self.errors.push(Diagnostic::error("regexp-length", message, span));
        }
        self.over_all(field, span, |this, name, role| {
            if role == Role::Constant {
                return this.refused("regexp", name, span);
            }
            let (field, value) = (name.to_owned(), source.to_owned());
            this.lenient(Node::Regexp { field, value, case_insensitive: false }, span)
        })
    }

    fn range(&mut self, low: &End, high: &End, field: Option<&str>, span: Span) -> Query {
        self.over_all(field, span, |this, name, role| {
            let end = |end: &End| {
                let (text, inside) = end.as_ref()?;
                Some((Scalar::String(this.normalized(name, role, text)), *inside))
            };
            let range = Range { low: end(low), high: end(high), ..Range::default() };
            this.lenient(Node::Range { field: name.to_owned(), range }, span)
        })
    }

    /// `_exists_:name`, where the name may be a pattern.
    fn exists(&self, name: &str, span: Span) -> Query {
        if !name.contains('*') {
            return self.query(exists(name), span);
        }
        let fields = self.fields.matching(name);
        let found = fields.iter().map(|name| self.query(exists(name), span)).collect();
        self.any(found, span).unwrap_or_else(|| self.query(exists(name), span))
    }

    /// The fields that a clause looks in: mapped ones, or the one it names.
    fn targets(&self, field: Option<&str>) -> Vec<String> {
        match field {
            None => self.defaults.clone(),
            Some("*") if self.default_name.is_some() => self.defaults.clone(),
            Some("*") => self.fields.searchable(),
            Some(pattern) if pattern.contains('*') => {
                let found = self.fields.matching(pattern);
                // That there is no such field is seen by its name.
                if found.is_empty() { vec![pattern.to_owned()] } else { found }
            }
            Some(name) => vec![name.to_owned()],
        }
    }

    /// A clause over fields; `None` when every field leaves none of its words.
    fn over_fields(
        &mut self,
        field: Option<&str>,
        span: Span,
        mut make: impl FnMut(&mut Self, &str, Role) -> Option<Node>,
    ) -> Option<Query> {
        let targets = self.targets(field);
        if targets.is_empty() {
            return Some(self.query(Node::MatchNone, span));
        }
        let mut queries = Vec::new();
        for name in &targets {
            if let Some(node) = make(self, name, self.fields.role(name)) {
                queries.push(self.query(node, span));
            }
        }
        self.any(queries, span)
    }

    /// A clause over fields that always has something to look for.
    fn over_all(
        &mut self,
        field: Option<&str>,
        span: Span,
        mut make: impl FnMut(&mut Self, &str, Role) -> Node,
    ) -> Query {
        let query = self.over_fields(field, span, |this, name, role| Some(make(this, name, role)));
        query.unwrap_or_else(|| self.query(Node::MatchNone, span))
    }

    /// The best of several: for a verdict, any of them.
    fn any(&self, mut queries: Vec<Query>, span: Span) -> Option<Query> {
        match queries.len() {
            0 | 1 => queries.pop(),
            _ => Some(self.query(Node::Bool(Bool { should: queries, ..Bool::default() }), span)),
        }
    }

    /// A pattern on a field that takes none.
    fn refused(&mut self, clause: &str, name: &str, span: Span) -> Node {
        if !self.lenient {
            let message = format!(
                "a {clause} query needs a keyword, text or wildcard field, and `{name}` is of type \
                 constant_keyword"
            );
            let span = self.query(Node::MatchNone, span).span;
            self.errors.push(Diagnostic::error("value-type", message, span));
        }
        Node::MatchNone
    }

    fn lenient(&self, node: Node, span: Span) -> Node {
        if self.lenient { Node::Lenient(Box::new(self.query(node, span))) } else { node }
    }

    fn normalized(&self, name: &str, role: Role, text: &str) -> String {
        match role {
            Role::Text => self.fields.normalize(name, text),
            Role::Exact | Role::Constant | Role::Unmapped => text.to_owned(),
        }
    }
}

/// A bound and whether it is inside.
type End = Option<(String, bool)>;

fn bound(bound: &Bound) -> End {
    Some((bound.text.clone()?, bound.edge == Edge::Inclusive))
}

/// The words as the analyzer gets them.
fn join(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// `f:>5` and its like: the bounds of a range that is open on one side. Words
/// without a field are no range, unless the default is all fields.
fn one_sided(text: &str, field: Option<&str>) -> Option<(End, End)> {
    field?;
    let (sign, rest) = match text.split_at_checked(1)? {
        (_, "") => return None,
        (sign @ (">" | "<"), rest) => (sign, rest),
        _ => return None,
    };
    let (value, inside) = match rest.strip_prefix('=') {
        Some(value) if !value.is_empty() => (value, true),
        _ => (rest, false),
    };
    let end = (value != "*").then(|| (value.to_owned(), inside));
    Some(if sign == ">" { (end, None) } else { (None, end) })
}

fn term(name: &str, token: String) -> Node {
    let value = Scalar::String(token);
    Node::Term { field: name.to_owned(), value, case_insensitive: false }
}

fn prefix(name: &str, value: String) -> Node {
    Node::Prefix { field: name.to_owned(), value, case_insensitive: false }
}

fn exists(name: &str) -> Node {
    Node::Exists { field: name.to_owned() }
}
