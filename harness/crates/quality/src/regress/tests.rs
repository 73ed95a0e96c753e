//! What is told of two versions of a rule, by hand for each kind of rule, and against
//! brute force for conditions.

use harness_model::schema::{Base, Field, FieldType, Schema};
use harness_rule::exception::ExceptionTree;
use harness_rule::tree::{Loaded, RuleTree};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::judge::{Judge, Stream};
use super::{Change, Revision, between, regress};
use crate::moment::NOW;

fn schema() -> Schema {
    let mut schema = Schema::new(Base::Empty);
    for name in ["user.name", "file.name", "event.category", "event.action", "host.id"] {
        schema.insert(Field::plain(name, FieldType::KEYWORD));
    }
    schema
}

/// A rule with these lines of its own.
fn rule(lines: &str) -> Loaded {
    let id = "rule_id = '11111111-1111-4111-8111-111111111111'";
    let text = format!(
        "[metadata]\ncreation_date = '2026/01/01'\n[rule]\nname = 'A'\ndescription = 'd'\n{id}\n\
         risk_score = 21\nseverity = 'low'\n{lines}\n"
    );
    let (rule, diagnostics) = harness_rule::parse(&text);
    assert!(rule.is_some(), "{diagnostics:?}");
    let (path, key, file) = ("a.toml".to_owned(), "a".to_owned(), "a.toml".to_owned());
    Loaded { path, key, file, text: text.into(), rule, diagnostics }
}

fn kql(query: &str) -> Loaded {
    rule(&format!("type = 'query'\nlanguage = 'kuery'\nquery = '''{query}'''"))
}

fn eql(query: &str) -> Loaded {
    rule(&format!("type = 'eql'\nlanguage = 'eql'\nquery = '''{query}'''"))
}

fn threshold(query: &str, rest: &str) -> Loaded {
    rule(&format!(
        "type = 'threshold'\nlanguage = 'kuery'\nquery = '''{query}'''\n[rule.threshold]\n{rest}"
    ))
}

fn check(old: &Loaded, new: &Loaded, expected: Change) -> super::RuleChange {
    let found = between(old, new, &ExceptionTree::default(), &schema());
    let texts = |loaded: &Loaded| loaded.text.to_string();
    assert_eq!(found.change, expected, "{}\n→\n{}\n{found:?}", texts(old), texts(new));
    let shown = (found.gained.is_some(), found.lost.is_some());
    match expected {
        Change::Same => assert_eq!(shown, (false, false)),
        Change::Narrower => assert_eq!(shown, (false, true)),
        Change::Wider => assert_eq!(shown, (true, false)),
        Change::Both => assert_eq!(shown, (true, true)),
        Change::Unknown | Change::Added | Change::Removed => {}
    }
    // What is the one way round is the other way back.
    let back = between(new, old, &ExceptionTree::default(), &schema());
    let opposite = match expected {
        Change::Narrower => Change::Wider,
        Change::Wider => Change::Narrower,
        other => other,
    };
    assert_eq!(back.change, opposite, "{} back", texts(old));
    found
}

#[test]
fn conditions() {
    use Change::{Both, Narrower, Same, Wider};
    for (old, new, expected) in [
        ("user.name:a", "user.name:a", Same),
        ("user.name:(a or b)", "user.name:b or user.name:a", Same),
        ("user.name:a", "user.name:a and not file.name:x", Narrower),
        ("user.name:(a or b)", "user.name:(a or b or c)", Wider),
        ("user.name:a*", "user.name:ab*", Narrower),
        ("user.name:a", "user.name:b", Both),
        ("not (user.name:a and file.name:b)", "not user.name:a or not file.name:b", Same),
        ("user.name:a and file.name:*", "user.name:a", Wider),
    ] {
        check(&kql(old), &kql(new), expected);
    }
    check(&kql("user.name:a"), &eql("any where user.name == \"a\""), Same);
    check(&eql("file where user.name : \"a\""), &eql("file where user.name == \"a\""), Narrower);
}

