//! Rules that alert on each event that fulfils one condition: those that are compared.

use std::collections::BTreeSet;

use harness_predicate::plan::{EqlSearch, Plan};
use harness_predicate::{Column, Predicate};
use harness_rule::names::RuleType;
use harness_rule::tree::Loaded;
use harness_text::pattern::Case;
use harness_text::pattern::glob::Glob;
use serde_json::Value;

/// A rule that alerts on each event that fulfils one condition.
pub(super) struct Single<'a> {
    pub(super) at: usize,
    pub(super) loaded: &'a Loaded,
    pub(super) filter: &'a Predicate,
    /// The indices that it reads.
    pub(super) patterns: &'a [String],
    /// The columns of which some event of it has to have one, by the condition's form.
    pub(super) needed: Vec<&'a Column>,
    /// An event that it catches.
    pub(super) event: Option<&'a Value>,
}

/// The condition of a rule that has no other than one on single events.
pub(super) fn single<'a>(loaded: &Loaded, plan: &'a Plan) -> Option<&'a Predicate> {
    let rule = loaded.rule.as_ref()?;
    let alerts = matches!(rule.rule_type, RuleType::Query | RuleType::Eql);
    let hidden = rule.building_block_type.is_some() || rule.is_deprecated();
    let grouped = rule.alert_suppression.is_some();
    if !alerts || hidden || grouped {
        return None;
    }
    let filter = match plan {
        Plan::Filter(filter) => filter,
        Plan::Eql(plan) => match &plan.search {
            EqlSearch::Events(filter) if plan.limits.is_empty() => filter,
            EqlSearch::Events(_) | EqlSearch::Sequence { .. } | EqlSearch::Sample { .. } => {
                return None;
            }
        },
        Plan::Threshold(_) | Plan::NewTerms(_) | Plan::Threat(_) => {
            return None;
        }
    };
    (!super::filter::is_constant(filter)).then_some(filter)
}

/// Columns that an event has to have for a condition to hold.
pub(super) fn needed(filter: &Predicate) -> Vec<&Column> {
    let parts: Vec<&Predicate> = match filter {
        Predicate::And(parts) => parts.iter().collect(),
        other => vec![other],
    };
    let mut found = Vec::new();
    for part in parts {
        match part {
            Predicate::Leaf(leaf) if !leaf.holds_without_values() => found.push(&leaf.column),
            Predicate::Or(choices) => {
                let mut columns = BTreeSet::new();
                let plain = choices.iter().all(|choice| match choice {
                    Predicate::Leaf(leaf) => {
                        columns.insert(&leaf.column);
                        !leaf.holds_without_values()
                    }
                    _ => false,
                });
                if plain && columns.len() == 1 {
                    found.extend(columns);
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a rule reads all the indices that another does.
pub(super) fn reads(wide: &Single<'_>, narrow: &Single<'_>) -> bool {
    let (wide, narrow) = (wide.patterns, narrow.patterns);
    let excludes = wide.iter().chain(narrow).any(|pattern| pattern.starts_with('-'));
    if excludes {
        return wide == narrow;
    }
    narrow.iter().all(|own| {
        wide.iter().any(|other| other == own || Glob::simple(other).matches(own, Case::Sensitive))
    })
}
