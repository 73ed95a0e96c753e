//! Diagrams against truth tables, facts against values, and the judgement of
//! mutants by bitmaps against plain evaluation of the changed plans.

use std::path::Path;

use proptest::prelude::*;

use super::edit::Change;
use super::value::ValueEdit;
use super::{Fixtures, Operator, Outcome, edits_of, mutate, script, text};
use crate::clause::tree::Tree;
use crate::coverage::tests::combined;
use crate::synthesis::bdd::{FALSE, Function, Manager, TRUE};
use crate::synthesis::encode::{Encoder, Replacement};
use crate::synthesis::sat::Answer;
use crate::synthesis::{implications, reachability, search};
use harness_predicate::eval::eval;
use harness_predicate::script::{Expr, Function as Call, Script, ScriptValue};
use harness_predicate::{Column, Interval, Kind, Leaf, Origin, Predicate, Test};
use harness_rule::names::Language;
use harness_runner::case::{Case, Options, Polarity};
use harness_runner::config;
use harness_runner::run::{Project, RuleUnderTest, Session};
use harness_runner::verdict::{self, Verdict};
use harness_text::pattern::glob::Glob;
use harness_text::pattern::regexp::{Flags, Regexp};
use harness_text::pattern::{Case as Letters, Pattern};

/// A Boolean expression over four variables.
#[derive(Clone, Debug)]
enum Formula {
    Variable(u32),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
    Xor(Box<Formula>, Box<Formula>),
}

const VARIABLES: u32 = 4;

fn formula() -> impl Strategy<Value = Formula> {
    (0..VARIABLES).prop_map(Formula::Variable).prop_recursive(5, 24, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            inner.clone().prop_map(|inner| Formula::Not(Box::new(inner))),
            pair().prop_map(|(a, b)| Formula::And(a, b)),
            pair().prop_map(|(a, b)| Formula::Or(a, b)),
            pair().prop_map(|(a, b)| Formula::Xor(a, b)),
        ]
    })
}

impl Formula {
    fn value(&self, row: u32) -> bool {
        match self {
            Self::Variable(variable) => row >> variable & 1 == 1,
            Self::Not(inner) => !inner.value(row),
            Self::And(a, b) => a.value(row) && b.value(row),
            Self::Or(a, b) => a.value(row) || b.value(row),
            Self::Xor(a, b) => a.value(row) != b.value(row),
        }
    }

    fn build(&self, manager: &mut Manager) -> Option<Function> {
        match self {
            Self::Variable(variable) => manager.variable(*variable),
            Self::Not(inner) => {
                let inner = inner.build(manager)?;
                manager.not(inner)
            }
            Self::And(a, b) => {
                let (a, b) = (a.build(manager)?, b.build(manager)?);
                manager.and(a, b)
            }
            Self::Or(a, b) => {
                let (a, b) = (a.build(manager)?, b.build(manager)?);
                manager.or(a, b)
            }
            Self::Xor(a, b) => {
                let (a, b) = (a.build(manager)?, b.build(manager)?);
                manager.xor(a, b)
            }
        }
    }
}

const ROWS: u32 = 1 << VARIABLES;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn diagrams_are_truth_tables(a in formula(), b in formula(), base in 0..ROWS) {
        let mut manager = Manager::new();
        let (left, right) = (a.build(&mut manager), b.build(&mut manager));
        let (left, right) = (left.expect("small"), right.expect("small"));
        let table = |formula: &Formula| (0..ROWS).map(|row| formula.value(row)).collect::<Vec<_>>();
        for row in 0..ROWS {
            let value = manager.value(left, &|variable| row >> variable & 1 == 1);
            prop_assert_eq!(value, a.value(row));
        }
        prop_assert_eq!(left == right, table(&a) == table(&b));
        prop_assert_eq!(left == FALSE, !table(&a).contains(&true));
        prop_assert_eq!(left == TRUE, !table(&a).contains(&false));

        let cost = (0..ROWS).filter(|row| a.value(*row)).map(|row| (row ^ base).count_ones()).min();
        let found = manager.nearest(left, &|variable| base >> variable & 1 == 1);
        prop_assert_eq!(found.as_ref().map(|(cost, _)| *cost), cost.map(|cost| cost as usize));
        if let Some((_, path)) = found {
            // What the path leaves open may be anything.
            let mut row = base;
            for (variable, value) in path {
                row = row & !(1 << variable) | u32::from(value) << variable;
            }
            prop_assert!(a.value(row));
        }
    }

    #[test]
    fn what_implies_holds_on_every_value(
        a in pattern(), b in pattern(), values in prop::collection::vec("[abAB]{0,5}", 40),
    ) {
        if implications::implies(&Test::Term(a.clone()), &Test::Term(b.clone())) {
            for value in values {
                prop_assert!(!a.matches(&value) || b.matches(&value), "{}", value);
            }
        }
    }

    #[test]
    fn intervals_imply_what_holds_them(a in interval(), b in interval(), value in -6..6_i64) {
        if implications::implies(&Test::Long(a), &Test::Date(b)) {
            prop_assert!(!a.contains(value) || b.contains(value));
        } else {
            // Sound and, for intervals, complete.
            prop_assert!((-6..=6).any(|value| a.contains(value) && !b.contains(value)));
        }
    }
}

