//! A rule and a schema to what it asks of an event.

use serde_json::Value;

use super::{Context, dsl, kql, query_string};
use crate::diagnostic::Diagnostic;
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
    /// The condition on one event; `None` after an error.
    pub base: Option<Predicate>,
    /// What is wrong, or why the rule cannot be judged, with its place.
    pub diagnostics: Vec<(Part, Diagnostic)>,
}

/// Compiles the query and the filters of a rule; `now` is the time of the run
/// in milliseconds since 1970.
pub fn compile_rule(rule: &Rule, schema: &Schema, now: i64) -> CompiledRule {
    let mut diagnostics = Vec::new();
    let mut keep = |part: Part, result: Result<Predicate, Vec<Diagnostic>>| match result {
        Ok(predicate) => Some(predicate),
        Err(errors) => {
            diagnostics.extend(errors.into_iter().map(|error| (part, error)));
            None
        }
    };
    let mut parts =
        vec![keep(Part::Query, query(rule, Context { schema, part: Part::Query, now }))];
    for (number, filter) in rule.filters.iter().enumerate() {
        let part = Part::Filter(number);
        parts.push(keep(part, compile_filter(&filter.value, Context { schema, part, now })));
    }
    let base = parts.into_iter().collect::<Option<Vec<_>>>().map(Predicate::and);
    if base.is_some() {
        diagnostics.extend(not_yet(rule.rule_type).map(|reason| (Part::Query, reason)));
    }
    CompiledRule { base, diagnostics }
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

fn query(rule: &Rule, context: Context<'_>) -> Result<Predicate, Vec<Diagnostic>> {
    let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
    let whole = Span::new(0, text.len());
    match (rule.rule_type, rule.language) {
        (RuleType::MachineLearning, _) => Ok(Predicate::Const(true)),
        (_, Some(Language::Kuery) | None) => {
            let ast = query::kql::parse(text)?;
            dsl::compile(&kql::to_dsl(&ast, context.schema)?, context)
        }
        (_, Some(Language::Lucene)) => {
            let query = QueryString {
                query: text.to_owned(),
                fields: Vec::new(),
                default_operator: Operator::Or,
                analyze_wildcard: true,
                lenient: false,
            };
            query_string::compile(&query, None, context)
        }
        (_, Some(Language::Eql)) => {
            Err(vec![Diagnostic::unsupported("language", "EQL is not built yet", whole)])
        }
        (_, Some(Language::Esql)) => {
            Err(vec![Diagnostic::unsupported("language", "ES|QL is not built yet", whole)])
        }
    }
}

/// The condition of a rule on one event, or all that is wrong with it; what the
/// rule type adds is left out.
///
/// # Errors
///
/// What keeps the query or a filter from being compiled.
pub fn compile_base(rule: &Rule, schema: &Schema, now: i64) -> Result<Predicate, Vec<Diagnostic>> {
    let compiled = compile_rule(rule, schema, now);
    let found = || compiled.diagnostics.into_iter().map(|(_, found)| found).collect();
    compiled.base.ok_or_else(found)
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
