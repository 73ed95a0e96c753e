//! KQL to Query DSL, as Kibana compiles it (docs/semantics.md, "KQL on fields").

use std::sync::Arc;

use harness_model::schema::{Field, FieldType, Schema};
use harness_query::dsl::{Bool, Node as Dsl, Operator, Query, QueryString, Range, Scalar};
use harness_query::kql::{Ast, Comparison, Node, Text, Value};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_text::pattern::glob::{Glob, GlobPart};

/// Compiles a query.
///
/// # Errors
///
/// What Kibana rejects on this schema: `null` as a value, nested fields outside
/// their braces and other fields inside.
pub fn to_dsl(ast: &Ast, schema: &Schema) -> Result<Query, Vec<Diagnostic>> {
    build(ast, schema, Dialect::Kibana)
}

/// Compiles a query as Elasticsearch's own `kql` query does, which ES|QL calls:
/// a clause on a field that lies in other nested objects matches nothing.
///
/// # Errors
///
/// What Kibana rejects as well: `null` as a value.
pub fn to_dsl_in_elasticsearch(ast: &Ast, schema: &Schema) -> Result<Query, Vec<Diagnostic>> {
    build(ast, schema, Dialect::Elasticsearch)
}

/// Who compiles: they differ in what they know of fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Knows the families of types that field capabilities tell, and refuses a
    /// clause on a field in other nested objects.
    Kibana,
    /// Knows the types themselves; such a clause matches nothing.
    Elasticsearch,
}

impl Dialect {
    /// Whether patterns on the field are compared with whole values.
    fn is_keyword(self, ty: Option<&FieldType>) -> bool {
        match ty {
            Some(FieldType::Keyword { .. }) => true,
            Some(FieldType::Wildcard { .. } | FieldType::ConstantKeyword { .. }) => {
                self == Self::Kibana
            }
            Some(_) | None => false,
        }
    }
}

fn build(ast: &Ast, schema: &Schema, dialect: Dialect) -> Result<Query, Vec<Diagnostic>> {
    let mut compiler = Compiler { schema, dialect, errors: Vec::new() };
    let query = compiler.query(ast, None);
    if compiler.errors.is_empty() { Ok(query) } else { Err(compiler.errors) }
}

struct Compiler<'a> {
    schema: &'a Schema,
    dialect: Dialect,
    errors: Vec<Diagnostic>,
}

/// A field that a clause goes to.
struct Target {
    name: String,
    field: Option<Arc<Field>>,
}

impl Target {
    fn ty(&self) -> Option<&FieldType> {
        self.field.as_ref().map(|field| &field.ty)
    }

    fn nested(&self) -> Option<&Arc<str>> {
        self.field.as_ref()?.nested.as_ref()
    }

    /// Whether it lies in other nested objects than those around the clause.
    fn strays(&self, around: Option<&str>) -> bool {
        self.field.is_some() && self.nested().map(|path| &**path) != around
    }
}