fn interval() -> impl Strategy<Value = Interval<i64>> {
    (-4..4_i64, -4..4_i64).prop_map(|(low, high)| Interval { low, high })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let case = prop_oneof![Just(Letters::Sensitive), Just(Letters::Insensitive)];
    let glob = "[abA*?]{0,4}".prop_map(|text| Glob::wildcard(&text));
    prop_oneof![
        ("[abA]{0,3}", case.clone()).prop_map(|(text, case)| Pattern::Equals(text, case)),
        ("[abA]{0,2}", case.clone()).prop_map(|(text, case)| Pattern::Prefix(text, case)),
        (glob, case).prop_map(|(glob, case)| Pattern::Glob(glob, case)),
    ]
}

#[test]
fn facts_find_what_they_should() {
    let term = |text: &str, case| {
        Test::Term(match Glob::wildcard(text).as_literal() {
            Some(text) => Pattern::Equals(text, case),
            None => Pattern::Glob(Glob::wildcard(text), case),
        })
    };
    let regexp = |source: &str, case| {
        let parsed = Regexp::parse(source, Flags::ALL, case);
        Test::Term(Pattern::Regexp(parsed.expect("an expression")))
    };
    let (exact, any) = (Letters::Sensitive, Letters::Insensitive);
    for (a, b, implied) in [
        (term("sh", exact), term("*sh", exact), true),
        (term("*sh", exact), term("sh", exact), false),
        (term("a*b", exact), term("*", exact), true),
        (term("a?b", exact), term("a*", exact), true),
        (term("a*", exact), term("a?*", exact), false),
        (term("A1", exact), term("a1", any), true),
        (term("a1", any), term("a1", exact), false),
        (term("17", any), term("17", exact), true),
        (term("x", exact), Test::Exists, true),
        (Test::Bool(true), Test::Long(Interval { low: 0, high: 1 }), true),
        (regexp("ab", exact), regexp("a.*", exact), true),
        (regexp("a.*", exact), regexp("ab", exact), false),
        (regexp("[a-z]+", any), regexp("[a-z]+", exact), true),
    ] {
        assert_eq!(implications::implies(&a, &b), implied, "{a:?} → {b:?}");
    }
}

#[test]
fn the_case_of_a_script_is_turned() {
    let constant = |text: &str| Expr::Constant(ScriptValue::String(text.to_owned()));
    let name = || Expr::Input(0);
    let between = |left: &str, case| {
        let greedy = Expr::Constant(ScriptValue::Bool(false));
        Expr::Call(Call::Between(case), vec![name(), constant(left), constant("."), greedy])
    };
    let (exact, any) = (Letters::Sensitive, Letters::Insensitive);
    let one_of = |value: Expr| Expr::Call(Call::In, vec![value, constant("doc"), constant("xls")]);
    for (expr, value, holds, turned) in [
        (one_of(name()), "doc", true, Some(true)),
        (one_of(name()), "XLS", false, Some(true)),
        (one_of(name()), "txt", false, Some(false)),
        (one_of(between(".", exact)), "a.DOC.b", false, Some(true)),
        (Expr::Call(Call::EndsWith(exact), vec![name(), constant("b")]), "AB", false, Some(true)),
        (Expr::Call(Call::EndsWith(any), vec![name(), constant("b")]), "AB", true, Some(false)),
        (Expr::Call(Call::EqualsInsensitive, vec![name(), constant("b")]), "B", true, Some(false)),
        // Where no letter is compared there is no case.
        (Expr::Call(Call::EndsWith(exact), vec![name(), constant("-")]), "A-", true, None),
        (Expr::Call(Call::In, vec![between(".", exact), constant("1")]), "a.1.b", true, None),
    ] {
        let old = Script { expr, inputs: Vec::new() };
        let values = [vec![ScriptValue::String(value.to_owned())]];
        assert_eq!(old.eval(&values), holds, "{value}");
        let found = script::flipped(&old).map(|new| new.eval(&values));
        assert_eq!(found, turned, "{value}");
    }
}

