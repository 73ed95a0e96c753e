use proptest::prelude::*;

use super::super::sequence::key::KeyValue;
use super::super::sequence::stream::{Filter, Moment, Source};
use super::{Error, MAX_STAGES, Sample, Spec, find};

/// Key values by event; all stages join by the same field.
struct Keys(Vec<Vec<KeyValue>>);

impl Source for Keys {
    fn moment(&self, _: u32) -> Moment {
        unreachable!("samples have no order in time")
    }

    fn values(&self, _: Filter, event: u32, _: usize, values: &mut Vec<KeyValue>) {
        values.extend(self.0[event as usize].iter().cloned());
    }
}

/// Events such as `x,y|AB`: key values and filters; expected such as `x: 0 1; y: 2 1`.
fn check(
    stages: &str,
    optional: &[bool],
    per_key: usize,
    size: usize,
    events: &str,
    expected: &str,
) {
    let events: Vec<(&str, &str)> =
        events.split_whitespace().map(|event| event.split_once('|').expect("a bar")).collect();
    let text = |value: &str| KeyValue::Text(value.into());
    let keys = events
        .iter()
        .map(|(keys, _)| keys.split(',').filter(|value| !value.is_empty()).map(text).collect());
    let numbers = |filter: char| {
        (0..)
            .zip(&events)
            .filter(|(_, (_, letters))| letters.contains(filter))
            .map(|(number, _)| number)
            .collect()
    };
    let stages: Vec<Vec<u32>> = stages.chars().map(numbers).collect();
    let spec = Spec { optional: optional.to_vec(), per_key, size };
    let found = find(&spec, &stages, &Keys(keys.collect())).expect("a valid sample");
    let print = |Sample { events, key }: &Sample| {
        let value = |value: &Option<KeyValue>| match value {
            Some(KeyValue::Text(text)) => text.to_string(),
            other => format!("{other:?}"),
        };
        let key: Vec<String> = key.iter().map(value).collect();
        let events: Vec<String> = events.iter().map(ToString::to_string).collect();
        format!("{}: {}", key.join(","), events.join(" "))
    };
    let found: Vec<String> = found.iter().map(print).collect();
    assert_eq!(found.join("; "), expected);
}

#[test]
fn each_key_of_all_stages_gives_one_sample_in_key_order() {
    check("AB", &[false], 1, 10, "y|B x|A y|A x|B z|A", "x: 1 3; y: 2 0");
    check("AB", &[false], 1, 1, "y|B x|A y|A x|B", "x: 1 3");
    check("AB", &[false], 1, 0, "y|B x|A y|A x|B", "");
    check("AB", &[false], 1, 10, "x,y|A y,x|B", "x: 0 1; y: 0 1");
    check("AB", &[], 1, 10, "|A |B", ": 0 1");
}

#[test]
fn nulls_join_where_optional_and_come_first() {
    check("AB", &[false], 1, 10, "|A |B", "");
    check("AB", &[true], 1, 10, "a|A a|B |A |B", "None: 2 3; a: 0 1");
}

#[test]
fn one_event_stands_for_one_stage_only() {
    check("AB", &[false], 1, 10, "x|AB", "");
    check("AB", &[false], 1, 10, "x|AB x|A", "x: 1 0");
    check("ABC", &[false], 1, 10, "x|ABC x|ABC x|AC", "x: 0 1 2");
    check("ABC", &[false], 1, 10, "x|AB x|AB x|AB", "");
    check("ABC", &[false], 1, 10, "x|ABC x|AC x|AB x|A", "x: 0 2 1");
}

#[test]
fn a_key_gives_as_many_samples_as_wanted() {
    check("AB", &[false], 3, 10, "x|AB x|AB x|B", "x: 0 1; x: 0 2; x: 1 0");
    check("AB", &[false], 3, 2, "x|AB x|AB x|B", "x: 0 1; x: 0 2");
}

#[test]
fn too_many_stages_are_an_error() {
    let spec = Spec { optional: vec![], per_key: 1, size: 1 };
    let stages = vec![Vec::new(); MAX_STAGES + 1];
    assert_eq!(find(&spec, &stages, &Keys(Vec::new())), Err(Error::TooManyStages(MAX_STAGES + 1)));
}

#[test]
fn the_hardest_choice_is_made_in_time() {
    // All stages but the last can take any of 16 events, the last two compete for one.
    let mut stages: Vec<Vec<u32>> = vec![(0..16).collect(); MAX_STAGES - 2];
    stages.extend([vec![15], vec![15]]);
    let spec = Spec { optional: vec![], per_key: 1, size: 1 };
    assert_eq!(find(&spec, &stages, &Keys(vec![Vec::new(); 16])), Ok(vec![]));
}

/// All combinations of distinct events in the order of the lists.
fn combinations(choices: &[Vec<u32>]) -> Vec<Vec<u32>> {
    choices.iter().fold(vec![vec![]], |picked, events| {
        let longer = |picked: &Vec<u32>| {
            let free = events.iter().filter(|event| !picked.contains(event));
            free.map(|event| [picked.as_slice(), &[*event]].concat()).collect::<Vec<_>>()
        };
        picked.iter().flat_map(longer).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn samples_are_the_first_combinations_of_distinct_events(
        stages in prop::collection::vec(prop::collection::btree_set(0..6_u32, 0..6), 1..5),
        per_key in 1..4_usize,
    ) {
        let stages: Vec<Vec<u32>> = stages.into_iter().map(|events| events.into_iter().collect()).collect();
        let spec = Spec { optional: vec![], per_key, size: 10 };
        let found = find(&spec, &stages, &Keys(vec![Vec::new(); 6])).expect("a valid sample");
        let events: Vec<Vec<u32>> = found.into_iter().map(|sample| sample.events).collect();
        let looked_at = stages.len() * per_key;
        let cut: Vec<Vec<u32>> = stages.iter().map(|events| events.iter().copied().take(looked_at).collect()).collect();
        let mut expected = combinations(&cut);
        expected.truncate(per_key);
        prop_assert_eq!(events, expected);
    }
}
