//! Backtests of files: the rules of this repository find in the events of their own
//! cases what `test` finds there, on blocks of any size and any number of threads.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use harness::backtest::files::{self, Input, Request};
use harness::backtest::{Backtest, Outcome, Source};
use harness::config;
use harness::rule::tree::Loaded;
use harness::run::{CaseRun, Project, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn project() -> Project {
    let folders = config::folders(&root()).expect("a configuration");
    config::open(&folders).expect("a project")
}

/// A backtest of some files.
fn backtest(
    project: &Project,
    rules: &[Loaded],
    inputs: Vec<PathBuf>,
    (threads, block): (usize, usize),
) -> Backtest {
    let names = inputs.iter().map(|path| path.display().to_string()).collect();
    let inputs = inputs.into_iter().map(Input::File).collect();
    let request = Request { inputs, names, from: None, to: None, samples: 3, threads, block };
    let quiet = AtomicBool::new(false);
    files::run(&request, rules, &project.exceptions, &project.schema, &|_| {}, &quiet)
}

/// The alerts of the only rule after its suppression, or why there are none.
fn alerts(backtest: &Backtest) -> Result<u64, String> {
    match &backtest.rules[0].outcome {
        Outcome::Ran(found) => Ok(found.after_suppression.unwrap_or(found.alerts)),
        Outcome::NoIndex => Err("no index".to_owned()),
        Outcome::Unsupported(reason) | Outcome::Invalid(reason) => Err(reason.clone()),
    }
}

/// Whether a case states nothing beside its events: no exceptions, moment or answers of
/// its own, and no event outside the window, which another run would see.
fn is_of_its_file(case: &CaseRun) -> bool {
    let options = &case.case.options;
    options.exceptions.is_none()
        && options.now.is_none()
        && options.completion.is_none()
        && options.outside.is_none()
}

#[test]
fn the_rules_of_this_repository_find_in_their_cases_what_test_finds() {
    let tested = run(project(), None).expect("a run");
    let project = project();
    let mut judged = 0;
    let mut differ = Vec::new();
    for (loaded, tested) in project.rules.rules.iter().zip(&tested.rules) {
        assert_eq!(loaded.key(), tested.key);
        for case in &tested.cases {
            if !is_of_its_file(case) {
                continue;
            }
            let path = PathBuf::from(&case.case.path);
            let path = if path.exists() { path } else { root().join(&case.case.path) };
            let expected = case.alerts.len() as u64;
            for shape in [(1, 1 << 20), (2, 64), (3, 700)] {
                let rules = std::slice::from_ref(loaded);
                let found = alerts(&backtest(&project, rules, vec![path.clone()], shape));
                // Without the records of a job there is nothing to say of a rule on them.
                let learning = tested.rule_type == "machine_learning" && expected == 0;
                let same = found == Ok(expected) || learning && found.is_err();
                judged += 1;
                if !same {
                    differ.push(format!("{}: {found:?} for {expected} {shape:?}", case.case.path));
                }
            }
        }
    }
    assert!(judged > 100, "only {judged}");
    assert!(differ.is_empty(), "{} of {judged}:\n{}", differ.len(), differ.join("\n"));
}

#[test]
fn what_is_no_event_is_counted_and_told_by_its_line() {
    let folder = std::env::temp_dir().join(format!("backtest-files-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("mixed.ndjson");
    let text = "{\"@timestamp\":\"2026-01-01T00:00:00Z\",\"a\":1}\n\n{\"a\":\n{\"@timestamp\":\"2026-01-01T00:00:01Z\"} {\"a\":2}\nnonsense\n{\"a\":1,\"a\":2}\n{\"@timestamp\"";
    fs::write(&file, text).expect("a file");
    let project = project();
    for shape in [(1, 1 << 20), (2, 16)] {
        let found = backtest(&project, &[], vec![file.clone(), folder.join("none")], shape);
        let Source::Files { events, broken, broken_lines, .. } = &found.source else {
            panic!("files")
        };
        assert_eq!((*events, *broken), (3, 5), "{broken_lines:?}");
        let lines: Vec<&str> =
            broken_lines.iter().filter_map(|line| line.split("mixed.ndjson:").nth(1)).collect();
        let numbers: Vec<&str> = lines.iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(numbers, ["3", "5", "6", "7"], "{broken_lines:?}");
        assert!(broken_lines.iter().any(|line| line.contains("none: cannot be read")));
    }
    fs::remove_dir_all(&folder).expect("a folder");
}
