//! Query DSL from JSON, as `[[rule.filters]]` and recorded searches hold it.
//!
//! What is not read is refused by name: an unknown clause or parameter is
//! `unsupported`, never ignored.

use serde_json::{Map, Value};

use super::{Bool, Node, Operator, Query, QueryString, Range, Scalar};
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// How deep clauses may nest.
const MAX_DEPTH: usize = limits::DSL_DEPTH.most;

/// Reads one query; every clause gets `span`, the place of the JSON text.
///
/// # Errors
///
/// Everything that is malformed or not supported.
pub fn parse(json: &Value, span: Span) -> Result<Query, Vec<Diagnostic>> {
    let mut parser = Parser { span, depth: 0, errors: Vec::new() };
    let query = parser.query(json);
    if parser.errors.is_empty() { Ok(query) } else { Err(parser.errors) }
}

struct Parser {
    span: Span,
    depth: usize,
    errors: Vec<Diagnostic>,
}

/// The parameters of one clause; what is left at the end is refused.
struct Params<'a> {
    clause: &'a str,
    map: Map<String, Value>,
}

impl Params<'_> {
    fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key)
    }
}

impl Parser {
    fn error(&mut self, message: impl Into<String>) {
        self.errors.push(Diagnostic::error("dsl-syntax", message, self.span));
    }

    fn unsupported(&mut self, message: impl Into<String>) {
        self.errors.push(Diagnostic::unsupported("dsl-unsupported", message, self.span));
    }

    fn query(&mut self, json: &Value) -> Query {
        let node = if self.depth >= MAX_DEPTH {
            self.error(format!("the query nests deeper than {MAX_DEPTH} levels"));
            Node::MatchNone
        } else {
            self.depth += 1;
            let node = self.node(json);
            self.depth -= 1;
            node
        };
        Query { node, span: self.span }
    }

    fn node(&mut self, json: &Value) -> Node {
        let mut entries = json.as_object().into_iter().flatten();
        let (Some((clause, body)), None) = (entries.next(), entries.next()) else {
            self.error(format!("a query is an object with one clause, found {}", excerpt(json)));
            return Node::MatchNone;
        };
        match self.clause(clause, body) {
            Some(node) => node,
            None => Node::MatchNone,
        }
    }

    /// One clause by name; `None` after an error.
    fn clause(&mut self, clause: &str, body: &Value) -> Option<Node> {
        match clause {
            "match_all" => Some(Node::MatchAll),
            "match_none" => Some(Node::MatchNone),
            "bool" => self.bool(body),
            "exists" => {
                let mut params = self.params(clause, body)?;
                let field = self.string(&mut params, "field")?;
                self.finish(&params, Node::Exists { field })
            }
            "ids" => {
                let mut params = self.params(clause, body)?;
                let values = params.take("values").unwrap_or(Value::Null);
                let values = self.scalars(&values)?.iter().map(text).collect();
                self.finish(&params, Node::Ids { values })
            }
            "terms" => self.terms(body),
            "constant_score" => {
                let mut params = self.params(clause, body)?;
                let inner = params.take("filter").unwrap_or(Value::Null);
                let inner = self.query(&inner);
                self.finish(&params, Node::ConstantScore(Box::new(inner)))
            }
            "nested" => {
                let mut params = self.params(clause, body)?;
                let path = self.string(&mut params, "path")?;
                let ignore_unmapped = self.flag(&mut params, "ignore_unmapped")?;
                params.take("score_mode");
                let inner = params.take("query").unwrap_or(Value::Null);
                let query = Box::new(self.query(&inner));
                self.finish(&params, Node::Nested { path, query, ignore_unmapped })
            }
            "query_string" => self.query_string(body),
            "multi_match" => self.multi_match(body),
            "term" | "match" | "match_phrase" | "wildcard" | "prefix" | "regexp" | "fuzzy"
            | "range" => self.field_clause(clause, body),
            other => {
                self.unsupported(format!("the `{other}` query is not supported"));
                None
            }
        }
    }