#[test]
fn a_turned_case_is_marked_where_it_is_written() {
    let name = Column { name: "name".into(), kind: Kind::Keyword };
    let leaf = |case| {
        let test = Test::Term(Pattern::Equals("a".into(), case));
        Predicate::Leaf(Leaf { column: name.clone(), test, origin: Origin::default() })
    };
    let (exact, any) = (leaf(Letters::Sensitive), leaf(Letters::Insensitive));
    for (source, new) in [
        ("name == \"a\"", Some("name : \"a\"")),
        ("name : \"a\"", Some("name == \"a\"")),
        ("name: \"a\"", Some("name ==  \"a\"")),
        ("name like~ \"a\"", Some("name like \"a\"")),
        ("name in (\"a\")", Some("name in~ (\"a\")")),
        ("concat(name, \":\", \" in \") == \"a\"", Some("concat(name, \":\", \" in \") : \"a\"")),
        ("concat(name, \"\\\":\") != \"a\"", None),
        ("\"a\"", None),
    ] {
        let found = text::edited(source, &exact, &any, &ValueEdit::FlipCase);
        assert_eq!(found.as_deref(), new, "{source}");
    }
}

#[test]
fn another_value_is_marked_where_the_value_stands() {
    let leaf = |field: &str, value: &str| {
        let column = Column { name: field.into(), kind: Kind::Keyword };
        let test = Test::Term(Pattern::Equals(value.into(), Letters::Sensitive));
        Predicate::Leaf(Leaf { column, test, origin: Origin::default() })
    };
    for (source, field, value, new) in [
        ("event.code:code", "event.code", "code", "event.code:codex"),
        ("host.name:a", "host.name", "a", "host.name:ax"),
        ("user.domain == \"d\"", "user.domain", "d", "user.domain == \"dx\""),
        ("user.*:e", "user.name", "e", "user.*:ex"),
        ("code", "event.code", "code", "codex"),
    ] {
        let (before, after) = (leaf(field, value), leaf(field, &format!("{value}x")));
        let found = text::edited(source, &before, &after, &ValueEdit::Change);
        assert_eq!(found.as_deref(), Some(new), "{source}");
    }
}

#[test]
fn what_no_text_can_state_is_no_mutant() {
    let session = Session::open(repository());
    let engine = session.engine().expect("an index");
    let mutants = mutate(&session, &engine, Fixtures::Skip).expect("answers");
    let (mut categories, mut lists) = (0, 0);
    for (rule, found) in session.rules_under_test().iter().zip(&mutants.rules) {
        let Some(RuleUnderTest::Conditions(subject)) = rule else { continue };
        if subject.rule().language != Some(Language::Eql) {
            continue;
        }
        for mutant in &found.mutants {
            let (key, text) = (&found.key, &mutant.text);
            assert!(!matches!(mutant.outcome, Outcome::Unviable { .. }), "{key}: {text}");
            // `file where` may become `any where` or `filex where`.
            let category = text.contains("-]{+any+} where") || text.contains("x+} where");
            let marked = text.contains("+} where") || text.contains("-] where");
            assert_eq!(marked, category, "{key}: {text}");
            categories += usize::from(category && mutant.operator == Operator::DropClause);
            // Between commas there is no `not`.
            assert!(!text.contains(", {+not +}") && !text.contains("({+not +}\""), "{key}: {text}");
            lists += usize::from(mutant.operator == Operator::DropValue);
        }
    }
    assert!(categories > 20 && lists > 50, "{categories} categories, {lists} values");
}