#[test]
fn thresholds() {
    let of = |field: &str, count: u64| {
        threshold("user.name:a", &format!("field = [{field}]\nvalue = {count}"))
    };
    check(&of("'host.id'", 5), &of("'host.id'", 5), Change::Same);
    let found = check(&of("'host.id'", 5), &of("'host.id'", 6), Change::Narrower);
    assert_eq!(found.lost.map(|lost| lost.events.len()), Some(5));
    assert_eq!(found.notes, ["6 events are needed now (was 5)"]);
    // Finer groups want more.
    check(&of("'host.id'", 5), &of("'host.id', 'file.name'", 5), Change::Narrower);
    let counted = threshold(
        "user.name:a",
        "field = ['host.id']\nvalue = 5\n[[rule.threshold.cardinality]]\nfield = 'file.name'\n\
         value = 3",
    );
    check(&of("'host.id'", 5), &counted, Change::Narrower);
    let other = threshold("user.name:b", "field = ['host.id']\nvalue = 5");
    check(&of("'host.id'", 5), &other, Change::Both);
    // Fewer, of another kind.
    let fewer = threshold("user.name:a and file.name:x", "field = ['host.id']\nvalue = 3");
    check(&of("'host.id'", 5), &fewer, Change::Both);
}

#[test]
fn sequences() {
    let of = |head: &str, last: &str| {
        eql(&format!("sequence {head} [file where user.name == \"a\"] [file where {last}]"))
    };
    let b = "user.name == \"b\"";
    check(&of("by host.id", b), &of("by host.id", b), Change::Same);
    check(&of("by host.id", b), &of("by host.id", "user.name : \"b\""), Change::Wider);
    let (hour, minute) = (of("by host.id with maxspan=1h", b), of("by host.id with maxspan=1m", b));
    check(&hour, &minute, Change::Narrower);
    check(&of("by host.id", b), &minute, Change::Narrower);
    check(&of("", b), &of("by host.id", b), Change::Narrower);
    check(&of("by host.id", b), &of("by host.id", "user.name == \"c\""), Change::Both);
    let longer = eql(&format!(
        "sequence by host.id [file where user.name == \"a\"] [file where {b}] \
         [file where user.name == \"c\"]"
    ));
    check(&of("by host.id", b), &longer, Change::Narrower);
}

#[test]
fn new_terms_and_indices() {
    let terms = |query: &str, field: &str| {
        rule(&format!(
            "type = 'new_terms'\nlanguage = 'kuery'\nquery = '''{query}'''\n[rule.new_terms]\n\
             field = 'new_terms_fields'\nvalue = ['{field}']\n\
             [[rule.new_terms.history_window_start]]\nfield = 'history_window_start'\n\
             value = 'now-7d'"
        ))
    };
    check(&terms("user.name:a", "host.id"), &terms("user.name:a", "host.id"), Change::Same);
    // What a wider condition finds in the history is no longer new.
    let wider = terms("user.name:(a or b)", "host.id");
    check(&terms("user.name:a", "host.id"), &wider, Change::Both);
    let reads = |index: &str| {
        rule(&format!(
            "type = 'query'\nlanguage = 'kuery'\nindex = [{index}]\nquery = 'user.name:a'"
        ))
    };
    check(&reads("'logs-a*'"), &reads("'logs-a*'"), Change::Same);
    let found = check(&reads("'logs-a*'"), &reads("'logs-a*', 'logs-b*'"), Change::Wider);
    assert_eq!(found.notes, ["reads logs-b* now"]);
    check(&reads("'logs-*'"), &reads("'logs-*', 'logs-b*'"), Change::Same);
}

#[test]
fn pipelines_are_the_same_by_their_words() {
    let of =
        |query: &str| rule(&format!("type = 'esql'\nlanguage = 'esql'\nquery = '''{query}'''"));
    let old = of("from logs-* | where user.name == \"a\"");
    check(&old, &of("from logs-*\n| where user.name == \"a\" // why"), Change::Same);
    check(&old, &of("from logs-* | where user.name == \"b\""), Change::Both);
    check(
        &of("from logs-* metadata _id | where user.name in (\"a\", \"b\") | keep user.name"),
        &of("from logs-* metadata _id | where user.name == \"a\" | sort user.name"),
        Change::Narrower,
    );
}

