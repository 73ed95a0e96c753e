//! The answers, against brute force over a small domain: two fields, values of which
//! each may have none, one or two.

use harness_model::schema::{Base, Field, FieldType, Schema};
use harness_predicate::{Column, Kind, Leaf, Origin, Predicate, Test};
use harness_text::pattern::glob::Glob;
use harness_text::pattern::{Case, Pattern};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Answer, Bench, Prover, Values};

pub(crate) fn schema() -> Schema {
    let mut schema = Schema::new(Base::Empty);
    for name in ["user.name", "file.name"] {
        schema.insert(Field::plain(name, FieldType::KEYWORD));
    }
    schema
}

fn leaf() -> impl Strategy<Value = Predicate> {
    let name = prop::sample::select(vec!["user.name", "file.name"]);
    let text = prop::sample::select(vec!["a", "b", "ab", "a*", "*b", "*", "A"]);
    (name, text, any::<bool>()).prop_map(|(name, text, blind)| {
        let case = if blind { Case::Insensitive } else { Case::Sensitive };
        let glob = Glob::simple(text);
        let test = match glob.as_literal() {
            _ if text == "*" => Test::Exists,
            Some(text) => Test::Term(Pattern::Equals(text, case)),
            None => Test::Term(Pattern::Glob(glob, case)),
        };
        let column = Column { name: name.into(), kind: Kind::Keyword };
        Predicate::Leaf(Leaf { column, test, origin: Origin::default() })
    })
}

pub(crate) fn predicate() -> impl Strategy<Value = Predicate> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Predicate::negate),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Predicate::and),
            prop::collection::vec(inner, 1..3).prop_map(Predicate::or),
        ]
    })
}

/// All events of the domain; with lists where `most` is two.
pub(crate) fn events(most: usize) -> Vec<Value> {
    let texts = ["a", "b", "ab", "A", "B", "AB", "aB", "Ab", "c", "xb", "ax", "axb"];
    let mut sets: Vec<Vec<&str>> = vec![vec![]];
    sets.extend(texts.iter().map(|text| vec![*text]));
    if most > 1 {
        for (at, a) in texts.iter().enumerate() {
            sets.extend(texts[at + 1..].iter().map(|b| vec![*a, *b]));
        }
    }
    let mut events = Vec::new();
    for user in &sets {
        for file in &sets {
            events.push(json!({"user": {"name": user}, "file": {"name": file}}));
        }
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn answers_are_those_of_brute_force(a in predicate(), b in predicate(), one: bool) {
        let schema = schema();
        let (values, most) = if one { (Values::One, 1) } else { (Values::Many, 2) };
        let mut leaves = Vec::new();
        a.leaves(&mut |leaf| leaves.push(leaf));
        b.leaves(&mut |leaf| leaves.push(leaf));
        let bench = Bench::new(&schema, leaves.into_iter());
        let apart = |event: &Value| {
            bench.holds(&a, event) == Some(true) && bench.holds(&b, event) == Some(false)
        };
        let found = events(most).into_iter().find(|event| apart(event));
        match Prover::new(&schema).beyond(&a, &b, values) {
            Answer::Never => prop_assert_eq!(found, None),
            Answer::Event(event) => prop_assert!(apart(&event), "{}", event),
            Answer::Unknown => {}
        }
    }
}

#[test]
fn the_search_does_not_give_up_on_what_rules_state() {
    let schema = schema();
    let term = |name: &str, text: &str| {
        let column = Column { name: name.into(), kind: Kind::Keyword };
        let test = Test::Term(Pattern::Equals(text.to_owned(), Case::Sensitive));
        Predicate::Leaf(Leaf { column, test, origin: Origin::default() })
    };
    let mut prover = Prover::new(&schema);
    let both = Predicate::and([term("user.name", "a"), term("user.name", "b")]);
    assert_eq!(prover.find(&both, Values::One), Answer::Never);
    assert_eq!(
        prover.find(&both, Values::Many),
        Answer::Event(json!({"user": {"name": ["b", "a"]}}))
    );
    let never = Predicate::and([term("user.name", "a"), term("user.name", "a").negate()]);
    assert_eq!(prover.is_never(&never), Some(true));
}
