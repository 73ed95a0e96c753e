//! Queries and filters of a rule as conditions on one event.

use harness_model::schema::Schema;
use harness_predicate::{Part, Predicate};
use harness_query as query;
use harness_query::dsl::{Operator, QueryString, parse as parse_dsl};
use harness_rule::located::Located;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use serde_json::Value;

use crate::{Context, Now, dsl, kql};

/// All of these filters; `part` names the n-th.
pub(super) fn conjunction(
    filters: &[Located<Value>],
    part: fn(usize) -> Part,
    schema: &Schema,
    now: Now<'_>,
    found: &mut Findings,
) -> Option<Predicate> {
    let before = found.len();
    let mut conditions = Vec::new();
    for (number, filter) in filters.iter().enumerate() {
        let part = part(number);
        match compile_filter(&filter.value, Context { schema, part, now }) {
            Ok(condition) => conditions.push(condition),
            Err(errors) => found.extend(errors.into_iter().map(|error| (part, error))),
        }
    }
    (found.len() == before).then(|| Predicate::and(conditions))
}

/// What is wrong, and in which part of the rule.
pub(super) type Findings = Vec<(Part, Diagnostic)>;

/// Compiles a query in KQL.
///
/// # Errors
///
/// As Kibana and Elasticsearch have them.
pub fn compile_kql(text: &str, context: Context<'_>) -> Result<Predicate, Vec<Diagnostic>> {
    dsl::compile(&kql::to_dsl(&query::kql::parse(text)?, context.schema)?, context)
}

/// Compiles a query string as rules have them.
///
/// # Errors
///
/// As Elasticsearch has them.
pub fn compile_lucene(text: &str, context: Context<'_>) -> Result<Predicate, Vec<Diagnostic>> {
    let query = QueryString {
        query: text.to_owned(),
        fields: Vec::new(),
        default_operator: Operator::Or,
        analyze_wildcard: true,
        lenient: false,
    };
    dsl::compile_query_string(&query, None, context)
}

/// Compiles one filter (docs/semantics.md, "Rule filters").
pub fn compile_filter(filter: &Value, context: Context<'_>) -> Result<Predicate, Vec<Diagnostic>> {
    let meta = filter.get("meta");
    let flag = |name| meta.and_then(|meta| meta.get(name)).and_then(Value::as_bool) == Some(true);
    if flag("disabled") {
        return Ok(Predicate::Const(true));
    }
    let clause = match filter.get("query") {
        Some(query) => query.clone(),
        None => {
            let mut rest = filter.as_object().cloned().unwrap_or_default();
            rest.retain(|key, _| key != "meta" && key != "$state" && key != "query");
            Value::Object(rest)
        }
    };
    let query = parse_dsl::parse(&clause, Span::default())?;
    let predicate = dsl::compile(&query, context)?;
    Ok(if flag("negate") { predicate.negate() } else { predicate })
}
