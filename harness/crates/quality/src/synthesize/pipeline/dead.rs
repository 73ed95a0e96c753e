//! What no case of a pipeline can show, by proof.

use std::collections::BTreeSet;

use super::judge::Judge;
use crate::clause::esql_tests::tests;
use crate::clause::esql_text::{self, Mark, edited};
use crate::mutate::pipeline::proof::{conjuncts, is_equivalent};
use crate::synthesize::model::Dead;
use harness_esql::expr::{Node, Register, Typed};
use harness_esql::fold::fold_value;
use harness_esql::plan::{AggregateKind, Grouping, Plan, StepKind};
use harness_query::esql::ast::CompareOp;
use harness_source::span::Span;

/// The clauses that no case shows, and of which it is proved that none can.
pub(super) fn proved(judge: &Judge<'_>, known: &[bool]) -> Vec<Dead> {
    let Some(pipeline) = judge.program.pipeline() else { return Vec::new() };
    let is_open = |at: usize| !known.get(at).copied().unwrap_or(true);
    let (steps, text) = (pipeline.plan.all_steps(), judge.flow.text());
    let keys: Vec<Span> = esql_text::keys(text).into_iter().map(|key| key.span).collect();
    // Clauses are numbered by their places, with the keys of groups among them.
    let mut places: Vec<Span> =
        steps.iter().flat_map(|placed| tests(placed.step)).map(|test| test.span).collect();
    places.extend(&keys);
    places.sort_unstable();
    let clause = |span: Span| places.iter().position(|own| *own == span);
    // Alerts may be suppressed by any column.
    let is_free = judge.flow.rule().alert_suppression.is_none();
    let mut found = Vec::new();
    for (place, (at, number, holds)) in judge.shows.iter().enumerate() {
        if !is_open(judge.first_show() + place) {
            continue;
        }
        let all = steps.get(*at).map(|placed| tests(placed.step)).unwrap_or_default();
        let Some(test) = all.get(*number) else { continue };
        let (Some(_), Some(clause)) = (test.leaf, clause(test.span)) else { continue };
        let without = || {
            // Where it never matters that it holds, it may as well never hold.
            let never = if *holds { "false" } else { "true" };
            let without = judge.flow.program(&edited(text, &[Mark::new(test.span, never)]));
            without.is_ok_and(|without| is_equivalent(judge.program, &without))
        };
        let reason = if is_free && is_counted(&pipeline.plan, test.span) {
            "rows without a value are not counted, and a count is asked for"
        } else if without() {
            "the other conditions say it as well"
        } else {
            continue;
        };
        found.push(Dead { clause, holds: *holds, reason: reason.to_owned() });
    }
    let fixed = fixed_keys(&pipeline.plan);
    if is_free && fixed.len() == keys.len() {
        for (number, span) in keys.iter().enumerate().filter(|(number, _)| fixed[*number]) {
            let mut without = judge.regrouped.iter();
            let place = without.position(|(of, _)| *of == number);
            if place.is_none_or(|place| is_open(judge.first_key() + place)) {
                let reason = "a condition before it leaves one value of it";
                let both = clause(*span).into_iter().flat_map(|at| [(at, true), (at, false)]);
                let dead = |(clause, holds)| Dead { clause, holds, reason: reason.to_owned() };
                found.extend(both.map(dead));
            }
        }
    }
    found
}

