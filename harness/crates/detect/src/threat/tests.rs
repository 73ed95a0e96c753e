use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::{Fixture, many, print, term};
use super::*;
use harness_predicate::plan::Compare;
use harness_predicate::{Kind, Predicate};
use harness_text::analysis::Analyzer;

const FIELDS: &str = "k kk kv n nv b i iv x xv";

/// Groups such as `k=kv & n!=nv | i=iv`.
fn plan(groups: &str) -> ThreatPlan {
    let entry = |text: &str| {
        let (field, value) = text.split_once('=').expect("an equals sign");
        let negate = field.ends_with('!');
        let (field, value) = (term(field.trim_end_matches('!')), term(value));
        let text = [&field, &value]
            .into_iter()
            .any(|field| field.column.as_ref().is_some_and(|column| column.kind == Kind::Text));
        let compare = if text { Compare::Tokens(Analyzer::Standard) } else { Compare::Values };
        ThreatEntry { field, value, negate, compare }
    };
    let group = |text: &str| text.split('&').map(|text| entry(text.trim())).collect();
    ThreatPlan {
        filter: Predicate::Const(true),
        indicators: Predicate::Const(true),
        indicator_index: Vec::new(),
        groups: groups.split('|').map(group).collect(),
    }
}

/// Documents with an `e` are events, the others indicators.
fn check(groups: &str, documents: &Value, expected: &[&str]) {
    let documents = documents.as_array().expect("documents");
    let fixture = Fixture::new(FIELDS, documents);
    let is_event = |at: &u32| documents[*at as usize].get("e").is_some();
    let (hits, indicators): (Vec<u32>, Vec<u32>) = fixture.all().into_iter().partition(is_event);
    let found = find(&plan(groups), &hits, &indicators, fixture.events(), 100);
    assert_eq!(print(&found.expect("few pairs")), expected, "{documents:?}");
}

#[test]
fn an_event_alerts_once_with_all_its_indicators() {
    let documents = json!([
        {"e": 1, "k": "a"}, {"e": 1, "k": "b"}, {"kv": "a"}, {"kv": ["c", "a"]}, {"kv": "A"}
    ]);
    check("k=kv", &documents, &[": 0 by [2, 3]"]);
}

#[test]
fn the_newest_event_comes_first() {
    let documents = json!([{"e": 1, "k": "a", "t": 1}, {"e": 1, "k": "a", "t": 2}, {"kv": "a"}]);
    check("k=kv", &documents, &[": 1 by [2]", ": 0 by [2]"]);
}

#[test]
fn the_entries_of_a_group_hold_for_one_indicator() {
    let documents = json!([{"e": 1, "k": "a", "n": 1}, {"kv": "a"}, {"nv": 1}]);
    check("k=kv & n=nv", &documents, &[]);
    check("k=kv | n=nv", &documents, &[": 0 by [1, 2]"]);
    let whole = json!([{"e": 1, "k": "a", "n": 1}, {"kv": "a", "nv": 1}, {"kv": "a", "nv": 2}]);
    check("k=kv & n=nv", &whole, &[": 0 by [1]"]);
}

#[test]
fn a_negated_entry_holds_where_no_value_is_the_same() {
    let documents = json!([
        {"e": 1, "k": "a", "n": 1},
        {"kv": "a", "nv": 1}, {"kv": "a", "nv": [2, 1]}, {"kv": "a", "nv": 2}, {"kv": "a"}
    ]);
    check("k=kv & n!=nv", &documents, &[": 0 by [3, 4]"]);
    let without = json!([{"e": 1, "k": "a"}, {"kv": "a", "nv": 1}]);
    check("k=kv & n!=nv", &without, &[": 0 by [1]"]);
    // Neither has a value: Kibana asks the one side for what the other lacks.
    let neither = json!([{"e": 1, "k": "a"}, {"kv": "a"}, {"kv": "a", "nv": []}]);
    check("k=kv & n!=nv", &neither, &[]);
    let text = json!([{"e": 1, "k": "a"}, {"kv": "a"}, {"kv": "a", "xv": "..."}]);
    check("k=kv & x!=xv", &text, &[": 0 by [2]"]);
}

#[test]
fn a_missing_value_matches_nothing() {
    check("k=kv", &json!([{"e": 1}, {}, {"kv": []}]), &[]);
    check("k=u", &json!([{"e": 1, "k": "a"}, {"u": "a"}]), &[]);
}

#[test]
fn text_is_compared_by_tokens() {
    let documents = json!([{"e": 1, "x": "Quick fox"}, {"xv": "a FOX"}, {"xv": "foxes"}]);
    check("x=xv", &documents, &[": 0 by [1]"]);
    let keyword = json!([{"e": 1, "k": "Quick fox"}, {"xv": "a FOX"}, {"xv": "..."}]);
    check("k=xv", &keyword, &[": 0 by [1]"]);
    check("k=xv", &json!([{"e": 1, "k": "..."}, {"xv": "..."}]), &[]);
}

