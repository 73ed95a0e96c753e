use std::cmp::Ordering;

use super::super::key::{self, KeyValue, Real};
use super::super::trace::{Rejection, explain};
use super::super::{Error, Limit, MAX_KEYS_PER_EVENT, MAX_STAGES};
use super::{Event, Fixture, Key};

/// Runs both matchers.
fn check(query: &str, events: &str, expected: &str) {
    let fixture = Fixture::parse(query, events);
    let fast = fixture.fast().expect("a valid sequence");
    assert_eq!(fixture.print(&fast), expected, "{query} on {events}");
    let slow = fixture.slow().expect("a valid sequence");
    assert_eq!(fixture.print(&slow), expected, "slow: {query} on {events}");
}

fn check_all(cases: &[(&str, &str, &str)]) {
    for (query, events, expected) in cases {
        check(query, events, expected);
    }
}

#[test]
fn a_later_event_overwrites_and_a_used_one_is_gone() {
    check_all(&[
        ("A B", "A1 B2", "A1 B2"),
        ("A B", "B1 A2", ""),
        ("A B", "A1 A2 B3 B4", "A2 B3"),
        ("A B C", "A1 B2 B3 C4", "A1 B2 C4"),
        ("A B C", "A1 B2 A3 B4 C5 C6", "A3 B4 C5"),
        ("A B", "AB1 AB2 AB3", "AB1 AB2; AB2 AB3"),
        ("A A A", "A1 A2 A3 A4", "A1 A2 A3; A2 A3 A4"),
        ("A", "A1 A2", "A1; A2"),
        ("A B", "", ""),
    ]);
}

#[test]
fn events_are_ordered_by_time_then_tiebreaker_then_arrival() {
    check_all(&[
        ("A B", "B2 A1", "A1 B2"),
        ("A B", "A1 B1", "A1 B1"),
        ("A B", "B1 A1", ""),
        ("A B", "B1.2 A1.1", "A1.1 B1.2"),
        ("A B", "A1.2 B1.1", ""),
        ("A B", "A1 B1.5", ""),
        ("A B", "B1 A1.5", "A1.5 B1"),
        (
            "A B",
            "A-9223372036854775808 B9223372036854775807",
            "A-9223372036854775808 B9223372036854775807",
        ),
    ]);
}

#[test]
fn maxspan_counts_from_the_first_event_and_equality_passes() {
    check_all(&[
        ("A B / span 2", "A1 B3", "A1 B3"),
        ("A B / span 2", "A1 B4", ""),
        ("A B C / span 4", "A1 B2 C6", ""),
        ("A B C / span 4", "A1 B2 A4 C6 B7 C8", "A4 B7 C8"),
        // The event that comes too late for one sequence does not revive an older one.
        ("A A B / span 3", "A1 A2 A3 B6", ""),
        (
            "A B / span 18446744073709551615",
            "A-9223372036854775808 B9223372036854775807",
            "A-9223372036854775808 B9223372036854775807",
        ),
    ]);
}

#[test]
fn until_drops_what_is_pending() {
    check_all(&[
        ("A B / until U", "A1 U2 B3", ""),
        ("A B / until U", "A1 U2 A3 B4", "A3 B4"),
        ("A B / until U", "A1 B2 U3", "A1 B2"),
        // On the event that completes the sequence it comes too late.
        ("A B / until U", "A1 BU2", "A1 BU2"),
        // On the event that the sequence ends with it counts.
        ("A B / until U", "A1 AU2 B3", ""),
        ("A B C / until U", "A1 BU2 C3", ""),
        // But on the earliest event of all it is not seen.
        ("A B / until U", "AU1 B2 AU3 B4", "AU1 B2"),
        ("A B / until A", "A1 B2 A3 B4", "A1 B2"),
        ("A B / until U / by k", "x|AU1 y|AU2 x|B3 y|B4", "x: AU1 B3"),
        ("!M A B / until U / span 9", "M1 AU11 B12", "- AU11 B12"),
        // An event without a key is not the earliest.
        ("A B / until U / by k", "A1 x|AU2 x|B3", "x: AU2 B3"),
        ("A B / until U / by k", "x|A1 y|U2 x|B3", "x: A1 B3"),
        ("A B / until U / by k", "x|A1 x,y|U2 x|B3", ""),
        // With one event there is nothing pending.
        ("A / until U", "AU1 U2 AU3", "AU1; AU3"),
        ("A !M / until U / span 5", "AU1 U2 AU3", "AU1 -; AU3 -"),
    ]);
}

