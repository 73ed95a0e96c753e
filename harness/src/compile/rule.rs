//! A rule and a schema to what it asks of an event.

use serde_json::Value;

use super::{Context, dsl, eql, kql, query_string};
use crate::diagnostic::Diagnostic;
use crate::ir::plan::Plan;
use crate::ir::{Part, Predicate};
use crate::query;
use crate::query::dsl::{Operator, QueryString, parse as parse_dsl};
use crate::rule::model::Rule;
use crate::rule::names::{Language, RuleType};
use crate::schema::Schema;
use crate::span::Span;

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct CompiledRule {
    /// What it asks of events; `None` after an error.
    pub plan: Option<Plan>,
    /// What is wrong, or why the rule cannot be judged, with its place.
    pub diagnostics: Vec<(Part, Diagnostic)>,
}

/// Compiles the query and the filters of a rule; `now` is the time of the run
/// in milliseconds since 1970.
pub fn compile_rule(rule: &Rule, schema: &Schema, now: i64) -> CompiledRule {
    let mut diagnostics: Vec<(Part, Diagnostic)> = Vec::new();
    let query = query(rule, Context { schema, part: Part::Query, now });
    let mut plan = query.map_err(|errors| {
        diagnostics.extend(errors.into_iter().map(|error| (Part::Query, error)));
    });
    for (number, filter) in rule.filters.iter().enumerate() {
        let part = Part::Filter(number);
        match compile_filter(&filter.value, Context { schema, part, now }) {
            Ok(condition) => plan = plan.map(|plan| plan.restrict(&condition)),
            Err(errors) => {
                diagnostics.extend(errors.into_iter().map(|error| (part, error)));
                plan = Err(());
            }
        }
    }
    if plan.is_ok() {
        diagnostics.extend(not_yet(rule.rule_type).map(|reason| (Part::Query, reason)));
    }
    CompiledRule { plan: plan.ok(), diagnostics }
}

/// Why a rule type is not judged.
fn not_yet(rule_type: RuleType) -> Option<Diagnostic> {
    let reason = match rule_type {
        RuleType::Query | RuleType::SavedQuery | RuleType::Eql | RuleType::Esql => return None,
        RuleType::Threshold => "threshold rules count events over time, which is not built yet",
        RuleType::NewTerms => "new_terms rules need a history of events, which is not built yet",
        RuleType::ThreatMatch => "threat_match rules need indicators, which is not built yet",
        RuleType::MachineLearning => "machine_learning rules need the results of anomaly jobs",
    };
    Some(Diagnostic::unsupported("rule-type", reason, Span::default()))
}

fn query(rule: &Rule, context: Context<'_>) -> Result<Plan, Vec<Diagnostic>> {
    let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
    match (rule.rule_type, rule.language) {
        (RuleType::MachineLearning, _) => Ok(Plan::Filter(Predicate::Const(true))),
        (_, Some(Language::Kuery) | None) => {
            let ast = query::kql::parse(text)?;
            dsl::compile(&kql::to_dsl(&ast, context.schema)?, context).map(Plan::Filter)
        }
        (_, Some(Language::Lucene)) => {
            let query = QueryString {
                query: text.to_owned(),
                fields: Vec::new(),
                default_operator: Operator::Or,
                analyze_wildcard: true,
                lenient: false,
            };
            query_string::compile(&query, None, context).map(Plan::Filter)
        }
        (_, Some(Language::Eql)) => {
            let category = rule.eql.event_category.as_deref();
            let options = eql::Options {
                category_field: category.unwrap_or(eql::CATEGORY_FIELD),
                unmapped: context.schema.unmapped,
                ..eql::Options::default()
            };
            eql::compile(&query::eql::parse(text)?, context, &options).map(Plan::Eql)
        }
        (_, Some(Language::Esql)) => {
            let whole = Span::new(0, text.len());
            Err(vec![Diagnostic::unsupported("language", "ES|QL is not judged yet", whole)])
        }
    }
}

/// The query and the filters of a rule, or all that is wrong with them; what
/// the rule type adds is left out.
///
/// # Errors
///
/// What keeps the query or a filter from being compiled.
pub fn compile_base(rule: &Rule, schema: &Schema, now: i64) -> Result<Plan, Vec<Diagnostic>> {
    let compiled = compile_rule(rule, schema, now);
    let found = || compiled.diagnostics.into_iter().map(|(_, found)| found).collect();
    compiled.plan.ok_or_else(found)
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