#[test]
fn rules_are_paired_by_id_and_told_by_path() {
    let tree = |rules: Vec<Loaded>| RuleTree { rules, ..RuleTree::default() };
    let mut moved = kql("user.name:a");
    (moved.path, moved.key) = ("b.toml".to_owned(), "b".to_owned());
    let base = tree(vec![kql("user.name:a")]);
    let told = |base: &RuleTree, head: &RuleTree| {
        let none = ExceptionTree::default();
        let revision = |rules| Revision { rules, exceptions: &none };
        let found = regress(revision(base), revision(head), &schema(), &|_| true);
        let told = found.rules.iter().map(|rule| (rule.path.clone(), rule.change));
        (told.collect::<Vec<_>>(), found.unchanged)
    };
    assert_eq!(told(&base, &base), (vec![], 1));
    assert_eq!(told(&base, &tree(vec![moved])), (vec![("b.toml".into(), Change::Same)], 0));
    assert_eq!(told(&base, &tree(vec![])), (vec![("a.toml".into(), Change::Removed)], 0));
    assert_eq!(told(&tree(vec![]), &base), (vec![("a.toml".into(), Change::Added)], 0));
}

/// A condition on two fields.
fn condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "user.name:a",
        "user.name:b",
        "user.name:a*",
        "user.name:*",
        "file.name:a",
        "file.name:b",
        "file.name:*b",
        "user.name:(a or b)",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("not ({one})")),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner, 2..4).prop_map(|all| format!("({})", all.join(" or "))),
        ]
    })
}

/// All events with up to two values of some texts in both fields.
fn events() -> Vec<Value> {
    let texts = ["a", "b", "ab", "c"];
    let mut sets: Vec<Vec<&str>> = vec![vec![]];
    sets.extend(texts.iter().map(|text| vec![*text]));
    for (at, a) in texts.iter().enumerate() {
        sets.extend(texts[at + 1..].iter().map(|b| vec![*a, *b]));
    }
    let user_and_file = |user: &Vec<&str>, file: &Vec<&str>| json!({"user": {"name": user}, "file": {"name": file}});
    sets.iter().flat_map(|user| sets.iter().map(|file| user_and_file(user, file))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// What is told is what brute force finds: of a change that is proved no event of the
    /// domain says otherwise, and an event that is told behaves so.
    #[test]
    fn what_is_told_is_so(a in condition(), b in condition()) {
        let (old, new) = (kql(&a), kql(&b));
        let schema = schema();
        let told = between(&old, &new, &ExceptionTree::default(), &schema);
        let plans: Vec<_> = [&old, &new].map(|loaded| {
            let rule = loaded.rule.as_ref().expect("a rule");
            harness_compile::rule::compile_rule(rule, &schema, NOW).plan.expect("a plan")
        }).into();
        let judge = Judge::new([&plans[0], &plans[1]], &schema);
        let window = harness_detect::window::Window { from: i64::MIN, to: NOW };
        let alerts = |plan: usize, event: &Value| {
            let stream = Stream { events: vec![event.clone()], indicators: vec![] };
            judge.alerts(&plans[plan], &stream, window).expect("an event that fits")
        };
        let all = events();
        let gains = all.iter().any(|event| alerts(1, event) && !alerts(0, event));
        let loses = all.iter().any(|event| alerts(0, event) && !alerts(1, event));
        match told.change {
            Change::Same => prop_assert!(!gains && !loses),
            Change::Narrower => prop_assert!(!gains),
            Change::Wider => prop_assert!(!loses),
            Change::Both | Change::Unknown | Change::Added | Change::Removed => {}
        }
        for (events, one, other) in [(&told.gained, 1, 0), (&told.lost, 0, 1)] {
            if let Some(example) = events {
                let event = &example.events[0];
                prop_assert!(alerts(one, event) && !alerts(other, event));
            }
        }
        // Two conditions on two fields are never too large to tell.
        prop_assert!(told.change != Change::Unknown, "{:?}", told.reason);
    }
}