impl Compiler<'_> {
    fn query(&mut self, ast: &Ast, nested: Option<&str>) -> Query {
        let span = ast.span;
        let node = match &ast.node {
            Node::All => Dsl::MatchAll,
            Node::Or(parts) => any(parts.iter().map(|part| self.query(part, nested)).collect()),
            Node::And(parts) => {
                let filter = parts.iter().map(|part| self.query(part, nested)).collect();
                Dsl::Bool(Bool { filter, ..Bool::default() })
            }
            Node::Not(inner) => {
                let must_not = vec![self.query(inner, nested)];
                Dsl::Bool(Bool { must_not, ..Bool::default() })
            }
            Node::Nested { path, query } => {
                let path = full_name(path, nested);
                let query = Box::new(self.query(query, Some(&path)));
                Dsl::Nested { path, query, ignore_unmapped: false }
            }
            Node::Is { field: None, value } => self.free_text(value, span),
            Node::Is { field: Some(field), value } => self.is(field, value, nested, span),
            Node::Range { field, operator, value } => {
                self.range(field, *operator, value, nested, span)
            }
        };
        Query { node, span }
    }

    fn null(&mut self, span: Span) -> Dsl {
        let help = "use `not field:*` for events without the field";
        let error = Diagnostic::error("kql-null", "`null` cannot be used as a value", span);
        self.errors.push(error.with_help(help));
        Dsl::MatchNone
    }

    fn free_text(&mut self, value: &Value, span: Span) -> Dsl {
        let (value, phrase) = match value {
            Value::Null => return self.null(span),
            Value::Unquoted(Text::Wildcard(parts)) => {
                return Dsl::QueryString(query_string(parts, Vec::new()));
            }
            Value::Unquoted(Text::Plain(text)) => (Scalar::String(text.clone()), false),
            Value::Bool(value) => (Scalar::Bool(*value), false),
            Value::Quoted(text) => (Scalar::String(text.clone()), true),
        };
        Dsl::MultiMatch { fields: Vec::new(), value, phrase, lenient: true }
    }

    fn is(&mut self, field: &Text, value: &Value, nested: Option<&str>, span: Span) -> Dsl {
        if *value == Value::Null {
            return self.null(span);
        }
        let exists = is_star(value);
        if exists && nested.is_none() && matches!(field, Text::Wildcard(parts) if all_empty(parts))
        {
            return Dsl::MatchAll;
        }
        let targets = self.targets(field, nested, span);
        let clauses = targets.into_iter().map(|target| {
            let clause = if exists {
                Dsl::Exists { field: target.name.clone() }
            } else {
                is_clause(&target, value, self.dialect)
            };
            wrap(field, &target, Query { node: clause, span }, nested)
        });
        any(clauses.collect())
    }

    fn range(
        &mut self,
        field: &Text,
        operator: Comparison,
        value: &Value,
        nested: Option<&str>,
        span: Span,
    ) -> Dsl {
        let value = match value {
            Value::Null => return self.null(span),
            Value::Bool(value) => Scalar::Bool(*value),
            Value::Quoted(text) | Value::Unquoted(Text::Plain(text)) => {
                Scalar::String(text.clone())
            }
            Value::Unquoted(Text::Wildcard(parts)) => Scalar::String(parts.join("*")),
        };
        let (low, high) = match operator {
            Comparison::Less => (None, Some((value, false))),
            Comparison::AtMost => (None, Some((value, true))),
            Comparison::Greater => (Some((value, false)), None),
            Comparison::AtLeast => (Some((value, true)), None),
        };
        let targets = self.targets(field, nested, span);
        let clauses = targets.into_iter().map(|target| {
            let time_zone = is_date(&target).then(|| "Zulu".to_owned());
            let range = Range { low: low.clone(), high: high.clone(), format: None, time_zone };
            let node = Dsl::Range { field: target.name.clone(), range };
            wrap(field, &target, Query { node, span }, nested)
        });
        any(clauses.collect())
    }

    /// The fields that a name or a pattern stands for; a name that is not
    /// mapped, or a pattern that matches none, passes through.
    fn targets(&mut self, field: &Text, nested: Option<&str>, span: Span) -> Vec<Target> {
        let name = full_name(field, nested);
        let names: Vec<String> = match field {
            Text::Plain(_) => vec![name.clone()],
            Text::Wildcard(_) => {
                let parts = pattern(field, nested);
                let names = self.schema.matching(&parts);
                names.iter().map(ToString::to_string).collect()
            }
        };
        let mut targets: Vec<Target> = names
            .into_iter()
            .map(|name| Target { field: self.schema.field(&name), name })
            .filter(|target| {
                matches!(field, Text::Plain(_)) || target.ty().is_some_and(|ty| ty.kind().is_some())
            })
            .collect();
        if targets.is_empty() {
            targets.push(Target { name, field: None });
        }
        let plain = nested.is_some() || matches!(field, Text::Plain(_));
        if plain && self.dialect == Dialect::Elasticsearch {
            // A field without a type matches nothing.
            for target in targets.iter_mut().filter(|target| target.strays(nested)) {
                target.field = None;
            }
        } else if plain {
            targets.iter().for_each(|target| self.check_nested(target, nested, span));
        }
        targets
    }

    fn check_nested(&mut self, target: &Target, around: Option<&str>, span: Span) {
        if target.field.is_none() {
            return;
        }
        let name = &target.name;
        let message = match (target.nested().map(|path| &**path), around) {
            (inside, around) if inside == around => return,
            (None, Some(around)) => {
                format!("`{name}` is no field of the nested objects in `{around}`")
            }
            (Some(inside), None) => {
                format!(
                    "`{name}` lies in the nested objects of `{inside}`: write `{inside}:{{ … }}`"
                )
            }
            (Some(inside), Some(around)) => {
                format!("`{name}` lies in the nested objects of `{inside}`, not of `{around}`")
            }
            (None, None) => return,
        };
        self.errors.push(Diagnostic::error("kql-nested", message, span));
    }
}

/// A field pattern outside braces may reach into nested objects.
fn wrap(field: &Text, target: &Target, query: Query, around: Option<&str>) -> Query {
    let Some(path) = target.nested() else { return query };
    if around.is_some() || matches!(field, Text::Plain(_)) {
        return query;
    }
    let span = query.span;
    let path = path.to_string();
    Query { node: Dsl::Nested { path, query: Box::new(query), ignore_unmapped: false }, span }
}

