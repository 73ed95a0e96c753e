//! Where a query compares a field with a constant, in one form for all languages.

mod eql;
mod esql;
mod kql;
mod model;

use harness_rule::model::Rule;
use harness_rule::names::Language;

pub(super) use esql::expressions;
pub(super) use model::{Kind, Op, Use};

/// Whether a query asks fields that it does not name: which there are only events tell,
/// so nothing is proved of it.
pub(super) fn is_open(rule: &Rule) -> bool {
    let text = rule.query.as_ref().map_or("", |query| &query.text);
    match rule.language {
        Some(Language::Kuery) => kql::is_open(text),
        // Words without a field are seldom told from the values of one.
        Some(Language::Lucene) => true,
        Some(Language::Eql | Language::Esql) | None => false,
    }
}

/// The uses of a rule's query; none of a query that cannot be read.
pub(super) fn of_rule(rule: &Rule) -> Vec<Use> {
    let Some(query) = &rule.query else { return Vec::new() };
    match rule.language {
        Some(Language::Kuery) => kql::uses(&query.text),
        Some(Language::Eql) => eql::uses(&query.text),
        Some(Language::Esql) => esql::uses(&query.text),
        Some(Language::Lucene) | None => Vec::new(),
    }
}