/// The rules and cases of this repository.
fn repository() -> Project {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."));
    let folders = config::folders(root).expect("harness.toml is valid");
    config::open(&folders).expect("the mappings are valid")
}

#[test]
fn mutants_are_judged_as_their_plans_are() {
    let session = Session::open(repository());
    let engine = session.engine().expect("an index");
    let mutants = mutate(&session, &engine, Fixtures::Skip).expect("answers");
    let mut judged = 0;
    for (rule, found) in session.rules_under_test().iter().zip(&mutants.rules) {
        let Some(RuleUnderTest::Conditions(subject)) = rule else { continue };
        let [plan] = subject.plans()[..] else { continue };
        let edits = edits_of(plan, subject);
        assert_eq!(edits.len(), found.mutants.len());
        for (edit, mutant) in edits.iter().zip(&found.mutants) {
            let changed = edit.change.apply(plan);
            assert!(changed != *plan || matches!(edit.change, Change::Plan(..)), "{}", mutant.text);
            let verdicts = subject.cases().iter().enumerate().map(|(at, case)| {
                let trial = subject.trial(at, case.events.clone());
                let alerts = trial.alerts(&changed, &|filter, document| {
                    eval(filter, document, subject.columns())
                });
                (case, alerts.map(|alerts| verdict::judge(case, alerts)))
            });
            let first = verdicts
                .filter(|(case, verdict)| {
                    case.options.todo.is_none() && *verdict != Ok(Verdict::Pass)
                })
                .map(|(case, _)| case.path.clone())
                .next();
            let expected = match &mutant.outcome {
                Outcome::Caught { case } => Some(case.clone()),
                Outcome::Missed { .. } | Outcome::Equivalent => None,
                Outcome::Unviable { .. } => continue,
            };
            assert_eq!(first, expected, "{}: {} {}", found.key, mutant.operator, mutant.text);
            judged += 1;
        }
    }
    assert!(judged > 300, "only {judged} mutants");
}

/// Conditions on two columns of which some follow from others and some never hold.
fn condition() -> impl Strategy<Value = Predicate> {
    let leaf = (0..2_usize, 0..3_i64, 0..3_i64).prop_map(|(column, low, high)| {
        let column = Column { name: ["a", "b"][column].into(), kind: Kind::Long };
        let test = Test::Long(Interval { low, high });
        Predicate::Leaf(Leaf { column, test, origin: Origin::default() })
    });
    let base = prop_oneof![9 => leaf, 1 => any::<bool>().prop_map(Predicate::Const)];
    combined(base)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_search_finds_what_diagrams_say(
        own in condition(),
        node in any::<prop::sample::Index>(),
        with in condition(),
        needed in condition(),
        bases in any::<u64>(),
    ) {
        let tree = Tree::new(&own);
        let node = node.index(tree.nodes.len());
        let replacement = Replacement { tree: &tree, node, with: &with, needed: &needed };
        let mut encoder = Encoder::new();
        let searched = encoder.search(replacement);
        let full = encoder.difference(replacement).expect("small diagrams");
        prop_assert_eq!(searched != Answer::Same, full != FALSE);
        // What is found can be, and nowhere in it do both agree.
        if let Some(near) = encoder.near(replacement, &|variable| bases >> (variable % 64) & 1 == 1) {
            prop_assert_ne!(encoder.constrained(near), Some(FALSE));
            let agree = encoder.manager.not(full).expect("small diagrams");
            let wrong = encoder.manager.and(near, agree).expect("small diagrams");
            prop_assert_eq!(encoder.constrained(wrong), Some(FALSE));
        } else {
            prop_assert_eq!(full, FALSE);
        }
    }
}

