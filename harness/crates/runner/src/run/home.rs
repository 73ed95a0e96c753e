//! Where the events of cases live, which decides on the types of fields that
//! nobody mapped (docs/semantics.md, "Fields without a mapping").

use std::collections::HashMap;

use crate::case::CaseTree;
use harness_model::schema::{Home, Schema};
use harness_rule::model::Rule;
use harness_rule::names::RuleType;
use harness_rule::tree::{Loaded, RuleTree};

/// Takes note of the fields of all fixtures, in the order of rules and cases.
pub fn observe(schema: &mut Schema, rules: &RuleTree, cases: &CaseTree) {
    let homes: HashMap<String, Home> =
        rules.rules.iter().map(|loaded| (loaded.key(), of_loaded(loaded))).collect();
    for (key, cases) in &cases.rules {
        let rule = homes.get(key).copied().unwrap_or_default();
        for event in cases.iter().flat_map(|case| &case.events) {
            let home = event.index.as_deref().map_or(rule, Home::of);
            schema.observe(&event.source, home);
        }
    }
}

fn of_loaded(loaded: &Loaded) -> Home {
    loaded.rule.as_ref().map(of_rule).unwrap_or_default()
}

/// Where the events of a rule live that do not say so.
pub fn of_rule(rule: &Rule) -> Home {
    if rule.rule_type == RuleType::Esql {
        let text = rule.query.as_ref().map_or("", |query| query.text.as_str());
        let source = text.split('|').next().unwrap_or_default();
        let names = source.split(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '`'));
        return Home::of_patterns(names);
    }
    Home::of_patterns(rule.patterns().iter().map(String::as_str))
}