#[test]
fn runs_are_sliding_windows() {
    check_all(&[
        ("A*3", "A1 A2 A3 A4", "A1 A2 A3; A2 A3 A4"),
        ("A*2 B", "A1 A2 A3 B4", "A2 A3 B4"),
        ("A B*2", "A1 B2 B3 B4", "A1 B2 B3"),
        ("A*0 B", "A1 B2", "A1 B2"),
        ("A*2 !M*2 B / span 9", "A1 A2 B3", "A1 A2 - - B3"),
    ]);
}

#[test]
fn missing_events_in_the_middle_are_looked_for_strictly_between() {
    check_all(&[
        ("A !M B / span 9", "A1 M2 B3", ""),
        ("A !M B / span 9", "A1 M1 M3 B3", "A1 - B3"),
        ("A !M !N B / span 9", "A1 N2 B3", ""),
        ("A !M B !N C / span 9", "A1 N2 B3 M4 C5", "A1 - B3 - C5"),
        ("A !M B !N C / span 9", "A1 B3 N4 C5", ""),
        ("A !M B / span 9 / by k", "x|A1 y|M2 x|B3", "x: A1 - B3"),
        // The found event does not stop the machine: the events are used up.
        ("A !M B / span 9", "A1 M2 B3 B4", ""),
    ]);
}

#[test]
fn missing_events_at_the_ends_reach_as_far_as_maxspan() {
    check_all(&[
        ("!M A / span 3", "M1 A4", ""),
        ("!M A / span 3", "M1 A5", "- A5"),
        ("!M A / span 3", "M4 A4", "- A4"),
        ("!M A B / span 3", "M1 A3 B4", ""),
        ("!M A B / span 3", "M1 A3 B5", "- A3 B5"),
        ("!M !N A / span 3", "N1 M5 A6", ""),
        ("!M !N A / span 3", "M1 N5 A6", ""),
        ("A !M / span 3", "A1 M4", ""),
        ("A !M / span 3", "A1 M5", "A1 -"),
        ("A !M / span 3", "A1 M1", "A1 -"),
        ("A B !M / span 3", "A1 B3 M5", "A1 B3 -"),
        ("A B !M / span 3", "A1 B3 M4", ""),
        ("A !M !N / span 3", "A1 N3 M9", ""),
        // With both ends missing, one absence is enough.
        ("!M A !M / span 5", "M1 A2 M6", ""),
        ("!M A !M / span 5", "M1 A2 M7", "- A2 -"),
        ("!M A !M / span 5", "M1 A2", "- A2 -"),
        ("!M A !M / span 5", "A2 M3", "- A2 -"),
    ]);
}

#[test]
fn keys_join_by_value_and_nulls_only_where_optional() {
    check_all(&[
        ("A B / by k", "x|A1 y|B2 x|B3", "x: A1 B3"),
        ("A B / by k", "x|A1 X|B2", ""),
        ("A B / by k", "x|A1 y|B2", ""),
        ("A !M B / span 9 / by k", "x|A0 x|M2 y|A1 y|B3", "y: A1 - B3"),
        ("A B / by k", "A1 B2", ""),
        ("A B / by k?", "A1 B2", "None: A1 B2"),
        ("A B / by k?", "A1 x|B2", ""),
        ("A B / by k", "y,x,x|A1 x,y,z|B2", "x: A1 B2; y: A1 B2"),
        ("A B / by k / by l", "x,y|A1 y|B2", "y,y: A1 B2"),
        ("A !M B / span 9 / by k?", "A1 x|A2 x|B3", "x: A2 - B3"),
    ]);
}

