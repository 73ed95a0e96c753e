//! Verdicts depend neither on the order of events in a file nor on threads.

use std::path::Path;

use harness::config;
use harness::explain;
use harness::limits;
use harness::run::{self, Project, Run, Session};
use harness::verdict::Status;
use proptest::prelude::*;

/// The repository's rules that have a case of several events, and those cases.
fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = config::folders(&root).expect("harness.toml is valid");
    let mut project = config::open(&folders).expect("the mappings are valid");
    for cases in project.cases.rules.values_mut() {
        cases.retain(|case| case.events.len() > 1);
    }
    project.cases.rules.retain(|_, cases| !cases.is_empty());
    let kept = &project.cases.rules;
    project.rules.rules.retain(|rule| kept.contains_key(&rule.key()));
    project
}

/// Each case with its verdict and what each alert is about.
fn outcome(run: &Run) -> Vec<String> {
    let cases = run.rules.iter().flat_map(|rule| rule.cases.iter().map(move |case| (rule, case)));
    let case = |(rule, case): (&run::RuleRun, &run::CaseRun)| {
        let mut alerts: Vec<String> = case
            .alerts
            .iter()
            .map(|alert| {
                let mut events = alert.events.clone();
                events.sort();
                format!("{} {events:?} {:?}", alert.key.join(","), alert.facts.count)
            })
            .collect();
        alerts.sort();
        if rule.language == "esql" {
            // Rows without a SORT have no order, so which of a group comes first is open.
            alerts.iter_mut().for_each(String::clear);
        }
        format!("{} {:?} {alerts:?}", case.case.path, case.verdict)
    };
    cases.map(case).collect()
}

fn judge(project: Project) -> Run {
    explain::run(project).expect("the engine runs")
}

/// A small generator, so that one number stands for the order of all cases.
fn shuffle<T>(items: &mut [T], state: &mut u64) {
    for last in (1..items.len()).rev() {
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(*state >> 33).expect("31 bits") % (last + 1);
        items.swap(last, at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_events_changes_no_verdict(seed in any::<u64>()) {
        let straight = outcome(&judge(project()));
        let mut shuffled = project();
        let mut state = seed;
        for case in shuffled.cases.rules.values_mut().flatten() {
            shuffle(&mut case.events, &mut state);
        }
        prop_assert!(straight.len() > 50, "the repository has scenarios");
        let shuffled = outcome(&judge(shuffled));
        let pairs = straight.iter().zip(&shuffled);
        let changed: Vec<_> = pairs.filter(|(before, after)| before != after).collect();
        prop_assert!(changed.is_empty(), "{changed:#?}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let texts = [1, 2, 7].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let run = pool.install(|| judge(project()));
        let mut text = Vec::new();
        harness::report::json::render(&run, None, &mut text).expect("memory holds it");
        for rule in &run.rules {
            text.extend_from_slice(harness::snapshot::render(rule).as_bytes());
        }
        text
    });
    assert!(texts.iter().all(|text| *text == texts[0]));
}

#[test]
fn a_rule_that_takes_too_much_work_is_given_up_and_the_others_are_judged() {
    let session = Session::open(project());
    let hits = session.hits().expect("the engine runs");
    let given_up = |most: usize| -> Vec<String> {
        let run = session.judge_within(&hits, limits::RULE_WORK.of(most));
        let such = run.rules.iter().filter(|rule| rule.status == Status::Unsupported);
        let told = such.map(|rule| {
            let found = &rule.problems.last().expect("the reason").diagnostic;
            assert!(found.message.starts_with("gave up after"), "{found:?}");
            let more = found.help.as_deref().unwrap_or_default();
            assert!(more.contains("limits.rule_work in harness.toml"), "{found:?}");
            assert!(rule.cases.is_empty());
            rule.key.clone()
        });
        told.collect()
    };
    let some = given_up(200);
    let all = session.keys().len();
    assert!(!some.is_empty() && some.len() < all, "{} of {all}", some.len());
    assert_eq!(given_up(200), some, "the same each time");
    assert_eq!(given_up(1).len(), all);
    assert_eq!(given_up(200_000), [""; 0]);
}
