use proptest::prelude::*;

use super::super::stream::Moment;
use super::super::trace::explain;
use super::super::{Limit, Presence, Spec, Stage};
use super::{Event, Fixture, KeyValue};

/// How many random streams: `PROPTEST_CASES`, or a number that runs in seconds.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

fn stage() -> impl Strategy<Value = Stage> {
    let presence = prop_oneof![3 => Just(Presence::Present), 1 => Just(Presence::Missing)];
    (presence, prop_oneof![3 => Just(1_u32), 1 => 1..4_u32])
        .prop_map(|(presence, runs)| Stage { presence, runs })
}

fn spec() -> impl Strategy<Value = Spec> {
    let limit = prop_oneof![(0..5_usize).prop_map(Limit::Head), (0..5_usize).prop_map(Limit::Tail)];
    (
        prop::collection::vec(stage(), 1..5),
        any::<bool>(),
        prop_oneof![1 => Just(None), 5 => (0..12_u64).prop_map(Some)],
        prop::collection::vec(any::<bool>(), 0..3),
        prop::collection::vec(limit, 0..2),
    )
        .prop_map(|(stages, until, maxspan_ms, optional, limits)| Spec {
            stages,
            until,
            maxspan_ms,
            optional,
            limits,
        })
}

/// No value, one value or several, from few.
fn values() -> impl Strategy<Value = Vec<KeyValue>> {
    let value = prop_oneof![(0..2_i64).prop_map(KeyValue::Long), Just(KeyValue::Text("x".into()))];
    prop_oneof![1 => Just(vec![]), 6 => Just(vec![KeyValue::Long(0)]), 2 => prop::collection::vec(value, 1..3)]
}

/// An event and the filters it matches: one bit per stage, and one for `until`.
fn event(terms: usize) -> impl Strategy<Value = (Event, u8, bool)> {
    let nanos = prop_oneof![3 => Just(0), 1 => 0..3_u32];
    let moment = (0..24_i64, nanos, prop_oneof![2 => Just(None), 1 => (0..3_i64).prop_map(Some)])
        .prop_map(|(timestamp_ms, nanos, tiebreaker)| Moment { timestamp_ms, nanos, tiebreaker });
    let keys = prop::collection::vec(values(), terms);
    let other =
        prop_oneof![3 => Just(None), 1 => prop::collection::vec(values(), terms).prop_map(Some)];
    let until = prop::bool::weighted(0.12);
    (moment, keys, other, (any::<u8>(), any::<u8>()), until).prop_map(
        |(moment, keys, other, (one, two), until)| {
            let other = other.unwrap_or_else(|| keys.clone());
            (Event { name: String::new(), moment, keys: [keys, other] }, one & two, until)
        },
    )
}

fn fixture() -> impl Strategy<Value = Fixture> {
    spec().prop_flat_map(|spec| {
        let terms = spec.optional.len();
        prop::collection::vec(event(terms), 0..40).prop_map(move |events| {
            let matching = |wanted: &dyn Fn(u8, bool) -> bool| {
                let numbered = (0_u32..).zip(&events);
                numbered
                    .filter(|(_, (_, bits, until))| wanted(*bits, *until))
                    .map(|(number, _)| number)
                    .collect()
            };
            Fixture {
                stages: (0..spec.stages.len())
                    .map(|stage| matching(&|bits, _| bits >> stage & 1 == 1))
                    .collect(),
                until: matching(&|_, until| until),
                events: events.iter().map(|(event, ..)| event.clone()).collect(),
                spec: Some(spec.clone()),
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_machine_equals_the_slow_matcher(fixture in fixture()) {
        prop_assert_eq!(fixture.fast(), fixture.slow());
    }

    #[test]
    fn the_trace_counts_what_is_found(mut fixture in fixture()) {
        fixture.spec.iter_mut().for_each(|spec| spec.limits.clear());
        if let Ok(found) = fixture.fast() {
            let trace = explain(fixture.spec(), &fixture.stream().expect("it was built before")).expect("it ran before");
            prop_assert_eq!(trace.keys.iter().map(|key| key.matches).sum::<usize>(), found.len());
        }
    }
}