#[test]
fn keys_of_other_fields_join_by_place() {
    let mut fixture = Fixture::parse("A B / by k", "x|A1 x|B2 y|B3");
    // The second stage joins by another field.
    fixture.events[1].keys[1] = vec![vec![KeyValue::Text("z".into())]];
    fixture.events[2].keys[1] = vec![vec![KeyValue::Text("x".into())]];
    let found = fixture.fast().expect("a valid sequence");
    assert_eq!(fixture.print(&found), "x: A1 B3");
}

#[test]
fn output_is_ordered_by_last_event_then_key_and_cut() {
    let events = "y|A1 x|A2 x|B3 y|B4 z|A5 z,a|B6 x|A7 x|B8";
    check_all(&[
        ("A B / by k", events, "x: A2 B3; y: A1 B4; z: A5 B6; x: A7 B8"),
        ("A B / by k / head 3", events, "x: A2 B3; y: A1 B4; z: A5 B6"),
        ("A B / by k / tail 3", events, "y: A1 B4; z: A5 B6; x: A7 B8"),
        ("A B / by k / head 3 / tail 1", events, "z: A5 B6"),
        ("A B / by k / tail 3 / head 1", events, "y: A1 B4"),
        ("A B / by k / head 0", events, ""),
        ("A B / by k / tail 9", events, "x: A2 B3; y: A1 B4; z: A5 B6; x: A7 B8"),
    ]);
}

#[test]
fn many_matches_are_cut_while_they_come() {
    let events: Vec<String> = (0..3_000).map(|time| format!("k{}|A{time}", time % 7)).collect();
    let events = events.join(" ");
    check("A*2 / by k / tail 2", &events, "k2: A2991 A2998; k3: A2992 A2999");
    check("A*2 / by k / head 2", &events, "k0: A0 A7; k1: A1 A8");
}

#[test]
fn the_size_cuts_before_the_pipes() {
    use Limit::{Head, Tail};
    assert_eq!(Limit::with_size(&[], 9), [Tail(9)]);
    assert_eq!(Limit::with_size(&[Head(3)], 9), [Head(9), Head(3)]);
    assert_eq!(Limit::with_size(&[Tail(3), Head(1)], 9), [Tail(9), Tail(3), Head(1)]);
}

#[test]
fn what_is_no_sequence_is_an_error() {
    let wide = MAX_STAGES + 1;
    let cases = [
        ("!A / span 1", "A1", Error::NoPresentStage),
        ("", "A1", Error::NoPresentStage),
        ("A !B", "A1", Error::MissingWithoutMaxspan),
        ("A B !C / span 9 / by k?", "A1 B2", Error::NullKeyWithMissing),
        (&format!("A*{wide}"), "A1", Error::TooManyStages(wide)),
        (
            &format!("A*{} B*{}", u32::MAX, u32::MAX),
            "A1",
            Error::TooManyStages(2 * (u32::MAX as usize)),
        ),
    ];
    for (query, events, expected) in cases {
        assert_eq!(Fixture::parse(query, events).fast(), Err(expected), "{query}");
    }
}

#[test]
fn hits_of_another_query_are_an_error() {
    let mut fixture = Fixture::parse("A B", "A1 B2");
    fixture.stages.pop();
    assert_eq!(fixture.fast(), Err(Error::StageCount { hits: 1, stages: 2 }));
}

#[test]
fn too_many_key_combinations_are_an_error() {
    let mut fixture = Fixture::parse("A B / by k / by l / by m", "A1 B2");
    let values = |count: i64| (0..count).map(KeyValue::Long).collect::<Vec<_>>();
    fixture.events.iter_mut().for_each(|Event { keys, .. }| {
        *keys =
            [vec![values(100), values(100), values(1)], vec![values(100), values(100), values(1)]];
    });
    let most = fixture.fast().expect("just as many as allowed");
    assert_eq!(most.len(), MAX_KEYS_PER_EVENT);
    fixture.events[1].keys[1][2] = values(i64::from(u16::MAX));
    assert_eq!(fixture.fast(), Err(Error::TooManyKeys(1)));
}

