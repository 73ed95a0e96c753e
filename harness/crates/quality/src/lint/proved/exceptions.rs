//! Exceptions that can silence nothing, or everything.

use harness_compile::exception::{Compiled, compile};
use harness_compile::{Context, Now};
use harness_model::schema::Schema;
use harness_predicate::plan::Plan;
use harness_predicate::{Part, Predicate};
use harness_rule::exception::{ExceptionTree, Item};
use harness_rule::tree::Loaded;
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

use super::overlap::Proved;
use crate::compare::{Answer, Prover, Values};
use crate::lint::codes::Code;
use crate::lint::model::Finding;
use crate::moment::NOW;

/// The findings about the lists that rules name; `plans` are by rule.
pub(in crate::lint) fn check(
    rules: &[&Loaded],
    plans: &[Proved],
    tree: &ExceptionTree,
    schema: &Schema,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (list, items) in &tree.lists {
        let users: Vec<(&Loaded, &Plan)> = rules
            .iter()
            .zip(plans)
            .filter_map(|(loaded, proved)| {
                let rule = loaded.rule.as_ref()?;
                let names = rule.exceptions_list.iter().any(|own| own.list_id == *list);
                Some((*loaded, proved.plan.as_ref().filter(|_| names)?))
            })
            .collect();
        for item in items {
            found.extend(of_item(item, &users, tree, schema));
        }
    }
    found
}

fn of_item(
    item: &Item,
    users: &[(&Loaded, &Plan)],
    tree: &ExceptionTree,
    schema: &Schema,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut idle = !users.is_empty();
    for (loaded, plan) in users {
        let context = Context { schema, part: Part::File, now: Now::at(NOW) };
        let compiled = compile(item, loaded.rule.as_ref(), tree, context);
        let Ok(Compiled::Applied { condition, words }) = compiled else { return Vec::new() };
        let Some(filter) = events(plan).filter(|_| words.is_empty()) else { return Vec::new() };
        let silenced = silenced(filter, condition, &mut Prover::new(schema));
        idle &= silenced == Silenced::None;
        if silenced == Silenced::All {
            let message =
                format!("exception `{}` silences every event of {}", item.name, loaded.key());
            found.push(finding(Code::TotalException, item, tree, message));
        }
    }
    if idle {
        let message = format!("exception `{}` silences no event of any rule", item.name);
        found.push(finding(Code::IdleException, item, tree, message));
    }
    found
}

/// Which events of a filter an exception silences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silenced {
    /// None that there can be; fields of one value have one.
    None,
    /// All, and there are some.
    All,
    /// Others, as far as is proved.
    Some,
}

fn silenced(filter: &Predicate, condition: Predicate, prover: &mut Prover<'_>) -> Silenced {
    let of = |condition: Predicate| Predicate::and([filter.clone(), condition]);
    let is_none = prover.find(&of(condition.clone()), Values::One) == Answer::Never;
    if is_none {
        return Silenced::None;
    }
    let is_all = prover.is_never(&of(condition.negate())) == Some(true);
    if is_all && prover.is_never(filter) == Some(false) { Silenced::All } else { Silenced::Some }
}

/// The condition on single events of a plan that has one.
fn events(plan: &Plan) -> Option<&Predicate> {
    let filters = plan.filters();
    let own = if matches!(plan, Plan::Threat(_)) { 1 } else { filters.len() };
    (own == 1).then(|| filters.first().copied()).flatten()
}

fn finding(code: Code, item: &Item, tree: &ExceptionTree, message: String) -> Finding {
    let about = code.about();
    let problem = tree.problem(item, Diagnostic::warning(about.name, message, Span::default()));
    Finding {
        code: about.name,
        level: about.level,
        rule: String::new(),
        path: problem.path,
        text: problem.text,
        span: problem.diagnostic.span,
        message: problem.diagnostic.message,
        help: None,
        evidence: None,
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Bench;
    use crate::compare::tests::{events, predicate, schema};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(192))]

        #[test]
        fn what_is_silenced_is_what_brute_force_says(filter in predicate(), condition in predicate()) {
            let schema = schema();
            let silenced = silenced(&filter, condition.clone(), &mut Prover::new(&schema));
            if silenced == Silenced::Some {
                return Ok(());
            }
            let mut leaves = Vec::new();
            filter.leaves(&mut |leaf| leaves.push(leaf));
            condition.leaves(&mut |leaf| leaves.push(leaf));
            let bench = Bench::new(&schema, leaves.into_iter());
            let most = if silenced == Silenced::None { 1 } else { 2 };
            let held = events(most);
            let held = held.iter().filter(|event| bench.holds(&filter, event) == Some(true));
            for event in held {
                let own = bench.holds(&condition, event);
                prop_assert_eq!(own, Some(silenced == Silenced::All), "{}", event);
            }
        }
    }
}
