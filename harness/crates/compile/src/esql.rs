//! ES|QL to a pipeline: a typed plan, the fields that it reads, and its
//! full-text functions as predicates that the engine answers.

pub mod exact;
mod narrow;
mod sift;
#[cfg(test)]
mod tests;

use serde_json::{Value as Json, json};

use super::{Context, dsl, kql};
use harness_esql::mapping::SchemaFields;
use harness_esql::memory::MemoryField;
use harness_esql::plan::{Plan, PlanOptions, Unknown, plan};
use harness_esql::search::{Search, SearchQuery};
use harness_esql::source::metadata_type;
use harness_esql::value::Value;
use harness_model::schema::Schema;
use harness_predicate::plan::PipelinePlan;
use harness_predicate::{Origin, Predicate};
use harness_query as query;
use harness_query::dsl::{Operator, QueryString, parse as parse_dsl};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use narrow::Narrower;

/// A pipeline that is ready to run on documents.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// What it does.
    pub plan: Plan,
    /// How to read the fields that it reads.
    pub fields: Vec<MemoryField>,
    /// The places of its full-text functions, in the order of
    /// [`PipelinePlan::searches`].
    pub searches: Vec<Span>,
}

impl Pipeline {
    /// What every event fulfils of which a row gets past the leading commands, as far as
    /// conditions on fields can tell; `text` is the query, and `searches` what its full-text
    /// functions ask. It spares work on logs; the rows that it leaves out cannot warn.
    pub fn sift(&self, text: &str, searches: &[Predicate], schema: &Schema) -> Predicate {
        let (plan, places) = (&self.plan, &self.searches[..]);
        sift::sift(text, Narrower { plan, schema, searches, places })
    }
}

/// Compiles a query. `completion` says that answers of a model are at hand,
/// `also` names further fields that will be read.
///
/// # Errors
///
/// All that Elasticsearch's parser and verifier would reject, and what cannot
/// be run offline.
pub fn compile(
    text: &str,
    context: Context<'_>,
    completion: bool,
    also: &[&str],
) -> Result<(PipelinePlan, Pipeline), Vec<Diagnostic>> {
    let query::esql::Reading { query: tree, errors } = query::esql::read(text);
    let Some(tree) = tree else { return Err(errors) };
    let fields = SchemaFields::new(context.schema);
    let options = PlanOptions { fields: &fields, unknown: Unknown::Error, completion };
    // What is wrong with columns and types is told beside what is no command.
    let plan = match (plan(&tree, text, options), errors) {
        (Ok(plan), errors) if errors.is_empty() => plan,
        (planned, mut errors) => {
            errors.extend(planned.err().unwrap_or_default());
            errors.sort_by_key(|error| error.span);
            return Err(errors);
        }
    };
    let names = plan.fields.iter().map(|field| &*field.name).chain(also.iter().copied());
    let mut read: Vec<MemoryField> = names
        .filter(|name| metadata_type(name).is_none())
        .filter_map(|name| fields.memory_field(name))
        .collect();
    read.sort_by(|a, b| a.name.cmp(&b.name));
    read.dedup_by(|a, b| a.name == b.name);
    let mut errors = Vec::new();
    let (mut searches, mut places) = (Vec::new(), Vec::new());
    for call in plan.searches() {
        match search(call, context) {
            Ok(predicate) => {
                searches.push(predicate.at(Origin { part: context.part, span: call.span }));
                places.push(call.span);
            }
            Err(found) => {
                let moved = found.into_iter().map(|error| Diagnostic { span: call.span, ..error });
                errors.extend(moved);
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let commands = std::iter::once(tree.source.to_string())
        .chain(tree.commands.iter().map(ToString::to_string))
        .collect();
    let narrower =
        Narrower { plan: &plan, schema: context.schema, searches: &searches, places: &places };
    let narrow = narrow::narrow(narrower);
    let documents = PipelinePlan { filter: Predicate::Const(true), searches, narrow, commands };
    Ok((documents, Pipeline { plan, fields: read, searches: places }))
}

/// Compiles one full-text function.
fn search(call: &Search, context: Context<'_>) -> Result<Predicate, Vec<Diagnostic>> {
    let known: &[&str] = match &call.query {
        SearchQuery::Kql(_) => &["boost"],
        SearchQuery::QueryString(_) => {
            &["boost", "default_field", "default_operator", "analyze_wildcard", "lenient"]
        }
        // The parser of the DSL knows them.
        SearchQuery::Match { .. }
        | SearchQuery::MatchPhrase { .. }
        | SearchQuery::MultiMatch { .. } => return field(call, context),
    };
    for (name, value) in &call.options {
        let harmless = *value == Value::Bool(false) && name == "case_insensitive";
        if !known.contains(&name.as_str()) && !harmless {
            let message = format!("the option `{name}` of a full-text function");
            return Err(vec![Diagnostic::unsupported("esql-search", message, call.span)]);
        }
    }
    match &call.query {
        SearchQuery::QueryString(text) => {
            let all = call.text_option("default_operator");
            let query = QueryString {
                query: text.clone(),
                fields: call.text_option("default_field").into_iter().map(str::to_owned).collect(),
                default_operator: match all.map(str::to_ascii_lowercase).as_deref() {
                    Some("and") => Operator::And,
                    _ => Operator::Or,
                },
                analyze_wildcard: call.bool_option("analyze_wildcard").unwrap_or(false),
                lenient: call.bool_option("lenient").unwrap_or(false),
            };
            dsl::compile_query_string(&query, Some(call.span), context)
        }
        SearchQuery::Kql(text) => {
            let ast = query::kql::parse(text)?;
            dsl::compile(&kql::to_dsl_in_elasticsearch(&ast, context.schema)?, context)
        }
        SearchQuery::Match { .. }
        | SearchQuery::MatchPhrase { .. }
        | SearchQuery::MultiMatch { .. } => field(call, context),
    }
}

/// `MATCH` and its kin: clauses of the DSL that forgive values of another type.
fn field(call: &Search, context: Context<'_>) -> Result<Predicate, Vec<Diagnostic>> {
    let mut body = serde_json::Map::new();
    let lenient = |body: &mut serde_json::Map<String, Json>| {
        body.insert("lenient".to_owned(), json!(true));
    };
    let (clause, field) = match &call.query {
        SearchQuery::Match { field, value } => {
            body.insert("query".to_owned(), scalar(value));
            lenient(&mut body);
            ("match", Some(field))
        }
        SearchQuery::MatchPhrase { field, phrase } => {
            body.insert("query".to_owned(), json!(phrase));
            ("match_phrase", Some(field))
        }
        SearchQuery::MultiMatch { fields, value } => {
            body.insert("query".to_owned(), scalar(value));
            body.insert("fields".to_owned(), json!(fields));
            lenient(&mut body);
            ("multi_match", None)
        }
        SearchQuery::Kql(_) | SearchQuery::QueryString(_) => return Ok(Predicate::Const(false)),
    };
    body.extend(call.options.iter().map(|(name, value)| (name.clone(), scalar(value))));
    let body = match field {
        Some(field) => json!({ clause: { field.as_str(): body } }),
        None => json!({ clause: body }),
    };
    dsl::compile(&parse_dsl::parse(&body, call.span)?, context)
}

fn scalar(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Long(value) => json!(value),
        Value::ULong(value) => json!(value),
        Value::Double(value) => json!(value),
        Value::Str(text) => json!(text),
        Value::Ip(_) => json!(value.as_ref().text(harness_esql::types::Type::Ip)),
        Value::Point(_) | Value::Amount(_) => Json::Null,
    }
}
