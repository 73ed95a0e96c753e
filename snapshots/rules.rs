//! One test a rule: its cases hold, and its alerts are those of the snapshot.
//!
//! The code path is that of `cargo xtask test`. After a wanted change, write the
//! snapshots with `cargo xtask test --update` or review them with `cargo insta
//! review`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use harness::coverage::Coverage;
use harness::mutate::{Fixtures, Mutants, Outcome, measure};
use harness::report::human::word;
use harness::report::problem::one_line;
use harness::run::{Run, Session};
use harness::verdict::Status;
use harness::{config, snapshot};
use rstest::rstest;

/// The repository, run and measured once for all tests.
static MEASURED: LazyLock<(Run, Coverage, Mutants)> = LazyLock::new(|| {
    let folders = config::folders(root()).expect("harness.toml is valid");
    let project = config::open(&folders).expect("the mappings are valid");
    let session = Session::open(project, None);
    let engine = session.engine().expect("the engine indexes");
    let hits = session.ask(&engine).expect("the engine answers");
    let (coverage, mutants) =
        measure(&session, &engine, Fixtures::Skip).expect("the engine answers");
    (harness::explain::judge(&session, &hits), coverage, mutants)
});

static RUN: LazyLock<&Run> = LazyLock::new(|| &MEASURED.0);

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[rstest]
fn rule(
    #[files("../rules/**/*.toml")]
    #[base_dir = "."]
    path: PathBuf,
) {
    let rules = root().join("rules").canonicalize().expect("the rules folder exists");
    let path = path.canonicalize().expect("the rule exists");
    let key = path.strip_prefix(&rules).expect("the rule lies below the folder");
    let key = key.with_extension("").to_string_lossy().replace('\\', "/");
    let rule = RUN.rules.iter().find(|rule| rule.key == key).expect("every rule file is run");

    let problems: Vec<_> = rule.problems.iter().map(one_line).collect();
    assert_eq!(problems, Vec::<String>::new(), "{key} has findings");
    assert_eq!(
        rule.status,
        Status::Passed,
        "{key} {}: run `cargo xtask test {key}` to see why",
        word(rule.status)
    );
    let (folder, name) = key.rsplit_once('/').unwrap_or((".", &key));
    insta::with_settings!({
        snapshot_path => folder,
        prepend_module_to_snapshot => false,
        omit_expression => true,
        input_file => format!("rules/{key}.toml"),
    }, { insta::assert_snapshot!(name, snapshot::render(rule)); });
}

#[test]
fn every_clause_decides_and_every_mutant_is_caught() {
    let (_, coverage, mutants) = &*MEASURED;
    let clauses = coverage.rules.iter().flat_map(|rule| {
        let open = rule.clauses.iter().filter(|clause| !clause.is_covered());
        open.map(|clause| (&*rule.key, format!("{} is not covered", clause.text)))
    });
    let languages = RUN.rules.iter().map(|rule| (&*rule.key, &*rule.language));
    let languages: BTreeMap<&str, &str> = languages.collect();
    let missed = mutants.rules.iter().flat_map(|rule| {
        // A pipeline without one of its commands can lack a column.
        let may_fail = languages.get(&*rule.key) == Some(&"esql");
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

#[test]
fn nothing_is_left_over() {
    let unpaired = snapshot::unpaired(*RUN, &root().join("snapshots"));
    let problems = RUN.problems.iter().chain(&unpaired);
    let problems: Vec<_> = problems.map(one_line).collect();
    assert_eq!(problems, Vec::<String>::new());
}