#[test]
fn types_meet_where_a_query_would_read_one_as_the_other() {
    for (groups, event, indicator) in [
        ("i=kv", json!({"i": "10.1.2.3"}), json!({"kv": "10.1.2.3"})),
        ("i=kv", json!({"i": "10.1.2.3"}), json!({"kv": "10.0.0.0/8"})),
        ("i=kv", json!({"i": "::1"}), json!({"kv": ["x", "0:0::1"]})),
        ("kk=i", json!({"kk": "10.0.0.0/8"}), json!({"i": "10.9.9.9"})),
        ("n=kv", json!({"n": 443}), json!({"kv": "443"})),
        ("n=kv", json!({"n": 443}), json!({"kv": "443.0"})),
        ("b=kv", json!({"b": true}), json!({"kv": "true"})),
    ] {
        let mut event = event;
        event["e"] = json!(1);
        check(groups, &json!([event, indicator]), &[": 0 by [1]"]);
    }
    check("i=kv", &json!([{"e": 1, "i": "11.0.0.1"}, {"kv": "10.0.0.0/8"}]), &[]);
    check("n=kv", &json!([{"e": 1, "n": 1}, {"kv": ["x", "1.5"]}]), &[]);
    check("n=i", &json!([{"e": 1, "n": 1}, {"i": "::1"}]), &[]);
}

#[test]
fn indicators_of_one_alert_are_bounded() {
    let mut documents = vec![json!({"e": 1, "k": "a"})];
    documents.extend((0..300).map(|_| json!({"kv": "a"})));
    let fixture = Fixture::new(FIELDS, &documents);
    let indicators: Vec<u32> = (1..=300).collect();
    let found = find(&plan("k=kv"), &[0], &indicators, fixture.events(), 100).expect("few pairs");
    let Detail::Indicators(own) = &found[0].detail else { panic!("{found:?}") };
    assert_eq!(own.len(), MAX_INDICATORS);
}

#[test]
fn values_in_common_without_end_are_an_error() {
    let addresses: Value =
        (0..30_000).map(|n| json!(format!("10.0.{}.{}", n / 250, n % 250))).collect();
    let mut documents = vec![json!({"kk": "0.0.0.0/0"})];
    documents.push(json!({"i": addresses}));
    let fixture = Fixture::new(FIELDS, &documents);
    let hits = vec![0; 400];
    let found = find(&plan("kk=i"), &hits, &[1], fixture.events(), usize::MAX);
    assert_eq!(found, Err(Error::Pairs));
    let wide =
        Fixture::new(FIELDS, &[json!({"k": many("v", 5000)}), json!({"kv": many("v", 5000)})]);
    assert_eq!(find(&plan("k=kv"), &[0], &[1], wide.events(), 100).expect("few").len(), 1);
}

proptest! {
    #[test]
    fn the_twin_finds_the_same(
        documents in prop::collection::vec(document(), 0..14),
        events in 0_u32..14,
        groups in prop::collection::vec(prop::collection::vec(entry(), 1..3), 1..3),
    ) {
        let groups: Vec<String> = groups.iter().map(|group| group.join(" & ")).collect();
        let plan = plan(&groups.join(" | "));
        let fixture = Fixture::new(FIELDS, &documents);
        let (hits, indicators): (Vec<u32>, Vec<u32>) =
            fixture.all().into_iter().partition(|at| *at < events);
        let found = find(&plan, &hits, &indicators, fixture.events(), 100).expect("few pairs");
        let found: Vec<(u32, Vec<u32>)> = found
            .into_iter()
            .map(|found| match found.detail {
                Detail::Indicators(own) => (found.stages[0].expect("an event"), own),
                other => panic!("{other:?}"),
            })
            .collect();
        prop_assert_eq!(found, slow::find(&plan, &hits, &indicators, fixture.events()));
    }
}

fn entry() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "k=kv", "k!=kv", "n=nv", "n!=nv", "i=iv", "i=kv", "kk=iv", "x=xv", "k=xv", "n=kv", "x!=kv",
    ])
}

/// Events and indicators alike, without a time.
fn document() -> impl Strategy<Value = Value> {
    let some = |values: Vec<Value>| {
        prop::collection::vec(prop::sample::select(values), 0..3).prop_map(Value::from)
    };
    let words = || some(vec![json!("a"), json!("a b"), json!("1"), json!("10.0.0.0/8")]);
    let numbers = || some(vec![json!(1), json!(2)]);
    let addresses = || some(vec![json!("::1"), json!("10.0.0.1")]);
    let texts = || some(vec![json!("A c"), json!("b"), json!("1")]);
    let words = (words(), words(), words());
    (words, numbers(), numbers(), addresses(), addresses(), texts(), texts()).prop_map(
        |((k, kk, kv), n, nv, i, iv, x, xv)| {
            json!({"k": k, "kk": kk, "kv": kv, "n": n, "nv": nv, "i": i, "iv": iv, "x": x, "xv": xv})
        },
    )
}
