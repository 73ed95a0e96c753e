//! One test a rule: its cases hold, and its alerts are those of the snapshot.
//!
//! What a repository of rules needs is [`rule`]; `harness/examples/acme` is one. After
//! a wanted change, write the snapshots with `cargo xtask test --update` or review them
//! with `cargo insta review`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use harness::coverage::Coverage;
use harness::mutate::{Fixtures, Mutants, Outcome, measure};
use harness::prelude::*;
use harness::run::Session;
use rstest::rstest;

fn suite() -> Suite {
    Suite::at(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[rstest]
fn rule(
    #[files("../rules/**/*.toml")]
    #[base_dir = "."]
    path: PathBuf,
) {
    let rule = suite().rule(path);
    rule.assert_passes();
    assert_eq!(rule.findings(), Vec::<String>::new());
    let (folder, name) = rule.key().rsplit_once('/').unwrap_or((".", rule.key()));
    insta::with_settings!({
        snapshot_path => folder,
        prepend_module_to_snapshot => false,
        omit_expression => true,
        input_file => format!("rules/{}.toml", rule.key()),
    }, { insta::assert_snapshot!(name, rule.snapshot()); });
}

#[test]
fn nothing_is_left_over() {
    assert_eq!(suite().problems(), Vec::<String>::new());
    assert_eq!(suite().snapshot_problems(), Vec::<String>::new());
}

/// The repository, measured once.
static MEASURED: LazyLock<(Coverage, Mutants, BTreeMap<String, String>)> = LazyLock::new(|| {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let folders = harness::config::folders(root).expect("harness.toml is valid");
    let project = harness::config::open(&folders).expect("the mappings are valid");
    let session = Session::open(project);
    let engine = session.engine().expect("the engine indexes");
    let run = session.judge(&session.ask(&engine).expect("the engine answers"));
    let languages = run.rules.into_iter().map(|rule| (rule.key, rule.language)).collect();
    let (coverage, mutants) =
        measure(&session, &engine, Fixtures::Skip).expect("the engine answers");
    (coverage, mutants, languages)
});

#[test]
fn every_clause_decides_and_every_mutant_is_caught() {
    let (coverage, mutants, languages) = &*MEASURED;
    let clauses = coverage.rules.iter().flat_map(|rule| {
        let open = rule.clauses.iter().filter(|clause| !clause.is_covered());
        open.map(|clause| (&*rule.key, format!("{} is not covered", clause.text)))
    });
    let missed = mutants.rules.iter().flat_map(|rule| {
        // A pipeline without one of its commands can lack a column.
        let may_fail = languages.get(&rule.key).is_some_and(|language| language == "esql");
        let missed = rule.mutants.iter().filter(move |mutant| match mutant.outcome {
            Outcome::Missed { .. } => true,
            Outcome::Unviable { .. } => !may_fail,
            Outcome::Caught { .. } | Outcome::Equivalent => false,
        });
        missed.map(|mutant| {
            let (operator, outcome) = (mutant.operator, mutant.outcome.name());
            (&*rule.key, format!("{operator} is {outcome}: {}", mutant.text))
        })
    });
    let gaps: Vec<_> = clauses.chain(missed).collect();
    assert_eq!(gaps, Vec::new(), "`cargo xtask mutants` proposes cases");
    let counted: usize = mutants.rules.iter().map(|rule| rule.mutants.len()).sum();
    assert!(counted > 1_000, "only {counted} mutants");
}