    /// A clause of the form `{clause: {field: value or parameters}}`.
    fn field_clause(&mut self, clause: &str, body: &Value) -> Option<Node> {
        let mut entries = body.as_object().into_iter().flatten();
        let (Some((field, body)), None) = (entries.next(), entries.next()) else {
            self.error(format!("`{clause}` takes one field, found {}", excerpt(body)));
            return None;
        };
        let field = field.clone();
        let mut params = match body {
            Value::Object(map) => Params { clause, map: map.clone() },
            value => {
                let map = Map::from_iter([(main_key(clause).to_owned(), value.clone())]);
                Params { clause, map }
            }
        };
        params.take("boost");
        params.take("_name");
        if clause == "range" {
            return self.range(field, params);
        }
        if clause == "wildcard"
            && !params.map.contains_key("value")
            && let Some(value) = params.take("wildcard")
        {
            params.map.insert("value".to_owned(), value);
        }
        let value = params.take(main_key(clause));
        let Some(value) = value.as_ref().and_then(|value| self.scalar(value)) else {
            self.error(format!("`{clause}` on `{field}` has no value"));
            return None;
        };
        let node = match clause {
            "term" => {
                let case_insensitive = self.flag(&mut params, "case_insensitive")?;
                Node::Term { field, value, case_insensitive }
            }
            "match" => {
                let operator = self.operator(&mut params, "operator")?;
                let lenient = self.flag(&mut params, "lenient")?;
                Node::Match { field, value, operator, lenient }
            }
            "match_phrase" => {
                let slop = params.take("slop").map_or(Some(0), |slop| slop.as_u64());
                let Some(slop) = slop.and_then(|slop| u32::try_from(slop).ok()) else {
                    self.error("`slop` is not a number of moves");
                    return None;
                };
                Node::MatchPhrase { field, value, slop, lenient: false }
            }
            "fuzzy" => {
                let fuzziness = params.take("fuzziness").map(|value| match value {
                    Value::String(text) => text,
                    other => other.to_string(),
                });
                Node::Fuzzy { field, value, fuzziness }
            }
            "wildcard" | "prefix" | "regexp" => {
                let case_insensitive = self.flag(&mut params, "case_insensitive")?;
                params.take("rewrite");
                let value = text(&value);
                match clause {
                    "wildcard" => Node::Wildcard { field, value, case_insensitive },
                    "prefix" => Node::Prefix { field, value, case_insensitive },
                    _ => {
                        if params.map.get("flags").is_some_and(|flags| flags == "ALL") {
                            params.take("flags");
                        }
                        Node::Regexp { field, value, case_insensitive }
                    }
                }
            }
            other => {
                self.unsupported(format!("the `{other}` query is not supported"));
                return None;
            }
        };
        self.finish(&params, node)
    }

    fn range(&mut self, field: String, mut params: Params<'_>) -> Option<Node> {
        let mut range = Range::default();
        for (key, low, inside) in
            [("gte", true, true), ("gt", true, false), ("lte", false, true), ("lt", false, false)]
        {
            match params.take(key) {
                None | Some(Value::Null) => {}
                Some(value) => {
                    let bound = Some((self.scalar(&value)?, inside));
                    if low {
                        range.low = bound;
                    } else {
                        range.high = bound;
                    }
                }
            }
        }
        range.format = self.optional_string(&mut params, "format")?;
        range.time_zone = self.optional_string(&mut params, "time_zone")?;
        self.finish(&params, Node::Range { field, range })
    }

    fn terms(&mut self, body: &Value) -> Option<Node> {
        let mut params = self.params("terms", body)?;
        params.take("boost");
        let mut entries = params.map.iter();
        let (Some((field, values)), None) = (entries.next(), entries.next()) else {
            self.error(format!("`terms` takes one field, found {}", excerpt(body)));
            return None;
        };
        if values.is_object() {
            self.unsupported("a `terms` lookup in another index is not supported");
            return None;
        }
        let values = self.scalars(values)?;
        Some(Node::Terms { field: field.clone(), values })
    }