#[test]
fn the_search_tells_of_every_change_to_a_rule_what_diagrams_say() {
    let session = Session::open(repository());
    let (mut same, mut other) = (0, 0);
    for rule in session.rules_under_test().iter().flatten() {
        let Some(subject) = rule.conditions() else { continue };
        let [plan] = subject.plans()[..] else { continue };
        let trees: Vec<Tree<'_>> = plan.filters().into_iter().map(Tree::new).collect();
        for edit in edits_of(plan, subject) {
            let Change::Filters(replaced) = &edit.change else { continue };
            for one in replaced {
                let needed = reachability::needed(plan, one.filter);
                let tree = &trees[one.filter];
                let replacement =
                    Replacement { tree, node: one.node, with: &one.with, needed: &needed };
                let full = Encoder::new().difference(replacement).map(|full| full != FALSE);
                match Encoder::new().search(replacement) {
                    Answer::Differs(_) => {
                        assert_eq!(full, Some(true), "{}", edit.text(subject.rule()));
                        other += 1;
                    }
                    Answer::Same => {
                        assert_eq!(full, Some(false), "{}", edit.text(subject.rule()));
                        same += 1;
                    }
                    // Of nested conditions the search knows nothing.
                    Answer::Unknown => {}
                }
            }
        }
    }
    assert!(same > 2 && other > 300, "{same} the same, {other} not");
}

#[test]
fn cases_are_found_for_filters_too_large_for_diagrams() {
    let session = Session::open(repository());
    let (mut by_diagram, mut by_search) = (0, 0);
    for rule in session.rules_under_test().iter().flatten() {
        let Some(subject) = rule.conditions() else { continue };
        let [plan] = subject.plans()[..] else { continue };
        let trees: Vec<Tree<'_>> = plan.filters().into_iter().map(Tree::new).collect();
        for edit in edits_of(plan, subject) {
            let Change::Filters(replaced) = &edit.change else { continue };
            let [one] = &replaced[..] else { continue };
            let needed = reachability::needed(plan, one.filter);
            let tree = &trees[one.filter];
            let replacement =
                Replacement { tree, node: one.node, with: &one.with, needed: &needed };
            let mutant = edit.change.apply(plan);
            let search = search::Search::new(subject, plan, &mutant, one.filter);
            // What is found was judged under the rule and under the mutant.
            by_diagram += usize::from(search.find(&mut Encoder::new(), replacement).is_some());
            let mut large = Encoder::new();
            large.is_large = true;
            by_search += usize::from(search.find(&mut large, replacement).is_some());
        }
    }
    assert!(by_diagram > 500, "{by_diagram} by diagrams");
    assert!(by_search * 10 > by_diagram * 9, "{by_search} of {by_diagram} by search");
}

#[test]
fn proposed_cases_hold_and_catch() {
    // Of every rule one positive case is left.
    let mut project = repository();
    for cases in project.cases.rules.values_mut() {
        cases.retain(|case| case.polarity == Polarity::Positive && case.options.todo.is_none());
        cases.truncate(1);
    }
    let session = Session::open(project.clone());
    let engine = session.engine().expect("an index");
    let before = mutate(&session, &engine, Fixtures::Propose).expect("answers");
    let mut proposed = 0;
    for rule in &before.rules {
        let Some(cases) = project.cases.rules.get_mut(&rule.key) else { continue };
        let options = cases.first().map_or_else(Options::default, |case| case.options.clone());
        for (number, mutant) in rule.mutants.iter().enumerate() {
            let Outcome::Missed { fixture: Some(fixture), polarity } = &mutant.outcome else {
                continue;
            };
            let text = fixture.to_string();
            let events = harness_runner::case::parse(&text).expect("a fixture is a case");
            let name = format!("proposed_{number}");
            let path = format!("{}/{}/{name}.json", rule.key, polarity.folder());
            let options = Options { alerts: None, ..options.clone() };
            cases.push(Case { path, name, polarity: *polarity, events, options });
            proposed += 1;
        }
    }
    assert!(proposed > 100, "only {proposed} cases are proposed");
    let session = Session::open(project);
    let run = session.judge(&session.hits().expect("answers"));
    for rule in &run.rules {
        for case in rule.cases.iter().filter(|case| case.case.name.starts_with("proposed")) {
            assert_eq!(case.verdict, Verdict::Pass, "{}", case.case.path);
        }
    }
    let engine = session.engine().expect("an index");
    let after = mutate(&session, &engine, Fixtures::Skip).expect("answers");
    for (before, after) in before.rules.iter().zip(&after.rules) {
        for (old, new) in before.mutants.iter().zip(&after.mutants) {
            if let Outcome::Missed { fixture: Some(_), .. } = old.outcome {
                let caught = matches!(new.outcome, Outcome::Caught { .. });
                assert!(caught, "{}: {} {}", before.key, old.operator, old.text);
            }
        }
    }
}