#[test]
fn the_longest_sequence_is_matched_in_time() {
    let events: Vec<String> = (0..=MAX_STAGES).map(|time| format!("A{time}")).collect();
    let fixture = Fixture::parse(&format!("A*{MAX_STAGES}"), &events.join(" "));
    let found = fixture.fast().expect("a valid sequence");
    assert_eq!(found.iter().map(|found| found.stages[0]).collect::<Vec<_>>(), [Some(0), Some(1)]);
}

#[test]
fn keys_are_ordered_as_elasticsearch_orders_them() {
    let key = |text: &str| Key::from([Some(KeyValue::Text(text.into()))]);
    let cases = [
        (key("a"), key("b"), Ordering::Less),
        (key("b"), key("ab"), Ordering::Greater),
        // UTF-16 puts surrogates before U+FFFF.
        (key("\u{10000}"), key("\u{ffff}"), Ordering::Less),
        (Key::from([None]), key("a"), Ordering::Less),
        (Key::from([]), Key::from([]), Ordering::Equal),
        (
            Key::from([Some(KeyValue::Double(Real(-0.5)))]),
            Key::from([Some(KeyValue::Double(Real(0.25)))]),
            Ordering::Less,
        ),
    ];
    for (left, right, expected) in cases {
        assert_eq!(key::compare(&left, &right), expected, "{left:?} {right:?}");
    }
}

#[test]
fn a_trace_tells_what_stopped_each_key() {
    let query = "A B !M C / until U / span 5 / by k";
    let events =
        "a|A1 b|A1 c|A1 d|A1 e|B1 f|A1 A1 a|B2 b|B2 c|B2 c|M3 d|U2 d|B3 a|C9 c|C4 f|B2 f|C3";
    let fixture = Fixture::parse(query, events);
    let trace = explain(fixture.spec(), &fixture.stream().expect("a valid sequence"))
        .expect("a valid sequence");
    let hits: Vec<(usize, usize)> =
        trace.stages.iter().map(|count| (count.hits, count.keyless)).collect();
    assert_eq!(hits, [(6, 1), (6, 0), (1, 0), (3, 0)]);

    let names = |events: &[u32]| {
        events
            .iter()
            .map(|&event| fixture.events[event as usize].name.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let reason = |rejection: &Rejection| match rejection {
        Rejection::Maxspan { events, next, excess_ms } => {
            format!("{} then {} {excess_ms} late", names(events), names(&[*next]))
        }
        Rejection::Until { events, until, next } => {
            format!("{} until {} before {}", names(events), names(&[*until]), names(&[*next]))
        }
        Rejection::Present { events, stage, event } => {
            format!("{} but {} of stage {stage}", names(events), names(&[*event]))
        }
    };
    let lines: Vec<String> = trace
        .keys
        .iter()
        .map(|trace| {
            let reasons: Vec<String> = trace.rejections.iter().map(reason).collect();
            format!(
                "{}{} of {:?}, {} matches: {}",
                super::print_key(&trace.key),
                names(&trace.furthest),
                trace.seen,
                trace.matches,
                reasons.join(", ")
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "c: A1 B2 C4 of [0, 1, 2, 3], 0 matches: A1 B2 C4 but M3 of stage 2",
            "f: A1 B2 C3 of [0, 1, 3], 1 matches: ",
            "a: A1 B2 of [0, 1, 3], 0 matches: A1 B2 then C9 3 late",
            "b: A1 B2 of [0, 1], 0 matches: ",
            "d: A1 of [0, 1], 0 matches: A1 until U2 before B3",
            "e:  of [1], 0 matches: ",
        ]
    );
}