fn is_clause(target: &Target, value: &Value, dialect: Dialect) -> Dsl {
    let field = target.name.clone();
    let keyword = dialect.is_keyword(target.ty());
    let (value, quoted) = match value {
        Value::Unquoted(Text::Wildcard(parts)) if keyword => {
            let value = escaped(parts);
            return Dsl::Wildcard { field, value, case_insensitive: false };
        }
        Value::Unquoted(Text::Wildcard(parts)) => {
            return Dsl::QueryString(query_string(parts, vec![field]));
        }
        Value::Unquoted(Text::Plain(text)) => (Scalar::String(text.clone()), false),
        Value::Quoted(text) => (Scalar::String(text.clone()), true),
        Value::Bool(value) => (Scalar::Bool(*value), false),
        // Refused before.
        Value::Null => return Dsl::MatchNone,
    };
    if is_date(target) {
        let bound = Some((value, true));
        let time_zone = Some("Zulu".to_owned());
        let range = Range { low: bound.clone(), high: bound, format: None, time_zone };
        return Dsl::Range { field, range };
    }
    if keyword {
        return Dsl::Term { field, value, case_insensitive: false };
    }
    if quoted {
        Dsl::MatchPhrase { field, value, slop: 0, lenient: false }
    } else {
        Dsl::Match { field, value, operator: Operator::Or, lenient: false }
    }
}

fn is_date(target: &Target) -> bool {
    matches!(target.ty(), Some(FieldType::Date { .. }))
}

fn any(should: Vec<Query>) -> Dsl {
    Dsl::Bool(Bool { should, minimum_should_match: Some("1".to_owned()), ..Bool::default() })
}

fn is_star(value: &Value) -> bool {
    matches!(value, Value::Unquoted(Text::Wildcard(parts)) if all_empty(parts))
}

/// Whether the text is exactly one star.
fn all_empty(parts: &[String]) -> bool {
    parts.len() == 2 && parts.iter().all(String::is_empty)
}

fn full_name(field: &Text, nested: Option<&str>) -> String {
    let name = match field {
        Text::Plain(name) => name.clone(),
        Text::Wildcard(parts) => parts.join("*"),
    };
    nested.map_or(name.clone(), |path| format!("{path}.{name}"))
}

/// A field pattern with the path of the nested field around it.
fn pattern(field: &Text, nested: Option<&str>) -> Glob {
    let texts: &[String] = match field {
        Text::Plain(name) => std::slice::from_ref(name),
        Text::Wildcard(parts) => parts,
    };
    let mut parts =
        vec![GlobPart::Literal(nested.map_or(String::new(), |path| format!("{path}.")))];
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            parts.push(GlobPart::Many);
        }
        parts.push(GlobPart::Literal(text.clone()));
    }
    Glob::from_parts(parts)
}

fn query_string(parts: &[String], fields: Vec<String>) -> QueryString {
    QueryString {
        query: escaped(parts),
        fields,
        default_operator: Operator::Or,
        analyze_wildcard: false,
        lenient: false,
    }
}

/// Texts around stars with all that a query string reserves escaped, but not
/// white space: on fields that are no keywords, words apart are alternatives.
fn escaped(parts: &[String]) -> String {
    let reserved = |c: char| {
        ('+'..='=').contains(&c)
            || matches!(
                c,
                '&' | '|'
                    | '>'
                    | '!'
                    | '('
                    | ')'
                    | '{'
                    | '}'
                    | '['
                    | ']'
                    | '^'
                    | '"'
                    | '~'
                    | '*'
                    | '?'
                    | '\\'
            )
    };
    let escape = |part: &String| {
        let mut text = String::with_capacity(part.len());
        for c in part.chars() {
            if reserved(c) {
                text.push('\\');
            }
            text.push(c);
        }
        text
    };
    parts.iter().map(escape).collect::<Vec<_>>().join("*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness_query::kql::parse;

    #[test]
    fn nested_fields_stay_in_their_braces() {
        let mut schema = Schema::default();
        let inside = Field { nested: Some("n".into()), ..Field::plain("n.a", FieldType::KEYWORD) };
        schema.insert(inside);
        schema.insert(Field::plain("n", FieldType::Nested));
        schema.insert(Field::plain("b", FieldType::KEYWORD));
        let error = |query: &str| {
            let ast = parse(query).expect("KQL");
            to_dsl(&ast, &schema).err().map(|errors| errors[0].message.clone())
        };
        assert_eq!(error("n:{ a:x }"), None);
        assert_eq!(error("*a:x"), None);
        assert_eq!(error("unknown:x"), None);
        assert!(error("n.a:x").is_some_and(|message| message.contains("write `n:{ … }`")));
        assert!(error("a:null").is_some_and(|message| message.contains("null")));
    }
}