    fn bool(&mut self, body: &Value) -> Option<Node> {
        let mut params = self.params("bool", body)?;
        params.take("boost");
        let mut clauses = |key: &str| match params.take(key) {
            None => Vec::new(),
            Some(Value::Array(queries)) => queries.iter().map(|query| self.query(query)).collect(),
            Some(query) => vec![self.query(&query)],
        };
        let mut bool = Bool {
            must: clauses("must"),
            filter: clauses("filter"),
            should: clauses("should"),
            must_not: clauses("must_not"),
            minimum_should_match: None,
        };
        bool.minimum_should_match = params.take("minimum_should_match").map(|value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        });
        self.finish(&params, Node::Bool(bool))
    }

    fn query_string(&mut self, body: &Value) -> Option<Node> {
        let mut params = self.params("query_string", body)?;
        let query = self.string(&mut params, "query")?;
        let mut fields = self.fields(&mut params)?;
        fields.extend(self.optional_string(&mut params, "default_field")?);
        fields.retain(|field| field != "*");
        let default_operator = self.operator(&mut params, "default_operator")?;
        let analyze_wildcard = self.flag(&mut params, "analyze_wildcard")?;
        let lenient = self.flag(&mut params, "lenient")?;
        if let Some(zone) = params.take("time_zone")
            && !matches!(zone.as_str(), Some("UTC" | "Zulu" | "Z" | "+00:00"))
        {
            self.unsupported(format!("time zone {zone} of a query_string is not supported"));
        }
        let node = QueryString { query, fields, default_operator, analyze_wildcard, lenient };
        self.finish(&params, Node::QueryString(node))
    }

    fn multi_match(&mut self, body: &Value) -> Option<Node> {
        let mut params = self.params("multi_match", body)?;
        let value = params.take("query").unwrap_or(Value::Null);
        let value = self.scalar(&value)?;
        let fields = self.fields(&mut params)?;
        let lenient = self.flag(&mut params, "lenient")?;
        let phrase = match self.optional_string(&mut params, "type")?.as_deref() {
            None | Some("best_fields") => false,
            Some("phrase") => true,
            Some(other) => {
                self.unsupported(format!("multi_match of type `{other}` is not supported"));
                return None;
            }
        };
        self.finish(&params, Node::MultiMatch { fields, value, phrase, lenient })
    }

    fn fields(&mut self, params: &mut Params<'_>) -> Option<Vec<String>> {
        match params.take("fields") {
            None => Some(Vec::new()),
            Some(fields) => Some(self.scalars(&fields)?.iter().map(text).collect()),
        }
    }

    fn params<'a>(&mut self, clause: &'a str, body: &Value) -> Option<Params<'a>> {
        match body {
            Value::Object(map) => Some(Params { clause, map: map.clone() }),
            other => {
                self.error(format!("`{clause}` takes an object, found {}", excerpt(other)));
                None
            }
        }
    }

    fn finish(&mut self, params: &Params<'_>, node: Node) -> Option<Node> {
        for key in params.map.keys() {
            self.unsupported(format!("parameter `{key}` of `{}` is not supported", params.clause));
        }
        params.map.is_empty().then_some(node)
    }

    fn string(&mut self, params: &mut Params<'_>, key: &str) -> Option<String> {
        let text = self.optional_string(params, key)?;
        if text.is_none() {
            self.error(format!("`{}` needs `{key}`", params.clause));
        }
        text
    }

    /// `Some(None)` when absent, `None` after an error.
    #[expect(clippy::option_option, reason = "absent and malformed are told apart")]
    fn optional_string(&mut self, params: &mut Params<'_>, key: &str) -> Option<Option<String>> {
        match params.take(key) {
            None => Some(None),
            Some(Value::String(text)) => Some(Some(text)),
            Some(other) => {
                self.error(format!("`{key}` is not a string: {}", excerpt(&other)));
                None
            }
        }
    }

    fn flag(&mut self, params: &mut Params<'_>, key: &str) -> Option<bool> {
        match params.take(key) {
            None => Some(false),
            Some(Value::Bool(value)) => Some(value),
            Some(other) => {
                self.error(format!("`{key}` is not a boolean: {}", excerpt(&other)));
                None
            }
        }
    }

    fn operator(&mut self, params: &mut Params<'_>, key: &str) -> Option<Operator> {
        let name = self.optional_string(params, key)?.map(|name| name.to_ascii_lowercase());
        match name.as_deref() {
            None | Some("or") => Some(Operator::Or),
            Some("and") => Some(Operator::And),
            Some(other) => {
                self.error(format!("`{other}` is not an operator"));
                None
            }
        }
    }

    fn scalars(&mut self, values: &Value) -> Option<Vec<Scalar>> {
        let Some(values) = values.as_array() else {
            self.error(format!("expected a list, found {}", excerpt(values)));
            return None;
        };
        values.iter().map(|value| self.scalar(value)).collect()
    }

    fn scalar(&mut self, value: &Value) -> Option<Scalar> {
        let scalar = match value {
            Value::Bool(value) => Some(Scalar::Bool(*value)),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Some(Scalar::Integer(integer)),
                None => number.as_f64().map(Scalar::Float),
            },
            Value::String(text) => Some(Scalar::String(text.clone())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        if scalar.is_none() {
            self.error(format!("expected a value, found {}", excerpt(value)));
        }
        scalar
    }
}

/// The parameter that the short form of a clause stands for.
fn main_key(clause: &str) -> &'static str {
    match clause {
        "match" | "match_phrase" => "query",
        _ => "value",
    }
}

fn text(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::String(text) => text.clone(),
    }
}

/// JSON short enough for a message.
fn excerpt(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