/// Of each key of a plan, whether all rows that are grouped have the same value of it,
/// because an equality is asked for before: to that, a list is not equal. The only key of
/// a grouping is none such: without it there would be a row of no rows.
fn fixed_keys(plan: &Plan) -> Vec<bool> {
    if plan.is_nested() {
        return Vec::new();
    }
    let mut fixed: BTreeSet<Register> = BTreeSet::new();
    let mut found = Vec::new();
    for step in &plan.steps {
        match &step.kind {
            StepKind::Filter(condition) => {
                fixed.extend(conjuncts(&[condition]).into_iter().filter_map(fixes));
            }
            StepKind::Stats(grouping) | StepKind::InlineStats(grouping) => {
                let several = grouping.keys.len() > 1;
                for (row, group, _) in &grouping.keys {
                    found.push(several && fixed.contains(row));
                    if fixed.contains(row) {
                        fixed.insert(*group);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The column that a condition leaves one value of.
fn fixes(condition: &Typed) -> Option<Register> {
    let Node::Compare { op: CompareOp::Eq, left, right } = &condition.node else { return None };
    match (&left.node, &right.node) {
        (Node::Column { register, constant: None }, _) if fold_value(right).is_some() => {
            Some(*register)
        }
        (_, Node::Column { register, constant: None }) if fold_value(left).is_some() => {
            Some(*register)
        }
        _ => None,
    }
}

/// Whether a test says that a column is not null, and rows where it is null change no
/// alert: the grouping that follows counts that column, a count of at least one is asked
/// for, and nothing else that such rows could change is looked at.
fn is_counted(plan: &Plan, test: Span) -> bool {
    let mut steps = plan.steps.iter();
    let asked = steps.find_map(|step| {
        let StepKind::Filter(condition) = &step.kind else { return None };
        let is_asked = |one: &&Typed| one.span == test;
        conjuncts(&[condition]).into_iter().find(is_asked).and_then(present)
    });
    let Some(column) = asked.filter(|_| !plan.is_nested()) else { return false };
    let grouping = loop {
        match steps.next().map(|step| &step.kind) {
            Some(
                StepKind::Filter(_)
                | StepKind::Eval(_)
                | StepKind::Dissect { .. }
                | StepKind::Grok { .. },
            ) => {}
            Some(StepKind::Stats(grouping)) => break grouping,
            _ => return false,
        }
    };
    let mut groups = Groups::of(grouping, column);
    let mut is_asked = false;
    for step in steps {
        match &step.kind {
            StepKind::Filter(condition) => {
                for one in conjuncts(&[condition]) {
                    let asks = groups.asks(one);
                    if !asks && !groups.is_steady(one) {
                        return false;
                    }
                    is_asked |= asks;
                }
            }
            StepKind::Eval(columns) => groups.add(columns),
            StepKind::Sort(_) | StepKind::Limit(_) => {}
            _ => return false,
        }
    }
    is_asked
}

/// The column that a condition says is not null.
fn present(condition: &Typed) -> Option<Register> {
    let Node::IsNull { value, negated: true } = &condition.node else { return None };
    match value.node {
        Node::Column { register, constant: None } => Some(register),
        _ => None,
    }
}

/// The columns of groups that rows with a null in one column do not change.
struct Groups {
    steady: BTreeSet<Register>,
    /// Those that are no more than a count of that column.
    counts: BTreeSet<Register>,
}

impl Groups {
    fn of(grouping: &Grouping, column: Register) -> Self {
        let mut groups = Self { steady: BTreeSet::new(), counts: BTreeSet::new() };
        groups.steady.extend(grouping.keys.iter().map(|(_, group, _)| *group));
        for call in &grouping.aggregates {
            let is_own = |value: &Typed| matches!(value.node, Node::Column { register, .. } if register == column);
            let [only] = call.args.as_slice() else { continue };
            if !is_own(only) {
                continue;
            }
            match call.kind {
                AggregateKind::Count | AggregateKind::CountDistinct => {
                    groups.counts.insert(call.output);
                    groups.steady.insert(call.output);
                }
                AggregateKind::Min
                | AggregateKind::Max
                | AggregateKind::Sum
                | AggregateKind::Avg
                | AggregateKind::Values => {
                    groups.steady.insert(call.output);
                }
                _ => {}
            }
        }
        groups.add(&grouping.after);
        groups
    }

    fn add(&mut self, columns: &[(Register, Typed)]) {
        for (output, value) in columns {
            if self.is_steady(value) {
                self.steady.insert(*output);
            }
            if let Node::Column { register, .. } = &value.node
                && self.counts.contains(register)
            {
                self.counts.insert(*output);
            }
        }
    }

    fn is_steady(&self, value: &Typed) -> bool {
        let mut only = !value.has_search();
        value.registers(&mut |register| only &= self.steady.contains(&register));
        only
    }

    /// Whether a condition is false where the count is zero.
    fn asks(&self, condition: &Typed) -> bool {
        let is_count = |value: &Typed| matches!(value.node, Node::Column { register, constant: None } if self.counts.contains(&register));
        let least = |value: &Typed| fold_value(value).map(|value| value.as_ref().double());
        match &condition.node {
            Node::Compare { op: CompareOp::Gt, left, right } if is_count(left) => {
                least(right).is_some_and(|least| least >= 0.0)
            }
            Node::Compare { op: CompareOp::Ge | CompareOp::Eq, left, right } if is_count(left) => {
                least(right).is_some_and(|least| least >= 1.0)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use harness_compile::esql::{Pipeline, compile};
    use harness_compile::{Context, Now};
    use harness_esql::memory::{Document, MemorySource};
    use harness_esql::run::{RunOptions, run};
    use harness_esql::search::NoSearch;
    use harness_model::schema::{Base, Schema};
    use harness_predicate::Part;

    const ASKED: &str = "k is not null";

    fn compiled(query: &str) -> Pipeline {
        let mut schema = Schema::new(Base::Empty);
        let mapping = json!({"properties": {
            "k": {"type": "keyword"}, "l": {"type": "keyword"}, "n": {"type": "long"},
        }});
        schema.add_mapping(&mapping, &json!({})).expect("a mapping");
        let context = Context { schema: &schema, part: Part::Query, now: Now::at(0) };
        compile(query, context, false, &[]).expect(query).1
    }

    fn counted(query: &str) -> bool {
        let start = query.find(ASKED).expect("it is asked");
        is_counted(&compiled(query).plan, Span::new(start, start + ASKED.len()))
    }

    fn alerts(query: &str, documents: &[Json]) -> usize {
        let pipeline = compiled(query);
        let documents = documents.iter().enumerate().map(|(number, source)| {
            let id = ["a", "b", "c", "d", "e", "f", "g", "h"][number];
            Document { id, index: "x", version: 1, source }
        });
        let source = MemorySource::read(&pipeline.fields, &documents.collect::<Vec<_>>());
        run(&pipeline.plan, &source, &NoSearch, &RunOptions::default()).expect("it runs").rows
    }

    #[test]
    fn what_is_counted_need_not_be_asked_for() {
        for (query, expected) in [
            ("stats c = count_distinct(k) by l | where c >= 2", true),
            ("stats c = count(k), v = values(k) by l | where c > 0 and l != \"x\"", true),
            (
                "where n > 1 | eval m = n | stats c = count(k) by m | eval d = c | where d == 1",
                true,
            ),
            ("stats c = count_distinct(k) by l", false),
            ("stats c = count_distinct(k) by l | where c >= 0", false),
            ("stats c = count_distinct(k) by l | where c <= 2", false),
            ("stats c = count_distinct(k), all = count(*) by l | where c > 0 and all > 2", false),
            ("stats c = count_distinct(k), m = max(n) by l | where c > 0 and m > 2", false),
            ("stats c = count_distinct(l) by k | where c > 0", false),
            ("mv_expand k | stats c = count(k) by l | where c > 0", false),
        ] {
            assert_eq!(counted(&format!("from x | where {ASKED} | {query}")), expected, "{query}");
        }
    }

    #[test]
    fn an_equality_fixes_a_key() {
        for (query, expected) in [
            ("where k == \"a\" | stats c = count(*) by k, l", &[true, false][..]),
            ("where k == \"a\" and l == \"b\" | stats c = count(*) by l, k", &[true, true]),
            ("where k == \"a\" | stats c = count(*) by k", &[false]),
            ("where k == \"a\" or n > 1 | stats c = count(*) by k, l", &[false, false]),
            ("where k != \"a\" | stats c = count(*) by k, l", &[false, false]),
            ("where k == l | stats c = count(*) by k, l", &[false, false]),
            ("where k == \"a\" | eval k = l | stats c = count(*) by k, n", &[false, false]),
        ] {
            assert_eq!(
                fixed_keys(&compiled(&format!("from x | {query}")).plan),
                expected,
                "{query}"
            );
        }
    }

    fn document() -> impl Strategy<Value = Json> {
        let text = prop_oneof![
            Just(json!(null)),
            Just(json!("a")),
            Just(json!("b")),
            Just(json!(["a", "b"]))
        ];
        (text.clone(), text, prop_oneof![Just(json!(null)), (0..3_i64).prop_map(Json::from)])
            .prop_map(|(k, l, n)| json!({ "k": k, "l": l, "n": n }))
    }

    fn one_of(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
        proptest::sample::select(choices).prop_map(str::to_owned)
    }

    proptest! {
        #[test]
        fn what_is_proved_changes_no_alert(
            beside in one_of(&["true", "n >= 1", "l == \"a\"", "k == \"a\"", "k == \"b\" and n == 1"]),
            between in one_of(&["eval m = n", "where n > 0 | eval m = l", "eval m = k"]),
            aggregates in one_of(&["c = count(k)", "c = count_distinct(k)", "c = count(*)"]),
            beside_it in one_of(&["v = values(k)", "v = max(n)", "v = min(k)", "v = values(l)"]),
            keys in one_of(&["k, l", "l", "l, n", "m, k"]),
            behind in one_of(&["c >= 1", "c > 1 and v is not null", "c == 1", "c >= 0", "c <= 2", "l == \"a\" and c > 0"]),
            documents in vec(document(), 0..8),
        ) {
            let behind = if keys.contains('l') { behind } else { behind.replace("l == \"a\" and ", "") };
            let tail = |keys: &str| {
                format!("| {between} | stats {aggregates}, {beside_it} by {keys} | where {behind}")
            };
            let query = format!("from x | where {ASKED} and {beside} {}", tail(&keys));
            if counted(&query) {
                let without = query.replace(ASKED, "true");
                prop_assert_eq!(alerts(&query, &documents), alerts(&without, &documents), "{}", query);
            }
            let (first, rest) = keys.split_once(", ").unwrap_or((&keys, ""));
            if fixed_keys(&compiled(&query).plan)[0] && !behind.contains(first) {
                let without = format!("from x | where {ASKED} and {beside} {}", tail(rest));
                prop_assert_eq!(alerts(&query, &documents), alerts(&without, &documents), "{}", query);
            }
        }
    }
}
