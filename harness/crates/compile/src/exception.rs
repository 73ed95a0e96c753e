//! Exception items to predicates, by way of the Query DSL as in Kibana
//! (docs/semantics.md, "Exceptions").

use serde_json::{Value, json};

use super::{Context, dsl};
use harness_predicate::Predicate;
use harness_query::dsl::parse as parse_dsl;
use harness_rule::exception::words::Words;
use harness_rule::exception::{Entry, ExceptionTree, Item, Test};
use harness_rule::model::Rule;
use harness_rule::names::RuleType;
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;

/// The most values of a list that Kibana turns into a query.
const MAX_VALUES: usize = limits::LIST_VALUES.most;

/// The most ranges with a dash of a list that Kibana turns into a query.
const MAX_RANGES: usize = limits::LIST_RANGES.most;

/// What Kibana makes of an item in a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Compiled {
    /// The item keeps an event from the rule when all of this holds.
    Applied {
        /// What is asked of the index.
        condition: Predicate,
        /// What is asked of the event itself.
        words: Vec<Words>,
    },
    /// The item has no effect, and why.
    LeftOut(String),
}

/// When an item keeps an event from its rule.
///
/// # Errors
///
/// Clauses that do not fit their fields, and value lists that are not there.
pub fn compile(
    item: &Item,
    rule: Option<&Rule>,
    tree: &ExceptionTree,
    context: Context<'_>,
) -> Result<Compiled, Vec<Diagnostic>> {
    if !rule.is_some_and(looks_up)
        && let Some(reason) = item.entries.iter().find_map(|entry| too_much(entry, tree))
    {
        return Ok(Compiled::LeftOut(reason));
    }
    let mut errors = Vec::new();
    let mut words = Vec::new();
    let mut all = Vec::new();
    for entry in &item.entries {
        match &entry.test {
            Test::List { id, kind } if kind == "text" => match tree.values.get(id) {
                Some(values) => words.push(Words::new(&entry.field, entry.excluded, values)),
                None => errors.push(missing(id, tree)),
            },
            Test::List { .. }
            | Test::Match(_)
            | Test::MatchAny(_)
            | Test::Wildcard(_)
            | Test::Exists
            | Test::Nested(_) => all.extend(clause(entry, "", tree, &mut errors)),
        }
    }
    if !item.os_types.is_empty() {
        let systems = item.os_types.iter().flat_map(|os| {
            ["host.os.type", "host.os.name.caseless"].map(|field| phrase(field, os))
        });
        all.push(any(&systems.collect::<Vec<_>>()));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    if all.is_empty() {
        return Ok(Compiled::Applied { condition: Predicate::Const(true), words });
    }
    let query = parse_dsl::parse(&json!({"bool": {"filter": all}}), Span::default())?;
    Ok(Compiled::Applied { condition: dsl::compile(&query, context)?, words })
}

/// Whether Kibana looks the values of each found event up in the lists that it
/// cannot turn into a query; rules of other types go without them.
fn looks_up(rule: &Rule) -> bool {
    match rule.rule_type {
        RuleType::Query | RuleType::SavedQuery => rule.alert_suppression.is_none(),
        RuleType::MachineLearning | RuleType::ThreatMatch => true,
        RuleType::Eql
        | RuleType::Esql
        | RuleType::Threshold
        | RuleType::NewTerms
        | RuleType::Correlation => false,
    }
}

/// Why Kibana does not turn the value list of an entry into a query.
fn too_much(entry: &Entry, tree: &ExceptionTree) -> Option<String> {
    let Test::List { id, kind } = &entry.test else { return None };
    if !matches!(kind.as_str(), "keyword" | "ip" | "ip_range") {
        return Some(format!("the value list `{id}` is of type `{kind}`"));
    }
    let values = tree.values.get(id)?;
    if values.len() > MAX_VALUES {
        return Some(format!("the value list `{id}` has more than 65,536 values"));
    }
    let ranges = values.iter().filter(|value| value.contains('-')).count();
    let many = kind == "ip_range" && ranges > MAX_RANGES;
    many.then(|| format!("the value list `{id}` has more than 200 ranges with a dash"))
}

fn missing(id: &str, tree: &ExceptionTree) -> Diagnostic {
    let reason = format!("the value list `{id}` is not in {}", tree.value_list(id));
    Diagnostic::unsupported("exception-list", reason, Span::default())
}

/// The clause of an entry whose field stands after `prefix`; `None` after an error.
fn clause(
    entry: &Entry,
    prefix: &str,
    tree: &ExceptionTree,
    errors: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let field = format!("{prefix}{}", entry.field);
    let clause = match &entry.test {
        Test::Match(value) => phrase(&field, value),
        Test::MatchAny(values) => {
            any(&values.iter().map(|value| phrase(&field, value)).collect::<Vec<_>>())
        }
        Test::Wildcard(pattern) => json!({"wildcard": {field: {"value": pattern}}}),
        Test::Exists => json!({"exists": {"field": field}}),
        Test::List { id, kind } => match list(&field, id, kind, tree) {
            Ok(clause) => clause,
            Err(error) => {
                errors.push(error);
                return None;
            }
        },
        Test::Nested(entries) => {
            let within = format!("{field}.");
            let inner: Vec<Value> =
                entries.iter().filter_map(|entry| clause(entry, &within, tree, errors)).collect();
            json!({"nested": {"path": field, "query": {"bool": {"filter": inner}}}})
        }
    };
    Some(if entry.excluded { json!({"bool": {"must_not": [clause]}}) } else { clause })
}

fn phrase(field: &str, value: &str) -> Value {
    json!({"match_phrase": {field: value}})
}

fn any(clauses: &[Value]) -> Value {
    json!({"bool": {"should": clauses, "minimum_should_match": 1}})
}

/// One of the values of a value list.
fn list(field: &str, id: &str, kind: &str, tree: &ExceptionTree) -> Result<Value, Diagnostic> {
    let values = tree.values.get(id).ok_or_else(|| missing(id, tree))?;
    match kind {
        "keyword" | "ip" => Ok(json!({"terms": {field: values}})),
        "ip_range" => {
            let range = |value: &String| match value.split_once('-') {
                Some((low, high)) => json!({"range": {field: {"gte": low, "lte": high}}}),
                None => json!({"term": {field: {"value": value}}}),
            };
            Ok(any(&values.iter().map(range).collect::<Vec<_>>()))
        }
        _ => {
            let reason = format!("the value list `{id}` is of type `{kind}`");
            Err(Diagnostic::unsupported("exception-list", reason, Span::default()))
        }
    }
}
