use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use harness_rule::parse;

const MINUTE: i64 = 60_000;

fn clock(from: &str, to: &str, interval: &str) -> Clock {
    let text = format!(
        "[metadata]\nmaturity = \"production\"\n[rule]\nauthor = [\"tests\"]\nname = \"x\"\n\
         description = \"x\"\nrisk_score = 1\nrule_id = \"9ffae8c4-7c4b-4d0e-9b46-3c6c0f5f4a01\"\n\
         severity = \"low\"\ntype = \"query\"\nlanguage = \"kuery\"\nquery = 'a : b'\n\
         index = [\"x\"]\nfrom = \"{from}\"\nto = \"{to}\"\ninterval = \"{interval}\"\n"
    );
    let (rule, diagnostics) = parse(&text);
    let rule = rule.unwrap_or_else(|| panic!("{diagnostics:?}"));
    Clock::new(&rule).expect("times")
}

fn minutes(runs: &[Run]) -> Vec<(i64, i64, i64)> {
    runs.iter().map(|run| (run.now / MINUTE, run.from / MINUTE, run.to / MINUTE)).collect()
}

fn of(clock: &Clock, minutes: i64) -> Vec<Run> {
    let Ok(runs) = runs(clock, 0, minutes * MINUTE) else { panic!("it has runs") };
    runs
}

#[test]
fn runs_come_each_interval_and_look_back() {
    let overlapping = clock("now-9m", "now", "5m");
    let found = of(&overlapping, 12);
    // The windows are cut at both ends of the period.
    assert_eq!(minutes(&found), [(5, 0, 5), (10, 1, 10), (15, 6, 12)]);
    assert_eq!(slot(&overlapping, &found, 0), MINUTE);
    let apart = clock("now-2m", "now", "5m");
    assert_eq!(minutes(&of(&apart, 10)), [(5, 3, 5), (10, 8, 10)]);
    // Late by six minutes: the first run sees nothing yet, the last comes late.
    let late = clock("now-12m", "now-6m", "5m");
    assert_eq!(minutes(&of(&late, 5)), [(10, 0, 4), (15, 3, 5)]);
    let days = clock("now/d", "now", "12h");
    // At midnight the day is empty.
    assert_eq!(minutes(&of(&days, 36 * 60)), [(720, 0, 720), (2160, 1440, 2160)]);
    let never = clock("now-1h", "now-1h", "5m");
    assert!(matches!(runs(&never, 0, 60 * MINUTE), Err(Stop::Unsupported(_))));
}

/// The alerts of a group as they would be found run by run, event by event.
fn slow(runs: &[Run], events: &[(i64, u32)], need: Need) -> Vec<Raised> {
    let (mut told, mut raised, mut found) = (i64::MIN, None, Vec::new());
    for run in runs {
        let own = |(at, _): &&(i64, u32)| (run.from..run.to).contains(at) && *at > told;
        let own: Vec<_> = events.iter().filter(own).collect();
        let mut values: Vec<u32> = own.iter().map(|(_, value)| *value).collect();
        values.sort_unstable();
        values.dedup();
        let count = own.len() as u64;
        let few = need.values.is_some_and(|need| (values.len() as u64) < need);
        if count < need.count.max(1) || few {
            continue;
        }
        let newest = own.iter().map(|(at, _)| *at).max().unwrap_or_default();
        let suppressed = need
            .open_ms
            .zip(raised)
            .is_some_and(|(open, raised): (i64, i64)| run.now - raised <= open);
        if !suppressed {
            raised = Some(run.now);
        }
        told = newest;
        found.push(Raised { count, newest, suppressed });
    }
    found
}

fn fast(clock: &Clock, runs: &[Run], events: &[(i64, u32)], need: Need) -> Vec<Raised> {
    let width = slot(clock, runs, 0);
    let mut slots: Vec<Slot> = Vec::new();
    for (time, value) in events {
        let at = time.div_euclid(width) * width;
        if slots.last().is_none_or(|slot| slot.at != at) {
            slots.push(Slot { at, ..Slot::default() });
        }
        let slot = slots.last_mut().expect("one was added");
        slot.count += 1;
        slot.newest = *time;
        slot.values.push(*value);
        slot.values.sort_unstable();
        slot.values.dedup();
    }
    let mut found = Vec::new();
    alerts(runs, &slots, need, &mut |raised| found.push(raised));
    found
}

#[test]
fn a_burst_across_a_boundary_is_found_and_told_once() {
    let hour = clock("now-1h", "now", "5m");
    let runs = of(&hour, 240);
    let need = |count| Need { count, values: None, open_ms: None };
    // Three before and three after the full hour.
    let burst: Vec<(i64, u32)> = (57..63).map(|minute| (minute * MINUTE, 0)).collect();
    let found = fast(&hour, &runs, &burst, need(6));
    assert_eq!(found, [Raised { count: 6, newest: 62 * MINUTE, suppressed: false }]);
    // The run at minute 65 tells eight, that at 75 the six after them.
    let more: Vec<(i64, u32)> = (57..71).map(|minute| (minute * MINUTE, 0)).collect();
    assert_eq!(fast(&hour, &runs, &more, need(6)).len(), 2);
    let open = Need { open_ms: Some(10 * MINUTE), ..need(6) };
    let told: Vec<bool> =
        fast(&hour, &runs, &more, open).iter().map(|raised| raised.suppressed).collect();
    assert_eq!(told, [false, true], "open for ten minutes, both ends included");
    let shut = Need { open_ms: Some(10 * MINUTE - 1), ..need(6) };
    assert!(fast(&hour, &runs, &more, shut).iter().all(|raised| !raised.suppressed));
}

proptest! {
    #[test]
    fn slots_say_what_events_say(
        events in vec((0_i64..300, 0_u32..3), 0..60),
        times in prop_oneof![
            Just(("now-9m", "now", "5m")),
            Just(("now-6m", "now", "5m")),
            Just(("now-1h", "now", "7m")),
            Just(("now-3m", "now", "5m")),
            Just(("now-40m", "now-3m", "10m")),
            Just(("now-90s", "now", "1m")),
        ],
        count in 1_u64..6,
        values in proptest::option::of(1_u64..4),
        open in proptest::option::of(0_i64..60),
    ) {
        let clock = clock(times.0, times.1, times.2);
        let runs = of(&clock, 300);
        let mut events: Vec<(i64, u32)> = events
            .into_iter()
            .map(|(minute, value)| (minute * MINUTE + i64::from(value) * 1_000, value))
            .collect();
        events.sort_unstable();
        let need = Need { count, values, open_ms: open.map(|open| open * MINUTE) };
        let found = fast(&clock, &runs, &events, need);
        prop_assert_eq!(found, slow(&runs, &events, need));
    }
}
